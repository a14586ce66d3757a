//! The engine of a log whose client sessions may interleave: one engine for each of those, and one for all the rest.
//!
//! Comes in: events, each with its session, and the clock of the lines between them. Goes out: one [`Diagnosis`]. Nothing
//! of one session reaches into another: no step, no silence, no clock. No more than [`MAX_OPEN`] sessions are followed at
//! once; that which was quiet for longest is taken to be over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use semver::Version;

use super::answer::Diagnosis;
use super::compile::Compiled;
use super::engine::{Core, End};
use super::plan::{self, Plans};
use super::record::Ledger;
use super::residue::Residues;
use super::watch::Silent;
use crate::classify::Event;
use crate::parse::{Passed, Stamp};

/// No more interleaved sessions are followed at once.
const MAX_OPEN: usize = 64;

/// Runs signatures over one log.
pub struct Engine<'r> {
    rules: &'r [Compiled],
    plans: Arc<Plans>,
    /// Sessions that follow each other.
    core: Core<'r, Silent>,
    open: BTreeMap<u32, Open<'r>>,
    over: BTreeMap<u32, Vec<Ledger>>,
    turn: u64,
    residues: Residues,
}

/// A session that may interleave with others.
struct Open<'r> {
    core: Core<'r, Silent>,
    /// When it last had an event.
    turn: u64,
    line: u64,
}

impl<'r> Engine<'r> {
    /// An engine for a new log.
    pub fn new(rules: &'r [Compiled]) -> Self {
        Self::planned(rules, &Arc::new(Plans::new(rules)))
    }

    /// The same, with the plans of these signatures ready.
    pub fn planned(rules: &'r [Compiled], plans: &Arc<Plans>) -> Self {
        let core = Core::new(rules, Arc::clone(plans), Silent);
        let (open, over) = (BTreeMap::new(), BTreeMap::new());
        Self { rules, plans: Arc::clone(plans), core, open, over, turn: 0, residues: Residues::default() }
    }

    /// A line that is no event: only its clock matters. May be left out, if no silence need be proven early.
    pub fn tick(&mut self, stamp: Option<Stamp>, line: u64) {
        self.core.tick(stamp, line);
    }

    /// Lines that are no events, at once: the same as a tick for each.
    pub fn pass(&mut self, passed: &Passed<'_>) {
        self.core.pass(passed);
    }

    /// An event; its line is ticked by it.
    pub fn see(&mut self, event: &Event) {
        if !event.apart {
            return self.core.see(event, &mut self.residues);
        }
        self.turn += 1;
        if !self.open.contains_key(&event.session) && self.open.len() >= MAX_OPEN {
            self.give_up_quietest();
        }
        let (rules, plans) = (self.rules, &self.plans);
        let fresh = || Open { core: Core::new(rules, Arc::clone(plans), Silent), turn: 0, line: 0 };
        let open = self.open.entry(event.session).or_insert_with(fresh);
        (open.turn, open.line) = (self.turn, event.line);
        open.core.see(event, &mut self.residues);
    }

    /// The session that `event` ends, for good.
    pub fn ended_by(&self, event: &Event) -> Option<u32> {
        if event.apart { None } else { self.core.ended_by(event) }
    }

    /// The client's version of the session that the next event ends, where it is known.
    pub fn client_was(&mut self, client: Option<Version>) {
        self.core.client_was(client);
    }

    /// Whether what another engine makes of the client sessions that follow, from the beginning of one at that clock, is what
    /// this one would make of them.
    pub fn may_join_at(&self, stamp: Stamp) -> bool {
        self.open.is_empty() && self.over.is_empty() && self.core.begins_anew_at(stamp)
    }

    /// Takes in what another engine made of them, in a log in which so many lines stand before them. `client` is the client's
    /// version of the session that they end, where it is known.
    pub fn join(&mut self, later: Self, client: Option<Version>, lines: u64) {
        self.core.join(later.core, client, lines);
    }

    fn give_up_quietest(&mut self) {
        let quietest = self.open.iter().min_by_key(|(_, o)| o.turn).map(|(s, _)| *s);
        if let Some((session, open)) = quietest.and_then(|s| self.open.remove_entry(&s)) {
            self.over.entry(session).or_default().push(open.finish());
        }
    }

    /// The log is over.
    pub fn finish(self, end: End<'_>) -> Diagnosis {
        self.finish_sessions(end, &BTreeMap::new())
    }

    /// The log is over, and of some sessions that the log tells apart the client's version is known. Of sessions that follow each other the last
    /// counts; what was found in those before it is told apart.
    pub fn finish_sessions(mut self, end: End<'_>, clients: &BTreeMap<u32, Version>) -> Diagnosis {
        self.core.end(end);
        let (last, earlier) = self.core.past().split(self.rules);
        let mut diagnosis = last.close(self.rules, end.client);
        diagnosis.earlier = earlier.findings;
        for (session, open) in self.open {
            self.over.entry(session).or_default().push(open.finish());
        }
        for (session, ledgers) in self.over {
            let client = clients.get(&session).or(end.client);
            for ledger in ledgers {
                diagnosis.join(ledger.close(self.rules, client));
            }
        }
        diagnosis
    }
}

