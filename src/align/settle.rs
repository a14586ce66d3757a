//! Settles what merely swapped places.
//!
//! Between two barriers the two sides of a server (its stream, its calls, its process) run side by side, and which of
//! them logs first is chance. A row that one log lacks and that the other has elsewhere between the same barriers is
//! one event, unless it would have to pass another event of its own phase: order within a phase has meaning. It is
//! looked for within [`REACH`] rows, so that the time is linear in the length of the lives.

use super::lives::{Change, ChangeKind, shift};
use super::overlap::Overlap;
use crate::pattern::{Effect, Order, Phase};
use crate::timeline::Item;

/// How far two halves of one event may be apart, in rows.
const REACH: usize = 128;

/// Rows in which concurrent events that swapped places stand as the same.
pub(super) fn settle(rows: Vec<Change>, overlap: &Overlap) -> Vec<Change> {
    let mut out = Vec::with_capacity(rows.len());
    let mut open: Vec<Change> = Vec::new();
    for row in rows {
        if is_barrier(&row) && !overlap.holds(&row) {
            out.append(&mut segment(std::mem::take(&mut open), overlap));
            out.push(row);
        } else {
            open.push(row);
        }
    }
    out.append(&mut segment(open, overlap));
    out
}

fn item(row: &Change) -> Option<&Item> {
    row.bad.as_ref().or(row.good.as_ref())
}

fn is_barrier(row: &Change) -> bool {
    item(row).is_some_and(|i| i.event.def.order == Order::Fixed)
}

/// Settles what lies between two barriers: each row that one side lacks looks for its counterpart, nearest first.
fn segment(rows: Vec<Change>, overlap: &Overlap) -> Vec<Change> {
    let mut rows: Vec<Option<Change>> = rows.into_iter().map(Some).collect();
    for at in 0..rows.len() {
        let Some(row) = rows[at].take() else { continue };
        let lone = matches!(row.kind, Some(ChangeKind::Added | ChangeKind::Removed));
        match lone.then(|| counterpart(&rows, at, &row, overlap)).flatten() {
            Some(to) => {
                if let Some(other) = &mut rows[to] {
                    join(other, row);
                }
            }
            None => rows[at] = Some(row),
        }
    }
    rows.into_iter().flatten().collect()
}

/// The nearest row of the same event that can take `row` in, with nothing in between that it may not pass.
fn counterpart(rows: &[Option<Change>], at: usize, row: &Change, overlap: &Overlap) -> Option<usize> {
    let look = |order: &mut dyn Iterator<Item = usize>| -> Option<usize> {
        let mut there = order.take(REACH).filter_map(|i| rows[i].as_ref().map(|r| (i, r)));
        there.find_map(|(i, other)| {
            match (fits(row, other), may_pass(row, other) || overlap.holds(row) || overlap.holds(other)) {
                (true, _) => Some(Some(i)),
                (false, true) => None,
                (false, false) => Some(None),
            }
        })?
    };
    let after = look(&mut (at + 1..rows.len()));
    let before = look(&mut (0..at).rev());
    match (after, before) {
        (Some(a), Some(b)) => Some(if a - at <= at - b { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// Whether `other` is the same event on the side that `row` lacks. One that both sides have takes more of the same in
/// only where a count says nothing: how often a stream was tried, or a person called a tool.
fn fits(row: &Change, other: &Change) -> bool {
    if other.kind == Some(ChangeKind::Changed) {
        return false;
    }
    let (mine, theirs, own) = match &row.good {
        None => (&row.bad, &other.good, &other.bad),
        Some(_) => (&row.good, &other.bad, &other.good),
    };
    let same = mine.as_ref().zip(theirs.as_ref()).is_some_and(|(a, b)| a.key == b.key);
    same && (own.is_none() || mine.as_ref().is_some_and(count_says_little))
}

fn count_says_little(item: &Item) -> bool {
    matches!(item.event.effect(), Effect::Call | Effect::CallOk) || item.event.phase() == Phase::Stream
}

/// Whether `row` may be on the other side of `other`.
fn may_pass(row: &Change, other: &Change) -> bool {
    let Some((a, b)) = item(row).zip(item(other)) else { return false };
    // In which order a person calls tools is no behaviour of the client.
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
