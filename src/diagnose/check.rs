//! What a signature cannot mean: rules that can never match, and words that no event has.
//!
//! Comes in: a signature as it stands and as far as it was compiled. Goes out: [`Problem`]s, each with its place in
//! the file and the step it is about. Texts that do not parse at all are `compile`'s to report. Both are what
//! `patterns lint` prints. A place is written out only where something is wrong there: mostly nothing is.

use std::collections::BTreeSet;
use std::fmt::{Arguments, Display};

use super::compile::{Branch, Compiled, Problem};
use super::duration;
use super::says::Template;
use super::vocabulary::Vocabulary;
use crate::pattern::{AtEnd, Kind, Outside, Rule, Severity, Signature, SignatureDef, Step};

/// A count needs a ring of that size for every key.
const MAX_COUNT: u32 = 100;

/// The guards of a key are kept in one word.
const MAX_GUARDS: usize = 64;

/// The alternatives of a rule, each with its JSON pointer.
pub(super) fn branches(rule: &Rule) -> impl Iterator<Item = (String, &[Step])> {
    let steps = (!rule.steps.is_empty()).then_some(("/match/steps".to_owned(), rule.steps.as_slice()));
    let or = rule.branches.iter().enumerate().map(|(i, b)| (format!("/match/or/{i}"), b.as_slice()));
    steps.into_iter().chain(or)
}

/// Everything that is wrong with a signature beyond texts that do not parse.
pub(super) fn signature(signature: &Signature, compiled: &Compiled, words: &Vocabulary) -> Vec<Problem> {
    let mut check = Check { def: &signature.def, words, problems: Vec::new() };
    check.whole();
    check.meta(&signature.id);
    check.guards();
    for (place, steps) in branches(&signature.def.rule) {
        check.branch(&place, steps);
    }
    check.can_match(compiled);
    check.escalations();
    check.speech(compiled);
    check.tests();
    check.problems
}

