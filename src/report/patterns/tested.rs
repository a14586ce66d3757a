//! `patterns test`: what is wrong first, then the count of what is not.

use serde_json::{Value, json};

use super::super::block::{Block, Fact, Report, Span, Tone};
use super::super::words::count;
use super::{bullets, code, document, heading, strong, word};
use crate::diagnose::{Fate, Finding, Proven, TrialOutcome, Verdict};
use crate::pattern::{Expect, Knowledge, Status};

/// What came of a trial of packs.
#[derive(Debug, Clone, Copy)]
pub struct Tested<'a> {
    /// What came of the tests.
    pub verdict: &'a Verdict,
    /// Files that cannot be tried at all, and why.
    pub unusable: &'a [String],
    /// Logs in which nothing may be found, with what is.
    pub good: &'a [(String, Vec<Finding>)],
    /// What is known.
    pub knowledge: &'a Knowledge,
}

impl Tested<'_> {
    /// Whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.verdict.is_ok()
            && self.unusable.is_empty()
            && self.good.iter().all(|(_, found)| found.is_empty())
    }
}

/// The report of a trial.
pub fn tested(t: &Tested<'_>) -> Report {
    let mut blocks = vec![Block::Facts(facts(t))];
    let groups = [
        ("wrong in the files", t.unusable.iter().map(|u| vec![Span::plain(u)]).collect()),
        ("tests", tests(t.verdict)),
        ("mutants that survived", mutants(t.verdict, Fate::Survived, true)),
        ("noise", noise(t)),
        ("not covered", unused(t.verdict)),
        ("asked for by its status", lacks(t.verdict)),
    ];
    for (name, items) in groups {
        if !items.is_empty() {
            blocks.extend([heading(name), bullets(items)]);
        }
    }
    let notes =
        [mutants(t.verdict, Fate::Survived, false), mutants(t.verdict, Fate::NotMade, false)].concat();
    if !notes.is_empty() {
        let summary = format!("{} to look at", count(notes.len() as u64, "mutant", "mutants"));
        blocks.push(Block::Details { summary, blocks: vec![bullets(notes)] });
    }
    Report::new(title(t), blocks, doc(t))
}

fn title(t: &Tested<'_>) -> String {
    let signatures = count(t.verdict.signatures.len() as u64, "signature", "signatures");
    if t.is_ok() {
        return format!("ok: {signatures}, nothing is wrong");
    }
    let bad = t.verdict.signatures.iter().filter(|s| !s.is_ok()).count();
    if bad == 0 { "wrong: see below".to_owned() } else { format!("wrong: {bad} of {signatures}, see below") }
}

fn facts(t: &Tested<'_>) -> Vec<Fact> {
    let all = &t.verdict.signatures;
    let fact = |name: &str, value: String| Fact { name: name.to_owned(), value: vec![Span::plain(value)] };
    let ok = all.iter().flat_map(|s| &s.tests).filter(|(_, o)| *o == TrialOutcome::Ok).count();
    let tests = all.iter().map(|s| s.tests.len()).sum::<usize>();
    let made = |fate: Fate| all.iter().map(|s| s.count(fate)).sum::<usize>();
    let by = |status: Status| {
        let n = all.iter().filter(|s| s.status == status).count();
        (n > 0).then(|| format!("{n} {}", word(status)))
    };
    let statuses = [Status::Stable, Status::Test, Status::Sandbox, Status::Deprecated];
    let wordings = t.verdict.wordings - t.verdict.unused_wordings.len();
    let mut facts = vec![
        fact("signatures", statuses.into_iter().filter_map(by).collect::<Vec<_>>().join(", ")),
        fact("on real lines", format!("{} of {}", real(t), all.len())),
        fact("tests", format!("{ok} ok of {tests}")),
        fact(
            "mutants",
            format!(
                "{} killed, {} match elsewhere, {} survived, {} not made",
                made(Fate::Killed),
                made(Fate::Elsewhere),
                made(Fate::Survived),
                made(Fate::NotMade)
            ),
        ),
        fact("wordings", format!("{wordings} used of {}", t.verdict.wordings)),
    ];
    if !t.good.is_empty() {
        let quiet = t.good.iter().filter(|(_, found)| found.is_empty()).count();
        facts.push(fact("good logs", format!("{quiet} quiet of {}", t.good.len())));
    }
    facts
}

/// How many signatures have a positive test from a real log.
fn real(t: &Tested<'_>) -> usize {
    let stands = |s: &&Proven| {
        let tests = t.knowledge.signature(&s.id).map(|k| k.def.tests.as_slice()).unwrap_or_default();
        tests.iter().any(|c| c.expect == Expect::Match && !c.synthetic && c.source.is_some())
    };
    t.verdict.signatures.iter().filter(stands).count()
}

/// The name of an outcome, and what is to be said of it.
fn outcome(o: &TrialOutcome) -> (&'static str, String) {
    match o {
        TrialOutcome::Ok => ("ok", String::new()),
        TrialOutcome::Missing(got) => {
            ("missing", format!("it should match, and the answer is {}", word(got)))
        }
        TrialOutcome::Noisy(got) => ("noisy", format!("the answer is {}", word(got))),
        TrialOutcome::WrongPlace(step, wanted, got) => {
            let got = got.map_or("is not among the evidence".to_owned(), |l| format!("is line {l}"));
            ("wrong place", format!("step {step} should be line {wanted} and {got}"))
        }
        TrialOutcome::WrongVersion(got) => ("wrong version", format!("the applicability is {got}")),
    }
}

