//! The life of each server: its events in order, repeats folded, the client's own shutdown set aside, the outcome.
//!
//! Comes in: what `classify` makes of each line. Goes out: a [`Summary`] (counts and outcomes, in constant memory) and
//! [`Life`]s (the events, for those who compare or show them). Lives never cross servers or client sessions.

mod fold;
mod outcome;
mod summary;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use fold::{Item, fold, key, unfold};
pub use outcome::{Health, Outcome};
pub use summary::{FIELDS, Input, ServerSummary, Summary, VersionRead, version_in_name};

use crate::classify::Event;
use crate::pattern::{Effect, Phase};

/// The life of one server in one client session.
#[derive(Debug, Clone)]
pub struct Life {
    /// The server's name.
    pub server: Arc<str>,
    /// The client session, from 0.
    pub session: u32,
    /// Its events, repeats folded.
    pub items: Vec<Item>,
    /// What became of it.
    pub health: Health,
}

impl Life {
    /// The items in which a difference is a difference in behaviour.
    pub fn compared(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|i| i.is_compared())
    }
}

/// Collects the lives of all servers of one log.
#[derive(Debug)]
pub struct Lives {
    /// Whether set-up details are kept, which no comparison needs.
    details: bool,
    open: BTreeMap<(u32, Arc<str>), Open>,
    order: Vec<(u32, Arc<str>)>,
}

#[derive(Debug, Default)]
struct Open {
    folder: fold::Folder,
    health: Health,
    /// The event before: what a mere aftermath follows.
    before: Option<String>,
    /// Events since a close that may be the client's shutdown; they become part of the life either way.
    ending: Vec<(Event, bool)>,
}

impl Lives {
    /// For a new log; with or without set-up details.
    pub fn new(details: bool) -> Self {
        Self { details, open: BTreeMap::new(), order: Vec::new() }
    }

    /// Takes an event; one without a server belongs to no life.
    pub fn see(&mut self, event: &Event) {
        let Some(server) = &event.server else { return };
        let place = (event.session, Arc::clone(server));
        if !self.open.contains_key(&place) {
            self.order.push(place.clone());
        }
        self.open.entry(place).or_default().see(event, self.details);
    }

    /// The lives, in the order in which the servers first appear.
    pub fn finish(mut self) -> Vec<Life> {
        let order = std::mem::take(&mut self.order);
        order
            .into_iter()
            .filter_map(|place| {
                let open = self.open.remove(&place)?;
                let (session, server) = place;
                let (items, health) = open.finish();
                Some(Life { server, session, items, health })
            })
            .collect()
    }
}

impl Open {
    fn see(&mut self, event: &Event, details: bool) {
        let aftermath = event.echo || self.is_aftermath(event);
        if !self.ending.is_empty() && !aftermath && (!ends_a_life(event) || self.goes_on(event)) {
            self.flush(false);
        }
        let begins_end =
            matches!(event.effect(), Effect::Closed | Effect::Recovering) && !self.health.is_lost();
        self.health.see(event);
        if (begins_end && !self.health.is_lost()) || !self.ending.is_empty() {
            self.ending.push((event.clone(), aftermath));
        } else if details || event.is_lifecycle() {
            self.push(event.clone(), aftermath);
        }
        // Noise between a cause and its aftermath does not part them.
        if event.is_lifecycle() || event.effect() == Effect::Aborted {
            self.before = Some(event.id().to_owned());
        }
    }

    /// Whether what looked like the end was none: the reconnect that a shutdown sets off connects once at the most.
    fn goes_on(&self, event: &Event) -> bool {
        let again = matches!(event.effect(), Effect::Connected | Effect::Closed | Effect::Recovering);
        again && self.ending.iter().any(|(e, _)| e.effect() == Effect::Connected)
    }

    /// Whether `event` merely follows from the one before it. Chains: aftermath of aftermath is aftermath.
    fn is_aftermath(&self, event: &Event) -> bool {
        let causes = &event.def.aftermath_of;
        self.before.as_ref().is_some_and(|before| causes.contains(before))
    }

    fn flush(&mut self, aside: bool) {
        for (event, aftermath) in std::mem::take(&mut self.ending) {
            self.push(event, aside || aftermath);
        }
    }

    fn push(&mut self, event: Event, aside: bool) {
        self.folder.push(event, aside);
    }

    fn finish(mut self) -> (Vec<Item>, Health) {
        // Nothing followed the close: it was the client's own shutdown.
        self.flush(true);
        (self.folder.finish(), self.health)
    }
}

/// Whether an event may be part of the client's own shutdown, with the reconnect that its own close sets off.
fn ends_a_life(event: &Event) -> bool {
    let closing = matches!(event.effect(), Effect::Closed | Effect::Recovering);
    let connecting = event.phase() == Phase::Connect && event.effect() != Effect::ConnectFailed;
    closing || connecting || event.phase() == Phase::Shutdown || !event.is_lifecycle()
}
