//! A log that ends in the middle of an attempt to connect.
//!
//! A client that is done exits whatever its servers do, and which line is its last is chance. What the other log tells of
//! the rest of that attempt is no difference, if an earlier attempt of the same life ended just so.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::lives::{Change, ChangeKind};
use crate::pattern::{Effect, Phase};
use crate::timeline::Item;

/// Leaves out the rows at the end with which one log goes on where the other was cut off in an attempt.
pub(super) fn drop_cut_off(rows: &mut Vec<Change>) {
    let kind = rows.last().and_then(|r| r.kind);
    let side: fn(&Change) -> Option<&Item> = match kind {
        Some(ChangeKind::Added) => |row| row.good.as_ref(),
        Some(ChangeKind::Removed) => |row| row.bad.as_ref(),
        _ => return,
    };
    let end = rows.iter().rposition(|r| side(r).is_some()).map_or(0, |last| last + 1);
    let open = end > 0 && side(&rows[end - 1]).is_some_and(|i| i.event.effect() == Effect::Attempt);
    let known: BTreeSet<&Arc<str>> = rows[..end].iter().filter_map(side).map(|i| &i.key).collect();
    let again = |row: &Change| {
        let item = row.good.as_ref().or(row.bad.as_ref());
        item.is_some_and(|i| i.event.phase() == Phase::Connect && known.contains(&i.key))
    };
    if open && rows[end..].iter().all(again) {
        rows.truncate(end);
    }
}
