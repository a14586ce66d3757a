//! A page of the terminal: runs of text, wrapped, hung, clipped and painted.
//!
//! Comes in: runs in an ink, with the columns they may take. Goes out: lines that are never wider than the look
//! allows, whatever the caller asked for. A run cleans its text when it is made, so that no text reaches the
//! terminal otherwise. It knows no block.

use owo_colors::{OwoColorize, Style};

use crate::render::{Look, text};
use crate::report::{Span, Tone};

/// What a terminal narrower than this shows is not worth a layout.
const MIN_WIDTH: usize = 40;
/// Prose in longer lines is hard to read.
const MAX_PROSE: usize = 100;
/// Details within details within details are not indented for ever.
const MAX_INDENT: usize = 8;

/// What a run is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Warn,
    Code,
    /// The mark of a change.
    Mark,
}

impl From<Tone> for Ink {
    fn from(tone: Tone) -> Self {
        match tone {
            Tone::Plain => Self::Plain,
            Tone::Strong => Self::Strong,
            Tone::Faint => Self::Faint,
            Tone::Good => Self::Good,
            Tone::Bad => Self::Bad,
            Tone::Warn => Self::Warn,
            Tone::Code => Self::Code,
        }
    }
}

/// Text in one ink, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    text: String,
    ink: Ink,
}

/// A line of runs.
pub(super) type Line = Vec<Run>;

impl Run {
    /// Any words, made safe.
    pub(super) fn new(look: Look, text: &str, ink: Ink) -> Self {
        Self { text: text::clean(text, look.unicode), ink }
    }

    /// Any words, made safe, that end with an ellipsis where they do not fit.
    pub(super) fn cut(look: Look, text: &str, room: usize, ink: Ink) -> Self {
        Self { text: text::cut(&text::clean(text, look.unicode), room, look.unicode), ink }
    }

    /// One of our own marks.
    pub(super) fn mark(text: &'static str, ink: Ink) -> Self {
        Self { text: text.to_owned(), ink }
    }

    /// So many columns of nothing.
    pub(super) fn space(columns: usize) -> Self {
        Self { text: " ".repeat(columns), ink: Ink::Plain }
    }

    /// A rule of so many columns.
    pub(super) fn rule(stroke: &'static str, columns: usize) -> Self {
        Self { text: stroke.repeat(columns), ink: Ink::Faint }
    }

    /// Ordinary words of a heading become strong ones.
    pub(super) fn embolden(&mut self) {
        if self.ink == Ink::Plain {
            self.ink = Ink::Strong;
        }
    }

    /// Its columns.
    pub(super) fn width(&self) -> usize {
        text::width(&self.text)
    }
}

/// The columns of a line.
pub(super) fn line_width(line: &[Run]) -> usize {
    line.iter().map(Run::width).sum()
}

/// The columns of the longest word of a line.
pub(super) fn longest_word(line: &[Run]) -> usize {
    let (mut longest, mut width) = (0, 0);
    for c in line.iter().flat_map(|run| run.text.chars()) {
        width = if c == ' ' { 0 } else { width + text::char_width(c) };
        longest = longest.max(width);
    }
    longest
}

/// `line` with space behind it up to `room` columns, or clipped to them.
pub(super) fn filled(line: &[Run], room: usize) -> Line {
    let mut line = clipped(line, room);
    let missing = room.saturating_sub(line_width(&line));
    line.push(Run::space(missing));
    line
}

/// What of `line` fits into `room` columns.
fn clipped(line: &[Run], room: usize) -> Line {
    let mut left = room;
    let mut out = Line::new();
    for run in line {
        let kept = text::clip(&run.text, left);
        left -= text::width(kept);
        out.push(Run { text: kept.to_owned(), ink: run.ink });
    }
    out
}

/// `runs` in lines of at most `room` columns, broken between words, and within one only if it fits no line.
pub(super) fn wrapped(runs: &[Run], room: usize) -> Vec<Line> {
    if line_width(runs) <= room {
        return Vec::from_iter(joined(runs));
    }
    let chars: Vec<(char, Ink)> =
        runs.iter().flat_map(|run| run.text.chars().map(|c| (c, run.ink))).collect();
    let mut rest = chars.as_slice();
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(line_end(rest, room));
        lines.push(gathered(line));
        let spaces = after.iter().take_while(|(c, _)| *c == ' ').count();
        rest = after.get(spaces..).unwrap_or_default();
    }
    lines
}

/// The same line with a run for each change of the ink; none where there is no character in it.
fn joined(runs: &[Run]) -> Option<Line> {
    let mut line = Line::new();
    for run in runs.iter().filter(|run| !run.text.is_empty()) {
        match line.last_mut().filter(|last| last.ink == run.ink) {
            Some(last) => last.text.push_str(&run.text),
            None => line.push(run.clone()),
        }
    }
    (!line.is_empty()).then_some(line)
}

