//! What a line says: the fields of an event, made of the holes of its wording.
//!
//! Comes in: a message and where the holes of its wording lie. Goes out: named values: what the holes hold with the
//! members of JSON, what the wording implies, what is derived. Only those that somebody wants are made: most fields of
//! most lines nobody ever looks at.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use memchr::memmem::{self, Finder};
use serde_json::Value;

use super::event::{EventDef, WordingDef};
use super::wording::{Wording, members};

/// A field: its name and its value.
type Field = (Arc<str>, Value);

/// The names of the fields of one wording.
#[derive(Debug)]
pub(super) struct Fields {
    holes: Vec<Arc<str>>,
    set: Vec<Arc<str>>,
    derived: Vec<Arc<str>>,
    /// For each derived field the hole that it is derived from; `None`: from something else.
    sources: Vec<Option<usize>>,
    needles: Arc<OnceLock<Needles>>,
}

/// What the derived fields of an event are looked for by, ready to be looked for. They are made ready when first some are:
/// most events occur in no log, and in most logs few.
pub(super) type Needles = Vec<Vec<Finder<'static>>>;

/// The needles of an event.
fn needles(event: &EventDef) -> Needles {
    let finder = |(needle, _): &(String, Value)| Finder::new(needle.as_bytes()).into_owned();
    event.derive.iter().map(|d| d.contains.iter().map(finder).collect()).collect()
}

/// Which fields are made.
#[derive(Debug, Clone, Default)]
pub enum Wanted {
    /// All of them.
    #[default]
    All,
    /// Those of these names, and what that means for each wording.
    Some(BTreeSet<String>, Vec<Picked>),
}

/// What is wanted of one wording.
#[derive(Debug, Clone)]
pub struct Picked {
    /// For each hole, whether its own value is.
    holes: Vec<bool>,
    /// For each hole the keys of its members that are, in quotes: a text without one of them has no such member.
    members: Vec<Vec<String>>,
    set: Vec<bool>,
    derived: Vec<bool>,
    /// Something is derived from what is no hole: all fields are made, and then the wanted ones kept.
    by_all: bool,
    /// Whether nothing at all is.
    nothing: bool,
}

/// A message, its wording with the places of its holes, and the definitions of both.
pub(super) struct Said<'a> {
    pub(super) message: &'a str,
    pub(super) holes: &'a [Range<usize>],
    pub(super) wording: &'a Wording,
    pub(super) def: &'a WordingDef,
    pub(super) event: &'a EventDef,
}

impl Said<'_> {
    fn hole(&self, index: usize) -> &str {
        self.holes.get(index).and_then(|at| self.message.get(at.clone())).unwrap_or_default()
    }
}

impl Fields {
    /// `needles` are those of `event`, which all its wordings share.
    pub(super) fn new(
        wording: &Wording,
        def: &WordingDef,
        event: &EventDef,
        needles: &Arc<OnceLock<Needles>>,
    ) -> Self {
        let holes: Vec<Arc<str>> = wording.fields().map(Arc::from).collect();
        let hole = |name: &str| {
            holes.iter().position(|h| &**h == name).filter(|i| wording.value(*i, "").is_string())
        };
        Self {
            set: def.set.keys().map(|n| n.as_str().into()).collect(),
            derived: event.derive.iter().map(|d| d.field.as_str().into()).collect(),
            sources: event.derive.iter().map(|d| hole(&d.from)).collect(),
            needles: Arc::clone(needles),
            holes,
        }
    }

    /// Which of them are wanted.
    pub(super) fn picked(&self, names: &BTreeSet<String>) -> Picked {
        let wants = |all: &[Arc<str>]| all.iter().map(|n| names.contains(&**n)).collect::<Vec<bool>>();
        let (holes, set, derived) = (wants(&self.holes), wants(&self.set), wants(&self.derived));
        let members: Vec<Vec<String>> = self.holes.iter().map(|h| members_of(h, names)).collect();
        let by_all = self.sources.iter().zip(&derived).any(|(s, wanted)| *wanted && s.is_none());
        let any = [&holes, &set, &derived].into_iter().flatten().any(|w| *w);
        let nothing = !any && members.iter().all(Vec::is_empty);
        Picked { holes, members, set, derived, by_all, nothing }
    }

    /// The fields of `said` that are wanted, in the order of precedence. `at` is the index of its wording.
    pub(super) fn of(&self, said: &Said<'_>, at: usize, wanted: &Wanted) -> Vec<Field> {
        let Wanted::Some(names, picked) = wanted else { return self.all(said) };
        match picked.get(at) {
            Some(picked) if picked.nothing => Vec::new(),
            Some(picked) if !picked.by_all => self.some(said, picked, names),
            _ => {
                let mut all = self.all(said);
                all.retain(|(name, _)| names.contains(&**name));
                all
            }
        }
    }

