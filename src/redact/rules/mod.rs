//! What is hidden: the table of rules. A rule is one entry; its samples are its test.
//!
//! Each says where to look (`needles`: one must occur, in any case; none: look anyway), what it looks for
//! (`pattern`: the first group that takes part is the value; written against a `View`, so without
//! escapes), which parts of the value are hidden (`pick`), and what stands in for them (`mark`). Where two rules
//! want the same text the earlier one names it. Some have a shape in `shape`, which a text must have to be searched at all: who
//! widens the pattern of one of those widens its shape.

use std::ops::Range;
use std::sync::LazyLock;

/// What stands in for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A numbered name, the same for the same value: `<host-1>`.
    Named(&'static str),
    /// What it was and how long: `<chat, 17 characters>`.
    Sized(&'static str),
}

/// Where a pattern was found.
#[derive(Debug)]
pub(in crate::redact) struct Found<'t> {
    /// The text that was looked at.
    pub(in crate::redact) text: &'t str,
    /// What the whole pattern took.
    pub(in crate::redact) whole: Range<usize>,
    /// The value.
    pub(in crate::redact) value: Range<usize>,
}

impl<'t> Found<'t> {
    /// The value.
    pub(in crate::redact) fn value(&self) -> &'t str {
        self.text.get(self.value.clone()).unwrap_or_default()
    }

    /// What stands before the value within the pattern.
    pub(in crate::redact) fn lead(&self) -> &'t str {
        self.text.get(self.whole.start..self.value.start).unwrap_or_default()
    }

    /// What follows the value.
    pub(in crate::redact) fn after(&self) -> &'t str {
        self.text.get(self.value.end..).unwrap_or_default()
    }
}

/// Decides which parts are hidden, as places counted from where the value begins.
pub(in crate::redact) type Pick = fn(&Found<'_>) -> Vec<Range<usize>>;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, as `--redactions` lists it.
    pub name: &'static str,
    /// What it hides, for the documentation.
    pub what: &'static str,
    /// What stands in for it.
    pub mark: Mark,
    pub(in crate::redact) needles: &'static [&'static str],
    pub(in crate::redact) pattern: &'static str,
    pub(in crate::redact) pick: Pick,
    /// Texts, and what is left of them.
    pub samples: &'static [(&'static str, &'static str)],
    /// Texts that look like it and stay as they are.
    pub alike: &'static [&'static str],
}

/// `key: value`, `key=value`, `"key":"value"`.
macro_rules! field {
    ($key:literal) => {
        concat!(
            "(?i)",
            $key,
            r#"["'`]?\s*(?:=>|[:=])\s*(?:"((?:[^"\n⏎]|"[^"\s,;:)}\]⏎…\\])*)"|'([^'\n⏎]*)'|([^\s"'`<>,;&\\⏎…]+))"#
        )
    };
}

/// What no URL has in it.
macro_rules! url {
    ($rest:literal) => {
        concat!(r"(?i)\b[a-z][a-z0-9+.-]*://", $rest)
    };
}

mod content;
mod credential;
mod id;
mod loose;
mod place;

/// Every rule, the most telling first.
pub static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    [content::RULES, credential::RULES, loose::RULES, place::RULES, id::RULES].into_iter().flatten().collect()
});
