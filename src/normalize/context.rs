//! Tells the numbers that are meaning from those that vary: statuses, exit codes and error codes by their context.
//!
//! In: a number and the literal words directly before and behind it. Out: whether it stays as it is written.
//! These are small sets of values whose change says something, so `HTTP 404` and `HTTP 500` are two messages.
//! Only words that stay literal themselves count as context: so a template reads like its message.

use super::cursor::{byte, plain_end, run, slice, value};

/// The literal words that directly precede a place, and what stands between.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before<'a> {
    /// The nearest word.
    pub(super) word: &'a [u8],
    /// The word before that, where one space lies between.
    pub(super) earlier: &'a [u8],
    /// What stands between the nearest word and the place.
    pub(super) gap: &'a [u8],
}

impl Before<'_> {
    /// Whether the nearest word is `word`, in any case, with nothing but punctuation behind it.
    pub(super) fn is(&self, word: &[u8]) -> bool {
        self.word.eq_ignore_ascii_case(word)
            && self.gap.len() <= 4
            && self.gap.iter().all(|b| b" :=\"'([".contains(b))
    }

    /// Whether the nearest word ends in `tail`, in any case, with nothing but punctuation behind it.
    pub(super) fn ends(&self, tail: &[u8]) -> bool {
        let from = self.word.len().saturating_sub(tail.len());
        Self { word: self.word.get(from..).unwrap_or_default(), ..*self }.is(tail)
    }

    fn is_any(&self, words: &[&[u8]]) -> bool {
        words.iter().any(|word| self.is(word))
    }
}

/// Words behind which a number is a code, whatever its value.
const CODES: [&[u8]; 7] = [b"code", b"status", b"statuscode", b"errno", b"errorcode", b"exitcode", b"signal"];
/// Words behind which a number is a status if it can be one.
const ANSWERS: [&[u8]; 8] =
    [b"http", b"returned", b"returns", b"answered", b"responded", b"got", b"received", b"error"];
/// Words that make one of `ANSWERS` with `with` behind them.
const ANSWERED: [&[u8]; 5] = [b"responded", b"answered", b"failed", b"replied", b"rejected"];
/// First words of the reason phrases that follow a status.
const REASONS: [&[u8]; 15] = [
    b"OK",
    b"Not",
    b"Unauthorized",
    b"Forbidden",
    b"Bad",
    b"Internal",
    b"Service",
    b"Gateway",
    b"Method",
    b"Conflict",
    b"Gone",
    b"Too",
    b"Request",
    b"Payload",
    b"Unprocessable",
];

/// Whether the number `text`, perhaps signed, stays literal between `before` and what follows it at `end`.
pub(super) fn is_meaning(bytes: &[u8], before: Before, text: &[u8], end: usize) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    if is_json_rpc(text) || (digits.len() <= 6 && (before.is_any(&CODES) || is_os_error(before))) {
        return true;
    }
    if !is_status(text) || is_fraction(bytes, end) {
        return false;
    }
    before.is_any(&ANSWERS)
        || (before.is(b"with") && ANSWERED.iter().any(|w| before.earlier.eq_ignore_ascii_case(w)))
        || has_reason(bytes, end)
}

/// JSON-RPC's own range of error codes.
fn is_json_rpc(text: &[u8]) -> bool {
    text.first() == Some(&b'-') && text.len() == 6 && (32_000..=32_768).contains(&value(slice(text, 1, 6)))
}

/// `os error 2`.
fn is_os_error(before: Before) -> bool {
    before.is(b"error") && before.earlier.eq_ignore_ascii_case(b"os")
}

/// A number that HTTP uses as a status.
fn is_status(text: &[u8]) -> bool {
    text.len() == 3
        && matches!(value(text), 100..=103 | 200..=208 | 300..=308 | 400..=431 | 451 | 499..=511 | 520..=530)
}

/// `404/500` counts something.
fn is_fraction(bytes: &[u8], end: usize) -> bool {
    byte(bytes, end) == b'/' && byte(bytes, end + 1).is_ascii_digit()
}

/// Whether a reason phrase follows: ` Not Found`.
fn has_reason(bytes: &[u8], end: usize) -> bool {
    let word = slice(bytes, end + 1, run(bytes, end + 1, |b| b.is_ascii_alphabetic()));
    let next = end + 1 + word.len();
    byte(bytes, end) == b' ' && plain_end(bytes, next) && REASONS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::{Before, is_meaning};

    fn literal(word: &str, gap: &str, text: &str, behind: &str) -> bool {
        let before = Before { word: word.as_bytes(), earlier: b"", gap: gap.as_bytes() };
        is_meaning(behind.as_bytes(), before, text.as_bytes(), 0)
    }

    #[test]
    fn codes_stay_and_counts_do_not() {
        for (word, gap, text, behind) in [
            ("HTTP", " ", "404", ")"),
            ("status", "\": ", "404", ""),
            ("code", "=", "2", ""),
            ("errno", ": ", "-111", ""),
            ("error", " ", "-32000", ": Connection closed"),
            ("returned", " ", "404", ""),
            ("was", " ", "500", " Internal Server Error"),
        ] {
            assert!(literal(word, gap, text, behind), "{word}{gap}{text}{behind}");
        }
        for (word, gap, text, behind) in [
            ("returned", " ", "0", " servers"),
            ("returned", " ", "145", " certificates"),
            ("error", " ", "1", "/3"),
            ("error", " ", "404", "/500"),
            ("loaded", " ", "404", " plugins"),
            ("code", "=", "1795394", ""),
            ("code", " then ", "2", ""),
        ] {
            assert!(!literal(word, gap, text, behind), "{word}{gap}{text}{behind}");
        }
    }
}
