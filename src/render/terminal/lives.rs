//! Two lives of a server on a terminal: side by side where there is room, else in one column.
//!
//! Comes in: lives, aligned row by row. Goes out: a line a row, the place where they part ruled across, and the
//! meaning of the marks that occur. Log text is cut to its room, so that a row stays a row; only in one column may
//! an event that sets the two apart take a second line.

use super::page::{self, Ink, Line, Page, Run};
use crate::render::lives::{self, Event, Told};
use crate::report::{Cell, Change, Lives, Row, Tone};

/// From this width on two columns hold enough of a log line each.
const SIDE_BY_SIDE: usize = 110;
/// Below this the time gives way to the text.
const WITH_TIME: usize = 60;
/// From this width on a single life names its events.
const WITH_EVENT: usize = 100;
/// The widest event name that others are aligned with.
const MAX_EVENT: usize = 24;

/// Draws the lives. `named`: the heading above names the server already.
pub(super) fn draw(page: &mut Page, lives: &Lives, named: bool) {
    let columns = Columns::of(page, lives);
    let server = if named { "" } else { lives.server.as_str() };
    match &lives.left {
        Some(left) if page.room() >= SIDE_BY_SIDE => side_by_side(page, lives, (server, left), &columns),
        _ => one_column(page, lives, server, &columns),
    }
    legend(page, lives);
}

/// The widths that all rows share.
struct Columns {
    left: usize,
    right: usize,
    time: usize,
    event: usize,
    tone: bool,
}

impl Columns {
    fn of(page: &Page, lives: &Lives) -> Self {
        let rows = || lives.rows.iter().filter(|row| row.change != Change::Gap);
        let lefts = || rows().filter_map(|row| row.left.as_ref());
        let rights = || rows().filter_map(|row| row.right.as_ref());
        let number = |cell: &Cell| cell.line.to_string().len();
        let time = |cell: &Cell| cell.at_ms.map(|ms| lives::at(ms).len()).unwrap_or_default();
        let event = |cell: &Cell| Run::new(page.look, &cell.event, Ink::Plain).width().min(MAX_EVENT);
        let judged = |cell: &Cell| matches!(cell.tone, Tone::Good | Tone::Bad | Tone::Warn);
        let with_time = page.room() >= WITH_TIME;
        let with_event = lives.left.is_none() && page.room() >= WITH_EVENT;
        Self {
            left: lefts().map(number).max().unwrap_or_default(),
            right: rights().map(number).max().unwrap_or_default(),
            time: lefts().chain(rights()).map(time).filter(|_| with_time).max().unwrap_or_default(),
            event: lefts().chain(rights()).map(event).filter(|_| with_event).max().unwrap_or_default(),
            tone: lefts().chain(rights()).any(judged),
        }
    }
}

fn side_by_side(page: &mut Page, lives: &Lives, (server, left): (&str, &str), columns: &Columns) {
    let half = (page.room() - 3) / 2;
    let bar = Run::mark(page.glyph("│", "|"), Ink::Faint);
    let heads = [left, &lives.right].map(|name| head_of(page, server, name));
    beside(page, &heads[0], bar.clone(), &heads[1], half);
    let rule = Run::rule(page.glyph("─", "-"), half + 1);
    page.push(&[rule.clone(), Run::mark(page.glyph("┼", "+"), Ink::Faint), rule]);
    for (at, row) in lives.rows.iter().enumerate() {
        if lives.divergence == Some(at) {
            parting(page, &lives::parting(lives).unwrap_or_default());
        }
        match row.change {
            Change::Gap => gap(page, lives::gap(row)),
            Change::Same => both_halves(page, row, bar.clone(), columns, half),
            change => {
                let mark = Run::mark(lives::mark(change, page.look.unicode), Ink::Mark);
                both_halves(page, row, mark, columns, half);
            }
        }
    }
}

/// What heads a column: whose life it is, in which log.
fn head_of(page: &Page, server: &str, name: &str) -> Line {
    let apart = if server.is_empty() { "" } else { "  " };
    vec![Run::new(page.look, &format!("{server}{apart}{name}"), Ink::Strong)]
}

fn both_halves(page: &mut Page, row: &Row, mark: Run, columns: &Columns, half: usize) {
    let left = half_row(page, row, row.left.as_ref(), columns.left, columns, half);
    let right = half_row(page, row, row.right.as_ref(), columns.right, columns, half);
    beside(page, &left, mark, &right, half);
}

/// A left half, a mark, a right half.
fn beside(page: &mut Page, left: &[Run], mark: Run, right: &[Run], half: usize) {
    let mut line = page::filled(left, half);
    line.extend([Run::space(1), mark, Run::space(1)]);
    line.extend_from_slice(right);
    page.push(&line);
}

