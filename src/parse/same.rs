//! Messages that came of late: a client says the same few things again and again.
//!
//! Comes in: the messages of records as they stand in the log. Goes out: what was read in the same message before, if that
//! was not so long ago, and a number that lines have alone which say the same ([`Same`]), by which whoever makes sense of
//! them finds what was made of it ([`BySame`]). The numbers are given in turn: what comes one after the other in a log lies
//! one behind the other in memory. What is remembered is bounded; once it is full all of it is forgotten, and read anew.

use super::quick::quick_hash;

/// How many messages are remembered at the most; a power of two.
const MOST: usize = 1 << 13;

/// How many bytes of them.
const BYTES: usize = 1 << 20;

/// Twice as many places as messages, so that few have to give way.
const PLACES: usize = 2 * MOST;

/// How many of those one message may stand in.
const WAYS: usize = 4;

/// Longer messages are not, in bytes.
const MAX_LENGTH: usize = 1024;

/// What lines of a log have alone that say the same of the same server at the same level. Not all that do have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Same {
    number: u16,
    /// How often all was forgotten before.
    age: u32,
}

/// What somebody knows of lines by what they say.
#[derive(Debug, Clone)]
pub struct BySame<V>(Vec<Option<(u32, V)>>);

impl<V> Default for BySame<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> BySame<V> {
    /// What is known of a line that says the same.
    #[inline]
    pub fn get(&self, same: Same) -> Option<&V> {
        let known = self.0.get(usize::from(same.number))?.as_ref();
        known.filter(|(age, _)| *age == same.age).map(|(_, value)| value)
    }

    /// The same, to be changed.
    #[inline]
    pub fn get_mut(&mut self, same: Same) -> Option<&mut V> {
        let known = self.0.get_mut(usize::from(same.number))?.as_mut();
        known.filter(|(age, _)| *age == same.age).map(|(_, value)| value)
    }

    /// The same, and what nobody knows yet is known from now on.
    pub fn get_or_put(&mut self, same: Same, value: impl FnOnce() -> V) -> &mut V {
        let number = usize::from(same.number);
        if self.0.len() <= number {
            self.0.resize_with(number + 1, || None);
        }
        let place = &mut self.0[number];
        if place.as_ref().is_some_and(|(age, _)| *age != same.age) {
            *place = None;
        }
        &mut place.get_or_insert_with(|| (same.age, value())).1
    }

    /// Knows it from now on.
    pub fn put(&mut self, same: Same, value: V) {
        let number = usize::from(same.number);
        if self.0.len() <= number {
            self.0.resize_with(number + 1, || None);
        }
        if let Some(known) = self.0.get_mut(number) {
            *known = Some((same.age, value));
        }
    }
}

/// What was read in messages of late.
#[derive(Debug)]
pub(super) struct Messages<V> {
    /// Which of those that are known stands in a place, counted from one; none in an empty one.
    places: Vec<u16>,
    known: Vec<Known<V>>,
    /// Their bytes, one behind the other as they came.
    bytes: Vec<u8>,
    /// Which message came before.
    last: usize,
    age: u32,
}

/// A message that is remembered.
#[derive(Debug)]
struct Known<V> {
    hash: u64,
    start: u32,
    length: u16,
    /// Which messages came after it, the last times, the newest first: one of them mostly comes again.
    next: [u16; 2],
    level: u8,
    read: V,
}

impl<V> Default for Messages<V> {
    fn default() -> Self {
        let (places, known, bytes) = (Vec::new(), Vec::new(), Vec::new());
        Self { places, known, bytes, last: 0, age: 0 }
    }
}

impl<V> Messages<V> {
    /// The number of a message, if it is remembered.
    pub(super) fn find(&mut self, level: Option<&'static str>, message: &[u8]) -> Option<usize> {
        let (level, guesses) = (mark(level), self.known.get(self.last)?.next.map(usize::from));
        let right = |at: &usize| self.known.get(*at).is_some_and(|known| self.is(known, level, message));
        let at = guesses.into_iter().find(right).or_else(|| self.look_up(level, message))?;
        self.follow(at);
        Some(at)
    }

