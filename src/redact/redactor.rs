//! Replaces what is to be hidden, and counts it.
//!
//! Comes in: text after text. Goes out: each with stand-ins. How texts that are all at hand are redacted is said in
//! `together`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::slice;

use super::book::Book;
use super::find::{Hit, by_rule, with_known};
use super::known::Known;
use super::rules::RULES;
use super::together::{Place, Text};
use super::view::View;

/// How often a rule had something to hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The rule's name.
    pub rule: &'static str,
    /// What it hides.
    pub what: &'static str,
    /// Places at which it did.
    pub places: u64,
    /// Different values among them.
    pub values: u64,
}

/// Redacts texts that belong together: the same value gets the same stand-in in all of them.
#[derive(Debug, Default)]
pub struct Redactor {
    pub(super) book: Book,
    pub(super) known: Known,
    /// User names, since a folder's slug writes them in its own way.
    users: BTreeSet<String>,
    /// Places per rule.
    places: BTreeMap<usize, u64>,
    /// Values that were replaced, by rule.
    values: BTreeSet<(usize, String)>,
}

impl Redactor {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the name of a server, even if it looks like a host.
    pub fn keep(&mut self, name: &str) {
        self.known.keep(name);
    }

    /// Looks at a text without changing it: what it tells helps with the texts before it, too.
    pub fn learn(&mut self, text: &str) {
        self.book.reserve(text);
        let view = View::of(text);
        let found = by_rule(&view, &self.known);
        self.remember(&view, &found);
    }

    /// The text with its stand-ins.
    pub fn text(&mut self, text: &str) -> String {
        self.book.reserve(text);
        self.known.prepare();
        let view = View::of(text);
        let found = by_rule(&view, &self.known);
        let quiet = with_known(found.clone(), &view, &self.known).is_empty();
        let mut one = Text { times: 1, found: Some(found), ..Text::new(text.to_owned(), None) };
        if !quiet {
            self.settle(slice::from_mut(&mut one), 1);
        }
        one.now
    }

    /// How often each rule had something to hide, in the order of [`RULES`].
    pub fn counts(&self) -> Vec<Count> {
        let values = |at: usize| self.values.iter().filter(|(rule, _)| *rule == at).count() as u64;
        let count = |(at, places): (&usize, &u64)| {
            let rule = RULES.get(*at)?;
            Some(Count { rule: rule.name, what: rule.what, places: *places, values: values(*at) })
        };
        self.places.iter().filter_map(count).collect()
    }

