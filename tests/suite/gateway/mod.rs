//! Scripted servers: what they do to a raw connection, what a real client makes of them, what their record says.

mod batch;
mod peer;
mod proxy;
mod tls;
mod yardstick;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lastgood::gateway::{Gateway, Listen, Record, Seen};
use lastgood::pattern::{Knowledge, Scenario, SessionWord};

use crate::program::{run, run_in, run_with};

pub(super) fn scenario(id: &str) -> Scenario {
    Knowledge::builtin().scenario(id).unwrap_or_else(|| panic!("no scenario {id}")).clone()
}

fn start(id: &str) -> Gateway {
    Gateway::start(&scenario(id).def, Listen::default(), Record::new(None)).unwrap()
}

/// Sends one request and reads until the other side has no more to say, or for so long.
fn ask(gateway: &Gateway, http: &str, session: Option<&str>, body: &str) -> String {
    ask_at(gateway, http, "/mcp/my-http-mcp", session, body)
}

fn ask_at(gateway: &Gateway, http: &str, path: &str, session: Option<&str>, body: &str) -> String {
    raw(&gateway.origin().replace("http://", ""), http, path, session, body)
}

/// Sends one request to whoever listens at an address.
fn raw(address: &str, http: &str, path: &str, session: Option<&str>, body: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    let session = session.map(|s| format!("mcp-session-id: {s}\r\n")).unwrap_or_default();
    let accept = if http == "GET" { "text/event-stream" } else { "application/json, text/event-stream" };
    let length = body.len();
    write!(
        connection,
        "{http} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cr3t\r\nconnection: close\r\naccept: {accept}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n{session}\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(n @ 1..) = connection.read(&mut piece) {
        answer.extend_from_slice(&piece[..n]);
    }
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

fn call(rpc: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{rpc}","params":{{"name":"jira_search_issues"}}}}"#)
}

/// Begins a session.
fn session(gateway: &Gateway) -> String {
    let answer = ask(gateway, "POST", None, &call("initialize"));
    let line = answer.lines().find_map(|l| l.strip_prefix("mcp-session-id: ")).unwrap();
    line.trim().to_owned()
}

#[test]
fn a_server_keeps_its_sessions_apart_and_ends_them_when_asked() {
    let gateway = start("get-404");
    let (one, two) = (session(&gateway), session(&gateway));
    assert_eq!(status(&ask(&gateway, "GET", Some(&one), "")), "404");
    assert!(ask(&gateway, "POST", Some(&one), &call("tools/call")).contains("DEMO-1"));
    assert_eq!(status(&ask(&gateway, "DELETE", Some(&one), "")), "200");
    assert_eq!(status(&ask(&gateway, "POST", Some(&one), &call("tools/list"))), "404");
    assert_eq!(status(&ask(&gateway, "POST", None, &call("tools/list"))), "400");
    let listening = start("stream");
    let id = session(&listening);
    let statuses = [Some(id.as_str()), Some("long-forgotten"), None].map(|id| ask(&listening, "GET", id, ""));
    assert_eq!(
        statuses.each_ref().map(|s| status(s)),
        ["200", "404", "400"],
        "a stream belongs to a session"
    );
    assert_eq!(status(&ask(&listening, "DELETE", Some("long-forgotten"), "")), "404");
    assert!(ask(&gateway, "POST", Some(&two), &call("tools/list")).contains("inputSchema"));
    let words: Vec<(SessionWord, Option<usize>)> =
        gateway.record().seen().iter().map(|s| (s.session, s.session_number)).collect();
    let known = |n| (SessionWord::Known, Some(n));
    assert_eq!(words[2..5], [known(1), known(1), known(1)]);
    assert_eq!(words[5..], [(SessionWord::Unknown, Some(1)), (SessionWord::None, None), known(2)]);
}

#[test]
fn the_second_call_is_the_one_that_a_rule_strikes_and_then_all_sessions_are_gone() {
    let gateway = start("expire");
    let old = session(&gateway);
    let calls: Vec<String> = (0..3).map(|_| ask(&gateway, "POST", Some(&old), &call("tools/call"))).collect();
    assert_eq!([status(&calls[0]), status(&calls[1]), status(&calls[2])], ["200", "404", "404"]);
    let new = session(&gateway);
    assert_eq!(status(&ask(&gateway, "POST", Some(&new), &call("tools/call"))), "200");
}

#[test]
fn a_connection_is_kept_waiting_dropped_and_cut_as_the_scenario_says() {
    let waiting = start("hang");
    assert_eq!(ask(&waiting, "POST", None, &call("initialize")), "");
    let how = |gateway: &Gateway| gateway.record().seen().last().unwrap().answered.how.clone();
    assert_eq!(how(&waiting), "hang");

    let dropped = start("restart");
    let id = session(&dropped);
    let calls: Vec<String> = (0..2).map(|_| ask(&dropped, "POST", Some(&id), &call("tools/call"))).collect();
    assert!(calls[0].contains("DEMO-1"));
    assert_eq!((calls[1].as_str(), how(&dropped).as_str()), ("", "drop"));

    let cut = start("cut-answer");
    let id = session(&cut);
    let calls: Vec<String> = (0..2).map(|_| ask(&cut, "POST", Some(&id), &call("tools/call"))).collect();
    assert!(calls[1].starts_with("HTTP/1.1 200") && !calls[1].contains("first issue"), "{}", calls[1]);

    let slow = start("stream-drop");
    let id = session(&slow);
    let begun = Instant::now();
    let stream = ask(&slow, "GET", Some(&id), "");
    assert!(stream.contains(": ok") && !stream.ends_with("0\r\n\r\n"), "it ends in good order: {stream}");
    assert!(begun.elapsed() < Duration::from_millis(690), "it was not cut");
}

#[test]
fn a_path_outside_of_the_server_belongs_to_it_where_a_rule_claims_it() {
    let gateway = start("oauth-html");
    let page = ask_at(&gateway, "GET", "/.well-known/oauth-authorization-server", None, "");
    assert!(status(&page) == "200" && page.contains("text/html"), "{page}");
    let refused = ask(&gateway, "POST", None, &call("initialize"));
    assert!(refused.contains(&format!("{}/.well-known/", gateway.origin())), "{refused}");
    let nobody = start("get-404");
    assert_eq!(status(&ask_at(&nobody, "GET", "/.well-known/openid-configuration", None, "")), "404");
    assert_eq!(nobody.record().seen()[0].server, None);
}

#[test]
fn the_model_is_a_test_double_that_calls_the_tool_and_is_recorded() {
    let gateway = start("get-404");
    let asked = r#"{"model":"m","tools":[{"name":"mcp__my-http-mcp__jira_search_issues"}],"messages":[]}"#;
    let answer = ask_at(&gateway, "POST", "/v1/messages", None, asked);
    assert!(answer.contains("\"tool_use\""), "{answer}");
    let count = ask_at(&gateway, "POST", "/v1/messages/count_tokens", None, "{}");
    assert!(count.contains("input_tokens"), "{count}");
    let servers: Vec<Option<String>> = gateway.record().seen().into_iter().map(|s| s.server).collect();
    assert_eq!(servers, [Some("model".to_owned()), Some("model".to_owned())]);
}

#[test]
fn it_listens_on_loopback_alone_and_ends_with_its_value() {
    let gateway = start("stream");
    let address = gateway.origin().replace("http://", "");
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let id = session(&gateway);
    // A stream that is open and a request that is never answered do not keep it.
    let held = start("hang");
    let mut open = TcpStream::connect(held.origin().replace("http://", "")).unwrap();
    write!(open, "GET /mcp/my-http-mcp HTTP/1.1\r\nhost: x\r\nmcp-session-id: {id}\r\n\r\n").unwrap();
    let begun = Instant::now();
    drop((gateway, held));
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(TcpStream::connect(&address).is_err(), "somebody still listens at {address}");
    TcpListener::bind(&address).unwrap();
}

/// The program, ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_verb_prints_the_url_first_and_records_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.jsonl");
    let mut child = Command::new(env!("CARGO_BIN_EXE_lastgood"))
        .args(["gateway", "get-404", "--record", file.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let _running = Running(child);
    let address = url.trim().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let mut connection = TcpStream::connect(address).unwrap();
    let path = url.trim().splitn(4, '/').last().unwrap();
    let body = call("initialize");
    write!(
        connection,
        "POST /{path}?key=s3cr3t HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cr3t\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    connection.read_to_string(&mut String::new()).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("s3cr3t"), "{text}");
    let seen: Vec<Seen> = Record::parse(&text).unwrap();
    assert!(Record::parse(&text[..text.len() / 2]).unwrap_err().contains("line 1"));
    assert_eq!((seen.len(), seen[0].rpc.as_deref()), (1, Some("initialize")));
    assert_eq!(seen[0].headers["authorization"], "(there)");
}

#[test]
fn a_child_dies_with_the_status_that_its_scenario_says() {
    let lines = call("initialize") + "\n" + &call("tools/call") + "\n";
    for (id, status, answers) in [("stdio-exit", 1, 0), ("stdio-crash", 3, 1), ("stdio-ok", 0, 2)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lastgood"))
            .args(["gateway", "--stdio", id])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that is dead already does not listen.
        let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
        let ended = child.wait_with_output().unwrap();
        let out = String::from_utf8(ended.stdout).unwrap();
        assert_eq!((ended.status.code(), out.lines().count()), (Some(status), answers), "{id}: {out}");
    }
}

#[test]
fn a_child_whose_client_has_gone_does_not_stay_for_an_answer_that_is_an_hour_away() {
    let folder = tempfile::tempdir().unwrap();
    let rule = r#"{ "when": { "rpc": ["ping"] }, "then": { "delay_ms": 3600000 } }"#;
    let text = format!(
        r#"{{ "schema": 1, "about": "x", "servers": [{{ "name": "a", "transport": "stdio", "rules": [{rule}] }}] }}"#
    );
    fs::write(folder.path().join("own.json"), text).unwrap();
    let begun = Instant::now();
    let lines = call("ping") + "\n" + &call("tools/call") + "\n";
    let ran = run_with::<&str>(folder.path(), &["gateway", "--stdio", "own.json"], &[], lines.as_bytes());
    assert_eq!((ran.status, ran.out.lines().count()), (0, 1), "what is near is still answered: {}", ran.out);
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_scenario_of_ones_own_is_refused_with_line_column_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let server = r#"{ "name": "a", "transport": "http", "rules": [ RULE ] }"#;
    let whole = |rule: &str| {
        format!("{{ \"schema\": 1, \"about\": \"x\", \"servers\": [\n{}\n] }}", server.replace("RULE", rule))
    };
    for (rule, at, told) in [
        (r#"{ "then": { "exit": 3 } }"#, "{ \"then\"", "only a server of transport `stdio`"),
        (r#"{ "then": { "statsu": 404 } }"#, ": 404", "unknown field `statsu`"),
        (r#"{ "then": { "status": 42 } }"#, "42 }", "a final status of HTTP"),
        (r#"{ "when": { "nth": [0] }, "then": {} }"#, "{ \"nth\"", "requests are counted from 1"),
    ] {
        let text = whole(rule);
        fs::write(folder.path().join("own.json"), &text).unwrap();
        let ran = run_in(folder.path(), &["gateway", "own.json"]);
        assert_eq!(ran.status, 2);
        let column = text.lines().nth(1).unwrap().find(at).unwrap();
        // A parser stops right behind the key, at the place of the colon.
        let places = [column, column + 1].map(|c| format!("own.json:2:{c}: {told}"));
        assert!(places.iter().any(|p| ran.err.contains(p)), "{places:?}: {}", ran.err);
    }
    let ran = run(&["gateway", "get-440"]);
    assert!(ran.err.contains("did you mean get-404?") && ran.err.contains("--list"), "{}", ran.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_record_that_cannot_be_written_is_told_at_once() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lastgood"))
        .args(["gateway", "get-404", "--record", "/dev/full"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let _running = Running(child);
    let (address, path) = url.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
    assert_eq!(status(&raw(address, "POST", &format!("/{path}"), None, &call("initialize"))), "200");
    let told = said.find_map(|line| line.ok().filter(|l| l.contains("--record"))).unwrap();
    assert!(told.contains("requests are missing in it: make room"), "{told}");
}
