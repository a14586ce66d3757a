//! Tells what a message says from what merely varies: message text to template and captures.
//!
//! In: one message, without stamp and level, of any bytes. Out: its template, the message with typed slots in
//! place of what differs between two runs of the same thing, and the originals with their places:
//!
//! ```
//! use lastgood::normalize::{SlotKind, template};
//! let t = template("Writing to temp file: /home/dev/.claude.json.tmp.30746.6c66d60b99c0, 50 bytes, in 3ms");
//! assert_eq!(t.text, "Writing to temp file: <path>, <size>, in <ms>");
//! assert_eq!((t.slots[2].kind, t.slots[2].text.as_str()), (SlotKind::Ms, "3ms"));
//! ```
//!
//! What is meaning stays as it is written: words, identifiers, names of errors, HTTP statuses, exit and
//! JSON-RPC codes. So two messages with one template differ only in values, and no line is taken for another.
//! A slot that already stands in the message (`<ms>`) is taken as that slot: to normalize twice is to
//! normalize once. This room merges nothing that differs in a word, and judges nothing.

mod context;
mod cursor;
mod id;
#[cfg(test)]
mod laws;
mod number;
mod place;
mod scan;
mod stamp;

use std::ops::Range;

use scan::Scanner;

/// What kind of value a slot stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SlotKind {
    /// A count or another plain number: `353`, `-1`, `1,204`, `36.9`.
    Number,
    /// A duration with its unit, whatever the unit: `327ms`, `2s`, `1m 30s`.
    Ms,
    /// An amount of data with its unit: `17.2KB`, `50 bytes`.
    Size,
    /// A UUID.
    Uuid,
    /// An opaque name made by a machine: the tail of `toolu_…` and `req_…`, a token.
    Id,
    /// Hexadecimal digits, eight or more, with a digit among them; `0x…`.
    Hex,
    /// What follows `scheme://`.
    Url,
    /// A file's path, with its `:line:column` if there is one.
    Path,
    /// A version: `2.1.147`, `24.3.0`, `2.1.147.a76`, `1.0.0-beta.2`.
    Version,
    /// A date, a time of day, or both.
    Stamp,
    /// A TCP port.
    Port,
    /// A process id.
    Pid,
    /// An IPv4 or IPv6 address.
    Ip,
}

impl SlotKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Number,
        Self::Ms,
        Self::Size,
        Self::Uuid,
        Self::Id,
        Self::Hex,
        Self::Url,
        Self::Path,
        Self::Version,
        Self::Stamp,
        Self::Port,
        Self::Pid,
        Self::Ip,
    ];

    /// How a template writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "<n>",
            Self::Ms => "<ms>",
            Self::Size => "<size>",
            Self::Uuid => "<uuid>",
            Self::Id => "<id>",
            Self::Hex => "<hex>",
            Self::Url => "<url>",
            Self::Path => "<path>",
            Self::Version => "<version>",
            Self::Stamp => "<stamp>",
            Self::Port => "<port>",
            Self::Pid => "<pid>",
            Self::Ip => "<ip>",
        }
    }
}

/// One value of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// What kind of value it is.
    pub kind: SlotKind,
    /// The value as it was written.
    pub text: String,
    /// Where it stood in the message, in bytes.
    pub at: Range<usize>,
}

/// A message, told apart into what it says and what varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The message with `<kind>` in place of each slot.
    pub text: String,
    /// The slots, in the order of the message.
    pub slots: Vec<Slot>,
}

impl Template {
    /// The message again: the template with its values put back.
    pub fn message(&self) -> String {
        let (mut out, mut rest) = (String::new(), self.text.as_str());
        for slot in &self.slots {
            let (before, after) = rest.split_once(slot.kind.as_str()).unwrap_or((rest, ""));
            out.push_str(before);
            out.push_str(&slot.text);
            rest = after;
        }
        out + rest
    }
}

/// The template of a message, with its values.
pub fn template(message: &str) -> Template {
    let (mut text, mut slots, mut done) = (String::with_capacity(message.len()), Vec::new(), 0);
    for (kind, at) in Scanner::new(message.as_bytes()) {
        text.push_str(message.get(done..at.start).unwrap_or_default());
        text.push_str(kind.as_str());
        done = at.end;
        slots.push(Slot { kind, text: message.get(at.clone()).unwrap_or_default().to_owned(), at });
    }
    text.push_str(message.get(done..).unwrap_or_default());
    Template { text, slots }
}

/// The text of the template alone, into a buffer that is emptied first: for loops over many lines.
pub fn template_key(message: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut done = 0;
    for (kind, at) in Scanner::new(message) {
        out.extend_from_slice(cursor::slice(message, done, at.start));
        out.extend_from_slice(kind.as_str().as_bytes());
        done = at.end;
    }
    out.extend_from_slice(cursor::slice(message, done, message.len()));
}
