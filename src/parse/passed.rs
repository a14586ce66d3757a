//! Records that nobody is interested in, and that follow each other.
//!
//! Comes in: where they stand in a block of lines, and their clocks as they come. Goes out: from when to when and from where
//! to where they reach. Time runs on in them; whoever must know of each reads them again.

use memchr::memchr;

use super::debug_text::unpadded;
use super::head::Head;
use super::{Clock, Stamp};

/// The longest time between two of them, in milliseconds.
const LEAP: i64 = 60_000;

/// From when to when and from where to where records reach: either all have a clock, which never goes back and never
/// leaps, or none has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// The first and the last record: its clock and the number of its line.
    pub(super) first: (Option<Stamp>, u64),
    pub(super) last: (Option<Stamp>, u64),
}

impl Reach {
    /// That of one record.
    pub(super) fn of(stamp: Option<Stamp>, number: u64) -> Self {
        Self { first: (stamp, number), last: (stamp, number) }
    }

    /// Whether a record of that clock goes on with it.
    pub(super) fn goes_on(&self, stamp: Option<Stamp>) -> bool {
        match (self.last.0, stamp) {
            (Some(before), Some(now)) => (0..=LEAP).contains(&now.0.saturating_sub(before.0)),
            (before, now) => before == now,
        }
    }
}

/// Records that were passed over, one behind the other: either all have a clock, which never goes back and never leaps by
/// more than a minute, or none has.
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
