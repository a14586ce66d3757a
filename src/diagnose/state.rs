//! One signature, one key: the registers that partial matches stand in.
//!
//! Comes in: what the event at hand does ([`Op`]s). Goes out: [`Signal`]s: a match, a silence that begins, a match
//! that got worse. For each branch and step there is one register with the partial match that has the latest
//! prefix: a later one of the same length is never worse, since all gaps have upper bounds only and whatever ends
//! both comes after both. Silences are the exception: they keep the earliest prefix, or a steady trigger would put
//! them off for ever.

use std::cmp::Reverse;

use super::clock::{Clock, Pos};
use super::compile::{Branch, Compiled};
use super::gate::Gate;
use super::plan::{Op, live};
use super::register::Register;
use super::trail::{Captured, Moment, Partial, Trail};
use super::watch::{Spot, Watch, Why};
use crate::pattern::AtEnd;

/// What becomes of a signature by an event.
#[derive(Debug)]
pub(super) enum Signal {
    /// All events of the guard have been seen.
    Guarded,
    /// It matched.
    Matched(Match),
    /// A branch began to wait for silence until a set time.
    Waiting(usize),
    /// A match got worse: index of the escalation, and the event.
    Worse(usize, Captured),
}

/// A whole match.
#[derive(Debug, Clone)]
pub(super) struct Match {
    pub(super) branch: usize,
    pub(super) trail: Trail,
    /// Lines stood in for a time.
    pub(super) order_only: bool,
    /// Whether its windows could be measured at all.
    pub(super) measured: bool,
    /// For a match that ends with silence: whether that was proven.
    pub(super) proven: Option<bool>,
    pub(super) worse: Vec<(usize, Captured)>,
}

/// The event at hand, for one signature and key.
pub(super) struct Turn<'t, 'e, W> {
    pub(super) rule: &'t Compiled,
    pub(super) now: &'t Moment<'e>,
    pub(super) slot: usize,
    /// Whether the conditions of all that the event does are known to hold.
    pub(super) tested: bool,
    pub(super) watch: &'t mut W,
    pub(super) out: &'t mut Vec<Signal>,
}

/// What one signature knows under one key.
#[derive(Debug)]
pub(super) struct State {
    /// What of it tells whether an event matters. Whether a match may begin is what [`State::why_shut`] tells.
    pub(super) gate: Gate,
    /// Its gate when it was new.
    fresh: Gate,
    /// One for each step, branch behind branch.
    registers: Box<[Register]>,
    /// One for each branch, if any branch ends with an absence.
    waits: Box<[Wait]>,
    /// The last event of the last match: escalations count from there.
    ended: Option<Pos>,
    /// Whether anything was done to it since it was new.
    used: bool,
}

/// What a branch waits for.
#[derive(Debug, Default)]
struct Wait {
    pending: Option<Box<Pending>>,
    /// The serial number of the timer that runs for it.
    timer: Option<u64>,
}

/// All steps but the silence are filled.
#[derive(Debug)]
struct Pending {
    last: Pos,
    /// When the silence is proven; `None`: not before the log ends.
    due: Option<i64>,
    found: Match,
}

impl State {
    pub(super) fn new(rule: &Compiled) -> Self {
        let steps = rule.branches.iter().map(|b| b.steps.len()).sum();
        let waits = if rule.branches.iter().any(|b| b.absence.is_some()) { rule.branches.len() } else { 0 };
        Self {
            gate: Gate::of(rule),
            fresh: Gate::of(rule),
            registers: std::iter::repeat_with(Register::default).take(steps).collect(),
            waits: std::iter::repeat_with(Wait::default).take(waits).collect(),
            ended: None,
            used: false,
        }
    }

    /// As new: for another key.
    pub(super) fn reset(&mut self) {
        (self.ended, self.used) = (None, false);
        self.waits.iter_mut().for_each(|wait| *wait = Wait::default());
        self.clear_steps();
        self.gate = self.fresh;
    }

    /// Whether something was done to it already; from now on it was.
    pub(super) fn use_it(&mut self) -> bool {
        std::mem::replace(&mut self.used, true)
    }

    /// Whether anything is under way.
    pub(super) fn is_live(&self) -> bool {
        self.waits.iter().any(|w| w.pending.is_some()) || self.registers.iter().any(Register::is_busy)
    }

    /// Lets the event at hand do what it does.
    pub(super) fn apply<W: Watch>(&mut self, ops: &[Op], turn: &mut Turn<'_, '_, W>) {
        let mut matched = false;
        for op in ops {
            match *op {
                Op::Escalate(index) => self.escalate(index, turn),
                Op::Absent(branch) => self.came(branch, turn),
                Op::Kill(branch, step) => self.kill(branch, step, turn),
                Op::Fill(branch, Reverse(step)) => matched = matched || self.fill(branch, step, turn),
                Op::Need(bit) => self.guard(bit, turn),
                Op::Bar => (self.gate.barred, self.gate.open) = (true, false),
            }
        }
    }

    /// Forgets all partial matches.
    pub(super) fn clear(&mut self) {
        self.waits.iter_mut().for_each(|w| w.pending = None);
        self.gate.live &= !live::WAITS;
        self.clear_steps();
    }

