//! Aligns two lives of one server by event identity.
//!
//! The keys of the two are aligned in the order of the logs ([`keys`](super::keys)). Events that may happen at once (a stream
//! fails while a tool is called) come in any order; so what merely swapped places between two barriers (`order: fixed`
//! in the catalogue) is settled afterwards in [`settle`](super::settle), and is no difference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Divergence;
use super::cut::drop_cut_off;
use super::keys::{Run, by_key, is_too_long};
use super::overlap::Overlap;
use super::settle::settle;
use crate::pattern::Effect;
use crate::timeline::{Item, fold, unfold};

/// Slower or faster by less than this is the machine's mood, in milliseconds.
const MIN_SHIFT_MS: i64 = 1000;
/// Slower or faster by less than this factor, likewise.
const MIN_SHIFT_FACTOR: i64 = 3;
/// How many more repeats, absolutely and as a factor, make a loop of what was not one.
const MIN_MORE_REPEATS: u64 = 3;

/// How an aligned event differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// Only the bad log has it.
    Added,
    /// Only the good log has it.
    Removed,
    /// Both have it, at another place.
    Moved,
    /// Both have it, one far more often.
    Repeated,
    /// Both have it, the bad log took longer.
    Slower,
    /// Both have it, the bad log was quicker.
    Faster,
    /// Both have it, with another result.
    Changed,
}

impl ChangeKind {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Repeated => "repeated",
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::Changed => "changed",
        }
    }

    /// Whether it is a difference in behaviour; time alone is none.
    pub fn is_behaviour(self) -> bool {
        !matches!(self, Self::Slower | Self::Faster)
    }
}

/// One row of two aligned lives.
#[derive(Debug, Clone)]
pub struct Change {
    /// `None`: both sides did the same.
    pub kind: Option<ChangeKind>,
    /// The event in the good log.
    pub good: Option<Item>,
    /// The event in the bad log.
    pub bad: Option<Item>,
}

/// Two lives, row by row.
#[derive(Debug, Clone, Default)]
pub struct Aligned {
    /// Every event of both.
    pub rows: Vec<Change>,
    /// Whether the two were too long to be aligned exactly.
    pub coarse: bool,
}

impl Aligned {
    /// Whether any difference is one of behaviour.
    pub fn differs(&self) -> bool {
        self.rows.iter().filter_map(|r| r.kind).any(ChangeKind::is_behaviour)
    }

    /// Where the two part: of the rows with a difference of behaviour the one that comes first in the bad log (a row that
    /// it lacks: where it goes on without), and the lines at that point in both logs.
    pub fn divergence(&self) -> Option<Divergence> {
        let points = self.points();
        let behaviour = |(row, _): &(&Change, &Point)| row.kind.is_some_and(ChangeKind::is_behaviour);
        let differing = self.rows.iter().zip(&points).enumerate().filter(|(_, row)| behaviour(row));
        let first = differing.min_by_key(|(_, (_, point))| point.1.unwrap_or(u64::MAX));
        let (row, (shown, (good_line, bad_line))) = first?;
        let event = shown.bad.as_ref().or(shown.good.as_ref())?.event.id().to_owned();
        Some(Divergence { good_line: *good_line, bad_line: *bad_line, event, row })
    }

    /// The lines of the good and of the bad log at each row; where a side ends before it, there is none.
    fn points(&self) -> Vec<Point> {
        // Settled rows stand where bad has them; the point in a log is the least of its lines from here on.
        let (mut good_least, mut bad_least) = (None, None);
        let mut points: Vec<Point> = Vec::with_capacity(self.rows.len());
        for row in self.rows.iter().rev() {
            good_least = least(good_least, row.good.as_ref());
            bad_least = least(bad_least, row.bad.as_ref());
            points.push(match (row.kind, &row.good, &row.bad) {
                // Both did it so often; where one goes on doing it is where they part.
                (Some(ChangeKind::Repeated), Some(good), Some(bad)) => {
                    (Some(turn(good, bad.repeats)), Some(turn(bad, good.repeats)))
                }
                _ => (good_least, bad_least),
            });
        }
        points.reverse();
        points
    }
}

/// A line of the good log and one of the bad log.
type Point = (Option<u64>, Option<u64>);

/// The lesser of two lines.
fn least(line: Option<u64>, item: Option<&Item>) -> Option<u64> {
    line.into_iter().chain(item.map(|item| item.event.line)).min()
}

/// The line of an item's turn after `done` turns, or of its last one.
fn turn(item: &Item, done: u64) -> u64 {
    let index = usize::try_from(done).unwrap_or(usize::MAX);
    item.lines.get(index).copied().unwrap_or(item.last_line)
}