fn tests(verdict: &Verdict) -> Vec<Vec<Span>> {
    let of = |s: &Proven| {
        let wrong = s.tests.iter().filter(|(_, o)| *o != TrialOutcome::Ok);
        wrong
            .map(|(name, o)| {
                let (kind, why) = outcome(o);
                vec![
                    Span::toned(kind, Tone::Bad),
                    Span::plain(": "),
                    strong(&s.id),
                    Span::plain(format!(" \"{name}\": {why}")),
                ]
            })
            .collect::<Vec<_>>()
    };
    verdict.signatures.iter().flat_map(of).collect()
}

fn mutants(verdict: &Verdict, fate: Fate, of_stable: bool) -> Vec<Vec<Span>> {
    let judged = verdict
        .signatures
        .iter()
        .filter(|s| (s.status == Status::Stable && fate == Fate::Survived) == of_stable);
    let of = |s: &Proven| {
        let mutants = s.mutants.iter().filter(|(_, m)| m.fate == fate);
        let why = if fate == Fate::NotMade {
            ": no sample of that event would count"
        } else {
            ": it still matches"
        };
        mutants
            .map(|(test, m)| vec![strong(&s.id), Span::plain(format!(" \"{test}\": {}{why}", m.change))])
            .collect::<Vec<_>>()
    };
    judged.flat_map(of).collect()
}

/// One item for each test that something else is found in.
fn noise(t: &Tested<'_>) -> Vec<Vec<Span>> {
    let heard = t.verdict.noise.iter().filter(|n| n.line.is_some());
    let mut tests: Vec<(&(String, String), Vec<String>)> = Vec::new();
    for n in heard {
        let found = format!("{} (line {})", n.id, n.line.unwrap_or_default());
        match tests.last_mut().filter(|(place, _)| **place == n.place) {
            Some((_, all)) => all.push(found),
            None => tests.push((&n.place, vec![found])),
        }
    }
    let in_tests = tests.into_iter().map(|((signature, test), found)| {
        let what = format!(" \"{test}\": {}; ", found.join(", "));
        let own = t.verdict.signatures.iter().any(|s| s.id == *signature);
        let (hint, word) = if own {
            ("what is right there belongs in the test's ", "also")
        } else {
            ("make that narrower, or say how the two belong together in its ", "explains")
        };
        vec![strong(signature), Span::plain(format!("{what}{hint}")), code(word)]
    });
    let promised = t.verdict.noise.iter().filter(|n| n.line.is_none()).map(|n| {
        let (signature, test) = &n.place;
        let what = format!(" \"{test}\": {} is named in ", n.id);
        vec![strong(signature), Span::plain(what), code("also"), Span::plain(" and is not found there")]
    });
    let in_logs = t.good.iter().flat_map(|(path, found)| {
        found.iter().map(move |f| {
            let line = f.evidence.first_line();
            vec![
                strong(&f.id),
                Span::plain(" is found in the good log "),
                code(path),
                Span::plain(format!(" at line {line}")),
            ]
        })
    });
    in_tests.chain(promised).chain(in_logs).collect()
}

fn unused(verdict: &Verdict) -> Vec<Vec<Span>> {
    let steps = verdict.signatures.iter().flat_map(|s| {
        s.unused.iter().map(|(place, names)| {
            vec![strong(&s.id), Span::plain(format!(": no positive test goes through {names} ({place})"))]
        })
    });
    let wordings = verdict.unused_wordings.iter().map(|(event, text)| {
        vec![strong(event), Span::plain(": no sample and no test uses the wording "), code(text)]
    });
    steps.chain(wordings).collect()
}

fn lacks(verdict: &Verdict) -> Vec<Vec<Span>> {
    let of = |s: &Proven| {
        s.lacks.iter().map(|l| vec![strong(&s.id), Span::plain(format!(": {l}"))]).collect::<Vec<_>>()
    };
    verdict.signatures.iter().flat_map(of).collect()
}

fn doc(t: &Tested<'_>) -> Value {
    let fate = |f: Fate| match f {
        Fate::Killed => "killed",
        Fate::Elsewhere => "elsewhere",
        Fate::Survived => "survived",
        Fate::NotMade => "not-made",
    };
    let signature = |s: &Proven| {
        let tests = s.tests.iter().map(|(name, o)| {
            let (kind, why) = outcome(o);
            json!({ "name": name, "outcome": kind, "why": why })
        });
        let mutants = s
            .mutants
            .iter()
            .map(|(test, m)| json!({ "test": test, "change": m.change, "fate": fate(m.fate) }));
        let unused = s.unused.iter().map(|(place, names)| json!({ "place": place, "steps": names }));
        json!({
            "id": s.id, "status": s.status, "ok": s.is_ok(), "tests": tests.collect::<Vec<_>>(),
            "mutants": mutants.collect::<Vec<_>>(), "not_covered": unused.collect::<Vec<_>>(), "lacks": s.lacks,
        })
    };
    let noise = t
        .verdict
        .noise
        .iter()
        .map(|n| json!({ "id": n.id, "signature": n.place.0, "test": n.place.1, "line": n.line }));
    let good = t.good.iter().map(|(path, found)| {
        let found = found.iter().map(|f| json!({ "id": f.id, "line": f.evidence.first_line() }));
        json!({ "path": path, "findings": found.collect::<Vec<_>>() })
    });
    let unused =
        t.verdict.unused_wordings.iter().map(|(event, text)| json!({ "event": event, "text": text }));
    let whole = json!({
        "packs": t.knowledge.packs, "ok": t.is_ok(), "on_real_lines": real(t), "unusable": t.unusable,
        "signatures": t.verdict.signatures.iter().map(signature).collect::<Vec<_>>(),
        "noise": noise.collect::<Vec<_>>(), "good_logs": good.collect::<Vec<_>>(),
        "wordings": t.verdict.wordings, "unused_wordings": unused.collect::<Vec<_>>(),
    });
    document("patterns-test", whole)
}
