//! The first draft of a signature, out of the events of the lines that show a failure.
//!
//! Comes in: the events of those lines. Goes out: the steps that may matter, and a whole signature around them in
//! which all that only a person can know says TODO. It matches the lines it was made from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::classify::Event;
use crate::pattern::{Effect, Phase};

/// More steps than that are for a person to choose from.
const MAX_STEPS: usize = 5;

/// Windows that people write.
const WINDOWS: [(i64, &str); 8] = [
    (2_000, "2s"),
    (10_000, "10s"),
    (30_000, "30s"),
    (60_000, "1m"),
    (300_000, "5m"),
    (1_800_000, "30m"),
    (7_200_000, "2h"),
    (86_400_000, "1d"),
];

/// Where the lines come from.
pub(super) struct Cutting<'a> {
    /// The lines.
    pub(super) lines: &'a [String],
    /// The client's version.
    pub(super) client: Option<&'a str>,
    /// File and lines.
    pub(super) source: &'a str,
    /// The day.
    pub(super) today: &'a str,
}

/// The events that may matter, in order: those of one server that tell of trouble, or else all of its lifecycle.
pub(super) fn steps<'e>(events: &'e [Event], server: Option<&str>) -> Option<Vec<&'e Event>> {
    let of_server = |e: &&Event| e.server.is_some() && server.is_none_or(|s| e.server.as_deref() == Some(s));
    let alive: Vec<&Event> = events.iter().filter(of_server).filter(|e| e.is_lifecycle()).collect();
    let troubled = |e: &&&Event| is_trouble(e);
    let first = alive.iter().find(troubled).or(alive.first())?;
    let own = alive.iter().copied().filter(|e| e.server == first.server && e.session == first.session);
    let (trouble, other): (Vec<&Event>, Vec<&Event>) = own.partition(|e| is_trouble(e));
    let mut chosen = if trouble.is_empty() { other } else { trouble };
    let mut seen = BTreeSet::new();
    chosen.retain(|e| seen.insert(e.id()));
    chosen.truncate(MAX_STEPS);
    Some(chosen)
}

fn is_trouble(event: &Event) -> bool {
    let well = [
        Effect::Attempt,
        Effect::Connected,
        Effect::Call,
        Effect::CallOk,
        Effect::ToolsListed,
        Effect::ClientStart,
    ];
    event.phase() != Phase::Shutdown && !well.contains(&event.effect())
}

/// A signature that matches the lines.
pub(super) fn signature(steps: &[&Event], cutting: &Cutting<'_>) -> Value {
    let names = names(steps);
    let list: Vec<Value> =
        steps.iter().zip(&names).enumerate().map(|(i, (e, n))| step(i, e, n, steps)).collect();
    let at: Map<String, Value> =
        names.iter().zip(steps).map(|(name, e)| (name.clone(), Value::from(e.line))).collect();
    let lines = steps.last().zip(steps.first()).map_or(0, |(a, b)| a.line - b.line);
    let first = names.first().cloned().unwrap_or_default();
    let mut rule = json!({ "key": ["server"] });
    if steps.len() > 1 {
        rule["within"] = json!(window(span(steps)));
        rule["within_lines"] = json!(lines * 2 + 20);
    }
    rule["steps"] = json!(list);
    let mut test = json!({ "name": "TODO: what this log shows", "expect": "match", "at": at,
                           "source": cutting.source, "log": cutting.lines });
    if let Some(client) = cutting.client {
        test["client"] = json!(client);
    }
    json!({
        "schema": 1, "title": "TODO: what goes wrong, in one line", "rev": 1, "kind": "client-bug",
        "status": "sandbox", "severity": "warning", "applies_to": {}, "created": cutting.today,
        "modified": cutting.today, "authors": ["you"],
        "references": [{ "role": "report", "ref": "TODO: where it was reported" }], "falsepositives": [],
        "match": rule,
        "says": {
            "summary": format!("{{server}}: TODO: what happened (line {{{first}.line}})"),
            "expected": "TODO: what should have happened",
            "advice": ["TODO: what to do about it"],
        },
        "tests": [test],
    })
}

