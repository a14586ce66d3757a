//! An entry of the per-server logs: a JSON object with the message under `debug` or `error`.
//!
//! Comes in: the text of one object, or lines in which objects stand anywhere ([`Objects`]). Goes out: [`Entry`]s. An
//! object that is cut off is read as far as it goes; one that is no entry is passed over. What is kept of an object
//! is bounded.

use std::collections::VecDeque;

use bstr::ByteSlice;
use serde::Deserialize;
use serde_json::Value;

use super::{Clock, LogLine, Session, Stamp};

/// Longer objects are not read. Bytes.
const MAX_OBJECT: usize = 2 << 20;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The line on which its message stands.
    pub(super) number: u64,
    pub(super) stamp: Option<Stamp>,
    /// The client session that wrote it.
    pub(super) session: Option<String>,
    error: bool,
    message: String,
}

#[derive(Deserialize)]
struct Raw {
    debug: Option<Value>,
    error: Option<Value>,
    timestamp: Option<Value>,
    #[serde(rename = "sessionId")]
    session: Option<Value>,
}

impl Entry {
    /// The entry in the text of an object, or in the beginning of one.
    pub(super) fn of(number: u64, json: &[u8]) -> Option<Self> {
        let ends: [&[u8]; 4] = [b"", b"}", b"\"}", b"null}"];
        let text = json.trim_ascii();
        let whole = text.strip_suffix(b",").unwrap_or(text);
        let raw = ends.iter().find_map(|end| serde_json::from_slice::<Raw>(&[whole, end].concat()).ok())?;
        let (error, said) = match (raw.error, raw.debug) {
            (Some(said), _) => (true, said),
            (None, said) => (false, said?),
        };
        let text = |v: Value| if let Value::String(s) = v { s } else { v.to_string() };
        let stamp = raw.timestamp.and_then(|t| Stamp::full(t.as_str()?.as_bytes()));
        let message = text(said).trim_end().to_owned();
        Some(Self { number, stamp: stamp.map(|s| s.0), session: raw.session.map(text), error, message })
    }

    /// A line that was to be an entry and cannot be read as one.
    pub(super) fn unreadable(number: u64, line: &[u8]) -> Self {
        let message = String::from_utf8_lossy(line).into_owned();
        Self { number, stamp: None, session: None, error: false, message }
    }

    /// Hands it over as a line about `server`.
    pub(super) fn show(&self, server: &str, session: Option<&str>, see: &mut dyn FnMut(&LogLine<'_>)) {
        see(&LogLine {
            number: self.number,
            stamp: self.stamp,
            clock: if self.stamp.is_some() { Clock::Full } else { Clock::None },
            level: Some(if self.error { "ERROR" } else { "DEBUG" }),
            server: Some(server),
            message: self.message.as_bytes(),
            session: session.map(|name| Session { name, version: None }),
            ..LogLine::default()
        });
    }

    /// The same as a line of the debug log, for those who go on to read it as one.
    pub(super) fn message(&self) -> (&'static str, &str) {
        (if self.error { "ERROR" } else { "DEBUG" }, &self.message)
    }
}

/// Whether a text begins like an object of the per-server logs.
pub(super) fn begins(text: &[u8]) -> bool {
    let inside = unpadded(text).strip_prefix(b"{").map(unpadded);
    inside.is_some_and(|i| i.starts_with(b"\"debug\":") || i.starts_with(b"\"error\":"))
}

/// Finds objects in lines, wherever they stand.
#[derive(Debug, Default)]
pub(super) struct Objects {
    text: Vec<u8>,
    depth: u32,
    in_string: bool,
    escaped: bool,
    first: u64,
    /// The line of the key that holds the message.
    said: Option<u64>,
    ready: VecDeque<Entry>,
}

impl Objects {
    /// Takes a line.
    pub(super) fn feed(&mut self, number: u64, line: &[u8]) {
        let trimmed = line.trim_ascii();
        if trimmed == b"{" && self.depth > 0 {
            // The one before was cut off.
            self.close();
        }
        if trimmed.starts_with(b"\"debug\":") || trimmed.starts_with(b"\"error\":") {
            self.said.get_or_insert(number);
        }
        for byte in line {
            self.byte(number, *byte);
        }
        if self.depth > 0 && !self.in_string {
            self.text.push(b'\n');
        }
    }

