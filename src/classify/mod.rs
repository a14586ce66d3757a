//! From a log line to what it means, by the event catalogue.
//!
//! Comes in: [`LogLine`]s in order. Goes out: for each, whether it concerns MCP at all, and if so the [`Event`] that a
//! wording of the catalogue makes of it, or the line as it stands where no wording covers it. The only state is what
//! numbers client sessions and recognizes an echo. It knows no wording itself.

mod event;
mod memo;
mod unknown;
mod version;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use event::Event;
pub use unknown::{Unknown, UnknownLine};
pub use version::VersionReader;

use self::memo::{Asked, Meaning, Memo};
use crate::parse::{Interest, LogLine, Stamp};
use crate::pattern::{Class, Effect, EventDef, Knowledge, Recognized, Scope, Scratch, Wanted, Wording};

/// An echo follows its twin at once, and an effect its cause; what says the same later says it anew. Milliseconds.
const JUST_NOW: i64 = 250;

/// More client sessions in one log are not told apart.
const MAX_SESSIONS: usize = 10_000;
/// The same where a log has no clock: an echo may stand behind the stack of its twin. Lines.
const JUST_NOW_LINES: u64 = 12;

/// What became of a line.
#[derive(Debug)]
pub enum Understood {
    /// It does not concern MCP.
    Outside,
    /// It concerns MCP, and no wording covers it.
    Unknown(UnknownLine),
    /// A wording covers it.
    Event(Event),
}

/// The last lifecycle event of a server: what it was, its clock and its line.
type Last = (Arc<EventDef>, Option<Stamp>, u64);

/// Classifies the lines of one log.
pub struct Classifier<'k> {
    knowledge: &'k Knowledge,
    names: BTreeMap<String, Arc<str>>,
    /// The name of the line before: most lines are about the same server.
    recent: Option<Arc<str>>,
    session: u32,
    /// The highest session so far.
    sessions: u32,
    /// The sessions that the log itself tells apart.
    told: BTreeMap<String, u32>,
    /// Whether any server was seen in the current client session.
    begun: bool,
    /// Whether lines were left out since the last event.
    gap: bool,
    /// The last lifecycle event of each server of a session.
    last: BTreeMap<(u32, Arc<str>), Last>,
    /// The fields that events get.
    wanted: Wanted,
    scratch: Scratch,
    memo: Memo,
}

/// What of a log can be more than [`Understood::Outside`], or tells the client's version.
pub fn interest(knowledge: &Knowledge) -> Interest {
    let marks = knowledge.version_marks.iter().filter(|m| m.scope == Scope::Global);
    let lines: Vec<Wording> = marks.filter_map(|m| Wording::compile(&m.line).ok()).collect();
    let heads = knowledge.mcp_heads.iter().map(String::as_str);
    Interest::new(heads.chain(lines.iter().map(Wording::head)))
}

impl<'k> Classifier<'k> {
    /// A classifier for a new log.
    pub fn new(knowledge: &'k Knowledge) -> Self {
        Self {
            knowledge,
            names: BTreeMap::new(),
            recent: None,
            session: 0,
            sessions: 0,
            told: BTreeMap::new(),
            begun: false,
            gap: false,
            last: BTreeMap::new(),
            wanted: Wanted::All,
            scratch: Scratch::default(),
            memo: Memo::default(),
        }
    }

    /// The same, with events that have the fields of these names alone.
    #[must_use]
    pub fn wanting(mut self, mut names: BTreeSet<String>) -> Self {
        // What a global line says of a server is about that server.
        names.insert("server".to_owned());
        self.wanted = self.knowledge.catalogue.wanting(names);
        self.memo = Memo::default();
        self
    }

