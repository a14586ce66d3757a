//! Events and signatures for tests, made from as little as possible.
//!
//! The events are called `a` to `f`; each may have the fields `v` and `tool`. `quit` is of the client's own shutdown,
//! `start` is about no server.

use std::sync::Arc;

use serde_json::{Value, json};

use super::compile::{Compiled, Problem, compile};
use super::vocabulary::Vocabulary;
use crate::classify::Event;
use crate::parse::Stamp;
use crate::pattern::{EventDef, Signature};

/// All events of the tests.
const EVENTS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "quit", "start"];

pub(super) fn def(id: &str) -> EventDef {
    let phase = if id == "quit" { "shutdown" } else { "session" };
    let scope = if id == "start" { "global" } else { "server" };
    serde_json::from_value(json!({
        "id": id, "phase": phase, "class": "lifecycle", "says": "",
        "wordings": [{ "text": "it is {v:int} with {tool:word}", "scope": scope, "seen": [], "samples": [] }]
    }))
    .unwrap()
}

pub(super) fn vocabulary() -> Vocabulary {
    let defs: Vec<EventDef> = EVENTS.iter().map(|id| def(id)).collect();
    Vocabulary::new(&defs)
}

/// An event of server `s` in session 0, without a clock.
pub(super) fn event(id: &str, line: u64) -> Event {
    let text = format!("text of {id}").into();
    let server = Some("s".into());
    Event {
        def: Arc::new(def(id)),
        line,
        stamp: None,
        session: 0,
        server,
        fields: Arc::default(),
        text,
        echo: false,
        apart: false,
        gap: false,
        same: None,
    }
}

/// The same at a time, in milliseconds.
pub(super) fn at(id: &str, line: u64, ms: i64) -> Event {
    Event { stamp: Some(Stamp(ms)), ..event(id, line) }
}

/// The same with a field.
pub(super) fn with(mut event: Event, field: &str, value: impl Into<Value>) -> Event {
    Arc::make_mut(&mut event.fields).push((field.into(), value.into()));
    event
}

/// The same of another server; an empty name: of none.
pub(super) fn of(event: Event, server: &str) -> Event {
    Event { server: (!server.is_empty()).then(|| server.into()), ..event }
}

/// A signature around the value of `match`; `more` replaces or adds other keys.
pub(super) fn signature(rule: Value, more: &[(&str, Value)]) -> Signature {
    let mut json = json!({
        "schema": 1, "title": "it breaks", "rev": 3, "kind": "server-fault", "status": "stable",
        "severity": "warning", "applies_to": {}, "created": "2026-01-01", "modified": "2026-01-01",
        "authors": [], "references": [], "falsepositives": [],
        "says": { "summary": "it broke", "expected": "it holds", "advice": [] }, "tests": []
    });
    json["match"] = rule;
    for (key, value) in more {
        json[*key] = value.clone();
    }
    Signature {
        id: "sig".to_owned(),
        pack: "mcp".to_owned(),
        source: "mcp".to_owned(),
        checked: false,
        def: Arc::new(serde_json::from_value(json).unwrap()),
        switched: None,
    }
}

/// The same, compiled.
pub(super) fn compiled(rule: Value, more: &[(&str, Value)]) -> Compiled {
    compile(&signature(rule, more), &vocabulary()).unwrap()
}

/// What is wrong with it.
pub(super) fn problems(rule: Value, more: &[(&str, Value)]) -> Vec<Problem> {
    compile(&signature(rule, more), &vocabulary()).err().unwrap_or_default()
}