/// How many characters the first line takes; at least one.
fn line_end(chars: &[(char, Ink)], room: usize) -> usize {
    let (mut used, mut in_word, mut end_of_word) = (0, false, None);
    for (at, (c, _)) in chars.iter().enumerate() {
        used += text::char_width(*c);
        if *c == ' ' && in_word {
            end_of_word = Some(at);
        }
        in_word = *c != ' ';
        if used > room {
            return end_of_word.unwrap_or(at).max(1);
        }
    }
    chars.len()
}

fn gathered(chars: &[(char, Ink)]) -> Line {
    let same_ink = chars.chunk_by(|(_, a), (_, b)| a == b);
    same_ink
        .filter_map(|part| Some(Run { text: part.iter().map(|(c, _)| c).collect(), ink: part.first()?.1 }))
        .collect()
}

/// The runs of a report's spans: marks where a tone judges, backticks where words of a log stand among ours.
pub(super) fn runs(look: Look, spans: &[Span]) -> Line {
    let alone = spans.len() == 1;
    let mut line = Line::new();
    for span in spans {
        let ink = Ink::from(span.tone);
        let (before, after) = match span.tone {
            Tone::Good => (if look.unicode { "✓ " } else { "[ok] " }, ""),
            Tone::Bad => (if look.unicode { "✗ " } else { "[x] " }, ""),
            Tone::Warn => (if look.unicode { "▲ " } else { "[!] " }, ""),
            Tone::Code if !alone => ("`", "`"),
            _ => ("", ""),
        };
        line.push(Run::mark(before, ink));
        line.push(Run::new(look, &span.text, ink));
        line.push(Run::mark(after, ink));
    }
    line
}

/// The mark that goes with a tone in a column of its own, one column wide.
pub(super) fn tone_mark(look: Look, tone: Tone) -> &'static str {
    match (tone, look.unicode) {
        (Tone::Good, true) => "✓",
        (Tone::Good, false) => "o",
        (Tone::Bad, true) => "✗",
        (Tone::Bad, false) => "x",
        (Tone::Warn, true) => "▲",
        (Tone::Warn, false) => "^",
        _ => " ",
    }
}

/// The text so far.
#[derive(Debug)]
pub(super) struct Page {
    /// How the page may look.
    pub look: Look,
    out: String,
    indent: usize,
    faint: bool,
}

impl Page {
    /// An empty page.
    pub(super) fn new(look: Look) -> Self {
        let look = Look { width: look.width.max(MIN_WIDTH), ..look };
        Self { look, out: String::new(), indent: 0, faint: false }
    }

    /// The columns a line may take.
    pub(super) fn room(&self) -> usize {
        self.look.width - self.indent
    }

    /// The columns a line of prose may take.
    pub(super) fn prose_room(&self) -> usize {
        self.room().min(MAX_PROSE)
    }

    /// One of two glyphs.
    pub(super) fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.look.unicode { unicode } else { ascii }
    }

    /// A line, clipped if it is too wide.
    pub(super) fn push(&mut self, line: &[Run]) {
        self.put(line.iter());
    }

    fn put<'r>(&mut self, line: impl Iterator<Item = &'r Run>) {
        let mut left = self.room();
        let mut kept: Vec<(&str, Ink)> = Vec::new();
        for run in line {
            let text = text::clip(&run.text, left);
            left -= text::width(text);
            kept.push((text, run.ink));
        }
        trim_end(&mut kept);
        if kept.iter().any(|(text, _)| !text.is_empty()) {
            self.out.extend(std::iter::repeat_n(' ', self.indent));
        }
        for (text, ink) in kept {
            self.paint(text, ink);
        }
        self.out.push('\n');
    }

    /// An empty line, unless the page begins here or has one.
    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// `body` in at most `limit` lines beside `head`, all of them beginning in the same column.
    pub(super) fn hang(&mut self, head: &[Run], body: &[Run], room: usize, limit: usize) {
        let margin = line_width(head);
        let room = room.saturating_sub(margin).max(1);
        let mut lines = wrapped(body, room);
        if lines.len() > limit {
            lines.truncate(limit);
            let ellipsis = self.glyph("…", "...");
            if let Some(last) = lines.last_mut() {
                *last = clipped(last, room.saturating_sub(text::width(ellipsis)));
                last.push(Run::mark(ellipsis, Ink::Faint));
            }
        }
        let first = lines.first().map(Vec::as_slice).unwrap_or_default();
        self.put(head.iter().chain(first));
        let below = [Run::space(margin)];
        for line in lines.iter().skip(1) {
            self.put(below.iter().chain(line));
        }
    }

    /// What `write` writes, further in and faint.
    pub(super) fn aside(&mut self, write: impl FnOnce(&mut Self)) {
        let before = (self.indent, self.faint);
        (self.indent, self.faint) = ((self.indent + 2).min(MAX_INDENT), true);
        write(self);
        (self.indent, self.faint) = before;
    }

    /// A part of the page that was drawn by itself.
    pub(super) fn add(&mut self, part: &Self) {
        self.out.push_str(&part.out);
    }

    /// The whole page.
    pub(super) fn into_text(mut self) -> String {
        let end = self.out.trim_end_matches('\n').len();
        self.out.truncate(end);
        self.out.push('\n');
        self.out
    }

    fn paint(&mut self, text: &str, ink: Ink) {
        let style = style(ink, self.faint);
        if self.look.colour && style != Style::new() && !text.trim().is_empty() {
            self.out.push_str(&text.style(style).to_string());
        } else {
            self.out.push_str(text);
        }
    }
}

