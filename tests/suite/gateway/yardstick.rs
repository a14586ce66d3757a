//! The official `@modelcontextprotocol/server-everything` as the yardstick of a healthy server: what it does, ours does.
//!
//! `npm install --prefix target/yardstick @modelcontextprotocol/server-everything` puts it where it is looked for; without
//! it, or without Node, these tests say so and test nothing.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use lastgood::gateway::{Gateway, Listen, Record};
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ServiceExt, model::CallToolRequestParams};
use serde_json::{Value, json};

use super::peer::in_time;
use super::{Running, raw, scenario};
use crate::program::{project, run};

/// The program of the yardstick.
fn program() -> Option<PathBuf> {
    let inside = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";
    let path = project().join("target/yardstick").join(inside);
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if path.exists() && node.is_ok_and(|s| s.success()) {
        return Some(path);
    }
    let told = "SKIPPED: server-everything or Node is not here; see tests/suite/gateway/yardstick.rs\n";
    // Not through the harness, which would keep it to itself.
    let _ = std::io::stderr().write_all(told.as_bytes());
    None
}

/// It, listening: its port, and the process.
fn listening(program: &PathBuf) -> (u16, Running) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child: Child = Command::new("node")
        .arg(program)
        .arg("streamableHttp")
        .env("PORT", port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("listening")), "it ended before it listened");
    // It goes on to write, and must not be ended by that.
    std::thread::spawn(move || said.for_each(drop));
    (port, Running(child))
}

/// The healthy scenario that answers with streams, as the yardstick does.
fn ours() -> Gateway {
    Gateway::start(&scenario("answers-as-stream").def, Listen::default(), Record::new(None)).unwrap()
}

/// Every clause with its state and the status that was answered.
fn clauses(url: &str) -> BTreeMap<String, (String, String)> {
    let ran = run(&["check-server", "--url", url, "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.err));
    let text = |c: &Value, key: &str| c[key].as_str().unwrap_or_default().to_owned();
    let one = |c: &Value| (text(c, "id"), (text(c, "state"), text(c, "answered")));
    document["clauses"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn what_the_yardstick_keeps_ours_keeps_with_the_same_answer() {
    let Some(program) = program() else { return };
    let (port, _running) = listening(&program);
    let theirs = clauses(&format!("http://127.0.0.1:{port}/mcp"));
    let gateway = ours();
    let ours = clauses(&gateway.url("my-http-mcp"));
    assert!(ours.values().all(|(state, _)| state == "kept"), "{ours:#?}");
    let kept = theirs.iter().filter(|(_, (state, _))| state == "kept");
    let same = kept.clone().filter(|(id, answer)| ours.get(*id) == Some(answer)).count();
    let told: Vec<_> = kept.filter(|(id, answer)| ours.get(*id) != Some(answer)).collect();
    assert!(told.is_empty() && same >= 8, "theirs {told:#?}, ours {ours:#?}");
}

/// Status, content type and session id of an answer, and the message in it.
fn answer(
    address: &str,
    path: &str,
    http: &str,
    session: Option<&str>,
    body: &str,
) -> (Value, Value, Option<String>) {
    let text = raw(address, http, path, session, body);
    let header = |name: &str| {
        let line = text.lines().take_while(|l| !l.trim().is_empty());
        let mut found = line.filter_map(|l| l.split_once(": ")).filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().map(|(_, v)| v.trim().to_owned())
    };
    let content = header("content-type").map(|c| c.split(';').next().unwrap_or_default().to_owned());
    let data =
        text.lines().filter_map(|l| l.strip_prefix("data: ")).find_map(|d| serde_json::from_str(d).ok());
    let status = text.split(' ').nth(1).unwrap_or("none").to_owned();
    (json!([status, content]), data.unwrap_or_default(), header("mcp-session-id"))
}

/// What a value is made of, to a depth that the protocol names: keys and kinds, no contents.
fn has(value: &Value, pointers: &[&str]) -> Vec<String> {
    let kind = |v: &Value| match v {
        Value::Null => "nothing",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    pointers.iter().map(|p| format!("{p}: {}", kind(value.pointer(p).unwrap_or(&Value::Null)))).collect()
}

fn call(rpc: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 7, "method": rpc, "params": params }).to_string()
}

/// A life over HTTP, each answer by its shape. The tool, and what it is called with, is the server's own.
fn life(address: &str, path: &str, tool: (&str, &Value)) -> Vec<(String, Value)> {
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "x", "version": "1" } });
    let (head, begun, session) = answer(address, path, "POST", None, &call("initialize", &hello));
    let id = session.expect("it gives a session");
    let session = Some(id.as_str());
    let envelope = ["/jsonrpc", "/id"];
    let mut all = vec![
        ("initialize".to_owned(), head),
        ("session id".to_owned(), json!(id.split('-').map(str::len).collect::<Vec<_>>())),
        (
            "initialize result".to_owned(),
            json!(has(
                &begun,
                &[
                    &envelope[..],
                    &[
                        "/result/protocolVersion",
                        "/result/capabilities/tools",
                        "/result/serverInfo/name",
                        "/result/serverInfo/version"
                    ]
                ]
                .concat()
            )),
        ),
        ("revision".to_owned(), begun["result"]["protocolVersion"].clone()),
    ];
    let mut put = |name: &str, http: &str, session: Option<&str>, body: &str, pointers: &[&str]| {
        let (head, message, _) = answer(address, path, http, session, body);
        all.push((name.to_owned(), head));
        all.push((format!("{name}, message"), json!(has(&message, pointers))));
    };
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string();
    put("initialized", "POST", session, &initialized, &[]);
    put("GET", "GET", session, "", &[]);
    let tools = [
        "/jsonrpc",
        "/id",
        "/result/tools/0/name",
        "/result/tools/0/description",
        "/result/tools/0/inputSchema/type",
    ];
    put("tools/list", "POST", session, &call("tools/list", &json!({})), &tools);
    let called = ["/jsonrpc", "/id", "/result/content/0/type", "/result/content/0/text", "/error"];
    put(
        "tools/call",
        "POST",
        session,
        &call("tools/call", &json!({ "name": tool.0, "arguments": tool.1 })),
        &called,
    );
    put("ping", "POST", session, &call("ping", &json!({})), &["/jsonrpc", "/id", "/result", "/error"]);
    let refused = ["/jsonrpc", "/id", "/result", "/error/code", "/error/message"];
    put("no such method", "POST", session, &call("lastgood/none", &json!({})), &refused);
    put("no session", "POST", None, &call("ping", &json!({})), &[]);
    put("GET without a session", "GET", None, "", &[]);
    put("DELETE", "DELETE", session, "", &[]);
    all
}

