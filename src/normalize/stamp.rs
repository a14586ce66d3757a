//! Recognizes dates and times of day, in the forms that logs and JavaScript write.
//!
//! In: a message and the place of a digit (or of a weekday's first letter). Out: where the stamp that begins
//! there ends. It reads no clock into a number: that is `parse::Stamp`.

use super::cursor::{byte, digits, plain_end, run, slice, value, word_ends};

/// The end of the stamp that begins with the digit at `at`.
pub(super) fn stamp(bytes: &[u8], at: usize) -> Option<usize> {
    match digits(bytes, at) - at {
        4 => date(bytes, at).map(|end| time_after_date(bytes, end)),
        1 | 2 if byte(bytes, digits(bytes, at)) == b':' => time_of_day(bytes, at),
        1 | 2 if byte(bytes, digits(bytes, at)) == b'/' => slashed_date(bytes, at),
        _ => None,
    }
}

/// `2026-11-23`.
fn date(bytes: &[u8], at: usize) -> Option<usize> {
    let month = part(bytes, at + 4, b'-', 12)?;
    let day = part(bytes, month, b'-', 31)?;
    (!byte(bytes, day).is_ascii_digit()).then_some(day)
}

/// The end of a time that follows a date, or of the date: `T00:23:19.027Z`, ` 00:23:19`, `T06-19-12-114Z`.
fn time_after_date(bytes: &[u8], date: usize) -> usize {
    if !matches!(byte(bytes, date), b'T' | b't' | b' ' | b'_') {
        return date;
    }
    let dashed = || {
        let minute = part(bytes, digits(bytes, date + 1), b'-', 59)?;
        let second = part(bytes, minute, b'-', 60)?;
        let end = if byte(bytes, second) == b'-' { digits(bytes, second + 1) } else { second };
        Some(if byte(bytes, end) == b'Z' { end + 1 } else { end })
    };
    match digits(bytes, date + 1) - date - 1 {
        1 | 2 => time_of_day(bytes, date + 1).or_else(dashed).unwrap_or(date),
        _ => date,
    }
}

/// `00:23:19`, with a fraction, a zone and AM or PM if they are there.
fn time_of_day(bytes: &[u8], at: usize) -> Option<usize> {
    let hour = digits(bytes, at);
    if value(slice(bytes, at, hour)) > 24 {
        return None;
    }
    let minute = part(bytes, hour, b':', 59)?;
    let second = part(bytes, minute, b':', 60)?;
    let fraction = match byte(bytes, second) {
        b'.' | b',' if byte(bytes, second + 1).is_ascii_digit() => digits(bytes, second + 1),
        _ => second,
    };
    let end = zone(bytes, fraction);
    word_ends(bytes, end).then(|| half_of_day(bytes, end))
}

/// `Z`, `+01:00`, `-0500`.
fn zone(bytes: &[u8], at: usize) -> usize {
    match byte(bytes, at) {
        b'Z' => at + 1,
        b'+' | b'-' => {
            let hours = digits(bytes, at + 1);
            match (hours - at - 1, byte(bytes, hours)) {
                (2, b':') if digits(bytes, hours + 1) == hours + 3 => hours + 3,
                (4, _) => hours,
                _ => at,
            }
        }
        _ => at,
    }
}

/// ` AM` or ` PM`; newer JavaScript writes a narrow space (U+202F).
fn half_of_day(bytes: &[u8], at: usize) -> usize {
    let space = if slice(bytes, at, at + 3) == "\u{202f}".as_bytes() {
        3
    } else {
        usize::from(byte(bytes, at) == b' ')
    };
    let end = at + space + 2;
    let half = slice(bytes, at + space, end);
    let fits = half.eq_ignore_ascii_case(b"am") || half.eq_ignore_ascii_case(b"pm");
    if space > 0 && fits && plain_end(bytes, end) { end } else { at }
}

