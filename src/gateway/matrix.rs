//! Versions of the client against scripted servers: what each run gave, and what they amount to.
//!
//! Comes in: [`Trial`]s, one a run. Goes out: [`Matrix`] with a [`Cell`] for each scenario and version. Runs that
//! disagree stay visible as so many of so many.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::clause::{Held, Kept};
use crate::pattern::Severity;
use crate::timeline::Outcome;

/// A known failure in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The signature.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// The server; none for a failure that concerns all.
    pub server: Option<String>,
}

/// How a version stands with a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The server that the scenario is about could be used, and no known failure struck it.
    Well,
    /// It could be used, and not for all that it has.
    Degraded,
    /// It could not be used, or a known failure struck it, in some runs and not in others.
    Sometimes,
    /// It could not, or one did, in every run that tells.
    Ill,
    /// The logs end before that is decided.
    Undecided,
    /// No run tells anything.
    Unknown,
}

/// One run of one version against one scenario.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The scenario's id.
    pub scenario: String,
    /// The client's version.
    pub version: Version,
    /// Which of the runs of this pair, from 1 on.
    pub n: u32,
    /// Where its log is kept, below the folder of logs.
    pub log: Option<String>,
    /// Where the servers' record is kept.
    pub seen: String,
    /// How the client ended.
    pub ended: String,
    /// Why nothing can be said of it, where that is so.
    pub problem: Option<String>,
    /// What became of each server, as the log tells.
    pub servers: Vec<(String, Outcome)>,
    /// The known failures in its log; harmless ones are left out.
    pub findings: Vec<Found>,
    /// The calls of tools that the servers answered well, and all of them.
    pub calls: (usize, usize),
    /// The clauses that the scenario puts to the test.
    pub clauses: Vec<Held>,
}

impl Trial {
    /// What became of the server that the scenario is about.
    pub fn outcome(&self, server: &str) -> Option<Outcome> {
        self.servers.iter().find(|(name, _)| name == server).map(|(_, outcome)| *outcome)
    }
}

/// A scenario of a matrix.
#[derive(Debug, Clone)]
pub struct Played {
    /// Its id.
    pub id: String,
    /// What its servers do.
    pub about: String,
    /// The server that it is about.
    pub server: String,
    /// Digest over all that it says.
    pub sha256: String,
}

/// All runs.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// The scenarios, in the order in which they were asked for.
    pub scenarios: Vec<Played>,
    /// The versions, oldest first.
    pub versions: Vec<Version>,
    /// The runs.
    pub trials: Vec<Trial>,
}

/// A clause that two versions do not keep alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseChange {
    /// The clause.
    pub clause: String,
    /// The older version, and what it does.
    pub before: (Version, Kept),
    /// The next newer one of which that is known, and what it does.
    pub after: (Version, Kept),
}

/// What the runs of one scenario with one version amount to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// Runs that tell something.
    pub runs: usize,
    /// Outcomes and how often, the worst first.
    pub outcomes: Vec<(Outcome, usize)>,
    /// Known failures, and in how many runs.
    pub findings: BTreeMap<String, usize>,
    /// In how many runs a failure at or above `warning` struck the server, or it could not be used.
    pub ill: usize,
    /// In how many runs it was used and degraded.
    pub degraded: usize,
    /// In how many runs it is decided.
    pub decided: usize,
    /// The calls that the servers answered well, run by run.
    pub calls: Vec<(usize, usize)>,
    /// Why runs told nothing.
    pub problems: Vec<String>,
}

impl Matrix {
    /// The cell of a scenario and a version.
    pub fn cell(&self, scenario: &Played, version: &Version) -> Cell {
        let mut cell = Cell::default();
        for trial in self.trials.iter().filter(|t| t.scenario == scenario.id && t.version == *version) {
            if let Some(problem) = &trial.problem {
                cell.problems.push(problem.clone());
                continue;
            }
            cell.add(trial, &scenario.server);
        }
        cell.outcomes.sort_by_key(|(outcome, _)| std::cmp::Reverse(badness(*outcome)));
        cell
    }

    /// How often a clause was kept, broken and not seen by a version, and the first run that shows the worst of it.
    pub fn clause(&self, id: &str, version: &Version) -> Option<(BTreeMap<Kept, usize>, &Trial, &Held)> {
        let of_version = self.trials.iter().filter(|t| t.version == *version && t.problem.is_none());
        let all: Vec<(&Trial, &Held)> = of_version
            .flat_map(|t| t.clauses.iter().filter(|h| h.clause == id).map(move |h| (t, h)))
            .collect();
        let mut counts = BTreeMap::new();
        all.iter().for_each(|(_, held)| *counts.entry(held.kept).or_insert(0) += 1);
        let worst = all.iter().map(|(_, h)| h.kept).max()?;
        let (trial, held) = all.into_iter().find(|(_, h)| h.kept == worst)?;
        Some((counts, trial, held))
    }

