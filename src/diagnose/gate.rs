//! Whether an event can change anything in a state: told without a look at the state.
//!
//! Comes in: what is under way in a state, and what an event does. Goes out: whether it matters. The gates of all signatures
//! of a key lie one behind the other: of most events nearly all are shut, and the states behind them, which lie far apart in
//! memory, are not touched.

use super::compile::Compiled;
use super::plan::Incident;

/// What is known of a state, and what may begin in it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gate {
    /// All that is under way, and maybe more: see [`live`](super::plan::live).
    pub(super) live: u64,
    /// One bit for each event of the guard that was seen.
    pub(super) guards: u64,
    /// Whether an event came that must not come before.
    pub(super) barred: bool,
    /// Whether a match may begin.
    pub(super) open: bool,
}

impl Gate {
    /// That of a new state.
    pub(super) fn of(rule: &Compiled) -> Self {
        Self { open: !rule.has_guard(), ..Self::default() }
    }

    /// Whether an event that does this could change anything.
    #[inline]
    pub(super) fn minds(&self, incident: &Incident) -> bool {
        (incident.fills_first && self.open)
            || incident.touches & self.live != 0
            || incident.needs & !self.guards != 0
            || (incident.bars && !self.barred)
    }
}
