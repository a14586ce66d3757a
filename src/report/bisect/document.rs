//! `lastgood.bisect/1`: what scripts read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Bisected, JudgedBy};
use crate::bisect::{Boundary, BoundaryKind, Heard, Log, Row, Table, Word};
use crate::pattern::Published;
use crate::report::document;

/// The document of a bisection of logs.
pub(super) fn document(b: &Bisected<'_>) -> Value {
    let (by, chosen, others) = match &b.judged_by {
        JudgedBy::Asked(rule) => (Some(rule.id()), "option", Vec::new()),
        JudgedBy::Best(rule, others) => (Some(rule.id()), "best-split", others.to_vec()),
        JudgedBy::Against(_) => (None, "behaviour", Vec::new()),
        JudgedBy::Nothing => (None, "nothing", Vec::new()),
    };
    let against = if let JudgedBy::Against(log) = &b.judged_by { Some(&log.input.path) } else { None };
    let bisection = b.bisection;
    let server = if let [one] = bisection.servers.as_slice() { Some(one) } else { None };
    let published = &b.knowledge.published;
    let mut more: BTreeMap<&str, Value> = BTreeMap::new();
    let path = |log: usize| b.logs.get(log).map(|l| l.input.path.as_str());
    let left_out = bisection.left_out.iter().map(|l| json!({ "path": path(l.log), "why": l.why }));
    let errors = b.errors.iter().map(|(path, message)| json!({ "path": path, "message": message }));
    more.insert("logs", bisection.heard.iter().map(|h| log_value(h, b.logs)).collect());
    more.insert("left_out", left_out.collect());
    more.insert("errors", errors.collect());
    let mut whole = json!({
        "schema": "lastgood.bisect/1", "tool": document::TOOL, "packs": b.knowledge.packs,
        "signature": by, "server": server,
        "judged_by": { "chosen": chosen, "others": others, "against": against, "servers": bisection.servers },
    });
    document::extend(&mut whole, of_table(&bisection.table, published));
    document::extend(&mut whole, more);
    whole
}

/// What every bisection says, wherever its evidence comes from.
pub(super) fn of_table(table: &Table, published: &Published) -> BTreeMap<&'static str, Value> {
    let list = json!({ "package": published.package(), "as_of": published.as_of() });
    BTreeMap::from([
        ("published", list),
        ("versions", table.rows.iter().map(|r| row_value(r, published)).collect()),
        ("boundaries", table.boundaries.iter().map(boundary_value).collect()),
        ("result", json!(table.ending.as_str())),
    ])
}

fn row_value(row: &Row, published: &Published) -> Value {
    let e = &row.evidence;
    json!({
        "version": row.version, "released": published.day(&row.version),
        "verdict": e.verdict.as_str(), "known_by": e.known_by.as_str(),
        "runs": { "good": e.runs.good, "bad": e.runs.bad, "other": e.runs.other },
        "inputs": e.inputs, "why": e.why,
    })
}

fn boundary_value(b: &Boundary) -> Value {
    let (before, after) = match b.kind {
        BoundaryKind::Regression => ("last_good", "first_bad"),
        BoundaryKind::Fix => ("last_bad", "first_good"),
    };
    json!({
        "kind": b.kind.as_str(), before: b.before, after: b.after,
        "basis": b.basis.as_str(), "candidates": b.candidates, "confidence": b.confidence,
    })
}

fn log_value(heard: &Heard, logs: &[Log]) -> Value {
    let t = &heard.testimony;
    let verdict = match t.word {
        Word::Good => "good",
        Word::Bad => "bad",
        Word::Unclear => "inconclusive",
    };
    json!({
        "input": logs.get(heard.log).map(|l| &l.input), "version": heard.version, "verdict": verdict,
        "exposed": t.exposed, "server": t.server, "line": t.line, "why": t.why,
    })
}
