//! What to run next: a function of what was seen so far, and of nothing else.
//!
//! Comes in: how many candidates there are, oldest first, which of them cost nothing, and one [`Answer`] after another.
//! Goes out: the next probes, or the [`Answered`] end. It runs nothing and knows no version. The same answers in the
//! same order give the same next probe, so a ledger of answers is all that a resumed search needs.
//!
//! Both ends come first, then the middle; a cached candidate within a sixth of the range from the middle is taken
//! before one that must be fetched. What cannot be tested is walked away from, for its neighbours often cannot be
//! tested either. In the end both neighbours of the answer are run once more. Where two runs of one candidate
//! disagree, `bayes` takes over. A candidate that shows the defect once has it.

mod bayes;
#[cfg(test)]
mod laws;
mod middle;

/// What one run of one candidate said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The defect did not show, and could have.
    Good,
    /// It showed.
    Bad,
    /// The candidate cannot be run.
    Untestable,
    /// It ran, and what it did does not decide.
    Inconclusive,
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// How many candidates may run at once: the range is cut into one part more.
    pub jobs: usize,
    /// How often each candidate is run before it is believed.
    pub repeat: u32,
    /// Whether both neighbours of the answer are run once more.
    pub confirm: bool,
    /// Whether to reckon with chance from the start; else only once two runs disagree.
    pub flaky: bool,
    /// How sure the answer must be where chance plays in, 0 to 1.
    pub confidence: f64,
    /// More runs than this are not asked for where chance plays in.
    pub most_runs: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self { jobs: 1, repeat: 1, confirm: true, flaky: false, confidence: 0.95, most_runs: 200 }
    }
}

/// What a candidate answered so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Runs without the defect.
    pub good: u32,
    /// Runs with it.
    pub bad: u32,
    /// Runs that did not decide.
    pub inconclusive: u32,
    /// Attempts to run it that failed.
    pub untestable: u32,
}

impl Tally {
    fn decided(self) -> u32 {
        self.good + self.bad
    }

    fn disagrees(self) -> bool {
        self.good > 0 && self.bad > 0
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Run these candidates, each once; they may run at once.
    Run(Vec<usize>),
    /// It is over.
    Done(Answered),
}

/// How a search ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// The candidates flip once.
    Boundary {
        /// The last candidate that is as the oldest one.
        last: usize,
        /// Every candidate that could be the first of the other kind, oldest first; all but the last of them cannot be
        /// tested.
        first: Vec<usize>,
        /// Whether the newer side has the defect: else it is a fix.
        newer_is_bad: bool,
        /// How sure it is, where chance plays in.
        confidence: Option<f64>,
    },
    /// The oldest and the newest that can be tested are alike: there is nothing to find between them.
    Alike {
        /// Whether both have the defect.
        bad: bool,
    },
    /// Fewer than two candidates can be tested.
    Untestable,
    /// The candidates flip more than once, each proven by two runs: where they do so, older and newer.
    NotMonotone(Vec<(usize, usize)>),
}

/// A search.
#[derive(Debug, Clone)]
pub struct Search {
    plan: Plan,
    cached: Vec<bool>,
    tallies: Vec<Tally>,
    runs: usize,
}

impl Search {
    /// A search over candidates, oldest first; `cached` ones cost nothing.
    pub fn new(cached: Vec<bool>, plan: Plan) -> Self {
        let tallies = vec![Tally::default(); cached.len()];
        Self {
            plan: Plan { jobs: plan.jobs.max(1), repeat: plan.repeat.max(1), ..plan },
            cached,
            tallies,
            runs: 0,
        }
    }

    /// A candidate answered. One that there is not is ignored.
    pub fn record(&mut self, candidate: usize, answer: Answer) {
        let Some(tally) = self.tallies.get_mut(candidate) else { return };
        self.runs += 1;
        match answer {
            Answer::Good => tally.good += 1,
            Answer::Bad => tally.bad += 1,
            Answer::Untestable => tally.untestable += 1,
            Answer::Inconclusive => tally.inconclusive += 1,
        }
    }

    /// A candidate is now at hand.
    pub fn fetched(&mut self, candidate: usize) {
        if let Some(cached) = self.cached.get_mut(candidate) {
            *cached = true;
        }
    }

    /// What a candidate answered so far.
    pub fn tally(&self, candidate: usize) -> Tally {
        self.tallies.get(candidate).copied().unwrap_or_default()
    }

    /// Whether chance plays in.
    pub fn is_flaky(&self) -> bool {
        self.plan.flaky || self.tallies.iter().any(|t| t.disagrees())
    }

    /// What is to be done next.
    pub fn next(&self) -> Next {
        let (low, high) = match self.ends() {
            Ends::Open(probes) => return Next::Run(probes),
            Ends::None => return Next::Done(Answered::Untestable),
            Ends::Both(low, high) => (low, high),
        };
        let (older, newer) = (self.verdict(low), self.verdict(high));
        if older == newer {
            return self.alike(low, high, newer == Some(true));
        }
        let newer_is_bad = newer == Some(true);
        if self.is_flaky() {
            return bayes::next(self, low, high, newer_is_bad);
        }
        if let Some(next) = self.conflict(low, high) {
            return next;
        }
        self.narrow(low, high, newer_is_bad)
    }

