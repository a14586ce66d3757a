//! A text as its reader will see it, whatever it was escaped for.
//!
//! Comes in: any text: a log's, or a finished report in any format. Goes out: the same text with the escapes of JSON,
//! Markdown, HTML and GitHub's commands undone, invisible characters and colour sequences dropped, and for each
//! of its bytes the place in the original. Rules look at views alone: what they find in a log's words they find
//! again in the same words within a report, however the format wrote them, and what they find in neither is in
//! neither. Line breaks stay as they are written (`\n` stays two characters), so that no rule reaches across.

use std::borrow::Cow;
use std::ops::Range;

/// What JSON and Markdown write a backslash before. Not the dot: `C:\Users\ann\.claude` is a path.
const ESCAPED: &str = "\"'\\/`*_[]|~<>&";

/// The view of a text.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// What the rules look at.
    pub(super) text: Cow<'a, str>,
    /// For each byte of `text`, and for its end, where in the original it comes from. Empty: the same place.
    places: Vec<usize>,
}

impl<'a> View<'a> {
    /// Undoes all escapes of `original`.
    pub(super) fn of(original: &'a str) -> Self {
        if original.bytes().all(|b| b < 0x80 && !matches!(b, b'\\' | b'&' | b'%' | 0x1b)) {
            return Self { text: Cow::Borrowed(original), places: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut places = Vec::with_capacity(original.len() + 1);
        let mut at = 0;
        while let Some(rest) = original.get(at..).filter(|rest| !rest.is_empty()) {
            let (length, shown) = unescaped(rest);
            if let Some(c) = shown {
                text.push(c);
                places.resize(text.len(), at);
            }
            at += length;
        }
        places.push(original.len());
        Self { text: Cow::Owned(text), places }
    }

    /// The part of the original that a part of the view stands for.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        if self.places.is_empty() {
            return range.clone();
        }
        let place = |at: usize| self.places.get(at).copied().unwrap_or_default();
        place(range.start)..place(range.end)
    }
}

/// How much of `rest` makes the next character, and the character; `None` where it shows nothing.
fn unescaped(rest: &str) -> (usize, Option<char>) {
    let first = rest.chars().next().unwrap_or_default();
    let plain = (first.len_utf8(), Some(first));
    match first {
        '\\' => backslash(rest),
        '&' => entity(rest).map_or(plain, |(length, c)| (length, Some(c))),
        '%' => percent(rest).map_or(plain, |(length, c)| (length, Some(c))),
        '\u{1b}' => (colour(rest), None),
        c if is_invisible(c) => (c.len_utf8(), None),
        _ => plain,
    }
}

/// A run of backslashes vanishes before punctuation, and is one backslash before anything else; `\u0022` is what
/// it says.
fn backslash(rest: &str) -> (usize, Option<char>) {
    let run = rest.len() - rest.trim_start_matches('\\').len();
    let after = rest.get(run..).unwrap_or_default();
    let next = after.chars().next().unwrap_or_default();
    if ESCAPED.contains(next) {
        // What follows may itself be the beginning of an escape, e.g. `\&lt;`.
        let (length, shown) = unescaped(after);
        return (run + length, shown);
    }
    if let Some((length, c)) = code_point(after) {
        let seen = (c.is_ascii() && !c.is_ascii_control()) || is_invisible(c);
        return if seen { (run + length, Some(c).filter(char::is_ascii)) } else { (run, Some('\\')) };
    }
    (run, Some('\\'))
}

/// `u0022`, `x22`, or `u{22}`: its length and what it stands for.
fn code_point(text: &str) -> Option<(usize, char)> {
    let (digits, length) = match text.as_bytes().first_chunk()? {
        [b'u', b'{'] => {
            let end = text.find('}')?;
            (text.get(2..end)?, end + 1)
        }
        [b'u', _] => (text.get(1..5)?, 5),
        [b'x', _] => (text.get(1..3)?, 3),
        _ => return None,
    };
    if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some((length, char::from_u32(u32::from_str_radix(digits, 16).ok()?)?))
}

