//! Mutants: a log that matches, changed in one way after which it must match no more.
//!
//! Comes in: a signature, the events of one of its positive tests, and the finding there. Goes out: each [`Mutant`]
//! with its [`Fate`]. A mutant is *killed* if the signature no longer matches under the same server. If it still does,
//! on lines of which at least one is not among the original evidence, or by another alternative of `or`, the log holds
//! a second whole match *elsewhere*: that is no fault of the signature, and counts as killed. If the same alternative
//! still matches on nothing but the original evidence, the mutant *survived*: what it violates has no effect.
//!
//! Mutants change events, not text: how text becomes events is proven by the tests themselves and by the samples.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use semver::Version;

use super::super::answer::Finding;
use super::super::clock::Window;
use super::super::compile::{Branch, Compiled, EventStep};
use super::super::engine::End;
use super::super::sessions::run;
use super::specimen::Specimens;
use crate::classify::Event;
use crate::parse::Stamp;

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The signature does not match it.
    Killed,
    /// It matches on other lines of the log, or by another alternative.
    Elsewhere,
    /// It matches all the same.
    Survived,
    /// No event could be made for it: the event has no sample that would count.
    NotMade,
}

/// A mutant, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What was changed, e.g. "step `expired` dropped".
    pub change: String,
    /// What became of it.
    pub fate: Fate,
}

/// A log that a signature matches.
pub(super) struct Positive<'a> {
    pub(super) rule: &'a Compiled,
    pub(super) events: &'a [Event],
    pub(super) finding: &'a Finding,
    pub(super) end: (Option<Stamp>, u64),
    pub(super) client: Option<&'a Version>,
}

/// An event with the line it had before; 0: it was put in.
type Origin = (u64, Event);

/// Every mutant of a positive test, with its fate.
pub(super) fn mutants(positive: &Positive<'_>, specimens: &Specimens) -> Vec<Mutant> {
    let Some(bench) = Bench::new(positive, specimens) else { return Vec::new() };
    let mut all = Vec::new();
    for k in 0..bench.branch.steps.len() {
        bench.step(k, &mut all);
    }
    bench.whole(&mut all);
    bench.guards(&mut all);
    bench.silence(&mut all);
    all
}

struct Bench<'a> {
    positive: &'a Positive<'a>,
    specimens: &'a Specimens,
    branch: &'a Branch,
    /// Lines of each step.
    lines: Vec<Vec<u64>>,
    evidence: BTreeSet<u64>,
}

impl<'a> Bench<'a> {
    fn new(positive: &'a Positive<'a>, specimens: &'a Specimens) -> Option<Self> {
        let branch = positive.rule.branches.get(positive.finding.branch)?;
        let evidence = positive.finding.evidence.lines();
        let of = |step: &EventStep| {
            evidence.iter().filter(|e| e.step == step.name).map(|e| e.line).collect::<Vec<u64>>()
        };
        let lines = branch.steps.iter().map(of).collect();
        let evidence = evidence.iter().map(|e| e.line).collect();
        Some(Self { positive, specimens, branch, lines, evidence })
    }

    fn first(&self, step: usize) -> u64 {
        self.lines.get(step).and_then(|l| l.first()).copied().unwrap_or_default()
    }

    fn last(&self, step: usize) -> u64 {
        self.lines.get(step).and_then(|l| l.last()).copied().unwrap_or_default()
    }

    fn log(&self) -> Vec<Origin> {
        self.positive.events.iter().map(|e| (e.line, e.clone())).collect()
    }

    fn event(&self, line: u64) -> Option<&Event> {
        self.positive.events.iter().find(|e| e.line == line)
    }

    /// The mutants of one step.
    fn step(&self, k: usize, all: &mut Vec<Mutant>) {
        let Some(step) = self.branch.steps.get(k) else { return };
        let name = &step.name;
        all.push(self.tried(format!("step `{name}` dropped"), &self.without(|e| e.line == self.last(k))));
        if self.positive.rule.of_server {
            let log = self.on_another_server(self.last(k));
            all.push(self.tried(format!("step `{name}` on another server"), &log));
        }
        if let Some(next) = self.branch.steps.get(k + 1).filter(|next| !self.interchangeable(k, step, next)) {
            let change = format!("steps `{name}` and `{}` swapped", next.name);
            all.push(self.tried(change, &self.swapped(self.last(k), self.first(k + 1))));
        }
        if let Some(window) = step.within {
            let from = if step.repeats.is_some() { self.last(k) } else { self.first(k) };
            all.extend(self.stretched(&format!("the gap before step `{name}`"), from, window));
        }
        if let Some(repeats) = step.repeats {
            all.extend(self.stretched(
                &format!("the repeats of step `{name}`"),
                self.last(k),
                repeats.within,
            ));
        }
        for killer in &step.killers {
            let change = format!("`{killer}` put before step `{name}`");
            all.push(self.with(change, killer, self.last(k), |_| true));
        }
    }

    fn whole(&self, all: &mut Vec<Mutant>) {
        let last = self.positive.finding.evidence.last_line();
        if let Some(window) = self.positive.rule.window.filter(|_| self.evidence.len() > 1) {
            all.extend(self.stretched("the whole", last, window));
        }
    }

    fn guards(&self, all: &mut Vec<Mutant>) {
        let first = self.positive.finding.evidence.first_line();
        let guards = &self.positive.rule.def.rule;
        for guard in &guards.needs_before {
            let log = self.without(|e| e.id() == guard && e.line < first);
            all.push(self.tried(format!("`{guard}` before it dropped"), &log));
        }
        for bar in &guards.not_before {
            all.push(self.with(format!("`{bar}` put before it"), bar, first, |_| true));
        }
    }

