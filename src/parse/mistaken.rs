//! Recognizes what people give instead of a log: logs of another product, transcripts.
//!
//! Comes in: the first bytes of an input. Goes out: what it is and what to give instead, if it is one of those.

use bstr::ByteSlice;
use serde_json::Value;

use super::head::{Head, SERVER};
use super::{Stamp, entry};

/// How many lines are looked at.
const LINES: usize = 20;

/// What an input is by mistake: the cause and the remedy.
pub(super) fn mistaken(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let lines = || head.lines().map(<[u8]>::trim_ascii).filter(|l| !l.is_empty()).take(LINES);
    if lines().next().is_some_and(is_desktop) || is_page_of_desktop(head) {
        let cause = "it is a log of Claude Desktop, which is another program than Claude Code";
        let remedy =
            "give what `claude --debug-file PATH` writes, or let `lastgood diagnose --latest` find it";
        return Some((cause, remedy));
    }
    if lines().next().is_some_and(|l| l.starts_with(b"{")) && lines().any(is_transcript) {
        let cause = "it is the transcript of a session, which says nothing of connections";
        let remedy =
            "give the debug log (`claude --debug-file PATH`), or let `lastgood diagnose --latest` find it";
        return Some((cause, remedy));
    }
    None
}

/// Whether lines of Claude Desktop stand in a text, and none of the client.
fn is_page_of_desktop(head: &[u8]) -> bool {
    let lines = || head.lines().map(<[u8]>::trim_ascii_start);
    let own = |line: &[u8]| Head::of(line).is_some_and(|h| h.level.is_some()) || line.contains_str(SERVER);
    lines().any(is_desktop) && !lines().any(own) && !lines().any(entry::begins)
}

/// `2025-04-18T12:26:40.161Z [server] [info] Message from client: …`, or server and level the other way round.
fn is_desktop(line: &[u8]) -> bool {
    let Some((_, length)) = Stamp::full(line) else { return false };
    let rest = line.get(length..).unwrap_or_default().trim_ascii_start();
    let Some((first, rest)) = bracket(rest) else { return false };
    let level = |word: &[u8]| matches!(word, b"info" | b"error" | b"warn" | b"debug");
    let lower = |word: &[u8]| word.iter().all(|b| !b.is_ascii_uppercase());
    lower(first)
        && (level(first) || bracket(rest.trim_ascii_start()).is_some_and(|(second, _)| level(second)))
}

/// Splits `[word] rest`.
fn bracket(text: &[u8]) -> Option<(&[u8], &[u8])> {
    text.strip_prefix(b"[")?.split_once_str("]")
}

fn is_transcript(line: &[u8]) -> bool {
    let Ok(Value::Object(object)) = serde_json::from_slice(line) else { return false };
    let has = |key: &str| object.contains_key(key);
    has("type")
        && (has("message") || has("parentUuid") || has("snapshot"))
        && (has("uuid") || has("messageId"))
}

#[cfg(test)]
mod tests {
    use super::mistaken;

    fn is(text: &str) -> bool {
        mistaken(text.as_bytes()).is_some()
    }

    #[test]
    fn a_log_of_the_desktop_program_is_named() {
        assert!(is(
            "2025-04-18T12:26:40.161Z [server] [info] Message from client: {\"id\":0} { metadata: undefined }"
        ));
        assert!(is("2025-04-18T12:26:40.161Z [info] [memory] Initializing server..."));
        let line = "2025-04-18T12:26:40.161Z [memory] [info] Message from client: {}\n";
        assert!(is(&format!("My log:\n\n```\n{line}{line}```\n")), "pasted");
        assert!(!is(&format!("{}\n{line}", "[DEBUG] MCP server \"x\": a")), "both are there");
    }

    #[test]
    fn a_transcript_is_named() {
        assert!(is(
            "{\"type\":\"summary\"}\n{\"type\":\"user\",\"message\":{},\"uuid\":\"1\",\"parentUuid\":null}"
        ));
    }

    #[test]
    fn a_log_is_no_mistake() {
        for log in [
            "2026-11-23T00:23:21.008Z [DEBUG] MCP server \"x\": a",
            "2026-11-23T00:23:21.008Z [DEBUG] [info] a",
            "{\"debug\":\"a\",\"timestamp\":\"2026-11-23T00:23:21.008Z\",\"sessionId\":\"1\"}",
            "",
        ] {
            assert!(!is(log), "{log}");
        }
    }
}
