//! Rows and columns on a terminal.
//!
//! Comes in: a table. Goes out: columns as wide as they need, wrapped where the room asks for it; where columns
//! would be too narrow to read, each row as a list of names and values. Cells beyond the heads are not shown.

use super::page::{self, Ink, Line, Page, Run};
use crate::report::{Fact, Table};

/// The space between columns.
const GAP: usize = 2;
/// Narrower columns are not worth reading.
const MIN_COLUMN: usize = 8;

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

/// The columns' widths, or nothing if one would become unreadable.
fn widths(heads: &[Line], rows: &[Vec<Line>], room: usize) -> Option<Vec<usize>> {
    let mut widths: Vec<usize> = heads.iter().map(|head| page::line_width(head)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(page::line_width(cell));
        }
    }
    while widths.iter().sum::<usize>() > room {
        let excess = widths.iter().sum::<usize>() - room;
        let widest = widths.iter_mut().max()?;
        // The widest gives way, in steps, so that two wide ones end up alike.
        *widest = widest.saturating_sub(excess.div_ceil(2));
        if *widest < MIN_COLUMN {
            return None;
        }
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

fn records(page: &mut Page, table: &Table) {
    for (at, row) in table.rows.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        let pairs = table.head.iter().zip(row);
        let pairs: Vec<Fact> =
            pairs.map(|(name, value)| Fact { name: name.clone(), value: value.clone() }).collect();
        super::facts(page, &pairs);
    }
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
        let text = drawn(40, &["my-http-mcp", "ready", "tools cannot be used at the end"]);
        assert!(
            text.contains("  my-http-mcp  ready  tools cannot be\n                      used at the end\n"),
            "{text}"
        );
    }

    #[test]
    fn unreadable_columns_become_records() {
        let long = "x".repeat(60);
        let text = drawn(40, &[&long, &long, &long]);
        assert!(text.starts_with("  server  xxxx"), "{text}");
    }
}
