//! From a log line to what it means, by the event catalogue.
//!
//! Comes in: [`LogLine`]s in order. Goes out: for each, whether it concerns MCP at all, and if so the [`Event`] that a
//! wording of the catalogue makes of it, or the line as it stands where no wording covers it. The only state is what
//! numbers client sessions and recognizes an echo. It knows no wording itself.

mod course;
mod event;
mod memo;
mod unknown;
mod version;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use event::Event;
pub use unknown::{Unknown, UnknownLine};
pub use version::VersionReader;

use self::course::Course;
use self::memo::{Asked, Kept, Memo};
use crate::parse::{BySame, Interest, LogLine, Same};
use crate::pattern::{Knowledge, Recognized, Scope, Scratch, Wanted, Wording};

/// What became of a line.
#[derive(Debug)]
pub enum Understood<'c> {
    /// It does not concern MCP.
    Outside,
    /// It concerns MCP, and no wording covers it.
    Unknown(UnknownLine),
    /// A wording covers it.
    Event(&'c Event),
}

/// Classifies the lines of one log.
pub struct Classifier<'k> {
    knowledge: &'k Knowledge,
    /// Whether a line about no server that concerns MCP may begin with a byte.
    begins: [bool; 256],
    course: Course,
    /// The fields that events get.
    wanted: Arc<Wanted>,
    scratch: Scratch,
    memo: Memo,
    /// What lines mean that say the same.
    known: BySame<Kept>,
}

/// What of a log can be more than [`Understood::Outside`], or tells the client's version.
pub fn interest(knowledge: &Knowledge) -> Interest {
    let marks = knowledge.version_marks.iter().filter(|m| m.scope == Scope::Global);
    let lines: Vec<Wording> = marks.filter_map(|m| Wording::compile(&m.line).ok()).collect();
    let heads = knowledge.mcp_heads.iter().map(String::as_str);
    Interest::new(heads.chain(lines.iter().map(Wording::head)))
}

/// What to ask a [`Classifier`] for, to get events that have the fields of these names alone.
pub fn wanted(knowledge: &Knowledge, mut names: BTreeSet<String>) -> Wanted {
    // What a global line says of a server is about that server.
    names.insert("server".to_owned());
    knowledge.catalogue.wanting(names)
}

impl<'k> Classifier<'k> {
    /// A classifier for a new log.
    pub fn new(knowledge: &'k Knowledge) -> Self {
        let mut begins = [false; 256];
        for head in &knowledge.mcp_heads {
            match head.as_bytes().first() {
                Some(byte) => begins[usize::from(*byte)] = true,
                None => begins = [true; 256],
            }
        }
        Self {
            knowledge,
            begins,
            course: Course::default(),
            wanted: Arc::default(),
            scratch: Scratch::default(),
            memo: Memo::default(),
            known: BySame::default(),
        }
    }

    /// The same, with events that have those fields alone.
    #[must_use]
    pub fn wanting(mut self, wanted: &Arc<Wanted>) -> Self {
        self.wanted = Arc::clone(wanted);
        (self.memo, self.known) = (Memo::default(), BySame::default());
        self
    }

