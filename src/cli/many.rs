//! Reads many logs, as many at once as there are cores, and tells them in their order.
//!
//! Comes in: logs. Goes out: what was read of each, or why it could not be, the first log first: how many threads worked
//! is nowhere to be seen.

use super::knowledge::Loaded;
use super::reading::{Reading, Wish, read_log, threads};
use crate::error::Result;
use crate::share;
use crate::source::Log;

/// Reads all `logs`, and hands over each in its turn, with its place among them.
pub(super) fn read_many(
    logs: &[Log],
    loaded: &Loaded,
    wish: Wish<'_>,
    see: &mut dyn FnMut(usize, Result<Reading>),
) {
    let threads = threads();
    let wish = Wish { alone: threads.min(logs.len()) < 2, ..wish };
    share::in_order(logs, threads, &|log| read_log(log, loaded, wish), see);
}