#[cfg(any(test, fuzzing))]
impl Engine<'_> {
    /// The same, with what another engine of these signatures remembers of events.
    pub(super) fn remembering(self, residues: Residues) -> Self {
        Self { residues, ..self }
    }

    /// The log is over, and all client sessions count alike: what an exhaustive search is compared with. Gives what is
    /// remembered of events as well.
    pub(super) fn finish_all(mut self, end: End<'_>) -> (Diagnosis, Residues) {
        self.core.end(end);
        (self.core.past().whole(self.rules), self.residues)
    }
}

impl Open<'_> {
    fn finish(mut self) -> Ledger {
        self.core.end(End { line: self.line, ..End::default() });
        self.core.ledger
    }
}

/// The fields that any of these signatures looks at or shows: events need no others.
pub fn fields(rules: &[Compiled]) -> BTreeSet<String> {
    plan::fields(rules)
}

/// Runs signatures over events that are all there.
pub fn run<'e>(rules: &[Compiled], events: impl IntoIterator<Item = &'e Event>, end: End<'_>) -> Diagnosis {
    let mut engine = Engine::new(rules);
    for event in events {
        engine.see(event);
    }
    engine.finish(end)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use semver::Version;
    use serde_json::{Value, json};

    use super::{Engine, MAX_OPEN};
    use crate::classify::Event;
    use crate::diagnose::fixture::{at, compiled};
    use crate::diagnose::{Applicability, Compiled, End};

    fn rule(more: &[(&str, Value)]) -> Compiled {
        let steps = json!([{ "as": "x", "event": "a" }, { "as": "y", "event": "b", "within": "2s" }]);
        compiled(json!({ "key": ["server"], "within": "9s", "within_lines": 9, "steps": steps }), more)
    }

    fn of(session: u32, event: Event) -> Event {
        Event { session, apart: true, ..event }
    }

    fn found(rules: &[Compiled], events: &[Event]) -> Vec<(u64, u64)> {
        let diagnosis = super::run(rules, events, End::default());
        diagnosis.findings.iter().map(|f| (f.evidence.first_line(), f.count)).collect()
    }

    #[test]
    fn sessions_that_interleave_do_not_mix_and_are_not_over() {
        let rules = [rule(&[])];
        let mixed = [of(0, at("a", 1, 0)), of(1, at("b", 2, 1))];
        assert!(found(&rules, &mixed).is_empty());
        let both = [of(0, at("a", 1, 0)), of(1, at("a", 2, 1)), of(0, at("b", 3, 2)), of(1, at("b", 4, 3))];
        assert_eq!(found(&rules, &both), [(1, 2)], "one finding, found twice");
    }

    #[test]
    fn no_window_reaches_over_lines_that_were_left_out() {
        let rules = [rule(&[])];
        for gap in [false, true] {
            let events = [at("a", 1, 0), Event { gap, ..at("b", 2, 1) }];
            assert_eq!(found(&rules, &events).is_empty(), gap);
            let unclocked = events.map(|e| Event { stamp: None, ..e });
            assert_eq!(found(&rules, &unclocked).is_empty(), gap, "without a clock");
        }
    }

    #[test]
    fn a_silence_is_not_proven_over_lines_that_were_left_out() {
        let quiet = json!({ "as": "gone", "absent": ["b"], "for": "3s", "at_end_of_log": "inconclusive" });
        let steps = json!([{ "as": "x", "event": "a" }, quiet]);
        let rules = [compiled(json!({ "key": ["server"], "within": "9s", "steps": steps }), &[])];
        let events = [at("a", 1, 0), Event { gap: true, ..at("c", 2, 60_000) }];
        let diagnosis = super::run(&rules, &events, End::default());
        assert!(diagnosis.findings.is_empty());
        assert!(diagnosis.inconclusive[0].reason.ends_with("and lines were left out behind line 1"));
    }

    #[test]
    fn each_session_has_the_version_of_its_own_client() {
        let rules = [rule(&[("applies_to", json!({ "client": ">=2.0.0" }))])];
        let mut engine = Engine::new(&rules);
        [at("a", 1, 0), at("b", 2, 1)].into_iter().for_each(|e| engine.see(&of(3, e)));
        let old = Version::new(1, 0, 0);
        let end = End { client: Some(&old), ..End::default() };
        let diagnosis = engine.finish_sessions(end, &BTreeMap::from([(3, Version::new(2, 1, 0))]));
        assert_eq!(diagnosis.findings[0].applicability, Applicability::InRange);
    }

    #[test]
    fn more_sessions_than_are_followed_cost_no_finding_that_was_whole() {
        let rules = [rule(&[])];
        let many = MAX_OPEN as u32 + 9;
        let pair = |s: u32| [of(s, at("a", 1, 0)), of(s, at("b", 2, 1))];
        let events: Vec<Event> = (0..many).flat_map(pair).collect();
        assert_eq!(found(&rules, &events), [(1, u64::from(many))]);
    }
}
