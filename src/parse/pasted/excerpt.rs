//! An excerpt of a log, as it stands in a page; and which of several are copies of each other.
//!
//! Comes in: the records of a page, parted where other text stands between them. Goes out: [`Excerpt`]s, each once. Pages
//! that archive an issue hold every excerpt several times; of the copies that with most lines of its own is kept.

use std::cmp::Reverse;

use super::heading::{Heading, Run};
use crate::parse::head::Record;
use crate::parse::{LogLine, Session};

/// A record, and what stood before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub(super) record: Record,
    /// Lines were left out before it.
    pub(super) gap: bool,
    /// The server, where the record itself cannot name it.
    pub(super) server: Option<String>,
}

impl Kept {
    /// Hands it over as a line.
    pub(super) fn show(&self, session: Option<Session<'_>>, see: &mut dyn FnMut(&LogLine<'_>)) {
        let server = self.server.as_deref();
        self.record.show(&mut |line| {
            let (server, level) = match line.server {
                None if server.is_some() => (server, line.level.or(Some("DEBUG"))),
                named => (named, line.level),
            };
            see(&LogLine { server, level, session, gap: self.gap, ragged: true, ..line.clone() });
        });
    }
}

/// A part of a page that is from one log.
#[derive(Debug, Clone, Default)]
pub struct Excerpt {
    /// The client's version, as the page says beside it.
    pub version: Option<String>,
    /// Whether that run worked, as the page says.
    pub run: Option<Run>,
    pub(super) records: Vec<Kept>,
}

impl Excerpt {
    pub(super) fn under(heading: Option<Heading>) -> Self {
        let Heading { version, run } = heading.unwrap_or_default();
        Self { version, run, records: Vec::new() }
    }

    /// The lines of the page from which to which it reaches.
    pub fn lines(&self) -> (u64, u64) {
        let number = |k: Option<&Kept>| k.map_or(0, |k| k.record.number);
        (number(self.records.first()), number(self.records.last()))
    }

    /// Hands over its lines as a log of their own.
    pub fn each_line(&self, see: &mut dyn FnMut(&LogLine<'_>)) {
        let name = format!("lines {} to {}", self.lines().0, self.lines().1);
        let session = Session { name: &name, version: self.version.as_deref() };
        self.records.iter().for_each(|kept| kept.show(Some(session), see));
    }

    /// What makes one copy better than another: more records, more of them on lines of their own, less other text
    /// behind them.
    fn worth(&self) -> (usize, usize, Reverse<usize>) {
        let mut numbers: Vec<u64> = self.records.iter().map(|k| k.record.number).collect();
        numbers.dedup();
        let text = self.records.iter().map(|k| k.record.message.len()).sum();
        (self.records.len(), numbers.len(), Reverse(text))
    }

    /// Whether all of it stands in `other`, one record behind the other.
    fn is_part_of(&self, other: &Self) -> bool {
        let fits = |window: &[Kept]| window.iter().zip(&self.records).all(|(a, b)| same(a, b));
        let versions = self.version.is_none() || other.version.is_none() || self.version == other.version;
        versions && other.records.windows(self.records.len().max(1)).any(fits)
    }
}

/// Whether two records are copies; one of them may have other text behind it.
fn same(a: &Kept, b: &Kept) -> bool {
    let (mut a_words, mut b_words) = (words(a), words(b));
    let mut begins = || loop {
        match (a_words.next(), b_words.next()) {
            (Some(one), Some(other)) if one != other => return false,
            (Some(_), Some(_)) => {}
            _ => return true,
        }
    };
    a.record.level == b.record.level && a.record.stamp == b.record.stamp && begins()
}

fn words(of: &Kept) -> impl Iterator<Item = &[u8]> {
    of.record.message.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty())
}

/// Each excerpt once, in the order of the page.
pub(super) fn without_copies(all: Vec<Excerpt>) -> Vec<Excerpt> {
    let mut kept: Vec<Excerpt> = Vec::new();
    for new in all {
        let twin = kept.iter_mut().find(|old| new.is_part_of(old) || old.is_part_of(&new));
        match twin {
            None => kept.push(new),
            Some(old) => {
                let better = new.worth() > old.worth();
                let (mut best, other) = if better { (new, old.clone()) } else { (old.clone(), new) };
                best.version = best.version.or(other.version);
                best.run = best.run.or(other.run);
                *old = best;
            }
        }
    }
    kept.sort_by_key(Excerpt::lines);
    kept
}
