//! Remembers which template a message has: a client says the same few things again and again.
//!
//! Comes in: messages with their loudness. Goes out: the place of the template that the same message had before, if that was
//! not so long ago. What is remembered is bounded; once it is full all of it is forgotten, and read anew.

use super::collect::Loudness;
use crate::normalize::quick_hash;

/// How many messages are remembered at the most; a power of two.
const MOST: usize = 1 << 14;

/// How many bytes of them. So few that they stay in the cache of a processor: where they stood further apart, waiting for
/// them took a quarter of all time.
const BYTES: usize = 1 << 20;

/// Twice as many places as messages, so that few have to give way.
const PLACES: usize = 2 * MOST;

/// How many of those one message may stand in.
const WAYS: usize = 4;

/// Longer messages are not.
const MAX_LENGTH: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Known {
    hash: u64,
    start: u32,
    length: u16,
    loudness: Loudness,
    template: u32,
}

/// The messages that were read of late.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// Which of those that are known stands in a place, counted from one; none in an empty one.
    places: Vec<u16>,
    known: Vec<Known>,
    /// Their bytes, one behind the other as they came.
    bytes: Vec<u8>,
}

impl Memo {
    /// The place of the template of a message, if it is remembered.
    pub(super) fn find(&self, loudness: Loudness, message: &[u8]) -> Option<usize> {
        let hash = quick_hash(message);
        let mut ways = self.places.get(ways(hash))?.iter();
        let same = |known: &&Known| {
            known.hash == hash
                && known.loudness == loudness
                && self.bytes.get(known.start as usize..).and_then(|b| b.get(..usize::from(known.length)))
                    == Some(message)
        };
        let known = ways.find_map(|at| self.known.get(usize::from(*at).checked_sub(1)?).filter(same))?;
        Some(known.template as usize)
    }

    /// Remembers it, if it is not too long.
    pub(super) fn put(&mut self, loudness: Loudness, message: &[u8], template: usize) {
        let (Ok(length), Ok(template)) = (u16::try_from(message.len()), u32::try_from(template)) else {
            return;
        };
        if message.len() > MAX_LENGTH {
            return;
        }
        if self.places.is_empty() || self.known.len() == MOST || self.bytes.len() + message.len() > BYTES {
            self.forget();
        }
        let (hash, start) = (quick_hash(message), self.bytes.len() as u32);
        self.bytes.extend_from_slice(message);
        self.known.push(Known { hash, start, length, loudness, template });
        let Some(ways) = self.places.get_mut(ways(hash)) else { return };
        let at = ways.iter().position(|at| *at == 0).unwrap_or(self.known.len() % WAYS);
        if let Some(place) = ways.get_mut(at) {
            *place = self.known.len() as u16;
        }
    }

    fn forget(&mut self) {
        self.places.clear();
        self.places.resize(PLACES, 0);
        self.known.clear();
        self.bytes.clear();
    }
}

/// The places in which a message may stand.
fn ways(hash: u64) -> std::ops::Range<usize> {
    let first = hash as usize & (PLACES - WAYS);
    first..first + WAYS
}
