//! Rows and columns on a terminal.
//!
//! Comes in: a table. Goes out: columns as wide as they need, wrapped where the room asks for it; where columns
//! would be too narrow to read, each row by itself. Cells beyond the heads are not shown.

use super::page::{self, Ink, Line, Page, Run};
use crate::report::Table;

/// The space between columns.
const GAP: usize = 2;
/// Columns are not worth reading if they need this and do not get it.
const READABLE: usize = 20;
/// How far in the cells of a record stand.
const INSET: usize = 6;
/// Longer words (paths, addresses) may be broken.
const LONGEST_WORD: usize = 48;

/// Draws the table.
pub(super) fn draw(page: &mut Page, table: &Table) {
    let heads: Vec<Line> =
        table.head.iter().map(|head| vec![Run::new(page.look, head, Ink::Strong)]).collect();
    let rows: Vec<Vec<Line>> = table
        .rows
        .iter()
        .map(|row| row.iter().take(heads.len()).map(|cell| page::runs(page.look, cell)).collect())
        .collect();
    let room = page.room().saturating_sub(GAP * heads.len());
    match widths(&heads, &rows, room) {
        Some(widths) => columns(page, &heads, &rows, &widths),
        None => records(page, table),
    }
}

/// The columns' widths, or nothing if one would become unreadable. No word is broken if that can be had, for names are
/// likely to be copied, and none of what a row is about in any case.
fn widths(heads: &[Line], rows: &[Vec<Line>], room: usize) -> Option<Vec<usize>> {
    let lines = || std::iter::once(heads).chain(rows.iter().map(Vec::as_slice));
    let widest_of = |measure: &dyn Fn(&Line) -> usize| {
        let mut all = vec![0; heads.len()];
        lines().for_each(|row| all.iter_mut().zip(row).for_each(|(w, cell)| *w = (*w).max(measure(cell))));
        all
    };
    let widths = widest_of(&|cell| page::line_width(cell));
    let readable = widest_of(&|cell| page::line_width(cell).min(READABLE));
    let words = widest_of(&|cell| page::longest_word(cell).min(LONGEST_WORD));
    let whole = |columns: usize| -> Vec<usize> {
        let least = readable.iter().zip(&words).enumerate();
        least
            .map(|(at, (readable, word))| if at < columns { *readable.max(word) } else { *readable })
            .collect()
    };
    [heads.len(), 1].into_iter().find_map(|columns| narrowed(widths.clone(), &whole(columns), room))
}

/// Widths that fit into the room, none of them less than its least.
fn narrowed(mut widths: Vec<usize>, least: &[usize], room: usize) -> Option<Vec<usize>> {
    while let Some(excess) = widths.iter().sum::<usize>().checked_sub(room).filter(|e| *e > 0) {
        let giving = widths.iter_mut().zip(least).filter(|(width, least)| **width > **least);
        let (widest, least) = giving.max_by_key(|(width, _)| **width)?;
        // The widest gives way, in steps, so that two wide ones end up alike.
        *widest = widest.saturating_sub(excess.div_ceil(2)).max(*least);
    }
    Some(widths)
}

fn columns(page: &mut Page, heads: &[Line], rows: &[Vec<Line>], widths: &[usize]) {
    row(page, heads, widths);
    let stroke = page.glyph("─", "-");
    let rules: Vec<Line> = widths.iter().map(|width| vec![Run::rule(stroke, *width)]).collect();
    row(page, &rules, widths);
    for cells in rows {
        row(page, cells, widths);
    }
}