    /// Forgets filled steps, but goes on waiting.
    pub(super) fn clear_steps(&mut self) {
        for (at, register) in self.registers.iter_mut().enumerate() {
            if self.gate.live & live::step(at) != 0 {
                register.clear();
            }
        }
        self.gate.live &= !live::STEPS;
    }

    fn guard<W>(&mut self, bit: usize, turn: &mut Turn<'_, '_, W>) {
        let held = self.guarded(turn.rule);
        self.gate.guards |= 1 << bit;
        if !held && self.guarded(turn.rule) {
            self.gate.open = !self.gate.barred;
            turn.out.push(Signal::Guarded);
        }
    }

    fn guarded(&self, rule: &Compiled) -> bool {
        self.gate.guards.count_ones() as usize >= rule.def.rule.needs_before.len()
    }

    fn escalate<W>(&mut self, index: usize, turn: &mut Turn<'_, '_, W>) {
        let Some(window) = turn.rule.escalations.get(index).map(|e| e.window) else { return };
        // What cannot be measured makes nothing worse.
        let near = |from| turn.now.clock.limit(window).is_some() && turn.now.clock.within(from, Some(window));
        if self.ended.is_some_and(near) {
            turn.out.push(Signal::Worse(index, turn.now.captured()));
        }
        for pending in self.waits.iter_mut().filter_map(|w| w.pending.as_mut()) {
            if near(pending.last) && pending.found.worse.iter().all(|(i, _)| *i != index) {
                pending.found.worse.push((index, turn.now.captured()));
            }
        }
    }

    fn came<W: Watch>(&mut self, branch: usize, turn: &mut Turn<'_, '_, W>) {
        let absence =
            turn.rule.branches.get(branch).and_then(|b| b.absence.as_ref().map(|a| (a, b.steps.len())));
        let (Some((absence, step)), Some(wait)) = (absence, self.waits.get_mut(branch)) else { return };
        let holds = || turn.tested || absence.conditions.iter().all(|c| c.holds(turn.now.event));
        if wait.pending.is_some() && holds() {
            wait.pending = None;
            turn.watch.stopped(Spot { slot: turn.slot, branch, step }, turn.now, Why::Came);
        }
    }

    fn kill<W: Watch>(&mut self, branch: usize, step: usize, turn: &mut Turn<'_, '_, W>) {
        let Some(at) = turn.rule.branches.get(branch).map(|b| b.first_register + step) else { return };
        if self.gate.live & (live::step(at) | live::step(at.saturating_sub(1))) == 0 {
            return;
        }
        let before =
            if step == 0 { None } else { self.registers.get_mut(at - 1).and_then(|r| r.partial.take()) };
        let counted = self.registers.get_mut(at).is_some_and(Register::forget_counted);
        if before.is_some() || counted {
            turn.watch.stopped(Spot { slot: turn.slot, branch, step }, turn.now, Why::Between);
        }
    }

    /// Tries the event on a step; true if it completes the whole.
    fn fill<W: Watch>(&mut self, b: usize, k: usize, turn: &mut Turn<'_, '_, W>) -> bool {
        let Some((branch, step)) = turn.rule.branches.get(b).and_then(|b| b.steps.get(k).map(|s| (b, s)))
        else {
            return false;
        };
        let shut = if k > 0 || self.gate.open { None } else { self.why_shut(turn.rule) };
        let at = branch.first_register + k;
        let prefix = if k == 0 { None } else { self.registers.get(at - 1).and_then(|r| r.partial.as_ref()) };
        if k > 0 && prefix.is_none() {
            return false;
        }
        if !W::LOOKS && shut.is_some() && step.repeats.is_none() {
            return false;
        }
        let spot = Spot { slot: turn.slot, branch: b, step: k };
        if let Some(condition) = if turn.tested { None } else { step.refuses(turn.now.event) } {
            turn.watch.stopped(spot, turn.now, Why::Field(condition));
            return false;
        }
        let partial = match (step.repeats, shut) {
            (None, Some(why)) => Err(why),
            (None, None) => Partial::filled(prefix, turn.rule, step, turn.now).map(Some),
            (Some(repeats), _) => {
                let before = prefix.cloned();
                let Some(register) = self.registers.get_mut(at) else { return false };
                self.gate.live |= live::step(at);
                let candidate = register.candidate(repeats, before, shut, turn.now);
                candidate.and_then(|c| c.map(|c| c.checked(turn.rule, step, turn.now)).transpose())
            }
        };
        match partial {
            Ok(Some(partial)) => {
                turn.watch.filled(spot, turn.now, &partial.trail);
                self.advance(branch, spot, partial, turn)
            }
            Ok(None) => false,
            Err(why) => {
                turn.watch.stopped(spot, turn.now, why);
                false
            }
        }
    }

