//! The engine against exhaustive search: what a rule means, written down without any cleverness.
//!
//! The oracle looks at every combination of events that could fill the steps, for each key on its own, and walks
//! the log once more only to know when a match ends and what it uses up. It shares no code with the engine but the
//! reading of durations and of `where`.

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use super::answer::{Diagnosis, Finding};
use super::check;
use super::compile::{Compiled, compile};
use super::condition::Condition;
use super::engine::End;
use super::random::{self, Item};
use super::residue::Residues;
use super::sessions::Engine;
use super::{duration, fixture};
use crate::classify::Event;
use crate::pattern::{AtEnd, Expect, Rule, Step};

/// Where a line stands: the segment, milliseconds or lines in it, and whether the log has shown a clock.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    segment: u32,
    at: i64,
    clock: bool,
}

fn places(items: &[Item]) -> Vec<Place> {
    let mut place = Place { segment: 0, at: 0, clock: false };
    let mut out = Vec::new();
    for item in items {
        place = match item.stamp.map(|s| s.0) {
            None if place.clock => place,
            None => Place { at: item.line as i64, ..place },
            Some(at) if !place.clock || at < place.at - 1000 || at > place.at + 300_000 => {
                Place { segment: place.segment + 1, at, clock: true }
            }
            Some(at) => Place { at: at.max(place.at), ..place },
        };
        out.push(place);
    }
    out
}

/// One key of one client session: the events that carry it, as indices into the log.
struct Course<'l> {
    rule: &'l Rule,
    items: &'l [Item],
    places: &'l [Place],
    /// The lines of the session.
    lines: std::ops::Range<usize>,
    events: Vec<usize>,
}

/// What one key comes to.
#[derive(Debug, Default, Clone)]
struct Verdict {
    /// For each match: index of its last event, and whether lines stood in for time.
    matches: Vec<(usize, bool)>,
    doubt: bool,
    guarded: bool,
}

/// A branch that waits: its last event, and when it is over.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    branch: usize,
    last: usize,
    due: Option<i64>,
    measured: bool,
}

