//! What the message of a record says: about which server, at which level, and where in it that stands.
//!
//! Comes in: messages as they stand in the log. Goes out: a [`Reading`] of each; of one that came of late the same one, with
//! what tells lines that say the same ([`Same`]).

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bstr::ByteSlice;

use super::head::{Said, unquoted};
use super::same::{Messages, Same};

/// So many servers of a log get a number; the names of more are read anew from each line about them.
const MAX_NAMES: usize = 4096;

/// Which server a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    /// One that has a number.
    Known(u32),
    /// The one whose name stands from here to there.
    Named(u32, u32),
}

/// What a message says.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) level: Option<&'static str>,
    pub(super) who: Who,
    /// Its text, where that is not just what stands there.
    pub(super) text: Option<Box<[u8]>>,
    /// Where in the text stands what is said.
    pub(super) said: Range<usize>,
}

/// The messages of a log, read.
#[derive(Debug, Default)]
pub(super) struct Readings {
    messages: Messages<Reading>,
    /// The last one that is not remembered.
    other: Option<Reading>,
    names: Vec<Arc<str>>,
    by_name: HashMap<Arc<str>, u32>,
}

impl Readings {
    /// What a message says that stands behind a level.
    #[inline]
    pub(super) fn of(
        &mut self,
        level: Option<&'static str>,
        message: &[u8],
    ) -> Option<(&Reading, Option<Same>)> {
        match self.messages.find(level, message) {
            Some(at) => self.messages.get(at).map(|(reading, same)| (reading, Some(same))),
            None => self.anew(level, message),
        }
    }

    /// The names of servers by their numbers.
    pub(super) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    fn anew(&mut self, level: Option<&'static str>, message: &[u8]) -> Option<(&Reading, Option<Same>)> {
        let reading = self.read(level, message);
        match self.messages.put(level, message, reading) {
            Ok(at) => self.messages.get(at).map(|(reading, same)| (reading, Some(same))),
            Err(reading) => Some((self.other.insert(reading), None)),
        }
    }

    fn read(&mut self, level: Option<&'static str>, message: &[u8]) -> Reading {
        let text = unquoted(message);
        let Said { level, server, message: said } = Said::of(&text, level);
        let who = server.map_or(Who::Nobody, |name| self.who(&text, name));
        let text = match text {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text.into_boxed_slice()),
        };
        Reading { level, who, text, said }
    }

    /// Whose name stands there in a text; no text that is not in UTF-8 is one.
    fn who(&mut self, text: &[u8], name: Range<usize>) -> Who {
        let Some(known) = text.get(name.clone()).and_then(|n| n.to_str().ok()) else { return Who::Nobody };
        if let Some(at) = self.by_name.get(known) {
            return Who::Known(*at);
        }
        if self.names.len() >= MAX_NAMES {
            return Who::Named(name.start as u32, name.end as u32);
        }
        let (name, at): (Arc<str>, u32) = (known.into(), self.names.len() as u32);
        self.by_name.insert(Arc::clone(&name), at);
        self.names.push(name);
        Who::Known(at)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAMES, Readings, Who};

    #[test]
    fn a_message_that_comes_again_is_read_once_and_the_same() {
        let mut readings = Readings::default();
        let mut read = |level, message: &str| {
            let (reading, same) = readings.of(level, message.as_bytes()).unwrap();
            (reading.level, reading.who, reading.said.clone(), same)
        };
        let (debug, other) = (Some("DEBUG"), "MCP server \"y\": Starting");
        let first = read(debug, "MCP server \"x\": Starting");
        assert_eq!((first.0, first.1, first.2.clone()), (debug, Who::Known(0), 16..24));
        assert_eq!(read(debug, other).1, Who::Known(1));
        assert_eq!(read(debug, "MCP server \"x\": Starting"), first);
        assert_ne!(read(Some("ERROR"), "MCP server \"x\": Starting").3, first.3, "another level");
        assert_ne!(read(debug, other).3, first.3, "another server");
        assert_eq!(read(None, "MCP server \"x\" failed").0, Some("ERROR"), "told by the colon that lacks");
    }

    #[test]
    fn of_more_servers_than_are_numbered_the_names_are_read_from_the_line() {
        let mut readings = Readings::default();
        for n in 0..MAX_NAMES {
            let message = format!("MCP server \"{n}\": x");
            assert_eq!(readings.of(None, message.as_bytes()).unwrap().0.who, Who::Known(n as u32));
        }
        let more = readings.of(None, b"MCP server \"more\": x").unwrap().0.who;
        assert_eq!(more, Who::Named(12, 16));
        assert_eq!(readings.of(None, b"MCP server \"7\": x").unwrap().0.who, Who::Known(7));
        assert_eq!(readings.names().len(), MAX_NAMES);
    }
}
