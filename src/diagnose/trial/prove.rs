//! Proves whole packs: every test, every mutant, every signature against every other's tests, and what nothing covers.
//!
//! Comes in: the knowledge, its compiled signatures, and which of them are on trial. Goes out: a [`Verdict`]. It reads
//! no files. What is on trial is judged; the rest of the knowledge is there to make noise.

use std::collections::BTreeSet;

use semver::Version;

use super::super::answer::{Diagnosis, Finding};
use super::super::check::branches;
use super::super::compile::Compiled;
use super::mutant::{Fate, Mutant, Positive, mutants};
use super::specimen::Specimens;
use super::{TrialOutcome, diagnose_case, events_of, outcome};
use crate::parse;
use crate::pattern::{EventFile, Expect, Knowledge, Scope, Severity, Signature, Status, TestCase};
use crate::source::Source;

/// What is judged.
#[derive(Debug, Default)]
pub struct OnTrial {
    /// Ids of signatures.
    pub signatures: BTreeSet<String>,
    /// Wordings: event id and text.
    pub wordings: BTreeSet<(String, String)>,
}

/// What came of all trials.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Each signature on trial, by id.
    pub signatures: Vec<Proven>,
    /// Findings where they do not belong.
    pub noise: Vec<Noise>,
    /// Wordings that no sample and no test uses: event id and text.
    pub unused_wordings: Vec<(String, String)>,
    /// How many wordings are on trial.
    pub wordings: usize,
}

/// How one signature came out.
#[derive(Debug)]
pub struct Proven {
    /// Its id.
    pub id: String,
    /// How far it is to be trusted.
    pub status: Status,
    /// Each test by name, with its outcome.
    pub tests: Vec<(String, TrialOutcome)>,
    /// Mutants of each positive test: the test's name, the mutant.
    pub mutants: Vec<(String, Mutant)>,
    /// Branches and escalations that no positive test goes through: JSON pointer, and their steps by name.
    pub unused: Vec<(String, String)>,
    /// What its status asks for and it has not.
    pub lacks: Vec<String>,
}

/// A signature that is found in a log that is not its own, or that should be found there and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noise {
    /// The signature.
    pub id: String,
    /// The test's signature and name, or the path of a good log.
    pub place: (String, String),
    /// The first line of its evidence; `None`: the test says that it is found there, and it is not.
    pub line: Option<u64>,
}

impl OnTrial {
    /// All that is known.
    pub fn all(knowledge: &Knowledge) -> Self {
        let of = |e: &crate::pattern::EventDef| {
            e.wordings.iter().map(|w| (e.id.clone(), w.text.clone())).collect::<Vec<_>>()
        };
        Self {
            signatures: knowledge.signatures.iter().map(|s| s.id.clone()).collect(),
            wordings: knowledge.catalogue.events().iter().flat_map(|e| of(e)).collect(),
        }
    }

    /// What the files of one pack define.
    pub fn files(files: &[(String, String)]) -> Self {
        let mut on_trial = Self::default();
        for (path, text) in files {
            match path.split_once('/') {
                Some(("signatures", name)) => {
                    on_trial.signatures.insert(name.trim_end_matches(".json").to_owned());
                }
                Some(("events", _)) => {
                    let events =
                        serde_json::from_str::<EventFile>(text).map(|f| f.events).unwrap_or_default();
                    let wordings = events
                        .into_iter()
                        .flat_map(|e| e.wordings.into_iter().map(move |w| (e.id.clone(), w.text)));
                    on_trial.wordings.extend(wordings);
                }
                _ => {}
            }
        }
        on_trial
    }
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.signatures.iter().all(Proven::is_ok) && self.noise.is_empty() && self.unused_wordings.is_empty()
    }
}

impl Proven {
    /// Whether nothing is wrong with it.
    pub fn is_ok(&self) -> bool {
        let tests = self.tests.iter().all(|(_, o)| *o == TrialOutcome::Ok);
        let survived = self.status == Status::Stable && self.count(Fate::Survived) > 0;
        tests && !survived && self.unused.is_empty() && self.lacks.is_empty()
    }

    /// How many mutants met that fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.mutants.iter().filter(|(_, m)| m.fate == fate).count()
    }
}

