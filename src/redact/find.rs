//! Finds what the rules hide in one text.
//!
//! Comes in: a text, and what is known to be secret or to be a name. Goes out: [`Hit`]s in order, none overlapping.
//! Most texts hold no secret, so a first look tells which rules could apply at all.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::known::Known;
use super::pattern::{Pattern, Text};
use super::rules::{Found, RULES};
use super::shape::{self, Shape};
use super::view::View;

/// Something to hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// Where in the view.
    pub(super) range: Range<usize>,
    /// What the pattern took to know it, e.g. with the name of the field.
    pub(super) whole: Range<usize>,
    /// The place of its rule in [`RULES`].
    pub(super) rule: usize,
}

/// All rules, ready to be used.
struct Engine {
    needles: AhoCorasick,
    /// The rule of each needle.
    rule_of: Vec<usize>,
    /// The rules that are tried on every text, as bits.
    always: u64,
    /// The rules with a needle of a single sign, as bits, by that sign: looking for it with the others would cost more
    /// than the pattern.
    by_sign: Vec<(u8, u64)>,
    patterns: Vec<(Pattern, Option<Shape>)>,
}

static ENGINE: LazyLock<Option<Engine>> = LazyLock::new(Engine::new);

impl Engine {
    /// `None` where the needles cannot be searched for: the tests see to it that they can.
    fn new() -> Option<Self> {
        let mut all: Vec<&str> = Vec::new();
        let mut rule_of = Vec::new();
        let mut always = 0;
        let mut by_sign: Vec<(u8, u64)> = Vec::new();
        for (at, rule) in RULES.iter().enumerate() {
            always |= u64::from(rule.needles.is_empty()) << at;
            for needle in rule.needles {
                match needle.as_bytes() {
                    [sign] => by_sign.push((*sign, 1 << at)),
                    _ => all.push(needle),
                }
            }
            rule_of.resize(all.len(), at);
        }
        let needles = AhoCorasick::builder().ascii_case_insensitive(true).build(&all).ok()?;
        let patterns = RULES.iter().map(|rule| (Pattern::new(rule.pattern), shape::of(rule.name))).collect();
        Some(Self { needles, rule_of, always, by_sign, patterns })
    }

    /// The rules that could apply, as bits.
    fn candidates(&self, text: &str) -> u64 {
        let rules =
            self.needles.find_overlapping_iter(text).filter_map(|m| self.rule_of.get(m.pattern().as_usize()));
        let mut signs = [false; 256];
        text.bytes().for_each(|b| signs[usize::from(b)] = true);
        let of_signs = self.by_sign.iter().filter(|(sign, _)| signs[usize::from(*sign)]);
        let bits = of_signs.fold(self.always, |bits, (_, rules)| bits | rules);
        rules.fold(bits, |bits, rule| bits | 1 << rule)
    }
}

/// All that is to be hidden in a view, in order, where `hits` are what the rules find; what overlaps is one.
pub(super) fn with_known(mut hits: Vec<Hit>, view: &View<'_>, known: &Known) -> Vec<Hit> {
    known.hits(view.text.as_ref(), &mut hits);
    merged(hits)
}

/// What the rules alone find in a view.
pub(super) fn by_rule(view: &View<'_>, known: &Known) -> Vec<Hit> {
    let text = view.text.as_ref();
    let mut hits = Vec::new();
    if let Some(engine) = ENGINE.as_ref() {
        let bits = engine.candidates(text);
        let ready = Text::new(text);
        for (rule, (pattern, shape)) in
            engine.patterns.iter().enumerate().filter(|(rule, _)| bits >> rule & 1 == 1)
        {
            if shape.is_none_or(|has_shape| has_shape(text)) {
                of_rule((text, &ready), rule, pattern, &mut hits);
            }
        }
    }
    hits.retain(|hit| !is_bare_host(hit) || !known.is_name(text, &hit.range));
    merged(hits)
}

fn is_bare_host(hit: &Hit) -> bool {
    RULES.get(hit.rule).is_some_and(|r| r.name == "host-name")
}

