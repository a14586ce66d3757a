//! Aligns two sequences by their keys alone: `similar` where it can be exact, in linear time where they are too long.
//!
//! Comes in: the keys of both sides. Goes out: [`Run`]s that cover both sides, each once and in order.

use std::collections::BTreeMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Sequences that are together longer than this are aligned coarsely: an exact alignment of two long and wholly different
/// ones takes quadratic time.
const MAX_EXACT: usize = 6000;
/// How far the coarse alignment looks for where the two meet again.
const LOOK_AHEAD: usize = 64;

/// A stretch of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What it covers of the good side.
    pub good: Range<usize>,
    /// What it covers of the bad side.
    pub bad: Range<usize>,
    /// Whether the two have the same keys there.
    pub equal: bool,
}

/// Whether sequences of these lengths are aligned coarsely: in a stretch that differs, the nearest meeting is taken for
/// the right one, so that more rows than need be may stand as added and removed.
pub(super) fn is_too_long(good: usize, bad: usize) -> bool {
    good + bad > MAX_EXACT
}

/// The two sides as runs that are equal and runs that are not.
pub fn by_key(good: &[&str], bad: &[&str]) -> Vec<Run> {
    let (good, bad) = interned(good, bad);
    let ops = if is_too_long(good.len(), bad.len()) {
        coarse(&good, &bad)
    } else {
        capture_diff_slices(Algorithm::Myers, &good, &bad)
    };
    ops.iter()
        .map(|op| Run {
            good: op.old_range(),
            bad: op.new_range(),
            equal: matches!(op, DiffOp::Equal { .. }),
        })
        .collect()
}

/// A coarser alignment in linear time: at each difference it looks [`LOOK_AHEAD`] events ahead on either side for where
/// the two meet again, and takes the nearest place.
fn coarse(good: &[u32], bad: &[u32]) -> Vec<DiffOp> {
    let mut ops = Vec::new();
    let (mut g, mut b) = (0, 0);
    while g < good.len() && b < bad.len() {
        let equal = good[g..].iter().zip(&bad[b..]).take_while(|(x, y)| x == y).count();
        if equal > 0 {
            ops.push(DiffOp::Equal { old_index: g, new_index: b, len: equal });
            (g, b) = (g + equal, b + equal);
            continue;
        }
        let in_bad = bad[b..].iter().take(LOOK_AHEAD).position(|y| *y == good[g]);
        let in_good = good[g..].iter().take(LOOK_AHEAD).position(|x| *x == bad[b]);
        let (skip_good, skip_bad) = match (in_good, in_bad) {
            (Some(x), Some(y)) if x < y => (x, 0),
            (_, Some(y)) => (0, y),
            (Some(x), None) => (x, 0),
            (None, None) => (1, 1),
        };
        ops.push(DiffOp::Replace { old_index: g, old_len: skip_good, new_index: b, new_len: skip_bad });
        (g, b) = (g + skip_good, b + skip_bad);
    }
    ops.push(DiffOp::Replace { old_index: g, old_len: good.len() - g, new_index: b, new_len: bad.len() - b });
    ops
}

/// Equal keys as equal small numbers, in order of appearance.
fn interned(good: &[&str], bad: &[&str]) -> (Vec<u32>, Vec<u32>) {
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    for key in good.iter().chain(bad) {
        let next = known.len() as u32;
        known.entry(key).or_insert(next);
    }
    let ids = |keys: &[&str]| keys.iter().filter_map(|k| known.get(k).copied()).collect();
    (ids(good), ids(bad))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DiffOp, Run, by_key, coarse, interned};

    fn covers(ranges: impl Iterator<Item = std::ops::Range<usize>>, len: usize) -> bool {
        ranges.flatten().eq(0..len)
    }

    proptest! {
        #[test]
        fn runs_cover_both_sides_once_and_in_order(good in "[a-c]{0,12}", bad in "[a-c]{0,12}") {
            let keys = |s: &'static str| s.split("").filter(|k| !k.is_empty()).collect::<Vec<_>>();
            let (good, bad) = (keys(good.leak()), keys(bad.leak()));
            let exact = by_key(&good, &bad);
            let (g, b) = interned(&good, &bad);
            let rough = coarse(&g, &b).into_iter().map(|op| Run {
                good: op.old_range(), bad: op.new_range(), equal: matches!(op, DiffOp::Equal { .. }),
            }).collect::<Vec<_>>();
            for runs in [exact, rough] {
                prop_assert!(covers(runs.iter().map(|r| r.good.clone()), good.len()), "{runs:?}");
                prop_assert!(covers(runs.iter().map(|r| r.bad.clone()), bad.len()), "{runs:?}");
                for run in runs.iter().filter(|r| r.equal) {
                    prop_assert_eq!(&good[run.good.clone()], &bad[run.bad.clone()]);
                }
            }
        }
    }
}
