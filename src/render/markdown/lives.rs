//! Two lives as a diff in a fence.
//!
//! Comes in: lives. Goes out: a `diff` fence in which column one says how the sides relate: ` ` both, `+` the bad
//! one, `-` the good one, `!` both but moved, repeated, later, sooner or with another result (the mark follows).
//! The parting and gaps are hunk lines. A single life is plain text.

use super::{fence, inline, log_text};
use crate::render::lives::{Event, Told};
use crate::render::{lives, text};
use crate::report::{Change, Lives};

/// The lives under their server's name, unless the heading above has it (`named`).
pub(super) fn block(lives: &Lives, named: bool) -> String {
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
    let fence = fence(if two { "diff" } else { "text" }, &out);
    format!("{}{fence}{}", if named { String::new() } else { head(lives) }, legend(lives))
}

/// Whose life it is, and in which log if there is but one.
fn head(lives: &Lives) -> String {
    let server = inline::code(&lives.server, inline::Place::Line);
    match lives.left {
        Some(_) => format!("{server}\n\n"),
        None => format!("{server} {}\n\n", inline::line(&lives.right)),
    }
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
    let told = format!("{:>right$}  {time:>7}  {text}{note}", number(event.right));
    if !two {
        return told;
    }
    let mark = match event.change {
        Change::Same => "  ".to_owned(),
        Change::Added => "+ ".to_owned(),
        Change::Removed => "- ".to_owned(),
        change => format!("!{}", lives::mark(change, true)),
    };
    format!("{mark}{:>left$} {told}", number(event.left))
}

/// The marks that occur, unless a diff explains itself.
fn legend(lives: &Lives) -> String {
    let marks = lives::legend(lives, true);
    if marks.is_empty() {
        return String::new();
    }
    let says =
        |(mark, meaning): &(&str, &str)| format!("{} {meaning}", inline::code(mark, inline::Place::Line));
    format!("\n\n{}", marks.iter().map(says).collect::<Vec<_>>().join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cell, Row, Tone};

    fn cell(line: u64, text: &str) -> Cell {
        let (event, text) = ("session.expired".to_owned(), text.to_owned());
        Cell { line, at_ms: Some(28), event, text, repeats: 1, tone: Tone::Plain }
    }

    #[test]
    fn lives_are_a_diff_with_the_parting_as_a_hunk() {
        let rows = vec![
            Row {
                change: Change::Same,
                left: Some(cell(130, "connected")),
                right: Some(cell(129, "connected")),
            },
            Row { change: Change::Added, left: None, right: Some(cell(138, "expired ``` @someone")) },
            Row { change: Change::Moved, left: Some(cell(9, "moved")), right: Some(cell(140, "moved")) },
        ];
        let (server, left) = ("my-http-mcp".to_owned(), Some("good 2.1.146".to_owned()));
        let lives = Lives { server, left, right: "bad 2.1.147".into(), rows, divergence: Some(1) };
        let wanted = "\
`my-http-mcp`

````diff
--- good 2.1.146
+++ bad 2.1.147
  130 129    +28ms  connected
@@ here they part at session.expired: good line 9, bad line 138 @@
+     138    +28ms  expired ``` @someone
!~  9 140    +28ms  moved
````

`+` only in bad · `~` at another place";
        assert_eq!(block(&lives, false), wanted);
        assert!(block(&lives, true).starts_with("````diff\n"));
    }
}
