//! The debug log as the client writes it with `--debug`, `--debug-file`, or to a terminal.
//!
//! `2026-11-23T00:23:20.763Z [DEBUG] MCP server "x": message`, without the clock before about 2.0.60. At ERROR there is
//! no colon behind the name. A message with line breaks stands either as it is, the further lines without any head
//! (stack frames, pretty JSON), or as one JSON-quoted line.

use std::borrow::Cow;

use bstr::ByteSlice;

use super::{Clock, LogLine, Stamp};
use crate::error::Result;
use crate::source::{Source, Tally};

/// What a line about a server begins with, behind level and clock. The one constant of all versions since 0.2.
const SERVER: &[u8] = b"MCP server \"";

/// How much of the lines that continue a message is kept.
const MAX_MESSAGE: usize = 64 * 1024;

pub(super) fn read(source: Source, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally> {
    let mut open = Open::default();
    let tally = source.each_line(&mut |number, bytes| {
        let head = Head::of(bytes);
        if head.is_none() && open.number > 0 {
            open.continue_with(bytes);
            return;
        }
        open.close(see);
        open.begin(number, &head.unwrap_or_default(), bytes);
    })?;
    open.close(see);
    Ok(tally)
}

/// A record that may still be continued. Its buffers are kept from record to record.
#[derive(Default)]
struct Open {
    number: u64,
    stamp: Option<Stamp>,
    clock: Clock,
    level: String,
    message: Vec<u8>,
}

impl Open {
    fn begin(&mut self, number: u64, head: &Head<'_>, bytes: &[u8]) {
        self.number = number;
        self.stamp = head.stamp;
        self.clock = head.clock;
        self.level.clear();
        self.level.push_str(head.level.unwrap_or_default());
        self.message.clear();
        self.message.extend_from_slice(&bytes[head.length..]);
    }

    fn continue_with(&mut self, bytes: &[u8]) {
        if self.message.len() + bytes.len() < MAX_MESSAGE {
            self.message.push(b'\n');
            self.message.extend_from_slice(bytes);
        }
    }

    fn close(&mut self, see: &mut dyn FnMut(&LogLine<'_>)) {
        if self.number == 0 {
            return;
        }
        let message = unquoted(self.message.trim_ascii_end());
        let (server, colon, message) = server(&message);
        // A line that lost its level in pasting still tells errors by the colon that they lack.
        let told = server.map(|_| if colon { "DEBUG" } else { "ERROR" });
        let level = (!self.level.is_empty()).then_some(self.level.as_str()).or(told);
        see(&LogLine { number: self.number, stamp: self.stamp, clock: self.clock, level, server, message });
        self.number = 0;
    }
}

/// What stands before the message.
#[derive(Default)]
struct Head<'a> {
    stamp: Option<Stamp>,
    clock: Clock,
    level: Option<&'a str>,
    length: usize,
}

impl<'a> Head<'a> {
    /// The head of a line that begins a record; `None` if the line continues one.
    fn of(line: &'a [u8]) -> Option<Self> {
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

/// `DEBUG` of `[DEBUG] …`: three to eight capitals, so that `[MCP]`-like marks of messages pass only where they
/// really begin a line, and a JSON bracket never does.
fn level(bytes: &[u8]) -> Option<&str> {
    const LEVELS: [&str; 8] = ["DEBUG", "INFO", "WARN", "ERROR", "WARNING", "TRACE", "VERBOSE", "FATAL"];
    let inside = bytes.strip_prefix(b"[")?;
    let end = inside.iter().take(9).position(|b| *b == b']')?;
    let name = inside[..end].to_str().ok()?;
    LEVELS.contains(&name).then_some(name)
}

/// The message of a JSON-quoted line: `"MCP server \"x\" Server stderr: a\nb\n"`. One that was broken in pasting, or
/// never was JSON, stays as it is.
fn unquoted(message: &[u8]) -> Cow<'_, [u8]> {
    let quoted = message.len() > 2 && message.starts_with(b"\"") && message.ends_with(b"\"");
    let text = quoted.then(|| serde_json::from_slice::<String>(message).ok()).flatten();
    text.map_or(Cow::Borrowed(message), |t| Cow::Owned(t.trim_end().as_bytes().to_vec()))
}

/// Splits `MCP server "NAME": message` (at ERROR `MCP server "NAME" message`) into the name, whether there is a colon,
/// and the message. Names hold spaces, colons and dots.
fn server(message: &[u8]) -> (Option<&str>, bool, &[u8]) {
    let Some(rest) = message.strip_prefix(SERVER) else { return (None, false, message) };
    let first_line = rest.lines().next().unwrap_or_default();
    let end =
        first_line.find(b"\": ").or_else(|| first_line.find(b"\" ")).or_else(|| first_line.find(b"\":"));
    let Some((end, name)) = end.and_then(|e| rest[..e].to_str().ok().map(|n| (e, n))) else {
        return (None, false, message);
    };
    let body = &rest[end + 1..];
    let after_colon = body.strip_prefix(b":");
    (Some(name), after_colon.is_some(), after_colon.unwrap_or(body).trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::read;
    use crate::parse::Clock;
    use crate::source::Source;

    /// Number, clock, level, server and message of each line.
    type Seen = (u64, Clock, String, Option<String>, String);

    fn lines(text: &str) -> Vec<Seen> {
        let mut seen = Vec::new();
        let tally = read(Source::from_text("t", text), &mut |l| {
            let message = String::from_utf8_lossy(l.message).into_owned();
            seen.push((
                l.number,
                l.clock,
                l.level.unwrap_or("-").to_owned(),
                l.server.map(str::to_owned),
                message,
            ));
        });
        tally.unwrap();
        seen
    }

    #[test]
    fn the_name_ends_at_the_quote_with_or_without_a_colon() {
        let seen = lines(
            "2026-11-23T00:23:21.008Z [DEBUG] MCP server \"plugin:a:b\": Starting\n\
             2026-11-23T00:23:21.008Z [ERROR] MCP server \"claude.ai Walter PO\" Failed to fetch tools: Not connected\n",
        );
        assert_eq!(seen[0].3.as_deref(), Some("plugin:a:b"));
        assert_eq!(seen[0].4, "Starting");
        assert_eq!(seen[1].3.as_deref(), Some("claude.ai Walter PO"));
        assert_eq!(seen[1].4, "Failed to fetch tools: Not connected");
    }

    #[test]
    fn a_log_without_a_clock_has_levels_and_servers() {
        let seen = lines("[DEBUG] MCP server \"x\": a\n[INFO] b\n");
        assert_eq!((seen[0].1, seen[0].2.as_str()), (Clock::None, "DEBUG"));
        assert_eq!((seen[1].2.as_str(), seen[1].4.as_str()), ("INFO", "b"));
    }

    #[test]
    fn lines_without_a_head_continue_the_message() {
        let seen = lines(
            "[DEBUG] MCP server \"x\": tools/list failed ([\n  {\n  }\n]); retrying once\n[DEBUG] next\n",
        );
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].4, "tools/list failed ([\n  {\n  }\n]); retrying once");
        assert_eq!(seen[1].0, 5);
    }

    #[test]
    fn a_quoted_message_is_read_as_what_was_quoted() {
        let seen = lines("[ERROR] \"MCP server \\\"x\\\" Server stderr: one\\ntwo\\n\"\n");
        assert_eq!(seen[0].3.as_deref(), Some("x"));
        assert_eq!(seen[0].4, "Server stderr: one\ntwo");
    }

    #[test]
    fn lines_before_the_first_record_are_not_lost() {
        let seen = lines("some shell prompt\n[DEBUG] a\n");
        assert_eq!(seen[0].4, "some shell prompt");
        assert_eq!(seen.len(), 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in any::<Vec<u8>>()) {
            let text = String::from_utf8_lossy(&bytes);
            lines(&text);
            lines(&format!("[DEBUG] MCP server \"{text}"));
        }
    }
}
