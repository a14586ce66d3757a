//! What skimming found in a block of lines.
//!
//! Comes in: where records stand in it, and the text of those that stand nowhere in one piece. Goes out: calls of a
//! [`Reader`], in the order of the log.

use std::borrow::Cow;
use std::ops::Range;

use super::head::{Said, unquoted};
use super::passed::{Passed, Reach};
use super::{Clock, LogLine, Stamp};

/// Takes what a log holds.
pub trait Reader {
    /// A line that may matter.
    fn line(&mut self, line: &LogLine<'_>);
    /// Lines that do not.
    fn passed(&mut self, passed: &Passed<'_>);
}

/// A record that may matter.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) stamp: Option<Stamp>,
    pub(super) clock: Clock,
    pub(super) level: Option<&'static str>,
    pub(super) gap: bool,
    /// Whether its text is among what was kept, else in the block; and where the server's name and the message are in it.
    pub(super) kept: bool,
    pub(super) server: Option<Range<usize>>,
    pub(super) message: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Found {
    Line(Line),
    /// Records that do not matter, and where they stand in the block.
    Passed(Reach, Range<usize>),
}

/// What was found in a block.
#[derive(Debug, Default)]
pub(super) struct Skimmed {
    pub(super) all: Vec<Found>,
    /// The messages of records that continue, or that began in a block before.
    text: Vec<u8>,
}

impl Skimmed {
    /// Adds a record whose message stands at a place in the block, or nowhere in one piece. `line` lacks what it says.
    pub(super) fn add(&mut self, mut line: Line, here: Option<Range<usize>>, message: &[u8]) {
        let text = unquoted(message);
        let said = Said::of(&text, line.level);
        let start = match (&text, here) {
            (Cow::Borrowed(_), Some(here)) => Some(here.start),
            _ => None,
        };
        let at = start.unwrap_or(self.text.len());
        (line.level, line.kept) = (said.level, start.is_none());
        line.server = said.server.map(|name| at + name.start..at + name.end);
        line.message = at + said.message.start..at + said.message.end;
        if start.is_none() {
            self.text.extend_from_slice(&text);
        }
        self.all.push(Found::Line(line));
    }

    /// As new.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.text.clear();
    }

    /// Makes the calls, with the block at hand.
    pub(super) fn tell(&self, block: &[u8], reader: &mut impl Reader) {
        for found in &self.all {
            match found {
                Found::Line(line) => line.tell(if line.kept { &self.text } else { block }, reader),
                Found::Passed(reach, lines) => {
                    let lines = block.get(lines.clone()).unwrap_or_default();
                    reader.passed(&Passed { reach: *reach, lines });
                }
            }
        }
    }
}

impl Line {
    fn tell(&self, text: &[u8], reader: &mut impl Reader) {
        let part = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let server = self.server.as_ref().and_then(|name| std::str::from_utf8(part(name)).ok());
        let Self { number, stamp, clock, level, gap, .. } = *self;
        let message = part(&self.message);
        reader.line(&LogLine { number, stamp, clock, level, server, message, gap, ..LogLine::default() });
    }
}
