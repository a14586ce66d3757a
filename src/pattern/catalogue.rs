//! The compiled event catalogue: from a message to the one wording that covers it.
//!
//! Comes in: a message. Goes out: which wording covers it, and what it says, as far as anybody wants to know. A
//! [`Finder`] gives the few candidates; their holes are then walked. Of several that match, the one with the most literal
//! text wins, so a special wording beats the general one whatever the order of files.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::event::{EventDef, Scope, WordingDef};
use super::fields::{Fields, Said, Wanted};
use super::finder::Finder;
use super::wording::Wording;

/// All events of all packs, ready to classify.
#[derive(Debug)]
pub struct Catalogue {
    events: Vec<Arc<EventDef>>,
    /// The wordings, that which wins over all others first.
    entries: Vec<Entry>,
    finder: Finder,
}

#[derive(Debug)]
struct Entry {
    event: usize,
    /// Which of the wordings of its event it is.
    at: usize,
    scope: Scope,
    level: Option<String>,
    wording: Wording,
    fields: Fields,
}

/// Reused from message to message, so that recognizing one allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    candidates: Vec<u32>,
    holes: Vec<Range<usize>>,
}

/// A message that a wording covers.
#[derive(Debug, Clone)]
pub struct Recognized {
    /// The event.
    pub event: Arc<EventDef>,
    /// Whether the wording only repeats another one.
    pub echo: bool,
    /// Captured, implied and derived fields.
    pub fields: Vec<(Arc<str>, Value)>,
    /// Index of the wording, for coverage in pack tests.
    pub wording: usize,
}

impl Catalogue {
    /// Compiles events; a wording that does not compile is left out and reported as `(event id, text, problem)`.
    pub fn compile(defs: Vec<EventDef>) -> (Self, Vec<(String, String, String)>) {
        let mut problems = Vec::new();
        let mut entries = Vec::new();
        let events: Vec<Arc<EventDef>> = defs.into_iter().map(Arc::new).collect();
        for (event, def) in events.iter().enumerate() {
            let needles = Arc::default();
            for (at, w) in def.wordings.iter().enumerate() {
                match Wording::compile(&w.text) {
                    Ok(wording) => {
                        let fields = Fields::new(&wording, w, def, &needles);
                        let (scope, level) = (w.scope, w.level.clone());
                        entries.push(Entry { event, at, scope, level, wording, fields });
                    }
                    Err(problem) => problems.push((def.id.clone(), w.text.clone(), problem)),
                }
            }
        }
        // Of equals the one that was loaded last.
        entries.reverse();
        entries.sort_by_key(|e: &Entry| Reverse(e.wording.literal_bytes()));
        let finder = Finder::new(entries.iter().map(|e| &e.wording));
        (Self { events, entries, finder }, problems)
    }

    /// The events, in the order of the packs.
    pub fn events(&self) -> &[Arc<EventDef>] {
        &self.events
    }

    /// An event by id.
    pub fn event(&self, id: &str) -> Option<&Arc<EventDef>> {
        self.events.iter().find(|e| e.id == id)
    }

    /// Number of wordings; `Recognized::wording` is below it.
    pub fn wordings(&self) -> usize {
        self.entries.len()
    }

    /// The wording at an index, with the event it belongs to.
    pub fn wording(&self, index: usize) -> Option<(&EventDef, &WordingDef)> {
        self.entries.get(index).and_then(|e| self.defs(e))
    }

    fn defs(&self, entry: &Entry) -> Option<(&EventDef, &WordingDef)> {
        let event = self.events.get(entry.event)?;
        Some((event, event.wordings.get(entry.at)?))
    }

    /// The holes of all wordings, each with the event whose field it is.
    pub fn holes(&self) -> impl Iterator<Item = (&EventDef, &str)> {
        self.entries.iter().flat_map(|e| e.wording.fields().map(|field| (&*self.events[e.event], field)))
    }

    /// Which of the events, in their order, a wording belongs to.
    pub fn event_of(&self, wording: usize) -> usize {
        self.entries.get(wording).map_or(0, |e| e.event)
    }

    /// The wording that covers the whole of `message`, if any, with all that it says.
    pub fn recognize(&self, scope: Scope, level: Option<&str>, message: &str) -> Option<Recognized> {
        let mut scratch = Scratch::default();
        let wording = self.find(scope, level, message, &mut scratch)?;
        Some(self.recognized(wording, message, &scratch, &Wanted::All))
    }

    /// The index of the wording that covers the whole of `message`, if any; `scratch` then holds its holes.
    pub fn find(
        &self,
        scope: Scope,
        level: Option<&str>,
        message: &str,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let Scratch { candidates, holes } = scratch;
        self.finder.candidates(message, candidates);
        let fits = |i: &&u32| {
            let entry = self.entries.get(**i as usize);
            entry.is_some_and(|e| e.may_be(scope, level) && e.wording.find(message, holes))
        };
        candidates.iter().find(fits).map(|i| *i as usize)
    }

    /// What a message says that [`Catalogue::find`] found the wording of, with the fields that are wanted.
    pub fn recognized(
        &self,
        wording: usize,
        message: &str,
        scratch: &Scratch,
        wanted: &Wanted,
    ) -> Recognized {
        let Entry { event, at, wording: covering, fields, .. } = &self.entries[wording];
        let event = Arc::clone(&self.events[*event]);
        let def = &event.wordings[*at];
        let said = Said { message, holes: &scratch.holes, wording: covering, def, event: &event };
        let (echo, fields) = (def.echo, fields.of(&said, wording, wanted));
        Recognized { event, echo, fields, wording }
    }

    /// What to ask [`Catalogue::recognized`] for, to get only fields of these names.
    pub fn wanting(&self, names: BTreeSet<String>) -> Wanted {
        let picked = self.entries.iter().map(|e| e.fields.picked(&names)).collect();
        Wanted::Some(names, picked)
    }

    /// Every wording that covers the whole of `message`, most literal first: more than one at the top is a defect.
    pub fn all_matches(&self, scope: Scope, level: Option<&str>, message: &str) -> Vec<usize> {
        let (mut found, mut holes) = (Vec::new(), Vec::new());
        self.finder.candidates(message, &mut found);
        found.dedup();
        let mut all: Vec<usize> = found.into_iter().map(|i| i as usize).collect();
        all.retain(|i| {
            let entry = &self.entries[*i];
            entry.may_be(scope, level) && entry.wording.find(message, &mut holes)
        });
        all
    }

    /// How much literal text a wording has: what decides between two that match.
    pub fn weight(&self, index: usize) -> usize {
        self.entries.get(index).map_or(0, |e| e.wording.literal_bytes())
    }
}

impl Entry {
    fn may_be(&self, scope: Scope, level: Option<&str>) -> bool {
        self.scope == scope && self.level.as_deref().is_none_or(|l| level == Some(l))
    }
}
