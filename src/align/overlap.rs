//! Attempts to connect that run side by side.
//!
//! A client that lost a session connects again by itself, and once more for the call that is tried again. Which of the
//! two is first is chance, and so is what either logs before the other: among such attempts no order means anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lives::Change;
use crate::pattern::{Effect, Phase};
use crate::timeline::Item;

/// Which occurrence of an event it is, from 0.
type Turn = (Arc<str>, usize);

/// The lines of both logs at which attempts ran side by side in either.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    good: BTreeSet<u64>,
    bad: BTreeSet<u64>,
}

impl Overlap {
    /// Looks for such attempts. What is side by side in one log is taken for it in the other: there it was chance.
    pub(super) fn of(good: &[Item], bad: &[Item]) -> Self {
        let turns: BTreeSet<Turn> = side_by_side(good).into_iter().chain(side_by_side(bad)).collect();
        Self { good: lines(good, &turns), bad: lines(bad, &turns) }
    }

    /// Whether the place of a row among others is chance.
    pub(super) fn holds(&self, row: &Change) -> bool {
        let in_good = row.good.as_ref().is_some_and(|i| self.good.contains(&i.event.line));
        in_good || row.bad.as_ref().is_some_and(|i| self.bad.contains(&i.event.line))
    }
}

/// The events of connecting, each with the number of its occurrence.
fn connecting(items: &[Item]) -> impl Iterator<Item = (&Item, Turn)> {
    let mut seen: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
    items.iter().filter(|i| i.event.phase() == Phase::Connect).map(move |item| {
        let turn = seen.entry(&item.key).or_default();
        *turn += 1;
        (item, (Arc::clone(&item.key), *turn - 1))
    })
}

/// The events of attempts of which another began before they were over, with what a client tells of the connection then.
fn side_by_side(items: &[Item]) -> Vec<Turn> {
    let mut all = Vec::new();
    let mut group: Vec<Turn> = Vec::new();
    // Each attempt begins with as many different events; how often the first of them came is how many are open.
    let mut begun: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    let open = |begun: &BTreeMap<Arc<str>, usize>| begun.values().copied().max().unwrap_or_default();
    let mut most = 0;
    for (item, turn) in connecting(items) {
        let (key, effect) = (Arc::clone(&turn.0), item.event.effect());
        if effect == Effect::Attempt && open(&begun) == 0 {
            close(&mut group, &mut most, &mut all);
        }
        group.push(turn);
        match effect {
            Effect::Attempt => *begun.entry(key).or_default() += 1,
            Effect::Connected | Effect::ConnectFailed => {
                begun.values_mut().for_each(|n| *n = n.saturating_sub(1));
            }
            _ => {}
        }
        most = most.max(open(&begun));
    }
    close(&mut group, &mut most, &mut all);
    all
}

/// Keeps a group of which two attempts were open at once.
fn close(group: &mut Vec<Turn>, most: &mut usize, all: &mut Vec<Turn>) {
    if std::mem::take(most) > 1 {
        all.append(group);
    }
    group.clear();
}

fn lines(items: &[Item], turns: &BTreeSet<Turn>) -> BTreeSet<u64> {
    connecting(items).filter(|(_, turn)| turns.contains(turn)).map(|(item, _)| item.event.line).collect()
}
