//! The official Rust SDK of MCP as a client that nobody here wrote.

use std::time::Duration;

use lastgood::gateway::{Gateway, Listen, Record};
use lastgood::pattern::{Knowledge, Place, Transport};
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, ServiceExt};

use super::scenario;

/// What a client got to: the tools that it lists, and of two calls those that went well.
#[derive(Debug, PartialEq, Eq)]
struct Reached {
    tools: usize,
    calls: usize,
}

#[derive(Clone, Default)]
pub(super) struct Client;

impl ClientHandler for Client {}

pub(super) fn in_time<T>(what: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(6), what).await.ok() })
}

macro_rules! reached {
    ($client:expr) => {{
        let client = $client;
        let tools = client.list_all_tools().await.map_or(0, |t| t.len());
        let mut calls = 0;
        for _ in 0..2 {
            let call = CallToolRequestParams::new("jira_search_issues");
            calls += usize::from(client.call_tool(call).await.is_ok());
        }
        let _ = client.cancel().await;
        Reached { tools, calls }
    }};
}

/// `None`: it did not even connect.
fn over_http(id: &str) -> (Option<Reached>, Gateway) {
    let scenario = scenario(id);
    let gateway = Gateway::start(&scenario.def, Listen::default(), Record::new(None)).unwrap();
    let server = &scenario.def.servers[0];
    let transport = gateway.url(&server.name);
    let modern = server.revision.as_deref() == Some("2026-07-28");
    let done = in_time(async move {
        let transport = StreamableHttpClientTransport::from_uri(transport);
        if modern {
            let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
            let mode = ClientLifecycleMode::Discover { preferred_versions };
            Some(reached!(Client.serve_with_lifecycle(transport, mode).await.ok()?))
        } else {
            Some(reached!(Client.serve(transport).await.ok()?))
        }
    });
    (done.flatten(), gateway)
}

fn over_stdio(id: &str) -> Option<Reached> {
    in_time(async {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_lastgood"));
        command.args(["gateway", "--stdio", id]);
        let transport = TokioChildProcess::new(command).unwrap();
        Some(reached!(Client.serve(transport).await.ok()?))
    })
    .flatten()
}

#[test]
fn a_real_client_lists_the_tools_and_calls_them_on_every_healthy_server() {
    for id in [
        "stream",
        "stream-2025-06-18",
        "stream-2025-11-25",
        "answers-as-stream",
        "modern",
        "get-405",
        "list-changed",
        "mixed-ok",
    ] {
        let (reached, gateway) = over_http(id);
        assert_eq!(reached, Some(Reached { tools: 1, calls: 2 }), "{id}: {:#?}", gateway.record().seen());
        let calls = gateway.record().seen().iter().filter(|s| s.is_good_call()).count();
        assert_eq!(calls, 2, "{id}");
    }
    for id in ["stdio-ok", "stdio-stderr", "stdio-slow-start"] {
        assert_eq!(over_stdio(id), Some(Reached { tools: 1, calls: 2 }), "{id}");
    }
}

#[test]
fn a_real_client_is_hurt_by_every_scenario_as_it_says() {
    for (id, wanted) in [
        ("tool-error", Some(Reached { tools: 1, calls: 0 })),
        ("list-error", Some(Reached { tools: 0, calls: 2 })),
        ("method-not-found", Some(Reached { tools: 0, calls: 2 })),
        ("unauthorized", None),
        ("forbidden", None),
        ("down-500", None),
        ("garbage", None),
        ("html", None),
        ("hang", None),
    ] {
        assert_eq!(over_http(id).0, wanted, "{id}");
    }
    for (id, wanted) in
        [("stdio-exit", None), ("stdio-hang", None), ("stdio-crash", Some(Reached { tools: 1, calls: 0 }))]
    {
        assert_eq!(over_stdio(id), wanted, "{id}");
    }
}

#[test]
fn every_server_that_a_scenario_puts_at_an_address_answers_there() {
    for scenario in Knowledge::builtin().scenarios {
        let gateway = Gateway::start(&scenario.def, Listen::default(), Record::new(None)).unwrap();
        let here =
            |s: &&lastgood::pattern::ServerDef| s.place == Place::Here && s.transport != Transport::Stdio;
        for server in scenario.def.servers.iter().filter(here) {
            // In the clear at a port of TLS, too, something is seen.
            let url = gateway.url(&server.name);
            let address = url.split('/').nth(2).unwrap();
            super::raw(address, "POST", &format!("/mcp/{}", server.name), None, &super::call("initialize"));
            if server.tls.is_some() {
                super::tls::unasked(&gateway, 1);
            }
            let seen = gateway.record().seen();
            assert_eq!(seen.last().unwrap().server.as_deref(), Some(&*server.name), "{}", scenario.id);
        }
    }
}