struct Check<'a> {
    def: &'a SignatureDef,
    words: &'a Vocabulary,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, place: impl Display, message: impl Into<String>) {
        self.problems.push(Problem { place: place.to_string(), message: message.into() });
    }

    fn whole(&mut self) {
        let rule = &self.def.rule;
        match (rule.steps.is_empty(), rule.branches.is_empty()) {
            (true, true) => self.problem("/match", "there are no steps"),
            (false, false) => {
                self.problem("/match/or", "`steps` and `or` exclude each other; make `steps` a branch");
            }
            _ => {}
        }
        let mut seen = BTreeSet::new();
        for (i, field) in rule.key.iter().enumerate() {
            if !seen.insert(field) {
                self.problem(format!("/match/key/{i}"), format!("`{field}` stands twice in the key"));
            }
        }
        let timed = |s: &Step| s.within.is_some() || s.count.is_some() || (s.span.is_some() && !is_rest(s));
        let windows = rule.within.is_some()
            || !self.def.escalate.is_empty()
            || branches(rule).any(|(_, steps)| steps.iter().any(timed));
        match rule.within_lines {
            Some(0) => self.problem("/match/within_lines", "no two events stand on one line"),
            Some(_) if !windows => {
                self.problem("/match/within_lines", "there is no `within` that it could stand in for");
            }
            _ => {}
        }
    }

    fn meta(&mut self, id: &str) {
        let def = self.def;
        if def.applies_to.outside == Outside::Hide && def.applies_to.client.is_none() {
            self.problem("/applies_to/outside", "without a range no version is outside of it");
        }
        if def.kind == Kind::Benign && def.severity > Severity::Info {
            self.problem("/severity", "what is benign is `info`");
        }
        if def.explains.iter().any(|e| e == id) {
            self.problem("/explains", "a signature does not explain itself");
        }
    }

    fn guards(&mut self) {
        let rule = &self.def.rule;
        if rule.needs_before.len() > MAX_GUARDS {
            self.problem("/match/needs_before", format!("more than {MAX_GUARDS} events"));
        }
        self.events("/match/needs_before", "the guard", &rule.needs_before);
        self.events("/match/not_before", "`not_before`", &rule.not_before);
        for event in rule.needs_before.iter().filter(|e| rule.not_before.contains(e)) {
            let message = format!("`{event}` must have come before and must not: it can never match");
            self.problem("/match/not_before", message);
        }
    }

    /// Events that are named somewhere: they must exist and carry the key.
    fn events(&mut self, place: impl Display + Copy, who: impl Display + Copy, events: &[String]) {
        for event in events {
            if !self.words.has(event) {
                let hint =
                    self.words.nearest(event).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                self.problem(place, format!("{who} names `{event}`, which no pack defines{hint}"));
                continue;
            }
            for field in self.def.rule.key.iter().filter(|f| !self.words.has_field(event, f)) {
                let message = format!(
                    "{who}: `{event}` has no field `{field}`, which is in the key: it would never be seen"
                );
                self.problem(place, message);
            }
        }
    }

    fn branch(&mut self, place: &str, steps: &[Step]) {
        if steps.is_empty() {
            self.problem(place, "the branch has no steps");
        }
        let mut names = BTreeSet::new();
        for (i, step) in steps.iter().enumerate() {
            if !names.insert(&step.name) {
                let message = format!("two steps are called `{}`", step.name);
                self.problem(format!("{place}/{i}/as"), message);
            }
            self.step(format_args!("{place}/{i}"), step, i == 0, i + 1 == steps.len());
        }
    }

    fn step(&mut self, place: Arguments<'_>, step: &Step, first: bool, last: bool) {
        self.name(place, step);
        self.shape(place, step, first, last);
        self.words_of(place, format_args!("step `{}`", step.name), step);
        self.spans(place, step);
    }

    fn name(&mut self, place: Arguments<'_>, step: &Step) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if step.name.is_empty() || !step.name.chars().all(plain) {
            let message = format!("step `{}`: a name is made of a-z, 0-9 and _", step.name);
            self.problem(format!("{place}/as"), message);
        }
        if step.name == "server" {
            self.problem(
                format!("{place}/as"),
                "no step can be called `server`: that is the hole for the server",
            );
        }
    }

    fn shape(&mut self, place: Arguments<'_>, step: &Step, first: bool, last: bool) {
        let name = &step.name;
        match (step.event.is_empty(), step.absent.is_empty()) {
            (true, true) => self.problem(place, format!("step `{name}` has neither `event` nor `absent`")),
            (false, false) => self.problem(place, format!("step `{name}` has both `event` and `absent`")),
            (true, false) => self.silence(place, step, first, last),
            (false, true) => self.presence(place, step, first),
        }
    }

    fn presence(&mut self, place: Arguments<'_>, step: &Step, first: bool) {
        let name = &step.name;
        if step.span.is_some() || step.at_end_of_log.is_some() {
            self.problem(place, format!("step `{name}`: `for` and `at_end_of_log` belong to `absent`"));
        }
        if first && step.within.is_some() {
            self.problem(
                format!("{place}/within"),
                format!("step `{name}` is the first: there is no step before it"),
            );
        }
        if first && step.count.is_none() && !step.not_between.is_empty() {
            let message = format!("step `{name}` is the first: use `not_before`");
            self.problem(format!("{place}/not_between"), message);
        }
        for event in step.not_between.iter().filter(|e| step.event.contains(e)) {
            let message = format!("step `{name}`: `{event}` fills the step and is in its own `not_between`");
            self.problem(format!("{place}/not_between"), message);
        }
        match step.count.as_ref().map(|c| c.min) {
            Some(min) if min < 2 => {
                self.problem(format!("{place}/count/min"), format!("step `{name}`: a count begins at 2"));
            }
            Some(min) if min > MAX_COUNT => {
                self.problem(
                    format!("{place}/count/min"),
                    format!("step `{name}`: a count ends at {MAX_COUNT}"),
                );
            }
            _ => {}
        }
    }

    fn silence(&mut self, place: Arguments<'_>, step: &Step, first: bool, last: bool) {
        let name = &step.name;
        if first {
            self.problem(
                place,
                format!("step `{name}`: an absence needs a step before it, from which on it is counted"),
            );
        }
        if !last {
            self.problem(place, format!("step `{name}`: `absent` can only be the last step"));
        }
        if step.within.is_some() || step.count.is_some() || !step.not_between.is_empty() {
            let message = format!(
                "step `{name}`: `absent` goes with `for` alone, not with within, count or not_between"
            );
            self.problem(place, message);
        }
        if step.span.is_none() {
            self.problem(place, format!("step `{name}`: `absent` needs `for`: a duration or `rest-of-log`"));
        }
        match step.at_end_of_log {
            None => {
                let message =
                    format!("step `{name}`: `absent` needs `at_end_of_log`: a log that ends is no silence");
                self.problem(place, message);
            }
            Some(AtEnd::NoMatch) if is_rest(step) => {
                let message = format!(
                    "step `{name}`: the rest of the log always ends with the log: it can never match"
                );
                self.problem(format!("{place}/at_end_of_log"), message);
            }
            _ => {}
        }
    }

    fn words_of(&mut self, place: Arguments<'_>, who: Arguments<'_>, step: &Step) {
        self.events(format_args!("{place}/event"), who, &step.event);
        self.events(format_args!("{place}/absent"), who, &step.absent);
        self.events(format_args!("{place}/not_between"), who, &step.not_between);
        for field in step.tests.keys() {
            let known = step.event.iter().chain(&step.absent).filter(|e| self.words.has(e));
            let lacking: Vec<&String> = known.filter(|e| !self.words.has_field(e, field)).collect();
            for event in lacking {
                let hint = self.words.nearest_field(event, field);
                let hint = hint.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                let message = format!("{who}: no wording of `{event}` gives a field `{field}`{hint}");
                self.problem(format!("{place}/where/{field}"), message);
            }
        }
    }

    /// Spans that exclude each other. What does not parse is reported elsewhere.
    fn spans(&mut self, place: Arguments<'_>, step: &Step) {
        let ms = |text: Option<&String>| text.and_then(|t| duration::parse(t).ok());
        let whole = ms(self.def.rule.within.as_ref());
        let count = step.count.as_ref();
        let parts = [("within", ms(step.within.as_ref())), ("count/within", ms(count.map(|c| &c.within)))];
        for (key, part) in parts {
            if part.zip(whole).is_some_and(|(part, whole)| part > whole) {
                let message = format!("step `{}`: its window is longer than that of the whole", step.name);
                self.problem(format!("{place}/{key}"), message);
            }
        }
        if ms(step.span.as_ref()) == Some(0) {
            self.problem(
                format!("{place}/for"),
                format!("step `{}`: no time at all is always silent", step.name),
            );
        }
    }

    fn can_match(&mut self, compiled: &Compiled) {
        let can =
            |b: &Branch| b.absence.as_ref().is_none_or(|a| a.span.is_some() || a.at_end == AtEnd::Match);
        if !compiled.branches.is_empty() && !compiled.branches.iter().any(can) {
            self.problem(
                "/match",
                "it can never match: `rest-of-log` with `inconclusive` needs another branch beside it",
            );
        }
    }

    fn escalations(&mut self) {
        let (def, alone) = (self.def, std::slice::from_ref);
        for (i, e) in def.escalate.iter().enumerate() {
            self.events(format_args!("/escalate/{i}/event"), "the escalation", alone(&e.event));
            if e.severity < def.severity {
                self.problem(format!("/escalate/{i}/severity"), "an escalation does not lower the severity");
            }
        }
    }

    fn speech(&mut self, compiled: &Compiled) {
        let says = &compiled.says;
        self.sentence("/says/summary", &says.summary, compiled);
        self.sentence("/says/expected", &says.expected, compiled);
        for (i, template) in says.advice.iter().enumerate() {
            self.sentence(format_args!("/says/advice/{i}"), template, compiled);
        }
        for (i, template) in says.escalations.iter().enumerate() {
            self.sentence(format_args!("/escalate/{i}/says"), template, compiled);
        }
    }

    fn sentence(&mut self, place: impl Display, template: &Template, compiled: &Compiled) {
        let problem = |branch| template.problem(branch, compiled.of_server, self.words);
        if let Some(problem) = compiled.branches.iter().find_map(problem) {
            self.problem(place, problem);
        }
    }

    fn tests(&mut self) {
        for (i, test) in self.def.tests.iter().enumerate() {
            for step in test.at.keys() {
                let known = branches(&self.def.rule).any(|(_, steps)| steps.iter().any(|s| s.name == *step));
                if !known {
                    let message = format!("test `{}`: there is no step `{step}`", test.name);
                    self.problem(format!("/tests/{i}/at/{step}"), message);
                }
            }
        }
    }
}

