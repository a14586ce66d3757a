//! What skimming found in a block of lines.
//!
//! Comes in: where records stand in it, and the text of those that stand nowhere in one piece. Goes out: calls of a
//! [`Reader`], in the order of the log.

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

/// Where the message of a record is.
#[derive(Debug, Clone)]
pub(super) enum Text {
    /// In the block.
    Here(Range<usize>),
    /// Among what was kept.
    Kept(Range<usize>),
}

/// A record that may matter.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) stamp: Option<Stamp>,
    pub(super) clock: Clock,
    pub(super) level: Option<&'static str>,
    pub(super) gap: bool,
    pub(super) text: Text,
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
    /// Keeps the message of a record.
    pub(super) fn keep(&mut self, message: &[u8]) -> Text {
        let start = self.text.len();
        self.text.extend_from_slice(message);
        Text::Kept(start..self.text.len())
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
                Found::Line(line) => line.tell(self.message(line, block), reader),
                Found::Passed(reach, lines) => {
                    let lines = block.get(lines.clone()).unwrap_or_default();
                    reader.passed(&Passed { reach: *reach, lines });
                }
            }
        }
    }

    fn message<'b>(&'b self, line: &Line, block: &'b [u8]) -> &'b [u8] {
        let text = match &line.text {
            Text::Here(range) => block.get(range.clone()),
            Text::Kept(range) => self.text.get(range.clone()),
        };
        text.unwrap_or_default()
    }
}

impl Line {
    fn tell(&self, message: &[u8], reader: &mut impl Reader) {
        let text = unquoted(message);
        let Said { level, server, message } = Said::of(&text, self.level);
        let Self { number, stamp, clock, gap, .. } = *self;
        reader.line(&LogLine { number, stamp, clock, level, server, message, gap, ..LogLine::default() });
    }
}
