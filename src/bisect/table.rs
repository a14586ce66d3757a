//! The table of versions, and where they flip.
//!
//! Comes in: what is known of single versions, and the list of published ones. Goes out: a row for every version from
//! the first known to the last, and every boundary at once. It never turns what is inferred into what was tested, and
//! names no single version where an untried one could be the first.

use std::collections::BTreeMap;

use semver::Version;

use crate::pattern::{Publication, Published};

/// What is held of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionVerdict {
    /// It has not the defect.
    Good,
    /// It has.
    Bad,
    /// It has, but does not always show it.
    Flaky,
    /// It cannot be run.
    Untestable,
    /// It was looked at, and what was seen does not decide.
    Inconclusive,
    /// Nothing was seen of it.
    Unknown,
}

impl VersionVerdict {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Flaky => "flaky",
            Self::Untestable => "untestable",
            Self::Inconclusive => "inconclusive",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it has the defect; `None` where that is not decided. A flaky one has it.
    pub fn has_defect(self) -> Option<bool> {
        match self {
            Self::Good => Some(false),
            Self::Bad | Self::Flaky => Some(true),
            _ => None,
        }
    }
}

/// How a verdict is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KnownBy {
    /// A log that was there.
    Log,
    /// It was run.
    Run,
    /// A person said so.
    Mark,
    /// Both its neighbours are alike.
    Inferred,
    /// It is not.
    NotTried,
    /// There is no such version.
    NotPublished,
}

impl KnownBy {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Run => "run",
            Self::Mark => "mark",
            Self::Inferred => "inferred",
            Self::NotTried => "not-tried",
            Self::NotPublished => "not-published",
        }
    }
}

/// How often what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Runs {
    /// Without the defect.
    pub good: u32,
    /// With it.
    pub bad: u32,
    /// Neither could be told.
    pub other: u32,
}

/// What is known of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The verdict.
    pub verdict: VersionVerdict,
    /// How it is known.
    pub known_by: KnownBy,
    /// How often what was seen.
    pub runs: Runs,
    /// The paths of the logs that say so.
    pub inputs: Vec<String>,
    /// Why, one sentence each, without a full stop.
    pub why: Vec<String>,
}

impl Evidence {
    /// What these runs amount to.
    pub fn of_runs(runs: Runs, known_by: KnownBy, inputs: Vec<String>, why: Vec<String>) -> Self {
        let verdict = match (runs.good, runs.bad) {
            (0, 0) => VersionVerdict::Inconclusive,
            (_, 0) => VersionVerdict::Good,
            (0, _) => VersionVerdict::Bad,
            _ => VersionVerdict::Flaky,
        };
        Self { verdict, known_by, runs, inputs, why }
    }

    fn nothing(verdict: VersionVerdict, known_by: KnownBy) -> Self {
        Self { verdict, known_by, runs: Runs::default(), inputs: Vec::new(), why: Vec::new() }
    }
}

/// A version and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The version.
    pub version: Version,
    /// What is known of it.
    pub evidence: Evidence,
}

/// Which way the versions flip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoundaryKind {
    /// From good to bad.
    Regression,
    /// From bad to good.
    Fix,
}

impl BoundaryKind {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Fix => "fix",
        }
    }
}

/// How close a boundary is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// No published version lies undecided between its sides.
    Tested,
    /// One of several versions is the first; which, is not known.
    Range,
}

impl Basis {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::Range => "range",
        }
    }
}

/// Where versions flip.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    /// Which way.
    pub kind: BoundaryKind,
    /// The last decided version before it.
    pub before: Version,
    /// The first decided version after it.
    pub after: Version,
    /// How close it is known.
    pub basis: Basis,
    /// Every version that could be the first of the new kind, oldest first; the last of them is `after`.
    pub candidates: Vec<Version>,
    /// Where the bad side is flaky: how sure it is that the good side is no bad one that happened to go well.
    pub confidence: Option<f64>,
}

