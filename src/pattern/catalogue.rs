//! The compiled event catalogue: from a message to the one wording that covers it.
//!
//! One Aho-Corasick automaton over the longest literal run of every wording finds the candidates in one pass over the
//! message; the holes of the few candidates are then walked. Of several that match, the one with the most literal
//! text wins, so a special wording beats the general one whatever the order of files.

use std::collections::BTreeMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::event::{EventDef, Scope, WordingDef};
use super::wording::{Wording, members};

/// All events of all packs, ready to classify.
#[derive(Debug)]
pub struct Catalogue {
    events: Vec<Arc<EventDef>>,
    entries: Vec<Entry>,
    finder: Option<AhoCorasick>,
    /// Which entries each pattern of `finder` stands for.
    by_anchor: Vec<Vec<usize>>,
}

#[derive(Debug)]
struct Entry {
    event: usize,
    def: WordingDef,
    wording: Wording,
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
            for w in &def.wordings {
                match Wording::compile(&w.text) {
                    Ok(wording) => entries.push(Entry { event, def: w.clone(), wording }),
                    Err(problem) => problems.push((def.id.clone(), w.text.clone(), problem)),
                }
            }
        }
        let mut anchors: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, entry) in entries.iter().enumerate() {
            anchors.entry(entry.wording.anchor().to_owned()).or_default().push(i);
        }
        // A set of literals that the automaton cannot hold does not occur below millions of wordings.
        let finder = AhoCorasick::builder().match_kind(MatchKind::Standard).build(anchors.keys()).ok();
        (Self { events, entries, finder, by_anchor: anchors.into_values().collect() }, problems)
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
        self.entries.get(index).map(|e| (&*self.events[e.event], &e.def))
    }

    /// The wording that covers the whole of `message`, if any.
    pub fn recognize(&self, scope: Scope, level: Option<&str>, message: &str) -> Option<Recognized> {
        let index = self
            .candidates(scope, level, message)
            .max_by_key(|i| self.entries[*i].wording.literal_bytes())?;
        let entry = &self.entries[index];
        let captured = entry.wording.matches(message)?;
        let event = Arc::clone(&self.events[entry.event]);
        let fields = fields(&event, &entry.def, captured);
        Some(Recognized { event, echo: entry.def.echo, fields, wording: index })
    }

    /// Every wording that covers the whole of `message`, most literal first: more than one at the top is a defect.
    pub fn all_matches(&self, scope: Scope, level: Option<&str>, message: &str) -> Vec<usize> {
        let mut all: Vec<usize> = self.candidates(scope, level, message).collect();
        all.sort_by_key(|i| std::cmp::Reverse(self.entries[*i].wording.literal_bytes()));
        all
    }

    /// How much literal text a wording has: what decides between two that match.
    pub fn weight(&self, index: usize) -> usize {
        self.entries.get(index).map_or(0, |e| e.wording.literal_bytes())
    }

    fn candidates(&self, scope: Scope, level: Option<&str>, message: &str) -> impl Iterator<Item = usize> {
        let mut seen: Vec<usize> = Vec::new();
        if let Some(finder) = &self.finder {
            for hit in finder.find_overlapping_iter(message) {
                seen.extend(&self.by_anchor[hit.pattern().as_usize()]);
            }
        }
        seen.sort_unstable();
        seen.dedup();
        seen.retain(|i| {
            let entry = &self.entries[*i];
            entry.def.scope == scope
                && entry.def.level.as_deref().is_none_or(|l| level == Some(l))
                && entry.wording.matches(message).is_some()
        });
        seen.into_iter()
    }
}

fn fields(event: &EventDef, def: &WordingDef, captured: Vec<(&str, Value)>) -> Vec<(Arc<str>, Value)> {
    let mut out: Vec<(Arc<str>, Value)> = Vec::with_capacity(captured.len() + def.set.len());
    for (name, value) in captured {
        let json = value.as_str().filter(|t| t.starts_with(['{', '[']));
        let mut inner = Vec::new();
        if let Some(text) = json {
            members(name, text, &mut inner);
        }
        out.push((name.into(), value));
        out.extend(inner.into_iter().map(|(n, v)| (n.into(), v)));
    }
    out.extend(def.set.iter().map(|(n, v)| (n.as_str().into(), v.clone())));
    for d in &event.derive {
        let known = out.iter().any(|(n, _)| **n == *d.field);
        let text = out.iter().find(|(n, _)| **n == *d.from).and_then(|(_, v)| v.as_str());
        let value = text.and_then(|t| d.contains.iter().find(|(needle, _)| t.contains(needle.as_str())));
        if let (false, Some((_, value))) = (known, value) {
            out.push((d.field.as_str().into(), value.clone()));
        }
    }
    out
}