    fn all(&self, said: &Said<'_>) -> Vec<Field> {
        let mut out: Vec<Field> = Vec::with_capacity(self.holes.len() + self.set.len());
        for (i, name) in self.holes.iter().enumerate() {
            let text = said.hole(i);
            out.push((Arc::clone(name), said.wording.value(i, text)));
            add_members(name, text, &mut out, |_| true);
        }
        out.extend(self.set.iter().zip(said.def.set.values()).map(|(n, v)| (Arc::clone(n), v.clone())));
        for (i, name) in self.derived.iter().enumerate() {
            let from = said.event.derive.get(i).map(|d| d.from.as_str());
            let text = out.iter().find(|(n, _)| Some(&**n) == from).and_then(|(_, v)| v.as_str());
            let value = text.and_then(|t| self.derived(said.event, i, t)).cloned();
            add_derived(name, value, &mut out);
        }
        out
    }

    fn some(&self, said: &Said<'_>, picked: &Picked, names: &BTreeSet<String>) -> Vec<Field> {
        let mut out = Vec::new();
        for (i, name) in self.holes.iter().enumerate() {
            let text = said.hole(i);
            if picked.holes.get(i) == Some(&true) {
                out.push((Arc::clone(name), said.wording.value(i, text)));
            }
            let keys = picked.members.get(i).map_or(&[][..], Vec::as_slice);
            if keys.iter().any(|k| memmem::find(text.as_bytes(), k.as_bytes()).is_some())
                || (!keys.is_empty() && text.contains('\\'))
            {
                add_members(name, text, &mut out, |n| names.contains(n));
            }
        }
        let set = self.set.iter().zip(said.def.set.values()).zip(&picked.set);
        out.extend(set.filter(|(_, wanted)| **wanted).map(|((n, v), _)| (Arc::clone(n), v.clone())));
        for (i, name) in
            self.derived.iter().enumerate().filter(|(i, _)| picked.derived.get(*i) == Some(&true))
        {
            let text = self.sources.get(i).copied().flatten().map(|hole| said.hole(hole));
            let value = text.and_then(|t| self.derived(said.event, i, t)).cloned();
            add_derived(name, value, &mut out);
        }
        out
    }

    /// The value that is derived from `text` by the derivation at an index.
    fn derived<'e>(&self, event: &'e EventDef, index: usize, text: &str) -> Option<&'e Value> {
        let needles = self.needles.get_or_init(|| needles(event));
        let at = needles.get(index)?.iter().position(|needle| needle.find(text.as_bytes()).is_some())?;
        event.derive.get(index)?.contains.get(at).map(|(_, value)| value)
    }
}

/// The keys of the members of a hole that are wanted, in quotes.
fn members_of(hole: &str, names: &BTreeSet<String>) -> Vec<String> {
    let all = format!("{hole}.");
    let inside = names.range(all.clone()..).map_while(|n| n.strip_prefix(all.as_str()));
    inside.map(|way| format!("\"{}\"", way.rsplit('.').next().unwrap_or(way))).collect()
}

fn add_members(name: &str, text: &str, out: &mut Vec<Field>, keep: impl Fn(&str) -> bool) {
    if text.starts_with(['{', '[']) {
        let mut inner = Vec::new();
        members(name, text, &mut inner);
        out.extend(inner.into_iter().filter(|(n, _)| keep(n)).map(|(n, v)| (n.into(), v)));
    }
}

/// What is known already is not derived.
fn add_derived(name: &Arc<str>, value: Option<Value>, out: &mut Vec<Field>) {
    if let Some(value) = value.filter(|_| out.iter().all(|(n, _)| n != name)) {
        out.push((Arc::clone(name), value));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::pattern::catalogue::Scratch;
    use crate::pattern::{Knowledge, Scope, Wanted};

    #[test]
    fn what_is_wanted_is_what_of_all_fields_has_a_wanted_name() {
        let knowledge = Knowledge::builtin();
        let catalogue = &knowledge.catalogue;
        let names = [
            "status",
            "cause",
            "transport",
            "caps.protocolEra",
            "env.NO_PROXY",
            "code",
            "session",
            "message",
        ];
        let names: BTreeSet<String> = names.map(str::to_owned).into();
        let some = catalogue.wanting(names.clone());
        let (mut scratch, mut seen) = (Scratch::default(), 0);
        for message in samples(&knowledge) {
            for level in [None, Some("ERROR"), Some("DEBUG")] {
                let Some(at) = catalogue.find(Scope::Server, level, &message, &mut scratch) else { continue };
                let mut all = catalogue.recognized(at, &message, &scratch, &Wanted::All).fields;
                all.retain(|(n, _)| names.contains(&**n));
                assert_eq!(catalogue.recognized(at, &message, &scratch, &some).fields, all, "{message}");
                seen += all.len();
            }
        }
        assert!(seen > 100, "{seen} fields prove little");
    }

    /// The messages of all samples of the pack, behind the head of their server.
    fn samples(knowledge: &Knowledge) -> Vec<String> {
        let wordings = knowledge.catalogue.events().iter().flat_map(|e| &e.wordings);
        let lines = wordings.flat_map(|w| &w.samples);
        lines.filter_map(|s| s.split_once("\": ").map(|(_, message)| message.to_owned())).collect()
    }
}
