//! Random rules and random logs, small enough for the oracle and dense enough to meet.

use std::sync::Arc;

use proptest::prelude::{Just, Strategy, any};
use proptest::{collection, option, prop_oneof, sample};
use serde_json::{Map, Value, json};

use super::fixture;
use crate::classify::Event;
use crate::parse::Stamp;

/// One line of a random log: its clock, and perhaps an event.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) line: u64,
    pub(super) stamp: Option<Stamp>,
    pub(super) event: Option<Event>,
}

fn id() -> impl Strategy<Value = &'static str> {
    sample::select(vec!["a", "b", "c", "d"])
}

fn ids(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    collection::vec(id(), 1..=most)
}

fn tests() -> impl Strategy<Value = Option<Value>> {
    option::weighted(0.25, prop_oneof![Just(json!({ "v": 1 })), Just(json!({ "v": { "gt": 1 } }))])
}

fn span() -> impl Strategy<Value = &'static str> {
    sample::select(vec!["0s", "1s", "2s", "4s", "7s"])
}

fn step() -> impl Strategy<Value = Value> {
    let count = option::weighted(0.25, (2_u32..=3, span()));
    let killers = option::weighted(0.4, ids(2));
    (ids(2), tests(), option::weighted(0.4, span()), killers, count).prop_map(
        |(event, tests, within, killers, count)| {
            let mut step = Map::new();
            if let Some(killers) = killers {
                let killers: Vec<_> = killers.into_iter().filter(|k| !event.contains(k)).collect();
                step.insert("not_between".to_owned(), json!(killers));
            }
            step.insert("event".to_owned(), json!(event));
            step.extend(tests.map(|t| ("where".to_owned(), t)));
            step.extend(within.map(|w| ("within".to_owned(), json!(w))));
            step.extend(
                count.map(|(min, within)| ("count".to_owned(), json!({ "min": min, "within": within }))),
            );
            Value::Object(step)
        },
    )
}

fn absence() -> impl Strategy<Value = Value> {
    let span = sample::select(vec!["1s", "3s", "6s", "rest-of-log"]);
    let end = sample::select(vec!["match", "no-match", "inconclusive"]);
    (ids(2), tests(), span, end).prop_map(|(absent, tests, span, end)| {
        let end = if span == "rest-of-log" && end == "no-match" { "match" } else { end };
        let mut step = Map::from_iter([("absent".to_owned(), json!(absent))]);
        step.insert("for".to_owned(), json!(span));
        step.insert("at_end_of_log".to_owned(), json!(end));
        step.extend(tests.map(|t| ("where".to_owned(), t)));
        Value::Object(step)
    })
}

fn branch() -> impl Strategy<Value = Vec<Value>> {
    (collection::vec(step(), 1..=3), option::weighted(0.35, absence())).prop_map(|(mut steps, absence)| {
        if let Some(first) = steps.first_mut().and_then(Value::as_object_mut) {
            first.remove("within");
            if !first.contains_key("count") {
                first.remove("not_between");
            }
        }
        steps.extend(absence);
        steps
    })
}

/// The value of `match` of a random signature; most of them compile.
pub(super) fn rule() -> impl Strategy<Value = Value> {
    let guards = (option::weighted(0.25, ids(2)), option::weighted(0.2, ids(1)));
    let windows = (option::weighted(0.3, sample::select(vec!["7s", "9s"])), option::weighted(0.7, 1_u64..=6));
    let key = prop_oneof![
        6 => Just(json!(["server"])),
        2 => Just(json!(["server", "tool"])),
        1 => Just(json!([])),
    ];
    (collection::vec(branch(), 1..=2), guards, windows, key).prop_map(|(branches, guards, windows, key)| {
        let mut rule = Map::from_iter([("key".to_owned(), key)]);
        let mut branches = branches;
        for (b, branch) in branches.iter_mut().enumerate() {
            for (k, step) in branch.iter_mut().enumerate() {
                step["as"] = json!(format!("{}{k}", ["x", "y"][b]));
            }
        }
        let timed = json!(branches).to_string();
        let timed = ["\"within\"", "\"for\":\"1s\"", "\"for\":\"3s\"", "\"for\":\"6s\""]
            .iter()
            .any(|k| timed.contains(k));
        match branches.len() {
            1 => rule.insert("steps".to_owned(), json!(branches.remove(0))),
            _ => rule.insert("or".to_owned(), json!(branches)),
        };
        let (within, lines) = windows;
        rule.extend(
            lines.filter(|_| timed || within.is_some()).map(|n| ("within_lines".to_owned(), json!(n))),
        );
        rule.extend(within.map(|w| ("within".to_owned(), json!(w))));
        let (needs, bars) = guards;
        let bars = bars.filter(|b| needs.as_ref().is_none_or(|n| !n.contains(&b[0])));
        rule.extend(needs.map(|n| ("needs_before".to_owned(), json!(n))));
        rule.extend(bars.map(|b| ("not_before".to_owned(), json!(b))));
        Value::Object(rule)
    })
}

/// What a line adds to the log before it.
#[derive(Debug, Clone)]
struct Draw {
    ms: i64,
    lines: u64,
    event: Option<&'static str>,
    server: &'static str,
    v: Option<i64>,
    tool: Option<&'static str>,
    new_session: bool,
    echo: bool,
    stamped: bool,
}

fn draw() -> impl Strategy<Value = Draw> {
    let ms = prop_oneof![
        30 => (0_i64..=3).prop_map(|s| s * 1000),
        4 => Just(-700_i64),
        1 => Just(-5000_i64),
        2 => Just(300_001_i64),
    ];
    let event = option::weighted(0.85, id());
    let server = prop_oneof![16 => Just("s"), 4 => Just("t"), 1 => Just("")];
    let fields = (option::weighted(0.8, 1_i64..=2), option::weighted(0.9, sample::select(vec!["p", "q"])));
    let rare = (sample::select(vec![0; 25].into_iter().chain([1]).collect::<Vec<_>>()), 0..20, 0..12);
    (ms, 1_u64..=2, event, server, fields, rare).prop_map(|(ms, lines, event, server, (v, tool), rare)| {
        Draw {
            ms,
            lines,
            event,
            server,
            v,
            tool,
            new_session: rare.0 == 1,
            echo: rare.1 == 0,
            stamped: rare.2 != 0,
        }
    })
}

/// A random log: with a clock, without one, or with one that starts late.
pub(super) fn log() -> impl Strategy<Value = Vec<Item>> {
    let clock_from = prop_oneof![6 => Just(0_usize), 3 => Just(usize::MAX), 2 => 1_usize..8];
    (collection::vec(draw(), 1..=14), clock_from, any::<bool>()).prop_map(|(draws, clock_from, holes)| {
        let (mut ms, mut line, mut session) = (1_000_000, 0, 0);
        let item = |(i, d): (usize, Draw)| {
            ms += d.ms;
            line += d.lines;
            session += u32::from(d.new_session);
            let stamp = (i >= clock_from && (d.stamped || !holes)).then_some(Stamp(ms));
            let event = d.event.map(|id| {
                let mut event = fixture::of(fixture::event(id, line), d.server);
                (event.stamp, event.session, event.echo) = (stamp, session, d.echo);
                let fields = Arc::make_mut(&mut event.fields);
                fields.extend(d.v.map(|v| ("v".into(), json!(v))));
                fields.extend(d.tool.map(|t| ("tool".into(), json!(t))));
                event
            });
            Item { line, stamp, event }
        };
        draws.into_iter().enumerate().map(item).collect()
    })
}
