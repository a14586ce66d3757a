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
use super::gate::Gate;
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
    /// Its text, once keys are looked up by it.
    key: Option<Arc<str>>,
    pub(super) server: Option<Arc<str>>,
    /// Those of the states; of one that is not made yet that of a new one.
    pub(super) gates: Vec<Gate>,
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
    /// The gates of new states.
    fresh: Vec<Gate>,
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
    /// `fresh` are the gates of new states of the `members`.
    pub(super) fn new(of_server: bool, fields: Vec<String>, members: Vec<usize>, fresh: Vec<Gate>) -> Self {
        let by_key = HashMap::new();
        Self {
            of_server,
            fields,
            members,
            fresh,
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
            let known = self.slots.iter().take(NEAR).position(|slot| slot.server == event.server);
            if let Some(slot) = known {
                return Some((slot, None));
            }
            if self.slots.len() < NEAR {
                return create.then(|| (self.push(event, None), None));
            }
            self.spell_near();
        }
        if !self.spell(event) {
            return None;
        }
        let known = self.by_key.get(self.text.as_str()).map(|index| (*index, None));
        known.or_else(|| create.then(|| self.add(event)))
    }

    fn add(&mut self, event: &Event) -> (usize, Option<Slot>) {
        let key: Arc<str> = self.text.as_str().into();
        if self.slots.len() < MAX_KEYS {
            self.by_key.insert(Arc::clone(&key), self.slots.len());
            return (self.push(event, Some(key)), None);
        }
        let index = self.oldest;
        self.oldest = (self.oldest + 1) % MAX_KEYS;
        self.by_key.insert(Arc::clone(&key), index);
        let slot = self.new_slot(event, Some(key));
        let old = self.slots.get_mut(index).map(|place| std::mem::replace(place, slot));
        if let Some(key) = old.as_ref().and_then(|old| old.key.as_ref()) {
            self.by_key.remove(key);
        }
        (index, old)
    }

    fn push(&mut self, event: &Event, key: Option<Arc<str>>) -> usize {
        let slot = self.new_slot(event, key);
        self.slots.push(slot);
        self.slots.len() - 1
    }

    fn new_slot(&mut self, event: &Event, key: Option<Arc<str>>) -> Slot {
        let (states, used, gates) = self.spare.pop().map_or_else(
            || (self.members.iter().map(|_| None).collect(), Vec::new(), self.fresh.clone()),
            |s| (s.states, s.used, s.gates),
        );
        Slot { key, server: event.server.clone(), gates, states, used }
    }

    /// Spells the first keys, which were told apart without, now that there are more.
    fn spell_near(&mut self) {
        for at in 0..self.slots.len() {
            let Some(slot) = self.slots.get(at).filter(|slot| slot.key.is_none()) else { return };
            let server = slot.server.clone();
            self.text.clear();
            spell_server(&mut self.text, server.as_ref());
            let key: Arc<str> = self.text.as_str().into();
            self.by_key.insert(Arc::clone(&key), at);
            self.slots.get_mut(at).into_iter().for_each(|slot| slot.key = Some(Arc::clone(&key)));
        }
    }

    /// Writes the key of `event` to `text`; false if it lacks a field. Lengths make it unambiguous.
    fn spell(&mut self, event: &Event) -> bool {
        if self.of_server && event.server.is_none() {
            return false;
        }
        self.text.clear();
        spell_server(&mut self.text, event.server.as_ref());
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

    /// Does something to the state of a signature under a key, if it was made.
    pub(super) fn change<T>(
        &mut self,
        slot: usize,
        member: usize,
        change: impl FnOnce(&mut State) -> T,
    ) -> Option<T> {
        let slot = self.slots.get_mut(slot)?;
        let state = slot.states.get_mut(member)?.as_deref_mut()?;
        let done = change(state);
        if let Some(gate) = slot.gates.get_mut(member) {
            *gate = state.gate;
        }
        Some(done)
    }

    /// The state of a signature under a key. What changes its gate goes through [`KeySet::change`].
    pub(super) fn state(&mut self, slot: usize, member: usize) -> Option<&mut State> {
        self.slots.get_mut(slot)?.states.get_mut(member)?.as_deref_mut()
    }

    /// Forgets all keys. Their states are used again: sessions may be short and many.
    pub(super) fn clear(&mut self) {
        self.by_key.clear();
        let room = MAX_SPARE.saturating_sub(self.spare.len());
        for mut slot in self.slots.drain(..).take(room) {
            for used in slot.used.drain(..) {
                let place = slot.states.get_mut(used).and_then(Option::as_mut);
                if let (Some(state), Some(gate)) = (place, slot.gates.get_mut(used)) {
                    state.reset();
                    *gate = state.gate;
                }
            }
            self.spare.push(slot);
        }
        self.slots.clear();
        self.oldest = 0;
    }
}

