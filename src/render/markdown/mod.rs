//! The report to paste into an issue: GitHub's Markdown.
//!
//! Comes in: the report. Goes out: the answer and the log's words to search for; then headings, lists and tables,
//! with lives as a diff, the log's lines in fences that they cannot close, all that is long folded away, and no
//! more characters than an issue takes (`fit`). It takes no notice of the look: the page is not a
//! terminal. Outside of fences and code no word of a log is markup, links an issue or notifies a person; only the
//! references of a finding, which come from the packs, link.

mod finding;
pub(super) mod form;
mod inline;
mod lives;

use inline::Place;

use super::fit::{self, Cut};
use super::{Look, unified};
use crate::report::{Block, Fact, Report, Span, Table};

/// The report as Markdown, of at most `look.max_chars` characters.
pub(super) fn render(report: &Report, look: &Look) -> String {
    fit::fitted(report, look.max_chars, page)
}

/// The page: the answer, the words to search for, then all else.
fn page(cut: &Cut) -> String {
    let is_answer = |block: &&Block| matches!(block, Block::Facts(_) | Block::Text(_));
    let answer = cut.blocks.iter().take_while(is_answer).count();
    let (answer, rest) = cut.blocks.split_at_checked(answer).unwrap_or_default();
    let mut parts = vec![format!("## {}", inline::line(&cut.title))];
    parts.extend(parts_of(answer));
    if !cut.exact.is_empty() {
        parts.push(format!("**The log says**\n\n{}", fence("text", &cut.exact)));
    }
    parts.extend(parts_of(rest));
    parts.extend(cut.note().map(|note| format!("▲ {}", inline::prose(&note))));
    parts.join("\n\n") + "\n"
}

/// The blocks that say something.
fn parts_of(blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(block).filter(|part| !part.is_empty()).collect()
}

/// One block, without an empty line around it.
fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, spans) => {
            let level = usize::from(*level).clamp(1, 4) + 2;
            format!("{} {}", "#".repeat(level), inline::spans(spans, Place::Line))
        }
        Block::Text(spans) => inline::spans(spans, Place::Line),
        Block::List { numbered, items } => {
            list(*numbered, items.iter().map(|item| inline::spans(item, Place::Line)))
        }
        Block::Facts(facts) => list(false, facts.iter().map(fact)),
        Block::Table(table) => rows(table),
        Block::Lives(lives) => lives::block(lives),
        Block::Finding(finding) => finding::block(finding),
        Block::Lines { label, lines } if label.is_empty() => numbered_lines(lines),
        Block::Lines { label, lines } => folded(&inline::html(label), &numbered_lines(lines)),
        Block::Details { summary, blocks } => folded(&inline::html(summary), &parts_of(blocks).join("\n\n")),
    }
}

fn fact(fact: &Fact) -> String {
    let name = inline::line(&format!("{}:", fact.name));
    format!("**{name}** {}", inline::spans(&fact.value, Place::Line))
}

fn list(numbered: bool, items: impl Iterator<Item = String>) -> String {
    let bullet = |at: usize| if numbered { format!("{at}.") } else { "-".to_owned() };
    let lines: Vec<String> = items.zip(1..).map(|(item, at)| format!("{} {item}", bullet(at))).collect();
    lines.join("\n")
}

/// A table; rows are as long as its head.
fn rows(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let head = table.head.iter().map(|head| inline::spans(&[Span::plain(head)], Place::Cell)).collect();
    let mut lines = vec![row(head), row(vec!["---".to_owned(); table.head.len()])];
    for cells in &table.rows {
        let mut cells: Vec<String> = cells.iter().map(|cell| inline::spans(cell, Place::Cell)).collect();
        cells.resize(table.head.len(), String::new());
        lines.push(row(cells));
    }
    lines.join("\n")
}

/// Markdown folded behind a line of HTML; the empty lines let Markdown begin again inside.
fn folded(summary: &str, inner: &str) -> String {
    format!("<details>\n<summary>{summary}</summary>\n\n{inner}\n\n</details>")
}

/// Lines of a log with their numbers, in a fence.
fn numbered_lines(lines: &[(u64, String)]) -> String {
    fence("text", &unified::numbered(lines))
}