fn is_rest(step: &Step) -> bool {
    step.span.as_deref() == Some("rest-of-log")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::diagnose::fixture::{compiled, problems};

    fn step(more: &Value) -> Value {
        let mut step = json!({ "as": "y", "event": "b" });
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step
    }

    fn rule(steps: &Value) -> Value {
        json!({ "key": ["server"], "within": "10s", "within_lines": 9, "steps": steps })
    }

    /// What is wrong with `a`, then `b` with these keys.
    fn wrong(more: &Value) -> Vec<String> {
        let steps = json!([{ "as": "x", "event": "a" }, step(more)]);
        problems(rule(&steps), &[]).into_iter().map(|p| p.place).collect()
    }

    fn silent(more: &Value) -> Vec<String> {
        let mut gone = json!({ "as": "gone", "absent": ["c"], "for": "9s", "at_end_of_log": "match" });
        gone.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        gone.as_object_mut().unwrap().retain(|_, v| !v.is_null());
        let steps = json!([{ "as": "x", "event": "a" }, gone]);
        problems(rule(&steps), &[]).into_iter().map(|p| p.place).collect()
    }

    #[test]
    fn a_rule_that_can_match_has_no_problem() {
        assert_eq!(wrong(&json!({ "within": "10s", "not_between": ["c"], "where": { "v": 1 } })), [""; 0]);
        assert_eq!(silent(&json!({})), [""; 0]);
        compiled(json!({ "key": [], "steps": [{ "as": "x", "event": "start" }] }), &[]);
    }

    #[test]
    fn every_event_must_exist_and_the_nearest_is_named() {
        assert_eq!(wrong(&json!({ "event": ["b", "nothing"] })), ["/match/steps/1/event"]);
        assert_eq!(wrong(&json!({ "not_between": ["nothing"] })), ["/match/steps/1/not_between"]);
        assert_eq!(silent(&json!({ "absent": ["nothing"] })), ["/match/steps/1/absent"]);
        let found = problems(rule(&json!([{ "as": "x", "event": "strt" }])), &[]);
        assert_eq!(found[0].message, "step `x` names `strt`, which no pack defines; did you mean `start`?");
    }

    #[test]
    fn every_event_must_carry_the_key() {
        let found = problems(rule(&json!([{ "as": "x", "event": "start" }])), &[]);
        let message = "step `x`: `start` has no field `server`, which is in the key: it would never be seen";
        assert_eq!(found[0].message, message);
    }

    #[test]
    fn every_tested_field_must_be_given_by_some_wording() {
        assert_eq!(wrong(&json!({ "where": { "tol": "p" } })), ["/match/steps/1/where/tol"]);
        assert_eq!(wrong(&json!({ "where": { "v": {} } })), ["/match/steps/1/where/v"]);
    }

    #[test]
    fn a_step_is_an_event_or_an_absence() {
        assert_eq!(wrong(&json!({ "event": [] })), ["/match/steps/1"]);
        assert_eq!(silent(&json!({ "event": "b" })), ["/match/steps/1"]);
        assert_eq!(wrong(&json!({ "for": "3s" })), ["/match/steps/1"]);
        assert_eq!(wrong(&json!({ "at_end_of_log": "match" })), ["/match/steps/1"]);
    }

    #[test]
    fn an_absence_is_last_not_alone_and_says_how_long_and_what_the_end_means() {
        let gone = json!({ "as": "gone", "absent": ["c"], "for": "9s", "at_end_of_log": "match" });
        let places =
            |steps: &Value| problems(rule(steps), &[]).into_iter().map(|p| p.place).collect::<Vec<_>>();
        assert_eq!(
            places(&json!([{ "as": "x", "event": "a" }, gone, { "as": "y", "event": "b" }])),
            ["/match/steps/1"]
        );
        assert_eq!(places(&json!([gone])), ["/match/steps/0"]);
        assert_eq!(silent(&json!({ "for": null })), ["/match/steps/1"]);
        assert_eq!(silent(&json!({ "at_end_of_log": null })), ["/match/steps/1"]);
        assert_eq!(silent(&json!({ "for": "0s" })), ["/match/steps/1/for"]);
        assert_eq!(silent(&json!({ "for": "long" })), ["/match/steps/1/for"]);
        assert_eq!(silent(&json!({ "within": "3s" })), ["/match/steps/1"]);
        assert_eq!(silent(&json!({ "not_between": ["d"] })), ["/match/steps/1"]);
    }

    #[test]
    fn the_rest_of_the_log_alone_cannot_be_inconclusive() {
        let rest = |at_end: &str| silent(&json!({ "for": "rest-of-log", "at_end_of_log": at_end }));
        assert_eq!(rest("no-match"), ["/match/steps/1/at_end_of_log", "/match"]);
        assert_eq!(rest("inconclusive"), ["/match"]);
        assert_eq!(rest("match"), [""; 0]);
    }

    #[test]
    fn a_step_is_not_its_own_killer() {
        assert_eq!(wrong(&json!({ "not_between": ["b", "c"] })), ["/match/steps/1/not_between"]);
    }

    #[test]
    fn the_first_step_has_nothing_before_it() {
        let first = |more: &Value| {
            let found = problems(rule(&json!([step(more)])), &[]);
            found.into_iter().map(|p| p.place).collect::<Vec<_>>()
        };
        assert_eq!(first(&json!({ "within": "1s" })), ["/match/steps/0/within"]);
        assert_eq!(first(&json!({ "not_between": ["c"] })), ["/match/steps/0/not_between"]);
        let count = json!({ "not_between": ["c"], "count": { "min": 2, "within": "9s" } });
        assert_eq!(first(&count), [""; 0], "but a count has something between");
    }

    #[test]
    fn no_window_is_longer_than_the_whole() {
        assert_eq!(wrong(&json!({ "within": "11s" })), ["/match/steps/1/within"]);
        let count = json!({ "count": { "min": 2, "within": "11s" } });
        assert_eq!(wrong(&count), ["/match/steps/1/count/within"]);
    }

    #[test]
    fn a_count_is_at_least_two_and_not_without_end() {
        for min in [0, 1, 101] {
            let count = json!({ "count": { "min": min, "within": "9s" } });
            assert_eq!(wrong(&count), ["/match/steps/1/count/min"], "{min}");
        }
    }

    #[test]
    fn names_of_steps_are_plain_and_their_own() {
        for name in ["x", "", "Y", "y-1", "server"] {
            assert_eq!(wrong(&json!({ "as": name })), ["/match/steps/1/as"], "{name}");
        }
    }

    #[test]
    fn a_rule_needs_steps_and_guards_that_agree() {
        let places = |rule: Value| problems(rule, &[]).into_iter().map(|p| p.place).collect::<Vec<_>>();
        let steps = json!([{ "as": "x", "event": "a" }]);
        assert_eq!(places(json!({ "key": ["server"] })), ["/match"]);
        assert_eq!(places(json!({ "key": ["server"], "or": [steps, []] })), ["/match/or/1"]);
        assert_eq!(places(json!({ "key": ["server"], "steps": steps, "or": [steps] })), ["/match/or"]);
        assert_eq!(places(json!({ "key": ["server", "server"], "steps": steps })), ["/match/key/1"]);
        assert_eq!(places(json!({ "key": [], "within_lines": 3, "steps": steps })), ["/match/within_lines"]);
        let guards = json!({ "key": [], "needs_before": ["c"], "not_before": ["c", "zzz"], "steps": steps });
        assert_eq!(places(guards), ["/match/not_before", "/match/not_before"]);
    }

    #[test]
    fn what_surrounds_the_rule_is_checked_as_well() {
        let place = |key: &str, value: Value| {
            let found = problems(rule(&json!([{ "as": "x", "event": "a" }])), &[(key, value)]);
            found.into_iter().map(|p| p.place).collect::<Vec<_>>()
        };
        assert_eq!(place("kind", json!("benign")), ["/severity"]);
        assert_eq!(place("explains", json!(["sig"])), ["/explains"]);
        assert_eq!(place("applies_to", json!({ "client": "2.x.y.z" })), ["/applies_to/client"]);
        assert_eq!(place("applies_to", json!({ "outside": "hide" })), ["/applies_to/outside"]);
        let worse = json!([{ "event": "zzz", "within": "1s", "severity": "low", "says": "{x.line" }]);
        assert_eq!(
            place("escalate", worse),
            ["/escalate/0/says", "/escalate/0/event", "/escalate/0/severity"]
        );
        let test = json!([{ "name": "t", "expect": "match", "at": { "q": 1 }, "log": [] }]);
        assert_eq!(place("tests", test), ["/tests/0/at/q"]);
        let says = json!({ "summary": "{q.line}", "expected": "", "advice": ["", "{x.nothing}"] });
        assert_eq!(place("says", says), ["/says/summary", "/says/advice/1"]);
    }
}