    /// Whether it has the defect; `None` where that is not decided yet. One that shows it once has it.
    fn verdict(&self, candidate: usize) -> Option<bool> {
        let tally = self.tally(candidate);
        let enough = tally.bad > 0 || tally.good >= self.plan.repeat;
        (enough && tally.decided() >= self.plan.repeat.min(2)).then_some(tally.bad > 0)
    }

    /// Whether it is of no use to run it again.
    fn is_out(&self, candidate: usize) -> bool {
        let tally = self.tally(candidate);
        let patience = self.plan.repeat.max(2);
        tally.decided() == 0 && (tally.untestable > 0 || tally.inconclusive >= patience)
    }

    /// The oldest and the newest that can be tested.
    fn ends(&self) -> Ends {
        let all = 0..self.tallies.len();
        let low = all.clone().find(|i| !self.is_out(*i));
        let high = all.rev().find(|i| !self.is_out(*i));
        let Some((low, high)) = low.zip(high).filter(|(low, high)| low < high) else { return Ends::None };
        let open: Vec<usize> = [low, high].into_iter().filter(|i| self.verdict(*i).is_none()).collect();
        if open.is_empty() { Ends::Both(low, high) } else { Ends::Open(self.at_once(open)) }
    }

    fn at_once(&self, mut probes: Vec<usize>) -> Vec<usize> {
        probes.truncate(self.plan.jobs);
        probes
    }

    /// Both ends are alike. Where both went well, each is run once more, for the defect may be flaky.
    fn alike(&self, low: usize, high: usize, bad: bool) -> Next {
        let again: Vec<usize> = [low, high].into_iter().filter(|i| self.tally(*i).decided() < 2).collect();
        if bad || !self.plan.confirm || again.is_empty() {
            return Next::Done(Answered::Alike { bad });
        }
        Next::Run(self.at_once(again))
    }

    /// The decided candidates, oldest first.
    fn decided(&self, low: usize, high: usize) -> Vec<(usize, bool)> {
        (low..=high).filter_map(|i| Some((i, self.verdict(i)?))).collect()
    }

    /// Answers that came from elsewhere (logs, marks) may flip more than once: each side of a flip is run until it has
    /// answered twice, before that is believed.
    fn conflict(&self, low: usize, high: usize) -> Option<Next> {
        let decided = self.decided(low, high);
        let flips: Vec<(usize, usize)> =
            decided.windows(2).filter(|w| w[0].1 != w[1].1).map(|w| (w[0].0, w[1].0)).collect();
        if flips.len() < 2 {
            return None;
        }
        let mut doubtful: Vec<usize> = flips.iter().flat_map(|(a, b)| [*a, *b]).collect();
        doubtful.retain(|i| self.tally(*i).decided() < 2);
        doubtful.dedup();
        if doubtful.is_empty() {
            return Some(Next::Done(Answered::NotMonotone(flips)));
        }
        Some(Next::Run(self.at_once(doubtful)))
    }

    /// Halves what is open; when nothing is, confirms.
    fn narrow(&self, low: usize, high: usize, newer_is_bad: bool) -> Next {
        let decided = self.decided(low, high);
        let last = decided.iter().rev().find(|(_, bad)| *bad != newer_is_bad).map_or(low, |(i, _)| *i);
        let first = decided.iter().find(|(_, bad)| *bad == newer_is_bad).map_or(high, |(i, _)| *i);
        // What was begun is brought to its end before anything new.
        let begun = (last + 1..first).filter(|i| !self.is_out(*i) && self.runs_of(*i) > 0);
        let begun: Vec<usize> = begun.collect();
        if !begun.is_empty() {
            return Next::Run(self.at_once(begun));
        }
        let open: Vec<usize> = (last + 1..first).filter(|i| !self.is_out(*i)).collect();
        if !open.is_empty() {
            return Next::Run(middle::probes(&self.range(last, first, open)));
        }
        let again: Vec<usize> = [last, first].into_iter().filter(|i| self.tally(*i).decided() < 2).collect();
        if self.plan.confirm && !again.is_empty() {
            return Next::Run(self.at_once(again));
        }
        let first = (last + 1..=first).collect();
        Next::Done(Answered::Boundary { last, first, newer_is_bad, confidence: None })
    }

    fn runs_of(&self, candidate: usize) -> u32 {
        let tally = self.tally(candidate);
        tally.decided() + tally.inconclusive
    }

    fn range(&self, last: usize, first: usize, open: Vec<usize>) -> middle::Range<'_> {
        let out = (last + 1..first).filter(|i| self.is_out(*i)).collect();
        middle::Range { last, first, open, out, cached: &self.cached, parts: self.plan.jobs + 1 }
    }
}

enum Ends {
    /// These must be run first.
    Open(Vec<usize>),
    /// The oldest and the newest, both decided.
    Both(usize, usize),
    /// There are none.
    None,
}
