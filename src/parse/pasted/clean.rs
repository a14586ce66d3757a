//! Takes off what stands around a log line where people paste it: terminal codes, frames, quotes, bullets, numbers.
//!
//! Comes in: a line. Goes out: the line without them. Indentation behind the marks stays, for it tells the lines that
//! continue a message.

use std::borrow::Cow;

use crate::parse::head::Head;

/// How the names of logs end, and what `grep` writes behind them.
const ENDINGS: [&str; 2] = [".log:", ".txt:"];

/// More marks before one line are not taken off.
const MAX_MARKS: usize = 8;

/// The text without the codes that steer a terminal: colours, cursor, titles, links, and other control characters.
pub(super) fn without_codes(line: &str) -> Cow<'_, str> {
    let control = |c: char| c.is_control() && c != '\t';
    if !line.contains(control) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(control) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let skip = if rest.starts_with('\u{1b}') {
            code(rest)
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        rest = rest.get(skip..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The length of the code that a text begins with.
fn code(text: &str) -> usize {
    let bytes = text.as_bytes();
    let found = match bytes.get(1) {
        Some(b'[') => bytes.iter().skip(2).position(|b| (0x40..0x7f).contains(b)).map(|n| n + 3),
        // A title or a link ends with BEL or with ESC \.
        Some(b']') => {
            let bell = bytes.iter().position(|b| *b == 7).map(|n| n + 1);
            let string = text.find("\u{1b}\\").map(|n| n + 2);
            bell.into_iter().chain(string).min()
        }
        Some(b) if b.is_ascii() => Some(2),
        _ => Some(1),
    };
    found.unwrap_or(1)
}

/// Whether a line only draws: frames, rules, nothing that is a word.
pub(super) fn is_drawing(line: &str) -> bool {
    let drawn = |c: char| ('\u{2500}'..='\u{259f}').contains(&c);
    line.contains(drawn) && line.chars().all(|c| drawn(c) || c.is_whitespace())
}

/// Whether a line opens or closes a block of code.
pub(super) fn is_fence(line: &str) -> bool {
    let text = line.trim();
    text.starts_with("```") || text.starts_with("~~~")
}

/// The line without marks before it, and without the far side of a frame.
pub(super) fn without_marks(line: &str) -> &str {
    let mut rest = line;
    for _ in 0..MAX_MARKS {
        let text = rest.trim_start_matches([' ', '\t', '\u{a0}']);
        if Head::of(text.as_bytes()).is_some() {
            return framed(line, text);
        }
        match mark(text) {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    framed(line, rest)
}

/// What stands behind the mark that a text begins with.
fn mark(text: &str) -> Option<&str> {
    const MARKS: [char; 16] =
        ['+', '-', '*', '>', '|', '•', '·', '◦', '‣', '│', '┃', '▎', '▏', '▍', '●', '⎿'];
    let signed = text.strip_prefix(MARKS);
    // A sign that is part of a word is no mark.
    let behind = signed
        .filter(|r| r.is_empty() || r.starts_with([' ', '\t', '>', '\u{a0}', '[']) || r.starts_with(MARKS));
    let behind = behind.or_else(|| signed.filter(|r| Head::of(r.as_bytes()).is_some()));
    behind
        .or_else(|| numbered(text))
        .or_else(|| filed(text))
        .map(|r| r.strip_prefix([' ', '\u{a0}']).unwrap_or(r))
}

/// What stands behind `Line 147: `, `147: `, `147 | ` or `L147 `.
fn numbered(text: &str) -> Option<&str> {
    let word = ["Line ", "line ", "L"].iter().find_map(|w| text.strip_prefix(w));
    let digits = word.unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    let behind = digits.get(end..)?;
    if !(1..=7).contains(&end) {
        return None;
    }
    let behind = behind.strip_prefix(':').or_else(|| behind.trim_start().strip_prefix(['|', '│', '→']));
    behind
        .or_else(|| digits.get(end..)?.strip_prefix('\t'))
        .filter(|b| !b.starts_with(|c: char| c.is_ascii_digit()))
}

/// What stands behind the name of a file, as `grep` writes it: `debug/bad.log:[DEBUG] …`, `bad.log:147:[DEBUG] …`.
fn filed(text: &str) -> Option<&str> {
    let (name, behind) = ENDINGS.iter().find_map(|ending| text.split_once(ending))?;
    let plain = !name.is_empty() && !name.contains(char::is_whitespace);
    let behind = numbered(behind).unwrap_or(behind);
    (plain && Head::of(behind.as_bytes()).is_some()).then_some(behind)
}

/// Cuts the far side off, where the near side of a frame was a mark.
fn framed<'a>(line: &str, text: &'a str) -> &'a str {
    let near = line.trim_start().chars().next();
    match near {
        Some(side @ ('│' | '┃' | '|')) => text.trim_end().trim_end_matches(side).trim_end(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{is_drawing, without_codes, without_marks};

    const LINE: &str = "[DEBUG] MCP server \"x\": a";

    #[test]
    fn every_mark_that_people_paste_is_taken_off() {
        for mark in [
            "  ",
            "+ ",
            "- ",
            "+",
            "> ",
            ">",
            "> > ",
            "  • ",
            "* ",
            "Line 147: ",
            "147:",
            " 147 | ",
            "147\t",
            "⎿  ",
            "debug/bad.log:",
            "debug/06729dd8.txt:147:",
        ] {
            assert_eq!(without_marks(&format!("{mark}{LINE}")), LINE, "{mark:?}");
        }
        assert_eq!(without_marks(&format!("│ {LINE}     │")), LINE);
        assert_eq!(without_marks("07:52:51.226Z \"msg\""), "07:52:51.226Z \"msg\"");
    }

    #[test]
    fn the_indentation_of_what_continues_a_message_stays() {
        assert_eq!(without_marks(">     at Timeout"), "    at Timeout");
        assert_eq!(without_marks("    at Timeout"), "    at Timeout");
        assert_eq!(without_marks("-32000 is no bullet"), "-32000 is no bullet");
    }

    #[test]
    fn colours_titles_and_links_are_taken_off() {
        let text = "\u{1b}[2m[DEBUG]\u{1b}[0m a\u{1b}]0;title\u{7}b\u{1b}]8;;http://x\u{1b}\\c\u{1b}[K";
        assert_eq!(without_codes(text), "[DEBUG] abc");
    }

    #[test]
    fn a_frame_is_a_drawing_and_a_table_row_is_not() {
        assert!(is_drawing("╰────────╯") && is_drawing("  │   │ "));
        assert!(!is_drawing("│ 2.1.146 │") && !is_drawing("") && !is_drawing("---"));
    }

    proptest! {
        #[test]
        fn any_line_is_cleaned_and_has_no_control_left(line in any::<String>()) {
            let clean = without_codes(&line);
            prop_assert!(!clean.contains(|c: char| c.is_control() && c != '\t'));
            prop_assert!(line.contains(without_marks(&clean)) || clean != line);
            prop_assert_eq!(without_codes(&clean), clean.clone());
        }
    }
}
