//! What `patterns/README.md` promises to authors of signatures, sentence by sentence.

use serde_json::{Value, json};

use super::answer::{Applicability, Diagnosis, Finding};
use super::engine::End;
use super::fixture::{at, compiled, event, of, with};
use super::sessions::{Engine, run};
use crate::classify::Event;
use crate::parse::Stamp;
use crate::pattern::{Expect, Severity};

fn diagnose(rule: Value, more: &[(&str, Value)], events: &[Event]) -> Diagnosis {
    let last = events.last();
    let end = End { stamp: last.and_then(|e| e.stamp), line: last.map_or(0, |e| e.line), client: None };
    let rules = [compiled(rule, more)];
    let mut engine = Engine::new(&rules);
    events.iter().for_each(|e| engine.see(e));
    engine.finish_all(end).0
}

fn answer(rule: Value, events: &[Event]) -> Expect {
    diagnose(rule, &[], events).overall(0)
}

fn finding(rule: Value, events: &[Event]) -> Finding {
    diagnose(rule, &[], events).findings.into_iter().next().unwrap()
}

fn step(name: &str, event: &str) -> Value {
    json!({ "as": name, "event": event })
}

fn rule(steps: &[Value]) -> Value {
    json!({ "key": ["server"], "within_lines": 10, "within": "1h", "steps": steps })
}

fn extended(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

fn a_then_b(more: Value) -> Value {
    rule(&[step("x", "a"), extended(step("y", "b"), more)])
}

fn silence(span: &str, at_end: &str) -> Value {
    rule(&[
        step("x", "a"),
        json!({ "as": "gone", "absent": ["b", "c"], "for": span, "at_end_of_log": at_end }),
    ])
}

const MATCH: Expect = Expect::Match;
const NO: Expect = Expect::NoMatch;
const DOUBT: Expect = Expect::Inconclusive;

#[test]
fn steps_are_filled_in_order_with_anything_between() {
    assert_eq!(answer(a_then_b(json!({})), &[at("a", 1, 0), at("c", 2, 1), at("b", 3, 2)]), MATCH);
    assert_eq!(answer(a_then_b(json!({})), &[at("b", 1, 0), at("a", 2, 1)]), NO);
}

#[test]
fn a_step_may_name_several_events() {
    let rule = rule(&[step("x", "a"), json!({ "as": "y", "event": ["b", "c"] })]);
    assert_eq!(answer(rule, &[at("a", 1, 0), at("c", 2, 1)]), MATCH);
}

#[test]
fn events_that_lack_a_key_field_are_ignored_and_never_lumped_together() {
    let rule = extended(a_then_b(json!({})), json!({ "key": ["server", "tool"] }));
    let bare = [at("a", 1, 0), at("b", 2, 1)];
    assert_eq!(answer(rule.clone(), &bare), NO);
    assert_eq!(answer(rule.clone(), &bare.clone().map(|e| with(e, "tool", "t"))), MATCH);
    let mixed = [with(at("a", 1, 0), "tool", "t"), with(at("b", 2, 1), "tool", "u")];
    assert_eq!(answer(rule, &mixed), NO);
}

#[test]
fn keys_that_look_alike_when_glued_together_are_two() {
    let rule = extended(a_then_b(json!({})), json!({ "key": ["server", "tool"] }));
    let alike =
        [with(of(at("a", 1, 0), "s\"1:t"), "tool", "u"), with(of(at("b", 2, 1), "s"), "tool", "t\"1:u")];
    assert_eq!(answer(rule, &alike), NO);
}

#[test]
fn servers_never_mix_even_where_the_server_is_not_in_the_key() {
    for key in [json!(["server"]), json!([])] {
        let rule = extended(a_then_b(json!({})), json!({ "key": key }));
        assert_eq!(answer(rule.clone(), &[of(at("a", 1, 0), "s"), of(at("b", 2, 1), "t")]), NO);
        assert_eq!(answer(rule, &[of(at("a", 1, 0), "t"), of(at("b", 2, 1), "t")]), MATCH);
    }
}

#[test]
fn a_signature_without_the_server_in_its_key_sees_events_of_the_client_as_a_whole() {
    let rule = json!({ "key": [], "steps": [step("x", "start"), step("y", "start")] });
    let diagnosis = diagnose(rule, &[], &[of(at("start", 1, 0), ""), of(at("start", 2, 1), "")]);
    assert_eq!((diagnosis.answer(0, None), diagnosis.findings[0].server.clone()), (MATCH, None));
}

#[test]
fn client_sessions_never_mix() {
    let events = [at("a", 1, 0), Event { session: 1, ..at("b", 2, 1) }];
    assert_eq!(answer(a_then_b(json!({})), &events), NO);
}

#[test]
fn what_is_waited_for_when_a_session_ends_is_settled_as_at_the_end_of_the_log() {
    let next = Event { session: 1, ..at("d", 2, 60_000) };
    for (at_end, wanted) in [("match", MATCH), ("no-match", NO), ("inconclusive", DOUBT)] {
        assert_eq!(answer(silence("15s", at_end), &[at("a", 1, 0), next.clone()]), wanted, "{at_end}");
    }
}

#[test]
fn where_tests_a_value_a_list_or_operators() {
    let rule = |test: Value| a_then_b(json!({ "where": { "v": test } }));
    let log = |v: i64| [at("a", 1, 0), with(at("b", 2, 1), "v", v)];
    assert_eq!(answer(rule(json!(404)), &log(404)), MATCH);
    assert_eq!(answer(rule(json!(404)), &log(405)), NO);
    assert_eq!(answer(rule(json!([404, 410])), &log(410)), MATCH);
    assert_eq!(answer(rule(json!({ "gt": 399, "lt": 500 })), &log(500)), NO);
    assert_eq!(answer(rule(json!(404)), &[at("a", 1, 0), at("b", 2, 1)]), NO, "the field is not there");
}

#[test]
fn within_is_the_longest_time_since_the_step_before() {
    let rule = a_then_b(json!({ "within": "2s" }));
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("b", 2, 2000)]), MATCH);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("b", 2, 2001)]), NO);
    assert_eq!(
        answer(rule, &[at("a", 1, 0), at("a", 2, 9000), at("b", 3, 9001)]),
        MATCH,
        "the later one counts"
    );
}

