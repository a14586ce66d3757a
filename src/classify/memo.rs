//! Remembers what messages mean: a client says the same few things again and again.
//!
//! Comes in: messages. Goes out: what was understood of the same message before, if it was not so long ago. It is a table
//! of fixed size in which the newer takes the place of the older; what it forgets is understood anew.

use std::sync::Arc;

use serde_json::Value;

use crate::pattern::{EventDef, Scope};

/// How many messages are remembered at the most; a power of two.
const PLACES: usize = 4096;

/// Longer messages are not.
const MAX_LENGTH: usize = 1024;

/// What a message means.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    pub(super) def: Arc<EventDef>,
    pub(super) echo: bool,
    pub(super) fields: Arc<Vec<(Arc<str>, Value)>>,
    pub(super) text: Arc<str>,
}

#[derive(Debug)]
struct Remembered {
    hash: u64,
    scope: Scope,
    level: Option<Box<str>>,
    meaning: Meaning,
}

/// The messages that were understood of late.
#[derive(Debug, Default)]
pub(super) struct Memo {
    places: Vec<Option<Box<Remembered>>>,
}

/// A message as it is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'m> {
    hash: u64,
    scope: Scope,
    level: Option<&'m str>,
    text: &'m str,
}

impl<'m> Asked<'m> {
    pub(super) fn new(scope: Scope, level: Option<&'m str>, text: &'m str) -> Self {
        Self { hash: hash(text.as_bytes()), scope, level, text }
    }
}

impl Memo {
    /// What was understood of it, if it is remembered.
    pub(super) fn get(&self, asked: Asked<'_>) -> Option<&Meaning> {
        let known = self.places.get(asked.hash as usize & (PLACES - 1))?.as_deref()?;
        let same = known.hash == asked.hash
            && known.scope == asked.scope
            && known.level.as_deref() == asked.level
            && *known.meaning.text == *asked.text;
        same.then_some(&known.meaning)
    }

    /// Remembers it.
    pub(super) fn put(&mut self, asked: Asked<'_>, meaning: &Meaning) {
        if asked.text.len() > MAX_LENGTH {
            return;
        }
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        let Asked { hash, scope, level, .. } = asked;
        if let Some(place) = self.places.get_mut(hash as usize & (PLACES - 1)) {
            let (level, meaning) = (level.map(Box::from), meaning.clone());
            *place = Some(Box::new(Remembered { hash, scope, level, meaning }));
        }
    }
}

/// Eight bytes at a time: what collides is compared, so it need only be fast.
fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(ODD).rotate_left(29);
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(bytes.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let rest = rest.iter().fold(0, |word, b| word << 8 | u64::from(*b));
    let hash = mix(hash, rest);
    hash ^ hash >> 31
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn messages_that_differ_in_one_byte_rarely_meet() {
        let texts: Vec<String> =
            (0..4000).map(|i| format!("Connection failed after {i}ms: closed")).collect();
        let mut places: Vec<u64> = texts.iter().map(|t| hash(t.as_bytes()) % 4096).collect();
        places.sort_unstable();
        places.dedup();
        assert!(places.len() > 2300, "{} of 4000 places", places.len());
    }
}
