//! Reads the usual head of a line, `2026-11-23T00:23:20.763Z [DEBUG] `, fast: most lines are of the minute of the line
//! before them, and the date of a minute is read once.
//!
//! Comes in: lines. Goes out: the clock and the length of the head, where it is the usual one and of a known minute;
//! whatever is not is left to [`Head`], and what is here is what that would give.

use super::head::Head;
use super::{Clock, Stamp};

/// `2026-11-23T00:23`.
const MINUTE: usize = 16;

/// A line that is shorter than that is left to [`Head`].
const SHORTEST: usize = MINUTE + 8 + 8 + 2;

/// `:00.000Z`: what of a clock follows the minute.
const SECONDS: u64 = u64::from_be_bytes(*b":00.000Z");

/// Added to what differs from [`SECONDS`], it makes a byte overflow to its highest bit where it is no digit, or not the sign
/// that must stand there.
const BEYOND: u64 = 0x7f76_767f_7676_767f;

const HIGH: u64 = 0x8080_8080_8080_8080;

/// The first eight bytes behind the clock, the level in them, and whether a blank must follow.
const LEVELS: [(u64, &str, bool); 4] = [
    (u64::from_be_bytes(*b" [DEBUG]"), "DEBUG", true),
    (u64::from_be_bytes(*b" [ERROR]"), "ERROR", true),
    (u64::from_be_bytes(*b" [INFO] "), "INFO", false),
    (u64::from_be_bytes(*b" [WARN] "), "WARN", false),
];

/// The minute of the lines before.
#[derive(Debug, Default)]
pub(super) struct Minute {
    text: [u8; MINUTE],
    start: Option<i64>,
}

/// The head of a line of a known minute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usual {
    /// What the clock shows in this minute: its text as a number, which grows as the clock does.
    pub(super) seconds: u64,
    level: usize,
    pub(super) length: usize,
}

impl Usual {
    pub(super) fn level(&self) -> &'static str {
        LEVELS[self.level].1
    }
}

impl Minute {
    /// The head of the line that `text` begins with, if it is the usual one and of the known minute.
    #[inline]
    pub(super) fn usual(&self, text: &[u8]) -> Option<Usual> {
        let line: &[u8; SHORTEST] = text.first_chunk()?;
        let (minute, behind) = line.split_first_chunk::<MINUTE>()?;
        if u128::from_ne_bytes(*minute) != u128::from_ne_bytes(self.text) || self.start.is_none() {
            return None;
        }
        let (seconds, behind) = behind.split_first_chunk::<8>()?;
        let seconds = u64::from_be_bytes(*seconds) ^ SECONDS;
        let too_many = (seconds >> 40) as u16 > 0x0600;
        if (seconds.wrapping_add(BEYOND) | seconds) & HIGH != 0 || too_many {
            return None;
        }
        let (written, behind) = behind.split_first_chunk::<8>()?;
        let written = u64::from_be_bytes(*written);
        let level = LEVELS.iter().position(|(text, ..)| *text == written)?;
        let [first, second] = *behind.first_chunk()?;
        // More blanks than usual belong to the head.
        let blank = LEVELS[level].2;
        let usual = if blank { first == b' ' && second != b' ' } else { first != b' ' };
        usual.then_some(Usual { seconds, level, length: MINUTE + 16 + usize::from(blank) })
    }

    /// The stamp of a clock of this minute.
    pub(super) fn stamp(&self, seconds: u64) -> Option<Stamp> {
        let [_, tens, ones, _, ms @ .., _] = seconds.to_be_bytes().map(i64::from);
        let ms = (tens * 10 + ones) * 1000 + ms[0] * 100 + ms[1] * 10 + ms[2];
        Some(Stamp(self.start? + ms))
    }

    /// Takes the minute of a line whose head was read otherwise.
    pub(super) fn learn(&mut self, line: &[u8], head: &Head) {
        let Some(text) = line.first_chunk::<MINUTE>().filter(|_| head.clock == Clock::Full) else { return };
        if *text != self.text {
            let start = Stamp::full(&[&text[..], b":00.000Z"].concat());
            (self.text, self.start) = (*text, start.map(|(stamp, _)| stamp.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::Minute;
    use crate::parse::Clock;
    use crate::parse::head::Head;

    /// What is read fast must be what is read slowly.
    fn agrees(minute: &mut Minute, line: &str) -> bool {
        // Whatever stands behind a line is not read.
        let text = format!("{line}\n2026-11-23T00:23:20.763Z [DEBUG] a");
        let fast = minute.usual(text.as_bytes()).map(|usual| Head {
            stamp: minute.stamp(usual.seconds),
            clock: Clock::Full,
            level: Some(usual.level()),
            length: usual.length,
        });
        let slow = Head::of(line.as_bytes());
        if let Some(head) = &slow {
            minute.learn(line.as_bytes(), head);
        }
        fast.is_none() || fast == slow
    }

    #[test]
    fn the_second_line_of_a_minute_is_read_fast() {
        let mut minute = Minute::default();
        let (first, second) = (b"2026-11-23T00:23:20.763Z [DEBUG] a", b"2026-11-23T00:23:21.763Z [ERROR] bc");
        assert!(minute.usual(first).is_none());
        minute.learn(first, &Head::of(first).unwrap());
        let usual = minute.usual(second).unwrap();
        assert_eq!((usual.length, usual.level()), (33, "ERROR"));
        assert_eq!(minute.stamp(usual.seconds), Head::of(second).unwrap().stamp);
        assert!(minute.usual(first).unwrap().seconds < usual.seconds);
        assert!(minute.usual(b"2026-11-23T00:23:21.763Z [DEBUG]  b").is_none(), "more blanks than usual");
    }

    proptest! {
        #[test]
        fn whatever_is_read_fast_is_read_the_same_slowly(
            lines in proptest::collection::vec("20[0-9]{2}-1[0-9]-[0-3][0-9][T ]2[0-9]:5[0-9]:[0-6][0-9].[0-9]{2,4}Z? {0,2}.[DIEBUG]{4,5}.? {0,2}a?", 1..5),
            other in "2026-11-23T00:23[:;][0-7:][0-9]{1,2}[.:][0-9]{3}Z (\\[DEBUG\\]|\\[INFO\\]|\\[ERROR\\]|x) {0,2}[a ]{0,2}",
        ) {
            let mut minute = Minute::default();
            agrees(&mut minute, "2026-11-23T00:23:20.763Z [DEBUG] a");
            prop_assert!(agrees(&mut minute, &other));
            for line in lines {
                prop_assert!(agrees(&mut minute, &line));
                prop_assert!(agrees(&mut minute, &line));
            }
        }
    }
}
