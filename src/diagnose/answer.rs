//! What the engine answers: findings with their proof, and what could not be told.
//!
//! These are plain values. A [`Finding`] cannot be made without a [`Proof`], and a [`Proof`] not without a line.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::pattern::{Expect, Kind, Reference, Severity};

/// What a match means for the client version of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// The signature is known in that version.
    InRange,
    /// The version is known and outside of the range: the defect may be back.
    PossibleRecurrence,
    /// The version is not known.
    Unknown,
}

impl Applicability {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InRange => "in-range",
            Self::PossibleRecurrence => "possible-recurrence",
            Self::Unknown => "unknown",
        }
    }
}

/// A line that proves a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The step it fills.
    pub step: String,
    /// The event's id.
    pub event: String,
    /// 1-based line.
    pub line: u64,
    /// The message; at most 2000 characters of it.
    pub text: String,
}

/// Lines that prove a finding: at least one, in the order of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof(Vec<Evidence>);

impl Proof {
    /// A proof, unless there is nothing that proves.
    pub fn new(lines: Vec<Evidence>) -> Option<Self> {
        (!lines.is_empty()).then_some(Self(lines))
    }

    /// The lines.
    pub fn lines(&self) -> &[Evidence] {
        &self.0
    }

    /// The first line's number.
    pub fn first_line(&self) -> u64 {
        self.0.first().map_or(0, |e| e.line)
    }

    /// The last line's number.
    pub fn last_line(&self) -> u64 {
        self.0.last().map_or(0, |e| e.line)
    }
}

/// What was waited for in vain, where a signature ends with an absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// The step's name.
    pub step: String,
    /// The events that did not come.
    pub events: Vec<String>,
    /// The line at which it was over: the first one behind its time, or the last one of the log.
    pub until_line: u64,
    /// Whether the log went on for long enough; if not, its end was taken for silence.
    pub proven: bool,
}

/// An event after a match that made it worse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalated {
    /// What it does to the user; it stands in the summary, too.
    pub says: String,
    /// The severity that the finding has by it.
    pub severity: Severity,
    /// The event's id.
    pub event: String,
    /// 1-based line.
    pub line: u64,
    /// The message.
    pub text: String,
}

/// A known failure that a server of a log has.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The signature's id.
    pub id: String,
    /// Its revision.
    pub rev: u32,
    /// The pack it came from.
    pub pack: String,
    /// What goes wrong, in one line.
    pub title: String,
    /// Whose fault it is.
    pub kind: Kind,
    /// How bad it is, after escalation.
    pub severity: Severity,
    /// Which of the inputs it was found in; the caller numbers them.
    pub input: usize,
    /// The server; `None`: the client as a whole.
    pub server: Option<Arc<str>>,
    /// How often it was found; evidence and sentences are those of the first time.
    pub count: u64,
    /// What it means for the client version of the log.
    pub applicability: Applicability,
    /// Whether lines stood in for a time that the log does not tell.
    pub order_only: bool,
    /// Which alternative of the signature matched, from 0.
    pub branch: usize,
    /// The lines that prove it.
    pub evidence: Proof,
    /// What did not come, where that is part of it.
    pub silence: Option<Silence>,
    /// What made it worse, in the order of the signature.
    pub escalations: Vec<Escalated>,
    /// What happened.
    pub summary: String,
    /// What should have happened.
    pub expected: String,
    /// What to do, most useful first.
    pub advice: Vec<String>,
    /// Where the facts come from.
    pub references: Vec<Reference>,
    /// When it may be wrong.
    pub falsepositives: Vec<String>,
    /// The signatures that this one explains.
    pub explains: Vec<String>,
    /// The id of the finding that explains this one; set by [`order`](super::order()).
    pub explained_by: Option<String>,
}

/// A signature that cannot be told of a server, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inconclusive {
    /// The signature's id.
    pub id: String,
    /// Its revision.
    pub rev: u32,
    /// The server.
    pub server: Option<Arc<str>>,
    /// Why, as a sentence without a full stop.
    pub reason: String,
}

/// What all signatures say of one log.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    /// What was found, at most one for each signature and server, in the order of signatures and servers.
    pub findings: Vec<Finding>,
    /// What was found in client sessions of the log that were over before the last one began.
    pub earlier: Vec<Finding>,
    /// What could not be told.
    pub inconclusive: Vec<Inconclusive>,
    /// The servers that any event was about.
    pub servers: Vec<Arc<str>>,
    /// The answers that are not the signature's usual one.
    pub(super) answers: BTreeMap<(usize, Option<Arc<str>>), Expect>,
    /// The usual answer of each signature: "no match", or "not applicable" where there is a guard.
    pub(super) usual: Vec<Expect>,
}

impl Diagnosis {
    /// Takes in what was found in another part of the same log. A match outweighs a doubt, wherever it was found; of
    /// two matches the first is kept, and both are counted.
    pub(super) fn join(&mut self, other: Self) {
        for new in other.findings {
            match self.findings.iter_mut().find(|f| f.id == new.id && f.server == new.server) {
                Some(known) => known.count += new.count,
                None => self.findings.push(new),
            }
        }
        for new in other.inconclusive {
            if self.inconclusive.iter().all(|i| i.id != new.id || i.server != new.server) {
                self.inconclusive.push(new);
            }
        }
        let Self { findings, inconclusive, .. } = self;
        inconclusive.retain(|i| findings.iter().all(|f| f.id != i.id || f.server != i.server));
        for (place, answer) in other.answers {
            let known = self.answers.entry(place).or_insert(answer);
            if weight(answer) < weight(*known) {
                *known = answer;
            }
        }
        let new = other.servers.into_iter().filter(|s| !self.servers.contains(s)).collect::<Vec<_>>();
        self.servers.extend(new);
        self.servers.sort();
    }

    /// What the signature at `index` says of a server.
    pub fn answer(&self, index: usize, server: Option<&str>) -> Expect {
        let usual = self.usual.get(index).copied().unwrap_or(Expect::NotApplicable);
        self.answers.get(&(index, server.map(Arc::from))).copied().unwrap_or(usual)
    }

    /// What the signature at `index` says of the log: the gravest of its answers, a match before a doubt, a doubt
    /// before "checked and clean", and that before "not applicable".
    pub fn overall(&self, index: usize) -> Expect {
        let of_servers = self.servers.iter().map(|s| self.answer(index, Some(s)));
        of_servers
            .chain([self.answer(index, None)])
            .min_by_key(|a| weight(*a))
            .unwrap_or(Expect::NotApplicable)
    }
}

fn weight(answer: Expect) -> u8 {
    match answer {
        Expect::Match => 0,
        Expect::Inconclusive => 1,
        Expect::NoMatch => 2,
        Expect::NotApplicable => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::Proof;

    #[test]
    fn nothing_proves_nothing() {
        assert!(Proof::new(Vec::new()).is_none());
    }
}