/// Tries all that is on trial.
pub fn prove(rules: &[Compiled], knowledge: &Knowledge, on_trial: &OnTrial) -> Verdict {
    let specimens = Specimens::new(knowledge);
    let judged: Vec<Compiled> =
        rules.iter().filter(|r| on_trial.signatures.contains(r.id())).cloned().collect();
    let mut verdict = Verdict::default();
    for signature in &knowledge.signatures {
        let Some(rule) = rules.iter().find(|r| r.id() == signature.id) else { continue };
        let own = on_trial.signatures.contains(&signature.id);
        if own {
            verdict.signatures.push(proven(signature, rule, knowledge, &specimens));
        }
        // A test of others is not judged: only what makes noise in it.
        let loud = if own { rules } else { &judged };
        for case in &signature.def.tests {
            let found = diagnose_case(case, loud, knowledge);
            verdict
                .noise
                .extend(noise(signature, case, &found, knowledge).filter(|n| own || n.line.is_some()));
        }
    }
    let used = used_wordings(knowledge);
    let on = (0..knowledge.catalogue.wordings()).filter_map(|i| {
        let (event, wording) = knowledge.catalogue.wording(i)?;
        let name = (event.id.clone(), wording.text.clone());
        on_trial.wordings.contains(&name).then(|| (used.contains(&i), name))
    });
    for (used, name) in on {
        verdict.wordings += 1;
        verdict.unused_wordings.extend((!used).then_some(name));
    }
    verdict
}

fn proven(signature: &Signature, rule: &Compiled, knowledge: &Knowledge, specimens: &Specimens) -> Proven {
    let mut seen = BTreeSet::new();
    let mut worse = BTreeSet::new();
    let (mut tests, mut all) = (Vec::new(), Vec::new());
    for case in &signature.def.tests {
        let diagnosis = diagnose_case(case, std::slice::from_ref(rule), knowledge);
        let outcome = outcome(case, &diagnosis);
        if case.expect == Expect::Inconclusive && outcome == TrialOutcome::Ok {
            seen.extend(rule.undecided());
        }
        tests.push((case.name.clone(), outcome));
        if case.expect != Expect::Match {
            continue;
        }
        for finding in &diagnosis.findings {
            seen.insert(finding.branch);
            worse.extend(finding.escalations.iter().map(|e| e.event.clone()));
        }
        all.extend(mutants_of(case, rule, &diagnosis, knowledge, specimens));
    }
    let branches = branches(&signature.def.rule).enumerate().filter(|(i, _)| !seen.contains(i));
    let steps = branches.map(|(_, (place, steps))| {
        (place, steps.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", "))
    });
    let escalations = signature.def.escalate.iter().enumerate().filter(|(_, e)| !worse.contains(&e.event));
    let escalations = escalations.map(|(i, e)| (format!("/escalate/{i}"), e.event.clone()));
    Proven {
        id: signature.id.clone(),
        status: signature.def.status,
        unused: steps.chain(escalations).collect(),
        lacks: lacks(signature),
        mutants: all,
        tests,
    }
}

fn mutants_of(
    case: &TestCase,
    rule: &Compiled,
    diagnosis: &Diagnosis,
    knowledge: &Knowledge,
    specimens: &Specimens,
) -> Vec<(String, Mutant)> {
    let Some(finding) = diagnosis.findings.first() else { return Vec::new() };
    let (events, summary) = events_of(&case.log, knowledge);
    let client = case.client.as_deref().and_then(|v| Version::parse(v).ok());
    let end = (summary.last_stamp(), summary.last_line());
    let positive = Positive { rule, events: &events, finding, end, client: client.as_ref() };
    mutants(&positive, specimens).into_iter().map(|m| (case.name.clone(), m)).collect()
}

/// What `stable` asks for beside its mutants: a real log, and two that are not it.
fn lacks(signature: &Signature) -> Vec<String> {
    let mut lacks = Vec::new();
    let tests = &signature.def.tests;
    let positives = tests.iter().filter(|t| t.expect == Expect::Match);
    if positives.clone().next().is_none() {
        lacks.push("it has no test that expects a match".to_owned());
    }
    if signature.def.status == Status::Stable {
        if !positives.clone().any(|t| !t.synthetic && t.source.is_some()) {
            lacks.push(
                "it is stable without a positive test from a real log (`source`, not `synthetic`)".to_owned(),
            );
        }
        if tests.iter().filter(|t| t.expect != Expect::Match).count() < 2 {
            lacks.push("it is stable without two tests that expect no match".to_owned());
        }
    }
    lacks
}

/// What is found in a test of another signature. No noise are: what is off by default, what is less than a warning,
/// cause and symptom of the same, and what the test itself says is found there, too.
fn noise<'a>(
    signature: &'a Signature,
    case: &'a TestCase,
    found: &'a Diagnosis,
    knowledge: &'a Knowledge,
) -> impl Iterator<Item = Noise> + 'a {
    let place = move || (signature.id.clone(), case.name.clone());
    let own = signature.id.as_str();
    let heard = found.findings.iter().filter(move |f| f.id != own && is_loud(f, knowledge));
    // What the test is about, what it names, and what one of those explains or is explained by, belong together.
    let belongs =
        move |id: &str| related(own, id, knowledge) || case.also.iter().any(|a| related(a, id, knowledge));
    let heard = heard.filter(move |f| !belongs(&f.id));
    let heard =
        heard.map(move |f| Noise { id: f.id.clone(), place: place(), line: Some(f.evidence.first_line()) });
    let promised = case.also.iter().filter(move |id| !found.findings.iter().any(|f| f.id == **id));
    let promised = promised.map(move |id| Noise { id: id.clone(), place: place(), line: None });
    heard.chain(promised)
}

