//! The report for a person at a terminal, at two in the morning.
//!
//! Comes in: the report and the look. Goes out: text as wide as the look at most. The title and what follows it
//! stand together at the top; two lives stand side by side where there is room. Colour repeats what a mark or a
//! word says already. Log text is cut or wrapped, and holds nothing that a terminal would obey.

mod finding;
mod lives;
mod page;
mod table;

use page::{Ink, Page, Run};

use super::Look;
use crate::report::{Block, Fact, Report, Span};
use crate::share;

/// The widest name of a fact that others are aligned with.
const MAX_NAME: usize = 18;

/// So many blocks are drawn at a time: the report of one log has fewer.
const PORTION: usize = 256;

/// The report, `look.width` columns wide.
pub(super) fn render(report: &Report, look: &Look) -> String {
    let mut page = Page::new(*look);
    let title = Run::new(page.look, &report.title, Ink::Strong);
    let room = page.room();
    page.hang(&[], &[title], room, usize::MAX);
    // No empty line under the title: the first five lines are all that many a reader sees.
    let close = !matches!(report.blocks.first(), Some(Block::Heading(..)));
    in_portions(&mut page, &report.blocks, close, PORTION);
    page.into_text()
}

/// The blocks as they are drawn one after the other, portion by portion, on as many threads as may draw.
fn in_portions(page: &mut Page, all: &[Block], close: bool, least: usize) {
    let look = page.look;
    let drawn = |portion: &&[Block]| {
        let mut part = Page::new(look);
        blocks(&mut part, portion, true);
        part
    };
    share::in_order(&portions(all, least), look.threads, &drawn, &mut |at, part| {
        if at > 0 || !close {
            page.blank();
        }
        page.add(&part);
    });
}

/// Blocks, cut before headings that take no notice of what stands above them, into portions of so many at least.
fn portions(all: &[Block], least: usize) -> Vec<&[Block]> {
    let heads = |block: &Block| matches!(block, Block::Heading(..));
    let mut portions = Vec::new();
    let mut start = 0;
    for (at, pair) in all.windows(2).enumerate() {
        let cut = at + 1;
        if cut - start >= least && !heads(&pair[0]) && heads(&pair[1]) {
            portions.push(&all[start..cut]);
            start = cut;
        }
    }
    portions.extend(all.get(start..).filter(|rest| !rest.is_empty()));
    portions
}

/// The blocks, an empty line between them but none under a heading.
fn blocks(page: &mut Page, blocks: &[Block], mut close: bool) {
    let mut above: &[Span] = &[];
    for block in blocks {
        if !close {
            page.blank();
        }
        draw(page, block, above);
        above = if let Block::Heading(_, spans) = block { spans } else { &[] };
        close = !above.is_empty();
    }
}

/// One block; `above` is the heading that stands right above it.
fn draw(page: &mut Page, block: &Block, above: &[Span]) {
    match block {
        Block::Heading(level, spans) => heading(page, *level, spans),
        Block::Text(spans) => {
            let (body, room) = (page::runs(page.look, spans), page.prose_room());
            page.hang(&[], &body, room, usize::MAX);
        }
        Block::List { numbered, items } => list(page, *numbered, items),
        Block::Facts(pairs) => facts(page, pairs),
        Block::Table(table) => table::draw(page, table),
        Block::Lives(lives) => {
            let named = above.iter().any(|span| span.text.contains(&lives.server));
            lives::draw(page, lives, named);
        }
        Block::Finding(finding) => finding::draw(page, finding),
        Block::Lines { label, lines } => raw_lines(page, label, lines),
        Block::Details { summary, blocks: inner } => {
            let fold = [Run::mark(page.glyph("▸ ", "> "), Ink::Faint)];
            let (summary, room) = (Run::new(page.look, summary, Ink::Faint), page.prose_room());
            page.hang(&fold, &[summary], room, usize::MAX);
            page.aside(|page| blocks(page, inner, true));
        }
    }
}

/// Level 1 is ruled to the edge; level 2 has a short rule before it.
fn heading(page: &mut Page, level: u8, spans: &[Span]) {
    let stroke = if level <= 1 { page.glyph("━", "=") } else { page.glyph("─", "-") };
    let mut body = page::runs(page.look, spans);
    for run in &mut body {
        run.embolden();
    }
    let width = page::line_width(&body);
    let rest = if level <= 1 { page.room().saturating_sub(width + 4) } else { 0 };
    if rest > 0 {
        body.extend([Run::space(1), Run::rule(stroke, rest)]);
    }
    let room = page.room();
    page.hang(&[Run::rule(stroke, 2), Run::space(1)], &body, room, usize::MAX);
}

fn list(page: &mut Page, numbered: bool, items: &[Vec<Span>]) {
    let digits = items.len().to_string().len();
    for (at, item) in items.iter().enumerate() {
        let bullet = if numbered {
            Run::new(page.look, &format!("{:>digits$}. ", at + 1), Ink::Strong)
        } else {
            Run::mark(page.glyph("• ", "* "), Ink::Faint)
        };
        let (body, room) = (page::runs(page.look, item), page.prose_room());
        page.hang(&[Run::space(2), bullet], &body, room, usize::MAX);
    }
}