fn of_rule((text, ready): (&str, &Text<'_>), rule: usize, pattern: &Pattern, hits: &mut Vec<Hit>) {
    let Some(pick) = RULES.get(rule).map(|r| r.pick) else { return };
    let mut at = 0;
    while at <= text.len() {
        let Some(groups) = pattern.captures_at(ready, at) else { return };
        let mut groups = groups.into_iter();
        let Some(whole) = groups.next().flatten() else { return };
        let Some(value) = groups.flatten().next() else { return };
        let picked = pick(&Found { text, whole: whole.clone(), value: value.clone() });
        let end = picked.last().map(|last| value.start + last.end);
        for part in picked {
            let range = value.start + part.start..value.start + part.end;
            hits.push(Hit { whole: whole.start.min(range.start)..range.end, range, rule });
        }
        // A value that is none may hold the label of the next: `token: api_key=x`.
        at = match end {
            Some(end) => end.max(whole.start + 1),
            None if value.start > whole.start => value.start,
            None => whole.end.max(whole.start + 1),
        };
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
}

/// What one rule finds in a text, whatever its shape.
#[cfg(test)]
pub(super) fn found_by(rule: &str, text: &str) -> Vec<Hit> {
    let (engine, mut hits) = (ENGINE.as_ref().unwrap(), Vec::new());
    let at = RULES.iter().position(|r| r.name == rule).unwrap();
    of_rule((text, &Text::new(text)), at, &engine.patterns[at].0, &mut hits);
    hits
}

/// In order; what overlaps becomes one, named by the wider one, or by the earlier rule.
fn merged(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.retain(|hit| !hit.range.is_empty());
    hits.sort_by_key(|hit| (hit.range.start, usize::MAX - hit.range.end, hit.rule));
    let mut out: Vec<Hit> = Vec::new();
    for hit in hits {
        match out.last_mut().filter(|last| hit.range.start < last.range.end) {
            Some(last) if hit.range.end > last.range.end => {
                last.range.end = hit.range.end;
                last.whole.end = last.whole.end.max(hit.range.end);
                last.rule = last.rule.min(hit.rule);
            }
            Some(_) => {}
            None => out.push(hit),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ENGINE, Hit, by_rule, with_known};
    use crate::redact::known::Known;
    use crate::redact::rules::RULES;
    use crate::redact::view::View;

    fn hits(view: &View<'_>, known: &Known) -> Vec<Hit> {
        with_known(by_rule(view, known), view, known)
    }

    #[test]
    fn every_rule_is_a_pattern_and_there_is_a_bit_for_each() {
        assert!(ENGINE.is_some() && RULES.len() <= 64);
    }

    #[test]
    fn every_needle_of_a_rule_is_needed_by_one_of_its_samples_or_is_an_alternative() {
        for rule in RULES.iter().filter(|r| !r.needles.is_empty()) {
            for (text, _) in rule.samples {
                let view = View::of(text).text.to_ascii_lowercase();
                let found = rule.needles.iter().any(|n| view.contains(&n.to_ascii_lowercase()));
                assert!(found, "{}: no needle occurs in {text}", rule.name);
            }
        }
    }

    #[test]
    fn a_value_once_known_is_found_without_its_label() {
        let mut known = Known::default();
        let rule = RULES.iter().position(|r| r.name == "secret-field").unwrap();
        known.learn("abc123def456", rule);
        known.learn("short", rule);
        let found = hits(&View::of("was abc123def456, xabc123def456 and short"), &known);
        assert_eq!(found.iter().map(|h| h.range.clone()).collect::<Vec<_>>(), [4..16]);
    }

    #[test]
    fn a_server_that_is_named_like_a_host_keeps_its_name_but_not_in_a_url() {
        let mut known = Known::default();
        known.keep("mcp.acme.io");
        let text = "MCP server \"mcp.acme.io\": to http://mcp.acme.io/mcp";
        let found = hits(&View::of(text), &known);
        assert_eq!(
            found.iter().map(|h| h.range.start).collect::<Vec<_>>(),
            [text.rfind("mcp.acme").unwrap()]
        );
    }
}
