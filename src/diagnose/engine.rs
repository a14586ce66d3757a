//! The engine: all signatures over the events of one log, in one pass.
//!
//! Comes in: events in order, and the clock of every line between them. Goes out: the entries of a ledger. An event costs the
//! steps that name it; a line without an event costs a comparison. Silences are timers that the clock of the lines
//! pops. A client session that ends, a clock that breaks and a log that ends settle what is still waited for.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use semver::Version;

use super::clock::{Clock, Turn as ClockTurn};
use super::compile::Compiled;
use super::doubt::{Cut, Doubt};
use super::gate::Gate;
use super::keys::{KeySet, Slot};
use super::past::Past;
use super::plan::{Group, KeyFields, Plans};
use super::record::Ledger;
use super::residue::{Left, Residues};
use super::state::{Match, Settled, Signal, State, Turn};
use super::trail::Moment;
use super::watch::Watch;
use crate::classify::Event;
use crate::parse::{Passed, Stamp};

/// How a log ends.
#[derive(Debug, Clone, Copy, Default)]
pub struct End<'v> {
    /// The last stamp.
    pub stamp: Option<Stamp>,
    /// The number of the last line.
    pub line: u64,
    /// The client's version, where known.
    pub client: Option<&'v Version>,
}

/// A silence that is proven at `due`, unless something comes. In the order in which they are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Timer {
    due: i64,
    set: usize,
    slot: usize,
    member: usize,
    branch: usize,
    serial: u64,
}

/// The engine for a log, or for one of its sessions, with or without somebody who looks on.
pub(super) struct Core<'r, W> {
    rules: &'r [Compiled],
    plans: Arc<Plans>,
    sets: Vec<KeySet>,
    clock: Clock,
    session: Option<u32>,
    timers: Timers,
    pub(super) ledger: Ledger,
    past: Past,
    /// The client's version of the session that is over next.
    client: Option<Version>,
    pub(super) watch: W,
    /// Reused from event to event.
    signals: Vec<Signal>,
}

#[derive(Debug, Default)]
struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    serial: u64,
}

impl Timers {
    /// Starts a timer for a branch that waits, unless one runs.
    fn arm(&mut self, state: &mut State, at: Timer) {
        if let Some(due) = state.arm(at.branch, self.serial) {
            self.heap.push(Reverse(Timer { due, serial: self.serial, ..at }));
            self.serial += 1;
        }
    }

    fn next_due(&self) -> Option<i64> {
        self.heap.peek().map(|Reverse(t)| t.due)
    }
}

impl<'r, W: Watch> Core<'r, W> {
    /// `plans` are those of `rules`.
    pub(super) fn new(rules: &'r [Compiled], plans: Arc<Plans>, watch: W) -> Self {
        let gate = |rule: &usize| rules.get(*rule).map(Gate::of).unwrap_or_default();
        let set = |(server, key, members): &KeyFields| {
            KeySet::new(*server, key.clone(), members.clone(), members.iter().map(gate).collect())
        };
        Self {
            rules,
            sets: plans.sets.iter().map(set).collect(),
            plans,
            clock: Clock::default(),
            session: None,
            timers: Timers::default(),
            ledger: Ledger::default(),
            past: Past::default(),
            client: None,
            watch,
            signals: Vec::new(),
        }
    }

    pub(super) fn tick(&mut self, stamp: Option<Stamp>, line: u64) {
        match self.clock.turn(stamp) {
            ClockTurn::On => self.clock.run_on(stamp, line),
            ClockTurn::Broken => {
                self.settle_timers(Cut::Break);
                self.clock.pass(stamp, line);
            }
            ClockTurn::Starts => {
                self.start_clock();
                self.clock.pass(stamp, line);
            }
        }
        // What comes at the very moment a silence is over still breaks it.
        while self.timers.next_due().is_some_and(|due| due < self.clock.at()) {
            self.pop(None);
        }
    }

    /// Ticks for lines without an event. Time runs on in them: where no silence is over before the last, that one stands
    /// for all.
    pub(super) fn pass(&mut self, passed: &Passed<'_>) {
        let ((first, first_line), (last, last_line)) = (passed.first(), passed.last());
        self.tick(first, first_line);
        let mut there = self.clock.clone();
        there.run_on(last, last_line);
        if self.timers.next_due().is_none_or(|due| due >= there.at()) {
            self.clock = there;
            return;
        }
        let mut rest = false;
        passed.each(&mut |stamp, line| {
            if std::mem::replace(&mut rest, true) {
                self.tick(stamp, line);
            }
        });
    }

