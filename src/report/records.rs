//! What the servers saw, beside what the clients' logs say: two records of `gateway --record`, or one of them.
//!
//! Comes in: the report of two logs, their comparison, and the records. Goes out: the same report with a section behind
//! the servers' lives, and with the key `records` in its document. A record that does not belong to its log accuses
//! nobody: what speaks against it is said first.

use serde_json::{Value, json};

use super::block::{Block, Cell, Change, Fact, Lives, Report, Row, Span, Tone};
use super::words::count;
use crate::align::{ChangeKind, Diff, ServerDiff};
use crate::gateway::Seen;
use crate::gateway::beside::{self, Beside, Turn};
use crate::timeline::{Input, Item};

/// How many equal rows are kept on each side of a difference.
const CONTEXT: usize = 3;

/// More rows of one server are shown only where all are wished.
const MAX_ROWS: usize = 40;

/// A record whose requests all came so much before or after the log is of another run, or of a machine with another clock.
const ASTRAY_MS: i64 = 60_000;

/// A record of one side.
#[derive(Debug, Clone)]
pub struct RecordSide<'a> {
    /// Its path as the user wrote it.
    pub path: &'a str,
    /// What it is called: see [`labels`](super::labels).
    pub name: &'a str,
    /// Digest over its bytes.
    pub sha256: &'a str,
    /// What it holds.
    pub seen: &'a [Seen],
    /// The log that it belongs to.
    pub log: &'a Input,
    /// What that log is called.
    pub log_name: &'a str,
}

/// The records of two logs.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    /// The comparison of the logs.
    pub diff: &'a Diff,
    /// The record that belongs to the good log.
    pub good: Option<RecordSide<'a>>,
    /// The record that belongs to the bad log.
    pub bad: Option<RecordSide<'a>>,
    /// Records that could not be read, and why.
    pub errors: &'a [(String, String)],
    /// Whether equal requests are shown, too.
    pub all: bool,
}

/// The report with what the servers saw.
pub fn with_records(mut report: Report, records: &Records<'_>) -> Report {
    let blocks = section(records);
    if let Some(at) = report.blocks.iter().rposition(|b| matches!(b, Block::Lives(_))) {
        let rest = report.blocks.split_off(at + 1);
        report.blocks.extend(blocks.into_iter().chain(rest));
    } else {
        // Where no life is shown the section is no answer of its own, and its proof is folded.
        let (proof, told): (Vec<Block>, Vec<Block>) =
            blocks.into_iter().partition(|b| matches!(b, Block::Lives(_)));
        report.blocks.extend(told);
        let summary = "the requests, side by side".to_owned();
        report.blocks.extend((!proof.is_empty()).then_some(Block::Details { summary, blocks: proof }));
    }
    if let Some(map) = report.document.as_object_mut() {
        let errors = records.errors.iter().map(|(path, message)| json!({ "path": path, "message": message }));
        map.insert("errors".to_owned(), errors.collect());
        map.insert("records".to_owned(), value(records));
    }
    report
}

fn section(r: &Records<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(1, vec![Span::plain("what the servers saw")])];
    for (path, message) in r.errors {
        let told = [Span::toned(path.clone(), Tone::Code), Span::toned(format!(": {message}"), Tone::Bad)];
        blocks.push(Block::Text(told.to_vec()));
    }
    let sides = [("good", &r.good), ("bad", &r.bad)];
    let there = || sides.iter().filter_map(|(word, side)| Some((*word, side.as_ref()?)));
    for (word, side) in there() {
        let doubts = doubts(side, r.diff, word == "good");
        blocks.extend(doubts.into_iter().map(|text| Block::Text(vec![Span::toned(text, Tone::Warn)])));
    }
    let facts: Vec<Fact> = there().map(|(word, side)| fact(word, side)).collect();
    blocks.extend((!facts.is_empty()).then_some(Block::Facts(facts)));
    for one in pairs(r) {
        blocks.extend(server(&one, r));
    }
    blocks
}

