//! Redacts a log line by line, in constant memory but for the values themselves.
//!
//! Comes in: the lines of a log in any form, as bytes. Goes out: the same number of lines. A message that goes on over
//! several lines is followed: the body of a private key, what a server wrote, a chat message.

use std::sync::LazyLock;

use regex::Regex;

use super::book::is_stand_in;
use super::redactor::{Count, Redactor};

/// What a line begins with that is the first of a record. A clock of any length, for a redacted one has another; but no label,
/// whose value may be hidden with the level in it.
static HEAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^\s*(?:[+>•-] *)?(?:\S{5,}[^\s:=]\s+)?\[[A-Z]{3,8}\]\s|^\s*\{"[a-z]+":|^\s*"?(?:debug|error|timestamp|sessionId|cwd)"\s*:"#).ok()
});

/// The labels behind which a message may go on over further lines.
const STDERR: &str = "Server stderr: ";
const STDERR_LABELS: [&str; 2] = [STDERR, "stderr of the stdio server before restarting it: "];
const CHAT: &str = "notifications/claude/channel: ";

/// What the body of a key is told by.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n";

/// What the lines belong to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    /// Nothing in particular.
    #[default]
    Nothing,
    /// The body of a private key.
    Key,
    /// A message with this label.
    Message(&'static str),
    /// An object with this label, so many braces deep.
    Object(&'static str, u32),
    /// What is behind a label that ended its line.
    Value(&'static str),
}

/// Objects of which nothing may be seen but the names, and the label that says so to the rules.
static OBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)["'`]?(?:\b(?:tool_?)?(?P<arguments>arguments|args|input)|(?P<headers>[a-z]*headers|env|environment))["'`]?\s*[:=]?\s*\{[^{}]*(?:\{[^{}]*)*$"#).ok()
});
const ARGUMENTS: &str = "\"arguments\":{";
const HEADERS: &str = "\"headers\":{";

/// A label that ends its line, so that its value is on the next.
static AWAITED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:\b(?P<bearer>bearer|basic)|(?:authorization|token|secret|passw(?:or)?d|passphrase|api[_-]?key|cookie|session-id)["'`]?\s*[:=])\s*["'`\[|>-]*\s*$"#).ok()
});
const BEARER: &str = "Authorization: Bearer ";
const SECRET: &str = "secret=";

/// Redacts one log.
#[derive(Debug, Default)]
pub struct LineRedactor {
    redactor: Redactor,
    within: Within,
}

impl LineRedactor {
    /// For a new log.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often each rule had something to hide.
    pub fn counts(&self) -> Vec<Count> {
        self.redactor.counts()
    }

    /// One line, without its line ending. Bytes that are no text become replacement characters.
    pub fn line(&mut self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let head = HEAD.as_ref().is_some_and(|h| h.is_match(&text));
        if head {
            self.within = Within::Nothing;
            self.keep_name(&text);
        }
        let out = match self.within {
            Within::Nothing => self.redactor.text(&text),
            Within::Key => self.key(&text),
            Within::Message(label) | Within::Object(label, _) => self.continued(label, &text),
            Within::Value(label) => self.awaited(label, &text),
        };
        self.follow(&text, head);
        out
    }

    /// The name of the server stays, whatever it looks like.
    fn keep_name(&mut self, text: &str) {
        let name = text.split_once("MCP server \"").and_then(|(_, rest)| rest.split_once('"'));
        if let Some((name, _)) = name {
            self.redactor.keep(name);
        }
    }

    /// What the next lines belong to. A record of JSON ends with its line.
    fn follow(&mut self, text: &str, head: bool) {
        let opened = text.rfind("PRIVATE KEY").and_then(|_| text.rfind("-----BEGIN "));
        if let Some(at) = opened {
            let open = !text.get(at..).unwrap_or_default().contains("-----END");
            self.within = if open { Within::Key } else { self.within };
        } else if head && !text.trim_start().starts_with(['{', '"']) {
            let label = match () {
                () if STDERR_LABELS.iter().any(|label| text.contains(label)) => Some(STDERR),
                () if text.contains(CHAT) => Some(CHAT),
                () => None,
            };
            self.within = label.map_or(Within::Nothing, Within::Message);
        }
        self.within = match self.within {
            Within::Object(label, depth) => deeper(label, depth, text),
            Within::Nothing | Within::Value(_) => awaiting(text),
            other => other,
        };
    }

    fn key(&mut self, text: &str) -> String {
        let (body, end) = match text.find("-----END") {
            Some(at) => text.split_at_checked(at).unwrap_or((text, "")),
            None => (text, ""),
        };
        if !end.is_empty() {
            self.within = Within::Nothing;
        }
        if body.trim().is_empty() || is_stand_in(body.trim()) {
            return text.to_owned();
        }
        let hidden = self.redactor.text(&format!("{KEY}{body}"));
        format!("{}{end}", hidden.trim_start_matches(KEY))
    }

    /// The value that a label at the end of the line before awaits; blanks before it stay.
    fn awaited(&mut self, label: &str, text: &str) -> String {
        let mark = |c: char| c.is_whitespace() || "\"'-[>+|•·".contains(c);
        let value = text.trim_start_matches(mark);
        let lead = text.len() - value.len();
        let (lead, value) = text.split_at_checked(lead).unwrap_or(("", text));
        format!("{lead}{}", self.continued(label, value))
    }

