//! One step of one branch: what fills it, and what it has been filled with.
//!
//! Comes in: an event that passed the step's tests, and the partial match it would extend. Goes out: the longer one,
//! or why not. A step that counts keeps its last events, each with the latest prefix at the time: the first of them
//! decides what the whole follows.

use super::clock::Pos;
use super::compile::{Compiled, EventStep, Repeats};
use super::trail::{Captured, Filled, Moment, Partial, Trail};
use super::watch::Why;

/// The state of a step.
#[derive(Debug, Default, Clone)]
pub(super) struct Register {
    /// The partial match that ends with this step.
    pub(super) partial: Option<Partial>,
    /// The last events of a step that counts.
    ring: Vec<Counted>,
}

#[derive(Debug, Clone)]
struct Counted {
    pos: Pos,
    captured: Captured,
    /// The latest prefix when it came.
    before: Option<Partial>,
    /// Whether a match may begin with it.
    open: bool,
}

/// What fills a step, and what it follows.
pub(super) struct Candidate {
    before: Option<Partial>,
    first: Pos,
    filled: Filled,
}

impl Register {
    pub(super) fn clear(&mut self) {
        self.partial = None;
        self.ring.clear();
    }

    pub(super) fn is_busy(&self) -> bool {
        self.partial.is_some() || !self.ring.is_empty()
    }

    /// Drops counted events; whether there were any.
    pub(super) fn forget_counted(&mut self) -> bool {
        let any = !self.ring.is_empty();
        self.ring.clear();
        any
    }

    /// What would fill a step that counts, if the event is the last of as many.
    pub(super) fn candidate(
        &mut self,
        repeats: Repeats,
        before: Option<Partial>,
        shut: Option<Why<'static>>,
        now: &Moment<'_>,
    ) -> Result<Option<Candidate>, Why<'static>> {
        match shut {
            Some(why) if self.ring.is_empty() => Err(why),
            _ => {
                let counted =
                    Counted { pos: now.pos, captured: now.captured(), before, open: shut.is_none() };
                self.count(counted, repeats, now)
            }
        }
    }

    /// Adds an event to the ring. The first of the ring is always one that a match may begin with: where no later
    /// one is, it stays, and one in the middle goes.
    fn count(
        &mut self,
        event: Counted,
        of: Repeats,
        now: &Moment<'_>,
    ) -> Result<Option<Candidate>, Why<'static>> {
        self.ring.push(event);
        if self.ring.len() > of.min {
            let middle = self.ring.get(1).is_some_and(|second| !second.open);
            self.ring.remove(usize::from(middle));
        }
        let Some(first) = self.ring.first().filter(|_| self.ring.len() >= of.min) else { return Ok(None) };
        if !now.clock.within(first.pos, Some(of.within)) {
            return Err(Why::CountWindow);
        }
        let filled = Filled::Many(self.ring.iter().map(|c| c.captured.clone()).collect());
        let start = first.before.as_ref().map_or(first.pos, |p| p.first);
        Ok(Some(Candidate { before: first.before.clone(), first: start, filled }))
    }
}

impl Candidate {
    /// The partial match that it makes, if the windows allow it.
    pub(super) fn checked(
        self,
        rule: &Compiled,
        step: &EventStep,
        now: &Moment<'_>,
    ) -> Result<Partial, Why<'static>> {
        near(self.before.as_ref().map(|p| p.last), self.first, (rule, step), now)?;
        let trail = Trail::new(self.before.map(|p| p.trail), self.filled);
        Ok(Partial { first: self.first, last: now.pos, trail })
    }
}

impl Partial {
    /// The one in which the event at hand alone fills a step behind `before`, if the windows allow it.
    pub(super) fn filled(
        before: Option<&Self>,
        rule: &Compiled,
        step: &EventStep,
        now: &Moment<'_>,
    ) -> Result<Self, Why<'static>> {
        let first = before.map_or(now.pos, |p| p.first);
        // With a first step the windows only begin.
        if let Some(before) = before {
            near(Some(before.last), first, (rule, step), now)?;
        }
        let trail = Trail::new(before.map(|p| p.trail.clone()), Filled::One(now.captured()));
        Ok(Self { first, last: now.pos, trail })
    }
}

/// Whether the step before and the first of all are near enough.
fn near(
    before: Option<Pos>,
    first: Pos,
    (rule, step): (&Compiled, &EventStep),
    now: &Moment<'_>,
) -> Result<(), Why<'static>> {
    if before.is_some_and(|last| !now.clock.within(last, step.within)) {
        return Err(Why::StepWindow);
    }
    if !now.clock.within(first, rule.window) {
        return Err(Why::WholeWindow);
    }
    Ok(())
}