fn pairs(r: &Records<'_>) -> Vec<Beside> {
    let seen = |side: &Option<RecordSide<'_>>| side.as_ref().map(|s| s.seen.to_vec()).unwrap_or_default();
    beside::beside(&seen(&r.good), &seen(&r.bad))
}

fn fact(word: &str, side: &RecordSide<'_>) -> Fact {
    let client = version(side.seen).map(|v| format!(" of client {v}")).unwrap_or_default();
    let text = format!(" · {}{client}", count(side.seen.len() as u64, "request", "requests"));
    Fact {
        name: word.to_owned(),
        value: vec![Span::toned(side.name, Tone::Code), Span::toned(text, Tone::Faint)],
    }
}

/// The version that a client told its servers.
fn version(seen: &[Seen]) -> Option<&str> {
    seen.iter().find_map(|s| s.told.get("client_version")?.as_str())
}

/// What speaks against a record being that of its log.
fn doubts(side: &RecordSide<'_>, diff: &Diff, good: bool) -> Vec<String> {
    let mut all = Vec::new();
    let logged = side.log.client_version.as_ref().map(|v| v.value.as_str());
    if let (Some(told), Some(logged)) = (version(side.seen), logged)
        && told != logged
    {
        all.push(format!(
            "{} is of client {told}, and {} of {logged}: it is the record of another run",
            side.name, side.log_name
        ));
    }
    let came = side.seen.iter().filter_map(|s| s.unix_ms);
    let span = |all: &[i64]| Some((*all.iter().min()?, *all.iter().max()?));
    let recorded = span(&came.collect::<Vec<_>>());
    let items = diff.servers.iter().flat_map(|s| items(s, good));
    let logged = span(&items.filter_map(|i| i.event.stamp.map(|s| s.0)).collect::<Vec<_>>());
    if let (Some((from, to)), Some((begin, end)), "full") = (recorded, logged, side.log.clock)
        && (to < begin - ASTRAY_MS || from > end + ASTRAY_MS)
    {
        all.push(format!(
            "no request of {} came while {} was written: it is the record of another run, or of a machine whose clock differs",
            side.name, side.log_name
        ));
    }
    all
}

/// The events of one side, as they are compared.
fn items(server: &ServerDiff, good: bool) -> impl Iterator<Item = &Item> {
    server.aligned.rows.iter().filter_map(move |row| if good { row.good.as_ref() } else { row.bad.as_ref() })
}

fn server(one: &Beside, r: &Records<'_>) -> Vec<Block> {
    let name = one.server.as_deref().or(one.good_name.as_deref());
    let shown = name.unwrap_or("paths of no server").to_owned();
    let mut heading = vec![Span::toned(shown.clone(), Tone::Strong)];
    let both = r.good.is_some() && r.bad.is_some();
    if both && one.parting().is_none() && !r.all {
        heading.extend([Span::plain(": "), Span::toned("the same of both clients", Tone::Good)]);
        return vec![Block::Text(heading)];
    }
    let mut blocks = vec![Block::Heading(2, heading)];
    blocks.extend(by_then(one, r).map(Block::Facts));
    let (head_of, rows) =
        (|side: &Option<RecordSide<'_>>, word: &str| Some(head(word, side.as_ref()?)), &one.rows);
    let (left, right) = (head_of(&r.good, "good"), head_of(&r.bad, "bad"));
    let mut lives = Lives {
        server: format!("{shown}, as the server saw them"),
        verdict: None,
        left: left.clone().filter(|_| both),
        right: right.or(left).unwrap_or_default(),
        rows: rows.iter().map(|r| row(r, both)).collect(),
        divergence: one.parting().filter(|_| both),
    };
    if !r.all {
        shorten(&mut lives, both);
    }
    blocks.push(Block::Lives(lives));
    blocks
}

fn head(word: &str, side: &RecordSide<'_>) -> String {
    let version = version(side.seen).map(|v| format!(" {v}")).unwrap_or_default();
    format!("{word}{version} · {}", side.name)
}

/// What the server had seen when the lives in the logs part.
fn by_then(one: &Beside, r: &Records<'_>) -> Option<Vec<Fact>> {
    let parted = parted(one, r.diff)?;
    let facts: Vec<Fact> = [("good", &r.good, true), ("bad", &r.bad, false)]
        .into_iter()
        .filter_map(|(word, side, good)| {
            let side = side.as_ref()?;
            let (line, seen) = had_seen(one, side, parted, good)?;
            let by = format!(" by {}:{line}", side.log_name);
            let text = seen.last().map_or_else(
                || format!("no request{by}"),
                |last| {
                    let n = count(seen.len() as u64, "request", "requests");
                    format!("{n}{by}; the last, {}:{}: {}", side.name, last.n, last.in_short())
                },
            );
            Some(Fact { name: word.to_owned(), value: vec![Span::plain(text)] })
        })
        .collect();
    (!facts.is_empty()).then_some(facts)
}

/// The server of the logs that a server of the records is: of the same name, or the only one of both.
fn parted<'d>(one: &Beside, diff: &'d Diff) -> Option<&'d ServerDiff> {
    let name = one.server.as_deref()?;
    let named = diff.servers.iter().find(|s| s.name == name);
    named.or(match diff.servers.as_slice() {
        [only] => Some(only),
        _ => None,
    })
}

