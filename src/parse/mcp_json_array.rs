//! The log that clients up to about 2.0.60 kept of each server: one JSON array, pretty printed, in a `.txt`.
//!
//! An excerpt of one may begin with any of its objects. It is read object by object, not as a whole.

use super::LogLine;
use super::entry;
use super::per_server::{self, Form};
use crate::error::Result;
use crate::source::{Source, Tally};

pub(super) fn sniff(head: &[u8]) -> bool {
    entry::is_spread(head)
}

pub(super) fn read(source: Source, see: &mut dyn FnMut(&LogLine<'_>)) -> Result<Tally> {
    per_server::read(source, Form::Objects, see)
}