impl Course<'_> {
    fn branches(&self) -> Vec<&[Step]> {
        check::branches(self.rule).map(|(_, steps)| steps).collect()
    }

    fn event(&self, index: usize) -> &Event {
        self.items[index].event.as_ref().unwrap()
    }

    fn is(&self, index: usize, ids: &[String]) -> bool {
        ids.iter().any(|id| id == self.event(index).id())
    }

    fn passes(&self, index: usize, step: &Step) -> bool {
        step.tests
            .iter()
            .all(|(field, test)| Condition::compile(field, test, false).unwrap().holds(self.event(index)))
    }

    fn limit(&self, text: &str, clock: bool) -> Option<i64> {
        let lines = self.rule.within_lines.map(|n| n as i64);
        if clock { Some(duration::parse(text).unwrap()) } else { lines }
    }

    /// Whether `to` is within `window` of `from`; what cannot be measured holds.
    fn near(&self, from: usize, to: usize, window: Option<&String>) -> bool {
        let Some(window) = window else { return true };
        let (a, b) = (self.places[from], self.places[to]);
        a.segment == b.segment && self.limit(window, b.clock).is_none_or(|limit| b.at - a.at <= limit)
    }

    fn seen_before(&self, index: usize, id: &str) -> bool {
        self.events.iter().any(|e| *e < index && self.event(*e).id() == id)
    }

    fn may_begin(&self, index: usize) -> bool {
        let rule = self.rule;
        rule.needs_before.iter().all(|id| self.seen_before(index, id))
            && !rule.not_before.iter().any(|id| self.seen_before(index, id))
    }

    /// Whether `chosen` (the events of each step) is a match of the event steps of a branch.
    fn is_chain(&self, steps: &[Step], chosen: &[Vec<usize>]) -> bool {
        let all: Vec<usize> = chosen.concat();
        let (first, last) = (all[0], *all.last().unwrap());
        let one_clock = self.places[first].clock == self.places[last].clock;
        let ordered = all.windows(2).all(|w| w[0] < w[1]);
        if !(ordered
            && one_clock
            && self.may_begin(first)
            && self.near(first, last, self.rule.within.as_ref()))
        {
            return false;
        }
        steps.iter().zip(chosen).enumerate().all(|(k, (step, events))| {
            let end = *events.last().unwrap();
            let before = if k == 0 { events[0] } else { *chosen[k - 1].last().unwrap() };
            let count = step.count.as_ref();
            events.len() == count.map_or(1, |c| c.min as usize)
                && events.iter().all(|e| self.is(*e, &step.event) && self.passes(*e, step))
                && (k == 0 || self.near(before, end, step.within.as_ref()))
                && count.is_none_or(|c| self.near(events[0], end, Some(&c.within)))
                && !self.events.iter().any(|e| before < *e && *e < end && self.is(*e, &step.not_between))
        })
    }

    /// Whether some choice of events from `from` on fills all event steps and ends at `last`.
    fn exists(&self, steps: &[Step], from: usize, last: usize) -> bool {
        let usable: Vec<usize> = self.events.iter().copied().filter(|e| *e >= from && *e <= last).collect();
        self.search(steps, &usable, last, &mut Vec::new())
    }

    fn search(&self, steps: &[Step], usable: &[usize], last: usize, chosen: &mut Vec<Vec<usize>>) -> bool {
        let Some(step) = steps.get(chosen.len()) else {
            return chosen.last().is_some_and(|c| c.last() == Some(&last)) && self.is_chain(steps, chosen);
        };
        let size = step.count.as_ref().map_or(1, |c| c.min as usize);
        let after = chosen.last().and_then(|c| c.last()).map_or(0, |e| e + 1);
        let fit: Vec<usize> =
            usable.iter().copied().filter(|e| *e >= after && self.is(*e, &step.event)).collect();
        subsets(&fit, size).into_iter().any(|subset| {
            chosen.push(subset);
            let found = self.search(steps, usable, last, chosen);
            chosen.pop();
            found
        })
    }

    fn asks_for_time(&self, steps: &[Step]) -> bool {
        self.rule.within.is_some() || steps.iter().any(|s| s.within.is_some() || s.count.is_some())
    }

    fn measured(&self, steps: &[Step], last: usize) -> bool {
        self.places[last].clock || !self.asks_for_time(steps) || self.rule.within_lines.is_some()
    }

    fn order_only(&self, branch: &[Step], last: usize) -> bool {
        let timed = |s: &Step| s.span.as_deref().is_some_and(|t| t != "rest-of-log");
        !self.places[last].clock && (self.asks_for_time(branch) || branch.iter().any(timed))
    }

    /// What each branch waits for before line `now`, if events from `from` on count and those of `gone` are settled.
    fn waiting(&self, from: usize, now: usize, gone: &BTreeSet<(usize, usize)>) -> Vec<Waiting> {
        let mut out = Vec::new();
        for (branch, steps) in self.branches().into_iter().enumerate() {
            let Some((absence, steps)) = steps.split_last().filter(|(s, _)| !s.absent.is_empty()) else {
                continue;
            };
            let ends = self.events.iter().copied().filter(|e| *e >= from && *e < now);
            let silent = |last: &usize| {
                let between = self.events.iter().filter(|e| *last < **e && **e < now);
                !between.clone().any(|e| self.is(*e, &absence.absent) && self.passes(*e, absence))
            };
            let ends =
                ends.filter(|last| !gone.contains(&(branch, *last)) && self.exists(steps, from, *last));
            let all: Vec<Waiting> =
                ends.filter(silent).map(|last| self.wait(branch, steps, absence, last)).collect();
            out.extend(all.iter().find(|w| w.measured).or(all.first()));
        }
        out
    }

    fn wait(&self, branch: usize, steps: &[Step], absence: &Step, last: usize) -> Waiting {
        let span = absence.span.as_ref().filter(|s| *s != "rest-of-log");
        let place = self.places[last];
        let due = span.and_then(|s| self.limit(s, place.clock)).map(|limit| place.at + limit);
        Waiting { branch, last, due, measured: self.measured(steps, last) }
    }

    fn verdict(&self) -> Verdict {
        let mut walk = Walk { from: 0, gone: BTreeSet::new(), out: Verdict::default() };
        for now in self.lines.clone() {
            if now > self.lines.start && self.places[now].segment != self.places[now - 1].segment {
                self.settle(now, true, &mut walk);
            }
            self.pop_due(now, &mut walk);
            if self.events.contains(&now) {
                self.whole(now, &mut walk);
            }
        }
        self.settle(self.lines.end, false, &mut walk);
        let needs = &self.rule.needs_before;
        walk.out.guarded = needs.iter().all(|id| self.seen_before(self.lines.end, id));
        walk.out
    }

    /// A branch without an absence that ends with this very event.
    fn whole(&self, now: usize, walk: &mut Walk) {
        let plain = self.branches().into_iter().filter(|b| b.iter().all(|s| s.absent.is_empty()));
        if let Some(steps) = plain.into_iter().find(|steps| self.exists(steps, walk.from, now)) {
            walk.matched(now, self.order_only(steps, now), self.measured(steps, now));
            walk.from = now + 1;
        }
    }

    fn pop_due(&self, now: usize, walk: &mut Walk) {
        loop {
            let over = |w: &Waiting| {
                self.places[w.last].segment == self.places[now].segment
                    && w.due.is_some_and(|d| d < self.places[now].at)
            };
            let waiting = self.waiting(walk.from, now, &walk.gone);
            let Some(first) = waiting.into_iter().filter(over).min_by_key(|w| (w.due, w.branch)) else {
                return;
            };
            self.over(first, walk);
            walk.from = now;
        }
    }

    fn over(&self, w: Waiting, walk: &mut Walk) {
        let order_only = self.order_only(self.branches()[w.branch], w.last);
        walk.matched(w.last, order_only, w.measured);
    }

    /// The clock breaks before line `now` (then only what has a time is settled), or the session ends there.
    fn settle(&self, now: usize, is_break: bool, walk: &mut Walk) {
        loop {
            let timed = |w: &Waiting| {
                self.branches()[w.branch].last().unwrap().span.as_deref() != Some("rest-of-log")
            };
            let mut waiting = self.waiting(walk.from, now, &walk.gone);
            waiting.retain(|w| !is_break || timed(w));
            let Some(w) = waiting.into_iter().min_by_key(|w| (w.due.is_none(), w.due, w.branch)) else {
                return;
            };
            let absence = self.branches()[w.branch].last().unwrap();
            let proven = w.due.is_some_and(|d| d <= self.places[now - 1].at);
            let told = w.measured && (w.due.is_some() || !timed(&w));
            match absence.at_end_of_log.unwrap() {
                _ if proven => self.over(w, walk),
                AtEnd::Match => self.over(w, walk),
                AtEnd::NoMatch if told || !w.measured => {}
                _ => walk.out.doubt = true,
            }
            let matched = w.measured && (proven || absence.at_end_of_log == Some(AtEnd::Match));
            if matched {
                walk.from = now;
            }
            walk.gone.extend(self.events.iter().filter(|e| **e < now).map(|e| (w.branch, *e)));
        }
    }
}