    fn silence(&self, all: &mut Vec<Mutant>) {
        let Some(absence) = &self.branch.absence else { return };
        let behind = self.positive.finding.evidence.last_line() + 1;
        for event in &absence.events {
            let change = format!("`{event}` put where it must be absent");
            let counts = |e: &Event| absence.conditions.iter().all(|c| c.holds(e));
            all.push(self.with(change, event, behind, counts));
        }
    }

    /// Whether the lines of two neighbours fill either step: swapping them changes nothing.
    fn interchangeable(&self, k: usize, step: &EventStep, next: &EventStep) -> bool {
        let pair = self.event(self.last(k)).zip(self.event(self.first(k + 1)));
        let fills =
            |e: &Event, s: &EventStep| s.events.iter().any(|id| id == e.id()) && s.refuses(e).is_none();
        pair.is_some_and(|(a, b)| fills(a, next) && fills(b, step))
    }

    fn without(&self, dropped: impl Fn(&Event) -> bool) -> Vec<Origin> {
        self.log().into_iter().filter(|(_, e)| !dropped(e)).collect()
    }

    fn on_another_server(&self, line: u64) -> Vec<Origin> {
        let mut log = self.log();
        for (_, event) in log.iter_mut().filter(|(l, _)| *l == line) {
            let other: Arc<str> = format!("{}, another", event.server.as_deref().unwrap_or_default()).into();
            Arc::make_mut(&mut event.fields)
                .iter_mut()
                .filter(|(n, _)| &**n == "server")
                .for_each(|(_, v)| *v = (&*other).into());
            event.server = Some(other);
        }
        log
    }

    /// The two events change places; line numbers and clock stay where they are.
    fn swapped(&self, a: u64, b: u64) -> Vec<Origin> {
        let mut log = self.log();
        let place = |line| log.iter().position(|(l, _)| *l == line);
        if let Some((i, j)) = place(a).zip(place(b)) {
            log.swap(i, j);
            let at = |e: &Origin| (e.1.line, e.1.stamp);
            let (first, second) = (at(&log[i]), at(&log[j]));
            (log[i].1.line, log[i].1.stamp) = second;
            (log[j].1.line, log[j].1.stamp) = first;
        }
        log
    }

    /// All from line `from` on comes later, by more than the window; in lines, where there is no clock.
    fn stretched(&self, what: &str, from: u64, window: Window) -> Option<Mutant> {
        let clock = self.event(from)?.stamp.is_some();
        let lines = u64::try_from(window.lines.unwrap_or_default()).ok()?;
        if !clock && window.lines.is_none() {
            return None;
        }
        let mut log = self.log();
        for (_, event) in log.iter_mut().filter(|(l, _)| *l >= from) {
            event.stamp = event.stamp.map(|s| Stamp(s.0.saturating_add(window.ms + 1)));
            event.line += if clock { 0 } else { lines + 1 };
        }
        Some(self.tried(format!("{what} stretched past its window"), &log))
    }

    /// A specimen of `event` that `counts`, put in before line `at`.
    fn with(&self, change: String, event: &str, at: u64, counts: impl Fn(&Event) -> bool) -> Mutant {
        let found = self.specimens.of(event).iter().find(|e| counts(e));
        let Some(found) = found else { return Mutant { change, fate: Fate::NotMade } };
        let near = self.positive.events.iter().rev().find(|e| e.line < at);
        let like = near.or_else(|| self.positive.events.first());
        let mut made = found.clone();
        made.server.clone_from(&self.positive.finding.server);
        made.stamp = like.and_then(|e| e.stamp);
        made.session = self.event(self.first(0)).map_or(0, |e| e.session);
        made.line = at;
        for field in &self.positive.rule.key {
            self.share(field, &mut made);
        }
        let mut log = self.log();
        log.iter_mut().filter(|(l, _)| *l >= at).for_each(|(_, e)| e.line += 1);
        let place = log.iter().position(|(l, _)| *l >= at).unwrap_or(log.len());
        log.insert(place, (0, made));
        self.tried(change, &log)
    }

    /// Gives an event the value that the evidence has in a field of the key.
    fn share(&self, field: &str, made: &mut Event) {
        let value = self.event(self.first(0)).and_then(|e| e.field(field)).cloned();
        let fields = Arc::make_mut(&mut made.fields);
        fields.retain(|(n, _)| &**n != field);
        fields.extend(value.map(|v| (field.into(), v)));
    }

    fn tried(&self, change: String, log: &[Origin]) -> Mutant {
        let origins: BTreeMap<u64, u64> = log.iter().map(|(origin, e)| (e.line, *origin)).collect();
        let (stamp, line) = self.positive.end;
        let later = |own: Option<Stamp>| log.last().and_then(|(_, e)| e.stamp).max(own);
        let end = End {
            stamp: later(stamp),
            line: log.last().map_or(0, |(_, e)| e.line).max(line),
            client: self.positive.client,
        };
        let rule = std::slice::from_ref(self.positive.rule);
        let found = run(rule, log.iter().map(|(_, e)| e), end).findings;
        let same = found.iter().find(|f| f.server == self.positive.finding.server);
        let known = |line: u64| origins.get(&line).is_some_and(|o| self.evidence.contains(o));
        let alike = |f: &Finding| f.branch == self.positive.finding.branch;
        let fate = match same {
            None => Fate::Killed,
            Some(f) if alike(f) && f.evidence.lines().iter().all(|e| known(e.line)) => Fate::Survived,
            Some(_) => Fate::Elsewhere,
        };
        Mutant { change, fate }
    }
}
