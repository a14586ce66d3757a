//! What skimming found in a block of lines.
//!
//! Comes in: where records stand in it, and the text of those that stand nowhere in one piece. Goes out: calls of a
//! [`Reader`], in the order of the log.

use std::ops::Range;
use std::sync::Arc;

use bstr::ByteSlice;

use super::passed::{Passed, Reach};
use super::said::{Reading, Readings, Who};
use super::{Clock, LogLine, Same, Stamp};

/// Takes what a log holds.
pub trait Reader {
    /// A line that may matter.
    fn line(&mut self, line: &LogLine<'_>);
    /// One that does not, where those are asked for as well; else they are passed over.
    fn outside(&mut self, line: &LogLine<'_>) {
        self.line(line);
    }
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
    pub(super) outside: bool,
    /// Its server.
    pub(super) who: Who,
    pub(super) same: Option<Same>,
    /// Whether its text is among what was kept, else in the block; and where the message is in it.
    pub(super) kept: bool,
    pub(super) message: Range<u32>,
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
    /// The names of servers, as far as they are known.
    names: Vec<Arc<str>>,
}

impl Skimmed {
    /// Adds a record whose message stands at a place in the block, or nowhere in one piece. `line` lacks what it says.
    #[inline]
    pub(super) fn add(
        &mut self,
        mut line: Line,
        here: Option<usize>,
        message: &[u8],
        readings: &mut Readings,
    ) {
        let Some((reading, same)) = readings.of(line.level, message) else { return };
        let Reading { level, who, text, said } = reading;
        let at = match (text, here) {
            (None, Some(here)) => here,
            (text, _) => self.keep(text.as_deref().unwrap_or(message)),
        };
        // A block is far shorter than what this can count.
        let behind = |place: usize| (at + place) as u32;
        line.who = match *who {
            Who::Named(start, end) => Who::Named(behind(start as usize), behind(end as usize)),
            who => who,
        };
        (line.level, line.same) = (*level, same);
        line.kept = text.is_some() || here.is_none();
        line.message = behind(said.start)..behind(said.end);
        self.all.push(Found::Line(line));
    }

    /// Adds to the text; gives where it begins.
    fn keep(&mut self, text: &[u8]) -> usize {
        let at = self.text.len();
        self.text.extend_from_slice(text);
        at
    }

    /// Knows the names of servers that lines may have by their number.
    pub(super) fn know(&mut self, names: &[Arc<str>]) {
        self.names.extend(names.iter().skip(self.names.len()).cloned());
    }

    /// As new, for another block of the same log.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.text.clear();
    }

    /// Makes the calls, with the block at hand.
    pub(super) fn tell(&self, block: &[u8], reader: &mut impl Reader) {
        for found in &self.all {
            match found {
                Found::Line(line) => self.line(line, block, reader),
                Found::Passed(reach, lines) => {
                    let lines = block.get(lines.clone()).unwrap_or_default();
                    reader.passed(&Passed { reach: *reach, lines });
                }
            }
        }
    }

    fn line(&self, line: &Line, block: &[u8], reader: &mut impl Reader) {
        let text = if line.kept { &self.text } else { block };
        let Line { number, stamp, clock, level, gap, outside, same, .. } = *line;
        let part = |start: u32, end: u32| text.get(start as usize..end as usize).unwrap_or_default();
        let message = part(line.message.start, line.message.end);
        let server = match line.who {
            Who::Nobody => None,
            Who::Known(at) => self.names.get(at as usize).map(|name| &**name),
            Who::Named(start, end) => part(start, end).to_str().ok(),
        };
        let line = LogLine { number, stamp, clock, level, server, message, gap, same, ..LogLine::default() };
        if outside { reader.outside(&line) } else { reader.line(&line) }
    }
}
