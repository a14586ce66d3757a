//! The proxy of a scenario: what it keeps away, what it passes on, and that it leads nowhere else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use lastgood::gateway::{Gateway, Listen, Record, Seen};

use super::{call, raw, scenario, session, start, status};

fn address(url: &str) -> String {
    url.replace("http://", "")
}

fn at_proxy(gateway: &Gateway) -> String {
    address(&gateway.proxy().unwrap())
}

/// Opens a tunnel and says something in it; what comes back, the head of the tunnel first.
fn tunnelled(gateway: &Gateway, to: &str, path: &str, body: &str) -> (String, String) {
    let mut connection = TcpStream::connect(at_proxy(gateway)).unwrap();
    connection.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    write!(connection, "CONNECT {to} HTTP/1.1\r\nhost: {to}\r\n\r\n").unwrap();
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") && matches!(connection.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    let length = body.len();
    let _ = write!(
        connection,
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(n @ 1..) = connection.read(&mut piece) {
        answer.extend_from_slice(&piece[..n]);
    }
    (String::from_utf8(head).unwrap(), String::from_utf8(answer).unwrap())
}

fn is_through(seen: &Seen) -> bool {
    seen.told.get("through").is_some_and(|how| how == "proxy")
}

#[test]
fn what_is_for_a_server_never_arrives_through_the_proxy_and_does_without_it() {
    let gateway = start("proxy-swallows");
    let url = gateway.url("my-http-mcp");
    assert_eq!(raw(&at_proxy(&gateway), "POST", &url, None, &call("initialize")), "");
    let (head, answer) =
        tunnelled(&gateway, &address(&gateway.origin()), "/mcp/my-http-mcp", &call("initialize"));
    assert_eq!((status(&head), answer.as_str()), ("200", ""));
    session(&gateway);
    let seen = gateway.record().seen();
    let told: Vec<_> = seen.iter().map(|s| (is_through(s), s.answered.how.as_str())).collect();
    assert_eq!(told, [(true, "hang"), (true, "hang"), (false, "answer")]);
    assert!(seen.iter().all(|s| s.rpc.as_deref() == Some("initialize")));
}

#[test]
fn what_is_for_the_model_arrives_both_ways() {
    let gateway = start("proxy-swallows");
    let (origin, path) = (gateway.origin(), "/v1/messages/count_tokens");
    let whole = raw(&at_proxy(&gateway), "POST", &format!("{origin}{path}"), None, "{}");
    let (_, tunnel) = tunnelled(&gateway, &address(&origin), path, "{}");
    for answer in [whole, tunnel] {
        assert!(status(&answer) == "200" && answer.contains("input_tokens"), "{answer}");
    }
}

#[test]
fn it_leads_nowhere_else() {
    let gateway = start("proxy-swallows");
    let other = start("stream");
    for path in [other.url("my-http-mcp"), "http://example.invalid/".to_owned(), "/v1/messages".to_owned()] {
        assert_eq!(status(&raw(&at_proxy(&gateway), "POST", &path, None, "{}")), "502", "{path}");
    }
    let (head, answer) = tunnelled(&gateway, &address(&other.origin()), "/mcp/my-http-mcp", "{}");
    assert_eq!((status(&head), answer.contains("200")), ("502", false));
    assert!(other.record().seen().is_empty() && gateway.record().seen().is_empty());
    assert!(other.proxy().is_none());
}

#[test]
fn it_answers_itself_or_drops_the_connection_where_the_scenario_says_so() {
    for (then, wanted) in
        [(r#"{ "status": 502, "body": "Bad Gateway" }"#, "502"), (r#"{ "drop": true }"#, "none")]
    {
        let mut def = scenario("proxy-swallows").def;
        def.proxy = Some(serde_json::from_str(then).unwrap());
        let gateway = Gateway::start(&def, Listen::default(), Record::new(None)).unwrap();
        let answer = raw(&at_proxy(&gateway), "POST", &gateway.url("my-http-mcp"), None, &call("initialize"));
        assert_eq!(status(&answer), wanted, "{answer}");
    }
}