fn facts(page: &mut Page, pairs: &[Fact]) {
    let names: Vec<Run> =
        pairs.iter().map(|fact| Run::cut(page.look, &fact.name, MAX_NAME, Ink::Faint)).collect();
    let width = names.iter().map(Run::width).max().unwrap_or_default();
    for (name, fact) in names.into_iter().zip(pairs) {
        let mut head = vec![Run::space(2)];
        head.extend(page::filled(&[name], width + 2));
        let (body, room) = (page::runs(page.look, &fact.value), page.prose_room());
        page.hang(&head, &body, room, usize::MAX);
    }
}

/// Lines of a log, one a line.
fn raw_lines(page: &mut Page, label: &str, lines: &[(u64, String)]) {
    if !label.is_empty() {
        let (label, room) = (Run::new(page.look, label, Ink::Faint), page.room());
        page.hang(&[], &[label], room, 2);
    }
    let digits = number_width(lines);
    for (number, text) in lines {
        let room = page.room().saturating_sub(digits + 4);
        let number = if *number == 0 { String::new() } else { number.to_string() };
        let number = Run::new(page.look, &format!("{number:>digits$}"), Ink::Faint);
        let text = Run::cut(page.look, text, room, Ink::Plain);
        page.push(&[Run::space(2), number, Run::space(2), text]);
    }
}

/// The digits of the widest line number.
fn number_width(lines: &[(u64, String)]) -> usize {
    lines.iter().map(|(number, _)| number.to_string().len()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    /// What is left of coloured text when the colour is taken off.
    fn without_colour(text: &str) -> String {
        let mut parts = text.split("\u{1b}[");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |out, part| out + part.split_once('m').unwrap().1)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn no_line_is_wider_than_the_look(text in fixture::evil(), width in 40_usize..=200, unicode: bool) {
            let look = Look { width, unicode, ..Look::default() };
            for line in render(&fixture::filled(&text), &look).lines() {
                prop_assert!(line.width() <= width, "{} columns: {line}", line.width());
            }
        }

        #[test]
        fn colour_is_all_that_colour_adds(text in fixture::evil(), width in 40_usize..=200) {
            let plain = Look { width, ..Look::default() };
            let coloured = render(&fixture::filled(&text), &Look { colour: true, ..plain });
            let uncoloured = render(&fixture::filled(&text), &plain);
            let has_escape = |text: &str| text.contains('\u{1b}');
            prop_assert!(has_escape(&coloured) && !has_escape(&uncoloured));
            prop_assert_eq!(without_colour(&coloured), uncoloured);
        }

        #[test]
        fn an_ascii_look_is_all_ascii_if_the_log_is(text in "[ -~\t\r\n\u{0}-\u{7f}→…]{1,90}", width in 40_usize..=200) {
            let look = Look { width, unicode: false, ..Look::default() };
            let out = render(&fixture::filled(&text), &look);
            prop_assert!(out.is_ascii(), "{:?}", out.chars().find(|c| !c.is_ascii()));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn what_is_drawn_in_portions_is_drawn_as_a_whole(
            text in fixture::evil(), least in 1_usize..9, threads in 1_usize..4, close: bool
        ) {
            let many: Vec<Block> = [text.as_str(), "", "x"].into_iter().flat_map(|t| fixture::filled(t).blocks).collect();
            let look = Look { threads, ..Look::default() };
            let drawn = |draw: &dyn Fn(&mut Page)| {
                let mut page = Page::new(look);
                draw(&mut page);
                page.into_text()
            };
            prop_assert!(portions(&many, least).len() > 1 && portions(&many, least).concat() == many);
            let whole = drawn(&|page| blocks(page, &many, close));
            prop_assert_eq!(drawn(&|page| in_portions(page, &many, close, least)), whole);
        }
    }

    #[test]
    fn all_widths_hold_for_all_hostile_text_at_once() {
        for width in 40..=200 {
            let look = Look { width, ..Look::default() };
            let out = render(&fixture::hostile(), &look);
            assert!(out.lines().all(|line| line.width() <= width), "at {width}");
        }
    }

    #[test]
    fn facts_follow_the_title_at_once_and_stand_in_columns() {
        let fact = |name: &str, value: &str| Fact { name: name.into(), value: vec![Span::plain(value)] };
        let facts = Block::Facts(vec![fact("why", "the client misread it"), fact("do this", "upgrade")]);
        let report = Report::new("regressed: ready → failed", vec![facts], serde_json::Value::Null);
        let text = render(&report, &Look { unicode: false, ..Look::default() });
        assert_eq!(
            text,
            "regressed: ready -> failed\n  why      the client misread it\n  do this  upgrade\n"
        );
    }

    #[test]
    fn a_block_stands_apart_except_under_its_heading() {
        let text = |text: &str| Block::Text(vec![Span::plain(text)]);
        let blocks = vec![text("a"), Block::Heading(2, vec![Span::plain("h")]), text("b"), text("c")];
        let report = Report::new("t", blocks, serde_json::Value::Null);
        assert_eq!(render(&report, &Look::default()), "t\na\n\n── h\nb\n\nc\n");
    }
}
