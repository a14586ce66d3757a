//! The client's version, where a log names it: in lines of a certain shape alone.
//!
//! Comes in: lines. Goes out: the version of each client session and where it was read. Which lines name it is data.

use std::borrow::Cow;
use std::collections::BTreeSet;

use bstr::ByteSlice;
use memchr::memmem::Finder;

use crate::parse::{BySame, LogLine};
use crate::pattern::{Knowledge, Scope, VersionMark, Wording};

/// A place where a log names the client's version, ready to be looked for.
#[derive(Debug, Clone)]
struct Mark {
    line: Wording,
    scope: Scope,
    before: Finder<'static>,
    source: String,
}

impl Mark {
    fn new(def: &VersionMark) -> Option<Self> {
        let before = Finder::new(def.before.as_bytes()).into_owned();
        let line = Wording::compile(&def.line).ok()?;
        Some(Self { line, scope: def.scope, before, source: def.source.clone() })
    }

    /// The version that a line names here. The text before it is looked for first: few lines hold it.
    fn read(&self, line: &LogLine<'_>) -> Option<String> {
        if (self.scope == Scope::Server) != line.server.is_some() {
            return None;
        }
        let at = self.before.find(line.message)? + self.before.needle().len();
        let text =
            std::str::from_utf8(line.message).map_or_else(|_| line.message.to_str_lossy(), Cow::Borrowed);
        self.line.matches(&text)?;
        version_at(&line.message[at..])
    }
}

/// The version behind the first of `marks` that a log holds, most telling mark first: `(version, source)`.
#[derive(Debug, Clone)]
pub struct VersionReader {
    marks: Vec<Mark>,
    found: Vec<Option<String>>,
    /// The last of the earlier client sessions of the same log that names one: session, version, and which mark told.
    before: Option<(u32, String, usize)>,
    /// The versions of all earlier ones, each once, as they first came.
    all_before: Vec<String>,
    known_before: BTreeSet<String>,
    /// What each mark read in lines that say the same: to search each costs more than all else that is asked of it.
    remembered: BySame<Read>,
}

/// What each mark read in a message; nothing at all where none read anything.
type Read = Box<[Option<String>]>;

/// No more versions of one log are told: a log of hundreds of gigabytes has fewer, unless somebody made them up.
const MOST_VERSIONS: usize = 1000;

impl VersionReader {
    /// A reader for a new log.
    pub fn new(knowledge: &Knowledge) -> Self {
        let marks: Vec<Mark> = knowledge.version_marks.iter().filter_map(Mark::new).collect();
        let (found, remembered) = (vec![None; marks.len()], BySame::default());
        Self { marks, found, before: None, all_before: Vec::new(), known_before: BTreeSet::new(), remembered }
    }

    /// The client session `ended` is over: what the next one is of is read anew.
    pub fn next_session(&mut self, ended: u32) {
        let newest = self.found.iter_mut().enumerate().find_map(|(mark, found)| Some((mark, found.take()?)));
        if let Some((mark, version)) = newest {
            self.tell(version.clone());
            self.before = Some((ended, version, mark));
            self.found.fill(None);
        }
    }

    /// Takes in what the lines of later sessions told, before which so many sessions ended.
    pub fn join(&mut self, later: Self, sessions: u32) {
        for version in later.all_before {
            self.tell(version);
        }
        let before = later.before.map(|(session, version, mark)| (session + sessions, version, mark));
        self.before = before.or(self.before.take());
        self.found = later.found;
    }

    /// An earlier session was of that version.
    fn tell(&mut self, version: String) {
        if self.all_before.len() < MOST_VERSIONS && self.known_before.insert(version.clone()) {
            self.all_before.push(version);
        }
    }

    /// The version that the session under way names.
    fn newest(&self) -> Option<(&str, &str)> {
        let mut found = self.found.iter().enumerate();
        found.find_map(|(mark, version)| Some((version.as_deref()?, self.source(mark))))
    }

    fn source(&self, mark: usize) -> &str {
        self.marks.get(mark).map_or("", |m| m.source.as_str())
    }

    /// The version of the client session that ended last, if it is that one and named it.
    pub fn of_ended(&self, session: u32) -> Option<&str> {
        self.before.as_ref().filter(|(ended, ..)| *ended == session).map(|(_, version, _)| version.as_str())
    }

    /// Looks at a line.
    pub fn see(&mut self, line: &LogLine<'_>) {
        if self.found.first().is_none_or(Option::is_some) {
            return;
        }
        if let Some(known) = line.same.and_then(|same| self.remembered.get(same)) {
            return take(&mut self.found, known);
        }
        // What nobody remembers need not be read by a mark that has found its version.
        let marks = self.marks.iter().zip(&self.found);
        let wanted = marks.map(|(mark, found)| (line.same.is_some() || found.is_none()).then_some(mark));
        let read: Vec<Option<String>> = wanted.map(|mark| mark?.read(line)).collect();
        take(&mut self.found, &read);
        if let Some(same) = line.same {
            let any = read.iter().any(Option::is_some);
            self.remembered.put(same, if any { read.into() } else { Read::default() });
        }
    }

    /// The version of the newest client session that names one, and where it was read.
    pub fn version(&self) -> Option<(&str, &str)> {
        self.newest().or_else(|| self.before.as_ref().map(|(_, v, mark)| (v.as_str(), self.source(*mark))))
    }