/// `&lt;`, `&#60;`, `&amp;lt;`: its length and the character that is left when all is undone.
fn entity(rest: &str) -> Option<(usize, char)> {
    let mut name = rest.strip_prefix('&')?;
    while let Some(inner) = name.strip_prefix("amp;") {
        name = inner;
    }
    let before = rest.len() - name.len();
    let named = [("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("apos;", '\''), ("nbsp;", ' ')];
    if let Some((word, c)) = named.iter().find(|(word, _)| name.starts_with(word)) {
        return Some((before + word.len(), *c));
    }
    if let Some((length, c)) = name.strip_prefix('#').and_then(numbered) {
        return Some((before + 1 + length, c));
    }
    (before > 1).then_some((before, '&'))
}

/// `60;` or `x3c;`.
fn numbered(text: &str) -> Option<(usize, char)> {
    let end = text.find(';').filter(|end| *end < 8)?;
    let digits = text.get(..end)?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code).filter(|c| c.is_ascii() && !c.is_ascii_control()).map(|c| (end + 1, c))
}

/// `%3A` and `%253A`: the few signs that hide an address. Signs that end a value stay written as they are, since
/// what is escaped in a value belongs to it.
fn percent(rest: &str) -> Option<(usize, char)> {
    let mut code = rest.get(1..)?;
    while let Some(inner) = code.strip_prefix("25") {
        code = inner;
    }
    let before = rest.len() - code.len();
    let known = [("3a", ':'), ("2f", '/'), ("40", '@'), ("2c", ','), ("2e", '.'), ("2d", '-'), ("5f", '_')];
    let two = code.get(..2).map(str::to_ascii_lowercase);
    match known.iter().find(|(digits, _)| two.as_deref() == Some(digits)) {
        Some((_, c)) => Some((before + 2, *c)),
        None => (before > 1).then_some((before, '%')),
    }
}

/// The length of a colour sequence, or of the bare escape character.
fn colour(rest: &str) -> usize {
    let Some(body) = rest.strip_prefix("\u{1b}[") else { return 1 };
    let end = body.find(|c: char| !matches!(c, '\u{20}'..='\u{3f}')).unwrap_or(body.len());
    let last = body.get(end..).and_then(|tail| tail.chars().next());
    match last {
        Some(c @ '\u{40}'..='\u{7e}') => 2 + end + c.len_utf8(),
        _ => 1,
    }
}

/// Whether a character shows nothing, or only turns its neighbours.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::View;

    fn seen(text: &str) -> String {
        View::of(text).text.into_owned()
    }

    #[test]
    fn the_escapes_of_all_formats_are_undone() {
        for (written, read) in [
            (r#"{\"a\":\"b\"}"#, r#"{"a":"b"}"#),
            (r#"\\\"a\\\""#, r#""a""#),
            (r"tools\_list \[x\]", "tools_list [x]"),
            ("&lt;host-1&gt; &amp;amp;lt; &#64;me &#x3c; a &amp; b", "<host-1> < @me < a & b"),
            ("http%3A%2F%2Fa%2540b", "http://a@b"),
            ("\u{1b}[31msk\u{1b}[0m-a\u{200b}nt", "sk-ant"),
            (r"\u0022x\u003c \u{202e}y", "\"x< y"),
        ] {
            assert_eq!(seen(written), read, "{written}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [r"C:\Users\ann\.claude", r"a\nb", "a & b; 100% x%20y", "¿qué? 服务器", r"\d+"] {
            assert_eq!(seen(text), text);
        }
        assert_eq!(seen(r"C:\\Users\\ann\\.claude"), r"C:\Users\ann\.claude");
    }

    #[test]
    fn a_part_of_the_view_knows_its_place() {
        let text = r#"\"key\":\"välue\" &lt;x"#;
        let view = View::of(text);
        for (part, original) in [("välue", "välue"), ("<x", "&lt;x"), ("\"key", "\\\"key")] {
            let at = view.text.find(part).unwrap();
            assert_eq!(&text[view.original(&(at..at + part.len()))], original);
        }
    }

    proptest! {
        #[test]
        fn undoing_twice_is_undoing_once(text in r#"(&(amp;){0,3}(lt|gt|quot);|\\{1,4}["n]|%(25){0,2}(3A|2F|20)|[a-z ]){0,8}"#) {
            let once = seen(&text);
            prop_assert_eq!(seen(&once), once);
        }

        #[test]
        fn every_place_is_within_the_text_and_on_a_character(text in ".{0,60}") {
            let view = View::of(&text);
            let ends: Vec<usize> = (0..=view.text.len()).filter(|i| view.text.is_char_boundary(*i)).collect();
            let mut last = 0;
            for end in ends {
                let place = view.original(&(end..end)).start;
                prop_assert!(text.is_char_boundary(place) && place >= last);
                last = place;
            }
        }
    }
}
