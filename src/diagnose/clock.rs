//! The engine's clock: where in a log something stands, and whether two places are near enough.
//!
//! Comes in: the stamp and the number of every line. Goes out: [`Pos`]itions that never run backwards inside a
//! segment. A clock that jumps back or stands still for long opens a new segment, and no window reaches from one
//! segment into another. Without a clock a position is counted in lines. It knows nothing of signatures.

use crate::parse::Stamp;

/// A clock that goes back by no more is two writers racing: it is read as standing still. Milliseconds.
const JITTER: i64 = 1000;

/// A longer silence may be a machine that slept. Milliseconds.
const SILENCE: i64 = 300_000;

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pos {
    /// The segment; windows do not reach beyond it.
    segment: u32,
    /// Milliseconds in a segment with a clock, lines in one without.
    at: i64,
}

/// What a line does to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It runs on.
    On,
    /// A new segment begins: the clock went back, or stood still for long.
    Broken,
    /// The first stamp of a log that began without one.
    Starts,
}

/// A span as a signature gives it: the time, and the lines that stand in for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Milliseconds.
    pub(super) ms: i64,
    /// Lines; `None`: without a clock the window cannot be measured.
    pub(super) lines: Option<i64>,
}

/// The clock of one log.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    segment: u32,
    /// The highest stamp of the segment; `None` as long as the log has shown no clock.
    now: Option<i64>,
    line: i64,
}

impl Clock {
    /// What a line with `stamp` would do. Ask before [`Clock::pass`], while the old segment can still be settled.
    pub(super) fn turn(&self, stamp: Option<Stamp>) -> Turn {
        match (self.now, stamp) {
            (None, Some(_)) => Turn::Starts,
            (Some(now), Some(Stamp(at))) if at < now - JITTER || at > now.saturating_add(SILENCE) => {
                Turn::Broken
            }
            _ => Turn::On,
        }
    }

    /// Goes on to a line.
    pub(super) fn pass(&mut self, stamp: Option<Stamp>, line: u64) {
        self.line = self.line.max(i64::try_from(line).unwrap_or(i64::MAX));
        match (self.turn(stamp), stamp) {
            (Turn::On, Some(Stamp(at))) => self.now = self.now.map(|now| now.max(at)),
            (Turn::Broken | Turn::Starts, Some(Stamp(at))) => {
                self.segment += 1;
                self.now = Some(at);
            }
            _ => {}
        }
    }

    /// Goes on to a line to which time ran on without a break, from this one.
    pub(super) fn run_on(&mut self, stamp: Option<Stamp>, line: u64) {
        self.line = self.line.max(i64::try_from(line).unwrap_or(i64::MAX));
        self.now = self.now.max(stamp.filter(|_| self.runs()).map(|stamp| stamp.0));
    }

    /// Whether from a line of that clock on time is the same on a clock that starts there.
    pub(super) fn begins_anew_at(&self, stamp: Stamp) -> bool {
        self.now.is_none_or(|now| stamp.0 >= now || self.turn(Some(stamp)) == Turn::Broken)
    }

    /// Lines were left out: nobody knows how much time passed.
    pub(super) fn gap(&mut self) {
        self.segment += 1;
    }

    /// Where the log stands.
    pub(super) fn pos(&self) -> Pos {
        Pos { segment: self.segment, at: self.now.unwrap_or(self.line) }
    }

    /// The last line seen.
    pub(super) fn line(&self) -> u64 {
        self.line.unsigned_abs()
    }

    /// Whether the log has shown a clock.
    pub(super) fn runs(&self) -> bool {
        self.now.is_some()
    }

    /// What `window` amounts to here, in the unit of a position; `None`: it cannot be measured.
    pub(super) fn limit(&self, window: Window) -> Option<i64> {
        if self.runs() { Some(window.ms) } else { window.lines }
    }

    /// Whether the log, as it stands, is still within `window` of `from`. What cannot be measured is not refused:
    /// who completes a match by it says so.
    pub(super) fn within(&self, from: Pos, window: Option<Window>) -> bool {
        let Some(window) = window else { return true };
        let here = self.pos();
        let near = self.limit(window).is_none_or(|limit| here.at.saturating_sub(from.at) <= limit);
        here.segment == from.segment && near
    }

    /// The position that is `limit` behind `from`.
    pub(super) fn due(from: Pos, limit: i64) -> i64 {
        from.at.saturating_add(limit)
    }

    /// The position as a bare number, to be compared with a due one of the same segment.
    pub(super) fn at(&self) -> i64 {
        self.pos().at
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Turn, Window};
    use crate::parse::Stamp;

    const TWO_S: Window = Window { ms: 2000, lines: Some(5) };

    fn at(stamps: &[Option<i64>]) -> Clock {
        let mut clock = Clock::default();
        for (i, stamp) in stamps.iter().enumerate() {
            clock.pass(stamp.map(Stamp), i as u64 + 1);
        }
        clock
    }

    #[test]
    fn a_window_is_measured_in_time_and_its_end_is_inside() {
        let mut clock = at(&[Some(0)]);
        let from = clock.pos();
        clock.pass(Some(Stamp(2000)), 900);
        assert!(clock.within(from, Some(TWO_S)));
        clock.pass(Some(Stamp(2001)), 901);
        assert!(!clock.within(from, Some(TWO_S)) && clock.within(from, None));
    }

    #[test]
    fn without_a_clock_a_window_is_measured_in_lines() {
        let mut clock = at(&[None]);
        let from = clock.pos();
        clock.pass(None, 6);
        assert!(clock.within(from, Some(TWO_S)));
        clock.pass(None, 7);
        assert!(!clock.within(from, Some(TWO_S)));
        assert!(
            clock.within(from, Some(Window { lines: None, ..TWO_S })),
            "what cannot be measured is not refused"
        );
    }

    #[test]
    fn a_clock_that_goes_back_by_a_second_stands_still_and_by_more_breaks() {
        let mut clock = at(&[Some(10_000)]);
        assert_eq!(clock.turn(Some(Stamp(9000))), Turn::On);
        assert_eq!(clock.turn(Some(Stamp(8999))), Turn::Broken);
        clock.pass(Some(Stamp(9000)), 2);
        assert_eq!(clock.at(), 10_000);
    }

    #[test]
    fn five_minutes_of_silence_are_no_break_and_more_are() {
        let clock = at(&[Some(0)]);
        assert_eq!(clock.turn(Some(Stamp(300_000))), Turn::On);
        assert_eq!(clock.turn(Some(Stamp(300_001))), Turn::Broken);
    }

    #[test]
    fn no_window_reaches_over_a_break() {
        let mut clock = at(&[Some(10_000)]);
        let from = clock.pos();
        clock.pass(Some(Stamp(8000)), 2);
        assert!(!clock.within(from, Some(TWO_S)) && clock.within(from, None));
    }

    #[test]
    fn a_line_without_a_stamp_was_written_when_the_one_before_it_was() {
        let clock = at(&[Some(10), None]);
        assert_eq!((clock.at(), clock.runs()), (10, true));
    }

    #[test]
    fn a_clock_that_starts_late_opens_a_segment() {
        let mut clock = at(&[None, None]);
        let from = clock.pos();
        assert_eq!(clock.turn(Some(Stamp(3))), Turn::Starts);
        clock.pass(Some(Stamp(3)), 3);
        assert!(!clock.within(from, Some(TWO_S)));
    }
}
