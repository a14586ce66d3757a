//! The words a signature may use: which events there are, and which fields each can carry.
//!
//! Comes in: the events of all packs. Goes out: answers to "is there such an event", "can it have that field", and the
//! nearest name to a mistyped one. It knows nothing of what an event means.

use std::collections::{BTreeMap, BTreeSet};

use crate::pattern::{Catalogue, EventDef, Scope, Wording, nearest};

/// The events that signatures may name.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    events: BTreeMap<String, BTreeSet<String>>,
}

impl Vocabulary {
    /// The vocabulary of these events; an event that several packs define has the fields of all.
    pub fn new<'d>(defs: impl IntoIterator<Item = &'d EventDef>) -> Self {
        let mut vocabulary = Self::default();
        for def in defs {
            vocabulary.add(def);
        }
        vocabulary
    }

    /// That of the events of a catalogue, whose wordings are compiled already.
    pub fn of(catalogue: &Catalogue) -> Self {
        let mut vocabulary = Self::default();
        for def in catalogue.events() {
            vocabulary.add_said(def);
        }
        for (def, field) in catalogue.holes() {
            if let Some(fields) = vocabulary.events.get_mut(&def.id).filter(|fields| !fields.contains(field))
            {
                fields.insert(field.to_owned());
            }
        }
        vocabulary
    }

    fn add(&mut self, def: &EventDef) {
        let fields = self.add_said(def);
        for wording in &def.wordings {
            if let Ok(compiled) = Wording::compile(&wording.text) {
                fields.extend(compiled.fields().map(str::to_owned));
            }
        }
    }

    /// Adds the fields that stand in no hole; gives the fields of the event.
    fn add_said(&mut self, def: &EventDef) -> &mut BTreeSet<String> {
        let fields = self.events.entry(def.id.clone()).or_default();
        fields.extend((!def.after.is_empty()).then(|| "after".to_owned()));
        fields.extend(def.derive.iter().map(|d| d.field.clone()));
        if def.wordings.iter().any(|wording| wording.scope == Scope::Server) {
            fields.insert("server".to_owned());
        }
        fields.extend(def.wordings.iter().flat_map(|wording| wording.set.keys().cloned()));
        fields
    }

    /// Whether there is such an event.
    pub fn has(&self, event: &str) -> bool {
        self.events.contains_key(event)
    }

    /// Whether some wording of `event` gives the field `name`; a member of a JSON field counts as given.
    pub fn has_field(&self, event: &str, name: &str) -> bool {
        let Some(fields) = self.events.get(event) else { return false };
        let base = name.split('.').next().unwrap_or(name);
        fields.contains(name) || fields.contains(base)
    }

    /// The known event whose id is most like `event`, if any is.
    pub fn nearest(&self, event: &str) -> Option<&str> {
        nearest(event, self.events.keys().map(String::as_str))
    }

    /// The field of `event` whose name is most like `name`, if any is.
    pub fn nearest_field(&self, event: &str, name: &str) -> Option<&str> {
        nearest(name, self.events.get(event)?.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::Vocabulary;
    use crate::pattern::Knowledge;

    fn vocabulary() -> Vocabulary {
        let def = serde_json::json!({
            "id": "connected", "phase": "connect", "class": "lifecycle", "says": "",
            "derive": [{ "from": "text", "field": "cause", "contains": [] }],
            "wordings": [{ "text": "Connected in {ms:ms} with {caps:json}", "set": { "transport": "stdio" },
                           "seen": [], "samples": [] }]
        });
        Vocabulary::new([&serde_json::from_value(def).unwrap()])
    }

    #[test]
    fn the_fields_of_an_event_are_its_holes_its_set_and_its_derived_ones() {
        let v = vocabulary();
        for field in ["ms", "caps", "caps.hasTools", "transport", "cause", "server"] {
            assert!(v.has_field("connected", field), "{field}");
        }
        assert!(!v.has_field("connected", "status") && !v.has_field("gone", "ms"));
    }

    #[test]
    fn that_of_a_catalogue_is_that_of_its_events() {
        let catalogue = Knowledge::builtin().catalogue;
        let of_events = Vocabulary::new(catalogue.events().iter().map(|e| &**e));
        assert_eq!(Vocabulary::of(&catalogue).events, of_events.events);
    }

    #[test]
    fn a_mistyped_name_is_answered_with_the_nearest_and_a_strange_one_with_none() {
        assert_eq!(vocabulary().nearest("conected"), Some("connected"));
        assert_eq!(vocabulary().nearest("tool.call"), None);
        assert_eq!(vocabulary().nearest_field("connected", "transprot"), Some("transport"));
    }
}
