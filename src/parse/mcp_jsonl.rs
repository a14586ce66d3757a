//! The log that the client keeps of each server without being asked: a JSON object a line, one file a server.
//!
//! The message is that of the debug log without level and server; the server is in the path alone. Interleaved client
//! sessions are told apart by `sessionId`. A killed process leaves half a line, or NULs up to the end of a block.

use bstr::ByteSlice;

use super::LogLine;
use super::entry::{self, Entry};
use super::per_server::{self, Form};
use crate::error::Result;
use crate::source::{Source, Tally};

pub(super) fn sniff(head: &[u8]) -> bool {
    let first = head.lines().map(bare).find(|l| !l.is_empty());
    let parsed = |l: &[u8]| l.starts_with(b"{") && Entry::of(0, l).is_some();
    first.is_some_and(|l| l.trim_ascii() != b"{" && (entry::begins(l) || parsed(l)))
}

/// A line without the padding of a killed process.
pub(super) fn bare(line: &[u8]) -> &[u8] {
    line.trim_with(|c| c == '\0' || c.is_ascii_whitespace())
}

pub(super) fn read(source: Source, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally> {
    per_server::read(source, Form::Lines, see)
}