fn spell_server(out: &mut String, server: Option<&Arc<str>>) {
    match server {
        Some(server) => spell_text(out, server),
        None => out.push('-'),
    }
}

fn spell_text(out: &mut String, text: &str) {
    // Writing to a string does not fail.
    _ = write!(out, "\"{}:", text.len());
    out.push_str(text);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Gate, KeySet, MAX_KEYS};
    use crate::classify::Event;
    use crate::diagnose::fixture::{event, of, with};

    #[test]
    fn an_event_without_a_field_of_the_key_has_no_slot() {
        let mut set = KeySet::new(true, vec!["v".to_owned()], vec![0], vec![Gate::default()]);
        assert!(set.slot(&event("a", 1), true).is_none());
        assert!(set.slot(&with(of(event("a", 1), ""), "v", 1), true).is_none());
        assert!(set.slot(&with(event("a", 1), "v", 1), false).is_none(), "nothing is made unasked");
        assert_eq!(set.slot(&with(event("a", 1), "v", 1), true).unwrap().0, 0);
        assert_eq!(set.slot(&with(event("b", 2), "v", 1), false).unwrap().0, 0);
    }

    #[test]
    fn a_key_of_nothing_but_a_server_is_found_again_however_many_there_are() {
        let mut set = KeySet::new(false, Vec::new(), vec![0], vec![Gate::default()]);
        let names: Vec<Arc<str>> = (0..40).map(|n| format!("server {n}").into()).collect();
        let about = |name: &Arc<str>| Event { server: Some(Arc::clone(name)), ..event("a", 1) };
        let nobody = Event { server: None, ..event("a", 1) };
        assert!(set.slot(&about(&names[0]), false).is_none(), "nothing is made unasked");
        assert_eq!(set.slot(&nobody, true).unwrap().0, 0);
        for round in 0..2 {
            for (at, name) in names.iter().enumerate() {
                assert_eq!(set.slot(&about(name), round == 0).unwrap().0, at + 1);
                // The same name may lie elsewhere in memory.
                let copy: Arc<str> = name.to_string().into();
                assert_eq!(set.slot(&about(&copy), true).unwrap().0, at + 1);
            }
            assert_eq!(set.slot(&nobody, false).unwrap().0, 0);
        }
    }

    #[test]
    fn the_oldest_key_gives_way_and_is_handed_out() {
        let mut set = KeySet::new(true, vec!["v".to_owned()], vec![0], vec![Gate::default()]);
        let keyed = |v: usize| with(event("a", 1), "v", v);
        for v in 0..MAX_KEYS {
            assert!(set.slot(&keyed(v), true).unwrap().1.is_none());
        }
        let (slot, old) = set.slot(&keyed(MAX_KEYS), true).unwrap();
        assert_eq!((slot, old.unwrap().key.as_deref(), set.slots.len()), (0, Some("\"1:s0;"), MAX_KEYS));
        assert!(set.slot(&keyed(0), false).is_none());
        assert_eq!(set.slot(&keyed(1), true).unwrap().0, 1);
    }
}