#[test]
fn the_whole_window_runs_from_the_first_step_to_the_last() {
    let rule = extended(a_then_b(json!({})), json!({ "within": "2s" }));
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("b", 2, 2000)]), MATCH);
    assert_eq!(answer(rule, &[at("a", 1, 0), at("b", 2, 2001)]), NO);
}

#[test]
fn an_event_of_not_between_undoes_the_step_before() {
    let rule = a_then_b(json!({ "not_between": ["c"] }));
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("c", 2, 1), at("b", 3, 2)]), NO);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), of(at("c", 2, 1), "t"), at("b", 3, 2)]), MATCH);
    assert_eq!(answer(rule, &[at("a", 1, 0), at("c", 2, 1), at("a", 3, 2), at("b", 4, 3)]), MATCH);
}

#[test]
fn one_event_fills_one_step() {
    let rule = rule(&[step("x", "a"), step("y", "a"), step("z", "a")]);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("a", 2, 1)]), NO);
    let found = finding(rule, &[at("a", 1, 0), at("a", 2, 1), at("a", 3, 2)]);
    assert_eq!(found.evidence.lines().iter().map(|e| e.line).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_count_asks_for_so_many_within_so_long() {
    let rule = rule(&[json!({ "as": "loop", "event": "a", "count": { "min": 3, "within": "10s" } })]);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("a", 2, 5000)]), NO);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("a", 2, 5000), at("a", 3, 10_001)]), NO);
    let found = finding(rule, &[at("a", 1, 0), at("a", 2, 9000), at("a", 3, 10_001), at("a", 4, 12_000)]);
    assert_eq!(found.evidence.lines().iter().map(|e| e.line).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn not_between_breaks_a_count_as_well() {
    let count =
        json!({ "as": "loop", "event": "a", "count": { "min": 2, "within": "10s" }, "not_between": ["b"] });
    let rule = rule(&[count]);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("b", 2, 1), at("a", 3, 2)]), NO);
    assert_eq!(answer(rule, &[at("b", 1, 0), at("a", 2, 1), at("a", 3, 2)]), MATCH);
}

