//! Recognizes what begins with a digit and is counted or measured: numbers, durations, sizes, versions, IPs.
//!
//! In: a message and the place of a digit. Out: the kind and the end of the value that begins there. It does
//! not decide whether a number is meaning (a status, an error code): that is `context`.

use super::SlotKind;
use super::cursor::{byte, digits, plain_end, run, slice, value, word_ends};

/// The value that begins with the digit at `at`; `None` where the digits are part of a word (`3P`, `2mb6po`).
pub(super) fn number(bytes: &[u8], at: usize) -> Option<(SlotKind, usize)> {
    let whole = digits(bytes, at);
    if byte(bytes, whole) == b'.' && byte(bytes, whole + 1).is_ascii_digit() {
        return dotted(bytes, at, whole);
    }
    measured(bytes, thousands(bytes, at, whole)).or_else(|| measured(bytes, whole))
}

/// Digits with dots between: a decimal, a version or an IPv4 address.
fn dotted(bytes: &[u8], at: usize, whole: usize) -> Option<(SlotKind, usize)> {
    let (mut parts, mut end, mut octets) = (1, whole, is_octet(slice(bytes, at, whole)));
    while byte(bytes, end) == b'.' && byte(bytes, end + 1).is_ascii_digit() {
        let next = digits(bytes, end + 1);
        octets &= is_octet(slice(bytes, end + 1, next));
        (parts, end) = (parts + 1, next);
    }
    match parts {
        // `1.5x` is a number and a word.
        2 => measured(bytes, exponent(bytes, end)).or_else(|| measured(bytes, whole)),
        4 if octets && word_ends(bytes, end) => Some((SlotKind::Ip, end)),
        _ => Some((SlotKind::Version, version_suffix(bytes, end))),
    }
}

/// The end of a version that begins with the digit at `at` and has at least two parts.
pub(super) fn version(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut end, mut parts) = (digits(bytes, at), 1);
    while byte(bytes, end) == b'.' && byte(bytes, end + 1).is_ascii_digit() {
        (end, parts) = (digits(bytes, end + 1), parts + 1);
    }
    (parts > 1).then(|| version_suffix(bytes, end))
}

/// The end of what hangs on a version: `.a76`, `rc1`, `-beta.2`, `+build.5`.
fn version_suffix(bytes: &[u8], at: usize) -> usize {
    let alnum = |from| run(bytes, from, |b| b.is_ascii_alphanumeric());
    let mut end = alnum(at);
    if byte(bytes, end) == b'.' {
        let build = alnum(end + 1);
        // `2.1.147.a76`, but not the next sentence's first word.
        if slice(bytes, end + 1, build).iter().any(u8::is_ascii_digit) {
            end = build;
        }
    }
    while matches!(byte(bytes, end), b'-' | b'+') && byte(bytes, end + 1).is_ascii_alphanumeric() {
        end = alnum(end + 1);
        while byte(bytes, end) == b'.' && byte(bytes, end + 1).is_ascii_digit() {
            end = alnum(end + 1);
        }
    }
    end
}

/// Whether the digits can be a part of an IPv4 address.
fn is_octet(part: &[u8]) -> bool {
    part.len() <= 3 && value(part) <= 255 && (part.len() == 1 || part.first() != Some(&b'0'))
}

/// The end of `1,234,567`, or of the digits alone. No number has more groups than six; a list may, and must not
/// be read again from each of its numbers on.
fn thousands(bytes: &[u8], at: usize, whole: usize) -> usize {
    let mut end = whole;
    while whole - at <= 3 && end < whole + 24 && byte(bytes, end) == b',' && digits(bytes, end + 1) == end + 4
    {
        end += 4;
    }
    exponent(bytes, end)
}

/// The end of `e-7` behind a number, or the number's own.
fn exponent(bytes: &[u8], at: usize) -> usize {
    let signed = at + 1 + usize::from(matches!(byte(bytes, at + 1), b'-' | b'+'));
    let end = digits(bytes, signed);
    let fits = matches!(byte(bytes, at), b'e' | b'E') && end > signed && word_ends(bytes, end);
    if fits { end } else { at }
}

/// What a number that ends at `end` is, by the unit behind it.
fn measured(bytes: &[u8], end: usize) -> Option<(SlotKind, usize)> {
    let found = unit(bytes, end).and_then(|(kind, rank, end)| match kind {
        SlotKind::Ms => smaller_units(bytes, end, rank).map(|end| (kind, end)),
        _ => word_ends(bytes, end).then_some((kind, end)),
    });
    found.or_else(|| word_ends(bytes, end).then_some((SlotKind::Number, end)))
}

/// The end of a duration whose first unit ends at `end`, in as many units as go on with it: `1m 30s`, `2h5m`.
fn smaller_units(bytes: &[u8], mut end: usize, mut rank: u8) -> Option<usize> {
    let mut whole = None;
    loop {
        whole = if word_ends(bytes, end) { Some(end) } else { whole };
        let next = end + usize::from(byte(bytes, end) == b' ');
        let number = digits(bytes, next);
        match attached(bytes, number) {
            Some((SlotKind::Ms, lower, after)) if number > next && lower < rank => {
                (end, rank) = (after, lower);
            }
            _ => return whole,
        }
    }
}

