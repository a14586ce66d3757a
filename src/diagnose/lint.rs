//! What is wrong with a pack as a whole: its files, and what its signatures and samples mean among all that is known.
//!
//! Comes in: the files of one pack, and the knowledge with that pack on top. Goes out: [`Lint`]s with file, line and
//! column. It runs no test: that is `trial`'s.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compile::compile;
use super::vocabulary::Vocabulary;
use crate::classify::{Classifier, Understood};
use crate::parse;
use crate::pattern::lint::{Files, Grade, Lint, sort};
use crate::pattern::{
    Class, Effect, EventDef, EventFile, Expect, Knowledge, Scope, Signature, SignatureDef, TestCase,
    WordingDef, nearest,
};
use crate::source::Source;

/// Everything to be said about the pack whose files these are and that was laid on the knowledge as `source`.
pub fn lint(files: &[(String, String)], source: &str, knowledge: &Knowledge) -> Vec<Lint> {
    let texts = Files::new(files);
    let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
    let mut linter = Linter { lints: texts.lints(), files: &texts, knowledge, words };
    for (path, text) in files {
        match path.split_once('/') {
            Some(("events", _)) => {
                // What does not parse has its lint already; so below.
                let events = serde_json::from_str::<EventFile>(text).map(|f| f.events).unwrap_or_default();
                for (i, event) in events.iter().enumerate() {
                    linter.event(path, &format!("/events/{i}"), event);
                }
            }
            Some(("signatures", name)) => {
                if let Ok(def) = serde_json::from_str::<SignatureDef>(text) {
                    let id = name.trim_end_matches(".json").to_owned();
                    let pack = String::new();
                    linter.signature(
                        path,
                        &Signature {
                            id,
                            pack,
                            source: source.to_owned(),
                            checked: false,
                            def: Arc::new(def),
                            switched: None,
                        },
                    );
                }
            }
            _ => {}
        }
    }
    let mut lints = linter.lints;
    sort(&mut lints);
    lints
}

struct Linter<'a> {
    files: &'a Files<'a>,
    knowledge: &'a Knowledge,
    words: Vocabulary,
    lints: Vec<Lint>,
}

