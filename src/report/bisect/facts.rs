//! The first lines of a bisection: what it was judged by, what was heard, what to do next, and what is doubtful.

use std::fmt::Write as _;

use semver::Version;

use super::{Bisected, JudgedBy, spaced};
use crate::bisect::{Basis, Boundary, BoundaryKind, Ending, Row, Table};
use crate::diagnose::Compiled;
use crate::report::block::{Fact, Span, Tone};
use crate::report::finding;
use crate::report::words::{count, file_name};

pub(super) fn facts(b: &Bisected<'_>) -> Vec<Fact> {
    let mut facts = vec![Fact { name: "judged by".to_owned(), value: judged_by(b) }];
    let servers = &b.bisection.servers;
    if !servers.is_empty() {
        let named = servers.iter().map(|s| Span::toned(s.clone(), Tone::Strong));
        facts.push(fact("on", spaced(named)));
    }
    facts.push(fact("heard", vec![Span::plain(heard(b))]));
    facts.extend(next(b).map(|text| fact("what to do", vec![Span::toned(text, Tone::Strong)])));
    facts
}

pub(super) fn fact(name: &str, value: Vec<Span>) -> Fact {
    Fact { name: name.to_owned(), value }
}

fn judged_by(b: &Bisected<'_>) -> Vec<Span> {
    let named = |rule: &Compiled| {
        let mut spans = vec![Span::toned(rule.id().to_owned(), Tone::Strong)];
        let report = rule.def().references.iter().find(|r| r.role == "report" && r.target.contains('#'));
        let parts = [report.map(|r| r.target.clone()), finding::range(rule.id(), b.knowledge)];
        spans.extend(parts.into_iter().flatten().map(|part| Span::plain(format!(" · {part}"))));
        spans
    };
    match &b.judged_by {
        JudgedBy::Asked(rule) => named(rule),
        JudgedBy::Best(rule, others) => {
            let mut spans = named(rule);
            let among = match others.len() {
                0 => " · the only known failure in these logs".to_owned(),
                n => format!(
                    " · of {} in these logs it splits them best",
                    count(n as u64 + 1, "known failure", "known failures")
                ),
            };
            spans.push(Span::plain(among));
            spans
        }
        JudgedBy::Against(log) => vec![
            Span::plain("behaviour alone, against "),
            Span::toned(file_name(&log.input.path), Tone::Code),
        ],
        JudgedBy::Command(by) => vec![Span::plain(*by)],
        JudgedBy::Nothing => vec![Span::plain("nothing: no known failure is in any of these logs")],
    }
}

fn heard(b: &Bisected<'_>) -> String {
    let logs = count(b.bisection.heard.len() as u64, "log", "logs");
    let with_log = b.bisection.table.rows.iter().filter(|r| !r.evidence.inputs.is_empty()).count();
    let mut text = format!("{logs} of {}", count(with_log as u64, "version", "versions"));
    if !b.bisection.left_out.is_empty() {
        let _ = write!(text, ", {} left out", b.bisection.left_out.len());
    }
    let published = &b.knowledge.published;
    if !published.as_of().is_empty() {
        let _ = write!(text, " · versions as published on {}", published.as_of());
    }
    text
}

/// What would make the answer better.
fn next(b: &Bisected<'_>) -> Option<String> {
    let table = &b.bisection.table;
    match table.ending {
        Ending::Found => None,
        Ending::Range | Ending::NotMonotone => {
            let ranges = table.boundaries.iter().filter(|x| x.basis == Basis::Range);
            let asked: Vec<String> = ranges.map(middle).map(|v| v.to_string()).collect();
            let last = table.boundaries.iter().all(|x| x.candidates.len() <= 2);
            let use_of_it = if last { "that decides it" } else { "that halves what is open" };
            (!asked.is_empty()).then(|| format!("Get a log of {}: {use_of_it}", asked.join(" and of ")))
        }
        Ending::Flaky => {
            table.boundaries.iter().find_map(|x| more_runs(x, b.confidence, table.row(good_side(x))?))
        }
        Ending::NoBoundary if matches!(b.judged_by, JudgedBy::Nothing) => {
            Some("Judge by behaviour alone: `--against GOOD.log`".to_owned())
        }
        Ending::NoBoundary if b.driven => Some(other_ends(table).to_owned()),
        Ending::NoBoundary => Some("Add a log of an older version and one of a newer one".to_owned()),
    }
}

/// Which ends of a search would differ.
fn other_ends(table: &Table) -> &'static str {
    let has = |defect: bool| table.rows.iter().any(|row| row.evidence.verdict.has_defect() == Some(defect));
    match (has(true), has(false)) {
        (true, false) => "Choose an older version as the good end",
        (false, true) => "Choose a newer version as the bad end",
        _ => "Choose other ends: an older good one, or a newer bad one",
    }
}

/// The untried candidate in the middle.
fn middle(b: &Boundary) -> Version {
    let untried = b.candidates.len().saturating_sub(1);
    b.candidates.get(untried / 2).unwrap_or(&b.after).clone()
}

fn good_side(b: &Boundary) -> &Version {
    if b.kind == BoundaryKind::Regression { &b.before } else { &b.after }
}

/// How many more good runs make a flaky boundary sure.
fn more_runs(b: &Boundary, asked: f64, row: &Row) -> Option<String> {
    let sure = b.confidence.filter(|c| *c < asked)?;
    let good = f64::from(row.evidence.runs.good.max(1));
    // (1 - sure) is the chance of this many good runs of a bad version: its root is the chance of one.
    let one = (1.0 - sure).powf(1.0 / good);
    let needed = ((1.0 - asked).ln() / one.ln()).ceil().max(good + 1.0);
    let more = count((needed - good) as u64, "more good log", "more good logs");
    Some(format!(
        "Get {more} of {}: it is {:.0} % sure so far, and {:.0} % are asked for",
        row.version,
        sure * 100.0,
        asked * 100.0
    ))
}

/// What a reader must know before he believes the answer.
pub(super) fn cautions(table: &Table) -> Vec<String> {
    let mut all = Vec::new();
    for x in table.boundaries.iter().filter(|x| x.basis == Basis::Range) {
        let open: Vec<&Version> = x.candidates.iter().filter(|c| **c != x.after).collect();
        let n = count(open.len() as u64, "version", "versions");
        all.push(format!(
            "{n} between {} and {} {} not decided",
            x.before,
            x.after,
            if open.len() == 1 { "is" } else { "are" }
        ));
    }
    if table.ending == Ending::NotMonotone {
        all.push(
            "good and bad alternate: the logs may differ in more than the version, or the defect came back"
                .to_owned(),
        );
    }
    all
}
