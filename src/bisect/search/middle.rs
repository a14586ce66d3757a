//! Where to cut a range.
//!
//! Comes in: a range between two decided candidates, what in it can still be run, what cannot, and what is cached. Goes
//! out: the probes that cut it best. The cut may leave the middle by a sixth of the range for a candidate that is at
//! hand, which costs less than a tenth of a bit, and by more to get away from what cannot be tested.

/// A range that is open.
#[derive(Debug, Clone)]
pub(super) struct Range<'s> {
    /// The last candidate that is as the oldest one.
    pub(super) last: usize,
    /// The first that is not.
    pub(super) first: usize,
    /// What lies between them and can be run; never empty.
    pub(super) open: Vec<usize>,
    /// What lies between them and cannot.
    pub(super) out: Vec<usize>,
    /// What is at hand.
    pub(super) cached: &'s [bool],
    /// How many parts to cut it into; at least 2.
    pub(super) parts: usize,
}

/// The best candidates at which to cut, oldest first, each once.
pub(super) fn probes(range: &Range<'_>) -> Vec<usize> {
    let mut all: Vec<usize> = (1..range.parts).filter_map(|part| range.cut(part)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Range<'_> {
    fn width(&self) -> usize {
        self.first - self.last
    }

    /// The best candidate near the cut behind `part` parts.
    fn cut(&self, part: usize) -> Option<usize> {
        let ideal = self.last as f64 + self.width() as f64 * part as f64 / self.parts as f64;
        let near = |i: &usize| (*i as f64 - ideal).abs() <= self.width() as f64 / (3.0 * self.parts as f64);
        let best = self.best(ideal, self.open.iter().copied())?;
        let cached = self.open.iter().copied().filter(|i| self.cached.get(*i) == Some(&true)).filter(near);
        // Near what cannot be tested, being at hand is worth nothing: that was at hand, too.
        let cached = cached.filter(|i| self.hope(*i) >= self.hope(best));
        Some(self.best(ideal, cached).unwrap_or(best))
    }

    fn best(&self, ideal: f64, among: impl Iterator<Item = usize>) -> Option<usize> {
        let worth = |i: usize| self.gain(i, ideal) * self.hope(i);
        among.fold(None, |best: Option<usize>, i| match best {
            Some(b) if worth(b) >= worth(i) => Some(b),
            _ => Some(i),
        })
    }

    /// What is learnt by cutting at `i`: 1 at the ideal, 0 at the ends.
    fn gain(&self, i: usize, ideal: f64) -> f64 {
        let at = i as f64;
        let room = if at < ideal { ideal - self.last as f64 } else { self.first as f64 - ideal };
        1.0 - (at - ideal).abs() / room.max(0.5)
    }

    /// How likely `i` can be tested: little right beside what cannot be, the less the more of that there is.
    fn hope(&self, i: usize) -> f64 {
        let Some(distance) = self.out.iter().map(|out| out.abs_diff(i)).min() else { return 1.0 };
        let reach = self.width() as f64 / 8.0 * self.out.len().min(4) as f64;
        distance as f64 / (distance as f64 + reach)
    }
}

#[cfg(test)]
mod tests {
    use super::{Range, probes};

    fn range<'c>(last: usize, first: usize, out: &[usize], cached: &'c [bool], parts: usize) -> Range<'c> {
        let open = (last + 1..first).filter(|i| !out.contains(i)).collect();
        Range { last, first, open, out: out.to_vec(), cached, parts }
    }

    #[test]
    fn a_cached_candidate_near_the_middle_is_taken_and_a_far_one_is_not() {
        let cached = |at: usize| (0..61).map(|i| i == at).collect::<Vec<bool>>();
        assert_eq!(probes(&range(0, 60, &[], &cached(99), 2)), [30]);
        assert_eq!(probes(&range(0, 60, &[], &cached(21), 2)), [21]);
        assert_eq!(probes(&range(0, 60, &[], &cached(39), 2)), [39]);
        assert_eq!(probes(&range(0, 60, &[], &cached(18), 2)), [30]);
    }

    #[test]
    fn what_cannot_be_tested_is_walked_away_from() {
        let probe = probes(&range(0, 60, &[30], &[], 2))[0];
        assert!(probe.abs_diff(30) >= 5, "{probe}");
        let further = probes(&range(0, 60, &[30, probe], &[], 2))[0];
        assert!(further.abs_diff(30) >= 5 && further.abs_diff(probe) >= 5, "{further}");
    }

    #[test]
    fn many_jobs_cut_into_one_part_more() {
        assert_eq!(probes(&range(0, 60, &[], &[], 4)), [15, 30, 45]);
        assert_eq!(probes(&range(0, 3, &[], &[], 9)), [1, 2]);
        assert_eq!(probes(&range(4, 6, &[], &[], 2)), [5]);
    }
}
