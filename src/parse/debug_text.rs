//! The debug log as the client writes it with `--debug`, `--debug-file`, or to a terminal.
//!
//! `2026-11-23T00:23:20.763Z [DEBUG] MCP server "x": message`, without the clock before about 2.0.60. At ERROR there is
//! no colon behind the name. A message with line breaks stands either as it is, the further lines without any head
//! (stack frames, pretty JSON), or as one JSON-quoted line. Where a log has a clock, what has none continues the record
//! before it, whatever it begins with: a server may print `[ERROR] …` of its own. Who cut such a log by hand left a mark
//! where lines are gone.

use bstr::ByteSlice;

use super::head::{Head, Record, names_server};
use super::pasted::{is_elision, may_be_elision};
use super::{Clock, LogLine};
use crate::error::Result;
use crate::source::{Source, Tally};

pub(super) fn read(source: Source, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally> {
    let mut open = Record::default();
    // Whether lines were left out before the open record, and behind it.
    let (mut gap, mut cut) = (false, false);
    let mut clock = Clock::None;
    let tally = source.each_line(&mut |number, bytes| {
        let bytes = unpadded(bytes);
        let head = Head::of(bytes).filter(|h| h.clock >= clock);
        clock = head.as_ref().map_or(clock, |h| h.clock);
        if head.is_none() && open.number > 0 {
            if is_cut(bytes, &open.message) {
                cut = true;
            } else {
                open.continue_with(bytes);
            }
            return;
        }
        show(&open, gap, see);
        gap = std::mem::take(&mut cut);
        open.begin(number, &head.unwrap_or_default(), bytes);
    })?;
    show(&open, gap, see);
    Ok(tally)
}

/// Hands over a record; with a `gap` lines were left out before it.
pub(super) fn show(record: &Record, gap: bool, see: &mut dyn FnMut(&LogLine<'_>)) {
    record.show(&mut |line| if gap { see(&LogLine { gap, ..line.clone() }) } else { see(line) });
}

/// Whether a line behind a record with the message `open` says that lines were left out. Dots that are indented are those of a stack
/// (`... 5 lines matching`), and what a server writes may look like anything.
pub(super) fn is_cut(line: &[u8], open: &[u8]) -> bool {
    let indented = line.first().is_none_or(u8::is_ascii_whitespace);
    let said = || names_server(open) && open.contains_str("Server stderr");
    !indented && may_be_elision(line) && is_elision(&String::from_utf8_lossy(line)) && !said()
}

/// A line behind the NULs that a killed process left before it.
pub(super) fn unpadded(line: &[u8]) -> &[u8] {
    let padding = line.iter().take_while(|b| **b == 0).count();
    line.get(padding..).unwrap_or_default()
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
    fn a_mark_for_lines_that_were_left_out_is_a_gap_and_no_part_of_a_message() {
        let gaps = |text: &str| {
            let mut gaps = Vec::new();
            read(Source::from_text("t", text), &mut |l| gaps.push((l.gap, l.message.contains(&b'.'))))
                .unwrap();
            gaps
        };
        assert_eq!(
            gaps("[DEBUG] a\n... 15 seconds pass ...\n[DEBUG] b\n[DEBUG] c\n")[..2],
            [(false, false), (true, false)]
        );
        let stack = "[DEBUG] a\n    ... 5 lines matching cause stack trace ...\n[DEBUG] b\n";
        assert_eq!(gaps(stack), [(false, true), (false, false)]);
        assert_eq!(
            gaps("[ERROR] MCP server \"x\" Server stderr: a\n...\n[DEBUG] b\n"),
            [(false, true), (false, false)]
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
    fn the_padding_of_a_killed_process_hides_no_line() {
        let seen = lines("[DEBUG] a\n\0\0\0\0[DEBUG] MCP server \"x\": b\n\0\0");
        assert_eq!((seen[1].0, seen[1].4.as_str()), (2, "b"));
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