impl Linter<'_> {
    fn fault(&mut self, file: &str, pointer: &str, message: impl Into<String>) {
        self.lints.push(self.files.lint(Grade::Fault, file, pointer, message));
    }

    fn signature(&mut self, file: &str, signature: &Signature) {
        if let Err(problems) = compile(signature, &self.words) {
            for problem in problems {
                self.fault(file, &problem.place, problem.message);
            }
        }
        for (i, id) in signature.def.explains.iter().enumerate() {
            self.known_signature(file, &format!("/explains/{i}"), id);
        }
        let mut names = BTreeSet::new();
        for (i, case) in signature.def.tests.iter().enumerate() {
            let pointer = format!("/tests/{i}");
            if !names.insert(&case.name) {
                self.fault(file, &format!("{pointer}/name"), "two tests have this name");
            }
            self.case(file, &pointer, case);
        }
    }

    fn known_signature(&mut self, file: &str, pointer: &str, id: &str) {
        if self.knowledge.signature(id).is_none() {
            let all = self.knowledge.signatures.iter().map(|s| s.id.as_str());
            let hint = nearest(id, all).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            self.fault(file, pointer, format!("no pack has a signature `{id}`{hint}"));
        }
    }

    fn case(&mut self, file: &str, pointer: &str, case: &TestCase) {
        if case.client.as_deref().is_some_and(|v| semver::Version::parse(v).is_err()) {
            self.fault(file, &format!("{pointer}/client"), "a version is three numbers, e.g. `2.1.147`");
        }
        let lines: u64 = case.log.iter().map(|l| l.split('\n').count() as u64).sum();
        for (step, line) in case.at.iter().filter(|(_, line)| **line == 0 || **line > lines) {
            let message = format!("there is no line {line}: the log has {lines}, the first is 1");
            self.fault(file, &format!("{pointer}/at/{step}"), message);
        }
        if !case.at.is_empty() && case.expect != Expect::Match {
            self.fault(file, &format!("{pointer}/at"), "without a match no step is anywhere");
        }
        let words = ["in-range", "possible-recurrence", "unknown"];
        if let Some(word) = case.applicability.as_deref().filter(|w| !words.contains(w)) {
            let message = format!("`{word}` is none of {}", words.join(", "));
            self.fault(file, &format!("{pointer}/applicability"), message);
        }
        for (i, id) in case.also.iter().enumerate() {
            self.known_signature(file, &format!("{pointer}/also/{i}"), id);
        }
    }

    fn event(&mut self, file: &str, pointer: &str, event: &EventDef) {
        let fields = event.identity.iter().enumerate().map(|(i, f)| (format!("{pointer}/identity/{i}"), f));
        let derived =
            event.derive.iter().enumerate().map(|(i, d)| (format!("{pointer}/derive/{i}/from"), &d.from));
        for (place, field) in fields.chain(derived) {
            if !self.words.has_field(&event.id, field) {
                let near = self.words.nearest_field(&event.id, field);
                let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                self.fault(
                    file,
                    &place,
                    format!("no wording of `{}` gives a field `{field}`{hint}", event.id),
                );
            }
        }
        let named = |key: &'static str, ids: &[String]| {
            ids.iter()
                .enumerate()
                .map(|(i, id)| (format!("{pointer}/{key}/{i}"), id.clone()))
                .collect::<Vec<_>>()
        };
        let aftermath = named("aftermath_of", &event.aftermath_of);
        for (place, id) in aftermath.into_iter().chain(named("after", &event.after)) {
            if !self.words.has(&id) {
                let near =
                    self.words.nearest(&id).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                self.fault(file, &place, format!("no pack defines `{id}`{near}"));
            }
        }
        for (j, wording) in event.wordings.iter().enumerate() {
            for (k, sample) in wording.samples.iter().enumerate() {
                if let Some(problem) = self.sample(event, wording, sample) {
                    self.fault(file, &format!("{pointer}/wordings/{j}/samples/{k}"), problem);
                }
            }
        }
        if self.is_unused(event) {
            let message = format!(
                "`{}` is in no signature and has no effect: it only keeps its lines from being unclassified",
                event.id
            );
            self.lints.push(self.files.lint(Grade::Note, file, &format!("{pointer}/id"), message));
        }
    }

    /// Why a sample does not prove its wording.
    fn sample(&self, event: &EventDef, wording: &WordingDef, sample: &str) -> Option<String> {
        let catalogue = &self.knowledge.catalogue;
        let mut classifier = Classifier::new(self.knowledge);
        let (mut records, mut problem) = (0, None);
        let read = parse::read(Source::from_text("sample", sample), &mut |line| {
            records += 1;
            let scope = if line.server.is_some() { Scope::Server } else { Scope::Global };
            let all = catalogue.all_matches(scope, line.level, &String::from_utf8_lossy(line.message));
            let is_own =
                |i: &usize| catalogue.wording(*i).is_some_and(|(e, w)| e.id == event.id && w == wording);
            let tie = all.iter().take(2).map(|i| catalogue.weight(*i)).collect::<Vec<_>>();
            let winner = all.first().and_then(|i| catalogue.wording(*i));
            problem = match winner {
                None => Some("no wording covers this sample".to_owned()),
                Some((other, w)) if !all.first().is_some_and(is_own) => {
                    Some(format!("this sample is won by `{}` of `{}`", w.text, other.id))
                }
                Some(_) if tie.len() == 2 && tie.first() == tie.last() => {
                    Some("another wording covers this sample with as much literal text".to_owned())
                }
                Some(_) => match classifier.line(line) {
                    Understood::Outside => Some(
                        "no `mcp_heads` of a pack begins like this line: it would never be looked at"
                            .to_owned(),
                    ),
                    _ => None,
                },
            };
        });
        match (read, records) {
            (Err(error), _) => Some(error.message()),
            (_, 1) => problem,
            (_, n) => Some(format!("a sample is one line of a log as it stands there; this is {n}")),
        }
    }

    fn is_unused(&self, event: &EventDef) -> bool {
        let named = |s: &Signature| {
            let rule = &s.def.rule;
            let steps = rule.steps.iter().chain(rule.branches.iter().flatten());
            let in_steps = steps.flat_map(|s| s.event.iter().chain(&s.not_between).chain(&s.absent));
            let guards = rule.needs_before.iter().chain(&rule.not_before);
            let worse = s.def.escalate.iter().map(|e| &e.event);
            in_steps.chain(guards).chain(worse).any(|e| *e == event.id)
        };
        let idle = event.class == Class::Detail && event.effect == Effect::None;
        idle && !self.knowledge.signatures.iter().any(named)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::lint;
    use crate::pattern::lint::Grade;
    use crate::pattern::{BUILTIN, Knowledge, builtin_files};

    fn told(files: &[(&str, Value)]) -> Vec<String> {
        let pack = json!({ "schema": 1, "id": "p", "version": "1.0.0", "engine": "*", "license": "MIT",
                           "maintainers": [] });
        let mut all = vec![("pack.json".to_owned(), pack.to_string())];
        all.extend(files.iter().map(|(p, v)| ((*p).to_owned(), v.to_string())));
        let knowledge = Knowledge::load(&[("p".to_owned(), all.clone())]);
        let faults = lint(&all, "p", &knowledge).into_iter().filter(|l| l.grade == Grade::Fault);
        faults.map(|l| format!("{}: {}", l.file, l.message)).collect()
    }

    fn event(more: &Value) -> Value {
        let mut event = json!({ "id": "zork", "phase": "session", "class": "lifecycle", "says": "s",
            "wordings": [{ "text": "Zork is {n:int}", "seen": [], "samples": ["[DEBUG] MCP server \"s\": Zork is 3"] }] });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "schema": 1, "family": "zork", "events": [event] })
    }

    fn samples(text: &str, scope: &str, sample: &str) -> Vec<String> {
        let wording = json!([{ "text": text, "scope": scope, "seen": [], "samples": [sample] }]);
        told(&[("events/zork.json", event(&json!({ "wordings": wording })))])
    }

    #[test]
    fn the_built_in_pack_has_no_fault() {
        let files: Vec<(String, String)> =
            builtin_files().iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
        let faults = lint(&files, BUILTIN, &Knowledge::builtin());
        let faults: Vec<_> = faults.into_iter().filter(|l| l.grade == Grade::Fault).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn a_sample_is_one_line_that_its_wording_wins() {
        assert_eq!(samples("Zork is {n:int}", "server", "[DEBUG] MCP server \"s\": Zork is 3"), [""; 0]);
        let cases = [
            ("Zork is {n:int}", "server", "[DEBUG] MCP server \"s\": Zork is three", "no wording covers"),
            ("Zork is {n:int}", "server", "[DEBUG] MCP server \"s\": Zork is 3\n[DEBUG] x", "this is 2"),
            (
                "Closing {what:text}",
                "server",
                "[DEBUG] MCP server \"s\": Closing transport (x)",
                "is won by `Closing transport ({reason:text})`",
            ),
            ("Zork is {n:int}", "global", "[DEBUG] Zork is 3", "no `mcp_heads`"),
        ];
        for (text, scope, sample, wanted) in cases {
            let found = samples(text, scope, sample);
            assert!(found.len() == 1 && found[0].contains(wanted), "{sample}: {found:?}");
        }
    }

    #[test]
    fn fields_and_events_that_are_named_must_be_there() {
        let more = json!({ "identity": ["m"], "aftermath_of": ["zorc"], "after": ["zirk"],
                           "derive": [{ "from": "text", "field": "cause", "contains": [] }] });
        let wanted = [
            "events/zork.json: no wording of `zork` gives a field `m`; did you mean `n`?",
            "events/zork.json: no pack defines `zorc`; did you mean `zork`?",
            "events/zork.json: no pack defines `zirk`; did you mean `zork`?",
            "events/zork.json: no wording of `zork` gives a field `text`",
        ];
        let found = told(&[("events/zork.json", event(&more))]);
        assert!(wanted.iter().all(|w| found.contains(&(*w).to_owned())) && found.len() == 4, "{found:?}");
    }

    #[test]
    fn what_a_signature_cannot_mean_is_told_with_its_tests() {
        let signature = json!({
            "schema": 1, "title": "t", "rev": 1, "kind": "server-fault", "status": "test", "severity": "warning",
            "applies_to": {}, "created": "2026-01-01", "modified": "2026-01-01", "authors": [], "references": [],
            "falsepositives": [], "explains": ["spawn-enoen"],
            "match": { "key": ["server"], "steps": [{ "as": "x", "event": "zork", "within": "3s" }] },
            "says": { "summary": "s", "expected": "e", "advice": [] },
            "tests": [{ "name": "a", "client": "2", "expect": "no-match", "at": { "x": 2 }, "log": ["one"] },
                      { "name": "a", "expect": "match", "applicability": "in range", "log": [] }] });
        let found = told(&[("events/zork.json", event(&json!({}))), ("signatures/a.json", signature)]);
        let wanted = [
            "step `x` is the first",
            "no pack has a signature `spawn-enoen`; did you mean `spawn-enoent`?",
            "two tests have this name",
            "a version is three numbers",
            "there is no line 2",
            "without a match no step",
            "`in range` is none of",
        ];
        for part in wanted {
            assert!(found.iter().any(|f| f.contains(part)), "{part}: {found:#?}");
        }
        assert_eq!(found.len(), wanted.len(), "{found:#?}");
    }
}