#[test]
fn a_count_behind_a_step_counts_only_what_comes_after_it() {
    let rule = rule(&[
        step("x", "b"),
        json!({ "as": "loop", "event": "a", "count": { "min": 2, "within": "10s" } }),
    ]);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("b", 2, 1), at("a", 3, 2)]), NO);
    let late = [at("b", 1, 0), at("a", 2, 1), at("b", 3, 2), at("a", 4, 3)];
    assert_eq!(answer(rule, &late), MATCH, "the earlier prefix has both behind it");
}

#[test]
fn an_absence_is_proven_when_the_log_goes_on_for_long_enough() {
    let rule = silence("15s", "inconclusive");
    let found = finding(rule.clone(), &[at("a", 1, 0), at("d", 2, 15_001), at("b", 3, 15_002)]);
    let silence = found.silence.unwrap();
    assert_eq!((silence.proven, silence.until_line, found.evidence.last_line()), (true, 2, 1));
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("b", 2, 15_000)]), NO, "just in time");
    assert_eq!(answer(rule, &[at("a", 1, 0), at("d", 2, 15_000)]), MATCH, "the log ends when the time is up");
}

#[test]
fn lines_that_are_no_events_prove_an_absence_too() {
    let rules = [compiled(silence("15s", "inconclusive"), &[])];
    let mut engine = Engine::new(&rules);
    engine.see(&at("a", 1, 0));
    engine.tick(Some(Stamp(20_000)), 2);
    engine.see(&at("b", 3, 20_001));
    let end = End { stamp: Some(Stamp(20_001)), line: 3, client: None };
    assert_eq!(engine.finish(end).overall(0), MATCH);
}

#[test]
fn a_log_that_just_ends_is_not_taken_for_silence() {
    let events = [at("a", 1, 0), at("d", 2, 3000)];
    for (at_end, wanted) in [("match", MATCH), ("no-match", NO), ("inconclusive", DOUBT)] {
        assert_eq!(answer(silence("15s", at_end), &events), wanted, "{at_end}");
    }
    let diagnosis = diagnose(silence("15s", "inconclusive"), &[], &events);
    let reason = "it takes 15 s of silence after line 1 to tell, and the log ends at line 2";
    assert_eq!(diagnosis.inconclusive[0].reason, reason);
}

#[test]
fn the_rest_of_the_log_is_silent_or_not() {
    let rule = silence("rest-of-log", "match");
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("d", 2, 9_000_000)]), MATCH);
    assert_eq!(
        answer(rule.clone(), &[at("a", 1, 0), at("b", 2, 9_000_000)]),
        NO,
        "over a break of the clock"
    );
    assert_eq!(answer(rule, &[at("a", 1, 0), at("b", 2, 1), at("a", 3, 2)]), MATCH);
}

#[test]
fn a_steady_trigger_does_not_put_a_silence_off() {
    let events: Vec<Event> = (0..8).map(|i| at("a", i + 1, i as i64 * 4000)).collect();
    assert_eq!(finding(silence("15s", "inconclusive"), &events).evidence.first_line(), 1);
}

#[test]
fn an_absence_may_ask_for_a_field() {
    let gone = json!({ "as": "gone", "absent": "b", "for": "rest-of-log", "at_end_of_log": "match", "where": { "v": 1 } });
    let gone = extended(gone, json!({ "absent": ["b"] }));
    let rule = rule(&[step("x", "a"), gone]);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), with(at("b", 2, 1), "v", 2)]), MATCH);
    assert_eq!(answer(rule, &[at("a", 1, 0), with(at("b", 2, 1), "v", 1)]), NO);
}

#[test]
fn without_its_guard_a_signature_is_not_applicable() {
    let rule = extended(a_then_b(json!({})), json!({ "needs_before": ["c", "d"] }));
    let log = [at("a", 2, 2), at("b", 3, 3)];
    assert_eq!(answer(rule.clone(), &log), Expect::NotApplicable);
    let with = |before: &[&str]| {
        let before = before.iter().map(|id| at(id, 1, 1));
        before.chain(log.clone()).collect::<Vec<_>>()
    };
    assert_eq!(answer(rule.clone(), &with(&["c"])), Expect::NotApplicable, "all of them are needed");
    assert_eq!(answer(rule.clone(), &with(&["c", "d"])), MATCH);
    assert_eq!(answer(rule.clone(), &[at("c", 1, 0), at("d", 1, 0)]), NO, "checked and clean");
    let late = [at("a", 1, 0), at("c", 2, 1), at("d", 3, 2), at("b", 4, 3)];
    assert_eq!(answer(rule, &late), NO, "the guard must come before the first step");
}

