//! The two logs at the boundary: what differs between them, and the known failure that the bad one has.

use super::{Bisected, JudgedBy};
use crate::align::{self, ServerDiff, Verdict};
use crate::bisect::{BoundaryKind, Heard, Log, Word, side};
use crate::diagnose::{Applicability, Finding};
use crate::report::block::{Block, Span, Tone};
use crate::report::words::{file_name, labels, verdict_tone};
use crate::report::{finding, show};

/// The good and the bad log at the first regression, or where there is none at the first fix.
fn witnesses<'b>(b: &Bisected<'b>) -> Option<(&'b Heard, &'b Heard)> {
    let boundaries = &b.bisection.table.boundaries;
    let first =
        boundaries.iter().find(|x| x.kind == BoundaryKind::Regression).or_else(|| boundaries.first())?;
    let (good, bad) = match first.kind {
        BoundaryKind::Regression => (&first.before, &first.after),
        BoundaryKind::Fix => (&first.after, &first.before),
    };
    Some((b.bisection.witness(good, Word::Good)?, b.bisection.witness(bad, Word::Bad)?))
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
        blocks.push(Block::Heading(1, heading(server)));
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
    let (was, is) = place(good, there).zip(place(bad, &server.name)).filter(|(was, is)| was != is)?;
    let text = format!(
        "it is at another address in the bad log ({was} → {is}): that may be the cause, not the version"
    );
    Some(Block::Text(vec![Span::toned(text, Tone::Warn)]))
}

fn heading(server: &ServerDiff) -> Vec<Span> {
    vec![
        Span::toned(server.name.clone(), Tone::Strong),
        Span::plain(" "),
        Span::toned(server.verdict.as_str(), verdict_tone(server.verdict)),
        Span::plain(" at the boundary"),
    ]
}

/// The known failure, as the first bad log has it.
pub(super) fn signature(b: &Bisected<'_>) -> Option<Block> {
    let (JudgedBy::Asked(rule) | JudgedBy::Best(rule, _)) = b.judged_by else { return None };
    let (_, bad) = witnesses(b)?;
    let log = b.logs.get(bad.log)?;
    let server = bad.testimony.server.as_deref();
    let found = log.diagnosis.findings.iter().find(|f| f.id == rule.id() && f.server.as_deref() == server)?;
    let applicability = rule.applicability(Some(&bad.version)).unwrap_or(Applicability::PossibleRecurrence);
    let found = Finding { applicability, ..found.clone() };
    Some(finding::block(&found, &[], &file_name(&log.input.path), b.knowledge))
}