    /// What `line` means.
    pub fn line(&mut self, line: &LogLine<'_>) -> Understood<'_> {
        if line.gap {
            self.course.break_off();
        }
        let defs = self.knowledge.catalogue.events();
        if let Some(same) = line.same {
            if self.known.get(same).is_none() && !self.learn(same, line) {
                return self.not_covered(line);
            }
            let Some(kept) = self.known.get_mut(same) else { return Understood::Outside };
            self.course.place(line, kept, defs);
            return Understood::Event(&kept.event);
        }
        let Some(scope) = self.scope(line) else { return Understood::Outside };
        let asked = Asked::new(scope, line.level, line.message);
        let Some(at) = self.memo.find(asked).or_else(|| self.recognize(scope, line)) else {
            return self.not_covered(line);
        };
        let Some(kept) = self.memo.at(at) else { return Understood::Outside };
        self.course.put_server(line, kept);
        self.course.place(line, kept, defs);
        Understood::Event(&kept.event)
    }

    /// A line that no wording covers.
    fn not_covered(&mut self, line: &LogLine<'_>) -> Understood<'static> {
        if self.scope(line).is_none() {
            return Understood::Outside;
        }
        let server = line.server.map(|s| self.course.name(s));
        let message = String::from_utf8_lossy(line.message).into_owned();
        Understood::Unknown(UnknownLine::new(line.number, line.level, server, message))
    }

    /// Learns what lines mean that say the same as `line`; false if a wording covers none of it.
    fn learn(&mut self, same: Same, line: &LogLine<'_>) -> bool {
        let Some(scope) = self.scope(line) else { return false };
        let message = String::from_utf8_lossy(line.message);
        let Some(mut kept) = self.kept(scope, line.level, &message) else { return false };
        self.course.put_server(line, &mut kept);
        self.known.put(same, kept);
        true
    }

    /// Where the wordings of a line stand, if it concerns MCP.
    fn scope(&self, line: &LogLine<'_>) -> Option<Scope> {
        match line.server {
            Some(_) => Some(Scope::Server),
            None => self.concerns_mcp(line.message).then_some(Scope::Global),
        }
    }

    /// Whether a message about no server does.
    fn concerns_mcp(&self, message: &[u8]) -> bool {
        let begins = message.first().is_none_or(|byte| self.begins[usize::from(*byte)]);
        begins && self.knowledge.mcp_heads.iter().any(|h| message.starts_with(h.as_bytes()))
    }

    /// What a message says: all of it, or where it is that of a pasted line as much as says something, for behind it other
    /// text may hang on. Gives where in the memory it stands.
    fn recognize(&mut self, scope: Scope, line: &LogLine<'_>) -> Option<usize> {
        let message = String::from_utf8_lossy(line.message);
        let asked = Asked::new(scope, line.level, message.as_bytes());
        if let Some(known) = self.memo.find(asked) {
            return Some(known);
        }
        if let Some(kept) = self.kept(scope, line.level, &message) {
            return Some(self.memo.put(asked, kept, true));
        }
        let ends = if line.ragged { ends(&message) } else { Vec::new() };
        let mut shorter = ends.into_iter().rev().filter_map(|end| message.get(..end));
        let kept = shorter.find_map(|said| self.kept(scope, line.level, said))?;
        Some(self.memo.put(asked, kept, false))
    }

    /// What the whole of `said` means, wherever it stands.
    fn kept(&mut self, scope: Scope, level: Option<&str>, said: &str) -> Option<Kept> {
        let (catalogue, scratch) = (&self.knowledge.catalogue, &mut self.scratch);
        let wording = catalogue.find(scope, level, said, scratch)?;
        let Recognized { event: def, echo, fields, .. } =
            catalogue.recognized(wording, said, scratch, &self.wanted);
        let named = fields.iter().find(|(n, _)| scope == Scope::Global && &**n == "server");
        let said_server = named.and_then(|(_, v)| v.as_str()).map(|name| self.course.name(name));
        let fields = Arc::new(fields);
        let event = Event {
            def,
            line: 0,
            stamp: None,
            session: 0,
            server: None,
            fields: Arc::clone(&fields),
            text: said.into(),
            echo,
            apart: false,
            gap: false,
            same: None,
        };
        let def = catalogue.event_of(wording);
        Some(Kept { event, def, echo, said: said_server, server: 0, fields })
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
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::{Classifier, Understood, ends};
    use crate::parse::LogLine;
    use crate::pattern::Knowledge;

    static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(Knowledge::builtin);

    /// What a line means, wherever it stands.
    fn meaning(classifier: &mut Classifier<'_>, line: &LogLine<'_>) -> String {
        match classifier.line(line) {
            Understood::Event(e) => format!("{} {:?} {} {:?}", e.id(), e.server, e.text, e.fields),
            Understood::Unknown(unknown) => format!("{unknown:?}"),
            Understood::Outside => "outside".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn what_a_line_means_does_not_depend_on_what_was_read_before(
            lines in proptest::collection::vec((0_usize..9, 0_usize..3, 0_usize..3, any::<bool>()), 1..60),
        ) {
            let messages = [
                "Connection failed after 12ms: fetch failed", "Connection failed after 21ms: fetch failed",
                "Connection failed after 12ms: fetch failed\nand more", "Tool 'a' completed successfully in 3ms",
                "Tool 'b' completed successfully in 3ms", "nobody knows this", "Starting connection with timeout of 30000ms",
                "[MCP] nobody knows this either", "",
            ];
            let mut classifier = Classifier::new(&KNOWLEDGE);
            for (said, level, server, ragged) in lines {
                let (level, server) = ([None, Some("DEBUG"), Some("ERROR")][level], [None, Some("s"), Some("t")][server]);
                let line = LogLine { message: messages[said].as_bytes(), level, server, ragged, ..LogLine::default() };
                let new = meaning(&mut Classifier::new(&KNOWLEDGE), &line);
                prop_assert_eq!(meaning(&mut classifier, &line), new);
            }
        }
    }

    #[test]
    fn other_text_begins_at_a_capital_or_on_the_next_line() {
        assert_eq!(ends("Terminal connection error 1/3 The new one"), [29]);
        assert_eq!(ends("Terminal connection error 1/3\nthe new One"), [29]);
        assert!(ends("").is_empty());
    }
}
