//! Recognizes names that machines make: UUIDs, hexadecimal runs, opaque tokens.
//!
//! In: a word (a run of letters and digits with at least one digit) and its surroundings. Out: the kind and the
//! end of the made-up name that begins there. A word that a person could have written (`sha256`, `utf8`,
//! `jira2`, `x86_64`) is none.

use super::SlotKind;
use super::cursor::{byte, run, slice, word_ends};

/// Keys whose value is an id whatever it looks like: `cch=00000`.
const ID_KEYS: [&[u8]; 1] = [b"cch"];

/// How much of a token must show what it is.
const HEAD: usize = 256;

/// Whether the value of `key` is always an id.
pub(super) fn is_id_key(key: &[u8]) -> bool {
    ID_KEYS.contains(&key)
}

/// The made-up name that begins with the word `start..end`; `joined` is the `_` or `-` that ties it to a
/// word before it, or NUL.
pub(super) fn id(bytes: &[u8], start: usize, end: usize, joined: u8) -> Option<(SlotKind, usize)> {
    if let Some(end) = uuid(bytes, start, end) {
        return Some((SlotKind::Uuid, end));
    }
    let word = slice(bytes, start, end);
    let tied = joined == b'_';
    if is_hex(word) || (tied && word.len() >= 8 && word.iter().all(u8::is_ascii_digit)) {
        return Some((if tied { SlotKind::Id } else { SlotKind::Hex }, end));
    }
    if word.len() > 2 && word.starts_with(b"0x") && word.iter().skip(2).all(u8::is_ascii_hexdigit) {
        return Some((SlotKind::Hex, end));
    }
    if let Some(end) = token(bytes, start) {
        return Some((SlotKind::Id, end));
    }
    is_opaque(word, tied).then_some((SlotKind::Id, end))
}

/// `88a3d8d7-3059-4181-81db-edeecdd048fd`.
pub(super) fn uuid(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    if end != start + 8 || byte(bytes, end) != b'-' {
        return None;
    }
    let text = slice(bytes, start, start + 36);
    let dashed = |(i, b): (usize, &u8)| match i {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    };
    let whole = text.len() == 36 && text.iter().enumerate().all(dashed);
    (whole && word_ends(bytes, start + 36)).then_some(start + 36)
}

/// Eight hexadecimal digits or more, with a letter and a digit among them.
fn is_hex(word: &[u8]) -> bool {
    word.len() >= 8
        && word.iter().all(u8::is_ascii_hexdigit)
        && word.iter().any(u8::is_ascii_digit)
        && word.iter().any(u8::is_ascii_alphabetic)
}

/// A token of base 64 with `-` and `_`, from `start` on: long, of all three kinds of signs, mixed all through.
/// Its beginning must show it, so that a long chain of words is not read again from each of them on.
fn token(bytes: &[u8], start: usize) -> Option<usize> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let head = slice(bytes, start, bytes.len().min(start + HEAD));
    let text = slice(head, 0, run(head, 0, fits));
    let has = |kind: fn(&u8) -> bool| text.iter().any(kind);
    let mixed = text.len() >= 20
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && digit_count(text) > 2
        && turns(text) > 3;
    mixed.then(|| run(bytes, start, fits))
}

/// A word that no person writes: it begins with a digit and is long, or letters and digits take turns in it.
fn is_opaque(word: &[u8], tied: bool) -> bool {
    let led = word.first().is_some_and(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic);
    let long = if tied { 12 } else { 16 };
    (led && word.len() >= long) || (word.len() >= 12 && digit_count(word) > 1 && turns(word) > 2)
}

fn digit_count(word: &[u8]) -> usize {
    word.iter().filter(|b| b.is_ascii_digit()).count()
}

/// How often letters and digits that stand side by side take turns.
fn turns(word: &[u8]) -> usize {
    let turn = |pair: &[u8]| match pair {
        [a, b] => {
            (a.is_ascii_digit() && b.is_ascii_alphabetic()) || (a.is_ascii_alphabetic() && b.is_ascii_digit())
        }
        _ => false,
    };
    word.windows(2).filter(|pair| turn(pair)).count()
}

#[cfg(test)]
mod tests {
    use super::SlotKind::{Hex, Id, Uuid};
    use super::{id, run};

    fn found(text: &str, joined: u8) -> Option<(super::SlotKind, usize)> {
        let end = run(text.as_bytes(), 0, |b| b.is_ascii_alphanumeric());
        id(text.as_bytes(), 0, end, joined)
    }

    #[test]
    fn a_made_up_name_is_taken_whole() {
        for (text, joined, kind) in [
            ("88a3d8d7-3059-4181-81db-edeecdd048fd", 0, Uuid),
            ("ca2012184ada", 0, Hex),
            ("0x1F", 0, Hex),
            ("d3e48d08de84426ea0fcbbc4", b'_', Id),
            ("011CSHoEeqs5C35K2UUqR7Fy", b'_', Id),
            ("01XFDUDYJgAACzvnptvVoYEL", b'_', Id),
            ("9tD-3k_ZxB7qLm2-Rr5T0w", 0, Id),
            ("12345678", b'_', Id),
        ] {
            assert_eq!(found(text, joined), Some((kind, text.len())), "{text}");
        }
    }

    #[test]
    fn a_word_with_digits_is_no_made_up_name() {
        for text in ["sha256", "utf8", "jira2", "x86_64", "3P", "base64url", "V2", "PostToolUse2", "12345678"]
        {
            assert_eq!(found(text, 0), None, "{text}");
        }
        assert_eq!(found("version2a", b'_'), None);
    }
}
