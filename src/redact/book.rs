//! Which stand-in a value has: the same one wherever the value stands, numbered as they first appear.
//!
//! Comes in: a value and what it is. Goes out: `<host-1>`, `<session-2>`. Numbers that a text already uses, because
//! it was redacted before, are not given again.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::Mark;

/// The stand-ins given so far.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// By the value, in lower case where case says nothing.
    given: BTreeMap<String, String>,
    /// The last number of each word.
    last: BTreeMap<&'static str, u64>,
    /// Stand-ins that the text itself brought along.
    taken: BTreeSet<String>,
}

impl Book {
    /// The stand-in of a value.
    pub(super) fn stand_in(&mut self, value: &str, mark: Mark) -> String {
        let word = match mark {
            Mark::Sized(word) => return format!("<{word}, {} characters>", value.chars().count()),
            Mark::Named(word) => word,
        };
        let key = value.to_lowercase();
        if let Some(known) = self.given.get(&key) {
            return known.clone();
        }
        let last = self.last.entry(word).or_default();
        let fresh = loop {
            *last += 1;
            let name = format!("<{word}-{last}>");
            if !self.taken.contains(&name) {
                break name;
            }
        };
        self.given.insert(key, fresh.clone());
        fresh
    }

    /// Keeps the stand-ins that a text brings along from being given to something else.
    pub(super) fn reserve(&mut self, text: &str) {
        for (at, _) in text.match_indices('<') {
            let inside = text.get(at + 1..).unwrap_or_default();
            // A stand-in holds no other sign of the kind: to look further would take ever longer in a text full of them.
            let Some(end) = inside.find(['<', '>']) else { return };
            let Some(name) = text.get(at..=at + 1 + end).filter(|name| name.ends_with('>')) else { continue };
            if is_stand_in(name) && !self.taken.contains(name) {
                self.taken.insert(name.to_owned());
            }
        }
    }
}

/// Whether a text is one stand-in, e.g. `<host-1>` or `<chat, 17 characters>`.
pub(super) fn is_stand_in(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) else { return false };
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b' ');
    let named = inner.rsplit_once('-').is_some_and(|(w, n)| word(w) && number(n));
    let sized = inner
        .strip_suffix(" characters")
        .and_then(|t| t.rsplit_once(", "))
        .is_some_and(|(w, n)| word(w) && number(n));
    named || sized
}

#[cfg(test)]
mod tests {
    use super::{Book, is_stand_in};
    use crate::redact::rules::Mark;

    #[test]
    fn a_value_keeps_its_stand_in_and_another_gets_another() {
        let mut book = Book::default();
        let host = Mark::Named("host");
        assert_eq!(book.stand_in("a.example", host), "<host-1>");
        assert_eq!(book.stand_in("b.example", host), "<host-2>");
        assert_eq!(book.stand_in("A.Example", host), "<host-1>");
        assert_eq!(book.stand_in("ann", Mark::Named("user")), "<user-1>");
        assert_eq!(book.stand_in("hé!", Mark::Sized("chat")), "<chat, 3 characters>");
    }

    #[test]
    fn a_number_that_the_text_brings_along_is_not_given_again() {
        let mut book = Book::default();
        book.reserve("at <host-1> and <host-3>, <b>");
        let names = ["a", "b", "c"].map(|v| book.stand_in(v, Mark::Named("host")));
        assert_eq!(names, ["<host-2>", "<host-4>", "<host-5>"]);
    }

    #[test]
    fn a_stand_in_is_recognized() {
        for text in ["<host-1>", "<private-key-12>", "<chat, 17 characters>", "<server output, 3 characters>"]
        {
            assert!(is_stand_in(text), "{text}");
        }
        for text in ["<host>", "<host-1", "<a@b.c-1>", "<b>", "<chat, many characters>", "<-1>", "host-1"] {
            assert!(!is_stand_in(text), "{text}");
        }
    }
}