    /// The clauses that versions do not keep alike; one that was not seen at work says nothing.
    pub fn clause_changes(&self) -> Vec<ClauseChange> {
        let ids: BTreeSet<&str> =
            self.trials.iter().flat_map(|t| &t.clauses).map(|h| h.clause.as_str()).collect();
        let mut all = Vec::new();
        for id in ids {
            let kept = |v: &Version| Some((v.clone(), self.clause(id, v)?.2.kept));
            let known: Vec<(Version, Kept)> =
                self.versions.iter().filter_map(kept).filter(|(_, k)| *k != Kept::NotSeen).collect();
            all.extend(known.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| ClauseChange {
                clause: id.to_owned(),
                before: pair[0].clone(),
                after: pair[1].clone(),
            }));
        }
        all
    }
}

impl Cell {
    fn add(&mut self, trial: &Trial, server: &str) {
        let outcome = trial.outcome(server).unwrap_or(Outcome::Unknown);
        self.runs += 1;
        match self.outcomes.iter_mut().find(|(o, _)| *o == outcome) {
            Some((_, n)) => *n += 1,
            None => self.outcomes.push((outcome, 1)),
        }
        let mut ids: Vec<&str> = trial.findings.iter().map(|f| f.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().for_each(|id| *self.findings.entry(id.to_owned()).or_insert(0) += 1);
        let strikes = |f: &&Found| f.server.as_deref().is_none_or(|name| name == server);
        let grave = trial.findings.iter().filter(strikes).any(|f| f.severity >= Severity::Warning);
        let unusable = matches!(outcome, Outcome::Failed | Outcome::NeedsAuth);
        self.ill += usize::from(grave || unusable);
        self.degraded += usize::from(outcome == Outcome::Degraded);
        self.decided += usize::from(grave || !matches!(outcome, Outcome::Pending | Outcome::Unknown));
        self.calls.push(trial.calls);
    }

    /// How the version stands with the scenario.
    pub fn standing(&self) -> Standing {
        match (self.runs, self.ill, self.decided) {
            (0, _, _) => Standing::Unknown,
            (_, ill @ 1.., decided) if ill < decided => Standing::Sometimes,
            (_, 1.., _) => Standing::Ill,
            (_, _, 0) => Standing::Undecided,
            _ if self.degraded > 0 => Standing::Degraded,
            _ => Standing::Well,
        }
    }
}

/// How bad an outcome is.
fn badness(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Ready => 0,
        Outcome::Unknown => 1,
        Outcome::Pending => 2,
        Outcome::Degraded => 3,
        Outcome::NeedsAuth => 4,
        Outcome::Failed => 5,
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::{Cell, Held, Kept, Matrix, Standing, Trial};

    #[test]
    fn a_race_is_not_a_certain_failure_and_a_degraded_server_is_not_well() {
        let standing = |runs, ill, degraded, decided| {
            Cell { runs, ill, degraded, decided, ..Cell::default() }.standing()
        };
        for (is, of) in [
            (Standing::Unknown, (0, 0, 0, 0)),
            (Standing::Undecided, (5, 0, 0, 0)),
            (Standing::Well, (5, 0, 0, 5)),
            (Standing::Degraded, (5, 0, 1, 5)),
            (Standing::Sometimes, (5, 1, 0, 5)),
            (Standing::Ill, (5, 5, 0, 5)),
            (Standing::Ill, (5, 4, 0, 4)),
        ] {
            assert_eq!(standing(of.0, of.1, of.2, of.3), is, "{of:?}");
        }
    }

    /// A run of 2.1.N that did so with the clause `c`.
    fn trial(n: u64, kept: Kept) -> Trial {
        Trial {
            scenario: "s".to_owned(),
            version: Version::new(2, 1, n),
            n: 1,
            log: None,
            seen: String::new(),
            ended: String::new(),
            problem: None,
            servers: Vec::new(),
            findings: Vec::new(),
            calls: (0, 0),
            clauses: vec![Held { clause: "c".to_owned(), kept, evidence: Vec::new(), missing: None }],
        }
    }

    #[test]
    fn a_clause_changes_between_versions_of_which_it_is_known_and_a_race_counts_as_broken() {
        use Kept::{Broken, Kept as Keeps, NotSeen};
        let changes = |of: &[(u64, Kept)]| {
            let trials: Vec<Trial> = of.iter().map(|(n, kept)| trial(*n, *kept)).collect();
            let mut versions: Vec<Version> = trials.iter().map(|t| t.version.clone()).collect();
            versions.dedup();
            let all = Matrix { versions, trials, ..Matrix::default() }.clause_changes();
            all.iter().map(|c| (c.before.0.patch, c.after.0.patch)).collect::<Vec<_>>()
        };
        assert_eq!(
            changes(&[(1, Keeps), (2, NotSeen), (3, Broken), (4, Broken), (5, Keeps)]),
            [(1, 3), (4, 5)]
        );
        assert_eq!(changes(&[(1, Keeps), (2, Keeps), (2, Broken)]), [(1, 2)]);
        assert!(changes(&[(1, NotSeen), (2, Broken), (3, NotSeen)]).is_empty());
    }
}
