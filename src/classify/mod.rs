//! From a log line to what it means, by the event catalogue.
//!
//! Comes in: [`LogLine`]s in order. Goes out: for each, whether it concerns MCP at all, and if so the [`Event`] that a
//! wording of the catalogue makes of it, or the line as it stands where no wording covers it. The only state is what
//! numbers client sessions and recognizes an echo. It knows no wording itself.

mod event;

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::ByteSlice;

pub use event::Event;

use crate::parse::{LogLine, Stamp};
use crate::pattern::{Class, Effect, Knowledge, Recognized, Scope};

/// An echo follows its twin at once; what says the same later says it anew. Milliseconds.
const ECHO_WITHIN: i64 = 250;

/// More client sessions in one log are not told apart.
const MAX_SESSIONS: usize = 10_000;
/// The same where a log has no clock: an echo may stand behind the stack of its twin. Lines.
const ECHO_WITHIN_LINES: u64 = 12;

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

/// A line that concerns MCP and that no wording covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLine {
    /// 1-based line.
    pub line: u64,
    /// Its level.
    pub level: Option<String>,
    /// The server it is about.
    pub server: Option<Arc<str>>,
    /// The message.
    pub text: String,
}

/// The last lifecycle event of a server: its id, its clock and its line.
type Last = (String, Option<Stamp>, u64);

/// Classifies the lines of one log.
pub struct Classifier<'k> {
    knowledge: &'k Knowledge,
    names: BTreeMap<String, Arc<str>>,
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
}

impl<'k> Classifier<'k> {
    /// A classifier for a new log.
    pub fn new(knowledge: &'k Knowledge) -> Self {
        Self {
            knowledge,
            names: BTreeMap::new(),
            session: 0,
            sessions: 0,
            told: BTreeMap::new(),
            begun: false,
            gap: false,
            last: BTreeMap::new(),
        }
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
        let message = String::from_utf8_lossy(line.message);
        let scope = if global { Scope::Global } else { Scope::Server };
        match self.recognize(scope, line, &message) {
            Some((recognized, length)) => Understood::Event(self.event(line, recognized, &message[..length])),
            None => Understood::Unknown(UnknownLine {
                line: line.number,
                level: line.level.map(str::to_owned),
                server: line.server.map(|s| self.name(s)),
                text: message.into_owned(),
            }),
        }
    }