    pub(super) fn see(&mut self, event: &Event, residues: &mut Residues) {
        if self.session.replace(event.session).is_some_and(|s| s != event.session) {
            self.settle_all(Cut::End);
            self.sets.iter_mut().for_each(KeySet::clear);
            self.past.push(self.rules, std::mem::take(&mut self.ledger), self.client.take());
        }
        if event.gap {
            self.settle_all(Cut::Gap);
            self.clock.gap();
        }
        self.tick(event.stamp, event.line);
        if let Some(server) = &event.server {
            self.ledger.server(server);
        }
        if event.echo {
            return;
        }
        // Who looks on is told of what was ruled out as well.
        let (plans, rules) = (&self.plans, self.rules);
        let left = if W::LOOKS { residues.whole(plans, event) } else { residues.of(plans, event, rules) };
        let Some(Left { plan, what }) = left else { return };
        let unshared = OnceCell::new();
        let now = Moment::new(event, &self.clock, &plan.wanted, what.unwrap_or(&unshared));
        for group in &plan.groups {
            let Some(set) = self.sets.get_mut(group.set) else { continue };
            let Some((slot, old)) = set.slot(event, group.opens) else { continue };
            if let Some(old) = old {
                give_up(&old, &set.members, &mut self.ledger);
            }
            let mut hand =
                Hand { rules: self.rules, set, slot, ledger: &mut self.ledger, timers: &mut self.timers };
            hand.play(group, &now, &mut self.watch, &mut self.signals);
        }
    }

    pub(super) fn end(&mut self, end: End<'_>) {
        self.tick(end.stamp, end.line);
        self.settle_all(Cut::End);
    }

    /// The session that `event` ends.
    pub(super) fn ended_by(&self, event: &Event) -> Option<u32> {
        self.session.filter(|s| *s != event.session)
    }

    /// The client's version of the session that the next event ends.
    pub(super) fn client_was(&mut self, client: Option<Version>) {
        self.client = client;
    }

    /// Whether a client session that begins at that clock is read alike by an engine that knows nothing of what came before:
    /// its clock goes on from there, or breaks.
    pub(super) fn begins_anew_at(&self, stamp: Stamp) -> bool {
        self.clock.begins_anew_at(stamp)
    }

    /// Takes in what another one made of the client sessions that follow, from the beginning of one, in a log in which so
    /// many lines stand before them. `client` is that of the session that they end.
    pub(super) fn join(&mut self, mut later: Self, client: Option<Version>, lines: u64) {
        self.settle_all(Cut::End);
        later.settle_all(Cut::End);
        self.past.push(self.rules, std::mem::replace(&mut self.ledger, later.ledger.after(lines)), client);
        self.past.join(self.rules, later.past.after(lines));
        // What follows goes on from where the other one stands; nothing is under way that counts lines.
        self.clock = later.clock;
    }

    /// All sessions, now that they are over.
    pub(super) fn past(mut self) -> Past {
        self.past.push(self.rules, self.ledger, None);
        self.past
    }

    /// The first stamp of a log that began without a clock: nothing under way can be measured on.
    fn start_clock(&mut self) {
        self.settle_timers(Cut::Break);
        for (set, slot, member, branch) in self.waiting() {
            let rule =
                self.sets.get(set).and_then(|s| s.members.get(member)).and_then(|r| self.rules.get(*r));
            let absence = rule.and_then(|r| r.branches.get(branch)).and_then(|b| b.absence.as_ref());
            if absence.is_some_and(|a| a.span.is_some()) {
                self.settle(set, slot, member, branch, Some(Cut::Break));
            }
        }
        // A gate that tells of more than is under way is only a look too many.
        for slot in self.sets.iter_mut().flat_map(|s| &mut s.slots) {
            slot.states.iter_mut().flatten().for_each(|state| state.clear_steps());
        }
    }

    /// Settles whatever is waited for; what is proven comes first, in the order of time.
    fn settle_all(&mut self, cut: Cut) {
        self.settle_timers(cut);
        for (set, slot, member, branch) in self.waiting() {
            self.settle(set, slot, member, branch, Some(cut));
        }
    }

    fn settle_timers(&mut self, cut: Cut) {
        while let Some(due) = self.timers.next_due() {
            self.pop((due > self.clock.at()).then_some(cut));
        }
    }

    /// Takes the next timer. A timer that ran for an earlier silence of its branch is set anew.
    fn pop(&mut self, cut: Option<Cut>) {
        let Some(Reverse(timer)) = self.timers.heap.pop() else { return };
        let Timer { due, set, slot, member, branch, serial } = timer;
        let Some(state) = self.sets.get_mut(set).and_then(|s| s.state(slot, member)) else { return };
        if !state.disarm(branch, serial) {
            return;
        }
        match state.due(branch) {
            Some(later) if later > due => self.timers.arm(state, timer),
            Some(_) => self.settle(set, slot, member, branch, cut),
            None => {}
        }
    }

