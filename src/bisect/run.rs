//! Drives a search over versions that are really run.
//!
//! Comes in: the candidates, a [`Ledger`] with what was run before, and a [`Rig`] that runs a version. Goes out: how the
//! search ended. Every result is in the ledger before the next run begins, so that a search that is killed goes on where
//! it was. It knows neither registry nor process, and refuses to search on between ends that cannot be tested.

use std::fmt::Write as _;
use std::sync::mpsc;
use std::thread;

use semver::Version;
use sha2::{Digest, Sha256};

use super::ledger::{Entry, Ledger, Run, Said};
use super::search::{Answer, Answered, Next, Plan, Search, Tally};
use crate::error::{Error, ErrorKind, Result};

/// What one run of a version said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The verdict.
    pub said: Said,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// Its log, as the ledger names it.
    pub log: Option<String>,
}

/// What runs versions.
pub trait Rig: Sync {
    /// Runs a version once. An error ends the search; what was written down stays.
    fn run(&self, version: &Version) -> Result<Tried>;

    /// Whether it can be run without being fetched.
    fn is_at_hand(&self, version: &Version) -> bool;

    /// Fetches a version that may come next. What goes wrong will be told when it does come.
    fn fetch_ahead(&self, version: &Version);
}

/// What is searched.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    /// The versions that can be had, oldest first; the first and the last are the ends.
    pub candidates: &'a [Version],
    /// How to search.
    pub plan: Plan,
    /// Whether to fetch what may come next while something runs.
    pub ahead: bool,
}

/// Hears of each result right after it was written down.
pub type Hears<'a> = dyn FnMut(&Version, &Tried) + 'a;

/// Runs what the search asks for until it ends.
pub fn drive<R: Rig>(
    course: &Course<'_>,
    ledger: &mut Ledger,
    rig: &R,
    hears: &mut Hears<'_>,
) -> Result<Answered> {
    let at_hand = course.candidates.iter().map(|v| rig.is_at_hand(v)).collect();
    let mut search = Search::new(at_hand, course.plan);
    for (version, answer) in ledger.answers() {
        if let Ok(candidate) = course.candidates.binary_search(&version) {
            search.record(candidate, answer);
        }
    }
    loop {
        refuse_untestable_ends(course, &search, ledger)?;
        match search.next() {
            Next::Done(answered) => return Ok(answered),
            Next::Run(batch) => run_batch(course, &batch, &mut search, ledger, rig, hears)?,
        }
    }
}

/// Runs some versions at once. All that end are written down, even where one of them ends the search.
fn run_batch<R: Rig>(
    course: &Course<'_>,
    batch: &[usize],
    search: &mut Search,
    ledger: &mut Ledger,
    rig: &R,
    hears: &mut Hears<'_>,
) -> Result<()> {
    let (send, receive) = mpsc::channel();
    let next = if course.ahead { ahead(course, batch, search) } else { Vec::new() };
    let mut result = Ok(());
    thread::scope(|scope| {
        for candidate in batch {
            let (send, version) = (send.clone(), course.candidates.get(*candidate));
            scope.spawn(move || version.map(|v| send.send((*candidate, v, rig.run(v)))));
        }
        scope.spawn(move || next.iter().for_each(|v| rig.fetch_ahead(v)));
        drop(send);
        for (candidate, version, tried) in receive {
            let noted = tried.and_then(|tried| note(ledger, version, tried));
            match noted {
                Ok(tried) => {
                    search.record(candidate, Answer::from(tried.said));
                    search.fetched(candidate);
                    hears(version, &tried);
                }
                Err(error) if result.is_ok() => result = Err(error),
                Err(_) => {}
            }
        }
    });
    result
}

fn note(ledger: &mut Ledger, version: &Version, tried: Tried) -> Result<Tried> {
    let (why, log) = (tried.why.clone(), tried.log.clone());
    ledger.append(Entry::Run(Run { version: version.clone(), answer: tried.said, why, log }))?;
    Ok(tried)
}

/// What may come after a batch: what the search would ask for if all of it were good, or bad.
fn ahead(course: &Course<'_>, batch: &[usize], search: &Search) -> Vec<Version> {
    let mut all: Vec<usize> = Vec::new();
    for answer in [Answer::Good, Answer::Bad] {
        let mut supposed = search.clone();
        for candidate in batch {
            supposed.record(*candidate, answer);
        }
        if let Next::Run(next) = supposed.next() {
            all.extend(next);
        }
    }
    all.retain(|candidate| !batch.contains(candidate));
    all.sort_unstable();
    all.dedup();
    all.iter().filter_map(|candidate| course.candidates.get(*candidate).cloned()).collect()
}

/// The ends were named by a person: a neighbour that stands in for one would answer another question, and a probe that
/// works nowhere would run every version there is.
fn refuse_untestable_ends(course: &Course<'_>, search: &Search, ledger: &Ledger) -> Result<()> {
    let last = course.candidates.len().saturating_sub(1);
    for end in [0, last] {
        let Some(version) = course.candidates.get(end) else { continue };
        let tally = search.tally(end);
        if is_untestable(tally, course.plan.repeat) {
            let why = ledger.evidence().get(version).and_then(|e| e.why.first().cloned()).unwrap_or_default();
            let remedy = "mend what keeps it from running, or name another version; what was run is kept";
            let cause = format!("this end cannot be tested ({why})");
            return Err(Error::new(ErrorKind::Run, version.to_string(), cause, remedy));
        }
    }
    Ok(())
}

