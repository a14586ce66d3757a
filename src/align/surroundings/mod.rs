//! What is new, gone or far more frequent in BAD among the lines that no lifecycle event covers.
//!
//! In: the messages of two logs, one at a time, each log into its own [`Surroundings`]. Out: [`Changes`], by
//! literal-exact templates (`normalize`): lines are one only if nothing but values differs, as in the habit of
//! `sed | sort -u | comm`; nothing is merged by likeness. Templates are bounded in number, and what found no
//! place is counted, never taken for new.
//!
//! A new version words hundreds of unrelated lines anew, so each change is ranked: [`Relevance::Likely`] may
//! have to do with the failure, [`Relevance::Chatter`] is left to `--all`. Order and durations are not looked
//! at here: servers' lives are compared by events (`align`). No verdict comes from here.

#[cfg(test)]
mod bar;
mod collect;
mod compare;
mod name;
mod relevance;

pub use collect::Surroundings;
pub use compare::compare;

/// What the comparison of the servers' lives knows, by which changes are ranked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Focus<'a> {
    /// Names of the servers and tools of both logs.
    pub names: &'a [&'a str],
    /// The lines of BAD near the first divergence, first and last; `None` where the two do not part.
    pub around: Option<(u64, u64)>,
}

/// Whether a change may have to do with the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relevance {
    /// It is about a server, or reports trouble with one or, where the logs part, with MCP.
    Likely,
    /// Nothing speaks for it: most often another version's wording.
    Chatter,
}

/// Lines of one template that differ between the logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineChange {
    /// Whether it may have to do with the failure.
    pub relevance: Relevance,
    /// What all its lines say, values left out; cut where it is very long.
    pub template: String,
    /// The first such line, of BAD where BAD has one; cut where it is very long.
    pub example: String,
    /// The level of that line.
    pub level: Option<String>,
    /// The first such line of GOOD, 1-based.
    pub good_line: Option<u64>,
    /// The first such line of BAD, 1-based.
    pub bad_line: Option<u64>,
    /// How many GOOD has.
    pub good: u64,
    /// How many BAD has.
    pub bad: u64,
}

/// The lines that differ, each list with the likely ones first and by place in the log within.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// BAD has them, GOOD has none.
    pub new: Vec<LineChange>,
    /// GOOD has them, BAD has none.
    pub gone: Vec<LineChange>,
    /// Both have them, BAD far more often.
    pub more: Vec<LineChange>,
    /// Both have them, BAD far less often.
    pub less: Vec<LineChange>,
    /// Lines of either log that found no place among the templates and so were not compared.
    pub not_compared: u64,
}

impl Changes {
    /// The changes for the short section: new, more, gone, less.
    pub fn likely(&self) -> impl Iterator<Item = &LineChange> {
        let all = self.new.iter().chain(&self.more).chain(&self.gone).chain(&self.less);
        all.filter(|change| change.relevance == Relevance::Likely)
    }
}
