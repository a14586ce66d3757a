//! Looking on while a signature runs: what `explain` sees, and what costs nothing where nobody looks.
//!
//! Comes in: steps that were filled and what stopped the others. Goes out: nothing; the engine does not listen.

use super::condition::Condition;
use super::trail::{Moment, Trail};

/// Where in a signature something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) slot: usize,
    pub(super) branch: usize,
    pub(super) step: usize,
}

/// Why an event did not bring a signature further, or ended what it had.
#[derive(Debug, Clone, Copy)]
pub(super) enum Why<'r> {
    /// A field has another value.
    Field(&'r Condition),
    /// The guard has not been seen.
    Guard,
    /// An event of `not_before` has been seen.
    Barred,
    /// The step before it is too far back.
    StepWindow,
    /// The first step is too far back.
    WholeWindow,
    /// The repeats are too far apart.
    CountWindow,
    /// It must not come between.
    Between,
    /// It is what should have been absent.
    Came,
}

/// Looks on while a signature runs; [`Silent`] is the one that does not.
pub(super) trait Watch {
    /// Whether it does: what nobody sees need not be found out.
    const LOOKS: bool = true;

    /// A step was filled.
    fn filled(&mut self, _spot: Spot, _now: &Moment<'_>, _trail: &Trail) {}
    /// A step was not filled, or what was filled is lost.
    fn stopped(&mut self, _spot: Spot, _now: &Moment<'_>, _why: Why<'_>) {}
    /// The whole matched.
    fn matched(&mut self, _slot: usize) {}
}

/// Sees nothing, costs nothing.
#[derive(Debug, Default)]
pub(super) struct Silent;

impl Watch for Silent {
    const LOOKS: bool = false;
}
