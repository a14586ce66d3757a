//! The client's version, where a log names it: in lines of a certain shape alone.
//!
//! Comes in: lines. Goes out: the version of each client session and where it was read. Which lines name it is data.

use std::borrow::Cow;

use bstr::ByteSlice;
use memchr::memmem::Finder;

use crate::parse::LogLine;
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
    /// The last of the earlier client sessions of the same log that names one: session, version, source.
    before: Option<(u32, String, String)>,
    /// The versions of all earlier ones, each once in a row.
    all_before: Vec<String>,
}

impl VersionReader {
    /// A reader for a new log.
    pub fn new(knowledge: &Knowledge) -> Self {
        let marks: Vec<Mark> = knowledge.version_marks.iter().filter_map(Mark::new).collect();
        Self { found: vec![None; marks.len()], marks, before: None, all_before: Vec::new() }
    }

    /// The client session `ended` is over: what the next one is of is read anew.
    pub fn next_session(&mut self, ended: u32) {
        if let Some((version, source)) = self.newest() {
            let (version, source) = (version.to_owned(), source.to_owned());
            if self.all_before.last() != Some(&version) {
                self.all_before.push(version.clone());
            }
            self.before = Some((ended, version, source));
            self.found.fill(None);
        }
    }

    /// The version that the session under way names.
    fn newest(&self) -> Option<(&str, &str)> {
        let mut both = self.found.iter().zip(&self.marks);
        both.find_map(|(found, mark)| found.as_deref().map(|v| (v, mark.source.as_str())))
    }

    /// The version of the client session that ended last, if it is that one and named it.
    pub fn of_ended(&self, session: u32) -> Option<&str> {
        self.before.as_ref().filter(|(ended, ..)| *ended == session).map(|(_, version, _)| version.as_str())
    }

    /// Looks at a line.
    pub fn see(&mut self, line: &LogLine<'_>) {
        if self.found.first().is_some_and(Option::is_some) {
            return;
        }
        for (mark, found) in self.marks.iter().zip(&mut self.found).filter(|(_, found)| found.is_none()) {
            *found = mark.read(line);
        }
    }

    /// The version of the newest client session that names one, and where it was read.
    pub fn version(&self) -> Option<(&str, &str)> {
        self.newest().or_else(|| self.before.as_ref().map(|(_, v, s)| (v.as_str(), s.as_str())))
    }

    /// The versions of all client sessions, in their order, each once in a row.
    pub fn all(&self) -> Vec<String> {
        let newest = self.version().map(|(v, _)| v.to_owned());
        let mut all: Vec<String> = self.all_before.iter().cloned().chain(newest).collect();
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
    use super::{VersionReader, version_at};
    use crate::parse;
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
}