fn style(ink: Ink, faint: bool) -> Style {
    let style = match ink {
        Ink::Plain => Style::new(),
        Ink::Strong => Style::new().bold(),
        Ink::Faint => Style::new().dimmed(),
        Ink::Good => Style::new().green(),
        Ink::Bad => Style::new().red().bold(),
        Ink::Warn => Style::new().yellow(),
        Ink::Code => Style::new().cyan(),
        Ink::Mark => Style::new().magenta().bold(),
    };
    if faint && matches!(ink, Ink::Plain | Ink::Code) { Style::new().dimmed() } else { style }
}

fn trim_end(line: &mut Vec<(&str, Ink)>) {
    while let Some((text, _)) = line.last_mut() {
        *text = text.trim_end();
        if !text.is_empty() {
            return;
        }
        line.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;

    const LOOK: Look = Look { width: 40, colour: false, unicode: true, max_chars: usize::MAX, threads: 1 };

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|run| run.text.as_str()).collect()).collect()
    }

    #[test]
    fn words_wrap_whole_and_only_giants_are_broken() {
        let run = Run::new(LOOK, "MCP session expired https://a.example/long", Ink::Plain);
        assert_eq!(texts(&wrapped(&[run], 12)), ["MCP session", "expired", "https://a.ex", "ample/long"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        let run = Run::new(LOOK, "连接被拒绝", Ink::Plain);
        assert_eq!(texts(&wrapped(&[run], 5)), ["连接", "被拒", "绝"]);
    }

    #[test]
    fn what_hangs_begins_in_one_column_and_ends_at_the_limit() {
        let mut page = Page::new(LOOK);
        let body = [Run::new(LOOK, &"word ".repeat(30), Ink::Plain)];
        page.hang(&[Run::mark("do this  ", Ink::Faint)], &body, 40, 2);
        let text = page.into_text();
        assert_eq!(text, "do this  word word word word word word\n         word word word word word word…\n");
    }

    #[test]
    fn a_tone_that_judges_has_a_mark_without_colour() {
        let spans =
            [Span::toned("ready", Tone::Good), Span::plain(" then "), Span::toned("failed", Tone::Bad)];
        assert_eq!(texts(&[runs(LOOK, &spans)]), ["✓ ready then ✗ failed"]);
        assert_eq!(texts(&[runs(Look { unicode: false, ..LOOK }, &spans)]), ["[ok] ready then [x] failed"]);
    }

    proptest! {
        #[test]
        fn a_line_that_fits_is_one_line_with_a_run_for_each_ink(text in fixture::evil(), other in "[ a-z]{0,3}") {
            let inks = [Ink::Plain, Ink::Plain, Ink::Strong, Ink::Plain];
            let runs: Line = inks.iter().zip([&text, &other, &text, &other]).map(|(ink, t)| Run::new(LOOK, t, *ink)).collect();
            let chars: Vec<(char, Ink)> = runs.iter().flat_map(|run| run.text.chars().map(|c| (c, run.ink))).collect();
            let wanted = if chars.is_empty() { Vec::new() } else { vec![gathered(&chars)] };
            prop_assert_eq!(wrapped(&runs, line_width(&runs)), wanted);
        }

        #[test]
        fn wrapping_loses_nothing_but_spaces(text in fixture::evil(), room in 2_usize..60) {
            let run = Run::new(LOOK, &text, Ink::Plain);
            let lines = wrapped(std::slice::from_ref(&run), room);
            let joined: String = texts(&lines).concat();
            prop_assert_eq!(joined.replace(' ', ""), run.text.replace(' ', ""));
            prop_assert!(lines.iter().all(|line| line_width(line) <= room));
        }
    }
}
