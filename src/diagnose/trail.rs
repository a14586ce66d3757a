//! What the engine keeps of events: only those that filled a step, and of them only what a finding shows.
//!
//! Comes in: the event at hand. Goes out: [`Captured`] copies, at most one an event however many signatures want it,
//! and [`Trail`]s of them, which share their beginnings. Everything kept is bounded.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::Value;

use super::clock::{Clock, Pos};
use super::says;
use crate::classify::Event;
use crate::parse::Stamp;
use crate::pattern::EventDef;

/// Longer messages are cut, in characters: a log line can be megabytes.
const MAX_TEXT: usize = 2000;

/// What is kept of an event: where it stands, and what it says.
#[derive(Debug, Clone)]
pub(super) struct Captured {
    pub(super) line: u64,
    pub(super) stamp: Option<Stamp>,
    pub(super) what: Arc<What>,
}

/// What an event says: all that say the same share it.
#[derive(Debug)]
pub(super) struct What {
    pub(super) def: Arc<EventDef>,
    pub(super) text: Arc<str>,
    server: Option<Arc<str>>,
    /// Its fields; of a long message those alone that some template shows, as they are shown.
    fields: Arc<Vec<(Arc<str>, Value)>>,
}

impl What {
    /// A field, ready to be shown.
    pub(super) fn shown(&self, name: &str) -> Option<String> {
        let value = self.fields.iter().find(|(n, _)| &**n == name).map(|(_, v)| v);
        match (value, &self.server) {
            (Some(Value::Null), _) => None,
            (Some(value), _) => Some(shown(value)),
            (None, Some(server)) if name == "server" => Some(says::clean(server)),
            (None, _) => None,
        }
    }
}

/// A value without what could do harm, and cut.
fn shown(value: &Value) -> String {
    match value {
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => says::clean(text),
        json => says::clean(&json.to_string()),
    }
}

/// The event at hand, and where it stands.
pub(super) struct Moment<'e> {
    pub(super) event: &'e Event,
    pub(super) clock: &'e Clock,
    pub(super) pos: Pos,
    /// The fields that are worth keeping.
    wanted: &'e [Arc<str>],
    what: &'e OnceCell<Arc<What>>,
}

impl<'e> Moment<'e> {
    /// `what` is what is kept of what the event says, once it was asked for; it may serve for all that say the same.
    pub(super) fn new(
        event: &'e Event,
        clock: &'e Clock,
        wanted: &'e [Arc<str>],
        what: &'e OnceCell<Arc<What>>,
    ) -> Self {
        Self { event, clock, pos: clock.pos(), wanted, what }
    }

    /// What is kept of the event; made when the first signature asks for it.
    pub(super) fn captured(&self) -> Captured {
        let what = self.what.get_or_init(|| Arc::new(capture(self.event, self.wanted)));
        Captured { line: self.event.line, stamp: self.event.stamp, what: Arc::clone(what) }
    }
}

fn capture(event: &Event, wanted: &[Arc<str>]) -> What {
    // Only what is said in so many words can be long.
    let short = event.text.len() <= MAX_TEXT;
    let kept = || {
        let wanted = event.fields.iter().filter(|(name, _)| wanted.contains(name));
        Arc::new(wanted.map(|(name, value)| (Arc::clone(name), Value::from(shown(value)))).collect())
    };
    What {
        def: Arc::clone(&event.def),
        text: match cut(&event.text) {
            Cow::Borrowed(_) => Arc::clone(&event.text),
            Cow::Owned(short) => short.into(),
        },
        server: event.server.clone(),
        fields: if short { Arc::clone(&event.fields) } else { kept() },
    }
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => Cow::Owned(text.get(..end).unwrap_or_default().to_owned() + "…"),
        None => Cow::Borrowed(text),
    }
}

/// The events that fill a step: one, or as many as it counts.
#[derive(Debug, Clone)]
pub(super) enum Filled {
    One(Captured),
    Many(Vec<Captured>),
}

impl Filled {
    pub(super) fn events(&self) -> &[Captured] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    fn after(&self, lines: u64) -> Self {
        match self {
            Self::One(one) => Self::One(one.after(lines)),
            Self::Many(many) => Self::Many(many.iter().map(|one| one.after(lines)).collect()),
        }
    }
}

impl Captured {
    fn after(&self, lines: u64) -> Self {
        Self { line: self.line + lines, ..self.clone() }
    }
}

/// The steps filled so far, as a list that later trails share.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    filled: Filled,
    before: Option<Arc<Trail>>,
}

impl Trail {
    pub(super) fn new(before: Option<Trail>, filled: Filled) -> Self {
        Self { filled, before: before.map(Arc::new) }
    }

    /// The same in a log in which so many lines stand before it.
    pub(super) fn after(&self, lines: u64) -> Self {
        let before = self.before.as_ref().map(|before| Arc::new(before.after(lines)));
        Self { filled: self.filled.after(lines), before }
    }

    /// What fills each step, first step first.
    pub(super) fn steps(&self) -> Vec<&Filled> {
        let mut all: Vec<&Filled> =
            std::iter::successors(Some(self), |t| t.before.as_deref()).map(|t| &t.filled).collect();
        all.reverse();
        all
    }
}

/// A partial match: the steps up to some step are filled.
#[derive(Debug, Clone)]
pub(super) struct Partial {
    pub(super) first: Pos,
    pub(super) last: Pos,
    pub(super) trail: Trail,
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;
    use std::sync::Arc;

    use super::{Filled, Moment, Trail};
    use crate::classify::Event;
    use crate::diagnose::clock::Clock;
    use crate::diagnose::fixture::{event, with};

    #[test]
    fn an_event_is_copied_once_and_only_what_is_shown_of_it() {
        let (clock, wanted) = (Clock::default(), ["v".into(), "gone".into()]);
        let event = with(with(event("a", 7), "v", 404), "tool", "t");
        let what = OnceCell::new();
        let now = Moment::new(&event, &clock, &wanted, &what);
        let (captured, again) = (now.captured(), now.captured());
        assert!(Arc::ptr_eq(&captured.what, &again.what) && Arc::ptr_eq(&captured.what.text, &event.text));
        assert_eq!((captured.line, captured.what.shown("v").as_deref()), (7, Some("404")));
        assert_eq!(
            (captured.what.shown("server").as_deref(), captured.what.shown("gone")),
            (Some("s"), None)
        );
        let long = Event { text: "x".repeat(2001).into(), ..event };
        let what = Moment::new(&long, &clock, &wanted, &OnceCell::new()).captured().what;
        assert_eq!((what.shown("v").as_deref(), what.shown("tool")), (Some("404"), None));
    }

    #[test]
    fn a_message_of_megabytes_is_cut() {
        let clock = Clock::default();
        let event = Event { text: "é".repeat(1 << 20).into(), ..event("a", 1) };
        let what = Moment::new(&event, &clock, &[], &OnceCell::new()).captured().what;
        assert_eq!(what.text.chars().count(), 2001);
    }

    #[test]
    fn a_trail_is_read_from_its_beginning() {
        let clock = Clock::default();
        let captured = |line| {
            let event = event("a", line);
            Filled::One(Moment::new(&event, &clock, &[], &OnceCell::new()).captured())
        };
        let trail = Trail::new(Some(Trail::new(None, captured(1))), captured(2));
        assert_eq!(trail.steps().iter().map(|f| f.events()[0].line).collect::<Vec<_>>(), [1, 2]);
    }
}
