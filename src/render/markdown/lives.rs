//! Two lives as a diff in a fence.
//!
//! Comes in: lives. Goes out: the lines of a unified diff in a `diff` fence, and the meaning of the marks that occur,
//! all folded behind a line that says whose lives they are. A single life is plain text.

use super::{fence, folded, inline};
use crate::render::{lives, unified};
use crate::report::Lives;

/// The lives, folded.
pub(super) fn block(lives: &Lives) -> String {
    let language = if lives.left.is_some() { "diff" } else { "text" };
    let fence = fence(language, &unified::lines(lives));
    folded(&inline::html(&summary(lives)), &format!("{fence}{}", legend(lives)))
}

/// Whose life it is, and in which log if there is but one.
fn summary(lives: &Lives) -> String {
    let rows = match lives.rows.len() {
        1 => "1 row".to_owned(),
        n => format!("{n} rows"),
    };
    match &lives.left {
        Some(_) => format!("the two lives of {}, {rows}", lives.server),
        None => format!("the life of {} in {}, {rows}", lives.server, lives.right),
    }
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
    use crate::report::{Cell, Change, Row, Tone};

    fn cell(line: u64, text: &str) -> Cell {
        let (event, text) = ("session.expired".to_owned(), text.to_owned());
        Cell { line, at_ms: Some(28), event, text, repeats: 1, tone: Tone::Plain }
    }

    #[test]
    fn lives_are_a_folded_diff_with_the_parting_as_a_hunk() {
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
        let right = "bad 2.1.147".into();
        let lives = Lives { server, verdict: None, left, right, rows, divergence: Some(1) };
        let wanted = "\
<details>
<summary>the two lives of my-http-mcp, 3 rows</summary>

````diff
--- good 2.1.146
+++ bad 2.1.147
  130 129    +28ms  connected
@@ here they part at session.expired: good line 9, bad line 138 @@
+     138    +28ms  expired ``` @someone
!~  9 140    +28ms  moved
````

`+` only in bad · `~` at another place

</details>";
        assert_eq!(block(&lives), wanted);
    }
}
