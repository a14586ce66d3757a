//! From events to cells and rows: how a life is shown, whatever the format.

use super::block::{Cell, Change, Lives, Row, Span, Tone};
use super::words::verdict_tone;
use crate::align::{self, ChangeKind, ServerDiff};
use crate::classify::Event;
use crate::parse::Stamp;
use crate::pattern::{Class, Effect};
use crate::timeline::{Item, Life};

/// How many equal rows are kept on each side of a difference.
const CONTEXT: usize = 3;

/// The longest text of a cell; renderers cut further.
const MAX_TEXT: usize = 400;

/// A cell from an item. `start` is the first clock of the log.
pub(super) fn cell(item: &Item, start: Option<Stamp>) -> Cell {
    Cell {
        line: item.event.line,
        at_ms: at_ms(&item.event, start),
        event: item.event.id().to_owned(),
        text: short(&item.event.text),
        repeats: item.repeats,
        tone: tone(item),
    }
}

/// Milliseconds since the first clock of the log.
pub(super) fn at_ms(event: &Event, start: Option<Stamp>) -> Option<i64> {
    event.stamp.zip(start).map(|(at, start)| at.0 - start.0)
}

/// The first line of a message, cut to a length that fits a report.
pub(super) fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if text.lines().nth(1).is_some() => format!("{line} …"),
        None => line.to_owned(),
    }
}

fn tone(item: &Item) -> Tone {
    match item.event.effect() {
        _ if item.aside || item.event.def.class == Class::Detail => Tone::Faint,
        Effect::Connected | Effect::CallOk | Effect::ToolsListed => Tone::Good,
        Effect::Lost | Effect::ConnectFailed | Effect::ToolsLost | Effect::GaveUp | Effect::CallFailed => {
            Tone::Bad
        }
        Effect::NeedsAuth | Effect::Recovering | Effect::CallRetried => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// Two aligned lives as rows. Equal rows far from any difference are left out, unless `all` are wanted.
pub(super) fn aligned(
    diff: &ServerDiff,
    heads: (&str, &str),
    starts: (Option<Stamp>, Option<Stamp>),
    all: bool,
) -> Lives {
    let rows: Vec<Row> = diff.aligned.rows.iter().map(|c| row(c, starts)).collect();
    let divergence = diff.divergence.as_ref().map(|d| d.row);
    let (rows, divergence) = if all { (rows, divergence) } else { near_differences(rows, divergence) };
    Lives {
        server: diff.name.clone(),
        verdict: Some(Span::toned(diff.verdict.as_str(), verdict_tone(diff.verdict))),
        left: Some(heads.0.to_owned()),
        right: heads.1.to_owned(),
        rows,
        divergence,
    }
}

fn row(change: &align::Change, starts: (Option<Stamp>, Option<Stamp>)) -> Row {
    let kind = match change.kind {
        None => Change::Same,
        Some(ChangeKind::Added) => Change::Added,
        Some(ChangeKind::Removed) => Change::Removed,
        Some(ChangeKind::Moved) => Change::Moved,
        Some(ChangeKind::Repeated) => Change::Repeated,
        Some(ChangeKind::Slower) => Change::Slower,
        Some(ChangeKind::Faster) => Change::Faster,
        Some(ChangeKind::Changed) => Change::Changed,
    };
    let left = change.good.as_ref().map(|i| cell(i, starts.0));
    let right = change.bad.as_ref().map(|i| cell(i, starts.1));
    Row { change: kind, left, right }
}

/// Keeps differences and the rows around them; a gap row says how many were left out.
fn near_differences(rows: Vec<Row>, divergence: Option<usize>) -> (Vec<Row>, Option<usize>) {
    let keep: Vec<bool> = (0..rows.len())
        .map(|i| {
            let (from, to) = (i.saturating_sub(CONTEXT), (i + CONTEXT + 1).min(rows.len()));
            rows[from..to].iter().any(|r| r.change != Change::Same)
        })
        .collect();
    let mut out: Vec<Row> = Vec::new();
    let (mut skipped, mut at) = (0, None);
    for (i, row) in rows.into_iter().enumerate() {
        if keep[i] {
            close_gap(&mut out, &mut skipped);
            at = at.or((divergence == Some(i)).then_some(out.len()));
            out.push(row);
        } else {
            skipped += 1;
        }
    }
    close_gap(&mut out, &mut skipped);
    (out, at)
}

fn close_gap(out: &mut Vec<Row>, skipped: &mut usize) {
    let n = std::mem::take(skipped);
    if n == 0 {
        return;
    }
    let text = format!("{n} equal {}", if n == 1 { "event" } else { "events" });
    let cell = Cell { line: 0, at_ms: None, event: String::new(), text, repeats: 1, tone: Tone::Faint };
    out.push(Row { change: Change::Gap, left: Some(cell), right: None });
}

/// One life as rows. Details are left out, unless `all` are wanted.
pub(super) fn single(life: &Life, head: &str, start: Option<Stamp>, all: bool) -> Lives {
    let shown = life.items.iter().filter(|i| all || i.event.is_lifecycle());
    let rows = shown.map(|i| Row { change: Change::Same, left: None, right: Some(cell(i, start)) }).collect();
    let (server, right) = (life.server.to_string(), head.to_owned());
    Lives { server, verdict: None, left: None, right, rows, divergence: None }
}