    /// Why no match may begin now.
    fn why_shut(&self, rule: &Compiled) -> Option<Why<'static>> {
        match (self.guarded(rule), self.gate.barred) {
            (false, _) => Some(Why::Guard),
            (true, true) => Some(Why::Barred),
            (true, false) => None,
        }
    }

    /// Stores a partial match that is now one step longer; true if it is whole.
    fn advance<W: Watch>(
        &mut self,
        branch: &Branch,
        spot: Spot,
        partial: Partial,
        turn: &mut Turn<'_, '_, W>,
    ) -> bool {
        if spot.step + 1 < branch.steps.len() {
            if let Some(register) = self.registers.get_mut(branch.first_register + spot.step) {
                register.partial = Some(partial);
                self.gate.live |= live::step(branch.first_register + spot.step);
            }
            return false;
        }
        let found = Match::new(turn.rule, branch, spot.branch, &partial, turn.now.clock);
        if branch.absence.is_some() {
            self.gate.live |= live::WAITS;
            let wait = self.waits.get_mut(spot.branch);
            if wait.is_some_and(|w| w.begin(branch, found, partial.last, turn.now.clock)) {
                turn.out.push(Signal::Waiting(spot.branch));
            }
            return false;
        }
        self.ended = Some(partial.last);
        self.gate.live |= live::ENDED;
        self.clear();
        turn.watch.matched(spot.slot);
        turn.out.push(Signal::Matched(found));
        true
    }

    /// Starts the timer of a branch, if it waits for one and none runs; gives when it is due.
    pub(super) fn arm(&mut self, branch: usize, serial: u64) -> Option<i64> {
        let wait = self.waits.get_mut(branch)?;
        let due = wait.pending.as_ref()?.due?;
        if wait.timer.is_some() {
            return None;
        }
        wait.timer = Some(serial);
        Some(due)
    }

    /// The timer `serial` of a branch is up: whether it was that branch's.
    pub(super) fn disarm(&mut self, branch: usize, serial: u64) -> bool {
        self.waits.get_mut(branch).is_some_and(|w| w.timer.take_if(|t| *t == serial).is_some())
    }

    /// When the silence of a branch is proven, if it waits for one.
    pub(super) fn due(&self, branch: usize) -> Option<i64> {
        self.waits.get(branch)?.pending.as_ref()?.due
    }

    /// Ends the waiting of a branch: because its time is up, or because the log (or a part of it) is.
    pub(super) fn settle(&mut self, rule: &Compiled, branch: usize, time_is_up: bool) -> Settled {
        let absence = rule.branches.get(branch).and_then(|b| b.absence.as_ref());
        let pending = self.waits.get_mut(branch).and_then(|w| w.pending.take());
        let (Some(absence), Some(mut pending)) = (absence, pending) else { return Settled::Nothing };
        let timed = absence.span.is_some();
        let measured = pending.found.measured && (!timed || pending.due.is_some());
        match (time_is_up, absence.at_end) {
            (true, _) | (false, AtEnd::Match) if pending.found.measured => {
                pending.found.proven = Some(time_is_up || !timed);
                self.ended = Some(pending.last);
                self.gate.live |= live::ENDED;
                self.clear();
                Settled::Matched(pending.found)
            }
            (false, AtEnd::NoMatch) if measured || !pending.found.measured => Settled::Nothing,
            (false, AtEnd::Inconclusive) if measured => Settled::Unclear(pending.found),
            _ => Settled::Unmeasured,
        }
    }

    /// Whether any branch may wait.
    pub(super) fn may_wait(&self) -> bool {
        self.gate.live & live::WAITS != 0
    }

    /// The branches that wait.
    pub(super) fn waiting(&self) -> impl Iterator<Item = usize> {
        self.waits.iter().enumerate().filter(|(_, w)| w.pending.is_some()).map(|(i, _)| i)
    }
}

/// What became of a silence.
#[derive(Debug)]
pub(super) enum Settled {
    /// No match.
    Nothing,
    /// It was silent.
    Matched(Match),
    /// The log ends too early to tell.
    Unclear(Match),
    /// There is no clock to tell it by.
    Unmeasured,
}

impl Wait {
    /// Waits for silence from now on; true if a timer is needed. An earlier waiting stands, for it is over sooner.
    fn begin(&mut self, branch: &Branch, found: Match, last: Pos, clock: &Clock) -> bool {
        let better = |p: &Pending| p.found.measured || !found.measured;
        if self.pending.as_deref().is_some_and(better) {
            return false;
        }
        let span = branch.absence.as_ref().and_then(|a| a.span);
        let due = span.and_then(|w| clock.limit(w)).map(|limit| Clock::due(last, limit));
        self.pending = Some(Box::new(Pending { last, due, found }));
        due.is_some()
    }
}

impl Match {
    fn new(rule: &Compiled, branch: &Branch, index: usize, partial: &Partial, clock: &Clock) -> Self {
        let timed = rule.asks_for_time(branch);
        let silence = branch.absence.as_ref().is_some_and(|a| a.span.is_some());
        Self {
            branch: index,
            trail: partial.trail.clone(),
            order_only: !clock.runs() && (timed || silence),
            measured: clock.runs() || !timed || rule.def.rule.within_lines.is_some(),
            proven: None,
            worse: Vec::new(),
        }
    }
}
