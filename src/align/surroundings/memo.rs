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
const MAX_LENGTH: usize = 256;

/// Room for one message: where its bytes begin is where its place is.
const ROOM: usize = MAX_LENGTH;

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    hash: u64,
    template: u32,
    length: u16,
    loudness: u8,
    used: bool,
}

/// The messages that were read of late.
#[derive(Debug, Default)]
pub(super) struct Memo {
    places: Vec<Known>,
    /// Their bytes, so much room for each: where they stand near to each other they are compared fast.
    bytes: Vec<u8>,
    /// Which of its places the next new message takes.
    turn: usize,
}

impl Memo {
    /// The place of the template of a message, if it is remembered.
    pub(super) fn find(&self, loudness: Loudness, message: &[u8]) -> Option<usize> {
        let hash = quick_hash(message);
        let first = hash as usize & (PLACES - WAYS);
        let known = self.places.get(first..first + WAYS)?.iter().zip(first..);
        let mut alike = known.filter(|(k, _)| k.used && k.hash == hash && k.loudness == loudness as u8);
        let same = |(k, at): &(&Known, usize)| {
            self.bytes.get(at * ROOM..at * ROOM + usize::from(k.length)) == Some(message)
        };
        alike.find(same).map(|(k, _)| k.template as usize)
    }

    /// Remembers it, if it is not too long.
    pub(super) fn put(&mut self, loudness: Loudness, message: &[u8], template: usize) {
        let (Ok(length), Ok(template)) = (u16::try_from(message.len()), u32::try_from(template)) else {
            return;
        };
        if message.len() > MAX_LENGTH {
            return;
        }
        if self.places.is_empty() {
            self.places.resize(PLACES, Known::default());
            self.bytes.resize(PLACES * ROOM, 0);
        }
        self.turn = (self.turn + 1) % WAYS;
        let hash = quick_hash(message);
        let first = hash as usize & (PLACES - WAYS);
        let free = |at: &usize| self.places.get(*at).is_some_and(|k| !k.used);
        let at = (first..first + WAYS).find(free).unwrap_or(first + self.turn);
        let bytes = self.bytes.get_mut(at * ROOM..at * ROOM + message.len());
        if let (Some(place), Some(bytes)) = (self.places.get_mut(at), bytes) {
            bytes.copy_from_slice(message);
            *place = Known { hash, template, length, loudness: loudness as u8, used: true };
        }
    }
}
