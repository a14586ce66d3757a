//! Remembers what messages mean: a client says the same few things again and again.
//!
//! Comes in: messages. Goes out: what was understood of the same message before, if it was not so long ago. It is a table
//! of fixed size in which the newer takes the place of the older; what it forgets is understood anew.

use std::sync::Arc;

use serde_json::Value;

use super::event::Event;
use crate::pattern::Scope;

/// How many messages are remembered at the most; a power of two.
const PLACES: usize = 4096;

/// Longer messages are not.
const MAX_LENGTH: usize = 1024;

/// What a message means: an event that is put where the line stands each time it comes.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) event: Event,
    /// Which of the catalogue's events it is.
    pub(super) def: usize,
    /// Whether its wording only repeats what others say.
    pub(super) echo: bool,
    /// The server that a line about none speaks of.
    pub(super) said: Option<Arc<str>>,
    /// The number of the event's server.
    pub(super) server: usize,
    /// Its fields, whatever it follows.
    pub(super) fields: Arc<Vec<(Arc<str>, Value)>>,
}

impl Kept {
    /// It follows an event of that id, or nothing that matters.
    pub(super) fn follow(&mut self, before: Option<&str>) {
        let event = &mut self.event;
        event.echo = self.echo && before == Some(event.def.id.as_str());
        if event.def.after.is_empty() {
            return;
        }
        event.fields = Arc::clone(&self.fields);
        if let Some(cause) = before.filter(|b| event.def.after.iter().any(|a| a == b)) {
            Arc::make_mut(&mut event.fields).push(("after".into(), cause.into()));
        }
    }
}

#[derive(Debug)]
struct Remembered {
    hash: u64,
    scope: Scope,
    level: Option<Box<str>>,
    kept: Kept,
}

/// The messages that were understood of late, and behind them the last one that is not to be remembered.
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
    text: &'m [u8],
}

impl<'m> Asked<'m> {
    pub(super) fn new(scope: Scope, level: Option<&'m str>, text: &'m [u8]) -> Self {
        Self { hash: hash(text), scope, level, text }
    }
}

impl Memo {
    /// Where it is remembered, if it is.
    pub(super) fn find(&self, asked: Asked<'_>) -> Option<usize> {
        let at = asked.hash as usize & (PLACES - 1);
        let known = self.places.get(at)?.as_deref()?;
        let same = known.hash == asked.hash
            && known.scope == asked.scope
            && known.level.as_deref() == asked.level
            && known.kept.event.text.as_bytes() == asked.text;
        same.then_some(at)
    }

    /// Remembers it, if it is `whole` and not too long; gives where.
    pub(super) fn put(&mut self, asked: Asked<'_>, kept: Kept, whole: bool) -> usize {
        if self.places.is_empty() {
            self.places.resize_with(PLACES + 1, || None);
        }
        let Asked { hash, scope, level, text } = asked;
        let lasts = whole && text.len() <= MAX_LENGTH;
        let at = if lasts { hash as usize & (PLACES - 1) } else { PLACES };
        if let Some(place) = self.places.get_mut(at) {
            *place = Some(Box::new(Remembered { hash, scope, level: level.map(Box::from), kept }));
        }
        at
    }

    /// What stands at a place.
    pub(super) fn at(&mut self, at: usize) -> Option<&mut Kept> {
        self.places.get_mut(at)?.as_mut().map(|known| &mut known.kept)
    }
}

/// Sixteen bytes at a time: what collides is compared, so it need only be fast.
fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: &[u8; 16]| {
        let word = u128::from_le_bytes(*word);
        let product = u128::from(hash ^ word as u64) * u128::from(ODD ^ (word >> 64) as u64);
        product as u64 ^ (product >> 64) as u64
    };
    let (words, _) = bytes.as_chunks::<16>();
    let hash = words.iter().fold(ODD ^ bytes.len() as u64, mix);
    let last = bytes.last_chunk::<16>().copied().unwrap_or_else(|| {
        let mut short = [0; 16];
        short.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        short
    });
    let hash = mix(hash, &last);
    hash ^ hash >> 29
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