/// Whether a finding, where it does not belong, is worth an alarm.
pub fn is_loud(finding: &Finding, knowledge: &Knowledge) -> bool {
    let status = knowledge.signature(&finding.id).map(|s| s.def.status);
    finding.severity >= Severity::Warning && matches!(status, Some(Status::Stable | Status::Test))
}

/// Whether one of the two explains the other, at any remove, or is the other.
fn related(a: &str, b: &str, knowledge: &Knowledge) -> bool {
    explains(a, b, knowledge) || explains(b, a, knowledge)
}

fn explains(cause: &str, symptom: &str, knowledge: &Knowledge) -> bool {
    let mut seen = BTreeSet::from([cause]);
    let mut next = vec![cause];
    while let Some(id) = next.pop() {
        let more = knowledge.signature(id).map(|s| s.def.explains.as_slice()).unwrap_or_default();
        next.extend(more.iter().map(String::as_str).filter(|m| seen.insert(m)));
    }
    seen.contains(symptom)
}

/// The wordings that win some line of a sample or a test.
fn used_wordings(knowledge: &Knowledge) -> BTreeSet<usize> {
    let mut used = BTreeSet::new();
    let samples = knowledge.catalogue.events().iter().flat_map(|e| &e.wordings).flat_map(|w| &w.samples);
    let tests = knowledge.signatures.iter().flat_map(|s| &s.def.tests).map(|t| t.log.join("\n"));
    for text in samples.cloned().chain(tests) {
        // Text that is at hand cannot fail to be read; an empty one uses nothing.
        let _ = parse::read(Source::from_text("test", &text), &mut |line| {
            let scope = if line.server.is_some() { Scope::Server } else { Scope::Global };
            let message = String::from_utf8_lossy(line.message);
            used.extend(knowledge.catalogue.recognize(scope, line.level, &message).map(|r| r.wording));
        });
    }
    used
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{OnTrial, Verdict, prove};
    use crate::diagnose::{Compiled, Fate, TrialOutcome, Vocabulary, compile};
    use crate::pattern::Knowledge;

    const START: &str = "[DEBUG] MCP server \"s\": Zork begins";
    const END: &str = "[DEBUG] MCP server \"s\": Zork ends";

    fn signature(more: &Value) -> Value {
        let mut json = json!({
            "schema": 1, "title": "t", "rev": 1, "kind": "server-fault", "status": "test", "severity": "warning",
            "applies_to": {}, "created": "2026-01-01", "modified": "2026-01-01", "authors": [], "references": [],
            "falsepositives": [],
            "match": { "key": ["server"], "within": "1m", "within_lines": 9, "steps": [
                { "as": "x", "event": "zork.begin" }, { "as": "y", "event": "zork.end" }] },
            "says": { "summary": "s", "expected": "e", "advice": [] },
            "tests": [{ "name": "both", "expect": "match", "log": [START, END] }]
        });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json
    }

    /// The verdict on a pack of these signatures.
    fn verdict(signatures: &[(&str, Value)]) -> Verdict {
        let event = |id: &str, text: &str, sample: &str| {
            json!({ "id": id, "phase": "session", "class": "lifecycle", "says": "s",
                    "wordings": [{ "text": text, "seen": [], "samples": [sample] }] })
        };
        let events = [event("zork.begin", "Zork begins", START), event("zork.end", "Zork ends", END)];
        let mut files = vec![
            (
                "pack.json".to_owned(),
                json!({ "schema": 1, "id": "p", "version": "1.0.0", "engine": "*",
                                             "license": "MIT", "maintainers": [] }),
            ),
            ("events/zork.json".to_owned(), json!({ "schema": 1, "family": "zork", "events": events })),
        ];
        files.extend(signatures.iter().map(|(id, s)| (format!("signatures/{id}.json"), s.clone())));
        let files: Vec<(String, String)> = files.into_iter().map(|(p, v)| (p, v.to_string())).collect();
        let knowledge = Knowledge::load(&[("p".to_owned(), files.clone())]);
        assert!(knowledge.errors.is_empty(), "{:?}", knowledge.errors);
        let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
        let rules: Vec<Compiled> = knowledge.signatures.iter().map(|s| compile(s, &words).unwrap()).collect();
        prove(&rules, &knowledge, &OnTrial::files(&files))
    }

    #[test]
    fn a_sound_signature_is_ok_and_all_its_mutants_are_killed() {
        let verdict = verdict(&[("zork", signature(&json!({})))]);
        assert!(verdict.is_ok(), "{verdict:?}");
        assert_eq!(verdict.wordings, 2);
        let changes: Vec<&str> =
            verdict.signatures[0].mutants.iter().map(|(_, m)| m.change.as_str()).collect();
        let wanted = [
            "step `x` dropped",
            "step `x` on another server",
            "steps `x` and `y` swapped",
            "step `y` dropped",
            "step `y` on another server",
            "the whole stretched past its window",
        ];
        assert_eq!(changes, wanted);
        assert_eq!(verdict.signatures[0].count(Fate::Killed), 6);
    }

    #[test]
    fn a_second_match_in_the_same_log_is_no_survivor() {
        let twice = json!([{ "name": "twice", "expect": "match", "log": [START, END, START, END] }]);
        let verdict = verdict(&[("zork", signature(&json!({ "tests": twice })))]);
        assert_eq!(verdict.signatures[0].count(Fate::Survived), 0);
        assert!(verdict.signatures[0].count(Fate::Elsewhere) > 0 && verdict.is_ok());
    }

    #[test]
    fn tests_that_do_not_come_out_are_named_for_what_they_are() {
        let tests = json!([
            { "name": "both", "expect": "match", "log": [START, END] },
            { "name": "missing", "expect": "match", "log": [START] },
            { "name": "noisy", "expect": "no-match", "log": [START, END] },
            { "name": "wrong place", "expect": "match", "at": { "y": 2 }, "log": [START, START, END] }]);
        let verdict = verdict(&[("zork", signature(&json!({ "tests": tests })))]);
        let outcomes: Vec<&TrialOutcome> = verdict.signatures[0].tests.iter().map(|(_, o)| o).collect();
        assert!(matches!(
            outcomes[..],
            [
                TrialOutcome::Ok,
                TrialOutcome::Missing(_),
                TrialOutcome::Noisy(_),
                TrialOutcome::WrongPlace(..)
            ]
        ));
        assert!(!verdict.is_ok());
    }

    #[test]
    fn what_no_positive_test_goes_through_is_told() {
        let branches = json!({ "key": ["server"], "or": [
            [{ "as": "x", "event": "zork.begin" }, { "as": "y", "event": "zork.end" }],
            [{ "as": "z", "event": "zork.end" }, { "as": "x", "event": "zork.begin" }]] });
        let worse = json!([{ "event": "connected", "within": "1s", "severity": "high", "says": "w" }]);
        let verdict = verdict(&[("zork", signature(&json!({ "match": branches, "escalate": worse })))]);
        let unused = &verdict.signatures[0].unused;
        assert_eq!(unused[0], ("/match/or/1".to_owned(), "z, x".to_owned()));
        assert_eq!(unused[1], ("/escalate/0".to_owned(), "connected".to_owned()));
    }

    #[test]
    fn a_signature_in_a_test_that_is_not_its_own_is_noise_unless_the_test_says_so_or_one_explains_the_other()
    {
        let heard = |a: &Value, b: &Value| {
            let verdict = verdict(&[("zork", signature(a)), ("zorkish", signature(b))]);
            verdict.noise.into_iter().map(|n| (n.id, n.line)).collect::<Vec<_>>()
        };
        let test = |also: Value| json!({ "tests": [{ "name": "n", "expect": "match", "also": also, "log": [START, END] }] });
        let none = json!({});
        assert_eq!(heard(&none, &none), [("zorkish".to_owned(), Some(1)), ("zork".to_owned(), Some(1))]);
        assert_eq!(heard(&test(json!(["zorkish"])), &test(json!(["zork"]))), []);
        assert_eq!(heard(&json!({ "explains": ["zorkish"] }), &none), []);
        assert_eq!(heard(&none, &json!({ "severity": "low" })), [("zork".to_owned(), Some(1))]);
        assert_eq!(heard(&none, &json!({ "status": "sandbox" })), [("zork".to_owned(), Some(1))]);
        let absent = test(json!(["zorkish", "spawn-enoent"]));
        let found = heard(&absent, &test(json!(["zork"])));
        assert_eq!(found, [("spawn-enoent".to_owned(), None)], "a promise that is not kept is told");
    }

    #[test]
    fn stable_asks_for_a_real_log_and_two_that_are_not_it() {
        let verdict = verdict(&[("zork", signature(&json!({ "status": "stable" })))]);
        assert_eq!(verdict.signatures[0].lacks.len(), 2);
    }
}
