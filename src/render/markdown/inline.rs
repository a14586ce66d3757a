//! Words within Markdown that stay words: nothing in them is markup, a link, a mention or HTML.
//!
//! Comes in: any text. Goes out: Markdown that shows that text. GitHub looks for mentions and issue numbers in
//! the finished page, after backslashes and character references are gone (github/cmark-gfm#181), but not in
//! code; so a word that could become one is shown as code, and escapes serve for the rest. It makes no blocks.

use crate::render::{reference, text};
use crate::report::{Span, Tone};

/// Where the words will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a paragraph, heading or list item.
    Line,
    /// In a cell of a table, where a bar ends the cell even in code.
    Cell,
}

/// Spans as one line of Markdown.
pub(super) fn spans(spans: &[Span], place: Place) -> String {
    let mut out = String::new();
    for (at, span) in spans.iter().enumerate() {
        let white = char::is_whitespace;
        let ends = span.text.ends_with(white) || may_end_bold(spans.get(at + 1));
        let begins = out.is_empty() || out.ends_with(white) || span.text.starts_with(white);
        let piece = match span.tone {
            Tone::Strong if begins && ends => strong(&span.text, place),
            Tone::Plain | Tone::Faint | Tone::Strong => words(&span.text, place),
            Tone::Good => format!("✓ {}", words(&span.text, place)),
            Tone::Bad if ends => format!("✗ {}", strong(&span.text, place)),
            Tone::Bad => format!("✗ {}", words(&span.text, place)),
            Tone::Warn => format!("▲ {}", words(&span.text, place)),
            Tone::Code => code(&span.text, place),
        };
        join(&mut out, &piece);
    }
    guarded(&out)
}

/// Text as one line of Markdown.
pub(super) fn line(text: &str) -> String {
    guarded(&words(text, Place::Line))
}

/// Our own prose, in which backticks in pairs mark code.
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return line(text);
    }
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        let piece = if at % 2 == 0 { words(part, Place::Line) } else { code(part, Place::Line) };
        join(&mut out, &piece);
    }
    guarded(&out)
}

