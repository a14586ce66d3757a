//! Every text of a report, in the order in which it is read.
//!
//! Comes in: a report and something to do with each text. The parts of blocks are named one by one, so that a new one
//! does not compile before it is said here whether a log's words can be in it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::report::{Block, Cell, Fact, Finding, Lives, Report, Row, Span, Table};

/// What a text is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spot<'a> {
    /// It may hold anything that a log holds.
    Free,
    /// It is a part of the message next to it.
    Part(&'a str),
    /// A word of the contract or of a pack: never changed.
    Fixed,
}

/// What is done with each text.
pub(super) type See<'a> = &'a mut dyn FnMut(&mut String, Spot<'_>);

/// Keys of the documents whose values are words of the contract or of a pack. Not within `fields`, which hold what a log
/// says.
const FIXED: [&str; 22] = [
    "schema",
    "tool",
    "sha256",
    "event",
    "id",
    "pack",
    "step",
    "kind",
    "severity",
    "verdict",
    "change",
    "class",
    "form",
    "clock",
    "outcome",
    "transport",
    "applicability",
    "version",
    "source",
    "role",
    "explained_by",
    "level",
];

/// Goes through title, blocks and document.
pub(super) fn texts(report: &mut Report, see: See<'_>) {
    let Report { title, tone: _, blocks: all, document: value } = report;
    see(title, Spot::Free);
    blocks(all, see);
    document(value, see);
}

fn blocks(all: &mut [Block], see: See<'_>) {
    for block in all {
        match block {
            Block::Heading(_, text) | Block::Text(text) => spans(text, see),
            Block::List { numbered: _, items } => items.iter_mut().for_each(|item| spans(item, see)),
            Block::Facts(facts) => facts.iter_mut().for_each(|Fact { name, value }| {
                see(name, Spot::Free);
                spans(value, see);
            }),
            Block::Table(Table { head, rows }) => {
                for text in head {
                    see(text, Spot::Free);
                }
                rows.iter_mut().flatten().for_each(|cell| spans(cell, see));
            }
            Block::Lives(both) => lives(both, see),
            Block::Finding(one) => finding(one, see),
            Block::Lines { label, lines } => {
                see(label, Spot::Free);
                for (_, text) in lines {
                    see(text, Spot::Free);
                }
            }
            Block::Details { summary, blocks: inner } => {
                see(summary, Spot::Free);
                blocks(inner, see);
            }
        }
    }
}

fn spans(all: &mut [Span], see: See<'_>) {
    for Span { text, tone: _ } in all {
        see(text, Spot::Free);
    }
}

fn lives(both: &mut Lives, see: See<'_>) {
    let Lives { server, verdict, left, right, rows, divergence: _ } = both;
    see(server, Spot::Free);
    if let Some(Span { text, tone: _ }) = verdict {
        see(text, Spot::Fixed);
    }
    left.iter_mut().for_each(|text| see(text, Spot::Free));
    see(right, Spot::Free);
    for Row { change: _, left, right } in rows {
        for Cell { line: _, at_ms: _, event, text, repeats: _, tone: _ } in left.iter_mut().chain(right) {
            see(event, Spot::Fixed);
            see(text, Spot::Free);
        }
    }
}

fn finding(one: &mut Finding, see: See<'_>) {
    let Finding {
        id,
        title,
        severity,
        tone: _,
        kind,
        input,
        log: _,
        server,
        summary,
        expected,
        caveats,
        advice,
        evidence,
        references,
        count: _,
        explains,
    } = one;
    [id, severity, kind].into_iter().chain(explains).for_each(|word| see(word, Spot::Fixed));
    let texts = [title, input].into_iter().chain(server).chain([summary, expected]);
    texts.chain(caveats).chain(advice).for_each(|text| see(text, Spot::Free));
    evidence.iter_mut().for_each(|(_, text)| see(text, Spot::Free));
    for (role, target) in references {
        see(role, Spot::Fixed);
        see(target, Spot::Free);
    }
}

/// Goes through the values of a document; keys stay.
fn document(value: &mut Value, see: See<'_>) {
    match value {
        Value::String(text) => see(text, Spot::Free),
        Value::Array(all) => all.iter_mut().for_each(|one| document(one, see)),
        Value::Object(all) => {
            let message = all.get("text").filter(|_| all.contains_key("fields"));
            let message = message.and_then(Value::as_str).unwrap_or_default().to_owned();
            for (key, one) in all {
                match one {
                    Value::Object(fields) if key == "fields" => {
                        fields.values_mut().for_each(|field| parts(field, &message, see));
                    }
                    Value::String(text) if FIXED.contains(&key.as_str()) => see(text, Spot::Fixed),
                    Value::Array(words) if key == "explains" => {
                        words.iter_mut().for_each(|word| string(word, Spot::Fixed, see));
                    }
                    other => document(other, see),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What an event's fields hold was cut out of its message.
fn parts(field: &mut Value, message: &str, see: See<'_>) {
    match field {
        Value::Array(all) => all.iter_mut().for_each(|one| parts(one, message, see)),
        Value::Object(all) => all.values_mut().for_each(|one| parts(one, message, see)),
        other => string(other, Spot::Part(message), see),
    }
}

fn string(value: &mut Value, spot: Spot<'_>, see: See<'_>) {
    if let Value::String(text) = value {
        see(text, spot);
    }
}

/// The names of all servers that a document tells of.
pub(super) fn servers<'d>(document: &'d Value, found: &mut BTreeSet<&'d str>) {
    match document {
        Value::Array(all) => all.iter().for_each(|one| servers(one, found)),
        Value::Object(all) => {
            for (key, value) in all {
                match value {
                    Value::String(name) if key == "server" => _ = found.insert(name),
                    Value::Array(list) if key == "servers" => {
                        found.extend(list.iter().filter_map(|s| s.get("name")?.as_str()));
                    }
                    _ => {}
                }
                servers(value, found);
            }
        }
        _ => {}
    }
}