/// The line at which a log parts from the other, and what its server had seen by then, as far as both have a clock.
fn had_seen<'s>(
    one: &Beside,
    side: &RecordSide<'s>,
    parted: &ServerDiff,
    good: bool,
) -> Option<(u64, Vec<&'s Seen>)> {
    let at = parted.divergence.as_ref()?;
    let line = if good { at.good_line } else { at.bad_line }?;
    if side.log.clock != "full" {
        return None;
    }
    let stamp = items(parted, good).find(|i| i.lines.contains(&line) || i.event.line == line)?.event.stamp?;
    let name = if good { one.good_name.as_ref().or(one.server.as_ref()) } else { one.server.as_ref() };
    let of_server = side.seen.iter().filter(|s| s.server.as_ref() == name);
    let of_server: Vec<&Seen> = of_server.collect();
    of_server.iter().all(|s| s.unix_ms.is_some()).then_some(())?;
    Some((line, of_server.into_iter().filter(|s| s.unix_ms.is_some_and(|at| at <= stamp.0)).collect()))
}

fn row(of: &beside::Row, both: bool) -> Row {
    let change = match of.kind {
        Some(ChangeKind::Added) if both => Change::Added,
        Some(ChangeKind::Removed) if both => Change::Removed,
        Some(ChangeKind::Moved) => Change::Moved,
        Some(ChangeKind::Changed) => Change::Changed,
        Some(ChangeKind::Repeated) => Change::Repeated,
        _ => Change::Same,
    };
    let (good, bad) = (of.good.as_ref(), of.bad.as_ref());
    let changed = change == Change::Changed;
    let left = good.map(|turn| cell(turn, bad.filter(|_| changed)));
    let right = bad.map(|turn| cell(turn, good.filter(|_| changed)));
    if both { Row { change, left, right } } else { Row { change, left: None, right: right.or(left) } }
}

fn cell(turn: &Turn, other: Option<&Turn>) -> Cell {
    let seen = &turn.seen;
    let manner = other.map(|other| beside::otherwise(seen, &other.seen)).unwrap_or_default();
    let manner = if manner.is_empty() { String::new() } else { format!(" [{}]", manner.join(", ")) };
    let a = &seen.answered;
    let bad =
        a.error.is_some() || a.status.is_some_and(|s| s >= 400) || matches!(&*a.how, "cut" | "drop" | "hang");
    Cell {
        line: seen.n as u64,
        at_ms: Some(seen.at_ms as i64),
        event: seen.rpc.clone().unwrap_or_else(|| seen.http.clone()),
        text: seen.in_short() + &manner,
        repeats: turn.times,
        tone: if bad { Tone::Warn } else { Tone::Plain },
    }
}