    fn continued(&mut self, label: &str, text: &str) -> String {
        if text.trim().is_empty() {
            return text.to_owned();
        }
        let whole = self.redactor.text(&format!("{label}{text}"));
        whole.strip_prefix(label).map_or(whole.clone(), str::to_owned)
    }
}

/// What the lines after this one belong to, for what it leaves open.
fn awaiting(text: &str) -> Within {
    let object = OBJECT.as_ref().and_then(|o| o.captures(text));
    if let Some(found) = object {
        let label = if found.name("arguments").is_some() { ARGUMENTS } else { HEADERS };
        let depth = found.get(0).map_or(0, |m| braces(m.as_str()));
        return if depth > 0 { Within::Object(label, depth) } else { Within::Nothing };
    }
    match AWAITED.as_ref().and_then(|a| a.captures(text)) {
        Some(found) if found.name("bearer").is_some() => Within::Value(BEARER),
        Some(_) => Within::Value(SECRET),
        None => Within::Nothing,
    }
}

fn deeper(label: &'static str, depth: u32, text: &str) -> Within {
    let opened = text.matches('{').count() as u32;
    let closed = text.matches('}').count() as u32;
    let depth = (depth + opened).saturating_sub(closed);
    if depth > 0 { Within::Object(label, depth) } else { Within::Nothing }
}

/// How many braces of a text are open at its end.
fn braces(text: &str) -> u32 {
    (text.matches('{').count() as u32).saturating_sub(text.matches('}').count() as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{AWAITED, HEAD, LineRedactor, OBJECT};

    fn redacted(log: &str) -> String {
        let mut redactor = LineRedactor::new();
        log.lines().map(|line| redactor.line(line.as_bytes()) + "\n").collect()
    }

    #[test]
    fn the_head_is_a_pattern() {
        assert!(HEAD.is_some() && OBJECT.is_some() && AWAITED.is_some());
    }

    #[test]
    fn a_head_whose_clock_is_hidden_stays_a_head() {
        let clock = "2026-11-23".to_owned() + &"2".repeat(68) + "T00:27:35.964Z";
        let log = format!("{clock} [DEBUG] MCP server \"files\" Server stderr: Error: x\nand more of it\n");
        let once = redacted(&log);
        assert_eq!(once.lines().nth(1), Some("<server output, 14 characters>"));
        assert_eq!(redacted(&once), once);
    }

    #[test]
    fn a_label_is_no_clock_of_a_head_that_is_hidden_with_its_value() {
        let log = "2026-11-23T00:37:36.295Z [ERROR] MCP server \"files\" Server stderr: Error: no\n\
                   202notifications/claude/channel: [MCP] claude.ai conn\nnext\n";
        let once = redacted(log);
        assert_eq!(redacted(&once), once);
        assert!(!once.contains("claude.ai conn"), "{once}");
    }

    #[test]
    fn a_message_is_followed_over_its_lines() {
        let log = "\
2026-11-23T00:37:43.085Z [ERROR] MCP server \"files\" Server stderr: Traceback (most recent call last):
  File \"/home/ann/app.py\", line 3, in run
    login(user, \"hunter2\")
ValueError: bad
2026-11-23T00:37:43.085Z [DEBUG] MCP server \"chat\": notifications/claude/channel: first
and second line
2026-11-23T00:37:43.085Z [DEBUG] done with all of it
";
        let wanted = "\
2026-11-23T00:37:43.085Z [ERROR] MCP server \"files\" Server stderr: Traceback (most recent call last):
  File \"/home/<user-1>/app.py\", line 3, in run
    <server output, 22 characters>
ValueError: <server output, 3 characters>
2026-11-23T00:37:43.085Z [DEBUG] MCP server \"chat\": notifications/claude/channel: <chat, 5 characters>
<chat, 15 characters>
2026-11-23T00:37:43.085Z [DEBUG] done with all of it
";
        assert_eq!(redacted(log), wanted);
    }

    #[test]
    fn a_key_is_followed_to_its_end() {
        let log = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC==\n-----END RSA PRIVATE KEY-----\nb\n";
        let wanted = "a\n-----BEGIN RSA PRIVATE KEY-----\n<private key, 6 characters>\n<private key, 8 characters>\n-----END RSA PRIVATE KEY-----\nb\n";
        assert_eq!(redacted(log), wanted);
        assert_eq!(redacted(wanted), wanted);
    }

    #[test]
    fn what_a_line_leaves_open_is_hidden_on_the_next() {
        for (log, wanted) in [
            ("Authorization: Bearer\n  demo-token\nb\n", "Authorization: Bearer\n  <token-1>\nb\n"),
            ("\"client_secret\":\n  \"hunter\"\nb\n", "\"client_secret\":\n  \"<token-1>\"\nb\n"),
            (
                "\"headers\": {\n  \"X-Team\": \"hr\",\n  \"Accept\": \"*\"\n}\n\"X\": \"hr\"\n",
                "\"headers\": {\n  \"X-Team\": \"<value-1>\",\n  \"Accept\": \"*\"\n}\n\"X\": \"hr\"\n",
            ),
            (
                "\"arguments\": {\n  \"q\": {\n  \"who\": \"Ann\"\n  }\n}\nb\n",
                "\"arguments\": {\n<arguments, 8 characters>\n<arguments, 14 characters>\n  }\n}\nb\n",
            ),
        ] {
            assert_eq!(redacted(log), wanted);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_as_many_lines(bytes in any::<Vec<u8>>()) {
            let mut redactor = LineRedactor::new();
            let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
            for line in lines {
                prop_assert!(!redactor.line(line).contains('\n'));
            }
        }
    }
}