/// A fence that none of its lines can close.
fn fence(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().map(|line| inline::longest_run(line)).max().unwrap_or_default();
    let ticks = "`".repeat((longest + 1).max(3));
    format!("{ticks}{language}\n{}\n{ticks}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// All of the report: the fit has laws of its own.
    fn rendered(text: &str) -> String {
        render(&fixture::filled(text), &Look { max_chars: usize::MAX, ..Look::default() })
    }

    /// The lines outside of fences, and how many fences were opened and closed; read as a reader of Markdown does.
    fn outside(page: &str) -> (Vec<&str>, usize, usize) {
        let (mut lines, mut opened, mut closed, mut open) = (Vec::new(), 0, 0, None);
        for line in page.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match open {
                Some(length) if ticks >= length && line.trim_start_matches('`').trim().is_empty() => {
                    (open, closed) = (None, closed + 1);
                }
                Some(_) => {}
                None if ticks >= 3 && !line.trim_start_matches('`').contains('`') => {
                    (open, opened) = (Some(ticks), opened + 1);
                }
                None => lines.push(line),
            }
        }
        (lines, opened, closed)
    }

    /// The line without code spans, code elements and escaped characters.
    fn live(line: &str) -> String {
        let (mut out, mut rest) = (String::new(), line);
        while let Some(c) = rest.chars().next() {
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            let closing = |body: &str| {
                let mut runs = body.match_indices('`').filter(|(at, _)| !body[..*at].ends_with('`'));
                let length = |at: usize| body[at..].len() - body[at..].trim_start_matches('`').len();
                runs.find(|(at, _)| length(*at) == ticks).map(|(at, _)| at + ticks)
            };
            rest = if c == '\\' {
                rest[1..].strip_prefix(|c: char| c.is_ascii_punctuation()).unwrap_or(&rest[1..])
            } else if let Some(after) = ["&lt;", "&gt;", "&amp;"].iter().find_map(|it| rest.strip_prefix(it))
            {
                after
            } else if let Some(after) = rest.strip_prefix("<code>") {
                after.split_once("</code>").unwrap().1
            } else if ticks > 0
                && let Some(end) = closing(&rest[ticks..])
            {
                &rest[ticks + end..]
            } else {
                let within = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
                if c != '_'
                    || !within(line[..line.len() - rest.len()].chars().next_back())
                    || !within(rest.chars().nth(1))
                {
                    out.push(c);
                }
                &rest[c.len_utf8()..]
            };
        }
        out
    }

    /// How often each character that Markdown or GitHub reads stands outside of fences, code and escapes.
    fn markup(page: &str) -> BTreeMap<char, usize> {
        let mut counts = BTreeMap::new();
        for line in outside(page).0 {
            // What stands within an HTML element of one line is not read as Markdown.
            let element = line.starts_with("<summary>");
            let read = if element { "<>@" } else { "`*_[]<>|~$@#\\" };
            let line = if element { line.replace(['\\', '`'], "") } else { line.to_owned() };
            for c in live(&line).chars().filter(|c| read.contains(*c)) {
                *counts.entry(c).or_default() += 1;
            }
        }
        counts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_fence_is_closed_and_none_by_what_it_holds(text in fixture::evil()) {
            let (_, wanted, _) = outside(&rendered("x"));
            let page = rendered(&format!("x{text}"));
            let (_, opened, closed) = outside(&page);
            prop_assert_eq!((opened, closed), (wanted, wanted), "{}", page);
        }

        #[test]
        fn no_word_of_a_log_adds_a_line_or_a_character_of_markup(text in fixture::evil()) {
            let (plain, page) = (rendered("x"), rendered(&format!("x{text}")));
            prop_assert_eq!(page.lines().count(), plain.lines().count());
            prop_assert_eq!(markup(&page), markup(&plain), "{}", page);
        }

        #[test]
        fn only_trusted_references_link_outside_of_code(text in fixture::evil()) {
            for line in outside(&rendered(&text)).0 {
                let line = live(line);
                let trusted = line.contains("claude-code#62198") || line.contains("https://modelcontextprotocol.io");
                prop_assert!(trusted || !(line.contains('@') || line.contains("://")), "{}", line);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn it_fits_any_room_and_cuts_nothing_in_two(text in fixture::evil(), many in 1_usize..9, max_chars in 2000_usize..30_000) {
            let mut report = fixture::filled(&text);
            report.blocks = std::iter::repeat_n(report.blocks, many).flatten().collect();
            let page = render(&report, &Look { max_chars, ..Look::default() });
            prop_assert!(page.chars().count() <= max_chars, "{} characters", page.chars().count());
            let (lines, opened, closed) = outside(&page);
            prop_assert_eq!(opened, closed);
            let folds = |mark: &str| lines.iter().filter(|line| **line == mark).count();
            prop_assert_eq!(folds("<details>"), folds("</details>"));
            prop_assert!(page.starts_with("## "));
        }
    }

    #[test]
    fn what_was_cut_is_said() {
        let page =
            render(&fixture::filled(&"words ".repeat(60)), &Look { max_chars: 9000, ..Look::default() });
        let note = page.lines().last().unwrap_or_default();
        assert!(
            note.starts_with("▲ Left out to stay within 9000 characters: sections of lines outside"),
            "{note}"
        );
    }

    #[test]
    fn details_fold_with_an_empty_line_inside() {
        let inner = Block::Text(vec![Span::plain("inside")]);
        let folded = Block::Details { summary: "12 rows".into(), blocks: vec![inner] };
        assert_eq!(block(&folded), "<details>\n<summary>12 rows</summary>\n\ninside\n\n</details>");
    }

    #[test]
    fn a_table_has_as_many_cells_as_heads() {
        let table =
            Table { head: vec!["a|b".into(), "c".into()], rows: vec![vec![vec![Span::plain("x|y")]]] };
        assert_eq!(rows(&table), "| a\\|b | c |\n| --- | --- |\n| x\\|y |  |");
    }
}
