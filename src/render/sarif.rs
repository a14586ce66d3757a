//! SARIF 2.1.0, which editors and code scanning read.
//!
//! Comes in: the report. Goes out: one run, with a rule for each kind of thing found and a result for each time; its
//! fingerprint stays the same from run to run, since it holds neither lines nor numbers. At most [`MAX`] results,
//! which is what code scanning shows; what is cut, and what could not be read, is a notification.

use std::fmt::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::outcome::{self, Outcome, Rule, Weight};
use super::{Look, json, text};
use crate::report::{Log, Report};

/// Results that code scanning shows of a run.
const MAX: usize = 5000;

/// The document.
pub(super) fn render(report: &Report, _look: &Look) -> String {
    let (logs, found) = (report.logs(), outcome::all(report));
    let mut rules: Vec<&Rule> = Vec::new();
    let mut results = Vec::new();
    for outcome in found.iter().take(MAX) {
        let known = rules.iter().position(|rule| rule.id == outcome.rule.id);
        let at = known.unwrap_or(rules.len());
        if known.is_none() {
            rules.push(&outcome.rule);
        }
        results.push(result(outcome, at, logs.get(outcome.log)));
    }
    let driver = json!({
        "name": "lastgood", "version": env!("CARGO_PKG_VERSION"),
        "rules": rules.into_iter().map(rule).collect::<Vec<_>>(),
    });
    let notes = notifications(&logs, found.len());
    let read = logs.iter().all(|log| log.error.is_none());
    json::written(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "invocations": [{ "executionSuccessful": read, "toolExecutionNotifications": notes }],
            "results": results,
        }],
    }))
}

fn rule(rule: &Rule) -> Value {
    let mut help = vec![rule.expected.clone()];
    help.extend(rule.advice.iter().cloned());
    help.extend(rule.references.iter().cloned());
    help.retain(|part| !part.is_empty());
    json!({
        "id": rule.id, "shortDescription": message(&rule.title), "fullDescription": message(&rule.expected),
        "help": message(&help.join("\n")), "properties": { "tags": ["mcp", rule.kind] },
    })
}

/// SARIF wants a text that is not empty.
fn message(text: &str) -> Value {
    json!({ "text": if text.is_empty() { "-" } else { text } })
}

fn result(outcome: &Outcome, rule: usize, log: Option<&Log>) -> Value {
    let level = match outcome.weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "note",
    };
    let places: Vec<Value> =
        outcome.evidence.iter().filter_map(|(line, text)| Some(place(log?, *line, text, outcome))).collect();
    let (first, related) = places.split_at(places.len().min(1));
    json!({
        "ruleId": outcome.rule.id, "ruleIndex": rule, "level": level, "message": message(&outcome.message),
        "locations": first, "relatedLocations": related,
        "partialFingerprints": { "lastgood/v1": fingerprint(outcome) },
        "properties": { "count": outcome.count },
    })
}

fn place(log: &Log, line: u64, text: &str, outcome: &Outcome) -> Value {
    let mut place = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&log.path) },
            "region": { "startLine": line.max(1), "snippet": { "text": text } },
        },
        "message": message(text),
    });
    if let Some(server) = &outcome.server {
        place["logicalLocations"] = json!([{ "name": server, "kind": "module" }]);
    }
    place
}

/// A path as a relative or `file` address.
fn uri(path: &str) -> String {
    let path = text::clean(path, true).replace('\\', "/");
    let drive = path.as_bytes().get(1) == Some(&b':');
    let mut uri = match () {
        () if path.starts_with('/') => "file://".to_owned(),
        () if drive => "file:///".to_owned(),
        () => String::new(),
    };
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            b':' if drive && at == 1 => uri.push(':'),
            // Writing to a string cannot fail.
            byte => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

/// What stays of a result when it is found again: rule, server and the words of its first line without numbers.
fn fingerprint(outcome: &Outcome) -> String {
    let first = outcome.evidence.first().map(|(_, text)| text.as_str()).unwrap_or_default();
    let words: String = first.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let server = outcome.server.as_deref().unwrap_or_default();
    let digest = Sha256::digest(format!("{}\n{server}\n{words}", outcome.rule.id));
    format!("{digest:x}").chars().take(16).collect()
}

fn notifications(logs: &[Log], found: usize) -> Vec<Value> {
    let unread = logs.iter().filter_map(|log| Some(format!("{}: {}", log.path, log.error.as_ref()?)));
    let mut all: Vec<Value> = unread.map(|it| json!({ "level": "error", "message": message(&it) })).collect();
    if found > MAX {
        let text = format!("{} results beyond the first {MAX} are left out", found - MAX);
        all.push(json!({ "level": "warning", "message": message(&text) }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;

    fn run(report: &Report) -> Value {
        let document: Value = serde_json::from_str(&render(report, &Look::default())).unwrap();
        document["runs"][0].clone()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn every_result_points_at_its_rule_and_at_a_line(text in fixture::evil()) {
            let run = run(&fixture::filled(&text));
            for result in run["results"].as_array().unwrap() {
                let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
                prop_assert_eq!(&rule["id"], &result["ruleId"]);
                let place = &result["locations"][0]["physicalLocation"];
                prop_assert!(place["region"]["startLine"].as_u64().unwrap() > 0);
                prop_assert!(place["artifactLocation"]["uri"].as_str().unwrap().is_ascii());
            }
        }
    }

    #[test]
    fn a_fingerprint_outlives_other_lines_and_numbers() {
        let of = |text: &str, line| {
            let mut outcome = outcome::all(&fixture::filled("x")).remove(0);
            outcome.evidence = vec![(line, text.to_owned())];
            fingerprint(&outcome)
        };
        assert_eq!(of("failed after 61ms", 3), of("failed after 4100ms", 9));
        assert_ne!(of("failed after 61ms", 3), of("closed after 61ms", 3));
    }

    #[test]
    fn results_are_capped_and_that_is_said() {
        let mut report = fixture::filled("x");
        report.blocks.retain(|block| matches!(block, crate::report::Block::Finding(_)));
        report.blocks = std::iter::repeat_n(report.blocks, MAX + 3).flatten().collect();
        let run = run(&report);
        assert_eq!(run["results"].as_array().map(Vec::len), Some(MAX));
        let notes = run["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(notes.contains("3 results beyond the first 5000"), "{notes}");
    }

    #[test]
    fn paths_are_addresses() {
        assert_eq!(uri("logs/a b#1.log"), "logs/a%20b%231.log");
        assert_eq!(uri("/var/log/é.log"), "file:///var/log/%C3%A9.log");
        assert_eq!(uri("C:\\logs\\a.log"), "file:///C:/logs/a.log");
    }
}