fn is_untestable(tally: Tally, repeat: u32) -> bool {
    tally.good + tally.bad == 0 && (tally.untestable > 0 || tally.inconclusive >= repeat.max(2))
}

/// A digest over parts, each of which counts with its length: hex of its SHA-256.
pub fn digest(parts: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use semver::Version;

    use super::{Answered, Course, Ledger, Plan, Rig, Said, Tried, drive};
    use crate::error::{Error, ErrorKind, Result};

    fn v(patch: u64) -> Version {
        Version::new(2, 1, patch)
    }

    /// A rig whose versions are bad from `first_bad` on; it dies when it has run `lives` times.
    struct Fake {
        first_bad: u64,
        lives: usize,
        skips: Vec<u64>,
        ran: Mutex<Vec<u64>>,
        fetched: Mutex<Vec<u64>>,
    }

    impl Fake {
        fn new(first_bad: u64, lives: usize) -> Self {
            Self { first_bad, lives, skips: Vec::new(), ran: Mutex::default(), fetched: Mutex::default() }
        }
    }

    impl Rig for Fake {
        fn run(&self, version: &Version) -> Result<Tried> {
            let mut ran = self.ran.lock().unwrap();
            if ran.len() >= self.lives {
                return Err(Error::new(ErrorKind::Run, "rig", "killed", "go on"));
            }
            ran.push(version.patch);
            let bad = version.patch >= self.first_bad;
            let said = if self.skips.contains(&version.patch) {
                Said::Skip
            } else if bad {
                Said::Bad
            } else {
                Said::Good
            };
            Ok(Tried { said, why: "so it is".to_owned(), log: None })
        }

        fn is_at_hand(&self, _: &Version) -> bool {
            false
        }

        fn fetch_ahead(&self, version: &Version) {
            self.fetched.lock().unwrap().push(version.patch);
        }
    }

    fn searched(rig: &Fake, path: &std::path::Path, jobs: usize, ahead: bool) -> Result<Answered> {
        let candidates: Vec<Version> = (0..=20).map(v).collect();
        let course = Course { candidates: &candidates, plan: Plan { jobs, ..Plan::default() }, ahead };
        drive(&course, &mut Ledger::open(path).unwrap(), rig, &mut |_, _| {})
    }

    fn boundary(last: usize, first: usize) -> Answered {
        Answered::Boundary { last, first: vec![first], newer_is_bad: true, confidence: None }
    }

    #[test]
    fn one_that_dies_at_every_step_goes_on_and_runs_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let whole = Fake::new(13, usize::MAX);
        assert_eq!(searched(&whole, &folder.path().join("whole"), 1, false).unwrap(), boundary(12, 13));
        let all = whole.ran.into_inner().unwrap();
        for lives in 0..all.len() {
            let path = folder.path().join(format!("cut-{lives}"));
            let dies = Fake::new(13, lives);
            assert!(searched(&dies, &path, 1, false).is_err());
            let goes_on = Fake::new(13, usize::MAX);
            assert_eq!(searched(&goes_on, &path, 1, false).unwrap(), boundary(12, 13));
            let together = [dies.ran.into_inner().unwrap(), goes_on.ran.into_inner().unwrap()].concat();
            assert_eq!(together, all, "killed after {lives}");
        }
    }

    #[test]
    fn several_at_once_come_to_the_same_answer() {
        for jobs in 1..=4 {
            for first_bad in 1..=20 {
                let folder = tempfile::tempdir().unwrap();
                let answered =
                    searched(&Fake::new(first_bad, usize::MAX), &folder.path().join("l"), jobs, false)
                        .unwrap();
                assert_eq!(answered, boundary(first_bad as usize - 1, first_bad as usize), "{jobs}");
            }
        }
    }

    #[test]
    fn what_may_come_next_is_fetched_while_something_runs() {
        let folder = tempfile::tempdir().unwrap();
        let rig = Fake::new(13, usize::MAX);
        searched(&rig, &folder.path().join("l"), 1, true).unwrap();
        let (ran, fetched) = (rig.ran.into_inner().unwrap(), rig.fetched.into_inner().unwrap());
        // All but the two ends could be foreseen.
        let foreseen = ran.iter().filter(|patch| fetched.contains(patch)).count();
        let mut distinct = ran.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(foreseen + 2 >= distinct.len(), "{ran:?} {fetched:?}");
    }

    #[test]
    fn an_end_that_cannot_be_tested_stops_the_search_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let rig = Fake { skips: vec![20], ..Fake::new(13, usize::MAX) };
        let error = searched(&rig, &folder.path().join("l"), 1, false).unwrap_err().to_string();
        assert!(error.contains("2.1.20: this end cannot be tested (so it is)"), "{error}");
        assert_eq!(rig.ran.into_inner().unwrap(), [0, 20]);
    }
}