/// Verbatim words as a code span, whatever backticks they hold.
pub(super) fn code(text: &str, place: Place) -> String {
    let text = text::clean(text, true);
    if text.trim().is_empty() {
        return text;
    }
    if place == Place::Cell && text.contains('|') {
        // No escape of a bar in a code span of a cell means the same to all readers of Markdown.
        return format!("<code>{}</code>", references(&text));
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    let edge = |c: Option<char>| matches!(c, Some('`' | ' '));
    let pad = if edge(text.chars().next()) || edge(text.chars().next_back()) { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Text for within an HTML element on one line.
pub(super) fn html(text: &str) -> String {
    let mut out = String::new();
    for word in text::clean(text, true).split_inclusive(char::is_whitespace) {
        let escaped = word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (open, close) = if is_risky(word) { ("<code>", "</code>") } else { ("", "") };
        out.extend([open, &escaped, close]);
    }
    out
}

/// A reference that our own packs give: linked if it has the form of one, else mere words.
pub(super) fn reference(text: &str) -> String {
    if reference::url(text).is_some() { text.to_owned() } else { line(text) }
}

/// The longest run of backticks.
pub(super) fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Whether bold may end before that span: within a word Markdown would show the asterisks.
fn may_end_bold(next: Option<&Span>) -> bool {
    let ends_word = |c: char| c.is_whitespace() || c.is_ascii_punctuation();
    next.is_none_or(|next| match next.tone {
        Tone::Plain | Tone::Faint => text::clean(&next.text, true).starts_with(ends_word),
        Tone::Code => true,
        Tone::Strong | Tone::Good | Tone::Bad | Tone::Warn => false,
    })
}

/// Bold, with the space at the ends left outside, where bold would not begin.
fn strong(text: &str, place: Place) -> String {
    let cleaned = text::clean(text, true);
    let inner = cleaned.trim();
    if inner.is_empty() {
        return cleaned;
    }
    let start = cleaned.len() - cleaned.trim_start().len();
    let (before, rest) = cleaned.split_at_checked(start).unwrap_or_default();
    let after = rest.get(inner.len()..).unwrap_or_default();
    format!("{before}**{}**{after}", words(inner, place))
}

/// Appends a piece; two code spans that touch would become one of another kind.
fn join(out: &mut String, piece: &str) {
    if out.ends_with('`') && piece.starts_with('`') {
        out.push(' ');
    }
    out.push_str(piece);
}

/// Words escaped one by one.
fn words(text: &str, place: Place) -> String {
    let mut out = String::new();
    for word in text::clean(text, true).split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let space = word.get(bare.len()..).unwrap_or_default();
        if is_risky(bare) {
            let inner = bare.trim_matches(|c| "()[]{}<>\"',;:!?.".contains(c));
            let inner = if is_risky(inner) { inner } else { bare };
            let (before, after) = bare.split_once(inner).unwrap_or(("", ""));
            join(&mut out, &escaped(before));
            join(&mut out, &code(inner, place));
            join(&mut out, &escaped(after));
        } else {
            join(&mut out, &escaped(bare));
        }
        out.push_str(space);
    }
    out
}

/// Whether GitHub could make more of a word than a word: a mention, an issue, a commit, a link, math, an emoji.
fn is_risky(word: &str) -> bool {
    let commit = |part: &str| part.len() >= 7 && part.chars().any(|c| c.is_ascii_digit());
    let lower = word.to_ascii_lowercase();
    let issue = lower.match_indices("gh-").any(|(at, _)| {
        lower.get(at + 3..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    word.contains(['@', '#', '$'])
        || issue
        || lower.contains("://")
        || lower.contains("www.")
        || word.matches(':').count() > 1
        || lower.split(|c: char| !c.is_ascii_hexdigit()).any(commit)
}

/// Every character that could be markup within a line, escaped.
fn escaped(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut before = ' ';
    let mut rest = word.chars();
    while let Some(c) = rest.next() {
        let after = rest.as_str().chars().next().unwrap_or(' ');
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Within a word, as in `tools_list`, an underscore is none of Markdown's.
            '_' if before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric() => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// A line whose beginning is no list, rule or indented code. Headings and quotes are escaped as words.
fn guarded(line: &str) -> String {
    let line = line.trim();
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let (number, rest) = line.split_at_checked(digits).unwrap_or(("", line));
    let ends_word = |rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace);
    let is_item = |marks: &[char]| rest.strip_prefix(marks).is_some_and(ends_word);
    let is_rule = |mark: char| !rest.is_empty() && rest.chars().all(|c| c == mark || c == ' ');
    let begins_block =
        if digits > 0 { is_item(&['.', ')']) } else { is_item(&['-', '+']) || is_rule('-') || is_rule('=') };
    if begins_block { format!("{number}\\{rest}") } else { line.to_owned() }
}

/// All punctuation as character references, which no parser takes for anything else.
fn references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii_punctuation() => out.extend(["&#", u32::from(c).to_string().as_str(), ";"]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_would_link_or_notify_becomes_code() {
        let text = "ask (@someone), see #12, GH-12 or org/repo#12.";
        assert_eq!(line(text), "ask (`@someone`), see `#12`, `GH-12` or `org/repo#12`.");
        assert_eq!(
            line("at https://a.example/x, 0123456789abcdef"),
            "at `https://a.example/x`, `0123456789abcdef`"
        );
        assert_eq!(line("(from http://a.example/x): gone"), "(from `http://a.example/x`): gone");
        assert_eq!(line("@`x`"), "`` @`x` ``");
    }

    #[test]
    fn ordinary_words_stay_readable() {
        let text = "2.1.147 (http): Tool 'jira_search_issues' - 538ms, 404 + retry = 2!";
        assert_eq!(line(text), text);
    }

    #[test]
    fn markup_and_html_are_escaped() {
        assert_eq!(
            line("<b> &amp; *x* _y_ [z](u) a|b `c` \\"),
            "&lt;b&gt; &amp;amp; \\*x\\* \\_y\\_ \\[z\\](u) a\\|b \\`c\\` \\\\"
        );
        assert_eq!(html("</summary> by @me"), "&lt;/summary&gt; by <code>@me</code>");
    }

    #[test]
    fn no_line_begins_a_block() {
        let lines = ["- a", "+", "1. a", "1) a", "=== ", "---", "    a", "# a", "> a", "-v 1.2"].map(line);
        let wanted = ["\\- a", "\\+", "1\\. a", "1\\) a", "\\===", "\\---", "a", "`#` a", "&gt; a", "-v 1.2"];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn code_spans_hold_any_backticks() {
        assert_eq!(code("a `` b", Place::Line), "``` a `` b ```".replace(" a", "a").replace("b ", "b"));
        assert_eq!(code("`", Place::Line), "`` ` ``");
        assert_eq!(
            spans(&[Span::toned("a", Tone::Code), Span::toned("b", Tone::Code)], Place::Line),
            "`a` `b`"
        );
        assert_eq!(code("a|b", Place::Cell), "<code>a&#124;b</code>");
    }

    #[test]
    fn bold_begins_and_ends_at_a_word() {
        let within = [Span::plain("un"), Span::toned("bold", Tone::Strong), Span::plain("ed")];
        assert_eq!(spans(&within, Place::Line), "unbolded");
        assert_eq!(
            spans(&[Span::plain("now"), Span::toned(" failed ", Tone::Strong)], Place::Line),
            "now **failed**"
        );
    }

    #[test]
    fn backticks_in_pairs_mark_code_in_prose_and_a_lone_one_is_a_character() {
        assert_eq!(prose("run `claude update`."), "run `claude update`.");
        assert_eq!(prose("a ` b"), "a \\` b");
    }

    #[test]
    fn only_a_reference_that_has_the_form_of_one_links() {
        assert_eq!(reference("anthropics/claude-code#62198"), "anthropics/claude-code#62198");
        assert_eq!(reference("https://a.example/x#y"), "https://a.example/x#y");
        assert_eq!(reference("a/b#1 @me"), "`a/b#1` `@me`");
        assert_eq!(reference("#1"), "`#1`");
    }
}
