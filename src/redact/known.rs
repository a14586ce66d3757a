//! What earlier texts told: values without a form of their own, and names that must stay.
//!
//! Comes in: values, with the rules that found them, and names. Goes out: where they stand in a text.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::find::Hit;
use super::rules::{Mark, RULES};

/// How many words are searched for one by one before the search for all is built anew.
const MAX_FRESH: usize = 24;

/// How many values are kept in mind; a log with more of them is no ordinary one.
const MAX_KNOWN: usize = 2000;

/// Values and names.
#[derive(Debug, Default)]
pub(super) struct Known {
    values: Words,
    /// The rules that found the values.
    rules: Vec<usize>,
    /// Names of servers and tools that look like hosts.
    names: Words,
}

/// Words, each once, as they came.
#[derive(Debug, Default)]
struct Words {
    all: Vec<String>,
    set: BTreeSet<String>,
    /// Finds the first `built` of them.
    search: Option<AhoCorasick>,
    built: usize,
}

impl Words {
    /// Adds a word; whether it is new.
    fn add(&mut self, word: &str) -> bool {
        let new = !self.set.contains(word);
        if new {
            self.set.insert(word.to_owned());
            self.all.push(word.to_owned());
        }
        new
    }

    /// Builds the search anew when enough words came to be worth it.
    fn prepare(&mut self) {
        if self.all.len() > self.built + MAX_FRESH {
            self.search = AhoCorasick::new(&self.all).ok();
            self.built = self.all.len();
        }
    }

    /// Every place where one stands, and which one it is. It is the same places with a search and without.
    fn places<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (Range<usize>, usize)> {
        let built = self.search.iter().flat_map(move |s| s.find_overlapping_iter(text));
        let fresh = self.all.iter().enumerate().skip(if self.search.is_some() { self.built } else { 0 });
        let fresh = fresh.flat_map(|(word, value)| {
            text.match_indices(value.as_str()).map(move |(at, _)| (at..at + value.len(), word))
        });
        built.map(|found| (found.range(), found.pattern().as_usize())).chain(fresh)
    }
}

impl Known {
    /// Keeps a value in mind, to find it without its label.
    pub(super) fn learn(&mut self, value: &str, rule: usize) {
        if self.rules.len() < MAX_KNOWN && is_telling(value, rule) && self.values.add(value) {
            self.rules.push(rule);
        }
    }

    /// Keeps a name that must stay.
    pub(super) fn keep(&mut self, name: &str) {
        if name.contains('.') {
            self.names.add(name);
        }
    }

    /// How many values are kept in mind.
    pub(super) fn values(&self) -> usize {
        self.rules.len()
    }

    /// Makes searching cheap.
    pub(super) fn prepare(&mut self) {
        self.values.prepare();
        self.names.prepare();
    }

    /// Adds where values stand in a text.
    pub(super) fn hits(&self, text: &str, hits: &mut Vec<Hit>) {
        for (range, value) in self.values.places(text) {
            let Some(rule) = self.rules.get(value).copied() else { continue };
            if stands_alone(text, &range) && !self.is_name(text, &range) {
                hits.push(Hit { range: range.clone(), whole: range, rule });
            }
        }
    }

    /// Whether a place is within a name that must stay.
    pub(super) fn is_name(&self, text: &str, range: &Range<usize>) -> bool {
        self.names.places(text).any(|(name, _)| name.start <= range.start && range.end <= name.end)
    }
}

/// Whether a value can be told from a word, so that hiding it everywhere hides nothing else. What has a form of its
/// own is found without.
fn is_telling(value: &str, rule: usize) -> bool {
    let Some(rule) = RULES.get(rule) else { return false };
    let signs = |kind: fn(&u8) -> bool| value.bytes().any(|b| kind(&b));
    match rule.mark {
        Mark::Named("token" | "session" | "cookie" | "oauth" | "login" | "account") => {
            value.len() >= 20
                || (value.len() >= 8 && signs(u8::is_ascii_digit) && signs(u8::is_ascii_alphabetic))
        }
        Mark::Named("host") => value.len() >= 6 && value.contains('.'),
        Mark::Sized(_) => value.len() >= 12 && value.contains(' '),
        Mark::Named(_) => false,
    }
}

fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text.get(..range.start).and_then(|t| t.chars().next_back());
    let after = text.get(range.end..).and_then(|t| t.chars().next());
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    // A letter before may be the end of an escape, as in `\n`.
    let escape = text
        .get(..range.start)
        .is_some_and(|t| t.ends_with("\\n") || t.ends_with("\\r") || t.ends_with("\\t"));
    (!inside(before) || escape) && !inside(after)
}

#[cfg(test)]
mod tests {
    use super::{Known, MAX_FRESH};
    use crate::redact::rules::RULES;

    #[test]
    fn a_search_for_all_finds_what_one_by_one_is_found() {
        let rule = RULES.iter().position(|r| r.name == "secret-field").unwrap();
        let values: Vec<String> = (0..=MAX_FRESH).map(|n| format!("abc1.{n:04}.def")).collect();
        let text = values.join(" ") + " abc1.0007.def2 and abc1.0003.def.abc1.0004.def in mcp.abc1.0005.def";
        let found = |prepared: bool| {
            let mut known = Known::default();
            values.iter().for_each(|value| known.learn(value, rule));
            known.keep("mcp.abc1.0005.def");
            if prepared {
                known.prepare();
            }
            let mut hits = Vec::new();
            known.hits(&text, &mut hits);
            let mut ranges: Vec<_> = hits.into_iter().map(|hit| (hit.range.start, hit.range.end)).collect();
            ranges.sort_unstable();
            ranges
        };
        assert_eq!(found(true), found(false));
        assert_eq!(found(true).len(), values.len() + 2);
    }
}
