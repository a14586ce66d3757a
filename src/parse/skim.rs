//! Skims the debug log: finds the records that may matter, and of all others no more than where they stand.
//!
//! Comes in: blocks of lines, and what a message that matters begins with ([`Interest`]). Goes out: for each block what is in
//! it ([`Skimmed`]), from which a [`Reader`](super::skimmed::Reader) is told the same [`LogLine`](super::LogLine)s that
//! reading line by line gives, but for those that nobody is interested in: of these a [`Passed`](super::Passed) tells from
//! where to where they reach. Nine lines of ten are passed over for the price of finding their end and comparing a few
//! bytes, and what a record says is read where it stands.

use std::ops::Range;

use super::debug_text::{is_cut, unpadded};
use super::ends::Ends;
use super::head::{Head, Record};
use super::interest::Interest;
use super::minute::{Known, Minute, Usual};
use super::passed::Reach;
use super::said::{Readings, Who};
use super::skimmed::{Found, Line, Skimmed};
use super::{Clock, Stamp};

/// Skims the blocks of one log.
pub(super) struct Skim<'i> {
    interest: &'i Interest,
    /// The number of the next line.
    number: u64,
    /// The record that may matter, and may go on.
    open: Record,
    /// Where its message stands in the block, as long as it is nowhere else.
    here: Option<Range<usize>>,
    /// Whether lines were left out before it, and behind the record before the next.
    gap: bool,
    cut: bool,
    /// Whether the open record does not matter, and is told of all the same.
    outside: bool,
    /// Whether the record before does not matter.
    passing: bool,
    /// The fullest clock so far: what has less begins no record.
    clock: Clock,
    minute: Minute,
    readings: Readings,
    /// The records that were passed over, and where their lines begin.
    run: Option<(Reach, usize)>,
    /// The clock of the last of them, within the minute, if it is of the known one.
    seconds: Option<u64>,
}

/// Lines that were passed over: how many, and the clock of the last of them within the minute.
struct Passing {
    lines: u64,
    seconds: u64,
}

impl Passing {
    /// Passes over the plainest of lines; gives where another one begins. Most of all time is spent here: it is kept apart
    /// so that what it needs fits into the registers of a processor.
    #[inline(never)]
    fn plain(
        &mut self,
        minute: &Known,
        interest: &Interest,
        block: &[u8],
        mut at: usize,
        ends: &mut Ends<'_>,
    ) -> usize {
        let (mut lines, mut seconds, mut next) = (self.lines, self.seconds, *ends);
        while let Some((now, pair)) = minute.usual_debug(block, at) {
            if now < seconds || interest.may_begin(pair) {
                break;
            }
            seconds = now;
            lines += 1;
            at = next.next() + 1;
        }
        (self.lines, self.seconds, *ends) = (lines, seconds, next);
        at
    }
}

impl<'i> Skim<'i> {
    pub(super) fn new(interest: &'i Interest) -> Self {
        Self {
            interest,
            number: 1,
            open: Record::default(),
            here: None,
            gap: false,
            cut: false,
            outside: false,
            passing: false,
            clock: Clock::None,
            minute: Minute::default(),
            readings: Readings::default(),
            run: None,
            seconds: None,
        }
    }

    /// Skims the next block; gives the number of its lines.
    pub(super) fn block(&mut self, block: &[u8], found: &mut Skimmed) -> u64 {
        let first = self.number;
        let (mut at, mut ends) = (0, Ends::of(block));
        while at < block.len() {
            if self.clock == Clock::Full && !self.cut {
                at = self.usual_lines(block, at, &mut ends, found);
            }
            if at < block.len() {
                let end = ends.next();
                self.line(block, at..end, found);
                at = end + 1;
            }
        }
        self.keep(block);
        self.tell(block.len(), found);
        found.know(self.readings.names());
        self.number - first
    }

