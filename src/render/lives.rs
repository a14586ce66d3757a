//! Two lives told row by row, in the words and marks that all formats share.
//!
//! Comes in: [`Lives`]. Goes out: the mark and meaning of each change, the sentence for the place where the two
//! part, times and repeats as text, and the rows of a telling in one column. It draws nothing and cleans
//! nothing: how a row looks, and what its text may hold, is the format's.

use crate::report::{Cell, Change, Lives, Row};

/// A row of the telling in one column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told<'a> {
    /// Here the two part.
    Parting(String),
    /// Rows were left out.
    Gap(&'a str),
    /// An event of one side, or of both where they say the same.
    Event(Event<'a>),
}

/// One line of the telling.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event<'a> {
    /// How the two sides relate.
    pub change: Change,
    /// The line in the good log.
    pub left: Option<u64>,
    /// The line in the bad log.
    pub right: Option<u64>,
    /// The cell whose time, tone and text are told.
    pub cell: &'a Cell,
    /// What follows the text: repeats, the other side's time.
    pub note: String,
}

/// Every change with its mark, its mark in ASCII, and what it means.
const MARKS: [(Change, &str, &str, &str); 9] = [
    (Change::Same, " ", " ", "in both"),
    (Change::Added, "+", "+", "only in bad"),
    (Change::Removed, "-", "-", "only in good"),
    (Change::Moved, "~", "~", "at another place"),
    (Change::Repeated, "×", "*", "another number of times"),
    (Change::Slower, ">", ">", "later"),
    (Change::Faster, "<", "<", "sooner"),
    (Change::Changed, "!", "!", "with another result"),
    (Change::Gap, "⋮", ":", "rows left out"),
];

/// The mark of a change, one column wide.
pub(super) fn mark(change: Change, unicode: bool) -> &'static str {
    let found = MARKS.iter().find(|(of, ..)| *of == change);
    found.map_or(" ", |(_, mark, ascii, _)| if unicode { mark } else { ascii })
}

/// What a change means.
pub(super) fn meaning(change: Change) -> &'static str {
    MARKS.iter().find(|(of, ..)| *of == change).map_or("", |(.., meaning)| meaning)
}

/// The marks that occur, with their meanings; nothing for those that need no words.
pub(super) fn legend(lives: &Lives, unicode: bool) -> Vec<(&'static str, &'static str)> {
    let told = MARKS.iter().filter(|(of, ..)| !matches!(of, Change::Same | Change::Gap));
    told.filter(|(of, ..)| lives.left.is_some() && lives.rows.iter().any(|row| row.change == *of))
        .map(|(of, _, _, meaning)| (mark(*of, unicode), *meaning))
        .collect()
}

/// Milliseconds since the start of the log, in few letters: `+21ms`, `+1.68s`, `+2m03s`, `+1h02m`.
pub(super) fn at(ms: i64) -> String {
    let sign = if ms < 0 { '-' } else { '+' };
    match ms.unsigned_abs() {
        n @ 0..1000 => format!("{sign}{n}ms"),
        n @ 1000..10_000 => format!("{sign}{}.{:02}s", n / 1000, n % 1000 / 10),
        n @ 10_000..60_000 => format!("{sign}{}.{}s", n / 1000, n % 1000 / 100),
        n @ 60_000..3_600_000 => format!("{sign}{}m{:02}s", n / 60_000, n / 1000 % 60),
        n => format!("{sign}{}h{:02}m", n / 3_600_000, n / 60_000 % 60),
    }
}

/// `×3`, or nothing for what came once.
pub(super) fn times(cell: &Cell, unicode: bool) -> String {
    match (cell.repeats, unicode) {
        (0 | 1, _) => String::new(),
        (n, true) => format!("×{n}"),
        (n, false) => format!("x{n}"),
    }
}

/// What the gap says of itself.
pub(super) fn gap(row: &Row) -> &str {
    let said = row.left.iter().chain(&row.right).map(|cell| cell.text.as_str());
    said.into_iter().find(|text| !text.is_empty()).unwrap_or("rows left out")
}

/// Where the two part: the event and both lines.
pub(super) fn parting(lives: &Lives) -> Option<String> {
    let at = lives.divergence?;
    let row = lives.rows.get(at)?;
    let event = row.right.iter().chain(&row.left).map(|cell| cell.event.as_str()).next().unwrap_or_default();
    let place = if event.is_empty() { String::new() } else { format!(" at {event}") };
    let from = at - differing_before(lives, at);
    let good = side(lives, from, |row| row.left.as_ref());
    let bad = side(lives, from, |row| row.right.as_ref());
    Some(format!("here they part{place}: good {good}, bad {bad}"))
}

/// How many rows right before the parting differ already: the parting is told at what the bad side did first.
fn differing_before(lives: &Lives, at: usize) -> usize {
    let alike =
        |row: &&Row| matches!(row.change, Change::Same | Change::Gap | Change::Slower | Change::Faster);
    lives.rows.iter().take(at).rev().take_while(|row| !alike(row)).count()
}

/// The line of one side at the parting: its own there, else the next one it has, else that it had ended.
fn side(lives: &Lives, at: usize, cell: fn(&Row) -> Option<&Cell>) -> String {
    let line = |row: &Row| if row.change == Change::Gap { None } else { cell(row).map(|cell| cell.line) };
    if let Some(line) = lives.rows.iter().skip(at).find_map(line) {
        return format!("line {line}");
    }
    match lives.rows.iter().take(at).rev().find_map(line) {
        Some(line) => format!("ends at line {line}"),
        None => "has none".to_owned(),
    }
}