    /// Ends the waiting of a branch; without a `cut` its time is up.
    fn settle(&mut self, set: usize, slot: usize, member: usize, branch: usize, cut: Option<Cut>) {
        let line = self.clock.line();
        let Some(set) = self.sets.get_mut(set) else { return };
        let rule = set.members.get(member).copied().unwrap_or_default();
        let server = set.slots.get(slot).and_then(|s| s.server.clone());
        let Some(compiled) = self.rules.get(rule) else { return };
        let settled = set.change(slot, member, |state| state.settle(compiled, branch, cut.is_none()));
        match settled.unwrap_or(Settled::Nothing) {
            Settled::Nothing => {}
            Settled::Matched(found) => {
                self.watch.matched(slot);
                self.ledger.matched(rule, server.as_ref(), found, line);
            }
            Settled::Unclear(found) => {
                self.ledger.doubt(rule, server.as_ref(), unclear(compiled, &found, cut, line));
            }
            Settled::Unmeasured => self.ledger.doubt(rule, server.as_ref(), Doubt::Clockless),
        }
    }

    /// Whatever waits: set, slot, member, branch. It is asked whenever a session ends, and mostly nothing does.
    fn waiting(&self) -> Vec<(usize, usize, usize, usize)> {
        let mut all = Vec::new();
        for (set, keys) in self.sets.iter().enumerate() {
            for (slot, states) in keys.slots.iter().enumerate() {
                for member in &states.used {
                    let state = states.states.get(*member).and_then(Option::as_deref);
                    if let Some(state) = state.filter(|s| s.may_wait()) {
                        all.extend(state.waiting().map(|branch| (set, slot, *member, branch)));
                    }
                }
            }
        }
        all.sort_unstable();
        all
    }
}

/// The signatures under one key, while an event is dealt to them.
struct Hand<'h> {
    rules: &'h [Compiled],
    set: &'h mut KeySet,
    slot: usize,
    ledger: &'h mut Ledger,
    timers: &'h mut Timers,
}

impl Hand<'_> {
    fn play<W: Watch>(&mut self, group: &Group, now: &Moment<'_>, watch: &mut W, signals: &mut Vec<Signal>) {
        let Some(slot) = self.set.slots.get_mut(self.slot) else { return };
        for incident in &group.incidents {
            let Some(gate) = slot.gates.get_mut(incident.member) else { continue };
            // Who looks on is told as well of what may not begin.
            if !(gate.minds(incident) || W::LOOKS && incident.fills_first) {
                continue;
            }
            let Some(place) = slot.states.get_mut(incident.member) else { continue };
            let Some(rule) = self.rules.get(incident.rule) else { continue };
            let state = place.get_or_insert_with(|| Box::new(State::new(rule)));
            if !state.use_it() {
                slot.used.push(incident.member);
            }
            let tested = incident.tested;
            let mut turn = Turn { rule, now, slot: self.slot, tested, watch, out: signals };
            state.apply(&incident.ops, &mut turn);
            *gate = state.gate;
            if signals.is_empty() {
                continue;
            }
            let waits = Timer {
                due: 0,
                set: group.set,
                slot: self.slot,
                member: incident.member,
                branch: 0,
                serial: 0,
            };
            for signal in signals.drain(..) {
                match signal {
                    Signal::Waiting(branch) => self.timers.arm(state, Timer { branch, ..waits }),
                    other => note(other, incident.rule, slot.server.as_ref(), now.event.line, self.ledger),
                }
            }
        }
    }
}

/// Writes down what became of a signature.
fn note(signal: Signal, rule: usize, server: Option<&Arc<str>>, line: u64, ledger: &mut Ledger) {
    match signal {
        Signal::Guarded => ledger.guarded(rule, server),
        Signal::Matched(found) => ledger.matched(rule, server, found, line),
        Signal::Worse(index, event) => ledger.worse(rule, server, index, event),
        Signal::Waiting(_) => {}
    }
}

/// A key that gave way to newer ones: where something was under way, it cannot be told any more.
fn give_up(old: &Slot, members: &[usize], ledger: &mut Ledger) {
    for (state, rule) in old.states.iter().zip(members) {
        if state.as_ref().is_some_and(|s| s.is_live()) {
            ledger.doubt(*rule, old.server.as_ref(), Doubt::Crowd);
        }
    }
}

/// Why a silence cannot be told.
fn unclear(rule: &Compiled, found: &Match, cut: Option<Cut>, line: u64) -> Doubt {
    let absence = rule.branches.get(found.branch).and_then(|b| b.absence.as_ref());
    let last = found.trail.steps().last().and_then(|f| f.events().last().map(|c| c.line)).unwrap_or(line);
    Doubt::Silence { span: absence.and_then(|a| a.span).map(|span| span.ms), last, line, cut }
}