/// The unit at `at`, directly or behind one space: its kind, its rank among durations, and its end.
fn unit(bytes: &[u8], at: usize) -> Option<(SlotKind, u8, usize)> {
    attached(bytes, at).or_else(|| {
        let found = (byte(bytes, at) == b' ').then(|| attached(bytes, at + 1)).flatten()?;
        // One letter a space away is a word of its own (`5 m`, `3 d`), but for seconds and bytes.
        let letter = found.2 == at + 2 && !matches!(byte(bytes, at + 1), b's' | b'B');
        (!letter && found.0 != SlotKind::Number && plain_end(bytes, found.2)).then_some(found)
    })
}

/// The unit that begins at `at`.
fn attached(bytes: &[u8], at: usize) -> Option<(SlotKind, u8, usize)> {
    let letters = slice(bytes, at, run(bytes, at, |b| b.is_ascii_alphabetic()));
    let end = at + letters.len();
    if letters.is_empty() {
        return micro(bytes, at);
    }
    let (kind, rank) = match letters {
        b"ns" | b"us" => (SlotKind::Ms, 0),
        b"ms" | b"msec" | b"msecs" | b"millis" | b"millisecond" | b"milliseconds" => (SlotKind::Ms, 1),
        b"s" | b"sec" | b"secs" | b"second" | b"seconds" => (SlotKind::Ms, 2),
        b"m" | b"min" | b"mins" | b"minute" | b"minutes" => (SlotKind::Ms, 3),
        b"h" | b"hr" | b"hrs" | b"hour" | b"hours" => (SlotKind::Ms, 4),
        b"d" | b"day" | b"days" => (SlotKind::Ms, 5),
        b"B" | b"byte" | b"bytes" | b"kB" | b"KB" | b"MB" | b"GB" | b"TB" | b"kb" | b"mb" | b"gb"
        | b"KiB" | b"MiB" | b"GiB" | b"TiB" | b"k" | b"K" | b"M" | b"G" => (SlotKind::Size, 0),
        b"st" | b"nd" | b"rd" | b"th" => (SlotKind::Number, 0),
        _ => return None,
    };
    Some((kind, rank, end))
}

/// `µs`, with either of Unicode's two letters for it.
fn micro(bytes: &[u8], at: usize) -> Option<(SlotKind, u8, usize)> {
    let mu = matches!(slice(bytes, at, at + 2), b"\xc2\xb5" | b"\xce\xbc");
    (mu && byte(bytes, at + 2) == b's' && plain_end(bytes, at + 3)).then_some((SlotKind::Ms, 0, at + 3))
}

/// The end of the IPv6 address that begins at `at`: with `::` in it, or of eight groups.
pub(super) fn ipv6(bytes: &[u8], at: usize) -> Option<usize> {
    // The longest has 39 signs: what goes on behind is none, and must not be read again from each colon on.
    let reach = bytes.len().min(at + 40);
    let end = run(slice(bytes, 0, reach), at, |b| b.is_ascii_hexdigit() || b == b':');
    let text = slice(bytes, at, end);
    let groups = || text.split(|&b| b == b':');
    let gaps = text.windows(2).filter(|pair| pair == b"::").count();
    let shaped = gaps == 1 || (gaps == 0 && groups().count() == 8 && groups().all(|g| !g.is_empty()));
    let fits = groups().count() <= 9 && groups().all(|g| g.len() <= 4) && text.iter().any(u8::is_ascii_digit);
    let whole = word_ends(bytes, end) && byte(bytes, end) != b':' && !text.ends_with(b":");
    (shaped && fits && whole).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::super::SlotKind::{Ip, Ms, Number, Size, Version};
    use super::{ipv6, number};

    #[test]
    fn each_value_is_taken_whole_and_by_its_kind() {
        for (text, kind) in [
            ("353", Number),
            ("1,234,567", Number),
            ("36.9", Number),
            ("1.5e-7", Number),
            ("2nd", Number),
            ("327ms", Ms),
            ("1.2 ms", Ms),
            ("30 seconds", Ms),
            ("1m 30s", Ms),
            ("2h5m", Ms),
            ("12µs", Ms),
            ("17.2KB", Size),
            ("50 bytes", Size),
            ("2.1.147", Version),
            ("2.1.147.a76", Version),
            ("2.1.147.463", Version),
            ("2.1.330.073", Version),
            ("1.0.0-beta.2", Version),
            ("127.0.0.1", Ip),
        ] {
            assert_eq!(number(text.as_bytes(), 0), Some((kind, text.len())), "{text}");
        }
    }

    #[test]
    fn a_value_ends_before_the_next_word() {
        for (text, end) in [("5 m", 1), ("5s 3s", 2), ("1,2345", 1), ("1.2.3. Then", 5), ("127.0.0.1-x", 9)] {
            assert_eq!(number(text.as_bytes(), 0).map(|found| found.1), Some(end), "{text}");
        }
    }

    #[test]
    fn digits_inside_a_word_are_no_number() {
        for text in ["3P", "2mb6po", "5msx", "4xx"] {
            assert_eq!(number(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn an_ipv6_address_is_no_path_in_code() {
        for text in ["::1", "fe80::1ff:fe23", "2001:db8:0:0:0:0:0:1"] {
            assert_eq!(ipv6(text.as_bytes(), 0), Some(text.len()), "{text}");
        }
        for text in ["std::add", "12:34:56", "a::b", "1:", "::"] {
            assert_eq!(ipv6(text.as_bytes(), 0), None, "{text}");
        }
    }
}
