//! The head of a record of the debug log: clock, level, server; and the message behind it.
//!
//! `2026-11-23T00:23:20.763Z [DEBUG] MCP server "x": message`, without the clock before about 2.0.60. At ERROR there is
//! no colon behind the name. It reads one record at a time and knows nothing of the lines around it.

use std::borrow::Cow;
use std::ops::Range;

use bstr::ByteSlice;
use memchr::{memchr, memchr_iter};

use super::{Clock, LogLine, Stamp};

/// What a line about a server begins with, behind level and clock. The one constant of all versions since 0.2.
pub(super) const SERVER: &[u8] = b"MCP server \"";

/// The same inside of a JSON-quoted message.
const QUOTED_SERVER: &[u8] = b"\"MCP server \\\"";

/// What any quoted message begins with.
pub(super) const QUOTE: &[u8] = b"\"";

/// How much of a record is kept with the lines that continue it.
const MAX_MESSAGE: usize = 64 * 1024;

/// What stands before the message.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) stamp: Option<Stamp>,
    pub(super) clock: Clock,
    /// One of [`LEVELS`].
    pub(super) level: Option<&'static str>,
    pub(super) length: usize,
}

impl Head {
    /// The head of a line that begins a record; `None` if the line continues one.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let full = Stamp::full(line).map(|(s, n)| (s, n, Clock::Full));
        let timed = full.or_else(|| Stamp::time_of_day(line).map(|(s, n)| (s, n, Clock::TimeOfDay)));
        let (stamp, clock, mut at) = timed.map_or((None, Clock::None, 0), |(s, n, c)| (Some(s), c, n));
        at += spaces(&line[at..]);
        let level = level(&line[at..]);
        if let Some(name) = level {
            at += name.len() + 2;
            at += spaces(&line[at..]);
        }
        let begins = stamp.is_some() || level.is_some() || line[at..].starts_with(SERVER);
        begins.then_some(Self { stamp, clock, level, length: at })
    }
}

fn spaces(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| **b == b' ').count()
}

/// The levels there are.
pub(super) const LEVELS: [&str; 8] =
    ["DEBUG", "INFO", "WARN", "ERROR", "WARNING", "TRACE", "VERBOSE", "FATAL"];

/// `DEBUG` of `[DEBUG] …`: three to eight capitals, so that `[MCP]`-like marks of messages pass only where they
/// really begin a line, and a JSON bracket never does.
pub(super) fn level(bytes: &[u8]) -> Option<&'static str> {
    let inside = bytes.strip_prefix(b"[")?;
    let end = inside.iter().take(9).position(|b| *b == b']')?;
    LEVELS.into_iter().find(|level| level.as_bytes() == &inside[..end])
}

/// Whether a message is about a server, JSON-quoted or not.
pub(super) fn names_server(message: &[u8]) -> bool {
    message.starts_with(SERVER) || message.starts_with(QUOTED_SERVER)
}

/// A record that may still be continued. Its buffers are kept from record to record.
#[derive(Debug, Default, Clone)]
pub(super) struct Record {
    /// The line on which it begins; 0 where there is none.
    pub(super) number: u64,
    pub(super) stamp: Option<Stamp>,
    pub(super) clock: Clock,
    pub(super) level: Option<&'static str>,
    pub(super) message: Vec<u8>,
}

impl Record {
    pub(super) fn begin(&mut self, number: u64, head: &Head, bytes: &[u8]) {
        self.number = number;
        self.stamp = head.stamp;
        self.clock = head.clock;
        self.level = head.level;
        self.message.clear();
        self.message.extend_from_slice(&bytes[head.length..]);
    }

    pub(super) fn continue_with(&mut self, bytes: &[u8]) {
        if self.message.len() + bytes.len() < MAX_MESSAGE {
            self.message.push(b'\n');
            self.message.extend_from_slice(bytes);
        }
    }

    /// Hands over the record as a line, if there is one.
    pub(super) fn show(&self, see: &mut dyn FnMut(&LogLine<'_>)) {
        if self.number == 0 {
            return;
        }
        let text = unquoted(&self.message);
        let said = Said::of(&text, self.level);
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        let Self { number, stamp, clock, .. } = *self;
        see(&LogLine {
            number,
            stamp,
            clock,
            level: said.level,
            server: said.server.and_then(|name| part(name).to_str().ok()),
            message: part(said.message),
            ..LogLine::default()
        });
    }
}

/// What a record says, about whom: where in its text.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) level: Option<&'static str>,
    pub(super) server: Option<Range<usize>>,
    pub(super) message: Range<usize>,
}

