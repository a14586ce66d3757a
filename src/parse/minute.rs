//! Reads the usual head of a line, `2026-11-23T00:23:20.763Z [DEBUG] `, fast: most lines are of the minute of the line
//! before them, and the date of a minute is read once.
//!
//! Comes in: lines. Goes out: the clock and the length of the head, where it is the usual one and of a known minute;
//! whatever is not is left to [`Head`], and what is here is what that would give.

use super::head::Head;
use super::{Clock, Stamp};

/// `2026-11-23T00:23:`.
const MINUTE: usize = 17;

/// The first eight bytes behind the clock, the level in them, and what must follow them.
const LEVELS: [([u8; 8], &str, &[u8]); 4] = [
    (*b" [DEBUG]", "DEBUG", b" "),
    (*b" [ERROR]", "ERROR", b" "),
    (*b" [INFO] ", "INFO", b""),
    (*b" [WARN] ", "WARN", b""),
];

/// The minute of the lines before.
#[derive(Debug, Default)]
pub(super) struct Minute {
    text: [u8; MINUTE],
    start: Option<i64>,
}

impl Minute {
    /// The head of `line`, if it is the usual one.
    pub(super) fn head(&mut self, line: &[u8]) -> Option<Head<'static>> {
        if line.get(..MINUTE)? != self.text {
            self.learn(line);
            return None;
        }
        let [tens, ones, b'.', ms @ .., b'Z'] = line.get(MINUTE..)?.first_chunk::<7>()? else { return None };
        let seconds = two(*tens, *ones).filter(|s| *s <= 60)?;
        let ms = two(ms[0], ms[1])? * 10 + two(b'0', ms[2])?;
        let behind = line.get(MINUTE + 7..)?;
        let written = behind.first_chunk::<8>()?;
        let (_, level, more) = LEVELS.iter().find(|(text, ..)| text == written)?;
        let length = MINUTE + 7 + 8 + more.len();
        if !behind.get(8..)?.starts_with(more) || line.get(length) == Some(&b' ') {
            return None;
        }
        let stamp = Some(Stamp(self.start? + seconds * 1000 + ms));
        Some(Head { stamp, clock: Clock::Full, level: Some(level), length })
    }

    /// Takes the minute of a line whose head is read anyway.
    fn learn(&mut self, line: &[u8]) {
        let Some(text) = line.first_chunk::<MINUTE>() else { return };
        let known = Head::of(line).filter(|h| h.clock == Clock::Full);
        let Some(stamp) = known.and_then(|_| Stamp::full(&[&text[..], b"00.000Z"].concat())) else { return };
        (self.text, self.start) = (*text, Some(stamp.0.0));
    }
}

fn two(a: u8, b: u8) -> Option<i64> {
    (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::Minute;
    use crate::parse::head::Head;

    /// What is read fast must be what is read slowly.
    fn agrees(minute: &mut Minute, line: &str) -> bool {
        let fast = minute.head(line.as_bytes());
        let slow = Head::of(line.as_bytes());
        fast.is_none() || fast == slow
    }

    #[test]
    fn the_second_line_of_a_minute_is_read_fast() {
        let mut minute = Minute::default();
        assert!(minute.head(b"2026-11-23T00:23:20.763Z [DEBUG] a").is_none());
        assert_eq!(minute.head(b"2026-11-23T00:23:21.763Z [ERROR] b").map(|h| h.length), Some(33));
        assert!(minute.head(b"2026-11-23T00:23:21.763Z [DEBUG]  b").is_none(), "more blanks than usual");
    }

    proptest! {
        #[test]
        fn whatever_is_read_fast_is_read_the_same_slowly(
            lines in proptest::collection::vec("20[0-9]{2}-1[0-9]-[0-3][0-9][T ]2[0-9]:5[0-9]:[0-6][0-9].[0-9]{2,4}Z? {0,2}.[DIEBUG]{4,5}.? {0,2}a?", 1..5),
            other in "2026-11-23T00:23:[0-9]{2}[.:][0-9]{3}Z (\\[DEBUG\\]|\\[INFO\\]|\\[ERROR\\]|x) {0,2}[a ]{0,2}",
        ) {
            let mut minute = Minute::default();
            minute.head(b"2026-11-23T00:23:20.763Z [DEBUG] a");
            prop_assert_eq!(agrees(&mut minute, &other), true);
            for line in lines {
                prop_assert_eq!(agrees(&mut minute, &line), true);
                prop_assert_eq!(agrees(&mut minute, &line), true);
            }
        }
    }
}
