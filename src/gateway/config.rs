//! The servers of a scenario as a client's `--mcp-config` names them.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use serde_json::{Value, json};

use super::http::Gateway;
use crate::pattern::{Place, ScenarioDef, ServerDef, Transport};

/// What a server that is a child is started with.
#[derive(Debug, Clone, Copy)]
pub struct Child<'a> {
    /// This program.
    pub program: &'a Path,
    /// The scenario's file.
    pub scenario: &'a Path,
    /// The record's file.
    pub record: &'a Path,
    /// A path at which there is nothing.
    pub nothing: &'a Path,
}

/// The servers, for a client.
pub fn mcp_config(scenario: &ScenarioDef, gateway: &Gateway, child: Child<'_>) -> io::Result<Value> {
    let mut servers = BTreeMap::new();
    for server in &scenario.servers {
        let entry = match (server.transport, server.place) {
            (Transport::Stdio, Place::Here) => json!({
                "command": child.program,
                "args": ["gateway", "--stdio", child.scenario, "--server", server.name, "--record", child.record],
            }),
            (Transport::Stdio, _) => json!({ "command": child.nothing, "args": [] }),
            (_, Place::Here) => at(server, &gateway.url(&server.name)),
            (_, Place::NoHost) => at(server, "http://gateway.invalid/mcp"),
            (_, _) => at(server, &format!("http://127.0.0.1:{}/mcp", closed_port()?)),
        };
        servers.insert(server.name.as_str(), entry);
    }
    Ok(json!({ "mcpServers": servers }))
}

fn at(server: &ServerDef, url: &str) -> Value {
    let kind = if server.transport == Transport::Sse { "sse" } else { "http" };
    let mut entry = json!({ "type": kind, "url": url });
    if !server.headers.is_empty() {
        entry["headers"] = json!(server.headers);
    }
    entry
}

/// A port that was free a moment ago.
fn closed_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
