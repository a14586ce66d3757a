//! Which signature the logs are judged by, where nobody says.
//!
//! Comes in: all signatures and logs. Goes out: the one that splits the versions best, and the others that were
//! found, so that the choice can be said aloud. It prefers what parts versions cleanly, then what the client is to
//! blame for, then causes to their symptoms.

use std::cmp::Reverse;

use super::judge::{Log, Sign};
use super::logs::{Asked, Judge, bisect};
use super::table::VersionVerdict;
use crate::diagnose::Compiled;
use crate::pattern::{Catalogue, Kind, Severity};

/// A regression and its fix; what flips more often is chance.
const CLEAN: usize = 2;

/// The signature to judge by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its index.
    pub index: usize,
    /// Whether it parts any versions at all.
    pub splits: bool,
    /// Ids of the others that were found in some log.
    pub others: Vec<String>,
}

/// How well a signature splits the logs; less is better.
type Rank = (bool, bool, bool, bool, bool, usize, usize, Reverse<Severity>, String);

/// The signature that splits the logs best; `None` where none is in any log.
pub fn choose(rules: &[Compiled], catalogue: &Catalogue, logs: &[Log], asked: Asked<'_>) -> Option<Choice> {
    let found: Vec<usize> =
        (0..rules.len()).filter(|i| rules.get(*i).is_some_and(|r| is_found(r, logs, asked))).collect();
    let explained = |id: &str| {
        found.iter().filter_map(|i| rules.get(*i)).any(|r| r.def().explains.iter().any(|e| e == id))
    };
    let rank = |index: usize| {
        let rule = rules.get(index)?;
        let sign = Sign { rule, index, catalogue };
        Some((rank(sign, explained(rule.id()), logs, asked), index))
    };
    let (best, index) = found.iter().filter_map(|i| rank(*i)).min()?;
    let others = found.iter().filter(|i| **i != index).filter_map(|i| rules.get(*i));
    Some(Choice { index, splits: !best.0, others: others.map(|r| r.id().to_owned()).collect() })
}

fn is_found(rule: &Compiled, logs: &[Log], asked: Asked<'_>) -> bool {
    let wanted = |server: Option<&str>| {
        server.is_none_or(|s| asked.servers.is_empty() || asked.servers.iter().any(|a| a == s))
    };
    let mut findings = logs.iter().flat_map(|l| &l.diagnosis.findings);
    findings.any(|f| f.id == rule.id() && wanted(f.server.as_deref()))
}

fn rank(sign: Sign<'_>, explained: bool, logs: &[Log], asked: Asked<'_>) -> Rank {
    let table = bisect(logs, Judge::Signature(sign), asked).table;
    let def = sign.rule.def();
    let unclear = |v: VersionVerdict| matches!(v, VersionVerdict::Flaky | VersionVerdict::Inconclusive);
    let flips = table.boundaries.len();
    (
        flips == 0,
        def.kind == Kind::Benign,
        flips > CLEAN,
        !matches!(def.kind, Kind::ClientRegression | Kind::ClientBug),
        explained,
        flips,
        table.rows.iter().filter(|r| unclear(r.evidence.verdict)).count(),
        Reverse(def.severity),
        sign.rule.id().to_owned(),
    )
}
