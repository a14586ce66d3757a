//! Holds the record of a server against what MCP asks of clients.
//!
//! Comes in: a clause, and what the server saw. Goes out: a [`Held`]: kept, broken or not seen, with the lines of the
//! record that show it. What a client would have had to do later says nothing where it was ended before its time.

use serde_json::Value;

use crate::pattern::{ClientClause, SeenDef};

use super::record::Seen;
use super::script::one_of;

/// Whether a clause is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// It never came to that.
    NotSeen,
    /// It is.
    Kept,
    /// It is not.
    Broken,
}

impl Kept {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSeen => "not-seen",
            Self::Kept => "kept",
            Self::Broken => "broken",
        }
    }
}

/// A clause held against a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The clause.
    pub clause: String,
    /// Whether it is kept.
    pub kept: Kept,
    /// The lines of the record that show it, with what they say.
    pub evidence: Vec<(usize, String)>,
    /// What is missing, where that breaks it.
    pub missing: Option<String>,
}

/// Holds a record against a clause. `server` is the one that the scenario is about; `whole`: the client ended by itself.
pub fn hold(clause: &ClientClause, seen: &[Seen], server: &str, whole: bool) -> Held {
    let ours = seen.iter().filter(|s| s.server.as_deref().is_none_or(|name| name == server));
    let ours: Vec<&Seen> = ours.collect();
    let held = |kept, lines: &[&Seen], missing| Held {
        clause: clause.id.clone(),
        kept,
        evidence: lines.iter().map(|s| (s.n, s.in_short())).collect(),
        missing,
    };
    if !asks_for_it(clause, &ours) {
        return held(Kept::NotSeen, &[], None);
    }
    let Some(given) = ours.iter().position(|s| fits(&clause.given, s)) else {
        return held(Kept::NotSeen, &[], None);
    };
    let later = ours.get(given + 1..).unwrap_or_default();
    let mut lines = vec![ours[given]];
    if let Some(wrong) = later.iter().find(|s| clause.never.iter().any(|n| fits(n, s))) {
        lines.push(wrong);
        return held(Kept::Broken, &lines, None);
    }
    let mut at = 0;
    for step in &clause.then {
        let Some(found) = later.iter().skip(at).position(|s| fits(step, s)) else {
            let missing = Some(said(step));
            return held(if whole { Kept::Broken } else { Kept::NotSeen }, &lines, missing);
        };
        at += found + 1;
        lines.push(later[at - 1]);
    }
    held(Kept::Kept, &lines, None)
}

/// Whether the clause is of every revision that was negotiated; where no server answered, that the client asked for.
fn asks_for_it(clause: &ClientClause, ours: &[&Seen]) -> bool {
    let answered = ours.iter().filter_map(|s| s.answered.revision.as_deref());
    let mut revisions: Vec<&str> = answered.collect();
    if revisions.is_empty() {
        revisions = ours.iter().filter_map(|s| s.told.get("revision").and_then(Value::as_str)).collect();
    }
    let is_of = |r: &&str| clause.revisions.iter().any(|c| c == r);
    clause.revisions.is_empty() || (!revisions.is_empty() && revisions.iter().all(is_of))
}

/// Whether a request is such a one.
fn fits(def: &SeenDef, seen: &Seen) -> bool {
    let lacks = |name: &String, word: &String| {
        let there = seen.headers.get(&name.to_ascii_lowercase());
        there.is_none_or(|value| !word.is_empty() && !value.contains(word.as_str()))
    };
    let rpc = seen.rpc.as_deref();
    one_of(&def.http, Some(&seen.http))
        && one_of(&def.rpc, rpc)
        && (def.rpc_other.is_empty() || rpc.is_some_and(|r| !def.rpc_other.iter().any(|o| o == r)))
        && def.path.as_deref().is_none_or(|p| seen.path.starts_with(p))
        && def.session.is_none_or(|s| s == seen.session)
        && (def.status.is_empty() || seen.answered.status.is_some_and(|s| def.status.contains(&s)))
        && def.lacks.iter().all(|(name, word)| lacks(name, word))
}