/// One side of a row in its half of the page.
fn half_row(
    page: &Page,
    row: &Row,
    cell: Option<&Cell>,
    digits: usize,
    columns: &Columns,
    half: usize,
) -> Line {
    let Some(cell) = cell else { return Line::new() };
    let mut line = vec![number(page, Some(cell.line), digits)];
    let note = lives::times(cell, page.look.unicode);
    // What both did alike steps back behind what sets them apart.
    let plain = if row.change == Change::Same { Ink::Faint } else { Ink::Plain };
    told_cell(page, cell, &note, plain, columns, half, &mut line);
    line
}

fn one_column(page: &mut Page, lives: &Lives, server: &str, columns: &Columns) {
    let mut head = vec![Run::new(page.look, server, Ink::Strong)];
    if !server.is_empty() {
        head.push(Run::space(3));
    }
    if let Some(left) = &lives.left {
        head.extend([Run::mark("- ", Ink::Mark), Run::new(page.look, left, Ink::Strong)]);
        head.extend([Run::mark("   + ", Ink::Mark), Run::new(page.look, &lives.right, Ink::Strong)]);
    } else if !server.is_empty() {
        head.push(Run::new(page.look, &lives.right, Ink::Plain));
    }
    if page::line_width(&head) > 0 {
        let room = page.room();
        page.hang(&[], &head, room, 3);
    }
    for told in lives::told(lives, page.look.unicode) {
        match told {
            Told::Parting(text) => parting(page, &text),
            Told::Gap(text) => gap(page, text),
            Told::Event(event) => one_row(page, &event, lives.left.is_some(), columns),
        }
    }
}

/// Mark, line numbers of both sides, time, text. What sets the two apart may take a second line of the page.
fn one_row(page: &mut Page, event: &Event, two: bool, columns: &Columns) {
    let mut line = Line::new();
    if two {
        line.push(Run::mark(lives::mark(event.change, page.look.unicode), Ink::Mark));
        line.push(Run::space(1));
        line.push(number(page, event.left, columns.left));
    }
    line.push(Run::space(1));
    line.push(number(page, event.right, columns.right));
    let plain = if two && event.change == Change::Same { Ink::Faint } else { Ink::Plain };
    let room = page.room();
    if two && event.change != Change::Same && event.note.is_empty() {
        let ink = lead(page, event.cell, plain, columns, &mut line);
        let text = Run::new(page.look, &event.cell.text, ink);
        return page.hang(&line, &[text], room, 2);
    }
    told_cell(page, event.cell, &event.note, plain, columns, room, &mut line);
    page.push(&line);
}

/// Time, tone, event and text of a cell, cut so that the line takes `room` columns with its note.
fn told_cell(
    page: &Page,
    cell: &Cell,
    note: &str,
    plain: Ink,
    columns: &Columns,
    room: usize,
    line: &mut Line,
) {
    let ink = lead(page, cell, plain, columns, line);
    let note = Run::new(page.look, note, Ink::Mark);
    let behind = if note.width() > 0 { note.width() + 2 } else { 0 };
    let text_room = room.saturating_sub(page::line_width(line) + behind);
    line.push(Run::cut(page.look, &cell.text, text_room, ink));
    if behind > 0 {
        line.extend([Run::space(2), note]);
    }
}

/// What stands before the text of a cell; the ink of that text, which is `plain` if the cell's tone is.
fn lead(page: &Page, cell: &Cell, plain: Ink, columns: &Columns, line: &mut Line) -> Ink {
    let look = page.look;
    let ink = if cell.tone == Tone::Plain { plain } else { Ink::from(cell.tone) };
    if columns.time > 0 {
        let time = cell.at_ms.map(lives::at).unwrap_or_default();
        line.push(Run::new(look, &format!("  {time:>0$}", columns.time), Ink::Faint));
    }
    line.push(Run::space(2));
    if columns.tone {
        line.extend([Run::mark(page::tone_mark(look, cell.tone), ink), Run::space(1)]);
    }
    if columns.event > 0 {
        let event = Run::cut(look, &cell.event, columns.event, Ink::Code);
        line.extend(page::filled(&[event], columns.event + 2));
    }
    ink
}

/// A line number, or the space it would take.
fn number(page: &Page, line: Option<u64>, digits: usize) -> Run {
    let line = line.map(|line| line.to_string()).unwrap_or_default();
    Run::new(page.look, &format!("{line:>digits$}"), Ink::Faint)
}

/// The line across the page at which the two part.
fn parting(page: &mut Page, text: &str) {
    let mut body = vec![Run::new(page.look, text, Ink::Bad)];
    let head = [Run::mark(page.glyph("──▶ ", "--> "), Ink::Bad)];
    let room = page.room();
    let rest = room.saturating_sub(page::line_width(&body) + page::line_width(&head) + 1);
    if rest > 0 {
        body.extend([Run::space(1), Run::rule(page.glyph("─", "-"), rest)]);
    }
    page.hang(&head, &body, room, usize::MAX);
}

