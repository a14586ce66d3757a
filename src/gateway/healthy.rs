//! What a server that keeps to MCP answers: the ground that rules are laid over.
//!
//! Comes in: a server's definition and a message. Goes out: a result or an error of JSON-RPC; what is no rule of the
//! protocol stands in `patterns/server.json`. Two eras: the one that
//! begins with `initialize`, and the one that begins with `server/discover` and has no sessions.

use serde_json::{Value, json};

use crate::pattern::{HealthyDef, ServerDef};

/// A result, or the code and message of an error.
pub(super) type Outcome = Result<Value, (i64, String)>;

/// Whether a server is of the era without `initialize`.
pub(super) fn is_modern(server: &ServerDef) -> bool {
    server.revision.as_deref().is_some_and(|r| r >= HealthyDef::builtin().modern.as_str())
}

/// The answer to a request.
pub(super) fn answer(server: &ServerDef, rpc: &str, params: &Value) -> Outcome {
    if is_modern(server) { modern(server, rpc, params) } else { legacy(server, rpc, params) }
}

fn legacy(server: &ServerDef, rpc: &str, params: &Value) -> Outcome {
    match rpc {
        "initialize" => Ok(json!({
            "protocolVersion": negotiated(server, params),
            "capabilities": { "tools": {} },
            "serverInfo": info(),
        })),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({ "tools": server.tools() })),
        "tools/call" => call(server, params),
        _ => Err((-32601, "Method not found".to_owned())),
    }
}

fn modern(server: &ServerDef, rpc: &str, params: &Value) -> Outcome {
    let asked = params.pointer("/_meta/io.modelcontextprotocol~1protocolVersion").and_then(Value::as_str);
    if asked.is_some_and(|a| Some(a) != server.revision.as_deref()) {
        return Err((-32022, "Unsupported protocol version".to_owned()));
    }
    let meta = json!({ "io.modelcontextprotocol/serverInfo": info() });
    let mut result = match rpc {
        "server/discover" => json!({
            "supportedVersions": [server.revision], "capabilities": { "tools": {} }, "ttlMs": 0, "cacheScope": "private",
        }),
        "tools/list" => json!({ "tools": server.tools(), "ttlMs": 0, "cacheScope": "private" }),
        "tools/call" => call(server, params)?,
        _ => return Err((-32601, "Method not found".to_owned())),
    };
    result["resultType"] = "complete".into();
    result["_meta"] = meta;
    Ok(result)
}

fn call(server: &ServerDef, params: &Value) -> Outcome {
    let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
    if !server.tools().iter().any(|t| t.get("name").and_then(Value::as_str) == Some(name)) {
        return Err((-32602, format!("Unknown tool: {name}")));
    }
    Ok(HealthyDef::builtin().result.clone())
}

/// The client's revision if there is such a one and the server speaks it, else the server's newest.
fn negotiated(server: &ServerDef, params: &Value) -> String {
    let def = HealthyDef::builtin();
    let ours = server.revision.as_deref().unwrap_or(&def.newest);
    let asked = params.get("protocolVersion").and_then(Value::as_str);
    asked.filter(|a| def.is_revision(a) && *a <= ours).unwrap_or(ours).to_owned()
}

fn info() -> Value {
    json!({ "name": "lastgood-gateway", "version": env!("CARGO_PKG_VERSION") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::negotiated;
    use crate::pattern::{HealthyDef, Knowledge};

    #[test]
    fn a_server_offers_no_revision_that_there_never_was() {
        let newest = HealthyDef::builtin().newest.as_str();
        let mut server = Knowledge::builtin().scenario("stream").unwrap().def.servers[0].clone();
        for (ours, asked, chosen) in [
            (None, Some("2025-03-26"), "2025-03-26"),
            (None, Some("1999-01-01"), newest),
            (None, Some("2026-07-28"), newest),
            (None, None, newest),
            (Some("2025-06-18"), Some("2024-11-05"), "2024-11-05"),
            (Some("2025-06-18"), Some("2025-04-01"), "2025-06-18"),
            (Some("2025-06-18"), Some("2025-11-25"), "2025-06-18"),
        ] {
            server.revision = ours.map(str::to_owned);
            assert_eq!(
                negotiated(&server, &json!({ "protocolVersion": asked })),
                chosen,
                "{ours:?} {asked:?}"
            );
        }
    }
}