    /// What `line` means.
    pub fn line(&mut self, line: &LogLine<'_>) -> Understood {
        if line.gap {
            self.gap = true;
            self.last.clear();
        }
        let global = line.server.is_none();
        if global && !self.knowledge.mcp_heads.iter().any(|h| line.message.starts_with(h.as_bytes())) {
            return Understood::Outside;
        }
        // Far faster than looking for what is no text, where all is.
        let message = match std::str::from_utf8(line.message) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(line.message),
        };
        let scope = if global { Scope::Global } else { Scope::Server };
        if let Some(meaning) = self.recognize(scope, line, &message) {
            return Understood::Event(self.event(line, meaning));
        }
        let server = line.server.map(|s| self.name(s));
        Understood::Unknown(UnknownLine::new(line.number, line.level, server, message.into_owned()))
    }

    /// What a message says: all of it, or where it is that of a pasted line as much as says something, for behind it other
    /// text may hang on.
    fn recognize(&mut self, scope: Scope, line: &LogLine<'_>, message: &str) -> Option<Meaning> {
        let asked = Asked::new(scope, line.level, message);
        if let Some(known) = self.memo.get(asked) {
            return Some(known.clone());
        }
        let (catalogue, scratch, wanted) = (&self.knowledge.catalogue, &mut self.scratch, &self.wanted);
        let mut recognize = |length: usize| {
            let said = message.get(..length)?;
            let wording = catalogue.find(scope, line.level, said, scratch)?;
            let Recognized { event: def, echo, fields, .. } =
                catalogue.recognized(wording, said, scratch, wanted);
            Some(Meaning { def, echo, fields: Arc::new(fields), text: said.into() })
        };
        if let Some(meaning) = recognize(message.len()) {
            self.memo.put(asked, &meaning);
            return Some(meaning);
        }
        let ends = if line.ragged { ends(message) } else { Vec::new() };
        ends.into_iter().rev().find_map(recognize)
    }

    /// The session of a line; whether it may interleave with others.
    fn session(&mut self, line: &LogLine<'_>, starts: bool) -> (u32, bool) {
        let Some(told) = line.session else {
            if starts && std::mem::take(&mut self.begun) {
                self.sessions += 1;
                self.session = self.sessions;
                self.last.clear();
            }
            return (self.session, false);
        };
        if let Some(known) = self.told.get(told.name) {
            return (*known, true);
        }
        if self.told.len() >= MAX_SESSIONS {
            return (self.sessions, true);
        }
        // The first of them is number 0, unless lines without a session came before.
        self.sessions += u32::from(self.begun || !self.told.is_empty());
        self.told.insert(told.name.to_owned(), self.sessions);
        (self.sessions, true)
    }

    fn event(&mut self, line: &LogLine<'_>, meaning: Meaning) -> Event {
        let Meaning { def, echo, mut fields, text } = meaning;
        let named = fields.iter().find(|(n, _)| line.server.is_none() && &**n == "server");
        let named = named.and_then(|(_, v)| v.as_str().map(str::to_owned));
        let server = line.server.or(named.as_deref()).map(|s| self.name(s));
        let (session, apart) = self.session(line, def.effect == Effect::ClientStart);
        self.begun |= server.is_some() && !apart;
        let lifecycle = def.class == Class::Lifecycle;
        let matters = echo || lifecycle || !def.after.is_empty();
        let place = server.as_ref().filter(|_| matters).map(|s| (session, Arc::clone(s)));
        let before = place.as_ref().and_then(|p| self.just_before(p, line));
        let echo = echo && before == Some(def.id.as_str());
        if let Some(cause) = before.filter(|b| def.after.iter().any(|a| a == b)) {
            Arc::make_mut(&mut fields).push(("after".into(), cause.into()));
        }
        if let Some(place) = place.filter(|_| lifecycle) {
            self.last.insert(place, (Arc::clone(&def), line.stamp, line.number));
        }
        let gap = std::mem::take(&mut self.gap);
        let LogLine { number: line, stamp, .. } = *line;
        Event { def, line, stamp, session, server, fields, text, echo, apart, gap }
    }

    /// The last thing that happened to a server of a session, if it was just now.
    fn just_before(&self, place: &(u32, Arc<str>), line: &LogLine<'_>) -> Option<&str> {
        let (last, at, number) = self.last.get(place)?;
        let near = match line.stamp.zip(*at) {
            Some((now, then)) => (now.0 - then.0).abs() <= JUST_NOW,
            None => line.number.abs_diff(*number) <= JUST_NOW_LINES,
        };
        near.then_some(last.id.as_str())
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.recent.as_ref().filter(|r| &***r == name) {
            return Arc::clone(known);
        }
        if let Some(known) = self.names.get(name) {
            self.recent = Some(Arc::clone(known));
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.names.insert(name.to_owned(), Arc::clone(&new));
        new
    }
}

/// Where the text of a pasted line may end and other text begin: at a line break, or before a capital.
fn ends(message: &str) -> Vec<usize> {
    const MOST: usize = 24;
    let first_line = message.find('\n').unwrap_or(message.len());
    let sentence = |at: &usize| message[at + 1..].starts_with(char::is_uppercase);
    let spaces = message[..first_line].match_indices(' ').map(|(at, _)| at).filter(sentence);
    let mut all: Vec<usize> = spaces.take(MOST).collect();
    all.extend((first_line < message.len()).then_some(first_line));
    all
}

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn other_text_begins_at_a_capital_or_on_the_next_line() {
        assert_eq!(ends("Terminal connection error 1/3 The new one"), [29]);
        assert_eq!(ends("Terminal connection error 1/3\nthe new One"), [29]);
        assert!(ends("").is_empty());
    }
}
