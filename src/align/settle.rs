//! Settles what merely swapped places.
//!
//! Between two barriers the two sides of a server (its stream, its calls, its process) run side by side, and which of
//! them logs first is chance. A row that one log lacks and that the other has elsewhere between the same barriers is
//! one event, unless it would have to pass another event of its own phase: order within a phase has meaning.

use super::lives::{Change, ChangeKind, shift};
use crate::pattern::{Order, Phase};
use crate::timeline::Item;

/// Rows in which concurrent events that swapped places stand as the same.
pub(super) fn settle(rows: Vec<Change>) -> Vec<Change> {
    let mut out = Vec::with_capacity(rows.len());
    let mut open: Vec<Change> = Vec::new();
    for row in rows {
        if is_barrier(&row) {
            out.append(&mut segment(std::mem::take(&mut open)));
            out.push(row);
        } else {
            open.push(row);
        }
    }
    out.append(&mut segment(open));
    out
}

fn item(row: &Change) -> Option<&Item> {
    row.bad.as_ref().or(row.good.as_ref())
}

fn is_barrier(row: &Change) -> bool {
    item(row).is_some_and(|i| i.event.def.order == Order::Fixed)
}

/// Settles what lies between two barriers: each row that one side lacks looks for its counterpart, nearest first.
fn segment(mut rows: Vec<Change>) -> Vec<Change> {
    let mut at = 0;
    while at < rows.len() {
        let lone = matches!(rows[at].kind, Some(ChangeKind::Added | ChangeKind::Removed));
        match lone.then(|| counterpart(&rows, at)).flatten() {
            Some(to) => {
                let row = rows.remove(at);
                let to = if to > at { to - 1 } else { to };
                join(&mut rows[to], row);
                // What was passed over may now have its own counterpart in reach.
                at = at.min(to);
            }
            None => at += 1,
        }
    }
    rows
}

/// The nearest row of the same event that has what the row at `at` lacks, with nothing in between that it may not pass.
fn counterpart(rows: &[Change], at: usize) -> Option<usize> {
    let after =
        (at + 1..rows.len()).take_while(|i| may_pass(rows, at, *i)).find(|i| fits(&rows[at], &rows[*i]));
    let before = (0..at).rev().take_while(|i| may_pass(rows, at, *i)).find(|i| fits(&rows[at], &rows[*i]));
    match (after, before) {
        (Some(a), Some(b)) => Some(if a - at <= at - b { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// Whether `other` is the same event and has the side that `row` lacks.
fn fits(row: &Change, other: &Change) -> bool {
    let same = item(row).zip(item(other)).is_some_and(|(a, b)| a.key == b.key);
    same && if row.good.is_none() { other.good.is_some() } else { other.bad.is_some() }
}

/// Whether the row at `at` may be on the other side of the one at `other`, or is the same event.
fn may_pass(rows: &[Change], at: usize, other: usize) -> bool {
    let Some((a, b)) = item(&rows[at]).zip(item(&rows[other])) else { return false };
    // In which order a person calls tools, and how often, is no behaviour of the client.
    a.key == b.key || a.event.phase() == Phase::Call || a.event.phase() != b.event.phase()
}

/// Makes one row of two. A side that both have counts up: the log said it more often than the other.
fn join(row: &mut Change, other: Change) {
    take_in(&mut row.good, other.good);
    take_in(&mut row.bad, other.bad);
    row.kind = row.good.as_ref().zip(row.bad.as_ref()).and_then(|(g, b)| shift(g, b));
}

fn take_in(side: &mut Option<Item>, more: Option<Item>) {
    match (side, more) {
        (Some(here), Some(more)) => here.absorb(&more),
        (side @ None, more) => *side = more,
        (Some(_), None) => {}
    }
}
