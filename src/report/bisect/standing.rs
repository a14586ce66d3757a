//! How a search stands, and what its ledger holds.

use semver::Version;
use serde_json::json;

use super::facts::{cautions, fact};
use super::{answer, document::of_table, spaced, versions};
use crate::bisect::ledger::{Begin, Entry, Ledger};
use crate::bisect::{Ending, Table};
use crate::pattern::Knowledge;
use crate::report::block::{self, Block, Fact, Report, Span, Tone};
use crate::report::document;

/// What was run and marked so far, and what it amounts to.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The versions and their boundaries.
    pub table: &'a Table,
    /// What is searched for, where a search was begun.
    pub begin: Option<&'a Begin>,
    /// The versions to run next; empty where it is over.
    pub next: &'a [Version],
    /// What is known.
    pub knowledge: &'a Knowledge,
}

/// The report of a search that may still go on.
pub fn standing(s: &Standing<'_>) -> Report {
    let mut blocks = vec![Block::Facts(facts(s))];
    blocks.extend(cautions(s.table).into_iter().map(|text| Block::Text(vec![Span::toned(text, Tone::Warn)])));
    if !s.table.rows.is_empty() {
        blocks.push(Block::Table(versions::versions(s.table, &s.knowledge.published)));
    }
    let mut whole = json!({
        "schema": "lastgood.bisect/1", "tool": document::TOOL, "packs": s.knowledge.packs,
        "signature": null, "server": null,
        "judged_by": { "chosen": "ledger", "by": s.begin.map(|b| &b.by) }, "next": s.next,
    });
    document::extend(&mut whole, of_table(s.table, &s.knowledge.published));
    Report::new(answer(s.table), blocks, whole)
}

fn facts(s: &Standing<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(begin) = s.begin {
        facts.push(fact(
            "between",
            vec![Span::plain(format!("{} (good) and {} (bad)", begin.good, begin.bad))],
        ));
        facts.push(fact("judged by", vec![Span::plain(begin.by.clone())]));
    }
    let next = s.next.iter().map(|v| Span::toned(v.to_string(), Tone::Strong));
    let next = match (s.next.is_empty(), s.table.ending) {
        (false, _) => spaced(next),
        (true, Ending::NoBoundary) => vec![Span::plain("an older and a newer version: no range is open")],
        (true, _) => vec![Span::plain("nothing: no version is left that could be")],
    };
    facts.push(fact("to run next", next));
    facts
}

/// The report of what a ledger holds.
pub fn ledger(ledger: &Ledger) -> Report {
    let entries = ledger.entries();
    let head = ["", "entry", "version", "verdict", "why"].map(str::to_owned).to_vec();
    let rows = entries.iter().enumerate().map(|(at, entry)| row(at + 1, entry)).collect();
    let mut blocks = vec![Block::Table(block::Table { head, rows })];
    blocks.extend(ledger.cut().map(|cut| {
        let label = "the last line was cut in the middle and does not count".to_owned();
        Block::Lines { label, lines: vec![(entries.len() as u64 + 1, cut.to_owned())] }
    }));
    let title = format!("{} entries, {} of them count", entries.len(), ledger.standing().len());
    let document = json!({ "schema": "lastgood.ledger/1", "tool": document::TOOL, "entries": entries, "cut": ledger.cut() });
    Report::new(title, blocks, document)
}

fn row(number: usize, entry: &Entry) -> Vec<Vec<Span>> {
    let told = match entry {
        Entry::Begin(b) => {
            ["begin".to_owned(), format!("{} .. {}", b.good, b.bad), String::new(), b.by.clone()]
        }
        Entry::Run(r) => {
            ["run".to_owned(), r.version.to_string(), r.answer.as_str().to_owned(), r.why.clone()]
        }
        Entry::Mark(m) => {
            ["mark".to_owned(), m.version.to_string(), m.answer.as_str().to_owned(), m.because.clone()]
        }
        Entry::Undo => ["undo".to_owned(), String::new(), String::new(), String::new()],
    };
    [
        vec![vec![Span::toned(number.to_string(), Tone::Faint)]],
        told.into_iter().map(|t| vec![Span::plain(t)]).collect(),
    ]
    .concat()
}
