//! A stub of the model's API: a test double, no model. It calls one tool so many times and then ends.
//!
//! Comes in: a request of the client. Goes out: the answer of `/v1/messages`, whole or as a stream of events, or that of
//! `/v1/messages/count_tokens`. It keeps no state: how often the tool was called stands in the request.

use std::time::Duration;

use serde_json::{Value, json};

use crate::pattern::{HealthyDef, ModelDef, ScenarioDef};

/// What the stub says of itself wherever it says anything.
const NAME: &str = "lastgood test double, not a model";

/// The stub.
#[derive(Debug, Clone)]
pub struct Model {
    def: ModelDef,
    tool: String,
    input: Value,
}

/// What the stub answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    /// How long it thinks.
    pub(super) delay: Duration,
    /// The content type.
    pub(super) content: &'static str,
    /// The body.
    pub(super) body: String,
}

/// What clients call the first tool of a scenario's first server.
pub fn tool_name(scenario: &ScenarioDef) -> String {
    let server = scenario.servers.first();
    let tool = server.and_then(|s| s.tools().into_iter().next());
    let tool = tool.as_ref().and_then(|t| t.get("name")).and_then(Value::as_str).unwrap_or_default();
    format!("mcp__{}__{tool}", server.map(|s| s.name.as_str()).unwrap_or_default())
}

impl Model {
    /// The stub for a scenario.
    pub fn new(scenario: &ScenarioDef) -> Self {
        Self {
            def: scenario.model.clone(),
            tool: tool_name(scenario),
            input: scenario.model.input.clone().unwrap_or_else(|| HealthyDef::builtin().input.clone()),
        }
    }

    /// The answer to a request for `path`; `None` if there is no such thing.
    pub(super) fn answer(&self, path: &str, body: &[u8]) -> Option<Reply> {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let plain = |body: Value| Reply {
            delay: Duration::ZERO,
            content: "application/json",
            body: body.to_string(),
        };
        if path.ends_with("/count_tokens") {
            return Some(plain(json!({ "input_tokens": 10 })));
        }
        if !path.ends_with("/messages") {
            return None;
        }
        let done = results(&asked);
        let has_tool =
            array(&asked, "tools").iter().any(|t| t.get("name").and_then(Value::as_str) == Some(&self.tool));
        let content = if has_tool && done < u64::from(self.def.calls) {
            json!({ "type": "tool_use", "id": format!("toolu_lastgood{done:04}"), "name": self.tool, "input": self.input })
        } else {
            let text = if has_tool { "Done." } else { "The tool is not available." };
            json!({ "type": "text", "text": format!("{text} ({NAME})") })
        };
        let gap = if done > 0 { Duration::from_millis(self.def.gap_ms) } else { Duration::ZERO };
        let reply = if asked.get("stream").and_then(Value::as_bool) == Some(true) {
            Reply { delay: gap, content: "text/event-stream", body: events(&asked, &content, done) }
        } else {
            let mut whole = message(&asked, done);
            whole["stop_reason"] = stop(&content).into();
            whole["content"] = json!([content]);
            Reply { delay: gap, ..plain(whole) }
        };
        Some(reply)
    }
}

fn array<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// How many results of tools stand in the conversation.
fn results(asked: &Value) -> u64 {
    let is_result = |c: &&Value| c.get("type").and_then(Value::as_str) == Some("tool_result");
    array(asked, "messages").iter().map(|m| array(m, "content").iter().filter(is_result).count() as u64).sum()
}

fn stop(content: &Value) -> &'static str {
    if content.get("type").and_then(Value::as_str) == Some("tool_use") { "tool_use" } else { "end_turn" }
}

fn message(asked: &Value, done: u64) -> Value {
    let usage = json!({
        "input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
    });
    json!({
        "id": format!("msg_lastgood{done:04}"), "type": "message", "role": "assistant",
        "model": asked.get("model").cloned().unwrap_or_else(|| NAME.into()),
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage,
    })
}

/// The same answer as a stream.
fn events(asked: &Value, content: &Value, done: u64) -> String {
    let (start, delta) = if let Some(text) = content.get("text") {
        (json!({ "type": "text", "text": "" }), json!({ "type": "text_delta", "text": text }))
    } else {
        let mut start = content.clone();
        start["input"] = json!({});
        (start, json!({ "type": "input_json_delta", "partial_json": content["input"].to_string() }))
    };
    let all = [
        json!({ "type": "message_start", "message": message(asked, done) }),
        json!({ "type": "content_block_start", "index": 0, "content_block": start }),
        json!({ "type": "content_block_delta", "index": 0, "delta": delta }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({
            "type": "message_delta", "delta": { "stop_reason": stop(content), "stop_sequence": null },
            "usage": { "output_tokens": 5 },
        }),
        json!({ "type": "message_stop" }),
    ];
    let line =
        |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
    all.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Model;
    use crate::pattern::Knowledge;

    fn model(scenario: &str) -> Model {
        Model::new(&Knowledge::builtin().scenario(scenario).unwrap().def)
    }

    fn ask(model: &Model, results: usize, tools: &[&str], stream: bool) -> String {
        let tools: Vec<Value> = tools.iter().map(|t| json!({ "name": t })).collect();
        let results: Vec<Value> =
            (0..results).map(|_| json!({ "role": "user", "content": [{ "type": "tool_result" }] })).collect();
        let asked = json!({ "model": "m", "tools": tools, "messages": results, "stream": stream });
        model.answer("/v1/messages", asked.to_string().as_bytes()).unwrap().body
    }

    const TOOL: &str = "mcp__my-http-mcp__jira_search_issues";

    #[test]
    fn it_calls_the_tool_as_often_as_the_scenario_says_and_then_ends() {
        let model = model("expire");
        for done in 0..5 {
            let whole: Value = serde_json::from_str(&ask(&model, done, &["Bash", TOOL], false)).unwrap();
            let (kind, stop) = if done < 3 { ("tool_use", "tool_use") } else { ("text", "end_turn") };
            assert_eq!((&whole["content"][0]["type"], &whole["stop_reason"]), (&kind.into(), &stop.into()));
            let stream = ask(&model, done, &[TOOL], true);
            assert!(stream.contains(&format!("\"stop_reason\":\"{stop}\"")), "{stream}");
            assert!(stream.starts_with("event: message_start\n") && stream.contains("event: message_stop\n"));
        }
    }

    #[test]
    fn without_the_tool_it_ends_and_everything_it_says_says_what_it_is() {
        let said = ask(&model("get-404"), 0, &["Bash"], false);
        assert!(said.contains("not available") && said.contains("test double"), "{said}");
    }

    #[test]
    fn tokens_are_counted_and_other_paths_are_none() {
        let model = model("get-404");
        assert_eq!(model.answer("/v1/messages/count_tokens", b"{}").unwrap().body, r#"{"input_tokens":10}"#);
        assert!(model.answer("/v1/models", b"").is_none());
    }
}