    /// The versions of all client sessions, each once, as they first came.
    pub fn all(&self) -> Vec<String> {
        let newest = self.version().map(|(v, _)| v).filter(|v| !self.known_before.contains(*v));
        self.all_before.iter().map(String::as_str).chain(newest).map(str::to_owned).collect()
    }
}

/// What a line says counts where no line before it said anything.
fn take(found: &mut [Option<String>], read: &[Option<String>]) {
    for (found, read) in found.iter_mut().zip(read) {
        if found.is_none() {
            found.clone_from(read);
        }
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
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::{VersionReader, version_at};
    use crate::classify::interest;
    use crate::parse::{self, LogLine, Passed, Reader};
    use crate::pattern::Knowledge;
    use crate::source::Source;

    #[test]
    fn a_version_is_three_numbers_without_its_build_suffix() {
        assert_eq!(version_at(b"2.1.147.a76; cc_entrypoint"), Some("2.1.147".to_owned()));
        assert_eq!(version_at(b"2.1.147 (sdk-cli)"), Some("2.1.147".to_owned()));
        assert_eq!(version_at(b"2.1"), None);
        assert_eq!(version_at(b"..1"), None);
    }

    fn version(text: &str) -> Option<(String, String)> {
        let mut reader = VersionReader::new(&Knowledge::builtin());
        parse::read(Source::from_text("t", text), &mut |line| reader.see(line)).unwrap();
        reader.version().map(|(v, s)| (v.to_owned(), s.to_owned()))
    }

    #[test]
    fn a_version_that_comes_again_is_told_once() {
        let mut reader = VersionReader::new(&Knowledge::builtin());
        for (session, version) in ["2.1.1", "2.1.2", "2.1.1", "2.1.2", "2.1.3", "2.1.1"].iter().enumerate() {
            let line = format!(
                "[DEBUG] attribution header x-anthropic-billing-header: cc_version={version}.a1; x\n"
            );
            parse::read(Source::from_text("t", &line), &mut |line| reader.see(line)).unwrap();
            assert_eq!(reader.version().map(|(v, _)| v), Some(*version));
            reader.next_session(session as u32);
        }
        assert_eq!(reader.all(), ["2.1.1", "2.1.2", "2.1.3"]);
    }

    #[test]
    fn a_version_is_read_in_its_own_line_alone() {
        let agent = "{\"url\":\"http://h/mcp\",\"headers\":{\"User-Agent\":\"claude-code/9.9.9\"}}";
        let header = "attribution header x-anthropic-billing-header: cc_version=9.9.9.a1; cc_entrypoint=cli;";
        let told = |line: &str| version(&format!("2026-11-23T00:23:21.008Z {line}\n")).map(|v| v.0);
        let nine = Some("9.9.9".to_owned());
        assert_eq!(told(&format!("[DEBUG] MCP server \"x\": HTTP transport options: {agent}")), nine);
        assert_eq!(told(&format!("[DEBUG] {header}")), nine);
        for other in [
            format!("[ERROR] MCP server \"x\" Server stderr: {agent} {header}"),
            format!("[ERROR] MCP server \"x\" Server stderr: up\nHTTP transport options: {agent}"),
            format!("[DEBUG] MCP server \"x\": {header}"),
            format!("[DEBUG] HTTP transport options: {agent}"),
            format!("[DEBUG] the user asks: {header} {agent}"),
            format!("[DEBUG] tool result:\n{header}"),
        ] {
            assert_eq!(told(&other), None, "{other}");
        }
    }

    static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(Knowledge::builtin);

    /// A reader that is told which lines say the same, and one that is not; behind some lines a client session ends.
    struct Both {
        with: VersionReader,
        without: VersionReader,
        ends: Vec<bool>,
        told: usize,
    }

    impl Reader for Both {
        fn line(&mut self, line: &LogLine<'_>) {
            self.told += usize::from(line.same.is_some());
            self.with.see(line);
            self.without.see(&LogLine { same: None, ..line.clone() });
            assert_eq!(self.with.version(), self.without.version());
            if self.ends.get(line.number as usize - 1) == Some(&true) {
                self.with.next_session(line.number as u32);
                self.without.next_session(line.number as u32);
            }
        }

        fn passed(&mut self, _: &Passed<'_>) {}
    }

    proptest! {
        #[test]
        fn a_message_that_is_remembered_tells_what_it_tells_anew(
            lines in proptest::collection::vec((0_usize..5, any::<bool>(), 0_u8..6), 1..40),
        ) {
            let agent = |v: &str| format!("HTTP transport options: {{\"User-Agent\":\"claude-code/{v}\"}}");
            let header = "attribution header x-anthropic-billing-header: cc_version=3.3.3;".to_owned();
            let messages = [agent("1.1.1"), agent("2.2.2"), header, "Connecting".to_owned(), "Client closed".to_owned()];
            let text = |(said, of_server, _): &(usize, bool, u8)| {
                let server = if *of_server { "MCP server \"s\": " } else { "" };
                format!("2026-11-23T00:23:20.763Z [DEBUG] {server}{}\n", messages[*said])
            };
            let log: String = lines.iter().map(text).collect();
            let reader = || VersionReader::new(&KNOWLEDGE);
            let ends = lines.iter().map(|line| line.2 == 0).collect();
            let mut both = Both { with: reader(), without: reader(), ends, told: 0 };
            parse::skim(Source::from_text("t", &log), &interest(&KNOWLEDGE).and_others(), &mut both).unwrap();
            prop_assert_eq!(both.told, lines.len());
            prop_assert_eq!(both.with.all(), both.without.all());
        }
    }
}
