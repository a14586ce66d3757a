//! Redacts texts that belong together, all at once.
//!
//! Comes in: texts, each once, in the order in which they first stand in a report. Goes out: each with its stand-ins, which
//! are numbered in that order. What any of them tells is used for all. To look at a text takes long and changes nothing, so
//! threads share it; what was found is dealt with in order, so that nobody can tell how many they were. They are gone over
//! until nothing is left in them to hide, so that redacting what was redacted changes nothing; a text that does not come to
//! rest is hidden whole.

use std::ops::Range;

use super::find::{Hit, by_rule, with_known};
use super::known::Known;
use super::redactor::Redactor;
use super::rules::Mark;
use super::view::View;
use crate::share;

/// How often texts are gone over before those that do not come to rest are given up.
const ROUNDS: usize = 6;

/// A text, and what is known of it.
#[derive(Debug)]
pub(super) struct Text {
    /// As it stands.
    pub(super) now: String,
    /// At how many places it stands.
    pub(super) times: u64,
    /// Which of the others it was cut out of, if that is to be looked at.
    pub(super) of: Option<usize>,
    /// What the rules find in it as it stands, if that is known.
    pub(super) found: Option<Vec<Hit>>,
}

/// A place in a text as it is written, to be hidden.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) range: Range<usize>,
    pub(super) rule: usize,
    /// What stands there, if that is to be kept in mind.
    pub(super) value: Option<String>,
}

impl Text {
    /// A text that nobody has looked at.
    pub(super) fn new(now: String, of: Option<usize>) -> Self {
        Self { now, times: 0, of, found: None }
    }

    fn hits(&self, view: &View<'_>, known: &Known) -> Vec<Hit> {
        let found = self.found.clone().unwrap_or_else(|| by_rule(view, known));
        with_known(found, view, known)
    }

    fn places(&self, known: &Known) -> Vec<Place> {
        if known.values() == 0 && self.found.as_ref().is_some_and(Vec::is_empty) {
            return Vec::new();
        }
        let view = View::of(&self.now);
        let place = |hit: Hit| {
            let value = view.text.get(hit.range.clone()).map(str::to_owned);
            Place { range: view.original(&hit.range), rule: hit.rule, value }
        };
        self.hits(&view, known).into_iter().map(place).collect()
    }

    /// The places of `part`, which was cut out of this text, that are hidden within the whole: alone it would lack its label.
    fn places_of_part(&self, part: &str, known: &Known) -> Vec<Place> {
        let view = View::of(&self.now);
        let hits = || self.hits(&view, known).into_iter();
        if part.is_empty() {
            return Vec::new();
        }
        if let Some(at) = self.now.find(part) {
            let clipped = |hit: Hit| (clip(&view.original(&hit.range), at..at + part.len()), hit.rule);
            return hits().map(clipped).filter_map(place).collect();
        }
        // It was read with its escapes undone, e.g. as a value of the JSON in the whole.
        let inner = View::of(part);
        let Some(at) = view.text.find(inner.text.as_ref()) else { return Vec::new() };
        let clipped = |hit: Hit| (clip(&hit.range, at..at + inner.text.len()), hit.rule);
        let inside = hits().map(clipped).filter(|(range, _)| !range.is_empty());
        inside.map(|(range, rule)| (inner.original(&range), rule)).filter_map(place).collect()
    }
}

/// What of `range` is in `within`, counted from the beginning of that.
fn clip(range: &Range<usize>, within: Range<usize>) -> Range<usize> {
    let inside = |at: usize| at.clamp(within.start, within.end) - within.start;
    inside(range.start)..inside(range.end)
}

fn place((range, rule): (Range<usize>, usize)) -> Option<Place> {
    (!range.is_empty()).then_some(Place { range, rule, value: None })
}

/// What is to be hidden in one of `texts`.
fn places(texts: &[Text], at: usize, known: &Known) -> Vec<Place> {
    let Some(text) = texts.get(at) else { return Vec::new() };
    match text.of.and_then(|whole| texts.get(whole)) {
        Some(whole) => whole.places_of_part(&text.now, known),
        None => text.places(known),
    }
}

impl Redactor {
    /// Redacts all texts.
    pub(super) fn together(&mut self, texts: &mut [Text], threads: usize) {
        let known = &self.known;
        let found = share::map(texts, threads, |text| by_rule(&View::of(&text.now), known));
        for (text, found) in texts.iter_mut().zip(found) {
            self.book.reserve(&text.now);
            if !found.is_empty() {
                self.remember(&View::of(&text.now), &found);
            }
            text.found = Some(found);
        }
        self.settle(texts, threads);
    }