/// How far the oracle has read.
struct Walk {
    /// Earlier events are used up.
    from: usize,
    /// Branch and last event of what was settled without a match.
    gone: BTreeSet<(usize, usize)>,
    out: Verdict,
}

impl Walk {
    fn matched(&mut self, last: usize, order_only: bool, measured: bool) {
        if measured {
            self.out.matches.push((last, order_only));
        } else {
            self.out.doubt = true;
        }
    }
}

fn subsets(of: &[usize], size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut out = Vec::new();
    for (i, first) in of.iter().enumerate() {
        for mut rest in subsets(&of[i + 1..], size - 1) {
            rest.insert(0, *first);
            out.push(rest);
        }
    }
    out
}

/// Sessions, as ranges of lines: one begins with the first event of another number.
fn sessions(items: &[Item]) -> Vec<std::ops::Range<usize>> {
    let mut starts = vec![0];
    let mut current = None;
    for (i, item) in items.iter().enumerate() {
        let Some(event) = &item.event else { continue };
        if current.replace(event.session).is_some_and(|s| s != event.session) {
            starts.push(i);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([items.len()]);
    starts.iter().copied().zip(ends).map(|(a, b)| a..b).collect()
}

fn key_of(rule: &Rule, event: &Event) -> Option<Vec<String>> {
    let mut key = vec![format!("{:?}", event.server)];
    for field in &rule.key {
        match field.as_str() {
            "server" => key.push(event.server.as_ref()?.to_string()),
            field => key.push(event.field(field)?.to_string()),
        }
    }
    Some(key)
}

fn courses<'l>(rule: &'l Rule, items: &'l [Item], places: &'l [Place]) -> Vec<Course<'l>> {
    let mut out = Vec::new();
    for lines in sessions(items) {
        let mut keys: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        for i in lines.clone() {
            let event = items[i].event.as_ref().filter(|e| !e.echo);
            if let Some(key) = event.and_then(|e| key_of(rule, e)) {
                keys.entry(key).or_default().push(i);
            }
        }
        let course = |events| Course { rule, items, places, lines: lines.clone(), events };
        out.extend(keys.into_values().map(course));
    }
    out
}

