//! Text that is safe to show, and how wide it is.
//!
//! Comes in: any text, which may be a log's and therefore hostile. Goes out: the same text in which every
//! control character is a visible mark, every bidi control a visible escape, and nothing is hidden; its width in
//! columns; a part of it that fits. It refuses to guess at a terminal: widths are sums over characters, which is
//! what terminals do and never less than what a smarter one shows.

use unicode_width::UnicodeWidthChar;

/// Marks that may ride on one letter. Scripts need up to four; more is drawing over the neighbouring lines.
const MAX_MARKS: usize = 4;

/// What stands for a tab.
const TAB: &str = "    ";

/// `text` on one line, with nothing in it that a terminal or a page would obey.
///
/// Colour sequences of terminal captures (`ESC [ … m` and its kin) say nothing and go; any other escape stays
/// visible. Line breaks at the end go, those inside become a mark. Without Unicode the arrows, dashes and quotes
/// that have an ASCII form take it; other letters stay, since there is no saying them otherwise.
pub(super) fn clean(text: &str, unicode: bool) -> String {
    let text = text.trim_end_matches(['\r', '\n']);
    let plain = text.bytes().take_while(|b| is_plain(*b)).count();
    let (plain, rest) = text.split_at_checked(plain).unwrap_or(("", text));
    let mut out = String::with_capacity(text.len());
    out.push_str(plain);
    let mut rest = rest.chars();
    let mut marks = 0;
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if after_csi(rest.as_str()).is_some() => {
                rest = after_csi(rest.as_str()).unwrap_or_default().chars();
            }
            '\r' if rest.as_str().starts_with('\n') => {}
            '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push_str(if unicode { "⏎" } else { "\\n" }),
            '\t' => out.push_str(TAB),
            c if c.is_control() => show_control(c, unicode, &mut out),
            c if is_bidi_control(c) => out.extend(c.escape_unicode()),
            c if is_invisible(c) => continue,
            c if char_width(c) == 0 => {
                marks += 1;
                if marks <= MAX_MARKS {
                    out.push(c);
                }
                continue;
            }
            c => match plainer(c).filter(|_| !unicode) {
                Some(plain) => out.push_str(plain),
                None => out.push(c),
            },
        }
        marks = 0;
    }
    out
}

/// Whether a byte is a character of one column that says what it is.
fn is_plain(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte)
}

/// The columns that cleaned text takes.
pub(super) fn width(text: &str) -> usize {
    if text.bytes().all(is_plain) {
        return text.len();
    }
    text.chars().map(char_width).sum()
}

/// The columns that one character takes.
pub(super) fn char_width(c: char) -> usize {
    match c {
        ' '..='~' => 1,
        c => c.width().unwrap_or(0),
    }
}

/// The longest beginning of `text` that fits into `room` columns.
pub(super) fn clip(text: &str, room: usize) -> &str {
    // No character takes more columns than bytes.
    if text.len() <= room {
        return text;
    }
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += char_width(c);
        if used > room {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// `text` if it fits into `room` columns, else its beginning and an ellipsis.
pub(super) fn cut(text: &str, room: usize, unicode: bool) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let ellipsis = if unicode { "…" } else { "..." };
    let kept = clip(text, room.saturating_sub(width(ellipsis))).trim_end();
    clip(&format!("{kept}{ellipsis}"), room).to_owned()
}

/// What follows a control sequence (`[`, parameters, a final letter) whose escape character was just read.
fn after_csi(rest: &str) -> Option<&str> {
    let body = rest.strip_prefix('[')?;
    let end = body.find(|c: char| !matches!(c, '\u{20}'..='\u{3f}'))?;
    let last = body.get(end..)?.chars().next()?;
    if !matches!(last, '\u{40}'..='\u{7e}') {
        return None;
    }
    body.get(end + 1..)
}

fn show_control(c: char, unicode: bool, out: &mut String) {
    match u32::from(c) {
        code @ 0..0x20 if unicode => out.extend(char::from_u32(0x2400 + code)),
        0x7f if unicode => out.push('␡'),
        code @ 0..=0x7f => out.extend(["\\x", format!("{code:02x}").as_str()]),
        _ => out.extend(c.escape_unicode()),
    }
}

/// Characters that change the direction of what follows: shown, since text with them reads as what it is not.
pub(super) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that show nothing: joiners, soft hyphens, variation selectors, tags.
pub(super) fn is_invisible(c: char) -> bool {
    let joiner = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}');
    let filler = matches!(c, '\u{ad}' | '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}');
    let selector = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    let notation = matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}');
    joiner || filler || selector || notation || matches!(c, '\u{e0000}'..='\u{e0fff}')
}

