//! From bytes to log lines: what stands where in a line, not what it means.
//!
//! Comes in: a [`Source`]. Goes out: one [`LogLine`] after another, pushed into a closure, borrowed from the input.
//! Each form of log is one file of this room and one line in [`DIALECTS`]. Parsing cannot fail: a line that fits
//! nothing is a line without clock and level, or continues the one before it.

mod apart;
mod debug_text;
mod ends;
mod entry;
mod head;
mod interest;
mod mcp_json_array;
mod mcp_jsonl;
mod minute;
mod mistaken;
mod passed;
mod pasted;
mod per_server;
mod quick;
mod said;
mod same;
mod skim;
mod skimmed;
mod stamp;

pub use interest::Interest;
pub use passed::Passed;
pub use pasted::{Excerpt, Page, Run, excerpts};
pub use quick::quick_hash;
pub use same::{BySame, Same};
pub use skimmed::Reader;
pub use stamp::{Clock, Stamp};

use crate::error::{Error, ErrorKind, Result};
use crate::source::{Log, Source, Tally, is_binary};

/// A log line, with the lines that continue it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    /// The client session, where the log itself tells which of several a line belongs to; they may interleave.
    pub session: Option<Session<'a>>,
    /// Whether lines were left out before it: nothing can be said of the time that passed.
    pub gap: bool,
    /// Whether text that is not the log's may hang on behind its message.
    pub ragged: bool,
    /// What lines have that say the same, where that was found out.
    pub same: Option<Same>,
}

/// A client session that a log tells from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session<'a> {
    /// What tells it from others.
    pub name: &'a str,
    /// The client's version, where something beside the log tells it.
    pub version: Option<&'a str>,
}

/// Reads an input and hands over its lines.
type Read = fn(Source, &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally>;

/// A form of log.
pub struct Dialect {
    /// The name of the JSON documents, where the form has a clock.
    pub form: &'static str,
    /// The name where it has none.
    pub form_without_clock: &'static str,
    /// Whether an input that begins like this is in this form.
    sniff: fn(&[u8]) -> bool,
    /// Reads it.
    read: Read,
}

/// What the client writes on request; it takes anything.
static DEBUG_TEXT: Dialect = Dialect {
    form: "debug-text",
    form_without_clock: "debug-text-no-clock",
    sniff: |_| true,
    read: debug_text::read,
};

/// All forms, the pickiest first.
pub static DIALECTS: &[&Dialect] = &[
    &one("mcp-json-array", mcp_json_array::sniff, mcp_json_array::read),
    &one("mcp-jsonl", mcp_jsonl::sniff, mcp_jsonl::read),
    &one("pasted", pasted::sniff, pasted::read),
    &DEBUG_TEXT,
];

/// A form that has one name, with a clock or without.
const fn one(form: &'static str, sniff: fn(&[u8]) -> bool, read: Read) -> Dialect {
    Dialect { form, form_without_clock: form, sniff, read }
}

/// Reads a log in whatever form it is.
pub fn read(source: Source, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<(&'static Dialect, Tally)> {
    refuse(&source, true)?;
    let dialect = of_form(source.head());
    let tally = (dialect.read)(source, see)?;
    Ok((dialect, tally))
}

/// Reads a log of one input or of several.
pub fn read_log(log: &Log, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<(&'static Dialect, Tally)> {
    let [only] = log.parts.as_slice() else { return per_server::read_all(log, see) };
    let mut source = Source::open(only)?;
    if log.label != *only {
        source.label.clone_from(&log.label);
    }
    read(source, see)
}

/// Reads a log in whatever form it is; of a debug log only what is of `interest`.
pub fn skim(
    source: Source,
    interest: &Interest,
    reader: &mut impl Reader,
) -> Result<(&'static Dialect, Tally)> {
    skim_by(source, reader, |source, reader| apart::read(source, interest, reader))
}

/// The same, with a second thread to understand a long debug log on.
pub fn skim_apart<R: Reader + Send>(
    source: Source,
    interest: &Interest,
    reader: &mut R,
) -> Result<(&'static Dialect, Tally)> {
    skim_by(source, reader, |source, reader| apart::read_apart(source, interest, reader))
}

/// The form of a log that can be skimmed in parts: a debug log.
pub fn form_in_parts(source: &Source) -> Option<&'static Dialect> {
    let whole = refuse(source, true).is_ok() && std::ptr::eq(of_form(source.head()), &raw const DEBUG_TEXT);
    whole.then_some(&DEBUG_TEXT)
}

/// Skims a part of a debug log, wherever it begins.
pub fn skim_part(source: Source, interest: &Interest, reader: &mut impl Reader) -> Result<Tally> {
    apart::read(source, interest, reader)
}

fn skim_by<R: Reader>(
    source: Source,
    reader: &mut R,
    skim: impl FnOnce(Source, &mut R) -> Result<Tally>,
) -> Result<(&'static Dialect, Tally)> {
    refuse(&source, true)?;
    let dialect = of_form(source.head());
    let tally = if std::ptr::eq(dialect, &raw const DEBUG_TEXT) {
        skim(source, reader)?
    } else {
        (dialect.read)(source, &mut |line| reader.line(line))?
    };
    Ok((dialect, tally))
}

/// Refuses what is no log, and with `empty` what holds nothing.
fn refuse(source: &Source, empty: bool) -> Result<()> {
    let head = source.head();
    let error = |cause: &str, remedy: &str| Err(Error::new(ErrorKind::Input, &source.label, cause, remedy));
    if head.is_empty() && empty {
        let remedy = "check that the log was written (`--debug-file PATH`) and copied whole";
        return error("the file is empty", remedy);
    }
    if is_binary(head) {
        let remedy = "give the text log that `claude --debug-file PATH` writes";
        return error("it is no text but binary data", remedy);
    }
    mistaken::mistaken(head).map_or(Ok(()), |(cause, remedy)| error(cause, remedy))
}

/// The form of an input that begins like this; the last takes anything.
fn of_form(head: &[u8]) -> &'static Dialect {
    DIALECTS.iter().copied().find(|d| (d.sniff)(head)).unwrap_or(&DEBUG_TEXT)
}

/// The form of that name, e.g. `pasted`.
pub fn named(form: &str) -> &'static Dialect {
    DIALECTS.iter().copied().find(|d| d.form == form).unwrap_or(&DEBUG_TEXT)
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
