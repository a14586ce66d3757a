//! The search where chance plays in: how likely each place of the boundary is, given all runs.
//!
//! Comes in: the tallies. Goes out: the run that is expected to tell most, or the answer once one place is as likely as
//! was asked. At which rate the defect shows where it is, is hardly known: it is begun with two in five, loosely. The rate
//! at which it shows where it is not is taken to be small, one in twenty, for a signature does not match by chance. Both
//! are learnt on the way; begun like this, the answers are right as often as they say (see `laws`). Places that no
//! testable candidate tells apart are one answer with all of them.

use super::{Answered, Next, Search};

/// Runs with and without the defect that are taken for granted where it is.
const WITH: (f64, f64) = (2.0, 3.0);
/// The same where it is not.
const WITHOUT: (f64, f64) = (1.0, 19.0);

/// A place of the boundary: the last candidate before it and the first behind it that can be tested.
#[derive(Debug, Clone, Copy)]
struct Place {
    last: usize,
    first: usize,
    likely: f64,
    /// How likely a run shows the defect, before and behind it.
    shows: (f64, f64),
}

/// The next runs, or the end.
pub(super) fn next(search: &Search, low: usize, high: usize, newer_is_bad: bool) -> Next {
    let testable: Vec<usize> = (low..=high).filter(|i| !search.is_out(*i)).collect();
    let places = places(search, &testable, newer_is_bad);
    let best = places.iter().fold(None, |best: Option<&Place>, p| match best {
        Some(b) if b.likely >= p.likely => Some(b),
        _ => Some(p),
    });
    let Some(best) = best else { return Next::Done(Answered::Untestable) };
    if best.likely >= search.plan.confidence || search.runs >= search.plan.most_runs {
        return Next::Done(Answered::Boundary {
            last: best.last,
            first: (best.last + 1..=best.first).collect(),
            newer_is_bad,
            confidence: Some(best.likely),
        });
    }
    Next::Run(telling(&places, &testable, search.plan.jobs))
}

/// Every place with its likelihood; they add up to 1.
fn places(search: &Search, testable: &[usize], newer_is_bad: bool) -> Vec<Place> {
    let counts: Vec<(f64, f64)> =
        testable.iter().map(|i| search.tally(*i)).map(|t| (f64::from(t.bad), f64::from(t.good))).collect();
    let mut places: Vec<Place> = Vec::new();
    for (at, pair) in testable.windows(2).enumerate() {
        let [last, first] = pair else { continue };
        let (before, behind) = counts.split_at(at + 1);
        let (older, newer) = if newer_is_bad { (WITHOUT, WITH) } else { (WITH, WITHOUT) };
        let (before, behind) = (Side::new(before, older), Side::new(behind, newer));
        let likely = before.weight + behind.weight;
        places.push(Place { last: *last, first: *first, likely, shows: (before.rate, behind.rate) });
    }
    let most = places.iter().map(|p| p.likely).fold(f64::NEG_INFINITY, f64::max);
    // A place takes up as much room as the candidates in it: the first of the new kind may be any of them.
    let width = |p: &Place| (p.first - p.last) as f64;
    for place in &mut places {
        place.likely = width(place) * (place.likely - most).exp();
    }
    let sum: f64 = places.iter().map(|p| p.likely).sum();
    for place in &mut places {
        place.likely /= sum;
    }
    places
}

/// One side of a place.
struct Side {
    /// Logarithm of how likely its runs are.
    weight: f64,
    /// How likely its next run shows the defect.
    rate: f64,
}

impl Side {
    fn new(counts: &[(f64, f64)], (bad0, good0): (f64, f64)) -> Self {
        let (bad, good) = counts.iter().fold((0.0, 0.0), |(b, g), (bad, good)| (b + bad, g + good));
        let weight = ln_beta(bad0 + bad, good0 + good) - ln_beta(bad0, good0);
        Self { weight, rate: (bad0 + bad) / (bad0 + good0 + bad + good) }
    }
}

/// The candidates whose next run leaves the least doubt, best first.
fn telling(places: &[Place], testable: &[usize], jobs: usize) -> Vec<usize> {
    let mut doubts: Vec<(f64, usize)> = testable.iter().map(|i| (doubt_after(places, *i), *i)).collect();
    doubts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    doubts.into_iter().take(jobs).map(|(_, i)| i).collect()
}

/// The doubt that is expected to be left when `candidate` has run once more.
fn doubt_after(places: &[Place], candidate: usize) -> f64 {
    let shows = |p: &Place| if candidate <= p.last { p.shows.0 } else { p.shows.1 };
    let doubt = |of: &dyn Fn(&Place) -> f64| {
        let sum: f64 = places.iter().map(of).sum();
        let part = |p: f64| if p > 0.0 { -p * (p / sum).ln() } else { 0.0 };
        places.iter().map(|p| part(of(p))).sum::<f64>()
    };
    doubt(&|p| p.likely * shows(p)) + doubt(&|p| p.likely * (1.0 - shows(p)))
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// Stirling's series, shifted to where it is exact to ten digits.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 10.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let series = inverse / 12.0 - inverse.powi(3) / 360.0 + inverse.powi(5) / 1260.0;
    shift + (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series
}

#[cfg(test)]
mod tests {
    use super::{ln_beta, ln_gamma};

    #[test]
    fn the_gamma_function_is_that_of_the_book() {
        for (x, factorial) in [(1.0, 1.0), (2.0, 1.0), (5.0, 24.0), (11.0, 3_628_800.0)] {
            assert!((ln_gamma(x) - f64::ln(factorial)).abs() < 1e-9, "{x}");
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-9);
        assert!((ln_beta(2.0, 3.0) - (1.0_f64 / 12.0).ln()).abs() < 1e-9);
    }
}
