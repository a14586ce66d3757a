//! What skimming found in a block of lines.
//!
//! Comes in: where records stand in it, and the text of those that stand nowhere in one piece. Goes out: calls of a
//! [`Reader`], in the order of the log.

use std::borrow::Cow;
use std::ops::Range;

use bstr::ByteSlice;

use super::head::{Said, behind_server, is_about, unquoted};
use super::passed::{Passed, Reach};
use super::{Clock, LogLine, Stamp};

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
    /// Its server, by the place among the names.
    pub(super) server: Option<usize>,
    /// Whether its text is among what was kept, else in the block; and where the message is in it.
    pub(super) kept: bool,
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
    /// The names of servers; of more than [`NAMES`] some stand there again and again.
    names: Vec<Box<str>>,
}

/// So many names are looked for among those that were read: reading one anew is dearer.
const NAMES: usize = 8;

impl Skimmed {
    /// Adds a record whose message stands at a place in the block, or nowhere in one piece. `line` lacks what it says.
    pub(super) fn add(&mut self, mut line: Line, here: Option<Range<usize>>, message: &[u8]) {
        let text = unquoted(message);
        let (said, server) = if line.outside {
            (Said::about_none(&text, line.level), None)
        } else {
            self.said(&text, line.level)
        };
        let start = match (&text, here) {
            (Cow::Borrowed(_), Some(here)) => Some(here.start),
            _ => None,
        };
        let at = start.unwrap_or(self.text.len());
        (line.level, line.server, line.kept) = (said.level, server, start.is_none());
        line.message = at + said.message.start..at + said.message.end;
        if start.is_none() {
            self.text.extend_from_slice(&text);
        }
        self.all.push(Found::Line(line));
    }

    /// What a message says, and the place of its server among the names.
    fn said(&mut self, text: &[u8], level: Option<&'static str>) -> (Said, Option<usize>) {
        let Some(behind) = behind_server(text) else { return (Said::about_none(text, level), None) };
        let mut known = self.names.iter().take(NAMES).enumerate();
        if let Some((at, name)) = known.find(|(_, name)| is_about(behind, name)) {
            return (Said::about_server(text, level, name), Some(at));
        }
        let said = Said::of(text, level);
        let name = said.server.clone().and_then(|name| text.get(name)).and_then(|n| n.to_str().ok());
        let at = name.map(|name| {
            self.names.push(name.into());
            self.names.len() - 1
        });
        (said, at)
    }

    /// As new.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.text.clear();
        self.names.clear();
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
        let server = line.server.and_then(|at| self.names.get(at)).map(|name| &**name);
        let Line { number, stamp, clock, level, gap, outside, .. } = *line;
        let message = text.get(line.message.clone()).unwrap_or_default();
        let line = LogLine { number, stamp, clock, level, server, message, gap, ..LogLine::default() };
        if outside { reader.outside(&line) } else { reader.line(&line) }
    }
}
