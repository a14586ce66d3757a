//! How far a signature came, and which line stopped it: for whoever wonders why it did not match.
//!
//! Comes in: one signature and the events of a log. Goes out: one [`Attempt`] for each client session and key. The
//! engine itself runs, and this room looks on, so that what is explained is what happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::Evidence;
use super::compile::{Branch, Compiled};
use super::condition::field_of;
use super::duration;
use super::engine::{Core, End};
use super::plan::Plans;
use super::record;
use super::residue::Residues;
use super::says;
use super::trail::{Moment, Trail};
use super::watch::{Spot, Watch, Why};
use crate::classify::Event;

/// How far a signature came under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The client session.
    pub session: u32,
    /// The server.
    pub server: Option<Arc<str>>,
    /// Whether it matched.
    pub matched: bool,
    /// The lines of the steps that were filled, at the furthest.
    pub reached: Vec<Evidence>,
    /// The step that was not; `None` after a match.
    pub missing: Option<String>,
    /// What stopped it.
    pub stopped_by: Option<Stop>,
}

/// A line that stopped a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// 1-based line.
    pub line: u64,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// Runs `rule` over the events of a log and tells how far it came under each key that it touched.
pub fn explain<'e>(
    rule: &Compiled,
    events: impl IntoIterator<Item = &'e Event>,
    end: End<'_>,
) -> Vec<Attempt> {
    let rules = std::slice::from_ref(rule);
    let mut core =
        Core::new(rules, Arc::new(Plans::new(rules)), Tracker { rule, session: 0, seen: BTreeMap::new() });
    let mut residues = Residues::default();
    for event in events {
        core.see(event, &mut residues);
    }
    core.end(end);
    core.watch.seen.into_iter().map(|((session, _), p)| p.attempt(rule, session, end.line)).collect()
}

struct Tracker<'r> {
    rule: &'r Compiled,
    session: u32,
    /// By session and slot.
    seen: BTreeMap<(u32, usize), Progress>,
}

/// The furthest attempt under one key.
#[derive(Default)]
struct Progress {
    server: Option<Arc<str>>,
    matched: bool,
    branch: usize,
    /// How many steps are filled.
    depth: usize,
    trail: Option<Trail>,
    stop: Option<(Stop, bool)>,
}

impl Tracker<'_> {
    fn progress(&mut self, spot: Spot, now: &Moment<'_>) -> &mut Progress {
        self.session = now.event.session;
        let progress = self.seen.entry((self.session, spot.slot)).or_default();
        progress.server.clone_from(&now.event.server);
        progress
    }
}

impl Watch for Tracker<'_> {
    fn filled(&mut self, spot: Spot, now: &Moment<'_>, trail: &Trail) {
        let progress = self.progress(spot, now);
        if !progress.matched && spot.step + 1 >= progress.depth {
            progress.branch = spot.branch;
            progress.depth = spot.step + 1;
            progress.trail = Some(trail.clone());
            progress.stop = None;
        }
    }

    fn stopped(&mut self, spot: Spot, now: &Moment<'_>, why: Why<'_>) {
        let rule = self.rule;
        let progress = self.progress(spot, now);
        let furthest = spot.step == progress.depth && (spot.branch == progress.branch || progress.depth == 0);
        // An event with another field may be another event altogether: a stop that is sure outweighs it.
        let sure = !matches!(why, Why::Field(_));
        let known = progress.stop.as_ref().is_some_and(|(_, s)| *s || !sure);
        if furthest && !progress.matched && !known {
            progress.stop = Some((Stop { line: now.event.line, why: sentence(rule, spot, now, why) }, sure));
        }
    }

    fn matched(&mut self, slot: usize) {
        if let Some(progress) = self.seen.get_mut(&(self.session, slot)) {
            progress.matched = true;
            progress.stop = None;
        }
    }
}

impl Progress {
    fn attempt(self, rule: &Compiled, session: u32, last_line: u64) -> Attempt {
        let branch = rule.branches.get(self.branch);
        let missing =
            if self.matched { None } else { branch.and_then(|b| step_name(b, self.depth)).cloned() };
        let steps = self.trail.as_ref().map(Trail::steps).unwrap_or_default();
        let end = |name: &String| Stop { line: last_line, why: format!("the log ends before step `{name}`") };
        Attempt {
            session,
            server: self.server,
            matched: self.matched,
            reached: branch.map(|b| record::evidence(b, &steps)).unwrap_or_default(),
            stopped_by: self.stop.map(|(stop, _)| stop).or_else(|| missing.as_ref().map(end)),
            missing,
        }
    }
}

fn step_name(branch: &Branch, step: usize) -> Option<&String> {
    let silence = branch.absence.as_ref().map(|a| &a.name);
    branch.steps.get(step).map_or(silence, |s| Some(&s.name))
}

