//! Reads the usual head of a line, `2026-11-23T00:23:20.763Z [DEBUG] `, fast: most lines are of the minute of the line
//! before them, and the date of a minute is read once.
//!
//! Comes in: lines. Goes out: the clock and the length of the head, where it is the usual one and of a known minute;
//! whatever is not is left to [`Head`], and what is here is what that would give.

use super::head::Head;
use super::{Clock, Stamp};

/// `2026-11-23T00:23`.
const MINUTE: usize = 16;

/// The clock, the level in brackets and a blank, and the two bytes that a message begins with. A line that is shorter is left
/// to [`Head`].
const SHORTEST: usize = MINUTE + 8 + 8 + 3;

/// `:00.000Z`: what of a clock follows the minute.
const SECONDS: u64 = u64::from_be_bytes(*b":00.000Z");

/// Added to what differs from [`SECONDS`], it makes a byte overflow to its highest bit where it is no digit, or not the sign
/// that must stand there.
const BEYOND: u64 = 0x7f76_767f_7676_767f;

/// What differs so much from [`SECONDS`] is in no minute: `:61`. A leap second is.
const OVER: u64 = 0x0006_0100_0000_0000;

const HIGH: u64 = 0x8080_8080_8080_8080;

/// The first eight bytes behind the clock: of the longer levels a blank must follow.
const DEBUG: u64 = u64::from_be_bytes(*b" [DEBUG]");
const ERROR: u64 = u64::from_be_bytes(*b" [ERROR]");
const INFO: u64 = u64::from_be_bytes(*b" [INFO] ");
const WARN: u64 = u64::from_be_bytes(*b" [WARN] ");

/// The minute of the lines before, once there were any.
#[derive(Debug, Default)]
pub(super) struct Minute(Option<Known>);

/// A minute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    text: [u8; MINUTE],
    start: i64,
}

/// The head of a line of a known minute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usual {
    /// What the clock shows in this minute: its text as a number, which grows as the clock does.
    pub(super) seconds: u64,
    pub(super) level: &'static str,
    pub(super) length: usize,
    /// What stands behind it: the message, or where that is shorter the line behind.
    pub(super) pair: u16,
}

impl Minute {
    /// The minute, if it is known.
    pub(super) fn known(&self) -> Option<Known> {
        self.0
    }

    /// The stamp of a clock of this minute.
    pub(super) fn stamp(&self, seconds: u64) -> Option<Stamp> {
        let digit = |byte: u32| (seconds >> (8 * byte) & 0xf) as i64;
        let ms = digit(6) * 10_000 + digit(5) * 1000 + digit(3) * 100 + digit(2) * 10 + digit(1);
        Some(Stamp(self.0?.start + ms))
    }

    /// Takes the minute of a line whose head was read otherwise.
    pub(super) fn learn(&mut self, line: &[u8], head: &Head) {
        let Some(text) = line.first_chunk::<MINUTE>().filter(|_| head.clock == Clock::Full) else { return };
        if self.0.is_none_or(|known| *text != known.text) {
            let start = Stamp::full(&[&text[..], b":00.000Z"].concat());
            self.0 = start.map(|(stamp, _)| Known { text: *text, start: stamp.0 });
        }
    }
}

impl Known {
    /// What the clock shows, and what the message begins with, of a usual line at DEBUG that begins there: the same as of
    /// [`Known::usual`], with one question instead of five. Nearly all lines are such.
    #[inline]
    pub(super) fn usual_debug(&self, block: &[u8], at: usize) -> Option<(u64, u16)> {
        let line: &[u8; SHORTEST] = block.get(at..at + SHORTEST)?.first_chunk()?;
        let (minute, behind) = line.split_first_chunk::<MINUTE>()?;
        let (seconds, behind) = behind.split_first_chunk::<8>()?;
        let (level, behind) = behind.split_first_chunk::<8>()?;
        let [blank, first, second] = *behind.first_chunk()?;
        let seconds = u64::from_be_bytes(*seconds) ^ SECONDS;
        let minute = u128::from_ne_bytes(*minute) ^ u128::from_ne_bytes(self.text);
        let other = (minute >> 64) as u64
            | minute as u64
            | (u64::from_ne_bytes(*level) ^ u64::from_ne_bytes(*b" [DEBUG]"));
        let no_clock = (seconds.wrapping_add(BEYOND) | seconds) & HIGH;
        let usual = other | no_clock | u64::from(blank ^ b' ') == 0 && first != b' ' && seconds < OVER;
        usual.then_some((seconds, u16::from_le_bytes([first, second])))
    }

