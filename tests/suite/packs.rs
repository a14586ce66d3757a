//! The built-in pack: every file is sound, every sample is understood, every signature keeps its word.

use std::fs;

use lastgood::diagnose::{Compiled, TrialOutcome, Vocabulary, compile, diagnose_case, trial};
use lastgood::parse;
use lastgood::pattern::{Expect, Knowledge, Scope, Severity, Signature, Status};
use lastgood::source::Source;

use crate::program::{json_in, project};

fn rules(knowledge: &Knowledge) -> Vec<(&Signature, Compiled)> {
    let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
    let one = |s: &Signature| compile(s, &words).unwrap_or_else(|p| panic!("{}: {p:?}", s.id));
    knowledge.signatures.iter().map(|s| (s, one(s))).collect()
}

#[test]
fn every_file_of_the_pack_loads_and_compiles() {
    let knowledge = Knowledge::builtin();
    assert!(knowledge.errors.is_empty(), "{:#?}", knowledge.errors);
    assert!(rules(&knowledge).len() >= 7);
}

#[test]
fn every_sample_is_won_by_its_own_wording_and_by_no_other() {
    let knowledge = Knowledge::builtin();
    let mut wrong = Vec::new();
    for index in 0..knowledge.catalogue.wordings() {
        let (event, wording) = knowledge.catalogue.wording(index).unwrap();
        assert!(!wording.samples.is_empty(), "{}: `{}` has no sample", event.id, wording.text);
        for sample in &wording.samples {
            let mut lines = 0;
            let _ = parse::read(Source::from_text("sample", sample), &mut |line| {
                lines += 1;
                let scope = if line.server.is_some() { Scope::Server } else { Scope::Global };
                let message = String::from_utf8_lossy(line.message);
                let all = knowledge.catalogue.all_matches(scope, line.level, &message);
                let tie =
                    all.len() > 1 && knowledge.catalogue.weight(all[0]) == knowledge.catalogue.weight(all[1]);
                if all.first() != Some(&index) || tie {
                    wrong.push(format!("{}: `{}` does not win {sample}", event.id, wording.text));
                }
            });
            assert_eq!(lines, 1, "{sample} is not one record");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_test_inside_a_signature_comes_out_as_it_says() {
    let knowledge = Knowledge::builtin();
    let mut wrong = Vec::new();
    for (signature, rule) in rules(&knowledge) {
        for case in &signature.def.tests {
            let outcome = trial(case, &rule, &knowledge);
            if outcome != TrialOutcome::Ok {
                wrong.push(format!("{}: {}: {outcome:?}", signature.id, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_stable_signature_stands_on_a_real_log_and_on_two_that_are_not_it() {
    let knowledge = Knowledge::builtin();
    for s in knowledge.signatures.iter().filter(|s| s.def.status == Status::Stable) {
        let real =
            s.def.tests.iter().filter(|t| t.expect == Expect::Match && !t.synthetic && t.source.is_some());
        let others = s.def.tests.iter().filter(|t| t.expect != Expect::Match);
        assert!(real.count() >= 1, "{} is stable without a real log", s.id);
        assert!(others.count() >= 2, "{} is stable without two negatives", s.id);
    }
}

#[test]
fn the_two_opposites_are_never_confused() {
    let knowledge = Knowledge::builtin();
    let all = rules(&knowledge);
    let of = |id: &str| all.iter().find(|(s, _)| s.id == id).unwrap();
    for (a, b) in [
        ("get-404-session-expiry-loop", "post-404-session-not-reinitialized"),
        ("post-404-session-not-reinitialized", "get-404-session-expiry-loop"),
    ] {
        let (_, rule) = of(b);
        for case in of(a).0.def.tests.iter().filter(|t| t.expect == Expect::Match) {
            let diagnosis = diagnose_case(case, std::slice::from_ref(rule), &knowledge);
            assert!(diagnosis.findings.is_empty(), "{b} is found in a test of {a}: {}", case.name);
        }
    }
}

#[test]
fn no_good_log_of_the_samples_is_accused() {
    let quiet = [Severity::Info, Severity::Low].map(|s| serde_json::to_value(s).unwrap());
    for case in
        fs::read_dir(project().join("samples")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir())
    {
        // One good log holds servers that fail in both.
        if case.ends_with("get-404-among-others") {
            continue;
        }
        let diagnosis = json_in(&case, &["diagnose", "good.log"]);
        for finding in diagnosis["findings"].as_array().unwrap() {
            assert!(quiet.contains(&finding["severity"]), "{}: {}", case.display(), finding["id"]);
        }
    }
}
