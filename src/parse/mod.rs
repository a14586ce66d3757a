//! From bytes to log lines: what stands where in a line, not what it means.
//!
//! Comes in: a [`Source`]. Goes out: one [`LogLine`] after another, pushed into a closure, borrowed from the input.
//! Each form of log is one file of this room and one line in [`DIALECTS`]. Parsing cannot fail: a line that fits
//! nothing is a line without clock and level, or continues the one before it.

mod debug_text;
mod stamp;

pub use stamp::{Clock, Stamp};

use crate::error::{Error, ErrorKind, Result};
use crate::source::{Source, Tally, is_binary};

/// A log line, with the lines that continue it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// 1-based number of its first line.
    pub number: u64,
    /// Its clock.
    pub stamp: Option<Stamp>,
    /// How much of a clock that is.
    pub clock: Clock,
    /// Its level as written, e.g. `DEBUG`.
    pub level: Option<&'a str>,
    /// The server that it is about.
    pub server: Option<&'a str>,
    /// The message behind level and server; lines that continue it are joined with `\n`.
    pub message: &'a [u8],
}

/// Reads an input and hands over its lines.
type Reader = fn(Source, &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally>;

/// A form of log.
pub struct Dialect {
    /// The name of the JSON documents, where the form has a clock.
    pub form: &'static str,
    /// The name where it has none.
    pub form_without_clock: &'static str,
    /// Whether an input that begins like this is in this form.
    sniff: fn(&[u8]) -> bool,
    /// Reads it.
    read: Reader,
}

/// All forms, the pickiest first; the last takes anything.
pub static DIALECTS: &[Dialect] = &[Dialect {
    form: "debug-text",
    form_without_clock: "debug-text-no-clock",
    sniff: |_| true,
    read: debug_text::read,
}];

/// Reads a log in whatever form it is.
pub fn read(source: Source, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<(&'static Dialect, Tally)> {
    let head = source.head();
    if head.is_empty() {
        let remedy = "check that the log was written (`--debug-file PATH`) and copied whole";
        return Err(Error::new(ErrorKind::Input, &source.label, "the file is empty", remedy));
    }
    if is_binary(head) {
        let remedy = "give the text log that `claude --debug-file PATH` writes";
        return Err(Error::new(ErrorKind::Input, &source.label, "it is no text but binary data", remedy));
    }
    let mut fitting = DIALECTS.iter().filter(|d| (d.sniff)(head));
    // The last dialect takes anything; a list without such a one is caught by the test below.
    let Some(dialect) = fitting.next() else {
        return Err(Error::new(ErrorKind::Input, &source.label, "its form is not known", "give a debug log"));
    };
    let tally = (dialect.read)(source, see)?;
    Ok((dialect, tally))
}

#[cfg(test)]
mod tests {
    use super::DIALECTS;

    #[test]
    fn some_dialect_takes_any_input() {
        for head in [&b"x"[..], b"\xff\xfe", b"{", b"[", b""] {
            assert!(DIALECTS.iter().any(|d| (d.sniff)(head)));
        }
    }
}
