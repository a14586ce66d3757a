//! Clocks of log lines.

/// Milliseconds: since 1970 UTC for a full clock, since midnight for a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub i64);

/// How much of a clock a log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Clock {
    /// None: only order is known.
    #[default]
    None,
    /// Hours to milliseconds, without a day.
    TimeOfDay,
    /// Day and time.
    Full,
}

impl Clock {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::TimeOfDay => "time-of-day",
            Self::Full => "full",
        }
    }
}

impl Stamp {
    /// Reads `2026-11-23T00:23:20.763Z` at the start of `bytes`; gives the stamp and the bytes it took.
    pub fn full(bytes: &[u8]) -> Option<(Self, usize)> {
        let b = bytes.get(..20)?;
        if b[4] != b'-' || b[7] != b'-' || !matches!(b[10], b'T' | b' ') || b[13] != b':' || b[16] != b':' {
            return None;
        }
        let (year, month, day) = (digits(&b[0..4])?, digits(&b[5..7])?, digits(&b[8..10])?);
        let (hour, minute, second) = (digits(&b[11..13])?, digits(&b[14..16])?, digits(&b[17..19])?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (ms, mut used) = fraction(bytes, 19);
        if bytes.get(used) == Some(&b'Z') {
            used += 1;
        }
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
        Some((Self(seconds * 1000 + ms), used))
    }

    /// Reads `07:52:51.226` (an optional `Z` behind it) at the start of `bytes`.
    pub fn time_of_day(bytes: &[u8]) -> Option<(Self, usize)> {
        let b = bytes.get(..8)?;
        if b[2] != b':' || b[5] != b':' {
            return None;
        }
        let (hour, minute, second) = (digits(&b[0..2])?, digits(&b[3..5])?, digits(&b[6..8])?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (ms, mut used) = fraction(bytes, 8);
        if bytes.get(used) == Some(&b'Z') {
            used += 1;
        }
        Some((Self((hour * 3600 + minute * 60 + second) * 1000 + ms), used))
    }
}

/// Milliseconds of `.123` at `at`, to whatever number of digits, and the index behind it.
fn fraction(bytes: &[u8], at: usize) -> (i64, usize) {
    if bytes.get(at) != Some(&b'.') {
        return (0, at);
    }
    let written = bytes.iter().skip(at + 1).take(9).take_while(|b| b.is_ascii_digit());
    let (mut ms, mut length) = (0, 0);
    for digit in written {
        if length < 3 {
            ms = ms * 10 + i64::from(digit - b'0');
        }
        length += 1;
    }
    let missing = 3_usize.saturating_sub(length);
    (ms * [1, 10, 100, 1000][missing], at + 1 + length)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

/// Days since 1970-01-01 of a civil date (Howard Hinnant's algorithm, proleptic Gregorian).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{Stamp, days_from_civil};

    #[test]
    fn a_full_stamp_counts_milliseconds_since_1970() {
        assert_eq!(Stamp::full(b"1970-01-02T00:00:00.001Z [DEBUG]"), Some((Stamp(86_400_001), 24)));
        assert_eq!(Stamp::full(b"2026-11-23T00:23:20.763Z x").map(|s| s.0.0), Some(1_795_393_400_763));
    }

    #[test]
    fn a_date_that_cannot_be_is_no_stamp() {
        assert_eq!(Stamp::full(b"2026-13-23T00:23:20.763Z"), None);
        assert_eq!(Stamp::full(b"2026-11-2"), None);
    }

    #[test]
    fn a_short_clock_counts_from_midnight() {
        assert_eq!(Stamp::time_of_day(b"07:52:51.226Z x"), Some((Stamp(28_371_226), 13)));
    }

    #[test]
    fn a_leap_day_is_followed_by_the_first_of_march() {
        assert_eq!(days_from_civil(2024, 3, 1) - days_from_civil(2024, 2, 29), 1);
    }
}