#[test]
fn a_whole_life_has_the_shapes_of_the_yardstick() {
    let Some(program) = program() else { return };
    let (port, _running) = listening(&program);
    let theirs = life(&format!("127.0.0.1:{port}"), "/mcp", ("echo", &json!({ "message": "hello" })));
    let gateway = ours();
    let address = gateway.origin().replace("http://", "");
    let ours = life(&address, "/mcp/my-http-mcp", ("jira_search_issues", &json!({ "query": "x" })));
    let differ: Vec<_> = theirs.iter().zip(&ours).filter(|(a, b)| a != b).collect();
    assert!(differ.is_empty() && theirs.len() == ours.len(), "theirs and ours: {differ:#?}");
}

#[test]
fn a_real_client_gets_as_far_over_either_transport() {
    let Some(program) = program() else { return };
    macro_rules! reached {
        ($transport:expr, $tool:expr) => {
            in_time(async move {
                let client = super::peer::Client.serve($transport).await.ok()?;
                let listed = !client.list_all_tools().await.ok()?.is_empty();
                let called = client.call_tool($tool).await.is_ok();
                let _ = client.cancel().await;
                Some((listed, called))
            })
            .flatten()
        };
    }
    let echo = || {
        let arguments = json!({ "message": "hello" });
        CallToolRequestParams::new("echo").with_arguments(arguments.as_object().unwrap().clone())
    };
    let search = || CallToolRequestParams::new("jira_search_issues");
    let (port, _running) = listening(&program);
    let gateway = ours();
    let http = |url: String| StreamableHttpClientTransport::from_uri(url);
    let theirs = reached!(http(format!("http://127.0.0.1:{port}/mcp")), echo());
    assert_eq!(theirs, Some((true, true)), "the yardstick itself");
    assert_eq!(reached!(http(gateway.url("my-http-mcp")), search()), theirs);
    let child = |program: &std::ffi::OsStr, words: &[&str]| {
        let mut command = tokio::process::Command::new(program);
        command.args(words).stderr(Stdio::null());
        command
    };
    let (theirs, ours) = (
        child("node".as_ref(), &[program.to_str().unwrap(), "stdio"]),
        child(env!("CARGO_BIN_EXE_lastgood").as_ref(), &["gateway", "--stdio", "stdio-ok"]),
    );
    let theirs = reached!(TokioChildProcess::new(theirs).unwrap(), echo());
    assert_eq!(theirs, Some((true, true)), "the yardstick itself");
    assert_eq!(reached!(TokioChildProcess::new(ours).unwrap(), search()), theirs);
}
