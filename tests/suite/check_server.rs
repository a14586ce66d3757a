//! `check-server` against servers that do what a scenario says.

use lastgood::gateway::{Gateway, Listen, Record};
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
    for id in ["stream-2025-06-18", "stream-2025-11-25", "answers-as-stream", "get-405"] {
        let (status, clauses) = clauses(id);
        let broken: Vec<&Value> = clauses.iter().filter(|c| c["kept"] != true).collect();
        assert!(broken.is_empty() && status == 0 && clauses.len() >= 10, "{id}: {broken:#?}");
    }
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
    assert!(ran.status == 2 && !ran.err.contains("s3cr3t"), "{}", ran.err);
}