    /// What a message says, and how much of it says so: behind that of a pasted line, other text may hang on.
    fn recognize(&self, scope: Scope, line: &LogLine<'_>, message: &str) -> Option<(Recognized, usize)> {
        let recognize = |length: usize| {
            let known = self.knowledge.catalogue.recognize(scope, line.level, message.get(..length)?);
            known.map(|k| (k, length))
        };
        recognize(message.len()).or_else(|| {
            let ends = if line.ragged { ends(message) } else { Vec::new() };
            ends.into_iter().rev().find_map(recognize)
        })
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

    fn event(&mut self, line: &LogLine<'_>, recognized: Recognized, message: &str) -> Event {
        let Recognized { event: def, echo, fields, .. } = recognized;
        let named = fields.iter().find(|(n, _)| line.server.is_none() && &**n == "server");
        let named = named.and_then(|(_, v)| v.as_str().map(str::to_owned));
        let server = line.server.map(str::to_owned).or(named).map(|s| self.name(&s));
        let (session, apart) = self.session(line, def.effect == Effect::ClientStart);
        self.begun |= server.is_some() && !apart;
        let place = server.as_ref().map(|s| (session, Arc::clone(s)));
        let echo = echo && self.echoes(place.as_ref(), &def.id, line);
        if let (Some(place), Class::Lifecycle) = (place, def.class) {
            self.last.insert(place, (def.id.clone(), line.stamp, line.number));
        }
        let (text, gap) = (message.into(), std::mem::take(&mut self.gap));
        let LogLine { number: line, stamp, .. } = *line;
        Event { def, line, stamp, session, server, fields, text, echo, apart, gap }
    }

    /// Whether the last thing that happened to a server of a session was the event `id`, just now.
    fn echoes(&self, place: Option<&(u32, Arc<str>)>, id: &str, line: &LogLine<'_>) -> bool {
        let Some((last, at, number)) = place.and_then(|p| self.last.get(p)) else { return false };
        let near = match line.stamp.zip(*at) {
            Some((now, then)) => (now.0 - then.0).abs() <= ECHO_WITHIN,
            None => line.number.abs_diff(*number) <= ECHO_WITHIN_LINES,
        };
        last == id && near
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
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

/// The version behind the first of `marks` that a log holds, most telling mark first: `(version, source)`.
#[derive(Debug, Clone)]
pub struct VersionReader {
    marks: Vec<(memchr::memmem::Finder<'static>, String)>,
    found: Vec<Option<String>>,
    /// Those of earlier client sessions of the same log.
    before: Vec<(String, String)>,
}

impl VersionReader {
    /// A reader for a new log.
    pub fn new(knowledge: &Knowledge) -> Self {
        let marks = knowledge.version_marks.iter();
        let marks: Vec<_> = marks
            .map(|m| (memchr::memmem::Finder::new(m.before.as_bytes()).into_owned(), m.source.clone()))
            .collect();
        Self { found: vec![None; marks.len()], marks, before: Vec::new() }
    }

    /// A new client session begins: what it is of is read anew.
    pub fn next_session(&mut self) {
        if let Some((version, source)) = self.version() {
            self.before.push((version.to_owned(), source.to_owned()));
            self.found.fill(None);
        }
    }

    /// Looks at a message.
    pub fn see(&mut self, message: &[u8]) {
        if self.found.first().is_some_and(Option::is_some) {
            return;
        }
        for ((finder, _), found) in self.marks.iter().zip(&mut self.found) {
            if found.is_none() {
                *found =
                    finder.find(message).and_then(|at| version_at(&message[at + finder.needle().len()..]));
            }
        }
    }

    /// The version of the newest client session that names one, and where it was read.
    pub fn version(&self) -> Option<(&str, &str)> {
        let mut both = self.found.iter().zip(&self.marks);
        let newest = both.find_map(|(found, (_, source))| found.as_deref().map(|v| (v, source.as_str())));
        newest.or_else(|| self.before.last().map(|(v, s)| (v.as_str(), s.as_str())))
    }

    /// The versions of all client sessions, in their order, each once in a row.
    pub fn all(&self) -> Vec<String> {
        let newest = self.version().map(|(v, _)| v.to_owned());
        let mut all: Vec<String> = self.before.iter().map(|(v, _)| v.clone()).chain(newest).collect();
        all.dedup();
        all
    }
}

/// The three numbers of a version at the start of `bytes`; a build suffix such as `.a76` is left out.
fn version_at(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|b| !(b.is_ascii_digit() || *b == b'.')).unwrap_or(bytes.len());
    let dotted = bytes[..end].to_str().ok()?;
    let parts: Vec<&str> = dotted.split('.').take(3).collect();
    (parts.len() == 3 && parts.iter().all(|p| !p.is_empty() && p.len() < 8)).then(|| parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::{ends, version_at};

    #[test]
    fn other_text_begins_at_a_capital_or_on_the_next_line() {
        assert_eq!(ends("Terminal connection error 1/3 The new one"), [29]);
        assert_eq!(ends("Terminal connection error 1/3\nthe new One"), [29]);
        assert!(ends("").is_empty());
    }

    #[test]
    fn a_version_is_three_numbers_without_its_build_suffix() {
        assert_eq!(version_at(b"2.1.147.a76; cc_entrypoint"), Some("2.1.147".to_owned()));
        assert_eq!(version_at(b"2.1.147 (sdk-cli)"), Some("2.1.147".to_owned()));
        assert_eq!(version_at(b"2.1"), None);
        assert_eq!(version_at(b"..1"), None);
    }
}