/// Leaves out equal rows far from any difference, and all beyond [`MAX_ROWS`].
fn shorten(lives: &mut Lives, both: bool) {
    let rows = std::mem::take(&mut lives.rows);
    let near = |at: usize| {
        let (from, to) = (at.saturating_sub(CONTEXT), (at + CONTEXT + 1).min(rows.len()));
        !both || rows[from..to].iter().any(|r| r.change != Change::Same)
    };
    let keep: Vec<bool> = (0..rows.len()).map(near).collect();
    let (mut out, mut skipped, mut parting, mut kept) = (Vec::new(), 0, None, 0);
    for (at, row) in rows.into_iter().enumerate() {
        if keep[at] && kept < MAX_ROWS {
            gap(&mut out, std::mem::take(&mut skipped));
            parting = parting.or((lives.divergence == Some(at)).then_some(out.len()));
            (kept, skipped) = (kept + 1, 0);
            out.push(row);
        } else {
            skipped += 1;
        }
    }
    gap(&mut out, skipped);
    (lives.rows, lives.divergence) = (out, parting);
}

fn gap(out: &mut Vec<Row>, skipped: u64) {
    if skipped == 0 {
        return;
    }
    let text = format!("{} left out", count(skipped, "request", "requests"));
    let cell = Cell { line: 0, at_ms: None, event: String::new(), text, repeats: 1, tone: Tone::Faint };
    out.push(Row { change: Change::Gap, left: Some(cell), right: None });
}

fn value(r: &Records<'_>) -> Value {
    let side = |side: &Option<RecordSide<'_>>| {
        let side = side.as_ref()?;
        let (requests, client) = (side.seen.len(), version(side.seen));
        Some(
            json!({ "path": side.path, "sha256": side.sha256, "requests": requests, "client_version": client }),
        )
    };
    let doubt = |side: &Option<RecordSide<'_>>, good| {
        side.as_ref().map(|s| doubts(s, r.diff, good)).unwrap_or_default()
    };
    let doubts = [doubt(&r.good, true), doubt(&r.bad, false)].concat();
    let servers: Vec<Value> = pairs(r).iter().map(|one| server_value(one, r)).collect();
    json!({ "good": side(&r.good), "bad": side(&r.bad), "doubts": doubts, "servers": servers })
}

fn server_value(one: &Beside, r: &Records<'_>) -> Value {
    let line = |turn: Option<&Turn>| turn.map(|t| t.seen.n);
    let both = r.good.is_some() && r.bad.is_some();
    let parting = one.parting().filter(|_| both).and_then(|at| one.rows.get(at)).map(|row| {
        let shown = row.bad.as_ref().or(row.good.as_ref()).map(|t| t.seen.in_short());
        json!({ "good_line": line(row.good.as_ref()), "bad_line": line(row.bad.as_ref()), "request": shown })
    });
    let changes = one.rows.iter().filter(|_| both).filter_map(|row| {
        let (good, bad) = (row.good.as_ref(), row.bad.as_ref());
        let text = |turn: Option<&Turn>, other: Option<&Turn>| Some(cell(turn?, other).text);
        Some(json!({
            "change": row.kind?.as_str(), "good_line": line(good), "bad_line": line(bad),
            "good_times": good.map(|t| t.times), "bad_times": bad.map(|t| t.times),
            "good": text(good, bad), "bad": text(bad, good),
        }))
    });
    let by_then = |side: &Option<RecordSide<'_>>, good| {
        let (line, seen) = had_seen(one, side.as_ref()?, parted(one, r.diff)?, good)?;
        Some(json!({ "log_line": line, "requests": seen.len(), "last_line": seen.last().map(|s| s.n) }))
    };
    json!({
        "name": one.server, "good_name": one.good_name, "parting": parting,
        "at_divergence": { "good": by_then(&r.good, true), "bad": by_then(&r.bad, false) },
        "changes": changes.collect::<Vec<_>>(),
    })
}