/// `11/23/2026`, with the time that JavaScript's locale form puts behind it.
fn slashed_date(bytes: &[u8], at: usize) -> Option<usize> {
    let second = part(bytes, digits(bytes, at), b'/', 31).or_else(|| short_part(bytes, digits(bytes, at)))?;
    let year = digits(bytes, second + 1);
    if byte(bytes, second) != b'/' || !matches!(year - second - 1, 2 | 4) || !word_ends(bytes, year) {
        return None;
    }
    let behind = year + usize::from(byte(bytes, year) == b',') + 1;
    let time = (byte(bytes, behind - 1) == b' ').then(|| time_of_day(bytes, behind)).flatten();
    Some(time.unwrap_or(year))
}

/// `Mon, 23 Nov 2026 04:57:01 GMT` and `Mon Nov 23 2026 04:57:01 GMT+0000 (Coordinated Universal Time)`.
pub(super) fn spoken(bytes: &[u8], at: usize) -> Option<usize> {
    const DAYS: &[u8] = b"MonTueWedThuFriSatSun";
    if !DAYS.chunks_exact(3).any(|day| day == slice(bytes, at, at + 3)) {
        return None;
    }
    let comma = at + 3 + usize::from(byte(bytes, at + 3) == b',');
    let first = run(bytes, comma + 1, |b| b.is_ascii_alphanumeric());
    let second = run(bytes, first + 1, |b| b.is_ascii_alphanumeric());
    let year = digits(bytes, second + 1);
    let named = is_month(slice(bytes, comma + 1, first)) || is_month(slice(bytes, first + 1, second));
    let spaced = [comma, first, second, year].iter().all(|&gap| byte(bytes, gap) == b' ');
    if !named || !spaced || year != second + 5 {
        return None;
    }
    let time = time_of_day(bytes, year + 1)?;
    Some(spoken_zone(bytes, time))
}

/// ` GMT`, ` GMT+0000`, ` GMT+0000 (Coordinated Universal Time)`.
fn spoken_zone(bytes: &[u8], at: usize) -> usize {
    if slice(bytes, at, at + 4) != b" GMT" {
        return at;
    }
    let end = zone(bytes, at + 4);
    if slice(bytes, end, end + 2) != b" (" {
        return end;
    }
    let name = run(bytes, end + 2, |b| b.is_ascii_alphabetic() || b == b' ');
    if byte(bytes, name) == b')' { name + 1 } else { end }
}

fn is_month(word: &[u8]) -> bool {
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    word.len() == 3 && MONTHS.chunks_exact(3).any(|month| month == word)
}

/// The end of `mark` and two digits of at most `most`.
fn part(bytes: &[u8], at: usize, mark: u8, most: u64) -> Option<usize> {
    let two = slice(bytes, at + 1, at + 3);
    let fits = byte(bytes, at) == mark && two.len() == 2 && two.iter().all(u8::is_ascii_digit);
    (fits && value(two) <= most).then_some(at + 3)
}

/// The end of `/` and one digit.
fn short_part(bytes: &[u8], at: usize) -> Option<usize> {
    (byte(bytes, at) == b'/' && digits(bytes, at + 1) == at + 2).then_some(at + 2)
}

#[cfg(test)]
mod tests {
    use super::{spoken, stamp};

    #[test]
    fn every_written_form_of_a_stamp_is_taken_whole() {
        for text in [
            "2026-11-23T00:23:19.027Z",
            "2026-11-23 00:23:19,027",
            "2026-11-23T00:23:19+01:00",
            "2026-08-11T06-19-12-114Z",
            "2026-11-23",
            "07:52:51.226",
            "4:57:01 AM",
            "4:57:01\u{202f}pm",
            "11/23/2026, 4:57:01 PM",
            "1/2/26",
        ] {
            assert_eq!(stamp(text.as_bytes(), 0), Some(text.len()), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_stamp_is_none() {
        for text in ["2026-13-23", "20261-11-23", "12:34", "12:61:00", "99:00:00", "1/2", "1/2/3", "2/50/26"]
        {
            assert_eq!(stamp(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn a_date_in_words_ends_with_its_zone() {
        for text in [
            "Mon, 23 Nov 2026 04:57:01 GMT",
            "Mon Nov 23 2026 04:57:01 GMT+0000 (Coordinated Universal Time)",
        ] {
            assert_eq!(spoken(text.as_bytes(), 0), Some(text.len()), "{text}");
        }
        assert_eq!(spoken(b"Mon the server died", 0), None);
    }
}
