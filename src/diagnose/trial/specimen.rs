//! An event of each kind, made from the catalogue's own samples: what mutants put into a log.

use std::collections::BTreeMap;

use super::events_of;
use crate::classify::Event;
use crate::pattern::Knowledge;

/// Events by id, one for each sample.
#[derive(Debug, Default)]
pub(super) struct Specimens(BTreeMap<String, Vec<Event>>);

impl Specimens {
    /// Reads every sample of every wording.
    pub(super) fn new(knowledge: &Knowledge) -> Self {
        let mut found: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for event in knowledge.catalogue.events() {
            for sample in event.wordings.iter().flat_map(|w| &w.samples) {
                let (events, _) = events_of(std::slice::from_ref(sample), knowledge);
                let own = events.into_iter().filter(|e| e.id() == event.id);
                found.entry(event.id.clone()).or_default().extend(own.map(|e| Event { echo: false, ..e }));
            }
        }
        Self(found)
    }

    /// The events of an id.
    pub(super) fn of(&self, event: &str) -> &[Event] {
        self.0.get(event).map(Vec::as_slice).unwrap_or_default()
    }
}
