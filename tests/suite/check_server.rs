//! `check-server` against servers that do what a scenario says.

use std::collections::BTreeSet;

use lastgood::gateway::{Gateway, Listen, Record};
use lastgood::pattern::{Scenario, SessionWord};
use serde_json::Value;

use crate::gateway::scenario;
use crate::program::{Ran, run};

fn check(id: &str, more: &[&str]) -> (Ran, Gateway) {
    let gateway = Gateway::start(&scenario(id).def, Listen::default(), Record::new(None)).unwrap();
    let url = gateway.url("my-http-mcp");
    (run(&[&["check-server", "--url", &url], more].concat()), gateway)
}

fn clauses(id: &str) -> (i32, Vec<Value>) {
    let (ran, _) = check(id, &["--format", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{id}: {e}: {}", ran.err));
    assert_eq!(document["schema"], "lastgood.check-server/1");
    (ran.status, document["clauses"].as_array().unwrap().clone())
}

#[test]
fn a_healthy_server_keeps_every_clause() {
    for id in ["stream-2025-06-18", "stream-2025-11-25", "answers-as-stream"] {
        let (status, clauses) = clauses(id);
        let broken: Vec<&Value> = clauses.iter().filter(|c| c["kept"] != true).collect();
        assert!(broken.is_empty() && status == 0 && clauses.len() >= 10, "{id}: {broken:#?}");
    }
}

#[test]
fn a_server_of_an_older_revision_owes_nothing_of_the_newer_ones() {
    for id in ["stream", "get-405"] {
        assert_eq!(scenario(id).def.servers[0].revision.as_deref(), Some("2025-03-26"));
        let (status, clauses) = clauses(id);
        let other: Vec<&Value> = clauses.iter().filter(|c| c["kept"] != true).collect();
        assert_eq!((status, other.len()), (0, 1), "{id}: {other:#?}");
        assert_eq!(
            (&other[0]["id"], &other[0]["state"]),
            (&"unknown-version-header-is-400".into(), &"does-not-apply".into())
        );
    }
}

/// A server of which these rules speak.
fn ruled(rules: &Value) -> Gateway {
    let server = serde_json::json!({ "name": "my-http-mcp", "transport": "http", "rules": rules });
    let file = serde_json::json!({ "schema": 1, "about": "x", "servers": [server] });
    let scenario = Scenario::parse("x", "x.json", &file.to_string()).unwrap();
    Gateway::start(&scenario.def, Listen::default(), Record::new(None)).unwrap()
}

#[test]
fn clauses_that_got_no_answer_are_told_in_the_title_and_are_trouble() {
    let silent = serde_json::json!([{ "when": { "rpc": ["ping"] }, "then": { "drop": true } }]);
    let cut = serde_json::json!([{ "when": { "rpc": ["tools/list"] }, "then": { "cut": true } }]);
    for (rules, state) in [(silent, "known-session-is-served"), (cut, "tools-have-schemas")] {
        let gateway = ruled(&rules);
        let arguments = ["check-server", "--url", &gateway.url("my-http-mcp")];
        let ran = run(&arguments);
        assert!(ran.status == 2 && ran.out.contains("could not be asked; it keeps"), "{}", ran.out);
        let ran = run(&[&arguments[..], &["--format", "json"]].concat());
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        let all = document["clauses"].as_array().unwrap();
        let one = all.iter().find(|c| c["id"] == state).unwrap();
        assert_eq!((&one["state"], &one["kept"]), (&"not-answered".into(), &Value::Null));
        assert!(all.iter().all(|c| c["state"] != "broken"), "{all:#?}");
    }
}

#[test]
fn a_server_that_says_it_has_no_tools_owes_no_list() {
    let rules = serde_json::json!([
        { "when": { "rpc": ["initialize"] }, "then": { "patch": { "capabilities": { "tools": null } } } },
        { "when": { "rpc": ["tools/list"] }, "then": { "error": { "code": -32601, "message": "no" } } },
    ]);
    let gateway = ruled(&rules);
    let ran = run(&["check-server", "--url", &gateway.url("my-http-mcp"), "--format", "json"]);
    assert_eq!(ran.status, 0, "{}", ran.out);
}

#[test]
fn every_session_that_was_given_is_ended() {
    let gateway = ruled(&serde_json::json!([]));
    assert_eq!(run(&["check-server", "--url", &gateway.url("my-http-mcp")]).status, 0);
    let seen = gateway.record().seen();
    let given = seen.iter().filter(|s| s.rpc.as_deref() == Some("initialize")).count();
    let ended: BTreeSet<usize> =
        seen.iter().filter(|s| s.http == "DELETE").filter_map(|s| s.session_number).collect();
    assert!(given >= 3, "one to ask in, that of a clause, and one for the clause that ends it");
    assert_eq!(ended.len(), given);
    let last = seen.iter().rposition(|s| s.rpc.is_some() && s.session == SessionWord::Known).unwrap();
    let first = seen.iter().position(|s| s.http == "DELETE" && s.session_number == Some(1)).unwrap();
    assert!(last < first, "the session that is asked in ends last");
}

#[test]
fn a_get_answered_404_is_told_with_the_versions_that_break_on_it() {
    let (ran, gateway) = check("get-404", &["--width", "160", "--header", "Authorization: Bearer s3cr3t"]);
    assert_eq!(ran.status, 1);
    for told in
        ["get-404-session-expiry-loop", ">=2.1.147, <2.1.153", "2.1.147 to 2.1.152", "GET, session known"]
    {
        let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(told), "{told}: {}", ran.out);
    }
    assert!(!ran.out.contains("s3cr3t") && !ran.err.contains("s3cr3t"));
    let seen = gateway.record().seen();
    assert!(seen.iter().all(|s| s.headers.contains_key("authorization")), "the header is sent");
    assert!(seen.iter().all(|s| s.rpc.as_deref() != Some("tools/call")), "no tool is called");
    let (_, clauses) = clauses("get-404");
    let broken: Vec<&Value> = clauses.iter().filter(|c| c["kept"] == false).map(|c| &c["id"]).collect();
    assert_eq!(broken, ["get-is-a-stream-or-405"]);
}

#[test]
fn a_list_that_is_answered_with_an_error_breaks_its_clause_and_no_other() {
    let (status, clauses) = clauses("method-not-found");
    let broken: Vec<&Value> = clauses.iter().filter(|c| c["kept"] == false).collect();
    assert_eq!((status, broken.len()), (1, 1));
    assert_eq!(broken[0]["id"], "tools-have-schemas");
    assert_eq!(broken[0]["breaks"][0]["signature"], "method-not-found-32601");
}

#[test]
fn a_server_that_cannot_be_asked_is_trouble_with_a_remedy() {
    for (id, why) in [("unauthorized", "401"), ("html", "200 text/html")] {
        let (ran, _) = check(id, &[]);
        let told = ran.status == 2 && ran.err.contains(why) && ran.err.contains("--header");
        assert!(told, "{id}: {} {}", ran.status, ran.err);
    }
    let ran = run(&["check-server", "--url", "http://127.0.0.1:1/mcp"]);
    assert_eq!(ran.status, 2, "{}", ran.err);
    let ran = run(&["check-server", "--url", "127.0.0.1:1/mcp"]);
    assert!(ran.err.contains("it is no http or https address"), "{}", ran.err);
    let ran = run(&["check-server", "--url", "http://127.0.0.1:1/mcp", "--header", "s3cr3t"]);
    let told = ran.err.contains("--header: number 1 of 1 is no header; write it as");
    assert!(ran.status == 2 && told && !ran.err.contains("s3cr3t"), "{}", ran.err);
    let ran = run(&["check-server", "--url", "http://127.0.0.1:1/a b", "--header", "a: s3cr3t\u{1}"]);
    assert!(
        ran.status == 2 && ran.err.contains("cannot be sent") && !ran.err.contains("s3cr3t"),
        "{}",
        ran.err
    );
    let rules = serde_json::json!([
        { "when": { "rpc": ["initialize"] }, "then": { "patch": { "protocolVersion": "2025-06-18\u{1b}[31m" } } },
    ]);
    let gateway = ruled(&rules);
    let ran = run(&["check-server", "--url", &gateway.url("my-http-mcp")]);
    assert!(ran.status == 2 && ran.err.contains("that no header can hold"), "{} {}", ran.out, ran.err);
}