    /// The head of the line that `text` begins with, if it is the usual one and of this minute.
    #[inline]
    pub(super) fn usual(&self, text: &[u8]) -> Option<Usual> {
        let line: &[u8; SHORTEST] = text.first_chunk()?;
        let (minute, behind) = line.split_first_chunk::<MINUTE>()?;
        if u128::from_ne_bytes(*minute) != u128::from_ne_bytes(self.text) {
            return None;
        }
        let (seconds, behind) = behind.split_first_chunk::<8>()?;
        let seconds = u64::from_be_bytes(*seconds) ^ SECONDS;
        if (seconds.wrapping_add(BEYOND) | seconds) & HIGH != 0 || seconds >= OVER {
            return None;
        }
        let (written, behind) = behind.split_first_chunk::<8>()?;
        let [first, second, third] = *behind.first_chunk()?;
        let long = |level| (first == b' ').then_some((level, 1, [second, third]));
        let (level, blank, message) = match u64::from_be_bytes(*written) {
            DEBUG => long("DEBUG")?,
            ERROR => long("ERROR")?,
            INFO => ("INFO", 0, [first, second]),
            WARN => ("WARN", 0, [first, second]),
            _ => return None,
        };
        // More blanks than usual belong to the head.
        let usual = message[0] != b' ';
        let (length, pair) = (MINUTE + 16 + blank, u16::from_le_bytes(message));
        usual.then_some(Usual { seconds, level, length, pair })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::{Minute, Usual};
    use crate::parse::Clock;
    use crate::parse::head::Head;

    fn usual(minute: &Minute, text: &[u8]) -> Option<Usual> {
        minute.known()?.usual(text)
    }

    /// What is read fast must be what is read slowly.
    fn agrees(minute: &mut Minute, line: &str) -> bool {
        // Whatever stands behind a line is not read.
        let text = format!("{line}\n2026-11-23T00:23:20.763Z [DEBUG] a");
        let fast = usual(minute, text.as_bytes()).map(|usual| Head {
            stamp: minute.stamp(usual.seconds),
            clock: Clock::Full,
            level: Some(usual.level),
            length: usual.length,
        });
        let slow = Head::of(line.as_bytes());
        if let Some(head) = &slow {
            minute.learn(line.as_bytes(), head);
        }
        let plain = minute.known().and_then(|known| known.usual_debug(text.as_bytes(), 0));
        let debug =
            usual(minute, text.as_bytes()).filter(|u| u.level == "DEBUG").map(|u| (u.seconds, u.pair));
        plain == debug && (fast.is_none() || fast == slow)
    }

    #[test]
    fn the_second_line_of_a_minute_is_read_fast() {
        let mut minute = Minute::default();
        let (first, second) = (b"2026-11-23T00:23:20.763Z [DEBUG] a", b"2026-11-23T00:23:21.763Z [ERROR] bc");
        assert!(usual(&minute, first).is_none());
        minute.learn(first, &Head::of(first).unwrap());
        let fast = usual(&minute, second).unwrap();
        assert_eq!((fast.length, fast.level, fast.pair), (33, "ERROR", u16::from_le_bytes(*b"bc")));
        assert_eq!(minute.stamp(fast.seconds), Head::of(second).unwrap().stamp);
        assert!(usual(&minute, b"2026-11-23T00:23:20.763Z [DEBUG] a\n").unwrap().seconds < fast.seconds);
        assert!(usual(&minute, b"2026-11-23T00:23:21.763Z [DEBUG]  bc").is_none(), "more blanks than usual");
        assert!(usual(&minute, b"2026-11-23T00:23:21.763Z [INFO] bcd").is_some_and(|u| u.length == 32));
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
