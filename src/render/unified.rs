//! Two lives as the lines of a unified diff, and lines of a log with their numbers: plain text in columns.
//!
//! Comes in: [`Lives`], or numbered lines. Goes out: lines in which column one says how the sides relate: ` ` both,
//! `+` the bad one, `-` the good one, `!` both but moved, repeated, later, sooner or with another result (the mark
//! follows). The parting and gaps are hunk lines. A single life is plain text. No line begins with a log's words,
//! so that none can close a fence or start a command.

use super::lives::{self, Event, Told};
use super::text;
use crate::report::{Change, Lives};

/// Longer lines of a log are cut.
const MAX_LINE: usize = 400;

/// The lives, a line an event.
pub(super) fn lines(lives: &Lives) -> Vec<String> {
    let two = lives.left.is_some();
    let mut out = Vec::new();
    if let Some(left) = &lives.left {
        out.push(format!("--- {}", text::clean(left, true)));
        out.push(format!("+++ {}", text::clean(&lives.right, true)));
    }
    let digits = digits(lives);
    for told in lives::told(lives, true) {
        out.push(match told {
            Told::Parting(parting) => format!("@@ {} @@", text::clean(&parting, true)),
            Told::Gap(gap) => format!("@@ … {} … @@", log_text(gap)),
            Told::Event(event) => row(&event, two, digits),
        });
    }
    out
}

/// Lines of a log behind their numbers.
pub(super) fn numbered(lines: &[(u64, String)]) -> Vec<String> {
    let digits = lines.iter().map(|(number, _)| number.to_string().len()).max().unwrap_or_default();
    let line = |(number, text): &(u64, String)| {
        // A line without a number is none of a log.
        let number = if *number == 0 { String::new() } else { number.to_string() };
        format!("{number:>digits$}  {}", log_text(text))
    };
    lines.iter().map(line).collect()
}

/// A log's words, clean and not too long.
pub(super) fn log_text(text: &str) -> String {
    text::cut(&text::clean(text, true), MAX_LINE, true)
}

/// Digits of the widest line number on either side.
fn digits(lives: &Lives) -> (usize, usize) {
    let widest =
        |lines: &mut dyn Iterator<Item = u64>| lines.map(|line| line.to_string().len()).max().unwrap_or(1);
    let rows = || lives.rows.iter().filter(|row| row.change != Change::Gap);
    let lefts = widest(&mut rows().filter_map(|row| row.left.as_ref()).map(|cell| cell.line));
    let rights = widest(&mut rows().filter_map(|row| row.right.as_ref()).map(|cell| cell.line));
    (lefts, rights)
}

fn row(event: &Event, two: bool, (left, right): (usize, usize)) -> String {
    let number = |line: Option<u64>| line.map(|line| line.to_string()).unwrap_or_default();
    let time = event.cell.at_ms.map(lives::at).unwrap_or_default();
    let text = log_text(&event.cell.text);
    let note = if event.note.is_empty() { String::new() } else { format!("  {}", event.note) };
    if !two {
        return format!("{:>right$}  {time:>7}  {text}{note}", number(event.right.or(event.left)));
    }
    let told = format!("{:>right$}  {time:>7}  {text}{note}", number(event.right));
    let mark = match event.change {
        Change::Same => "  ".to_owned(),
        Change::Added => "+ ".to_owned(),
        Change::Removed => "- ".to_owned(),
        change => format!("!{}", lives::mark(change, true)),
    };
    format!("{mark}{:>left$} {told}", number(event.left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_a_column() {
        let lines = vec![(98, "a\n".to_owned()), (138, "b".to_owned())];
        assert_eq!(numbered(&lines), [" 98  a", "138  b"]);
    }
}