#[test]
fn a_guard_counts_for_its_server_alone() {
    let rule = extended(a_then_b(json!({})), json!({ "needs_before": ["c"] }));
    let diagnosis = diagnose(rule, &[], &[of(at("c", 1, 0), "t"), at("a", 2, 1), at("b", 3, 2)]);
    assert_eq!(diagnosis.answer(0, Some("s")), Expect::NotApplicable);
    assert_eq!(diagnosis.answer(0, Some("t")), NO);
}

#[test]
fn not_before_forbids_what_came_before_the_first_step() {
    let rule = extended(a_then_b(json!({})), json!({ "not_before": ["c"] }));
    assert_eq!(answer(rule.clone(), &[at("c", 1, 0), at("a", 2, 1), at("b", 3, 2)]), NO);
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("c", 2, 1), at("b", 3, 2)]), MATCH);
    let earlier = Event { session: 0, ..at("c", 1, 0) };
    let session = |e: Event| Event { session: 1, ..e };
    assert_eq!(answer(rule, &[earlier, session(at("a", 2, 1)), session(at("b", 3, 2))]), MATCH);
}

#[test]
fn any_branch_will_do_and_the_first_one_leads() {
    let rule = json!({ "key": ["server"], "or": [[step("x", "a"), step("y", "b")], [step("z", "c")]] });
    assert_eq!(finding(rule.clone(), &[at("c", 1, 0)]).evidence.lines()[0].step, "z");
    assert_eq!(finding(rule, &[at("a", 1, 0), at("b", 2, 1)]).evidence.lines()[0].step, "x");
}

#[test]
fn without_a_clock_lines_stand_in_and_the_finding_says_so() {
    let rule = a_then_b(json!({ "within": "2s" }));
    let found = finding(rule.clone(), &[event("a", 1), event("b", 11)]);
    assert!(found.order_only);
    assert_eq!(answer(rule.clone(), &[event("a", 1), event("b", 12)]), NO);
    assert!(!finding(rule, &[at("a", 1, 0), at("b", 90, 1)]).order_only, "a clock outweighs lines");
}

#[test]
fn without_a_clock_lines_stand_in_for_the_length_of_a_silence() {
    let rule = silence("15s", "inconclusive");
    assert!(finding(rule.clone(), &[event("a", 1), event("d", 12)]).order_only);
    assert_eq!(answer(rule.clone(), &[event("a", 1), event("b", 11)]), NO);
    assert_eq!(answer(rule, &[event("a", 1), event("d", 10)]), DOUBT);
}

#[test]
fn without_a_clock_and_without_lines_it_cannot_be_told() {
    let steps = [step("x", "a"), extended(step("y", "b"), json!({ "within": "2s" }))];
    let rule = json!({ "key": ["server"], "steps": steps });
    assert_eq!(answer(rule.clone(), &[event("a", 1), event("b", 2)]), DOUBT);
    assert_eq!(answer(rule.clone(), &[event("b", 1), event("a", 2)]), NO, "no order, no doubt");
    assert_eq!(answer(rule, &[at("a", 1, 0), at("b", 2, 1)]), MATCH);
}

#[test]
fn order_alone_needs_no_clock() {
    let rule = json!({ "key": ["server"], "steps": [step("x", "a"), step("y", "b")] });
    assert!(!finding(rule, &[event("a", 1), event("b", 999)]).order_only);
}

#[test]
fn windows_do_not_reach_over_a_break_of_the_clock() {
    let rule = a_then_b(json!({ "within": "30m" }));
    assert_eq!(answer(rule.clone(), &[at("a", 1, 10_000), at("b", 2, 8999)]), NO);
    assert_eq!(
        answer(rule.clone(), &[at("a", 1, 10_000), at("b", 2, 9000)]),
        MATCH,
        "a second is two writers"
    );
    assert_eq!(answer(rule.clone(), &[at("a", 1, 0), at("b", 2, 300_001)]), NO);
    assert_eq!(answer(rule, &[at("a", 1, 0), at("d", 2, 200_000), at("b", 3, 400_000)]), MATCH, "no silence");
    let rule = json!({ "key": ["server"], "steps": [step("x", "a"), step("y", "b")] });
    assert_eq!(answer(rule, &[at("a", 1, 10_000), at("b", 2, 0)]), MATCH, "order reaches over it");
}