/// A step in words.
fn said(step: &SeenDef) -> String {
    let mut words: Vec<String> = [step.http.join(" or "), step.rpc.join(" or ")].to_vec();
    words.extend(step.path.clone());
    words.extend(step.session.map(|s| format!("with session {}", s.as_str())));
    words.retain(|w| !w.is_empty());
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Kept, Seen, hold};
    use crate::pattern::ClientClause;

    fn clause(given: &Value, then: &Value, never: &Value) -> ClientClause {
        serde_json::from_value(json!({
            "id": "c", "level": "must", "spec": "s", "says": "s", "scenario": "x",
            "given": given, "then": then, "never": never,
        }))
        .unwrap()
    }

    fn seen(all: &[(&str, &str, &str, u16)]) -> Vec<Seen> {
        let one = |(i, (http, rpc, session, status)): (usize, &(&str, &str, &str, u16))| {
            serde_json::from_value(json!({
                "n": i + 1, "at_ms": 0, "server": "a", "http": http, "path": "/mcp/a", "rpc": rpc, "session": session,
                "headers": { "accept": "application/json" }, "answered": { "how": "answer", "status": status },
            }))
            .unwrap()
        };
        all.iter().enumerate().map(one).collect()
    }

    const LIFE: [(&str, &str, &str, u16); 3] = [
        ("POST", "initialize", "none", 200),
        ("POST", "tools/call", "known", 404),
        ("POST", "initialize", "none", 200),
    ];

    #[test]
    fn what_must_follow_is_missed_only_by_a_client_that_ended_by_itself() {
        let again = clause(
            &json!({ "rpc": ["tools/call"], "status": [404] }),
            &json!([{ "rpc": ["initialize"], "session": "none" }]),
            &json!([]),
        );
        let held = hold(&again, &seen(&LIFE), "a", true);
        assert_eq!((held.kept, held.evidence.len()), (Kept::Kept, 2));
        assert_eq!(held.evidence[0].0, 2);
        let held = hold(&again, &seen(&LIFE[..2]), "a", true);
        assert_eq!(
            (held.kept, held.missing.as_deref()),
            (Kept::Broken, Some("initialize with session none"))
        );
        assert_eq!(hold(&again, &seen(&LIFE[..2]), "a", false).kept, Kept::NotSeen);
        assert_eq!(hold(&again, &seen(&LIFE[..1]), "a", true).kept, Kept::NotSeen);
        assert_eq!(hold(&again, &seen(&LIFE), "b", true).kept, Kept::NotSeen, "another server");
    }

    #[test]
    fn a_clause_accuses_nobody_who_negotiated_a_revision_without_it() {
        let mut of_june = clause(
            &json!({ "rpc": ["initialize"] }),
            &json!([]),
            &json!([{ "rpc": ["tools/call"], "lacks": { "mcp-protocol-version": "" } }]),
        );
        of_june.revisions = vec!["2025-06-18".to_owned(), "2025-11-25".to_owned()];
        let kept = |asked: Option<&str>, answered: Option<&str>| {
            let mut all = seen(&LIFE);
            all[0].told.extend(asked.map(|r| ("revision".to_owned(), r.into())));
            all[0].answered.revision = answered.map(str::to_owned);
            hold(&of_june, &all, "a", true).kept
        };
        assert_eq!(kept(Some("2025-11-25"), Some("2025-06-18")), Kept::Broken);
        assert_eq!(kept(Some("2025-11-25"), None), Kept::Broken, "what it asks for it speaks");
        assert_eq!(kept(Some("2025-11-25"), Some("2025-03-26")), Kept::NotSeen);
        assert_eq!(kept(Some("2025-03-26"), None), Kept::NotSeen);
        assert_eq!(kept(None, None), Kept::NotSeen);
    }

    #[test]
    fn what_must_not_follow_breaks_it_with_the_line_of_the_deed() {
        let never = |lacks: &str| {
            clause(
                &json!({ "rpc": ["initialize"] }),
                &json!([]),
                &json!([{ "http": ["POST"], "lacks": { "accept": lacks } }]),
            )
        };
        let held = hold(&never("text/event-stream"), &seen(&LIFE), "a", true);
        assert_eq!((held.kept, held.evidence[1].0), (Kept::Broken, 2));
        assert_eq!(hold(&never("application/json"), &seen(&LIFE), "a", true).kept, Kept::Kept);
        assert_eq!(hold(&never(""), &seen(&LIFE), "a", true).kept, Kept::Kept, "the header is there");
    }
}