    /// The log is over.
    pub(super) fn finish(&mut self, found: &mut Skimmed) {
        self.close(&[], found);
        found.know(self.readings.names());
    }

    /// Reads lines as long as they are usual ones; gives where the first other line begins.
    fn usual_lines(
        &mut self,
        block: &[u8],
        mut at: usize,
        ends: &mut Ends<'_>,
        found: &mut Skimmed,
    ) -> usize {
        let Some(minute) = self.minute.known() else { return at };
        loop {
            let usual;
            (at, usual) = self.pass_over(minute, block, at, ends);
            let Some(usual) = usual else { return at };
            let (start, end) = (at + usual.length, ends.next());
            let matters = self.matters(&usual, block.get(start..end).unwrap_or_default());
            if matters || self.interest.others {
                self.begin_usual(&usual, start..end, (block, at), found);
                self.outside = !matters;
            } else {
                self.pass_usual(&usual, (block, at), found);
            }
            at = end + 1;
            self.number += 1;
        }
    }

    /// Passes over usual lines that go on with those before them, as long as they do not matter, which of most their first
    /// two bytes tell: of those no more is ever done. Gives where the first other line begins, and its head if it is usual.
    fn pass_over(
        &mut self,
        minute: Known,
        block: &[u8],
        mut at: usize,
        ends: &mut Ends<'_>,
    ) -> (usize, Option<Usual>) {
        let usual = |at: usize| minute.usual(block.get(at..).unwrap_or_default());
        let (Some(_), Some(before)) = (&self.run, self.seconds) else { return (at, usual(at)) };
        let mut passing = Passing { lines: 0, seconds: before };
        let other = loop {
            at = passing.plain(&minute, self.interest, block, at, ends);
            let other = usual(at);
            let Some(next) = &other else { break None };
            // What stands behind the line makes no difference: what matters begins with no line ending.
            let text = block.get(at + next.length..).unwrap_or_default();
            if next.seconds < passing.seconds || self.matters(next, text) {
                break other;
            }
            passing.seconds = next.seconds;
            passing.lines += 1;
            at = ends.next() + 1;
        };
        if let Some((reach, _)) = self.run.as_mut().filter(|_| passing.lines > 0) {
            self.number += passing.lines;
            reach.last.1 = self.number - 1;
            self.seconds = Some(passing.seconds);
        }
        (at, other)
    }

    /// Whether a usual line may matter whose message a text begins with.
    #[inline]
    fn matters(&self, usual: &Usual, text: &[u8]) -> bool {
        self.interest.may_begin(usual.pair) && self.interest.in_message(text)
    }

    fn begin_usual(
        &mut self,
        usual: &Usual,
        message: Range<usize>,
        (block, at): (&[u8], usize),
        found: &mut Skimmed,
    ) {
        self.close(block, found);
        self.tell(at, found);
        let bare = bare(block.get(message.clone()).unwrap_or_default());
        self.here = Some(message.start..message.start + bare.len());
        self.passing = false;
        self.open.number = self.number;
        (self.open.stamp, self.open.clock) = (self.minute.stamp(usual.seconds), Clock::Full);
        self.open.level = Some(usual.level);
    }

    #[inline]
    fn pass_usual(&mut self, usual: &Usual, (block, at): (&[u8], usize), found: &mut Skimmed) {
        if let (Some((reach, _)), Some(before)) = (&mut self.run, &mut self.seconds)
            && usual.seconds >= *before
        {
            reach.last.1 = self.number;
            *before = usual.seconds;
        } else {
            self.pass(self.minute.stamp(usual.seconds), (block, at), found);
            self.seconds = Some(usual.seconds);
        }
    }

    /// Reads any line.
    fn line(&mut self, block: &[u8], line: Range<usize>, found: &mut Skimmed) {
        let at = line.start;
        let line = unpadded(bare(block.get(line).unwrap_or_default()));
        match Head::of(line).filter(|h| h.clock >= self.clock) {
            Some(head) => self.record(&head, line, (block, at), found),
            None => self.go_on(line, (block, at), found),
        }
        self.number += 1;
    }