    /// Replaces until nothing is left to be replaced. What was kept in mind meanwhile is looked for in all texts anew.
    pub(super) fn settle(&mut self, texts: &mut [Text], threads: usize) {
        let mut open: Vec<usize> = (0..texts.len()).collect();
        for _ in 0..ROUNDS {
            self.known.prepare();
            let (before, known, all) = (self.known.values(), &self.known, &*texts);
            let found = share::map(&open, threads, |at| places(all, *at, known));
            let mut found = open.into_iter().zip(found).collect::<Vec<_>>();
            found.retain_mut(|(at, places)| texts.get_mut(*at).is_some_and(|text| self.put(text, places)));
            let told = self.known.values() > before;
            open = if told { (0..texts.len()).collect() } else { found.iter().map(|(at, _)| *at).collect() };
            if open.is_empty() {
                return;
            }
        }
        for text in open {
            if !places(texts, text, &self.known).is_empty()
                && let Some(text) = texts.get_mut(text)
            {
                text.now = self.book.stand_in(&text.now, Mark::Sized("text"));
            }
        }
    }

    /// Puts stand-ins into a text; whether it is to be looked at once more.
    fn put(&mut self, text: &mut Text, places: &[Place]) -> bool {
        let part = text.of.take().is_some();
        if !places.is_empty() {
            let values = places.iter().filter_map(|place| Some((place.value.as_deref()?, place.rule)));
            values.for_each(|(value, rule)| self.learn_value(value, rule));
            text.now = self.replaced(&text.now, places, text.times);
            text.found = None;
        } else if !part {
            text.found = Some(Vec::new());
        }
        part || !places.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Redactor, Text};

    fn redacted(texts: &[(&str, Option<usize>)], threads: usize) -> (Vec<String>, Redactor) {
        let mut redactor = Redactor::new();
        let text = |(now, of): &(&str, Option<usize>)| Text { times: 1, ..Text::new((*now).to_owned(), *of) };
        let mut texts: Vec<Text> = texts.iter().map(text).collect();
        redactor.together(&mut texts, threads);
        (texts.into_iter().map(|text| text.now).collect(), redactor)
    }

    fn part(whole: &str, part: &str) -> String {
        redacted(&[(whole, None), (part, Some(0))], 1).0.swap_remove(1)
    }

    #[test]
    fn what_is_told_later_is_hidden_before() {
        let (texts, redactor) =
            redacted(&[("lost 4f1c77aa9 again", None), ("Mcp-Session-Id: 4f1c77aa9", None)], 1);
        assert_eq!(texts, ["lost <session-1> again", "Mcp-Session-Id: <session-1>"]);
        let counts: Vec<(&str, u64, u64)> =
            redactor.counts().iter().map(|c| (c.rule, c.places, c.values)).collect();
        assert_eq!(counts, [("session-header", 2, 1)]);
    }

    #[test]
    fn a_part_is_hidden_as_it_is_within_the_whole() {
        let whole = "Server stderr: ann asked Bob";
        assert_eq!(part(whole, "ann asked Bob"), "<server output, 13 characters>");
        let escaped = r#"{"password":"ab\"cd"}"#;
        assert_eq!(part(escaped, r#"ab"cd"#), "<token-1>", "as it is read out of the JSON");
        assert_eq!(part(whole, "not in it at http://gw.acme.example"), "not in it at http://<host-1>");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_as_a_part_of_any(text in any::<String>(), whole in any::<String>()) {
            part(&whole, &text);
        }

        #[test]
        fn nothing_is_left_in_any_and_the_number_of_threads_is_nowhere_to_be_seen(
            texts in proptest::collection::vec(crate::redact::redactor::tests::pieces(), 0..200),
            threads in 2_usize..5,
        ) {
            let all: Vec<(&str, Option<usize>)> = texts.iter().map(|text| (text.as_str(), None)).collect();
            let (alone, redactor) = redacted(&all, 1);
            let (shared, of_shared) = redacted(&all, threads);
            prop_assert_eq!(&shared, &alone);
            prop_assert_eq!(of_shared.counts(), redactor.counts());
            // Nothing is left: not even of what only another text tells.
            let again: Vec<(&str, Option<usize>)> = alone.iter().map(|text| (text.as_str(), None)).collect();
            prop_assert_eq!(&redacted(&again, 1).0, &alone);
        }
    }
}
