//! Keys: what tells one course of events from another, and the states that belong to each.
//!
//! Comes in: events. Goes out: the slot of an event's key, unless the event lacks a field of the key. Servers never
//! share a slot, not even where `server` is not in the key. There are never more than [`MAX_KEYS`] slots: the oldest
//! gives way, and says so if something was under way in it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::condition::field_of;
use super::state::State;
use crate::classify::Event;

/// More keys at once are not followed.
pub(super) const MAX_KEYS: usize = 4096;

/// So many keys are looked through one by one: faster than spelling one.
const NEAR: usize = 8;

/// The states of so many keys are kept to be used again.
const MAX_SPARE: usize = 64;

/// A key, and the states of the signatures under it.
#[derive(Debug)]
pub(super) struct Slot {
    key: Arc<str>,
    pub(super) server: Option<Arc<str>>,
    /// One for each signature of the set; made when something begins.
    pub(super) states: Vec<Option<Box<State>>>,
    /// The signatures, by their place in the set, whose states were used.
    pub(super) used: Vec<usize>,
}

/// All signatures with the same key fields.
#[derive(Debug)]
pub(super) struct KeySet {
    of_server: bool,
    fields: Vec<String>,
    /// Indices of the signatures.
    pub(super) members: Vec<usize>,
    by_key: HashMap<Arc<str>, usize>,
    pub(super) slots: Vec<Slot>,
    /// Keys that were forgotten, with their states as new.
    spare: Vec<Slot>,
    /// The oldest slot, once all are taken.
    oldest: usize,
    /// Reused for the text of keys.
    text: String,
}

impl KeySet {
    pub(super) fn new(of_server: bool, fields: Vec<String>, members: Vec<usize>) -> Self {
        let by_key = HashMap::new();
        Self {
            of_server,
            fields,
            members,
            by_key,
            slots: Vec::new(),
            spare: Vec::new(),
            oldest: 0,
            text: String::new(),
        }
    }

    /// The slot of the event's key; with `create`, a new one if need be, and then the slot that gave way.
    pub(super) fn slot(&mut self, event: &Event, create: bool) -> Option<(usize, Option<Slot>)> {
        if self.of_server && event.server.is_none() {
            return None;
        }
        if self.fields.is_empty() {
            // The server is all of the key then, or that there is none.
            let same = |slot: &Slot| match (&slot.server, &event.server) {
                (Some(known), Some(server)) => Arc::ptr_eq(known, server),
                (known, server) => known.is_none() && server.is_none(),
            };
            if let Some(slot) = self.slots.iter().take(NEAR).position(same) {
                return Some((slot, None));
            }
        }
        if !self.spell(event) {
            return None;
        }
        let known = self.by_key.get(self.text.as_str()).map(|index| (*index, None));
        known.or_else(|| create.then(|| self.add(event)))
    }

    fn add(&mut self, event: &Event) -> (usize, Option<Slot>) {
        let key: Arc<str> = self.text.as_str().into();
        let (states, used) = self.spare.pop().map_or_else(
            || (self.members.iter().map(|_| None).collect(), Vec::new()),
            |s| (s.states, s.used),
        );
        let slot = Slot { key: Arc::clone(&key), server: event.server.clone(), states, used };
        if self.slots.len() < MAX_KEYS {
            self.by_key.insert(key, self.slots.len());
            self.slots.push(slot);
            return (self.slots.len() - 1, None);
        }
        let index = self.oldest;
        self.oldest = (self.oldest + 1) % MAX_KEYS;
        self.by_key.insert(key, index);
        let old = self.slots.get_mut(index).map(|place| std::mem::replace(place, slot));
        if let Some(old) = &old {
            self.by_key.remove(&old.key);
        }
        (index, old)
    }

    /// Writes the key of `event` to `text`; false if it lacks a field. Lengths make it unambiguous.
    fn spell(&mut self, event: &Event) -> bool {
        self.text.clear();
        match &event.server {
            Some(server) => spell_text(&mut self.text, server),
            None if self.of_server => return false,
            None => self.text.push('-'),
        }
        for field in &self.fields {
            match &*field_of(event, field) {
                Value::Null => return false,
                Value::String(value) => spell_text(&mut self.text, value),
                // Writing to a string does not fail.
                value => _ = write!(self.text, "{value};"),
            }
        }
        true
    }

    /// The state of a signature under a key.
    pub(super) fn state(&mut self, slot: usize, member: usize) -> Option<&mut State> {
        self.slots.get_mut(slot)?.states.get_mut(member)?.as_deref_mut()
    }

    /// Forgets all keys. Their states are used again: sessions may be short and many.
    pub(super) fn clear(&mut self) {
        self.by_key.clear();
        let room = MAX_SPARE.saturating_sub(self.spare.len());
        for mut slot in self.slots.drain(..).take(room) {
            for used in slot.used.drain(..) {
                slot.states.get_mut(used).into_iter().flatten().for_each(|state| state.reset());
            }
            self.spare.push(slot);
        }
        self.slots.clear();
        self.oldest = 0;
    }
}

fn spell_text(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    _ = write!(out, "\"{}:", text.len());
    out.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::{KeySet, MAX_KEYS};
    use crate::diagnose::fixture::{event, of, with};

    #[test]
    fn an_event_without_a_field_of_the_key_has_no_slot() {
        let mut set = KeySet::new(true, vec!["v".to_owned()], vec![0]);
        assert!(set.slot(&event("a", 1), true).is_none());
        assert!(set.slot(&with(of(event("a", 1), ""), "v", 1), true).is_none());
        assert!(set.slot(&with(event("a", 1), "v", 1), false).is_none(), "nothing is made unasked");
        assert_eq!(set.slot(&with(event("a", 1), "v", 1), true).unwrap().0, 0);
        assert_eq!(set.slot(&with(event("b", 2), "v", 1), false).unwrap().0, 0);
    }

    #[test]
    fn the_oldest_key_gives_way_and_is_handed_out() {
        let mut set = KeySet::new(true, vec!["v".to_owned()], vec![0]);
        let keyed = |v: usize| with(event("a", 1), "v", v);
        for v in 0..MAX_KEYS {
            assert!(set.slot(&keyed(v), true).unwrap().1.is_none());
        }
        let (slot, old) = set.slot(&keyed(MAX_KEYS), true).unwrap();
        assert_eq!((slot, old.unwrap().key.as_ref(), set.slots.len()), (0, "\"1:s0;", MAX_KEYS));
        assert!(set.slot(&keyed(0), false).is_none());
        assert_eq!(set.slot(&keyed(1), true).unwrap().0, 1);
    }
}