/// What it all amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// One regression, one fix, or one regression and its fix, each between two tested neighbours.
    Found,
    /// The same, but some boundary is a range.
    Range,
    /// All decided versions are alike, or none is decided.
    NoBoundary,
    /// The versions flip more than once the same way, or were bad, good and bad again.
    NotMonotone,
    /// A boundary hangs on a flaky version and too few good runs.
    Flaky,
}

impl Ending {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Range => "range",
            Self::NoBoundary => "no-boundary",
            Self::NotMonotone => "not-monotone",
            Self::Flaky => "flaky",
        }
    }
}

/// All versions from the first known to the last, and where they flip.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Oldest first.
    pub rows: Vec<Row>,
    /// Oldest first.
    pub boundaries: Vec<Boundary>,
    /// What it amounts to.
    pub ending: Ending,
}

impl Table {
    /// The row of a version.
    pub fn row(&self, version: &Version) -> Option<&Row> {
        self.rows.iter().find(|r| r.version == *version)
    }
}

impl Table {
    /// Takes over how sure a search is of a boundary: it weighs every run, and not those beside the boundary alone. One
    /// between other versions than `before` and `after` is none of the table's.
    #[must_use]
    pub fn as_sure_as(mut self, before: &Version, after: &Version, sure: f64, asked: f64) -> Self {
        if let Some(found) = self.boundaries.iter_mut().find(|b| b.before == *before && b.after == *after) {
            found.confidence = Some(sure);
            self.ending = ending(&self.boundaries, asked);
        }
        self
    }
}

/// The table of what is `known`. A boundary at a flaky version asks for this `confidence`, 0 to 1.
pub fn table(known: BTreeMap<Version, Evidence>, published: &Published, confidence: f64) -> Table {
    let mut rows = every_version(known, published);
    let decided: Vec<(usize, bool)> = rows
        .iter()
        .enumerate()
        .filter_map(|(i, row)| Some((i, row.evidence.verdict.has_defect()?)))
        .collect();
    let mut boundaries = Vec::new();
    for pair in decided.windows(2) {
        let [(from, was), (to, is)] = pair else { continue };
        if was == is {
            infer(&mut rows[from + 1..*to], *is);
        } else {
            boundaries.push(boundary(&rows, *from, *to, *is));
        }
    }
    let ending = ending(&boundaries, confidence);
    Table { rows, boundaries, ending }
}

/// What is known, and between its ends whatever is published, was left out, or may have come since.
fn every_version(known: BTreeMap<Version, Evidence>, published: &Published) -> Vec<Row> {
    let ends = known.keys().next().cloned().zip(known.keys().next_back().cloned());
    let mut all = known;
    for (version, publication) in ends.map(|(from, to)| published.between(&from, &to)).unwrap_or_default() {
        let known_by = match publication {
            Publication::Never => KnownBy::NotPublished,
            Publication::Published | Publication::Unknown => KnownBy::NotTried,
        };
        all.entry(version).or_insert_with(|| Evidence::nothing(VersionVerdict::Unknown, known_by));
    }
    all.into_iter().map(|(version, evidence)| Row { version, evidence }).collect()
}

/// What lies between two alike is taken to be like them, unless it was looked at.
fn infer(rows: &mut [Row], bad: bool) {
    for row in rows.iter_mut().filter(|r| r.evidence.known_by == KnownBy::NotTried) {
        row.evidence.known_by = KnownBy::Inferred;
        row.evidence.verdict = if bad { VersionVerdict::Bad } else { VersionVerdict::Good };
    }
}

fn boundary(rows: &[Row], from: usize, to: usize, bad: bool) -> Boundary {
    let exists = |row: &&Row| row.evidence.known_by != KnownBy::NotPublished;
    let candidates: Vec<Version> =
        rows[from + 1..=to].iter().filter(exists).map(|r| r.version.clone()).collect();
    let (good_side, bad_side) = if bad { (&rows[from], &rows[to..]) } else { (&rows[to], &rows[..=from]) };
    let confidence =
        if bad { sureness(good_side, bad_side.iter()) } else { sureness(good_side, bad_side.iter().rev()) };
    Boundary {
        kind: if bad { BoundaryKind::Regression } else { BoundaryKind::Fix },
        before: rows[from].version.clone(),
        after: rows[to].version.clone(),
        basis: if candidates.len() == 1 { Basis::Tested } else { Basis::Range },
        candidates,
        confidence,
    }
}

