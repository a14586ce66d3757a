//! Remembers what messages mean: a client says the same few things again and again.
//!
//! Comes in: messages. Goes out: what was understood of the same message before, if it was not so long ago. It is a table
//! of fixed size in which the newer takes the place of the older; what it forgets is understood anew.

use std::sync::Arc;

use serde_json::Value;

use super::event::Event;
use crate::parse::quick_hash;
use crate::pattern::Scope;

/// How many messages are remembered at the most; a power of two.
const PLACES: usize = 4096;

/// How many of those one message may stand in.
const WAYS: usize = 4;

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
    scope: Scope,
    level: Option<Box<str>>,
    kept: Kept,
}

impl Remembered {
    #[inline]
    fn is(&self, asked: Asked<'_>) -> bool {
        let text = self.kept.event.text.as_bytes();
        // Most that are not the same are not as long.
        text.len() == asked.text.len()
            && self.scope == asked.scope
            && self.level.as_deref() == asked.level
            && text == asked.text
    }
}

/// The messages that were understood of late, and behind them the last one that is not to be remembered.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// The hash of what stands in each place: most of what is not looked for is told by it alone.
    hashes: Vec<u64>,
    places: Vec<Option<Box<Remembered>>>,
    /// Where the message stands that came after the one of each place, the last time: it mostly comes again.
    next: Vec<u16>,
    /// Where the message before stands.
    last: usize,
    /// Which of its places the next new message takes.
    turn: usize,
}

/// A message as it is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'m> {
    scope: Scope,
    level: Option<&'m str>,
    text: &'m [u8],
}

impl<'m> Asked<'m> {
    pub(super) fn new(scope: Scope, level: Option<&'m str>, text: &'m [u8]) -> Self {
        Self { scope, level, text }
    }

    /// Its hash, and the first place in which it may stand.
    fn hashed(self) -> (u64, usize) {
        let hash = quick_hash(self.text);
        (hash, hash as usize & (PLACES - WAYS))
    }
}

impl Memo {
    /// Where it is remembered, if it is.
    pub(super) fn find(&mut self, asked: Asked<'_>) -> Option<usize> {
        let guess = usize::from(*self.next.get(self.last)?);
        let at = if self.has(guess, asked) { guess } else { self.look_up(asked)? };
        self.follow(at);
        Some(at)
    }

    fn has(&self, at: usize, asked: Asked<'_>) -> bool {
        self.places.get(at).and_then(Option::as_deref).is_some_and(|known| known.is(asked))
    }

    fn look_up(&self, asked: Asked<'_>) -> Option<usize> {
        let (hash, first) = asked.hashed();
        let hashes = self.hashes.get(first..first + WAYS)?.iter().zip(first..);
        let mut alike = hashes.filter(|(known, _)| **known == hash).map(|(_, at)| at);
        alike.find(|at| self.has(*at, asked))
    }

    /// The message that stands there comes after the one before.
    fn follow(&mut self, at: usize) {
        if let (Some(next), Ok(place)) = (self.next.get_mut(self.last), u16::try_from(at)) {
            *next = place;
        }
        self.last = at;
    }

    /// Remembers it, if it is `whole` and not too long; gives where.
    pub(super) fn put(&mut self, asked: Asked<'_>, kept: Kept, whole: bool) -> usize {
        if self.places.is_empty() {
            self.places.resize_with(PLACES + 1, || None);
            self.hashes.resize(PLACES + 1, 0);
            self.next.resize(PLACES + 1, 0);
        }
        let (Asked { scope, level, text }, (hash, first)) = (asked, asked.hashed());
        let lasts = whole && text.len() <= MAX_LENGTH;
        let free = |at: &usize| self.places.get(*at).is_some_and(Option::is_none);
        self.turn = (self.turn + 1) % WAYS;
        let new = (first..first + WAYS).find(free).unwrap_or(first + self.turn);
        let at = if lasts { new } else { PLACES };
        if let (Some(place), Some(known)) = (self.places.get_mut(at), self.hashes.get_mut(at)) {
            *place = Some(Box::new(Remembered { scope, level: level.map(Box::from), kept }));
            *known = hash;
        }
        self.follow(at);
        at
    }

    /// What stands at a place.
    pub(super) fn at(&mut self, at: usize) -> Option<&mut Kept> {
        self.places.get_mut(at)?.as_mut().map(|known| &mut known.kept)
    }
}