/// What the engine says, once of events that are new to it, and once of events that it remembers.
fn engine(rule: &Compiled, items: &[Item]) -> [Diagnosis; 2] {
    let (stamp, line) = items.last().map_or((None, 0), |last| (last.stamp, last.line));
    let mut memory = Residues::default();
    [(), ()].map(|()| {
        let mut engine = Engine::new(std::slice::from_ref(rule)).remembering(std::mem::take(&mut memory));
        for item in items {
            match &item.event {
                Some(event) => engine.see(event),
                None => engine.tick(item.stamp, item.line),
            }
        }
        let (diagnosis, remembered) = engine.finish_all(End { stamp, line, client: None });
        memory = remembered;
        diagnosis
    })
}

/// Which answers came up: a comparison that never matches proves nothing.
#[derive(Debug, Default)]
pub(super) struct Tally {
    refused: u32,
    matches: u32,
    repeated: u32,
    order_only: u32,
    silences: u32,
    counted: u32,
    doubts: u32,
    inapplicable: u32,
    clean: u32,
}

impl Tally {
    fn add(&mut self, answer: Expect, finding: Option<&Finding>) {
        match answer {
            Expect::Match => self.matches += 1,
            Expect::NoMatch => self.clean += 1,
            Expect::Inconclusive => self.doubts += 1,
            Expect::NotApplicable => self.inapplicable += 1,
        }
        let Some(f) = finding else { return };
        self.repeated += u32::from(f.count > 1);
        self.order_only += u32::from(f.order_only);
        self.silences += u32::from(f.silence.is_some());
        self.counted += u32::from(f.evidence.lines().windows(2).any(|w| w[0].step == w[1].step));
    }
}