fn gap(page: &mut Page, text: &str) {
    let mark = lives::mark(Change::Gap, page.look.unicode);
    let room = page.room().saturating_sub(4);
    page.push(&[
        Run::space(2),
        Run::mark(mark, Ink::Faint),
        Run::space(1),
        Run::cut(page.look, text, room, Ink::Faint),
    ]);
}

/// The marks that occur and what they mean.
fn legend(page: &mut Page, lives: &Lives) {
    let marks = lives::legend(lives, page.look.unicode);
    let mut body = Line::new();
    for (mark, meaning) in marks {
        if !body.is_empty() {
            body.push(Run::space(3));
        }
        body.push(Run::mark(mark, Ink::Mark));
        body.push(Run::new(page.look, &format!(" {meaning}"), Ink::Faint));
    }
    if !body.is_empty() {
        let room = page.room();
        page.hang(&[Run::space(2)], &body, room, usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Look;

    fn cell(line: u64, text: &str, tone: Tone) -> Cell {
        let event = if tone == Tone::Bad { "session.expired" } else { "connected" }.to_owned();
        Cell { line, at_ms: Some(21), event, text: text.to_owned(), repeats: 1, tone }
    }

    fn seed(left: Option<&str>) -> Lives {
        let same = cell(130, "Successfully connected", Tone::Plain);
        let rows = vec![
            Row { change: Change::Same, left: Some(same.clone()), right: Some(same) },
            Row {
                change: Change::Added,
                left: None,
                right: Some(cell(138, "MCP session expired", Tone::Bad)),
            },
            Row {
                change: Change::Removed,
                left: Some(cell(161, "Calling MCP tool", Tone::Plain)),
                right: None,
            },
        ];
        let (server, left) = ("my-http-mcp".to_owned(), left.map(str::to_owned));
        let right = "bad 2.1.147".into();
        Lives { server, verdict: None, left, right, rows, divergence: Some(1) }
    }

    fn drawn(width: usize, unicode: bool, lives: &Lives) -> String {
        let mut page = Page::new(Look { width, unicode, ..Look::default() });
        draw(&mut page, lives, false);
        page.into_text()
    }

    #[test]
    fn in_one_column_each_row_has_its_mark_and_both_line_numbers() {
        let wanted = "\
my-http-mcp   - good 2.1.146   + bad 2.1.147
  130 130  +21ms    Successfully connected
--> here they part at session.expired: good line 161, bad line 138 -------------
+     138  +21ms  x MCP session expired
- 161      +21ms    Calling MCP tool
  + only in bad   - only in good
";
        assert_eq!(drawn(80, false, &seed(Some("good 2.1.146"))), wanted);
    }

    #[test]
    fn side_by_side_the_mark_stands_between_the_two() {
        let text = drawn(120, true, &seed(Some("good 2.1.146")));
        let row = text.lines().find(|line| line.contains("expired") && !line.contains("part")).unwrap();
        assert_eq!(row.trim_start(), "+ 138  +21ms  ✗ MCP session expired");
        assert_eq!(row.chars().position(|c| c == '+'), Some(59));
        assert!(text.contains("│ 130  +21ms    Successfully connected"), "{text}");
    }

    #[test]
    fn a_single_life_has_no_marks_and_names_its_events_where_there_is_room() {
        let mut lives = seed(None);
        lives.rows.retain(|row| row.right.is_some());
        lives.divergence = None;
        let text = drawn(100, true, &lives);
        assert!(text.contains(" 138  +21ms  ✗ session.expired  MCP session expired\n"), "{text}");
        assert!(!text.contains("only in"));
    }

    #[test]
    fn in_one_column_a_difference_may_take_a_second_line_and_what_is_alike_may_not() {
        let mut lives = seed(Some("good"));
        let long = "MCP session expired (server returned 404), triggering the reconnection of it all";
        for cell in lives.rows.iter_mut().filter_map(|row| row.right.as_mut()) {
            long.clone_into(&mut cell.text);
        }
        let text = drawn(80, true, &lives);
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[1].ends_with("404), triggering the r…") && rows[2].starts_with("──▶ here"), "{text}");
        assert!(rows[3].ends_with("triggering the") && rows[4].trim() == "reconnection of it all", "{text}");
    }

    #[test]
    fn a_server_that_the_heading_names_is_not_named_again() {
        let mut page = Page::new(Look::default());
        draw(&mut page, &seed(Some("good 2.1.146")), true);
        assert!(page.into_text().starts_with("- good 2.1.146   + bad 2.1.147\n"));
    }

    #[test]
    fn a_long_text_is_cut_with_its_repeats_still_to_be_seen() {
        let mut lives = seed(Some("good"));
        if let Some(cell) = lives.rows.get_mut(1).and_then(|row| row.right.as_mut()) {
            (cell.text, cell.repeats) = ("x".repeat(300), 12);
        }
        assert!(drawn(80, true, &lives).contains("xxx…  ×12\n"));
    }
}
