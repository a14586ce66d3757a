//! Puts text on the clipboard by asking the terminal to (OSC 52), which works over SSH, too.
//!
//! Comes in: a report. Goes out: one control sequence, to standard error and only if that is a terminal; in it the
//! report is base64, so that nothing of it is a control. It refuses what terminals would cut off in silence.

use std::io::{self, IsTerminal, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, ErrorKind, Result};

/// Bytes that terminals take: several stop at 100,000 letters of base64, which are 75,000 bytes.
const MAX_BYTES: usize = 74_000;

/// Copies a text.
pub(super) fn copy(text: &str) -> Result<()> {
    let mut terminal = io::stderr().lock();
    if !terminal.is_terminal() {
        return Err(refusal("standard error is no terminal", "run it in a terminal, or use -o FILE"));
    }
    let sequence = sequence(text)?;
    let written = terminal.write_all(sequence.as_bytes()).and_then(|()| terminal.flush());
    written.map_err(|e| refusal(&e.to_string(), "use -o FILE"))
}

/// The control sequence that sets the clipboard.
fn sequence(text: &str) -> Result<String> {
    if text.len() > MAX_BYTES {
        let cause = format!("the report has {} bytes, and a terminal takes {MAX_BYTES}", text.len());
        return Err(refusal(&cause, "lower --max-chars with --format markdown, or use -o FILE"));
    }
    Ok(format!("\u{1b}]52;c;{}\u{7}", STANDARD.encode(text)))
}

fn refusal(cause: &str, remedy: &str) -> Error {
    Error::new(ErrorKind::Output, "--copy", cause, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_base64_between_the_marks() {
        assert_eq!(sequence("rm -rf \u{1b}]52\u{7}\n").unwrap(), "\u{1b}]52;c;cm0gLXJmIBtdNTIHCg==\u{7}");
    }

    #[test]
    fn what_a_terminal_would_cut_off_is_refused_with_the_remedy() {
        assert!(sequence(&"x".repeat(MAX_BYTES)).unwrap().len() < 100_000);
        let error = sequence(&"x".repeat(MAX_BYTES + 1)).unwrap_err().to_string();
        assert!(error.contains("74001 bytes") && error.contains("--max-chars"), "{error}");
    }
}