/// Whether engine and exhaustive search agree on a rule and a log.
pub(super) fn compare(json: &Value, items: &[Item], tally: &mut Tally) -> Result<(), String> {
    let signature = fixture::signature(json.clone(), &[]);
    let Ok(compiled) = compile(&signature, &fixture::vocabulary()) else {
        tally.refused += 1;
        return Ok(());
    };
    let rule = &signature.def.rule;
    let places = places(items);
    let courses = courses(rule, items, &places);
    let [new, diagnosis] = engine(&compiled, items);
    if format!("{new:?}") != format!("{diagnosis:?}") {
        return Err(format!(
            "of events that are new: {new:#?}\nof events that are remembered: {diagnosis:#?}"
        ));
    }
    let named = items.iter().filter_map(|i| i.event.as_ref()).map(|e| e.server.clone());
    for server in named.collect::<BTreeSet<_>>() {
        let of_server = |c: &&Course<'_>| c.events.first().is_some_and(|e| c.event(*e).server == server);
        let here: Vec<&Course<'_>> = courses.iter().filter(of_server).collect();
        let verdicts: Vec<Verdict> = here.iter().map(|c| c.verdict()).collect();
        let finding = diagnosis.findings.iter().find(|f| f.server == server);
        let answer = diagnosis.answer(0, server.as_deref());
        agree(&verdicts, answer, finding, !rule.needs_before.is_empty(), items)
            .map_err(|e| format!("server {server:?}: {e}\nengine: {diagnosis:#?}\noracle: {verdicts:?}"))?;
        if let Some(finding) = finding {
            let holds = here.iter().any(|c| c.proves(finding));
            holds.then_some(()).ok_or_else(|| format!("the evidence is no match: {finding:#?}"))?;
        }
        tally.add(answer, finding);
    }
    Ok(())
}

impl Course<'_> {
    /// Whether the evidence of a finding is a match of one of the branches.
    fn proves(&self, finding: &Finding) -> bool {
        self.branches().into_iter().any(|steps| {
            let steps: Vec<Step> = steps.iter().filter(|s| s.absent.is_empty()).cloned().collect();
            let index = |line| self.events.iter().copied().find(|e| self.items[*e].line == line);
            let lines = |s: &Step| {
                let lines = finding.evidence.lines().iter().filter(|e| e.step == s.name);
                lines.map(|e| index(e.line)).collect::<Option<Vec<usize>>>()
            };
            let chosen: Option<Vec<Vec<usize>>> = steps.iter().map(lines).collect();
            chosen.is_some_and(|c| c.iter().all(|s| !s.is_empty()) && self.is_chain(&steps, &c))
        })
    }
}

fn agree(
    verdicts: &[Verdict],
    answer: Expect,
    finding: Option<&Finding>,
    guard: bool,
    items: &[Item],
) -> Result<(), String> {
    let matches: Vec<(usize, bool)> = verdicts.iter().flat_map(|v| v.matches.clone()).collect();
    let wanted = if !matches.is_empty() {
        Expect::Match
    } else if verdicts.iter().any(|v| v.doubt) {
        Expect::Inconclusive
    } else if guard && !verdicts.iter().any(|v| v.guarded) {
        Expect::NotApplicable
    } else {
        Expect::NoMatch
    };
    if answer != wanted {
        return Err(format!("answer {answer:?}, should be {wanted:?}"));
    }
    let Some(finding) = finding else { return Ok(()) };
    if finding.count != matches.len() as u64 {
        return Err(format!("count {}, should be {}", finding.count, matches.len()));
    }
    let firsts = verdicts.iter().filter_map(|v| v.matches.first());
    let same = |(last, only): &(usize, bool)| {
        items[*last].line == finding.evidence.last_line() && *only == finding.order_only
    };
    firsts.clone().any(same).then_some(()).ok_or_else(|| "the first match is another one".to_owned())
}

#[test]
fn the_engine_agrees_with_exhaustive_search() {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let tally = std::cell::RefCell::new(Tally::default());
    let outcome = runner.run(&(random::rule(), random::log()), |(rule, items)| {
        compare(&rule, &items, &mut tally.borrow_mut()).map_err(TestCaseError::fail)
    });
    println!("{:?}", tally.borrow());
    outcome.unwrap_or_else(|e| panic!("{e}"));
    let t = tally.into_inner();
    assert!(t.matches > 0 && t.clean > 0, "a comparison that never matches proves nothing: {t:?}");
}
