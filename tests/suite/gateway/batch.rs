//! Several messages in one array: answered like one after the other, where the revision has that, and nowhere else.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use lastgood::gateway::{Act, Asked, Body, Gateway, Listen, Record, Script};
use lastgood::pattern::ScenarioDef;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{ask, call, scenario, session, start, status};

fn request(id: usize, rpc: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": rpc, "params": { "name": "jira_search_issues" } })
}

fn note() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
}

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap_or_default()
}

/// A healthy server that speaks up to that revision.
fn speaking(revision: &str, streams: bool) -> ScenarioDef {
    let mut def = scenario("stream").def;
    def.servers[0].revision = Some(revision.to_owned());
    def.servers[0].streams = streams;
    def
}

fn gateway(def: &ScenarioDef) -> Gateway {
    Gateway::start(def, Listen::default(), Record::new(None)).unwrap()
}

/// A server that is being played, and the session that was begun with it.
fn begun(def: &ScenarioDef) -> (Script, String) {
    let mut script = Script::new(&def.servers[0]);
    let asked = Asked { http: "POST".to_owned(), body: call("initialize").into_bytes(), ..Asked::default() };
    let Act::Say { headers, .. } = script.answer(&asked, "").0.act else { panic!("it does not begin") };
    let session = headers["mcp-session-id"].clone();
    (script, session)
}

fn asked(session: &str, body: &Value) -> Asked {
    let (http, session) = ("POST".to_owned(), Some(session.to_owned()));
    Asked { http, session, body: body.to_string().into_bytes(), ..Asked::default() }
}

/// The status and the messages of an answer.
fn said(act: &Act) -> (u16, Vec<Value>) {
    let Act::Say { status, body, .. } = act else { panic!("{act:?}") };
    let messages = match body {
        Body::Empty => vec![],
        Body::Text(text) => match serde_json::from_str(text).unwrap() {
            Value::Array(all) => all,
            one => vec![one],
        },
        Body::Stream(stream) => stream.messages.clone(),
        Body::Cut(_) => panic!("{act:?}"),
    };
    (*status, messages)
}

#[test]
fn a_batch_is_answered_and_recorded_like_its_messages_one_after_the_other() {
    let message = prop_oneof![
        Just(note()),
        Just(json!({ "jsonrpc": "2.0", "id": 9, "result": {} })),
        ("ping|tools/list|tools/call|no/such", 0_usize..5).prop_map(|(rpc, id)| request(id, &rpc)),
    ];
    let batches = proptest::collection::vec(message, 1..6);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(200) });
    for streams in [false, true] {
        let def = speaking("2025-03-26", streams);
        let same = |messages: Vec<Value>| {
            let ((mut one, alone), (mut other, together)) = (begun(&def), begun(&def));
            let single: Vec<_> = messages.iter().map(|m| one.answer(&asked(&alone, m), "")).collect();
            let (answer, seen) = other.answer(&asked(&together, &Value::Array(messages)), "");
            let wanted: Vec<Value> = single.iter().flat_map(|(a, _)| said(&a.act).1).collect();
            let status = if wanted.is_empty() { 202 } else { 200 };
            assert_eq!(said(&answer.act), (status, wanted));
            assert_eq!(answer.delay, single.iter().map(|(a, _)| a.delay).max().unwrap());
            let rpcs = |seen: &lastgood::gateway::Seen| (seen.rpc.clone(), seen.answered.error);
            let alone: Vec<_> = single.iter().flat_map(|(_, s)| s).map(rpcs).collect();
            assert_eq!(seen.iter().map(rpcs).collect::<Vec<_>>(), alone);
            Ok(())
        };
        runner.run(&batches, same).unwrap();
    }
}

#[test]
fn over_http_the_answers_come_in_an_array_and_to_notifications_alone_comes_none() {
    let gateway = start("stream");
    let id = session(&gateway);
    let all = json!([request(1, "tools/list"), note(), request(2, "tools/call")]).to_string();
    let answer = ask(&gateway, "POST", Some(&id), &all);
    let ids: Vec<Value> = body(&answer).as_array().unwrap().iter().map(|m| m["id"].clone()).collect();
    assert_eq!((status(&answer), ids), ("200", vec![json!(1), json!(2)]));
    let notes = ask(&gateway, "POST", Some(&id), &json!([note(), note()]).to_string());
    assert_eq!((status(&notes), body(&notes)), ("202", Value::Null));
    let told: Vec<_> = gateway.record().seen()[1..].iter().map(|s| s.told["batch"].clone()).collect();
    assert_eq!(told, ["1 of 3", "2 of 3", "3 of 3", "1 of 2", "2 of 2"]);

    let streaming = self::gateway(&speaking("2025-03-26", true));
    let answer = ask(&streaming, "POST", Some(&session(&streaming)), &all);
    assert!(answer.contains("text/event-stream"), "{answer}");
    assert_eq!(answer.matches("data: {").count(), 2, "{answer}");
}

