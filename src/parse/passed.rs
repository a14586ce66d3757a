//! Records that nobody is interested in, and that follow each other.
//!
//! Comes in: where they stand in a block of lines, and their clocks as they come. Goes out: from when to when and from where
//! to where they reach, and whether time ran on in them; whoever must know of each reads them again.

use memchr::memchr;

use super::debug_text::unpadded;
use super::head::Head;
use super::{Clock, Stamp};

/// No two clocks of a minute are further apart, in milliseconds.
pub(super) const MINUTE: i64 = 61_000;

/// From when to when and from where to where records reach.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    /// The first and the last record: its clock and the number of its line.
    pub(super) first: (Option<Stamp>, u64),
    pub(super) last: (Option<Stamp>, u64),
    /// The first clock of any, and the last one.
    pub(super) from: Option<Stamp>,
    pub(super) to: Option<Stamp>,
    /// Whether all have a clock that never goes back.
    pub(super) rises: bool,
    /// No longer time is between two of them.
    pub(super) widest: i64,
}

impl Reach {
    /// That of one record.
    pub(super) fn of(stamp: Option<Stamp>, number: u64) -> Self {
        let place = (stamp, number);
        Self { first: place, last: place, from: stamp, to: stamp, rises: stamp.is_some(), widest: 0 }
    }

    /// Another record.
    pub(super) fn add(&mut self, stamp: Option<Stamp>, number: u64) {
        match (self.last.0, stamp) {
            (Some(before), Some(now)) => {
                self.rises &= now >= before;
                self.widest = self.widest.max(now.0.saturating_sub(before.0));
            }
            _ => self.rises = false,
        }
        self.last = (stamp, number);
        self.from = self.from.or(stamp);
        self.to = stamp.or(self.to);
    }
}

/// Records that were passed over, one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Passed<'b> {
    pub(super) reach: Reach,
    /// Their lines, and what stands between them.
    pub(super) lines: &'b [u8],
}

impl Passed<'_> {
    /// Clock and number of the first.
    pub fn first(&self) -> (Option<Stamp>, u64) {
        self.reach.first
    }

    /// Clock and number of the last.
    pub fn last(&self) -> (Option<Stamp>, u64) {
        self.reach.last
    }

    /// The first and the last clock that any has.
    pub fn clocks(&self) -> Option<(Stamp, Stamp)> {
        self.reach.from.zip(self.reach.to)
    }

    /// Whether all surely have a clock, which never goes back, and never leaps by more than so many milliseconds.
    pub fn is_steady(&self, leap: i64) -> bool {
        self.reach.rises && self.reach.widest <= leap
    }

    /// Clock and number of each.
    pub fn each(&self, see: &mut dyn FnMut(Option<Stamp>, u64)) {
        let (mut rest, mut number) = (self.lines, self.reach.first.1);
        let mut clock = Clock::None;
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, behind) = rest.split_at(end);
            if let Some(head) = Head::of(unpadded(line)).filter(|h| h.clock >= clock) {
                clock = head.clock;
                see(head.stamp, number);
            }
            number += 1;
            rest = behind.get(1..).unwrap_or_default();
        }
    }
}
