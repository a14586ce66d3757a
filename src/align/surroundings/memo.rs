//! Remembers which template a message has: a client says the same few things again and again.
//!
//! Comes in: messages with their loudness. Goes out: the place of the template that the same message had before, if that was
//! not so long ago. It is a table of fixed size; what it forgets is read anew.

use super::collect::Loudness;
use crate::normalize::quick_hash;

/// How many messages are remembered at the most; a power of two.
const PLACES: usize = 1 << 14;

/// How many of those one message may stand in.
const WAYS: usize = 4;

/// Longer messages are not.
const MAX_LENGTH: usize = 512;

#[derive(Debug)]
struct Known {
    hash: u64,
    loudness: Loudness,
    message: Box<[u8]>,
    template: usize,
}

/// The messages that were read of late.
#[derive(Debug, Default)]
pub(super) struct Memo {
    places: Vec<Option<Box<Known>>>,
    /// Which of its places the next new message takes.
    turn: usize,
}

impl Memo {
    /// The place of the template of a message, if it is remembered.
    pub(super) fn find(&self, loudness: Loudness, message: &[u8]) -> Option<usize> {
        let hash = quick_hash(message);
        let first = hash as usize & (PLACES - WAYS);
        let mut known = self.places.get(first..first + WAYS)?.iter().filter_map(Option::as_deref);
        let same = |k: &&Known| k.hash == hash && k.loudness == loudness && *k.message == *message;
        known.find(same).map(|k| k.template)
    }

    /// Remembers it, if it is not too long.
    pub(super) fn put(&mut self, loudness: Loudness, message: &[u8], template: usize) {
        if message.len() > MAX_LENGTH {
            return;
        }
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        self.turn = (self.turn + 1) % WAYS;
        let hash = quick_hash(message);
        let first = hash as usize & (PLACES - WAYS);
        let free = |at: &usize| self.places.get(*at).is_some_and(Option::is_none);
        let at = (first..first + WAYS).find(free).unwrap_or(first + self.turn);
        if let Some(place) = self.places.get_mut(at) {
            *place = Some(Box::new(Known { hash, loudness, message: message.into(), template }));
        }
    }
}