    /// What was read in the message of that number.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<(&V, Same)> {
        let same = Same { number: at as u16, age: self.age };
        self.known.get(at).map(|known| (&known.read, same))
    }

    #[inline]
    fn is(&self, known: &Known<V>, level: u8, message: &[u8]) -> bool {
        let bytes = || self.bytes.get(known.start as usize..)?.get(..message.len());
        // Most that are not the same are not as long.
        usize::from(known.length) == message.len() && known.level == level && bytes() == Some(message)
    }

    fn look_up(&self, level: u8, message: &[u8]) -> Option<usize> {
        let hash = quick_hash(message);
        let alike = |at: &usize| {
            let known = self.known.get(*at);
            known.is_some_and(|known| known.hash == hash && self.is(known, level, message))
        };
        let ways = self.places.get(ways(hash))?.iter();
        ways.filter_map(|at| usize::from(*at).checked_sub(1)).find(alike)
    }

    /// The message of that number comes after the one before.
    fn follow(&mut self, at: usize) {
        if let Some(last) = self.known.get_mut(self.last).filter(|last| last.next[0] != at as u16) {
            last.next = [at as u16, last.next[0]];
        }
        self.last = at;
    }

    /// Remembers what was read in a message, and gives its number; gives it back if the message is too long.
    pub(super) fn put(&mut self, level: Option<&'static str>, message: &[u8], read: V) -> Result<usize, V> {
        if message.len() > MAX_LENGTH {
            return Err(read);
        }
        if self.places.is_empty() || self.known.len() == MOST || self.bytes.len() + message.len() > BYTES {
            self.forget();
        }
        let (level, hash, start, at) =
            (mark(level), quick_hash(message), self.bytes.len() as u32, self.known.len());
        self.bytes.extend_from_slice(message);
        self.known.push(Known { hash, start, length: message.len() as u16, next: [0; 2], level, read });
        if let Some(ways) = self.places.get_mut(ways(hash)) {
            let free = ways.iter().position(|at| *at == 0).unwrap_or(at % WAYS);
            ways.get_mut(free).into_iter().for_each(|place| *place = at as u16 + 1);
        }
        self.follow(at);
        Ok(at)
    }

    fn forget(&mut self) {
        self.places.clear();
        self.places.resize(PLACES, 0);
        self.known.clear();
        self.bytes.clear();
        (self.last, self.age) = (0, self.age + 1);
    }
}

/// What tells a level from others.
#[inline]
fn mark(level: Option<&'static str>) -> u8 {
    level.map_or(0, |level| level.as_bytes().first().map_or(0, |first| first ^ (level.len() as u8) << 4))
}

/// The places in which a message may stand.
fn ways(hash: u64) -> std::ops::Range<usize> {
    let first = hash as usize & (PLACES - WAYS);
    first..first + WAYS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{BySame, MAX_LENGTH, Messages, Same, mark};
    use crate::parse::head::LEVELS;

    fn put(messages: &mut Messages<usize>, number: usize) -> Same {
        let at = messages.put(None, format!("message {number}").as_bytes(), number).unwrap();
        messages.get(at).unwrap().1
    }

    fn find(messages: &mut Messages<usize>, number: usize) -> Option<(usize, Same)> {
        let at = messages.find(None, format!("message {number}").as_bytes())?;
        messages.get(at).map(|(read, same)| (*read, same))
    }

    proptest! {
        #[test]
        fn lines_of_one_number_say_the_same(said in proptest::collection::vec(0_usize..40_000, 1..400)) {
            let (mut messages, mut known) = (Messages::default(), BySame::default());
            for number in said.iter().chain(&said).copied() {
                let found = find(&mut messages, number);
                let (read, same) = found.unwrap_or_else(|| (number, put(&mut messages, number)));
                prop_assert_eq!(read, number);
                prop_assert_eq!(*known.get(same).unwrap_or(&number), number);
                known.put(same, number);
            }
        }
    }

    #[test]
    fn what_gave_way_to_another_is_not_the_same_any_more() {
        let (mut messages, mut known) = (Messages::default(), BySame::default());
        for number in 0..100_000 {
            let same = put(&mut messages, number);
            assert_eq!(known.get(same), None, "a new message");
            known.put(same, number);
            assert_eq!(known.get(same), Some(&number));
        }
        assert_eq!(find(&mut messages, 0), None);
        assert_eq!(find(&mut messages, 99_999).map(|(number, _)| number), Some(99_999));
    }

    #[test]
    fn the_same_at_another_level_is_another() {
        let mut messages = Messages::default();
        messages.put(Some("DEBUG"), b"x", ()).unwrap();
        assert!(messages.find(Some("ERROR"), b"x").is_none());
        assert!(messages.find(Some("DEBUG"), b"x").is_some());
    }

    #[test]
    fn no_two_levels_have_the_same_mark() {
        let marks: BTreeSet<u8> = LEVELS.into_iter().map(Some).chain([None]).map(mark).collect();
        assert_eq!(marks.len(), LEVELS.len() + 1);
    }

    #[test]
    fn a_long_message_is_not_remembered() {
        let mut messages = Messages::default();
        assert!(messages.put(None, &[b'x'; MAX_LENGTH + 1], ()).is_err());
        assert!(messages.find(None, &[b'x'; MAX_LENGTH + 1]).is_none());
    }
}