impl Said {
    /// Reads an [`unquoted`] message. A line that lost its level in pasting still tells errors by the colon that they lack.
    pub(super) fn of(text: &[u8], level: Option<&'static str>) -> Self {
        server(text).map_or(Self::about_none(text, level), |name| Self::about(text, level, name))
    }

    /// The same of a message that is known to be about no server.
    pub(super) fn about_none(text: &[u8], level: Option<&'static str>) -> Self {
        Self { level, server: None, message: 0..text.len() }
    }

    fn about(text: &[u8], level: Option<&'static str>, name: Range<usize>) -> Self {
        let behind = text.get(name.end + 1..).unwrap_or_default();
        let after_colon = behind.strip_prefix(b":");
        let told = if after_colon.is_some() { "DEBUG" } else { "ERROR" };
        let message = after_colon.unwrap_or(behind).trim_ascii_start();
        let start = text.len() - message.len();
        Self { level: level.or(Some(told)), server: Some(name), message: start..text.len() }
    }
}

/// The message of a JSON-quoted line: `"MCP server \"x\" Server stderr: a\nb\n"`. One that never was JSON stays as it
/// is; one that was broken in pasting is mended.
pub(super) fn unquoted(message: &[u8]) -> Cow<'_, [u8]> {
    let message = message.trim_ascii_end();
    if message.first() != QUOTE.first() {
        return Cow::Borrowed(message);
    }
    let quoted = message.len() > 2 && message.ends_with(QUOTE);
    let text = quoted.then(|| serde_json::from_slice::<String>(message).ok()).flatten();
    match text {
        Some(text) => Cow::Owned(text.trim_end().as_bytes().to_vec()),
        None if message.starts_with(QUOTED_SERVER) => Cow::Owned(mended(message)),
        None => Cow::Borrowed(message),
    }
}

/// Reads a quoted message that is no JSON any more: real line breaks in it, or its end is missing. Where line breaks
/// are escaped as well, the real ones were put in by whatever wrapped the line.
fn mended(message: &[u8]) -> Vec<u8> {
    let inside = message.strip_prefix(b"\"").unwrap_or(message);
    let inside = inside.strip_suffix(b"\"").filter(|i| !i.ends_with(b"\\")).unwrap_or(inside);
    let wrapped = inside.contains_str("\\n");
    let mut out = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b't') => out.push(b'\t'),
                Some(b'r') | None => {}
                Some(other) => out.push(other),
            },
            b'\n' if wrapped => {}
            _ => out.push(byte),
        }
    }
    out.trim_ascii_end().to_vec()
}

/// Where the name is in `MCP server "NAME": message` (at ERROR `MCP server "NAME" message`). Names hold spaces, colons and
/// dots, and messages hold quotes: a name ends at the first quote that a blank or a colon follows.
fn server(text: &[u8]) -> Option<Range<usize>> {
    let rest = text.strip_prefix(SERVER)?;
    let ends = |at: &usize| matches!(rest.get(at + 1), Some(b' ' | b':'));
    let end = memchr_iter(b'"', rest).find(ends)?;
    let name = rest.get(..end).filter(|name| memchr(b'\n', name).is_none())?;
    name.to_str().ok().map(|_| SERVER.len()..SERVER.len() + end)
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    fn read(message: &str) -> String {
        String::from_utf8(unquoted(message.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn a_quoted_message_that_was_pasted_with_real_line_breaks_is_read() {
        assert_eq!(
            read("\"MCP server \\\"x\\\" Server stderr: a\nb"),
            "MCP server \"x\" Server stderr: a\nb"
        );
        assert_eq!(read("\"MCP server \\\"x\\\" said \\\"no\\\"\n\""), "MCP server \"x\" said \"no\"");
    }

    #[test]
    fn a_quoted_line_that_was_wrapped_is_joined_again() {
        let wrapped = "\"MCP server \\\"x\\\" Server stderr: one\\ntw\no\\n\"";
        assert_eq!(read(wrapped), "MCP server \"x\" Server stderr: one\ntwo");
    }

    #[test]
    fn what_only_begins_with_a_quote_stays_as_it_is() {
        assert_eq!(read("\"TypeError: x\nat y"), "\"TypeError: x\nat y");
    }
}