    fn byte(&mut self, number: u64, byte: u8) {
        if self.depth == 0 {
            if byte == b'{' {
                self.text.clear();
                self.text.push(byte);
                (self.depth, self.first, self.said) = (1, number, None);
            }
            return;
        }
        if self.text.len() < MAX_OBJECT {
            self.text.push(byte);
        }
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            b'{' if !self.in_string => self.depth += 1,
            b'}' if !self.in_string => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.close();
                }
            }
            _ => {}
        }
    }

    /// Reads the object that is open, whole or not.
    pub(super) fn close(&mut self) {
        let entry = Entry::of(self.said.take().unwrap_or(self.first), &self.text);
        self.ready.extend(entry);
        self.text.clear();
        (self.depth, self.in_string, self.escaped) = (0, false, false);
    }

    /// Whether an object is open.
    pub(super) fn is_open(&self) -> bool {
        self.depth > 0
    }

    /// The next entry that is whole.
    pub(super) fn next(&mut self) -> Option<Entry> {
        self.ready.pop_front()
    }
}

/// A text behind blanks and the NULs that a killed process left.
fn unpadded(text: &[u8]) -> &[u8] {
    text.trim_start_with(|c| c == '\0' || c.is_ascii_whitespace())
}

/// Whether a head holds an object of the per-server logs that is spread over lines.
pub(super) fn is_spread(head: &[u8]) -> bool {
    let opens = unpadded(head);
    let inside = unpadded(opens.strip_prefix(b"[").unwrap_or(opens));
    let spread = opens.starts_with(b"[") || inside.lines().next().is_some_and(|l| l.trim_ascii() == b"{");
    spread && begins(inside)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Entry, Objects};

    fn found(text: &str) -> Vec<(u64, String)> {
        let mut objects = Objects::default();
        for (i, line) in text.lines().enumerate() {
            objects.feed(i as u64 + 1, line.as_bytes());
        }
        objects.close();
        std::iter::from_fn(|| objects.next()).map(|e| (e.number, e.message)).collect()
    }

    #[test]
    fn an_entry_stands_on_the_line_of_its_message() {
        let text = "[\n  {\n    \"debug\": \"a {\\\"\",\n    \"cwd\": \"/\"\n  },\n  {\n    \"error\": \"b\"\n  }\n]";
        assert_eq!(found(text), [(3, "a {\"".to_owned()), (7, "b".to_owned())]);
        assert_eq!(found("[{\"debug\":\"a\"},{\"error\":\"b\"}]").len(), 2);
    }

    #[test]
    fn an_object_that_is_cut_off_costs_only_itself() {
        let text = "  {\n    \"debug\": \"a\",\n    \"cwd\": \"/ho\n  {\n    \"error\": \"b\"\n";
        assert_eq!(found(text).len(), 2);
        assert_eq!(Entry::of(1, b"{\"debug\":\"half a mess").unwrap().message, "half a mess");
        assert_eq!(Entry::of(1, b"{\"cwd\":\"/\"}"), None);
    }

    #[test]
    fn a_time_that_was_cut_is_none() {
        let entry = Entry::of(1, b"{\"debug\":\"x\",\"timestamp\":\"(cut)\"}").unwrap();
        assert_eq!((entry.stamp, entry.message.as_str()), (None, "x"));
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_without_a_panic(text in any::<String>()) {
            found(&text);
            found(&format!("{{\"debug\":{text}"));
        }
    }
}
