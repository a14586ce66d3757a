//! The life of each server: its events in order, repeats folded, the client's own shutdown set aside, the outcome.
//!
//! Comes in: what `classify` makes of each line. Goes out: a [`Summary`] (counts and outcomes, in constant memory) and
//! [`Life`]s (the events, for those who compare or show them). Lives never cross servers or client sessions.

mod alike;
mod fold;
mod outcome;
mod summary;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

pub use alike::Alike;
pub use fold::{Item, fold, key, unfold};
pub use outcome::{Health, Outcome};
pub use summary::{FIELDS, Input, ServerSummary, Summary, VersionRead, version_in_name};

use crate::classify::Event;
use crate::parse::BySame;
use crate::pattern::{Effect, EventDef, Phase};

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
    /// The lives of the same server in other client sessions in which the same happened, where lives are folded.
    pub alike: Alike,
}

impl Life {
    /// The line of its first event.
    pub fn first_line(&self) -> u64 {
        self.items.first().map_or(0, |item| item.event.line)
    }

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
    /// The sessions that are over, where lives are folded.
    over: Option<alike::Folded>,
    /// The session under way of those that follow each other.
    session: u32,
    /// What events are aligned by, of lines that say the same.
    keys: BySame<Arc<str>>,
}

#[derive(Debug, Default)]
struct Open {
    folder: fold::Folder,
    health: Health,
    /// The event before: what a mere aftermath follows.
    before: Option<Arc<EventDef>>,
    /// Events since a close that may be the client's shutdown; they become part of the life either way.
    ending: Vec<(Event, bool)>,
}

impl Lives {
    /// For a new log; with or without set-up details.
    pub fn new(details: bool) -> Self {
        let (open, keys) = (BTreeMap::new(), BySame::default());
        Self { details, open, order: Vec::new(), over: None, session: 0, keys }
    }

    /// The same, with lives that are alike folded: see [`Life::alike`].
    #[must_use]
    pub fn folded(self) -> Self {
        Self { over: Some(alike::Folded::default()), ..self }
    }

    /// How many lives were left out, for there were too many that are unlike each other.
    pub fn left_out(&self) -> u64 {
        self.over.as_ref().map_or(0, alike::Folded::left_out)
    }

    /// Takes an event; one without a server belongs to no life.
    pub fn see(&mut self, event: &Event) {
        let Some(server) = &event.server else { return };
        if self.over.is_some() && !event.apart && event.session != self.session {
            self.close(Some(self.session));
            self.session = event.session;
        }
        let open = match self.open.entry((event.session, Arc::clone(server))) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                self.order.push(place.key().clone());
                place.insert(Open::default())
            }
        };
        open.see(event, self.details, &mut self.keys);
    }

    /// The lives, in the order in which the servers first appear.
    pub fn finish(mut self) -> Vec<Life> {
        let mut lives = self.close(None);
        if let Some(mut over) = self.over {
            lives.drain(..).for_each(|life| over.push(life));
            lives = over.finish();
        }
        lives
    }

    /// Ends the lives of a session, or all: where they are folded those of a session that is over, else they are handed out.
    fn close(&mut self, session: Option<u32>) -> Vec<Life> {
        let all = std::mem::take(&mut self.order).into_iter();
        let (ending, going_on): (Vec<_>, Vec<_>) =
            all.partition(|(s, _)| session.is_none_or(|over| *s == over));
        self.order = going_on;
        let mut lives: Vec<Life> = Vec::new();
        for place in ending {
            let Some(open) = self.open.remove(&place) else { continue };
            let (session, server) = place;
            let (items, health) = open.finish();
            lives.push(Life { server, session, items, health, alike: Alike::default() });
        }
        if let (Some(over), true) = (&mut self.over, session.is_some()) {
            lives.drain(..).for_each(|life| over.push(life));
        }
        lives
    }
}

