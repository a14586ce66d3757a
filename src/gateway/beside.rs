//! Two records beside each other: what a server saw of the one client and of the other, and where the two part.
//!
//! Comes in: two records. Goes out: a [`Beside`] for each server, row by row. Requests are compared by what was asked, in
//! which session, and what became of it; then by how MCP was spoken. Clients ask several things at once, so that requests
//! which merely swap places are no parting. The stub of the model is left out: it is ours.

use std::collections::{BTreeMap, BTreeSet};

use super::record::Seen;
use crate::align::{ChangeKind, by_key};

/// What the record calls the stub of the model's API.
const MODEL: &str = "model";

/// Headers that differ from version to version, or whose value is the server's own.
const NO_MANNER: [&str; 2] = ["user-agent", "last-event-id"];

/// Requests that came in a row and say the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The first of them.
    pub seen: Seen,
    /// How many there are.
    pub times: u64,
}

/// What both sides have in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How the two differ; `None`: they do not.
    pub kind: Option<ChangeKind>,
    /// The good side.
    pub good: Option<Turn>,
    /// The bad side.
    pub bad: Option<Turn>,
}

/// What one server saw of both clients.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// The server, as the bad record calls it, else as the good one does; `None`: paths that are nobody's.
    pub server: Option<String>,
    /// The server in the good record, where that calls it otherwise.
    pub good_name: Option<String>,
    /// The requests.
    pub rows: Vec<Row>,
}

impl Beside {
    /// The row at which the two part.
    pub fn parting(&self) -> Option<usize> {
        self.rows.iter().position(|r| r.kind.is_some_and(|k| k != ChangeKind::Moved))
    }
}

/// The servers of two records, those of the bad one first.
pub fn beside(good: &[Seen], bad: &[Seen]) -> Vec<Beside> {
    let (good_names, bad_names) = (servers(good), servers(bad));
    let one = |names: &[Option<String>]| match names.iter().flatten().collect::<Vec<_>>()[..] {
        [only] => Some(only.clone()),
        _ => None,
    };
    // Whoever configures a server calls it as he likes: where each record has one, it is the same.
    let renamed = one(&good_names).zip(one(&bad_names)).filter(|(good, bad)| good != bad);
    let mut all: Vec<(Option<String>, Option<String>)> =
        bad_names.into_iter().map(|n| (n.clone(), n)).collect();
    if let Some((good, bad)) = &renamed {
        all.iter_mut().filter(|(_, b)| b.as_ref() == Some(bad)).for_each(|(g, _)| *g = Some(good.clone()));
    }
    for name in good_names {
        if !all.iter().any(|(g, _)| *g == name) {
            all.push((name.clone(), name));
        }
    }
    let of =
        |seen: &[Seen], name: &Option<String>| seen.iter().filter(|s| s.server == *name).cloned().collect();
    all.into_iter()
        .map(|(g, b)| Beside {
            rows: rows(folded(of(good, &g)), folded(of(bad, &b))),
            good_name: g.filter(|g| Some(g) != b.as_ref()),
            server: b,
        })
        .collect()
}