#[test]
fn a_break_of_the_clock_leaves_a_silence_as_unproven_as_the_end_of_the_log() {
    let events = [at("a", 1, 0), at("d", 2, 3000), at("d", 3, 900_000)];
    let diagnosis = diagnose(silence("15s", "inconclusive"), &[], &events);
    let reason = "it takes 15 s of silence after line 1 to tell, and the clock breaks behind line 2";
    assert_eq!(diagnosis.inconclusive[0].reason, reason);
    assert_eq!(answer(silence("3s", "inconclusive"), &events), MATCH, "its time was up before the break");
}

#[test]
fn after_a_match_its_events_are_used_up_and_further_matches_are_counted() {
    let pairs: Vec<Event> =
        ["a", "b", "a", "b", "b", "a", "b"].iter().zip(1..).map(|(id, n)| event(id, n)).collect();
    let found = finding(a_then_b(json!({})), &pairs);
    assert_eq!((found.count, found.evidence.first_line(), found.evidence.last_line()), (3, 1, 2));
}

#[test]
fn there_is_one_finding_for_each_server() {
    let servers = ["s", "t", "s"];
    let events = servers
        .iter()
        .zip(0..)
        .flat_map(|(s, i)| [of(at("a", 2 * i + 1, i as i64), s), of(at("b", 2 * i + 2, i as i64), s)]);
    let diagnosis = diagnose(a_then_b(json!({})), &[], &events.collect::<Vec<_>>());
    let found: Vec<_> = diagnosis.findings.iter().map(|f| (f.server.as_deref().unwrap(), f.count)).collect();
    assert_eq!(found, [("s", 2), ("t", 1)]);
}

#[test]
fn the_clients_own_shutdown_fills_no_step_that_does_not_name_it() {
    assert_eq!(answer(a_then_b(json!({})), &[at("a", 1, 0), at("quit", 2, 1)]), NO);
    let named = rule(&[step("x", "a"), step("y", "quit")]);
    assert_eq!(answer(named, &[at("a", 1, 0), at("quit", 2, 1)]), MATCH);
}

#[test]
fn an_echo_is_no_event() {
    let echo = Event { echo: true, ..at("b", 2, 1) };
    assert_eq!(answer(a_then_b(json!({})), &[at("a", 1, 0), echo]), NO);
}

fn escalating() -> Vec<(&'static str, Value)> {
    let escalate =
        json!({ "event": "f", "within": "60s", "severity": "critical", "says": "its tools are gone" });
    vec![("escalate", json!([escalate]))]
}

#[test]
fn an_escalation_raises_the_severity_and_adds_its_sentence() {
    let log = |ms| [at("a", 1, 0), at("b", 2, 1000), at("f", 3, ms)];
    let found = diagnose(a_then_b(json!({})), &escalating(), &log(61_000)).findings.remove(0);
    assert_eq!(
        (found.severity, found.summary.as_str()),
        (Severity::Critical, "it broke; its tools are gone")
    );
    assert_eq!((found.escalations[0].line, found.escalations[0].event.as_str()), (3, "f"));
    let found = diagnose(a_then_b(json!({})), &escalating(), &log(61_001)).findings.remove(0);
    assert_eq!((found.severity, found.summary.as_str()), (Severity::Warning, "it broke"));
}

#[test]
fn an_escalation_is_no_finding_and_counts_only_after_the_match_and_on_its_server() {
    assert_eq!(diagnose(a_then_b(json!({})), &escalating(), &[at("f", 1, 0)]).overall(0), NO);
    let before = [at("a", 1, 0), at("f", 2, 1), at("b", 3, 2), of(at("f", 4, 3), "t")];
    assert_eq!(diagnose(a_then_b(json!({})), &escalating(), &before).findings[0].severity, Severity::Warning);
}