/// Aligns two lives; only items that are compared are given.
///
/// Folded lives are aligned first: a loop is one row. Where those differ, the lives are aligned once more event by event,
/// for a cycle that ran whole in the one and was cut or mixed with something in the other is folded there alone; if that
/// shows no difference, there is none.
pub fn align(good: &[&Item], bad: &[&Item]) -> Aligned {
    let folded = |items: &[&Item]| fold(items.iter().map(|i| (*i).clone()));
    let aligned = aligned(&folded(good), &folded(bad), &Overlap::default());
    if !aligned.differs() {
        return aligned;
    }
    let Some((good, bad)) = unfold(good).zip(unfold(bad)) else { return aligned };
    let overlap = Overlap::of(&good, &bad);
    let mut single = self::aligned(&good, &bad, &overlap);
    drop_cut_off(&mut single.rows);
    if single.differs() { aligned } else { single }
}

fn aligned(good: &[Item], bad: &[Item], overlap: &Overlap) -> Aligned {
    let mut rows = Vec::new();
    for run in by_key(&keys_of(good), &keys_of(bad)) {
        rows_of(&run, good, bad, &mut rows);
    }
    let mut rows = settle(rows, overlap);
    mark_moves(&mut rows);
    Aligned { rows, coarse: is_too_long(good.len(), bad.len()) }
}

fn keys_of(items: &[Item]) -> Vec<&str> {
    items.iter().map(|i| &*i.key).collect()
}

fn rows_of(run: &Run, good: &[Item], bad: &[Item], rows: &mut Vec<Change>) {
    let (good, bad) = (&good[run.good.clone()], &bad[run.bad.clone()]);
    if run.equal {
        let both = good.iter().zip(bad);
        return rows.extend(both.map(|(g, b)| Change {
            kind: shift(g, b),
            good: Some(g.clone()),
            bad: Some(b.clone()),
        }));
    }
    let same_event = good.first().zip(bad.first()).is_some_and(|(g, b)| g.event.id() == b.event.id());
    let paired = usize::from(same_event);
    for (g, b) in good.iter().zip(bad).take(paired) {
        rows.push(Change { kind: Some(ChangeKind::Changed), good: Some(g.clone()), bad: Some(b.clone()) });
    }
    // What bad did instead comes first: it is what is to be explained.
    let added = bad.iter().skip(paired).cloned();
    rows.extend(added.map(|b| Change { kind: Some(ChangeKind::Added), good: None, bad: Some(b) }));
    let removed = good.iter().skip(paired).cloned();
    rows.extend(removed.map(|g| Change { kind: Some(ChangeKind::Removed), good: Some(g), bad: None }));
}

/// How two events of one key differ: in count first, then in time.
pub(super) fn shift(good: &Item, bad: &Item) -> Option<ChangeKind> {
    if loops(good, bad) {
        return Some(ChangeKind::Repeated);
    }
    let (g, b) = (good.event.int("ms")?, bad.event.int("ms")?);
    match b.saturating_sub(g) {
        d if d >= MIN_SHIFT_MS && b >= g.saturating_mul(MIN_SHIFT_FACTOR) => Some(ChangeKind::Slower),
        d if d <= -MIN_SHIFT_MS && g >= b.saturating_mul(MIN_SHIFT_FACTOR) => Some(ChangeKind::Faster),
        _ => None,
    }
}

/// Whether one side does it so much more often that it is another behaviour. How often a person called a tool with
/// success is none; how often calls failed is.
fn loops(good: &Item, bad: &Item) -> bool {
    let (few, many) = (good.repeats.min(bad.repeats), good.repeats.max(bad.repeats));
    let least = match good.event.effect() {
        Effect::Call | Effect::CallOk => return false,
        Effect::CallFailed => 2,
        _ => MIN_MORE_REPEATS,
    };
    many - few >= least && many >= few.saturating_mul(least)
}

/// What is removed in one place and added in another was moved: one row, at the place that it has in the bad log.
fn mark_moves(rows: &mut Vec<Change>) {
    let mut removed: BTreeMap<Arc<str>, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        if let (Some(ChangeKind::Removed), Some(good)) = (row.kind, &row.good) {
            removed.entry(good.key.clone()).or_default().push(at);
        }
    }
    let mut gone = BTreeSet::new();
    for at in 0..rows.len() {
        let key =
            rows[at].bad.as_ref().filter(|_| rows[at].kind == Some(ChangeKind::Added)).map(|b| b.key.clone());
        let from =
            key.and_then(|k| removed.get_mut(&k)).filter(|places| !places.is_empty()).map(|p| p.remove(0));
        if let Some(from) = from {
            let moved = rows[from].good.take();
            rows[at].good = moved;
            rows[at].kind = Some(ChangeKind::Moved);
            gone.insert(from);
        }
    }
    let mut index = 0;
    rows.retain(|_| {
        index += 1;
        !gone.contains(&(index - 1))
    });
}