/// The servers of a record, as they first come; what is nobody's comes last.
fn servers(seen: &[Seen]) -> Vec<Option<String>> {
    let mut all: Vec<Option<String>> = Vec::new();
    for name in seen.iter().map(|s| &s.server).filter(|n| n.as_deref() != Some(MODEL)) {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all.sort_by_key(Option::is_none);
    all
}

/// Puts equal requests that come in a row together.
fn folded(seen: Vec<Seen>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for seen in seen {
        match turns.last_mut() {
            Some(last) if key(&last.seen) == key(&seen) && manner(&last.seen) == manner(&seen) => {
                last.times += 1;
            }
            _ => turns.push(Turn { seen, times: 1 }),
        }
    }
    turns
}

/// What was asked.
fn asked(seen: &Seen) -> String {
    let what = seen.rpc.as_deref().unwrap_or(&seen.path);
    let tool = seen.told.get("tool").map(ToString::to_string).unwrap_or_default();
    format!("{} {what} {tool} {}", seen.http, seen.session.as_str())
}

/// What was asked, and what became of it.
fn key(seen: &Seen) -> String {
    let a = &seen.answered;
    format!("{} {} {:?} {:?}", asked(seen), a.how, a.status, a.error)
}

/// How MCP was spoken: headers and what the client says of itself, its own version left aside.
fn manner(seen: &Seen) -> BTreeMap<String, String> {
    let headers = seen.headers.iter().filter(|(name, _)| !NO_MANNER.contains(&name.as_str()));
    let revision = |value: Option<&str>, name: &str| value.map(|v| (name.to_owned(), v.to_owned()));
    let asked = revision(seen.told.get("revision").and_then(serde_json::Value::as_str), "revision");
    let chosen = revision(seen.answered.revision.as_deref(), "revision chosen");
    headers.map(|(n, v)| (n.clone(), v.clone())).chain(asked).chain(chosen).collect()
}

/// What the one says of how it speaks and the other does not, or otherwise: `accept: text/event-stream`.
pub fn otherwise(of: &Seen, than: &Seen) -> Vec<String> {
    let (of, than) = (manner(of), manner(than));
    let names: BTreeSet<&String> = of.keys().chain(than.keys()).collect();
    let differs = |name: &&&String| of.get(**name) != than.get(**name);
    names
        .iter()
        .filter(differs)
        .map(|name| of.get(*name).map_or_else(|| format!("no {name}"), |value| format!("{name}: {value}")))
        .collect()
}

fn rows(good: Vec<Turn>, bad: Vec<Turn>) -> Vec<Row> {
    let keys = |turns: &[Turn]| turns.iter().map(|t| key(&t.seen)).collect::<Vec<_>>();
    let (good_keys, bad_keys) = (keys(&good), keys(&bad));
    let runs = by_key(&borrowed(&good_keys), &borrowed(&bad_keys));
    let (mut good, mut bad) = (good.into_iter(), bad.into_iter());
    let mut rows = Vec::new();
    for run in runs {
        let mut goods = good.by_ref().take(run.good.len()).collect::<Vec<_>>().into_iter().peekable();
        let mut bads = bad.by_ref().take(run.bad.len()).collect::<Vec<_>>().into_iter().peekable();
        if run.equal {
            rows.extend(goods.zip(bads).map(|(g, b)| Row {
                kind: differs(&g, &b),
                good: Some(g),
                bad: Some(b),
            }));
            continue;
        }
        let same = goods.peek().zip(bads.peek()).is_some_and(|(g, b)| asked(&g.seen) == asked(&b.seen));
        if same {
            rows.push(Row { kind: Some(ChangeKind::Changed), good: goods.next(), bad: bads.next() });
        }
        rows.extend(bads.map(|b| Row { kind: Some(ChangeKind::Added), good: None, bad: Some(b) }));
        rows.extend(goods.map(|g| Row { kind: Some(ChangeKind::Removed), good: Some(g), bad: None }));
    }
    mark_moves(rows)
}

fn borrowed(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}

/// How two turns of one key differ. How often a person has a tool called with success is no difference.
fn differs(good: &Turn, bad: &Turn) -> Option<ChangeKind> {
    if manner(&good.seen) != manner(&bad.seen) {
        Some(ChangeKind::Changed)
    } else if good.times != bad.times && !good.seen.is_good_call() {
        Some(ChangeKind::Repeated)
    } else {
        None
    }
}

/// What is gone in one place and new in another swapped places: one row, where the bad side has it.
fn mark_moves(mut rows: Vec<Row>) -> Vec<Row> {
    let is = |row: &Row, kind| row.kind == Some(kind);
    for at in 0..rows.len() {
        let Some(bad) = rows[at].bad.clone().filter(|_| is(&rows[at], ChangeKind::Added)) else { continue };
        let twin = |row: &Row| {
            is(row, ChangeKind::Removed)
                && row.good.as_ref().is_some_and(|g| key(&g.seen) == key(&bad.seen) && g.times == bad.times)
        };
        if let Some(from) = rows.iter().position(twin) {
            rows[at].good = rows[from].good.take();
            rows[at].kind = Some(ChangeKind::Moved);
            rows[from].kind = None;
        }
    }
    rows.retain(|row| row.good.is_some() || row.bad.is_some());
    rows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Beside, Seen, beside, otherwise};

    /// One letter a request: initialize, list, call, GET; a capital one is answered 404.
    fn seen(server: &str, letters: &str) -> Vec<Seen> {
        let one = |(at, letter): (usize, char)| {
            let (http, rpc) = match letter.to_ascii_lowercase() {
                'i' => ("POST", Some("initialize")),
                'l' => ("POST", Some("tools/list")),
                'c' => ("POST", Some("tools/call")),
                _ => ("GET", None),
            };
            let status = if letter.is_uppercase() { 404 } else { 200 };
            serde_json::from_value(json!({
                "n": at + 1, "at_ms": at, "server": server, "http": http, "path": "/mcp/a", "rpc": rpc, "session": "known",
                "answered": { "how": "answer", "status": status },
            }))
            .unwrap()
        };
        letters.chars().enumerate().map(one).collect()
    }

    /// The rows in marks: `=` the same, `+`, `-`, `~` moved, `!` changed, `x` repeated; a `|` where they part.
    fn marks(one: &Beside) -> String {
        let mark = |row: &super::Row| {
            row.kind.map_or("=", |k| match k.as_str() {
                "added" => "+",
                "removed" => "-",
                "moved" => "~",
                "changed" => "!",
                _ => "x",
            })
        };
        let mut marks: Vec<&str> = one.rows.iter().map(mark).collect();
        if let Some(at) = one.parting() {
            marks.insert(at, "|");
        }
        marks.concat()
    }

    #[test]
    fn what_came_otherwise_is_where_two_clients_part_and_what_swapped_places_is_not() {
        for (good, bad, wanted) in [
            ("igl", "igl", "==="),
            ("igl", "ilg", "=~="),
            ("iGlc", "iGii", "==|+--"),
            ("ilc", "ilC", "==|!"),
            ("illl", "il", "=|x"),
            ("icc", "iccccc", "=="),
            ("", "i", "|+"),
        ] {
            let all = beside(&seen("a", good), &seen("a", bad));
            assert_eq!(marks(&all[0]), wanted, "{good} {bad}: {all:#?}");
        }
    }

    #[test]
    fn a_server_that_is_alone_in_both_is_the_same_whatever_it_is_called_and_the_model_is_none() {
        let (mut good, bad) = (seen("mine", "il"), seen("my-http-mcp", "il"));
        good.extend(seen("model", "i"));
        let all = beside(&good, &bad);
        assert_eq!(all.len(), 1);
        assert_eq!(
            (all[0].server.as_deref(), all[0].good_name.as_deref()),
            (Some("my-http-mcp"), Some("mine"))
        );
        good.extend(seen("other", "i"));
        let all = beside(&good, &bad);
        assert_eq!(all.len(), 3, "nobody can tell which is which: {all:?}");
    }

    #[test]
    fn another_manner_of_speaking_is_a_difference_and_another_version_is_none() {
        let (good, mut bad) = (seen("a", "il"), seen("a", "il"));
        bad[0].told.insert("client_version".to_owned(), "2.1.147".into());
        bad[0].headers.insert("user-agent".to_owned(), "other".to_owned());
        assert_eq!(marks(&beside(&good, &bad)[0]), "==");
        bad[1].headers.insert("mcp-protocol-version".to_owned(), "2025-06-18".to_owned());
        assert_eq!(marks(&beside(&good, &bad)[0]), "=|!");
        assert_eq!(otherwise(&bad[1], &good[1]), ["mcp-protocol-version: 2025-06-18"]);
        assert_eq!(otherwise(&good[1], &bad[1]), ["no mcp-protocol-version"]);
    }
}