#[test]
fn an_escalation_may_come_while_a_silence_lasts() {
    let events = [at("a", 1, 0), at("f", 2, 5000), at("d", 3, 20_000)];
    let found = diagnose(silence("15s", "inconclusive"), &escalating(), &events).findings.remove(0);
    assert_eq!((found.severity, found.escalations[0].line), (Severity::Critical, 2));
}

#[test]
fn without_a_clock_an_escalation_is_measured_in_lines() {
    let log = |line| [event("a", 1), event("b", 2), event("f", line)];
    for (line, severity) in [(12, Severity::Critical), (13, Severity::Warning)] {
        assert_eq!(diagnose(a_then_b(json!({})), &escalating(), &log(line)).findings[0].severity, severity);
    }
}

#[test]
fn the_client_version_decides_what_a_match_means() {
    let on = |outside: &str, client: Option<&str>| {
        let applies = json!({ "client": ">=2.1.147, <2.1.153", "outside": outside });
        let rules = [compiled(a_then_b(json!({})), &[("applies_to", applies)])];
        let client = client.map(|v| v.parse().unwrap());
        let end = End { stamp: None, line: 2, client: client.as_ref() };
        run(&rules, &[event("a", 1), event("b", 2)], end)
    };
    let applies = |d: &Diagnosis| d.findings.first().map(|f| f.applicability);
    assert_eq!(applies(&on("hide", Some("2.1.147"))), Some(Applicability::InRange));
    assert_eq!(applies(&on("possible-recurrence", Some("2.1.153"))), Some(Applicability::PossibleRecurrence));
    assert_eq!(applies(&on("hide", None)), Some(Applicability::Unknown));
    let hidden = on("hide", Some("2.1.153"));
    assert_eq!((applies(&hidden), hidden.overall(0)), (None, Expect::NotApplicable));
}

#[test]
fn a_match_of_one_key_outweighs_the_doubt_of_another() {
    let rule = extended(silence("15s", "inconclusive"), json!({ "key": ["server", "tool"] }));
    let tool = |e: Event, tool: &str| with(e, "tool", tool);
    let doubt = [tool(at("a", 1, 0), "t"), tool(at("a", 2, 14_000), "u"), at("d", 3, 16_000)];
    let diagnosis = diagnose(rule, &[], &doubt);
    assert_eq!((diagnosis.overall(0), diagnosis.inconclusive.len()), (MATCH, 0));
}

#[test]
fn more_keys_than_can_be_followed_are_given_up_aloud() {
    let rule = extended(a_then_b(json!({})), json!({ "key": ["server", "v"] }));
    let mut events: Vec<Event> = (0..4097).map(|i| with(at("a", i + 1, 0), "v", i)).collect();
    events.push(with(at("b", 5000, 1), "v", 0));
    let diagnosis = diagnose(rule.clone(), &[], &events);
    assert_eq!(diagnosis.overall(0), DOUBT);
    assert_eq!(
        diagnosis.inconclusive[0].reason,
        "there are more than 4096 keys at once; the oldest were given up"
    );
    events.push(with(at("b", 5001, 2), "v", 4096));
    assert_eq!(diagnose(rule, &[], &events).overall(0), MATCH, "the newest are followed");
}

#[test]
fn evidence_of_many_repeats_is_cut_in_the_middle() {
    let rule = rule(&[json!({ "as": "loop", "event": "a", "count": { "min": 40, "within": "1h" } })]);
    let events: Vec<Event> = (1..=40).map(|i| at("a", i, 0)).collect();
    let found = finding(rule, &events);
    assert_eq!((found.evidence.lines().len(), found.evidence.last_line()), (12, 40));
}

#[test]
fn the_same_events_give_the_same_bytes() {
    let rule = json!({ "key": ["server"], "or": [[step("x", "a"), step("y", "b")], [step("z", "c")]] });
    let rules = [compiled(rule.clone(), &[]), compiled(a_then_b(json!({})), &[])];
    let events: Vec<Event> =
        (0..60).map(|i| of(event(["a", "b", "c"][i % 3], i as u64), ["s", "t", "u", "w"][i % 4])).collect();
    let once = || format!("{:?}", run(&rules, &events, End { line: 60, ..End::default() }));
    assert_eq!(once(), once());
}