/// A step's name is the last part of its event's id, told apart by a number where it must be.
fn names(steps: &[&Event]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let name = |e: &&Event| {
        let last = e.id().rsplit('.').next().unwrap_or_default();
        let plain: String = last
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        let n = seen.entry(plain.clone()).or_insert(0);
        *n += 1;
        if *n == 1 && plain != "server" { plain } else { format!("{plain}_{n}") }
    };
    steps.iter().map(name).collect()
}

fn step(index: usize, event: &Event, name: &str, steps: &[&Event]) -> Value {
    let mut step = json!({ "as": name, "event": event.id() });
    let telling = telling(event);
    if !telling.is_empty() {
        step["where"] = Value::Object(telling);
    }
    if let Some(before) = index.checked_sub(1).and_then(|i| steps.get(i)) {
        step["within"] = json!(window(span(&[before, event])));
    }
    step
}

/// Fields that make the event what it is: derived ones, and numbers that tell two of its kind apart.
fn telling(event: &Event) -> Map<String, Value> {
    let derived = event.def.derive.iter().map(|d| d.field.as_str());
    let told = event.def.identity.iter().map(String::as_str).filter(|f| event.int(f).is_some());
    let fields: BTreeSet<&str> = derived.chain(told).collect();
    fields.into_iter().filter_map(|f| Some((f.to_owned(), event.field(f)?.clone()))).collect()
}

fn span(steps: &[&Event]) -> i64 {
    let stamps = steps.first().and_then(|e| e.stamp).zip(steps.last().and_then(|e| e.stamp));
    stamps.map_or(0, |(first, last)| (last.0 - first.0).max(0))
}

/// A window with room: what took a second may take two on another machine.
fn window(ms: i64) -> &'static str {
    WINDOWS.iter().find(|(w, _)| ms.saturating_mul(2) <= *w).map_or("1d", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{Cutting, signature, steps, window};
    use crate::diagnose::{TrialOutcome, Vocabulary, compile, events_of, trial};
    use crate::pattern::{Knowledge, Signature, SignatureDef};

    const LOG: [&str; 5] = [
        "2026-11-23T00:23:20.998Z [DEBUG] MCP server \"s\": Successfully connected (transport: http) in 21ms",
        "2026-11-23T00:23:21.005Z [DEBUG] MCP server \"s\": Connection error: Streamable HTTP error: Failed to open SSE stream: Not Found",
        "2026-11-23T00:23:21.005Z [DEBUG] MCP server \"other\": Closing transport (session expired)",
        "2026-11-23T00:23:21.005Z [DEBUG] MCP server \"s\": MCP session expired (server returned 404), triggering reconnection",
        "2026-11-23T00:23:22.105Z [DEBUG] MCP server \"s\": Closing transport (session expired)",
    ];

    #[test]
    fn a_draft_matches_the_lines_it_was_made_from() {
        let knowledge = Knowledge::builtin();
        let lines = LOG.map(str::to_owned).to_vec();
        let (events, _) = events_of(&lines, &knowledge);
        let chosen = steps(&events, None).unwrap();
        let ids: Vec<&str> = chosen.iter().map(|e| e.id()).collect();
        assert_eq!(ids, ["stream.open_failed", "session.expired", "transport.closing"]);
        let cutting = Cutting { lines: &lines, client: Some("2.1.147"), source: "x", today: "2026-11-23" };
        let def: SignatureDef = serde_json::from_value(signature(&chosen, &cutting)).unwrap();
        let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
        let case = def.tests[0].clone();
        assert_eq!(case.at.get("open_failed"), Some(&2));
        let def = std::sync::Arc::new(def);
        let signature = Signature {
            id: "new".into(),
            pack: "p".into(),
            source: "p".into(),
            checked: false,
            def,
            switched: None,
        };
        let rule = compile(&signature, &words).unwrap();
        assert_eq!(trial(&case, &rule, &knowledge), TrialOutcome::Ok);
    }

    #[test]
    fn a_server_that_is_named_is_the_one() {
        let knowledge = Knowledge::builtin();
        let (events, _) = events_of(&LOG.map(str::to_owned), &knowledge);
        assert_eq!(steps(&events, Some("other")).unwrap().len(), 1);
        assert!(steps(&events, Some("nobody")).is_none() && steps(&[], None).is_none());
    }

    #[test]
    fn a_window_leaves_room() {
        assert_eq!(
            [window(0), window(1000), window(1001), window(10_000_000_000)],
            ["2s", "2s", "10s", "1d"]
        );
    }
}
