//! What `bisect` says: the sentence, the table of versions, the two logs at the boundary side by side, the signature.

mod boundary;
mod document;
mod facts;
mod left_out;
mod standing;
mod versions;

pub use standing::{Standing, ledger, standing};

use crate::bisect::{Bisection, Boundary, BoundaryKind, Ending, KnownBy, Log, Table};
use crate::diagnose::Compiled;
use crate::pattern::Knowledge;

use super::block::{Block, Report, Span, Tone};
use super::words::count;

/// How many candidates or logs are named before they are given as a range or a number.
const MAX_NAMED: usize = 4;

/// What the logs were judged by, and why by that.
#[derive(Debug, Clone)]
pub enum JudgedBy<'a> {
    /// A signature that was asked for.
    Asked(&'a Compiled),
    /// The signature that splits the logs best, of these others that were found, too.
    Best(&'a Compiled, &'a [String]),
    /// Behaviour alone, against this log.
    Against(&'a Log),
    /// A command, in these words.
    Command(&'a str),
    /// Nothing: no signature is in any log.
    Nothing,
}

/// A bisection of logs.
#[derive(Debug, Clone)]
pub struct Bisected<'a> {
    /// The result.
    pub bisection: &'a Bisection,
    /// The logs.
    pub logs: &'a [Log],
    /// What they were judged by.
    pub judged_by: JudgedBy<'a>,
    /// Whether versions were run for it; else somebody brought the logs.
    pub driven: bool,
    /// How sure a boundary at a flaky version had to be, 0 to 1.
    pub confidence: f64,
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// The signatures that can be told.
    pub rules: &'a [Compiled],
    /// Paths that could not be read, and why.
    pub errors: &'a [(String, String)],
}

/// The report of a bisection.
pub fn bisect(b: &Bisected<'_>) -> Report {
    let mut blocks = vec![Block::Facts(facts::facts(b))];
    blocks.extend(
        facts::cautions(&b.bisection.table)
            .into_iter()
            .map(|text| Block::Text(vec![Span::toned(text, Tone::Warn)])),
    );
    if !b.bisection.table.rows.is_empty() {
        blocks.push(Block::Table(versions::versions(&b.bisection.table, &b.knowledge.published)));
    }
    blocks.extend(boundary::difference(b));
    blocks.extend(boundary::signatures(b));
    blocks.extend(left_out::left_out(b));
    Report::new(title(b), blocks, document::document(b))
}

fn title(b: &Bisected<'_>) -> String {
    if matches!(b.judged_by, JudgedBy::Nothing) {
        return "no boundary: no known failure is in any log".to_owned();
    }
    answer(&b.bisection.table)
}

/// The whole answer in one line.
fn answer(table: &Table) -> String {
    let told = table.boundaries.iter().map(sentence).collect::<Vec<_>>().join("; ");
    match table.ending {
        Ending::Found | Ending::Range => told,
        Ending::Flaky => format!("{told}; too few good runs to be sure"),
        Ending::NotMonotone => format!("not monotone: {told}"),
        Ending::NoBoundary => no_boundary(table),
    }
}

fn sentence(b: &Boundary) -> String {
    // Never "100 %": chance leaves a doubt.
    let sure = b.confidence.map(|c| format!(" ({:.0} % sure)", (c * 100.0).floor().min(99.0)));
    let sure = sure.unwrap_or_default();
    match b.kind {
        BoundaryKind::Regression => format!("last good {}, first bad {}{sure}", b.before, candidates(b)),
        BoundaryKind::Fix => format!("last bad {}, first good again {}{sure}", b.before, candidates(b)),
    }
}

/// The first version of the new kind, or what could be it.
fn candidates(b: &Boundary) -> String {
    match (b.candidates.as_slice(), b.candidates.first().zip(b.candidates.last())) {
        ([one], _) => one.to_string(),
        (few, _) if few.len() <= MAX_NAMED => {
            format!("one of {}", few.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        (many, Some((from, to))) => format!("one of the {} from {from} to {to}", many.len()),
        (_, None) => b.after.to_string(),
    }
}

fn no_boundary(table: &Table) -> String {
    let seen = table.rows.iter().filter(|r| r.evidence.known_by != KnownBy::Inferred);
    let decided: Vec<bool> = seen.filter_map(|r| r.evidence.verdict.has_defect()).collect();
    let versions = count(decided.len() as u64, "version", "versions");
    match decided.first() {
        None => "no boundary: no version is decided".to_owned(),
        Some(false) => format!("no boundary: none of {versions} has the defect"),
        Some(true) => format!("no boundary: the defect is in all of {versions}"),
    }
}

/// Spans with commas between them.
fn spaced(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut all: Vec<Span> = Vec::new();
    for span in spans {
        if !all.is_empty() {
            all.push(Span::plain(", "));
        }
        all.push(span);
    }
    all
}

/// The first few of these names, and how many more there are.
fn named(names: &[String], most: usize) -> Vec<Span> {
    let mut spans = spaced(names.iter().take(most).map(|n| Span::toned(n.clone(), Tone::Code)));
    if names.len() > most {
        spans.push(Span::plain(format!(" and {} more", names.len() - most)));
    }
    spans
}