/// The ASCII that says the same.
fn plainer(c: char) -> Option<&'static str> {
    Some(match c {
        '→' => "->",
        '←' => "<-",
        '…' => "...",
        '–' | '—' | '‑' | '·' => "-",
        '“' | '”' => "\"",
        '‘' | '’' => "'",
        '×' | '✗' => "x",
        '✓' => "ok",
        '•' => "*",
        '≥' => ">=",
        '≤' => "<=",
        '\u{a0}' | '\u{202f}' => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;

    #[test]
    fn no_character_takes_more_columns_than_bytes() {
        let wide = ('\0'..=char::MAX).find(|c| char_width(*c) > c.len_utf8());
        assert_eq!(wide, None);
        let unlike = ('\0'..=char::MAX).find(|c| char_width(*c) != c.width().unwrap_or(0));
        assert_eq!(unlike, None);
    }

    #[test]
    fn controls_become_marks_and_colour_goes() {
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m", true), "red");
        assert_eq!(clean("\u{1b}]52;c;aGk=\u{7}", true), "␛]52;c;aGk=␇");
        assert_eq!(
            clean("\u{1b}]52;c;aGk=\u{7}\u{7f}\u{9b}31m", false),
            "\\x1b]52;c;aGk=\\x07\\x7f\\u{9b}31m"
        );
        assert_eq!(clean("\u{1b}\u{1b}[0m[31m", true), "␛[31m");
    }

    #[test]
    fn line_breaks_inside_are_marked_and_those_at_the_end_go() {
        assert_eq!(clean("a\r\nb\nc\r\n", true), "a⏎b⏎c");
        assert_eq!(clean("a\r\nb\n\n", false), "a\\nb");
        assert_eq!(clean("50%\r100%", true), "50%␍100%");
    }

    #[test]
    fn direction_is_shown_and_the_hidden_dropped() {
        assert_eq!(clean("a\u{202e}b", true), "a\\u{202e}b");
        assert_eq!(clean("ad\u{200b}m\u{feff}in\u{e0041}", true), "admin");
        assert_eq!(clean("a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}b", true).chars().count(), 6);
    }

    #[test]
    fn without_unicode_arrows_are_ascii_and_letters_stay() {
        assert_eq!(clean("ready → failed … é 服", false), "ready -> failed ... é 服");
        assert_eq!(clean("ready → failed …", true), "ready → failed …");
    }

    #[test]
    fn what_is_cut_ends_with_an_ellipsis() {
        assert_eq!(cut("Connection error", 16, true), "Connection error");
        assert_eq!(cut("Connection error", 12, true), "Connection…");
        assert_eq!(cut("Connection error", 12, false), "Connectio...");
        assert_eq!(cut("服务器错误", 6, true), "服务…");
        assert_eq!(cut("abc", 1, false), ".");
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(text in fixture::evil(), unicode: bool) {
            let once = clean(&text, unicode);
            prop_assert_eq!(clean(&once, unicode), once);
        }

        #[test]
        fn what_is_cut_fits(text in fixture::evil(), room in 0_usize..90, unicode: bool) {
            prop_assert!(width(&cut(&clean(&text, unicode), room, unicode)) <= room);
        }

        #[test]
        fn no_text_is_wider_than_the_sum_of_its_characters(text in fixture::evil()) {
            let text = clean(&text, true);
            prop_assert!(unicode_width::UnicodeWidthStr::width(text.as_str()) <= width(&text));
        }
    }
}