fn sentence(rule: &Compiled, spot: Spot, now: &Moment<'_>, why: Why<'_>) -> String {
    let event = now.event.id();
    let branch = rule.branches.get(spot.branch);
    let name = branch.and_then(|b| step_name(b, spot.step)).map_or("", String::as_str);
    let step = branch.and_then(|b| b.steps.get(spot.step));
    let guards = &rule.def.rule;
    let longer = |window: Option<super::clock::Window>| {
        let limit = window.map_or(0, |w| w.ms);
        let lines = window.and_then(|w| w.lines).map(|n| format!(" ({n} lines)")).unwrap_or_default();
        format!("more than {}{lines}", duration::for_people(limit))
    };
    match why {
        Why::Field(condition) => {
            let value = says::clean(&field_of(now.event, &condition.field).to_string());
            format!("`{event}` comes for step `{name}`, but its `{}` is {value}", condition.field)
        }
        Why::Guard => format!(
            "`{event}` comes before the guard: {} must have come first",
            guards.needs_before.join(", ")
        ),
        Why::Barred => format!("`{event}` comes after one of {}", guards.not_before.join(", ")),
        Why::StepWindow => {
            format!(
                "`{event}` comes for step `{name}` {} after the step before",
                longer(step.and_then(|s| s.within))
            )
        }
        Why::WholeWindow => {
            format!("`{event}` comes for step `{name}` {} after the first step", longer(rule.window))
        }
        Why::CountWindow => {
            let window = step.and_then(|s| s.repeats).map(|r| r.within);
            format!("`{event}` comes often enough for step `{name}`, but spread over {}", longer(window))
        }
        Why::Between => format!("`{event}` comes before step `{name}`, which it must not"),
        Why::Came => format!("`{event}` comes, and `{name}` is its absence"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Attempt, explain};
    use crate::classify::Event;
    use crate::diagnose::engine::End;
    use crate::diagnose::fixture::{at, compiled, of, with};

    fn rule() -> Value {
        json!({ "key": ["server"], "within": "1h", "within_lines": 9, "needs_before": ["d"], "steps": [
            { "as": "x", "event": "a", "where": { "v": 404 } },
            { "as": "y", "event": "b", "within": "2s", "not_between": ["c"] },
            { "as": "gone", "absent": ["e"], "for": "5s", "at_end_of_log": "inconclusive" }] })
    }

    fn attempts(events: &[Event]) -> Vec<Attempt> {
        let last = events.last().unwrap();
        let end = End { stamp: last.stamp, line: last.line, client: None };
        explain(&compiled(rule(), &[]), events, end)
    }

    fn a(line: u64, ms: i64, v: i64) -> Event {
        with(at("a", line, ms), "v", v)
    }

    /// The lines reached, the line that stopped it, and why.
    fn story(events: &[Event]) -> (Vec<u64>, u64, String) {
        let attempt = attempts(events).remove(0);
        let stop = attempt.stopped_by.unwrap();
        (attempt.reached.iter().map(|e| e.line).collect(), stop.line, stop.why)
    }

    #[test]
    fn the_line_that_stopped_it_is_named_with_the_reason() {
        let guard = at("d", 1, 0);
        let cases = [
            (vec![a(2, 0, 404)], vec![], 2, "`a` comes before the guard: d must have come first"),
            (vec![guard.clone(), a(2, 0, 500)], vec![], 2, "`a` comes for step `x`, but its `v` is 500"),
            (
                vec![guard.clone(), a(2, 0, 404), at("c", 3, 1), at("b", 4, 2)],
                vec![2],
                3,
                "`c` comes before step `y`, which it must not",
            ),
            (
                vec![guard.clone(), a(2, 0, 404), at("b", 3, 2001)],
                vec![2],
                3,
                "`b` comes for step `y` more than 2 s (9 lines) after the step before",
            ),
            (
                vec![guard.clone(), a(2, 0, 404), at("b", 3, 1), at("e", 4, 2)],
                vec![2, 3],
                4,
                "`e` comes, and `gone` is its absence",
            ),
            (vec![guard.clone(), a(2, 0, 404), at("d", 7, 1)], vec![2], 7, "the log ends before step `y`"),
        ];
        for (log, reached, line, why) in cases {
            assert_eq!(story(&log), (reached, line, why.to_owned()));
        }
    }

    #[test]
    fn a_match_is_told_as_one_and_each_server_on_its_own() {
        let log = [at("d", 1, 0), a(2, 1, 404), at("b", 3, 2), of(at("a", 4, 9000), "t"), at("d", 5, 9001)];
        let told = attempts(&log);
        assert_eq!(told.len(), 2);
        assert!(told[0].matched && told[0].missing.is_none() && told[0].stopped_by.is_none());
        assert_eq!(
            (told[1].matched, told[1].server.as_deref(), told[1].missing.as_deref()),
            (false, Some("t"), Some("x"))
        );
    }

    #[test]
    fn the_furthest_attempt_is_told_and_a_later_one_as_far_replaces_it() {
        let log = [at("d", 1, 0), a(2, 1, 404), at("c", 3, 2), a(4, 3, 404), a(5, 4, 500)];
        let (reached, line, why) = story(&log);
        assert_eq!((reached, line, why.as_str()), (vec![4], 5, "the log ends before step `y`"));
    }

    #[test]
    fn a_log_without_any_of_its_events_has_no_attempts() {
        assert_eq!(attempts(&[at("f", 1, 0)]), []);
    }
}
