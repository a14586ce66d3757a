//! The documents of the contract: what scripts read. Keys here are promised; see `README.md`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::show::at_ms;
use super::surroundings::unknown_line;
use crate::align::{ChangeKind, Diff, ServerDiff};
use crate::classify::UnknownLine;
use crate::parse::Stamp;
use crate::pattern::PackId;
use crate::timeline::{Input, Item, Life, Outcome};

/// The version of this program, as documents cite it.
pub(super) const TOOL: &str = env!("CARGO_PKG_VERSION");

/// `lastgood.timeline/1`.
pub(super) fn timeline(
    input: &Input,
    start: Option<Stamp>,
    lives: &[&Life],
    unknown: &[UnknownLine],
) -> Value {
    let mut servers: Vec<(&str, Vec<Value>, Vec<Value>)> = Vec::new();
    for life in lives {
        let events = life.items.iter().map(|i| event(i, start));
        let alike = (life.alike.count > 0).then(|| alike(life));
        match servers.iter_mut().find(|(name, ..)| *name == &*life.server) {
            Some((_, known, folded)) => {
                known.extend(events);
                folded.extend(alike);
            }
            None => servers.push((&life.server, events.collect(), alike.into_iter().collect())),
        }
    }
    let servers: Vec<Value> = servers.into_iter().map(of_server).collect();
    let unclassified: Vec<Value> = unknown.iter().map(unknown_line).collect();
    json!({
        "schema": "lastgood.timeline/1", "tool": TOOL, "input": input,
        "servers": servers, "unclassified": unclassified,
    })
}

fn of_server((name, events, alike): (&str, Vec<Value>, Vec<Value>)) -> Value {
    let mut server = json!({ "name": name, "events": events });
    if !alike.is_empty() {
        extend(&mut server, BTreeMap::from([("alike", Value::from(alike))]));
    }
    server
}

/// The client sessions in which the same happened as in this life, whose events stand for all.
fn alike(life: &Life) -> Value {
    let places = life.alike.places.iter().map(|(session, line)| json!({ "session": session, "line": line }));
    json!({ "session": life.session, "count": life.alike.count, "places": places.collect::<Vec<_>>() })
}

fn event(item: &Item, start: Option<Stamp>) -> Value {
    let e = &item.event;
    let fields: Map<String, Value> = e.fields.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    json!({
        "line": e.line, "at_ms": at_ms(e, start), "event": e.id(), "class": e.def.class.as_str(),
        "fields": fields, "repeats": item.repeats, "last_line": item.last_line,
        "compared": item.is_compared(), "session": e.session, "text": &*e.text,
    })
}

/// `lastgood.diff/1`.
pub(super) fn diff(
    diff: &Diff,
    packs: &[PackId],
    inputs: (&Input, &Input),
    more: BTreeMap<&str, Value>,
) -> Value {
    let mut document = json!({
        "schema": "lastgood.diff/1", "tool": TOOL, "packs": packs,
        "good": inputs.0, "bad": inputs.1, "verdict": diff.verdict.as_str(),
        "servers": diff.servers.iter().map(server).collect::<Vec<_>>(),
    });
    extend(&mut document, more);
    document
}

/// `lastgood.diagnosis/1`.
pub(super) fn diagnosis(packs: &[PackId], inputs: Vec<Value>, more: BTreeMap<&str, Value>) -> Value {
    let mut document = json!({ "schema": "lastgood.diagnosis/1", "tool": TOOL, "packs": packs });
    extend(&mut document, BTreeMap::from([("inputs", Value::Array(inputs))]));
    extend(&mut document, more);
    document
}

pub(super) fn extend(document: &mut Value, more: BTreeMap<&str, Value>) {
    if let Some(map) = document.as_object_mut() {
        map.extend(more.into_iter().map(|(k, v)| (k.to_owned(), v)));
    }
}

fn server(s: &ServerDiff) -> Value {
    let outcome = |o: Option<Outcome>| o.map(Outcome::as_str);
    let divergence = s
        .divergence
        .as_ref()
        .map(|d| json!({ "good_line": d.good_line, "bad_line": d.bad_line, "event": d.event }));
    let changes =
        s.aligned.rows.iter().filter_map(|r| Some(change(r.kind?, r.good.as_ref(), r.bad.as_ref())));
    json!({
        "name": s.name, "good_name": s.good_name, "verdict": s.verdict.as_str(),
        "outcome": { "good": outcome(s.outcome.0), "bad": outcome(s.outcome.1) },
        "divergence": divergence, "changes": changes.collect::<Vec<_>>(),
    })
}

#[derive(Serialize)]
struct Changed<'a> {
    change: &'static str,
    event: &'a str,
    good_lines: &'a [u64],
    bad_lines: &'a [u64],
    #[serde(skip_serializing_if = "Option::is_none")]
    good_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bad_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    good_repeats: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bad_repeats: Option<u64>,
    text: &'a str,
}

fn change(kind: ChangeKind, good: Option<&Item>, bad: Option<&Item>) -> Value {
    let timed = matches!(kind, ChangeKind::Slower | ChangeKind::Faster);
    let ms = |i: Option<&Item>| i.filter(|_| timed).and_then(|i| i.event.int("ms"));
    let repeats = |i: Option<&Item>| i.filter(|_| kind == ChangeKind::Repeated).map(|i| i.repeats);
    let lines = |i: Option<&Item>| i.map(|i| i.lines.clone()).unwrap_or_default();
    let (good_lines, bad_lines) = (lines(good), lines(bad));
    let shown = bad.or(good);
    let changed = Changed {
        change: kind.as_str(),
        event: shown.map_or("", |i| i.event.id()),
        good_lines: &good_lines,
        bad_lines: &bad_lines,
        good_ms: ms(good),
        bad_ms: ms(bad),
        good_repeats: repeats(good),
        bad_repeats: repeats(bad),
        text: shown.map_or("", |i| &i.event.text),
    };
    json!(changed)
}
