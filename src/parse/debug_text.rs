//! The debug log as the client writes it with `--debug`, `--debug-file`, or to a terminal.
//!
//! `2026-11-23T00:23:20.763Z [DEBUG] MCP server "x": message`, without the clock before about 2.0.60. At ERROR there is
//! no colon behind the name. A message with line breaks stands either as it is, the further lines without any head
//! (stack frames, pretty JSON), or as one JSON-quoted line. Where a log has a clock, what has none continues the record
//! before it, whatever it begins with: a server may print `[ERROR] …` of its own.

use super::head::{Head, Record};
use super::{Clock, LogLine};
use crate::error::Result;
use crate::source::{Source, Tally};

pub(super) fn read(source: Source, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally> {
    let mut open = Record::default();
    let mut clock = Clock::None;
    let tally = source.each_line(&mut |number, bytes| {
        let head = Head::of(bytes).filter(|h| h.clock >= clock);
        clock = head.as_ref().map_or(clock, |h| h.clock);
        if head.is_none() && open.number > 0 {
            open.continue_with(bytes);
            return;
        }
        open.show(see);
        open.begin(number, &head.unwrap_or_default(), bytes);
    })?;
    open.show(see);
    Ok(tally)
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
    fn a_name_ends_at_its_own_quote_whatever_the_message_quotes() {
        let seen = lines(
            "[ERROR] MCP server \"x\" Connection failed: {\"error\": \"boom\"}\n\
             [DEBUG] MCP server \"a: b \"c\"d\": said \"no\": twice\n\
             [ERROR] MCP server \"claude.ai W.P\" got \"\": nothing\n",
        );
        let read: Vec<_> = seen.iter().map(|l| (l.3.as_deref().unwrap(), l.4.as_str())).collect();
        assert_eq!(
            read,
            [
                ("x", "Connection failed: {\"error\": \"boom\"}"),
                ("a: b \"c\"d", "said \"no\": twice"),
                ("claude.ai W.P", "got \"\": nothing"),
            ]
        );
    }

    #[test]
    fn in_a_log_with_a_clock_a_line_without_one_is_no_record() {
        let text = "2026-11-23T00:23:21.008Z [DEBUG] MCP server \"x\": a\n\
                    [ERROR] MCP server \"x\" Connection failed: of the server's own\n\
                    10:11:12 [INFO] up\n2026-11-23T00:23:21.009Z [DEBUG] b\n";
        let seen = lines(text);
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert_eq!(seen[0].4, text.split_once("x\": ").unwrap().1.split_once("\n2026").unwrap().0);
        assert_eq!(lines(&text.replace("2026-11-23T00:23:21.008Z ", "")).len(), 4, "before any clock");
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