    fn record(&mut self, head: &Head, line: &[u8], (block, at): (&[u8], usize), found: &mut Skimmed) {
        // Before the minute is another one: what was passed over in it is told by its clock.
        self.settle();
        self.minute.learn(line, head);
        self.clock = head.clock;
        // A gap is told with the line behind it.
        let passes = head.clock != Clock::TimeOfDay && !self.cut;
        let message = line.get(head.length..).unwrap_or_default();
        let outside = passes && !self.interest.in_message(message);
        if outside && !self.interest.others {
            self.pass(head.stamp, (block, at), found);
        } else {
            self.begin(head, line, (block, at), found);
            self.outside = outside;
        }
    }

    /// A line that begins no record.
    fn go_on(&mut self, line: &[u8], (block, at): (&[u8], usize), found: &mut Skimmed) {
        let open = self.open.number > 0;
        if !open && !self.passing {
            self.begin(&Head::default(), line, (block, at), found);
        } else if is_cut(line, self.message(block)) {
            self.cut = true;
        } else if open {
            self.keep(block);
            self.open.continue_with(line);
        }
    }

    /// The message of the open record.
    fn message<'b>(&'b self, block: &'b [u8]) -> &'b [u8] {
        match &self.here {
            Some(here) => block.get(here.clone()).unwrap_or_default(),
            None => &self.open.message,
        }
    }

    /// Takes the message of the open record out of the block.
    fn keep(&mut self, block: &[u8]) {
        if let Some(here) = self.here.take() {
            self.open.message.clear();
            self.open.message.extend_from_slice(block.get(here).unwrap_or_default());
        }
    }

    fn begin(&mut self, head: &Head, line: &[u8], (block, at): (&[u8], usize), found: &mut Skimmed) {
        self.close(block, found);
        self.tell(at, found);
        self.passing = false;
        self.gap = std::mem::take(&mut self.cut);
        self.open.begin(self.number, head, line);
    }

    fn pass(&mut self, stamp: Option<Stamp>, (block, at): (&[u8], usize), found: &mut Skimmed) {
        self.close(block, found);
        self.settle();
        self.passing = true;
        match &mut self.run {
            Some((reach, _)) if reach.goes_on(stamp) => reach.last = (stamp, self.number),
            _ => {
                self.tell(at, found);
                self.run = Some((Reach::of(stamp, self.number), at));
            }
        }
    }

    /// Puts the record that is open among what was found; what was passed over came before it.
    fn close(&mut self, block: &[u8], found: &mut Skimmed) {
        if self.open.number == 0 {
            return;
        }
        let Record { number, stamp, clock, level, .. } = self.open;
        let gap = std::mem::take(&mut self.gap);
        let outside = std::mem::take(&mut self.outside);
        let (who, same, message) = (Who::Nobody, None, 0..0);
        let line = Line { number, stamp, clock, level, gap, outside, kept: false, who, same, message };
        let here = self.here.take();
        let message = here.clone().map_or(self.open.message.as_slice(), |h| block.get(h).unwrap_or_default());
        found.add(line, here.map(|h| h.start), message, &mut self.readings);
        self.open.number = 0;
        self.open.message.clear();
    }

    /// Writes down the clock of the last record that was passed over.
    fn settle(&mut self) {
        if let (Some((reach, _)), Some(seconds)) = (&mut self.run, self.seconds.take()) {
            reach.last.0 = self.minute.stamp(seconds);
        }
    }

    /// Puts what was passed over among what was found; its lines end before `end`.
    fn tell(&mut self, end: usize, found: &mut Skimmed) {
        self.settle();
        if let Some((reach, start)) = self.run.take() {
            found.all.push(Found::Passed(reach, start..end));
        }
    }
}

/// A line without the line ending of Windows.
fn bare(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