#[test]
fn what_is_no_batch_is_refused_and_so_is_any_in_another_revision() {
    let gateway = start("stream");
    let id = session(&gateway);
    let refused = |gateway: &Gateway, id: &str, batch: &Value| {
        let answer = ask(gateway, "POST", Some(id), &batch.to_string());
        (status(&answer).to_owned(), body(&answer)["error"]["code"].clone())
    };
    let invalid = ("400".to_owned(), json!(-32600));
    assert_eq!(refused(&gateway, &id, &json!([])), invalid);
    assert_eq!(refused(&gateway, &id, &json!([request(1, "ping"), request(2, "initialize")])), invalid);
    let mixed = ask(&gateway, "POST", Some(&id), &json!([1, {}, request(3, "ping")]).to_string());
    let codes: Vec<Value> =
        body(&mixed).as_array().unwrap().iter().map(|m| m["error"]["code"].clone()).collect();
    assert_eq!(codes, [json!(-32600), json!(-32600), Value::Null], "{mixed}");
    // No session: nothing was agreed on.
    let answer = ask(&gateway, "POST", None, &json!([request(1, "initialize")]).to_string());
    assert_eq!(status(&answer), "400");
    for revision in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let gateway = self::gateway(&speaking(revision, false));
        let id = session(&gateway);
        assert_eq!(refused(&gateway, &id, &json!([request(1, "ping")])), invalid, "{revision}");
    }
}

#[test]
fn rules_fit_each_message_and_what_concerns_the_request_happens_to_all_of_it() {
    let two = |rpc: &str| json!([request(1, "ping"), request(2, rpc), request(3, "tools/call")]).to_string();
    let of_one = start("tool-error");
    let answer = body(&ask(&of_one, "POST", Some(&session(&of_one)), &two("tools/list")));
    assert!(answer[0]["result"].is_object() && answer[1]["result"].is_object(), "{answer}");
    assert_eq!(answer[2]["error"]["message"], "Upstream said no");

    for (id, wanted, how) in [("expire", "404", "answer"), ("restart", "none", "drop")] {
        let gateway = start(id);
        let session = session(&gateway);
        let answer = ask(&gateway, "POST", Some(&session), &two("tools/call"));
        assert_eq!(status(&answer), wanted, "{id}: the second call is struck");
        let seen = gateway.record().seen();
        assert!(seen[1..].iter().all(|s| s.answered.how == how) && seen.len() == 4, "{id}: {seen:#?}");
        assert!(!seen.iter().any(lastgood::gateway::Seen::is_good_call), "{id}");
        let after = ask(&gateway, "POST", Some(&session), &call("tools/call"));
        assert_eq!(status(&after), "404", "{id}: the sessions are forgotten");
    }
}

#[test]
fn a_child_answers_a_batch_in_one_line_once_the_revision_is_agreed_on() {
    let begin = |revision: &str| json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "protocolVersion": revision } });
    let batch = json!([request(1, "ping"), note(), request(2, "tools/list")]);
    let answered: BTreeMap<&str, Value> = ["2025-03-26", "2025-06-18"]
        .into_iter()
        .map(|revision| {
            let mut child = Command::new(env!("CARGO_BIN_EXE_lastgood"))
                .args(["gateway", "--stdio", "stdio-ok"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let lines = format!("{batch}\n{}\n{batch}\n", begin(revision));
            child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
            let out = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
            let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
            assert_eq!((lines.len(), lines[0]["error"]["code"].clone()), (3, json!(-32600)), "{out}");
            (revision, lines[2].clone())
        })
        .collect();
    assert_eq!(answered["2025-03-26"].as_array().map(Vec::len), Some(2));
    assert_eq!(answered["2025-06-18"]["error"]["code"], -32600);
}
