//! Two logs side by side: what differs in the life of each server, and where the two first part.
//!
//! Comes in: the lives of a good and of a bad log. Goes out: a [`Diff`]. Events are compared by identity (their id and
//! identity fields), never by text or time; concurrent events that merely swap places are no difference. It judges
//! by outcomes and knows no signature.

mod cut;
mod keys;
mod lives;
mod overlap;
mod servers;
mod settle;
mod surroundings;

pub use keys::{Run, by_key};
pub use lives::{Aligned, Change, ChangeKind, align};
pub use servers::{Pair, is_elsewhere, pair};
pub use surroundings::{Changes, Focus, LineChange, Relevance, Surroundings, compare};

use crate::timeline::{Input, Item, Life, Outcome};

/// How two logs, or two lives of one server, compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// No lifecycle event differs.
    Same,
    /// An outcome is better in the bad log.
    Improved,
    /// Events differ, no outcome is worse.
    Changed,
    /// An outcome is worse in the bad log.
    Regressed,
}

impl Verdict {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Improved => "improved",
            Self::Regressed => "regressed",
        }
    }
}

/// The comparison of two logs.
#[derive(Debug, Clone)]
pub struct Diff {
    /// The worst of the servers' verdicts.
    pub verdict: Verdict,
    /// One for each server of either log, worst first.
    pub servers: Vec<ServerDiff>,
}

/// The comparison of one server.
#[derive(Debug, Clone)]
pub struct ServerDiff {
    /// Its name in the bad log, or in the good one where the bad one lacks it.
    pub name: String,
    /// Its name in the good log, where that is another.
    pub good_name: Option<String>,
    /// How it compares.
    pub verdict: Verdict,
    /// Its outcome in the good and in the bad log; `None` where the log does not have it.
    pub outcome: (Option<Outcome>, Option<Outcome>),
    /// Where the two lives part.
    pub divergence: Option<Divergence>,
    /// The aligned lives and their differences.
    pub aligned: Aligned,
}

impl ServerDiff {
    /// By how much its outcome is worse in the bad log; 0 where it is not, or cannot be told.
    pub fn fall(&self) -> u8 {
        let ranks = self.outcome.0.and_then(Outcome::rank).zip(self.outcome.1.and_then(Outcome::rank));
        ranks.map_or(0, |(good, bad)| bad.saturating_sub(good))
    }
}

/// The first place at which two lives part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The line of the good log at that point.
    pub good_line: Option<u64>,
    /// The line of the bad log at that point.
    pub bad_line: Option<u64>,
    /// The event that one has and the other has not.
    pub event: String,
    /// The row of `Aligned::rows`.
    pub row: usize,
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What the log is.
    pub input: &'a Input,
    /// The lives in it.
    pub lives: &'a [Life],
}

/// Compares two logs server by server.
pub fn diff(good: Side<'_>, bad: Side<'_>) -> Diff {
    let pairs = pair(&good.input.servers, &bad.input.servers);
    let mut servers: Vec<ServerDiff> = pairs.iter().map(|p| one_server(p, good, bad)).collect();
    servers.sort_by_key(|s| std::cmp::Reverse((s.verdict, s.fall())));
    let verdict = servers.iter().map(|s| s.verdict).max().unwrap_or(Verdict::Same);
    Diff { verdict, servers }
}

fn one_server(pair: &Pair, good: Side<'_>, bad: Side<'_>) -> ServerDiff {
    let (good_lives, bad_lives) = (lives_of(good, pair.good.as_deref()), lives_of(bad, pair.bad.as_deref()));
    let aligned = last_lives(&good_lives, &bad_lives);
    let outcome = (last_outcome(&good_lives), last_outcome(&bad_lives));
    let divergence = aligned.divergence();
    // A server that the bad log does not have is lost, if MCP is seen there at all.
    let gone = pair.bad.is_none() && bad.input.mcp_lines > 0;
    let verdict = if gone { verdict_of_gone(outcome.0) } else { verdict(outcome, aligned.differs()) };
    let good_name = pair.good.clone().filter(|g| pair.bad.as_ref().is_some_and(|b| b != g));
    let name = pair.bad.clone().or_else(|| pair.good.clone()).unwrap_or_default();
    ServerDiff { name, good_name, verdict, outcome, divergence, aligned }
}

fn lives_of<'a>(side: Side<'a>, name: Option<&str>) -> Vec<&'a Life> {
    side.lives.iter().filter(|l| name == Some(&*l.server)).collect()
}

fn last_outcome(lives: &[&Life]) -> Option<Outcome> {
    lives.last().map(|l| l.health.outcome())
}

/// The aligned lives. Of several client sessions the last ones are compared: a log that was appended to says most about
/// the client in its newest session, and what went before it is another run.
fn last_lives(good: &[&Life], bad: &[&Life]) -> Aligned {
    align(&compared(good.last()), &compared(bad.last()))
}

fn compared<'a>(life: Option<&&'a Life>) -> Vec<&'a Item> {
    life.map(|l| l.compared().collect()).unwrap_or_default()
}

fn verdict_of_gone(good: Option<Outcome>) -> Verdict {
    match good {
        Some(Outcome::Ready | Outcome::Degraded) => Verdict::Regressed,
        _ => Verdict::Changed,
    }
}

fn verdict(outcome: (Option<Outcome>, Option<Outcome>), differs: bool) -> Verdict {
    let ranks = outcome.0.and_then(Outcome::rank).zip(outcome.1.and_then(Outcome::rank));
    match ranks {
        Some((good, bad)) if bad > good => Verdict::Regressed,
        Some((good, bad)) if bad < good => Verdict::Improved,
        _ if differs || outcome.0 != outcome.1 => Verdict::Changed,
        _ => Verdict::Same,
    }
}
