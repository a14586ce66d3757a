//! The sessions that a server has given out.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::pattern::SessionWord;

/// The sessions of one server: all that were given, and whether each is still known.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    given: Vec<(String, bool)>,
    /// The revision that was negotiated in each; under no name that of a transport without sessions.
    agreed: BTreeMap<String, String>,
}

impl Sessions {
    /// Gives a new one.
    pub(super) fn begin(&mut self) -> String {
        let id = new_id();
        self.given.push((id.clone(), true));
        id
    }

    /// What a request says of its session.
    pub(super) fn word(&self, named: Option<&str>) -> SessionWord {
        match named {
            None => SessionWord::None,
            Some(id) if self.given.iter().any(|(g, known)| g == id && *known) => SessionWord::Known,
            Some(_) => SessionWord::Unknown,
        }
    }

    /// Its number among those that were given, from 1 on: what records call it.
    pub(super) fn number(&self, named: &str) -> Option<usize> {
        self.given.iter().position(|(g, _)| g == named).map(|i| i + 1)
    }

    /// Notes which revision was negotiated in one.
    pub(super) fn agree(&mut self, id: &str, revision: &str) {
        self.agreed.insert(id.to_owned(), revision.to_owned());
    }

    /// The revision that was negotiated in one.
    pub(super) fn agreed(&self, named: &str) -> Option<&str> {
        self.agreed.get(named).map(String::as_str)
    }

    /// Ends one.
    pub(super) fn end(&mut self, named: &str) {
        self.given.iter_mut().filter(|(g, _)| g == named).for_each(|(_, known)| *known = false);
    }

    /// Forgets all.
    pub(super) fn forget(&mut self) {
        self.given.iter_mut().for_each(|(_, known)| *known = false);
    }
}

/// An id nobody else has: a UUID of version 4, out of what the standard library seeds its hashes with.
pub(super) fn new_id() -> String {
    let word = |n: u8| RandomState::new().hash_one(n);
    let (high, low) = (word(0), word(1));
    let variant = 0x8000 | (low >> 48 & 0x3fff);
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{variant:04x}-{:012x}", low & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::{SessionWord, Sessions, new_id};

    #[test]
    fn a_session_is_known_until_it_ends_or_all_are_forgotten_and_keeps_its_number() {
        let mut sessions = Sessions::default();
        let (one, two) = (sessions.begin(), sessions.begin());
        assert_eq!(sessions.word(None), SessionWord::None);
        assert_eq!(sessions.word(Some("x")), SessionWord::Unknown);
        sessions.end(&one);
        assert_eq!(
            (sessions.word(Some(&one)), sessions.word(Some(&two))),
            (SessionWord::Unknown, SessionWord::Known)
        );
        sessions.forget();
        assert_eq!(sessions.word(Some(&two)), SessionWord::Unknown);
        assert_eq!(
            (sessions.number(&one), sessions.number(&two), sessions.number("x")),
            (Some(1), Some(2), None)
        );
    }

    #[test]
    fn ids_are_uuids_of_version_4_and_differ() {
        let (a, b) = (new_id(), new_id());
        assert_ne!(a, b);
        let parts: Vec<usize> = a.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(a.chars().nth(14) == Some('4') && "89ab".contains(a.chars().nth(19).unwrap()), "{a}");
    }
}
