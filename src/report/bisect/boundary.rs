//! The two logs at the boundary: what differs between them, and the known failure that the bad one has.

use super::{Bisected, JudgedBy};
use crate::align::{self, ServerDiff, Verdict, is_elsewhere};
use crate::bisect::{Boundary, BoundaryKind, Heard, Log, Word, side};
use crate::diagnose::{Applicability, Compiled, Finding};
use crate::pattern::Kind;
use crate::report::block::{Block, Span, Tone};
use crate::report::words::{file_name, labels, verdict_tone};
use crate::report::{finding, show};

/// The good and the bad log at the first regression, or where there is none at the first fix.
fn witnesses<'b>(b: &Bisected<'b>) -> Option<(&'b Heard, &'b Heard)> {
    let first = first(b)?;
    let (good, bad) = match first.kind {
        BoundaryKind::Regression => (&first.before, &first.after),
        BoundaryKind::Fix => (&first.after, &first.before),
    };
    Some((b.bisection.witness(good, Word::Good)?, b.bisection.witness(bad, Word::Bad)?))
}

/// The first regression, or where there is none the first fix.
fn first<'b>(b: &Bisected<'b>) -> Option<&'b Boundary> {
    let boundaries = &b.bisection.table.boundaries;
    boundaries.iter().find(|x| x.kind == BoundaryKind::Regression).or_else(|| boundaries.first())
}

/// Their lives side by side, for the server that the bad log is about.
pub(super) fn difference(b: &Bisected<'_>) -> Vec<Block> {
    let Some((good, bad)) = witnesses(b) else { return Vec::new() };
    let Some((good_log, bad_log)) = b.logs.get(good.log).zip(b.logs.get(bad.log)) else { return Vec::new() };
    let diff = align::diff(side(good_log), side(bad_log));
    let wanted = |s: &&ServerDiff| match &bad.testimony.server {
        Some(name) => s.name == *name,
        None => s.verdict != Verdict::Same,
    };
    let names = labels(&[&good_log.input.path, &bad_log.input.path]);
    let head = |word: &str, heard: &Heard, at: usize| {
        format!("{word} {} · {}", heard.version, names.get(at).map_or("", String::as_str))
    };
    let heads = (head("good", good, 0), head("bad", bad, 1));
    let starts = (good_log.start, bad_log.start);
    let mut blocks = Vec::new();
    for server in diff.servers.iter().filter(wanted) {
        blocks
            .push(Block::Heading(1, heading(server, first(b).is_some_and(|x| x.kind == BoundaryKind::Fix))));
        blocks.extend(elsewhere(server, good_log, bad_log));
        blocks.push(Block::Lives(show::aligned(server, (&heads.0, &heads.1), starts, false)));
    }
    let nothing_parts =
        !blocks.is_empty() && diff.servers.iter().filter(wanted).all(|s| !s.aligned.differs());
    if nothing_parts {
        let text = "no event differs between these two logs: the answer is doubtful";
        blocks.push(Block::Text(vec![Span::toned(text, Tone::Warn)]));
    }
    blocks
}

/// The version is not all that differs between the two logs.
fn elsewhere(server: &ServerDiff, good: &Log, bad: &Log) -> Option<Block> {
    let place = |log: &Log, name: &str| log.input.servers.iter().find(|s| s.name == name)?.place.clone();
    let there = server.good_name.as_deref().unwrap_or(&server.name);
    let (was, is) =
        place(good, there).zip(place(bad, &server.name)).filter(|(was, is)| is_elsewhere(was, is))?;
    let text = format!(
        "it is at another address in the bad log ({was} → {is}): that may be the cause, not the version"
    );
    Some(Block::Text(vec![Span::toned(text, Tone::Warn)]))
}

/// What became of a server as the versions go on: at a fix the good log is the later one.
fn heading(server: &ServerDiff, fix: bool) -> Vec<Span> {
    let verdict = match (fix, server.verdict) {
        (true, Verdict::Regressed) => Verdict::Improved,
        (true, Verdict::Improved) => Verdict::Regressed,
        (_, verdict) => verdict,
    };
    vec![
        Span::toned(server.name.clone(), Tone::Strong),
        Span::plain(" "),
        Span::toned(verdict.as_str(), verdict_tone(verdict)),
        Span::plain(" at the boundary"),
    ]
}

/// The known failure, as the first bad log has it. Where none was judged by, those that the good log has not: they say
/// what it is that behaves otherwise.
pub(super) fn signatures(b: &Bisected<'_>) -> Vec<Block> {
    let Some((good, bad)) = witnesses(b) else { return Vec::new() };
    let Some((good_log, log)) = b.logs.get(good.log).zip(b.logs.get(bad.log)) else { return Vec::new() };
    let server = bad.testimony.server.as_deref();
    let of_server = |f: &Finding| f.server.as_deref() == server;
    let is_new = |f: &Finding| !good_log.diagnosis.findings.iter().any(|g| g.id == f.id);
    let wanted = |f: &&Finding| match &b.judged_by {
        JudgedBy::Asked(rule) | JudgedBy::Best(rule, _) => f.id == rule.id() && of_server(f),
        JudgedBy::Against(_) | JudgedBy::Command(_) | JudgedBy::Nothing => {
            (server.is_none() || of_server(f)) && is_new(f) && f.kind != Kind::Benign
        }
    };
    let found: Vec<(&Finding, &Compiled)> =
        log.diagnosis.findings.iter().filter(wanted).filter_map(|f| Some((f, rule(b, &f.id)?))).collect();
    let explained = |id: &str| found.iter().any(|(_, rule)| rule.def().explains.iter().any(|e| e == id));
    let roots = found.iter().filter(|(f, _)| !explained(&f.id));
    roots.filter_map(|(f, rule)| told(b, f, rule, bad, &file_name(&log.input.path))).collect()
}

fn rule<'b>(b: &Bisected<'b>, id: &str) -> Option<&'b Compiled> {
    b.rules.iter().find(|rule| rule.id() == id)
}

/// A finding, as it applies to the version that wrote the log. A signature that was judged by is told in any case; one
/// that does not speak for the version is not brought up.
fn told(b: &Bisected<'_>, found: &Finding, rule: &Compiled, bad: &Heard, file: &str) -> Option<Block> {
    let judged_by = matches!(b.judged_by, JudgedBy::Asked(_) | JudgedBy::Best(..));
    let otherwise = judged_by.then_some(Applicability::PossibleRecurrence);
    let applicability = rule.applicability(Some(&bad.version)).or(otherwise)?;
    Some(finding::block(&Finding { applicability, ..found.clone() }, &[], file, b.knowledge))
}
