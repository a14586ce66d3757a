//! Cuts a pasted line into what it is made of: entries (several, where they were run together), headings, marks of what
//! was left out, other text.
//!
//! Comes in: one line. Goes out: [`Piece`]s in order. It decides by this line alone.

use super::clean::{is_drawing, is_fence, without_codes, without_marks};
use super::heading::{Heading, glued, heading};
use crate::parse::head::{Head, level, names_server};
use crate::parse::{Clock, Stamp};

/// What stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A log line, from its head on.
    Entry(String),
    /// What tells version and outcome of the excerpt below.
    Heading(Heading),
    /// "Here lines are left out."
    Elision,
    /// Text that continues an entry, or has nothing to do with it.
    Text(String),
    /// A fence of code.
    Fence,
    /// Nothing, a rule, a frame.
    Blank,
    /// A frame: it stands between entries without parting them.
    Drawing {
        /// Whether it is the upper side of a box: what stands in there is no part of the log, but for entries.
        opens: bool,
    },
}

/// Cuts a line.
pub(super) fn pieces(line: &str) -> Vec<Piece> {
    let clean = without_codes(line);
    if clean.trim().is_empty() {
        return vec![Piece::Blank];
    }
    if is_drawing(&clean) {
        let opens = clean.trim_start().starts_with(['╭', '┌', '┏', '╔']);
        return vec![Piece::Drawing { opens }];
    }
    if is_fence(&clean) {
        return vec![Piece::Fence];
    }
    let body = without_marks(&clean);
    let starts = starts(body);
    let mut found = Vec::new();
    let first = starts.first().copied().unwrap_or(body.len());
    if !body[..first].trim().is_empty() {
        found.extend(around(&body[..first], starts.is_empty()));
    }
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(body.len());
        entry(&body[*start..end], &mut found);
    }
    found
}

/// Text before the first entry of a line, or a line without any.
fn around(text: &str, whole_line: bool) -> Option<Piece> {
    if is_elision(text) {
        return Some(Piece::Elision);
    }
    if let Some(heading) = heading(text) {
        return Some(Piece::Heading(heading));
    }
    let words = text.split_whitespace().filter(|w| w.chars().any(char::is_alphabetic)).count();
    (whole_line || words > 1).then(|| Piece::Text(text.trim_end().to_owned()))
}

/// An entry, and what hangs on behind it.
fn entry(text: &str, found: &mut Vec<Piece>) {
    let text = text.trim_end();
    let (text, behind) = match glued(text) {
        Some(at) => (&text[..at], heading(&text[at..])),
        None => (text, None),
    };
    let text = text.trim_end();
    let cut = elided(text);
    found.push(Piece::Entry(text[..cut.unwrap_or(text.len())].trim_end().to_owned()));
    found.extend(cut.map(|_| Piece::Elision));
    found.extend(behind.map(Piece::Heading));
}

/// Where in the text of an entry the mark of an elision begins that hangs on behind it: `… ... 15 seconds pass ...`.
fn elided(text: &str) -> Option<usize> {
    let dots = |t: &str| t.ends_with(" ...") || t.ends_with(" …");
    if !dots(text) {
        return None;
    }
    [" ... ", " … ", " ...", " …"].iter().find_map(|m| text.find(m))
}

/// The signs that may stand before a mark for lines that were left out.
const BEFORE_ELISION: [char; 12] = ['#', '/', '-', '*', '~', '=', '>', '<', '(', '[', '{', ' '];

/// Whether a line could be a mark for lines that were left out, by the first byte that tells: most are told so for less
/// than reading them costs.
pub(in crate::parse) fn may_be_elision(line: &[u8]) -> bool {
    let before = |b: &u8| b.is_ascii_whitespace() || *b == 0x0b || BEFORE_ELISION.contains(&char::from(*b));
    let first = line.iter().find(|b| !before(b));
    first.is_some_and(|b| b.is_ascii_digit() || !b.is_ascii() || b".sSrRcCtT".contains(b))
}

/// Whether a text says that lines were left out.
pub(in crate::parse) fn is_elision(text: &str) -> bool {
    let text = text.trim().trim_start_matches(BEFORE_ELISION);
    if text.starts_with("...") || text.starts_with('…') {
        return text.chars().count() <= 120;
    }
    let lower = text.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let short = lower.chars().count() <= 60;
    let counted = lower.starts_with(|c: char| c.is_ascii_digit());
    let verbs = ["pass", "later", "omitted", "elided", "skipped", "removed", "truncated", "left out"];
    let units = ["second", "minute", "hour", "line", "more", "entries"];
    let told = counted && units.iter().any(|u| lower.contains(u)) && verbs.iter().any(|v| lower.contains(v));
    short && (told || lower == "snip" || lower == "snipped" || lower == "cut" || lower == "truncated")
}

/// Where in a line entries begin.
fn starts(body: &str) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let indent = body.len() - body.trim_start().len();
    if Head::of(&body.as_bytes()[indent..]).is_some() {
        found.push(indent);
    }
    // An entry that is quoted reaches to its closing quote, whatever stands inside.
    let mut shut = found.first().map_or(0, |at| quoted_until(body, *at));
    for (bracket, _) in body.match_indices('[') {
        if found.last().is_some_and(|last| bracket < last + head_length(body, *last)) || bracket < shut {
            continue;
        }
        if let Some(at) = start_at(body, bracket, found.first().copied()) {
            found.push(at);
            shut = quoted_until(body, at);
        }
    }
    found
}

