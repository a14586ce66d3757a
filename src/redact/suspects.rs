//! What could be a secret in a finished text.
//!
//! Comes in: the text, in any format, and every value that was replaced. Goes out: where one of those stands in it, and what
//! the rules find in its lines, with its label, each once.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;

use super::find::{Hit, by_rule};
use super::known::Known;
use super::rules::{Mark, RULES};
use super::view::View;
use crate::share;

/// The shortest value that is searched for by itself: a shorter one may be a word of the format.
const LEAST: usize = 10;

/// A text, and the place of the rule that it breaks.
pub(super) type Suspect = (String, usize);

/// Values that were replaced, ready to be searched for.
struct Values<'v> {
    all: Vec<(&'v str, usize)>,
    search: Option<AhoCorasick>,
}

impl<'v> Values<'v> {
    fn new(all: Vec<(&'v str, usize)>) -> Self {
        let search = (!all.is_empty()).then(|| AhoCorasick::new(all.iter().map(|(v, _)| v)).ok());
        Self { all, search: search.flatten() }
    }

    fn all_in(&self, view: &View<'_>) -> impl Iterator<Item = Suspect> {
        let found = self.search.iter().flat_map(|s| s.find_overlapping_iter(view.text.as_ref()));
        found.filter_map(|m| self.all.get(m.pattern().as_usize()).map(|(v, rule)| ((*v).to_owned(), *rule)))
    }
}

/// What could be a secret in `finished`. `values`: what was replaced, with the places of the rules.
pub(super) fn suspects<'v>(
    finished: &str,
    values: impl Iterator<Item = (&'v str, usize)>,
    threads: usize,
) -> Vec<Suspect> {
    let values = values.filter(|(value, rule)| is_searched(value, *rule));
    let (broken, whole): (Vec<_>, Vec<_>) = values.partition(|(value, _)| value.contains(['\n', '\r']));
    let (whole, known) = (Values::new(whole), Known::default());
    let mut seen = HashSet::new();
    // Advice and the like is told again and again.
    let lines: Vec<&str> = finished.lines().filter(|line| seen.insert(*line)).collect();
    let of_line = |line: &&str| {
        let view = View::of(line);
        let hits = by_rule(&view, &known).into_iter().filter(is_named);
        hits.map(|hit| (surroundings(&view, &hit), hit.rule)).chain(whole.all_in(&view)).collect()
    };
    let mut all: Vec<Suspect> =
        share::map(&lines, threads, of_line).into_iter().flat_map(Vec::into_iter).collect();
    if !broken.is_empty() {
        // These stand in no line.
        all.extend(Values::new(broken).all_in(&View::of(finished)));
    }
    let mut seen = HashSet::new();
    all.retain(|suspect| seen.insert(suspect.clone()));
    all
}

/// What is hidden by its length alone reaches to the end of a message, which a finished text does not show.
fn is_named(hit: &Hit) -> bool {
    RULES.get(hit.rule).is_some_and(|r| matches!(r.mark, Mark::Named(_)))
}

fn is_searched(value: &str, rule: usize) -> bool {
    let plain = matches!(RULES.get(rule).map(|r| r.mark), Some(Mark::Named("user" | "value")));
    value.len() >= LEAST && !plain
}

/// A hit with its label, without what marks that it was cut.
fn surroundings(view: &View<'_>, hit: &Hit) -> String {
    let text = view.text.get(hit.whole.clone()).unwrap_or_default();
    let text = text.trim_end_matches(['…', '.']);
    text.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned()
}