impl Open {
    fn see(&mut self, event: &Event, details: bool, keys: &mut BySame<Arc<str>>) {
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
            self.folder.push(event.clone(), key_of(event, keys), aftermath);
        }
        // Noise between a cause and its aftermath does not part them.
        if event.is_lifecycle() || event.effect() == Effect::Aborted {
            self.before = Some(Arc::clone(&event.def));
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
        self.before.as_ref().is_some_and(|before| causes.contains(&before.id))
    }

    fn flush(&mut self, aside: bool) {
        for (event, aftermath) in std::mem::take(&mut self.ending) {
            let key = key(&event);
            self.folder.push(event, key, aside || aftermath);
        }
    }

    fn finish(mut self) -> (Vec<Item>, Health) {
        // Nothing followed the close: it was the client's own shutdown.
        self.flush(true);
        (self.folder.finish(), self.health)
    }
}

/// The key of an event. Of lines that say the same it is made once, unless it depends on what they follow as well.
fn key_of(event: &Event, keys: &mut BySame<Arc<str>>) -> Arc<str> {
    match event.same.filter(|_| event.def.after.is_empty()) {
        Some(same) => Arc::clone(keys.get_or_put(same, || key(event))),
        None => key(event),
    }
}

/// Whether an event may be part of the client's own shutdown, with the reconnect that its own close sets off.
fn ends_a_life(event: &Event) -> bool {
    let closing = matches!(event.effect(), Effect::Closed | Effect::Recovering);
    let connecting = event.phase() == Phase::Connect && event.effect() != Effect::ConnectFailed;
    closing || connecting || event.phase() == Phase::Shutdown || !event.is_lifecycle()
}

#[cfg(test)]
mod tests {
    use super::{Life, Lives};
    use crate::classify::{Classifier, Understood};
    use crate::parse;
    use crate::pattern::Knowledge;
    use crate::source::Source;

    fn lives(log: &str, folded: bool) -> Vec<Life> {
        let knowledge = Knowledge::builtin();
        let mut classifier = Classifier::new(&knowledge);
        let lives = Lives::new(true);
        let mut lives = if folded { lives.folded() } else { lives };
        parse::read(Source::from_text("t", log), &mut |line| {
            if let Understood::Event(event) = classifier.line(line) {
                lives.see(event);
            }
        })
        .unwrap();
        lives.finish()
    }

    /// A client that starts, connects, and may then fail; `at` is where its values differ.
    fn run(at: usize, fails: bool) -> String {
        let said = |text: &str| format!("2026-11-23T00:{:02}:20.763Z [DEBUG] {text}\n", at % 60);
        let server = |text: &str| said(&format!("MCP server \"x\": {text}"));
        let fate = if fails {
            format!("Connection failed after {at}ms: MCP error -32000: Connection closed")
        } else {
            format!("Successfully connected (transport: stdio) in {at}ms")
        };
        said("[STARTUP] Loading MCP configs...")
            + &server("Starting connection with timeout of 30000ms")
            + &server(&fate)
    }

    #[test]
    fn lives_that_are_alike_are_one_with_a_count_and_the_newest_stands_by_itself() {
        let log: String = (0..40).map(|at| run(at, at % 4 == 1)).collect();
        let all = lives(&log, false);
        assert_eq!(all.len(), 40);
        let folded = lives(&log, true);
        let told: Vec<_> = folded.iter().map(|l| (l.session, l.alike.count, l.first_line())).collect();
        assert_eq!(told, [(0, 28, 2), (1, 9, 5), (39, 0, all[39].first_line())]);
        assert_eq!(folded[1].alike.places[0], (5, all[5].first_line()));
        assert_eq!(folded.iter().map(|l| 1 + l.alike.count).sum::<u64>(), 40, "none is lost");
    }

    #[test]
    fn one_session_is_told_the_same_either_way() {
        let log = run(3, true);
        assert_eq!(format!("{:?}", lives(&log, true)), format!("{:?}", lives(&log, false)));
    }
}