/// The rows in one column, the parting among them; both sides' texts where they differ in more than values.
pub(super) fn told(lives: &Lives, unicode: bool) -> Vec<Told<'_>> {
    let mut out = Vec::new();
    for (at, row) in lives.rows.iter().enumerate() {
        if lives.divergence == Some(at) {
            out.extend(parting(lives).map(Told::Parting));
        }
        match (row.change, &row.left, &row.right) {
            (Change::Gap, ..) => out.push(Told::Gap(gap(row))),
            (_, Some(left), Some(right)) => pair(row.change, left, right, unicode, &mut out),
            (_, Some(cell), None) => out.push(one(row.change, Some(cell.line), None, cell, unicode)),
            (_, None, Some(cell)) => out.push(one(row.change, None, Some(cell.line), cell, unicode)),
            (_, None, None) => {}
        }
    }
    out
}

/// Both sides have it. Equal rows tell the bad side; others tell both texts unless these are the same.
fn pair<'a>(change: Change, left: &'a Cell, right: &'a Cell, unicode: bool, out: &mut Vec<Told<'a>>) {
    if change == Change::Same || left.text == right.text {
        let note = pair_note(change, left, right, unicode);
        let (left, right, cell) = (Some(left.line), Some(right.line), right);
        return out.push(Told::Event(Event { change, left, right, cell, note }));
    }
    out.push(one(change, Some(left.line), None, left, unicode));
    out.push(one(change, None, Some(right.line), right, unicode));
}

fn one(change: Change, left: Option<u64>, right: Option<u64>, cell: &Cell, unicode: bool) -> Told<'_> {
    Told::Event(Event { change, left, right, cell, note: times(cell, unicode) })
}

/// What sets two equal texts apart.
fn pair_note(change: Change, left: &Cell, right: &Cell, unicode: bool) -> String {
    match (change, left.at_ms) {
        (Change::Repeated, _) => {
            let (cross, arrow) = if unicode { ("×", "→") } else { ("x", "->") };
            format!("{cross}{} {arrow} {cross}{}", left.repeats, right.repeats)
        }
        (Change::Slower | Change::Faster, Some(ms)) => format!("(good: {})", at(ms)),
        _ => times(right, unicode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Tone;

    fn cell(line: u64, text: &str) -> Cell {
        let (event, text) = ("stream.open_failed".to_owned(), text.to_owned());
        Cell { line, at_ms: Some(28), event, text, repeats: 1, tone: Tone::Plain }
    }

    fn lives(rows: Vec<Row>, divergence: Option<usize>) -> Lives {
        let (left, right) = (Some("good".into()), "bad".into());
        Lives { server: "s".into(), verdict: None, left, right, rows, divergence }
    }

    #[test]
    fn times_are_short_and_ordered_by_unit() {
        let shown = [0, 21, -21, 1677, 16_770, 123_456, 3_720_000].map(at);
        assert_eq!(shown, ["+0ms", "+21ms", "-21ms", "+1.67s", "+16.7s", "+2m03s", "+1h02m"]);
    }

    #[test]
    fn the_parting_names_the_next_line_of_the_side_that_lacks_the_event() {
        let added = Row { change: Change::Added, left: None, right: Some(cell(138, "x")) };
        let same = Row { change: Change::Same, left: Some(cell(139, "y")), right: Some(cell(143, "y")) };
        let said = parting(&lives(vec![added, same], Some(0)));
        assert_eq!(
            said.as_deref(),
            Some("here they part at stream.open_failed: good line 139, bad line 138")
        );
    }

    #[test]
    fn what_good_did_right_before_the_parting_is_its_line() {
        let removed = Row { change: Change::Removed, left: Some(cell(161, "x")), right: None };
        let added = Row { change: Change::Added, left: None, right: Some(cell(138, "y")) };
        let same = Row { change: Change::Same, left: Some(cell(190, "z")), right: Some(cell(150, "z")) };
        let said = parting(&lives(vec![removed, added, same], Some(1)));
        assert!(said.is_some_and(|said| said.ends_with("good line 161, bad line 138")));
    }

    #[test]
    fn the_parting_says_where_a_side_ended() {
        let same = Row { change: Change::Same, left: Some(cell(137, "y")), right: Some(cell(137, "y")) };
        let removed = Row { change: Change::Removed, left: Some(cell(161, "x")), right: None };
        let said = parting(&lives(vec![same, removed], Some(1)));
        assert!(said.is_some_and(|said| said.ends_with("good line 161, bad ends at line 137")));
    }

    #[test]
    fn a_divergence_outside_of_the_rows_is_no_parting() {
        assert_eq!(parting(&lives(Vec::new(), Some(3))), None);
    }

    #[test]
    fn both_texts_are_told_where_a_change_altered_them() {
        let slower = |left: &str, right: &str| Row {
            change: Change::Slower,
            left: Some(cell(1, left)),
            right: Some(cell(2, right)),
        };
        assert_eq!(told(&lives(vec![slower("in 40ms", "in 4s")], None), true).len(), 2);
        assert_eq!(told(&lives(vec![slower("connected", "connected")], None), true).len(), 1);
    }

    #[test]
    fn every_change_has_a_mark_of_its_own() {
        let marks: std::collections::BTreeSet<_> = MARKS.iter().map(|m| mark(m.0, false)).collect();
        assert_eq!(marks.len(), MARKS.len());
    }
}