    /// What was replaced, and the place of its rule.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, usize)> {
        self.values.iter().map(|(rule, value)| (value.as_str(), *rule))
    }

    /// Keeps in mind what was found in a text.
    pub(super) fn remember(&mut self, view: &View<'_>, found: &[Hit]) {
        for hit in found {
            self.learn_value(view.text.get(hit.range.clone()).unwrap_or_default(), hit.rule);
        }
    }

    /// Keeps in mind what a rule found.
    pub(super) fn learn_value(&mut self, value: &str, rule: usize) {
        self.known.learn(value, rule);
        if RULES.get(rule).is_some_and(|r| r.name == "home-folder") {
            self.users.insert(value.to_owned());
        }
    }

    /// `text`, which stands so many times, with a stand-in at each of the places, which are in order.
    pub(super) fn replaced(&mut self, text: &str, places: &[Place], times: u64) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for Place { range, rule, .. } in places {
            let Some(entry) = RULES.get(*rule) else { continue };
            let raw = text.get(range.clone()).unwrap_or_default();
            let (end, value) = match self.slug(entry.name, text, range) {
                Some((end, user)) => (end, user),
                None => (range.end, View::of(raw).text.into_owned()),
            };
            out.push_str(text.get(done..range.start).unwrap_or_default());
            out.push_str(&self.book.stand_in(&value, entry.mark));
            done = end;
            *self.places.entry(*rule).or_default() += times;
            self.values.insert((*rule, value));
        }
        out.push_str(text.get(done..).unwrap_or_default());
        out
    }

    /// The user of a folder's slug whose name holds more than letters: `ann.smith` is `ann-smith` there.
    fn slug(&self, rule: &str, text: &str, range: &Range<usize>) -> Option<(usize, String)> {
        if rule != "folder-slug" {
            return None;
        }
        let rest = text.get(range.start..)?;
        let fits = |user: &&String| {
            let slug: String =
                user.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            let after = rest.strip_prefix(slug.as_str());
            after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()))
        };
        let user = self.users.iter().filter(fits).max_by_key(|user| user.len())?;
        let length = user.chars().count();
        Some((range.start + length, user.clone()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::Redactor;
    use crate::redact::rules::RULES;

    fn redacted(text: &str) -> String {
        Redactor::new().text(text)
    }

    #[test]
    fn every_rule_does_what_its_samples_say() {
        let mut wrong = Vec::new();
        for rule in RULES.iter() {
            assert!(rule.samples.len() >= 2 && !rule.alike.is_empty(), "{} has too few samples", rule.name);
            let alike = rule.alike.iter().map(|text| (*text, *text));
            for (text, wanted) in rule.samples.iter().copied().chain(alike) {
                let mut redactor = Redactor::new();
                let left = redactor.text(text);
                let by: Vec<&str> = redactor.counts().iter().map(|c| c.rule).collect();
                if left != wanted || (text != wanted && !by.contains(&rule.name)) {
                    wrong.push(format!(
                        "{}: {text}\n   became {left} by {by:?}\n   not    {wanted}",
                        rule.name
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn names_and_rules_are_told_apart() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(RULES.iter().skip(at + 1).all(|other| other.name != rule.name), "{}", rule.name);
            assert!(!rule.what.ends_with('.') && !rule.what.is_empty());
        }
    }

    #[test]
    fn the_same_value_has_the_same_stand_in_in_all_texts() {
        let mut redactor = Redactor::new();
        assert_eq!(redactor.text("http://a.example/x"), "http://<host-1>/x");
        assert_eq!(
            redactor.text("http://b.example/ and http://A.example/"),
            "http://<host-2>/ and http://<host-1>/"
        );
        assert_eq!(redactor.text("lost a.example"), "lost <host-1>");
    }

    #[test]
    fn what_was_learned_is_found_in_the_texts_before() {
        let mut redactor = Redactor::new();
        let (first, second) = ("lost 4f1c77aa9 again", "Mcp-Session-Id: 4f1c77aa9");
        redactor.learn(first);
        redactor.learn(second);
        assert_eq!(redactor.text(first), "lost <session-1> again");
        assert_eq!(redactor.text(second), "Mcp-Session-Id: <session-1>");
        let counts: Vec<(&str, u64, u64)> =
            redactor.counts().iter().map(|c| (c.rule, c.places, c.values)).collect();
        assert_eq!(counts, [("session-header", 2, 1)]);
    }

    #[test]
    fn a_slug_writes_a_user_in_its_own_way() {
        let mut redactor = Redactor::new();
        redactor.learn("/home/ann.smith/x");
        assert_eq!(redactor.text("projects/-home-ann-smith-proj"), "projects/-home-<user-1>-proj");
        assert_eq!(redactor.text("/home/ann.smith/x"), "/home/<user-1>/x");
    }

    #[test]
    fn numbers_versions_and_codes_stay() {
        for text in [
            "Connection failed after 60021ms (-32001): MCP error -32001: Request timed out",
            "connect ECONNREFUSED 127.0.0.1:19999 (code: ECONNREFUSED, errno: none)",
            "Connection established with capabilities: {\"hasTools\":true,\"serverVersion\":{\"name\":\"gateway\",\"version\":\"1.0.0\"},\"negotiatedProtocolVersion\":\"2025-11-25\"}",
            "Tool 'jira_search_issues' completed successfully in 93ms",
            "[Stall] tool_dispatch_start tool=mcp__my-http-mcp__jira_search_issues permissionDecisionMs=1",
            "at Timeout._onTimeout (file:///opt/node_modules/@anthropic-ai/claude-code/cli.js:1383:5751)",
            "Initializing HTTP transport to http://127.0.0.1:18080/mcp/get404",
            "User-Agent: claude-code/2.1.250 (sdk-cli)",
            "tools/list failed (MCP error -32000: Connection closed); retrying once",
            "spec 2025-03-26, 2026-07-28; HTTP 404; model=claude-opus-4-7[1m]",
            "MTLS options: default · Node version: v20.20.2, Platform: linux",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    /// Pieces that make contexts and values meet in odd ways.
    pub(in crate::redact) fn pieces() -> impl Strategy<Value = String> {
        let samples: Vec<String> = RULES
            .iter()
            .flat_map(|r| r.samples.iter().map(|(text, _)| *text).chain(r.alike.iter().copied()))
            .flat_map(|text| [text.to_owned(), text.chars().take(text.chars().count() / 2).collect()])
            .collect();
        let piece = prop_oneof![
            3 => proptest::sample::select(samples),
            1 => "[ -~]{0,12}",
            1 => proptest::sample::select(vec![" ", "\"", "\\", "\n", "\\n", "=", ": ", "<", ">", "/", "@", "://", "<host-1>", "é", "\u{200b}", "&lt;", "%3A"]).prop_map(str::to_owned),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|all| all.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn redacting_twice_is_redacting_once(text in pieces()) {
            let once = redacted(&text);
            prop_assert_eq!(redacted(&once), once);
        }

        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            let mut redactor = Redactor::new();
            redactor.learn(&text);
            prop_assert_eq!(text.lines().count() == 0, redactor.text(&text).lines().count() == 0);
        }
    }
}