fn head_length(body: &str, at: usize) -> usize {
    Head::of(&body.as_bytes()[at..]).map_or(1, |h| h.length)
}

/// Where the entry begins whose level is at `bracket`, if it is one.
fn start_at(body: &str, bracket: usize, first: Option<usize>) -> Option<usize> {
    let name = level(&body.as_bytes()[bracket..])?;
    let message = body[bracket + name.len() + 2..].strip_prefix(' ')?.trim_start();
    let stamped = stamp_before(body, bracket);
    let at = stamped.unwrap_or(bracket);
    let before = body[..at].trim_end();
    let apart = before.len() < at || at == 0;
    let clocked =
        first.is_some_and(|f| Head::of(&body.as_bytes()[f..]).is_some_and(|h| h.clock != Clock::None));
    let sure = names_server(message.as_bytes()) || (stamped.is_some() && !before.ends_with(':'));
    let plain = !clocked && !before.ends_with([':', ',', '=', '(', '"', '\'']);
    (apart && (sure || plain)).then_some(at)
}

/// Where the clock begins that stands right before `at`.
fn stamp_before(body: &str, at: usize) -> Option<usize> {
    let before = body[..at].trim_end();
    let start = before.rfind(char::is_whitespace).map_or(0, |i| i + 1);
    let word = before.get(start..)?.as_bytes();
    let whole = |read: Option<(Stamp, usize)>| read.is_some_and(|(_, n)| n == word.len());
    (whole(Stamp::full(word)) || whole(Stamp::time_of_day(word))).then_some(start)
}

/// Where the quoted message of the entry at `at` ends; 0 if it is not quoted.
fn quoted_until(body: &str, at: usize) -> usize {
    let message = at + head_length(body, at);
    let inside = match body.get(message..).and_then(|m| m.strip_prefix('"')) {
        Some(inside) if names_server(&body.as_bytes()[message..]) => inside,
        _ => return 0,
    };
    let mut escaped = false;
    let end = inside.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    });
    end.map_or(body.len(), |n| message + 1 + n)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Piece, is_elision, pieces};

    fn entries(line: &str) -> Vec<String> {
        let of = |p| if let Piece::Entry(text) = p { Some(text) } else { None };
        pieces(line).into_iter().filter_map(of).collect()
    }

    #[test]
    fn entries_that_were_run_together_are_parted() {
        let line = "[DEBUG] MCP server \"x\": a [DEBUG] MCP server \"x\": b [ERROR] MCP server \"x\" c";
        assert_eq!(entries(line).len(), 3);
        let clocked =
            "2026-11-23T00:23:20.763Z [DEBUG] a 2026-11-23T00:23:20.764Z [DEBUG] MCP server \"x\": b";
        assert_eq!(entries(clocked)[1], "2026-11-23T00:23:20.764Z [DEBUG] MCP server \"x\": b");
    }

    #[test]
    fn what_a_server_wrote_is_not_parted() {
        let quoted =
            r#"[ERROR] "MCP server \"x\" Server stderr: 2026-11-23T00:00:00Z [INFO] up\nx [INFO] on\n""#;
        assert_eq!(entries(quoted), [quoted]);
        let told = "[ERROR] MCP server \"x\" Server stderr: [INFO] listening";
        assert_eq!(entries(told), [told]);
    }

    #[test]
    fn elisions_and_headings_behind_an_entry_are_pieces_of_their_own() {
        let found = pieces("[DEBUG] a ... 15 seconds pass ... [DEBUG] b in 538ms v2.1.147 (broken):");
        assert!(matches!(
            &found[..],
            [Piece::Entry(a), Piece::Elision, Piece::Entry(b), Piece::Heading(_)] if a == "[DEBUG] a" && b.ends_with("538ms")
        ));
        assert_eq!(entries("[DEBUG] failed after 28476ms (CONNECT_TIMEOUT): MC...").len(), 1);
    }

    #[test]
    fn elisions_are_told_from_text() {
        for line in [
            "... 15 seconds pass (user types prompt) ...",
            "+ ... reconnect loop, more 404s ...",
            "15 seconds pass (user types prompt)",
            "[...]",
            "<snip>",
            "--- 120 lines omitted ---",
        ] {
            assert!(is_elision(line.trim_start_matches("+ ")), "{line}");
            assert_eq!(pieces(line), [Piece::Elision], "{line}");
        }
        assert!(!is_elision("    at Timeout._onTimeout (file:///cli.js:1383:5751)") && !is_elision("}"));
    }

    #[test]
    fn text_before_an_entry_is_text_and_a_mark_is_nothing() {
        assert_eq!(pieces("❌ [DEBUG] a"), [Piece::Entry("[DEBUG] a".to_owned())]);
        assert!(matches!(&pieces("I get this one: [DEBUG] MCP server \"x\": a")[0], Piece::Text(_)));
    }

    proptest! {
        #[test]
        fn any_line_is_cut_without_a_panic(line in any::<String>()) {
            pieces(&line);
            pieces(&format!("[DEBUG] \"MCP server \\\"{line} [ERROR] {line} ..."));
        }
    }
}
