//! Tries a signature on the tests that stand inside its file, and whole packs on all that they hold.
//!
//! Comes in: a test's lines, the knowledge and compiled signatures. Goes out: one of four outcomes, named as ast-grep
//! names them, and for packs a [`Verdict`]: mutants, noise between signatures, what nothing covers. The lines run
//! through the same rooms as a log does, so a test proves the wordings, too.

mod mutant;
mod prove;
mod specimen;

use std::collections::BTreeMap;

use semver::Version;

pub use mutant::{Fate, Mutant};
pub use prove::{Noise, OnTrial, Proven, Verdict, is_loud, prove};

use super::answer::Diagnosis;
use super::compile::Compiled;
use super::engine::End;
use super::sessions::Engine;
use crate::classify::{Classifier, Event, Understood};
use crate::parse;
use crate::pattern::{Expect, Knowledge, TestCase};
use crate::source::Source;
use crate::timeline::Summary;

/// How a test came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialOutcome {
    /// As expected.
    Ok,
    /// It should match, and does not.
    Missing(Expect),
    /// It should not match (or should not be in doubt), and does.
    Noisy(Expect),
    /// It matches at other lines: step, expected line, found line.
    WrongPlace(String, u64, Option<u64>),
    /// It matches with another applicability than expected.
    WrongVersion(String),
}

/// The events of a test's lines.
pub fn events_of(log: &[String], knowledge: &Knowledge) -> (Vec<Event>, Summary) {
    let mut classifier = Classifier::new(knowledge);
    let mut summary = Summary::new(knowledge);
    let mut events = Vec::new();
    // Text that is at hand cannot fail to be read; an empty test has no events.
    let _ = parse::read(Source::from_text("test", &log.join("\n")), &mut |line| {
        let understood = classifier.line(line);
        summary.see(line, &understood);
        if let Understood::Event(event) = understood {
            events.push(event.clone());
        }
    });
    (events, summary)
}

/// Runs `rules` over a test's lines.
pub fn diagnose_case(case: &TestCase, rules: &[Compiled], knowledge: &Knowledge) -> Diagnosis {
    let (events, summary) = events_of(&case.log, knowledge);
    let client = case.client.as_deref().and_then(|v| Version::parse(v).ok());
    let mut engine = Engine::new(rules);
    for event in &events {
        engine.see(event);
    }
    engine.finish(End { stamp: summary.last_stamp(), line: summary.last_line(), client: client.as_ref() })
}

/// Tries one test of the signature `rule`.
pub fn trial(case: &TestCase, rule: &Compiled, knowledge: &Knowledge) -> TrialOutcome {
    outcome(case, &diagnose_case(case, std::slice::from_ref(rule), knowledge))
}

/// How a test came out by the diagnosis of its one signature.
fn outcome(case: &TestCase, diagnosis: &Diagnosis) -> TrialOutcome {
    let answer = diagnosis.overall(0);
    if answer != case.expect {
        return if case.expect == Expect::Match {
            TrialOutcome::Missing(answer)
        } else {
            TrialOutcome::Noisy(answer)
        };
    }
    let Some(finding) = diagnosis.findings.first() else { return TrialOutcome::Ok };
    let lines: BTreeMap<&str, u64> =
        finding.evidence.lines().iter().map(|e| (e.step.as_str(), e.line)).collect();
    let wrong = case.at.iter().find(|(step, line)| lines.get(step.as_str()) != Some(line));
    if let Some((step, line)) = wrong {
        return TrialOutcome::WrongPlace(step.clone(), *line, lines.get(step.as_str()).copied());
    }
    match &case.applicability {
        Some(wanted) if *wanted != finding.applicability.as_str() => {
            TrialOutcome::WrongVersion(finding.applicability.as_str().to_owned())
        }
        _ => TrialOutcome::Ok,
    }
}