/// How sure it is that `good` is good, where the bad versions next to it, walked away from it, are flaky: a bad one
/// goes well `n` times in a row with probability `(1 - p)^n`. `None` where none of them is flaky.
fn sureness<'r>(good: &Row, bad: impl Iterator<Item = &'r Row>) -> Option<f64> {
    let stretch: Vec<&Row> = bad.take_while(|r| r.evidence.verdict.has_defect() != Some(false)).collect();
    if stretch.iter().all(|r| r.evidence.verdict != VersionVerdict::Flaky)
        || good.evidence.known_by == KnownBy::Mark
    {
        return None;
    }
    let sum = |of: fn(&Runs) -> u32| stretch.iter().map(|r| f64::from(of(&r.evidence.runs))).sum::<f64>();
    let (good_runs, bad_runs) = (sum(|r| r.good), sum(|r| r.bad));
    let rate = bad_runs / (good_runs + bad_runs).max(1.0);
    Some(1.0 - (1.0 - rate).powf(f64::from(good.evidence.runs.good)))
}

fn ending(boundaries: &[Boundary], confidence: f64) -> Ending {
    let kinds: Vec<BoundaryKind> = boundaries.iter().map(|b| b.kind).collect();
    let doubtful = |b: &Boundary| b.confidence.is_some_and(|c| c < confidence);
    match kinds.as_slice() {
        [] => Ending::NoBoundary,
        [_] | [BoundaryKind::Regression, BoundaryKind::Fix] => match () {
            () if boundaries.iter().any(doubtful) => Ending::Flaky,
            () if boundaries.iter().any(|b| b.basis == Basis::Range) => Ending::Range,
            () => Ending::Found,
        },
        _ => Ending::NotMonotone,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use semver::Version;

    use super::*;
    use crate::pattern::VersionFile;

    fn v(patch: u64) -> Version {
        Version::new(2, 1, patch)
    }

    fn published(patches: impl IntoIterator<Item = u64>) -> Published {
        let versions = patches.into_iter().map(|p| (v(p), None)).collect();
        let mut all = Published::default();
        all.extend(VersionFile { schema: 1, package: "p".into(), as_of: "2026-01-01".into(), versions });
        all
    }

    fn seen(good: u32, bad: u32) -> Evidence {
        Evidence::of_runs(Runs { good, bad, other: 0 }, KnownBy::Log, Vec::new(), Vec::new())
    }

    fn told(known: &[(u64, u32, u32)], list: impl IntoIterator<Item = u64>) -> Table {
        let known: BTreeMap<Version, Evidence> =
            known.iter().map(|(p, good, bad)| (v(*p), seen(*good, *bad))).collect();
        table(known, &published(list), 0.95)
    }

    #[test]
    fn a_regression_and_its_fix_are_found_at_once_and_a_version_that_never_was_is_no_candidate() {
        let t = told(
            &[(146, 1, 0), (147, 0, 1), (150, 0, 2), (152, 0, 1), (153, 1, 0)],
            (140..160).filter(|p| *p != 151),
        );
        let ends: Vec<_> =
            t.boundaries.iter().map(|b| (b.kind, b.before.patch, b.after.patch, b.basis)).collect();
        assert_eq!(
            ends,
            [
                (BoundaryKind::Regression, 146, 147, Basis::Tested),
                (BoundaryKind::Fix, 152, 153, Basis::Tested)
            ]
        );
        assert_eq!(t.ending, Ending::Found);
        let of = |p| t.row(&v(p)).map(|r| (r.evidence.verdict, r.evidence.known_by));
        assert_eq!(of(151), Some((VersionVerdict::Unknown, KnownBy::NotPublished)));
        assert_eq!(of(148), Some((VersionVerdict::Bad, KnownBy::Inferred)));
    }

    #[test]
    fn untried_versions_beside_a_boundary_make_it_a_range_with_its_candidates() {
        let t = told(&[(144, 1, 0), (147, 0, 1)], 140..150);
        assert_eq!(t.boundaries[0].candidates, [v(145), v(146), v(147)]);
        assert_eq!((t.boundaries[0].basis, t.ending), (Basis::Range, Ending::Range));
        assert_eq!(t.row(&v(145)).map(|r| r.evidence.known_by), Some(KnownBy::NotTried));
    }

    #[test]
    fn a_log_that_does_not_decide_leaves_its_version_a_candidate() {
        let t = told(&[(146, 1, 0), (147, 0, 0), (148, 0, 1)], 140..150);
        assert_eq!(t.boundaries[0].candidates, [v(147), v(148)]);
        assert_eq!(t.row(&v(147)).map(|r| r.evidence.verdict), Some(VersionVerdict::Inconclusive));
    }

    #[test]
    fn what_the_list_does_not_know_yet_is_not_taken_for_never_published() {
        let t = told(&[(150, 1, 0), (153, 0, 1)], 140..=150);
        assert_eq!(t.boundaries[0].candidates, [v(151), v(152), v(153)]);
    }

    #[test]
    fn versions_that_flip_back_and_forth_are_not_monotone() {
        let flips = told(&[(1, 1, 0), (2, 0, 1), (3, 1, 0), (4, 0, 1)], 1..5);
        assert_eq!((flips.ending, flips.boundaries.len()), (Ending::NotMonotone, 3));
        assert_eq!(told(&[(1, 0, 1), (2, 1, 0), (3, 0, 1)], 1..4).ending, Ending::NotMonotone);
        assert_eq!(told(&[(1, 0, 1), (2, 1, 0)], 1..4).ending, Ending::Found);
        assert_eq!(told(&[(1, 0, 1), (2, 0, 1)], 1..4).ending, Ending::NoBoundary);
        assert_eq!(told(&[], 1..4).ending, Ending::NoBoundary);
    }

    #[test]
    fn a_flaky_neighbour_asks_for_more_good_runs() {
        // The defect shows in one of two runs: one good run is a coin's toss, five are not.
        let once = told(&[(1, 1, 0), (2, 1, 1)], 1..3);
        assert_eq!((once.ending, once.boundaries[0].confidence), (Ending::Flaky, Some(0.5)));
        let often = told(&[(1, 5, 0), (2, 1, 1)], 1..3);
        assert_eq!(often.ending, Ending::Found);
    }

    proptest! {
        #[test]
        fn inferred_rows_lie_between_two_alike_and_no_candidate_was_decided(
            known in prop::collection::btree_map(1u64..30, (0u32..3, 0u32..3), 0..12),
            list in prop::collection::btree_set(1u64..30, 0..30),
        ) {
            let known: Vec<(u64, u32, u32)> = known.into_iter().map(|(p, (g, b))| (p, g, b)).collect();
            let t = told(&known, list);
            let decided: Vec<(&Version, bool)> = t.rows.iter()
                .filter(|r| r.evidence.known_by == KnownBy::Log)
                .filter_map(|r| Some((&r.version, r.evidence.verdict.has_defect()?)))
                .collect();
            for row in t.rows.iter().filter(|r| r.evidence.known_by == KnownBy::Inferred) {
                let below = decided.iter().rev().find(|(v, _)| **v < row.version).map(|(_, bad)| *bad);
                let above = decided.iter().find(|(v, _)| **v > row.version).map(|(_, bad)| *bad);
                prop_assert_eq!(below, above);
                prop_assert_eq!(row.evidence.verdict.has_defect(), below);
            }
            for b in &t.boundaries {
                prop_assert!(b.before < b.after);
                prop_assert_eq!(b.candidates.last(), Some(&b.after));
                let undecided = b.candidates.iter().filter(|c| decided.iter().any(|(v, _)| v == c));
                prop_assert_eq!(undecided.count(), 1);
                prop_assert_eq!(b.basis == Basis::Tested, b.candidates.len() == 1);
            }
            let flips = decided.windows(2).filter(|w| w[0].1 != w[1].1).count();
            prop_assert_eq!(flips, t.boundaries.len());
        }
    }
}