/// One row, as high as its highest cell.
fn row(page: &mut Page, cells: &[Line], widths: &[usize]) {
    let cells: Vec<Vec<Line>> =
        cells.iter().zip(widths).map(|(cell, width)| page::wrapped(cell, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or_default().max(1);
    for at in 0..height {
        let mut line = vec![Run::space(GAP)];
        for (cell, width) in cells.iter().zip(widths) {
            let part = cell.get(at).map(Vec::as_slice).unwrap_or_default();
            line.extend(page::filled(part, width + GAP));
        }
        page.push(&line);
    }
}

/// Each row by itself: its first cell, and under it the others with their names, none away from its name.
fn records(page: &mut Page, table: &Table) {
    for row in &table.rows {
        let mut cells = table.head.iter().zip(row).map(|(name, cell)| (name, page::runs(page.look, cell)));
        let Some((_, mut first)) = cells.next() else { continue };
        first.iter_mut().for_each(Run::embolden);
        let named = cells.filter(|(_, cell)| page::line_width(cell) > 0);
        let named = named
            .map(|(name, cell)| [vec![Run::new(page.look, name, Ink::Faint), Run::space(1)], cell].concat());
        let between = Run::mark(page.glyph(" · ", " - "), Ink::Faint);
        let lines = packed(named, &between, page.prose_room().saturating_sub(INSET).max(1));
        let room = page.room();
        page.hang(&[Run::space(2)], &first, room, usize::MAX);
        for line in lines {
            page.hang(&[Run::space(INSET)], &line, room, usize::MAX);
        }
    }
}

/// Parts side by side in lines; one that fits into a line is not broken, and one that does not has its own.
fn packed(parts: impl Iterator<Item = Line>, between: &Run, room: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for part in parts {
        let gap = [between.clone()];
        match lines.last_mut() {
            Some(last)
                if page::line_width(last) + page::line_width(&gap) + page::line_width(&part) <= room =>
            {
                last.extend(gap);
                last.extend(part);
            }
            _ => lines.extend(page::wrapped(&part, room)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Look;
    use crate::report::Span;

    fn drawn(width: usize, cells: &[&str]) -> String {
        let head = vec!["server".to_owned(), "good".to_owned(), "bad".to_owned()];
        let row = cells.iter().map(|cell| vec![Span::plain(*cell)]).collect();
        let mut page = Page::new(Look { width, unicode: false, ..Look::default() });
        draw(&mut page, &Table { head, rows: vec![row] });
        page.into_text()
    }

    #[test]
    fn columns_are_as_wide_as_they_need() {
        let text = drawn(80, &["my-http-mcp", "ready", "failed"]);
        assert_eq!(
            text,
            "  server       good   bad\n  -----------  -----  ------\n  my-http-mcp  ready  failed\n"
        );
    }

    #[test]
    fn a_cell_without_room_wraps_in_its_column() {
        let text = drawn(44, &["my-http-mcp", "ready", "tools cannot be used at the end"]);
        assert!(
            text.contains("  my-http-mcp  ready  tools cannot be used\n                      at the end\n"),
            "{text}"
        );
    }

    #[test]
    fn a_word_is_not_broken_where_a_sentence_can_give_way() {
        let (id, title) = ("get-404-session-expiry-loop", "GET stream 404 is read as session expiry");
        let broken = |width: usize| !drawn(width, &[id, "critical", title]).contains(id);
        assert_eq!((32..=120).filter(|width| broken(*width)).count(), 0);
        assert!(drawn(70, &[id, "critical", title]).lines().nth(2).unwrap().ends_with("read as"), "columns");
        assert!(
            drawn(50, &[id, "critical", title])
                .starts_with("  get-404-session-expiry-loop\n      good critical\n      bad GET"),
            "records"
        );
    }

    #[test]
    fn in_a_record_no_cell_is_broken_or_parted_from_its_name() {
        let versions: Vec<String> = (142..=160).map(|patch| format!("2.1.{patch}")).collect();
        let cell =
            |at: usize| if at.is_multiple_of(3) { "failed 2/3, ready 1/3 0/1 to 1/1" } else { "ready 1/1" };
        let parts: Vec<String> =
            versions.iter().enumerate().map(|(at, v)| format!("{v} {}", cell(at))).collect();
        let head = std::iter::once("scenario".to_owned()).chain(versions).collect();
        let cells = (0..parts.len()).map(|at| vec![Span::plain(cell(at))]);
        let row = std::iter::once(vec![Span::plain("get-404")]).chain(cells).collect();
        let table = Table { head, rows: vec![row] };
        for width in 60..=140 {
            let mut page = Page::new(Look { width, unicode: false, ..Look::default() });
            draw(&mut page, &table);
            let text = page.into_text();
            let mut told = text.lines().skip(1).flat_map(|line| line.trim_start().split(" - "));
            assert!(parts.iter().all(|part| told.next() == Some(part)), "{width}: {text}");
        }
    }

    #[test]
    fn a_word_is_broken_in_no_column_where_another_can_give_way() {
        let (id, versions) = ("get-404-session-expiry-loop", "2.1.109, 2.1.147, 2.1.250, 2.1.330, 2.1.331");
        let broken = |width: usize| !drawn(width, &["get-404", id, versions]).contains(id);
        assert_eq!((60..=120).filter(|width| broken(*width)).count(), 0);
    }

    #[test]
    fn unreadable_columns_become_records() {
        let long = "x".repeat(60);
        let text = drawn(40, &[&long, &long, &long]);
        assert!(text.starts_with("  xxxx") && text.contains("\n      good"), "{text}");
    }
}
