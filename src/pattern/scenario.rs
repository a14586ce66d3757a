//! Scenarios as they stand in a pack's `scenarios/*.json`: MCP servers, and how each request to them is answered.
//!
//! Comes in: the file's text. Goes out: a [`ScenarioDef`]. A server that no rule speaks of is healthy: rules say only
//! what is out of order. This room says what a scenario is; `gateway` plays it.

mod check;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lint::line_and_column;
use super::pack::{PackError, SCHEMA, unknown_schema, without_position};
use super::server::HealthyDef;

/// One scenario: one file, whose name is its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioDef {
    /// Version of the format; an unknown one refuses the file.
    pub schema: u32,
    /// What the servers do, in one line.
    pub about: String,
    /// The servers; the first is the one that the scenario is about.
    pub servers: Vec<ServerDef>,
    /// What the stub of the model's API does.
    #[serde(default)]
    pub model: ModelDef,
    /// Variables that the client gets besides its own: those alone that `client.json` lets scenarios set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// A proxy that the client is told of, and what it does with requests for servers that listen at an address: `hang`,
    /// `drop`, or an answer with a `status` of its own. All else it passes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ThenDef>,
}

/// An MCP server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerDef {
    /// What the client calls it.
    pub name: String,
    /// How it is spoken to.
    pub transport: Transport,
    /// Whether it is there at all.
    #[serde(default)]
    pub place: Place,
    /// The newest revision of MCP that it speaks, e.g. `2025-06-18`; without it the one that the client asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Whether it is spoken to over TLS, at an address that begins with `https`, and who vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsDef>,
    /// Headers that the client is told to send.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The login to it that the client has stored when it starts, made up for the run; without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginState>,
    /// Whether it answers over HTTP with a stream of events instead of plain JSON.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub streams: bool,
    /// The tools it lists, as `tools/list` gives them; without any, one that searches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Value>,
    /// What is out of order; of several rules that fit a request the first one holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleDef>,
}

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Streamable HTTP.
    Http,
    /// The HTTP with SSE of 2024-11-05.
    Sse,
    /// Standard input and output of a child.
    Stdio,
}

/// Who vouches for a server that is spoken to over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TlsDef {
    /// An authority that no client knows, made for the run.
    UnknownAuthority,
}

/// What a stored login is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LoginState {
    /// Its access token has run out; a refresh token is there.
    Expired,
}

/// Whether a server is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// It is.
    #[default]
    Here,
    /// Nothing listens at its port.
    ClosedPort,
    /// Its host has no address.
    NoHost,
    /// Its program does not exist.
    NoProgram,
}

/// One thing out of order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleDef {
    /// The requests it is about; without a word all of them.
    #[serde(default)]
    pub when: WhenDef,
    /// What happens to them.
    pub then: ThenDef,
}

/// Which requests a rule is about: those that all its words fit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WhenDef {
    /// The start of a server that is a child, before any request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub start: bool,
    /// One of these methods of HTTP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<String>,
    /// One of these methods of JSON-RPC.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rpc: Vec<String>,
    /// What it says of its session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionWord>,
    /// Where its path begins, for paths outside of the server's own, e.g. `/.well-known/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The header that it lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacks: Option<String>,
    /// Which of the requests that the other words fit, counted from 1; without any, each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nth: Vec<u32>,
    /// From which of them on, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u32>,
}

/// What a request says of its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SessionWord {
    /// It names none.
    None,
    /// It names one that the server has.
    Known,
    /// It names one that the server has not, or no longer.
    Unknown,
}

impl SessionWord {
    /// The word of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Known => "known",
            Self::Unknown => "unknown",
        }
    }
}

/// What happens to a request. What is not said is as with a healthy server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ThenDef {
    /// How long it takes until anything happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The status of HTTP; without `error`, `result` or `body` nothing stands below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// More headers; `{origin}` is where the gateway is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The whole body, whatever it is; `{origin}` is where the gateway is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The result of JSON-RPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// What is laid over the result that a healthy server gives; `null` takes a key away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Value>,
    /// An error of JSON-RPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDef>,
    /// It is never answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hang: bool,
    /// The connection is dropped without an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drop: bool,
    /// The connection is dropped in the middle of the body.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// The server forgets all sessions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forget: bool,
    /// How a stream that it opens ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamDef>,
    /// What a child writes to its standard output before, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    /// What a child writes to its standard error before, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// A child ends, with this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
}

/// An error of JSON-RPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorDef {
    /// Its code.
    pub code: i64,
    /// Its message.
    pub message: String,
}

/// A stream of events that the server opens for messages of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StreamDef {
    /// Messages that are sent as soon as it is open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Value>,
    /// The milliseconds after which the connection is dropped; without it, and without `end_ms`, it stays open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_ms: Option<u64>,
    /// The milliseconds after which it ends in good order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<u64>,
}

/// What the stub of the model's API does: it calls a tool, and again, and then ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelDef {
    /// How often it calls the tool.
    #[serde(default = "once")]
    pub calls: u32,
    /// How long it thinks before each call but the first.
    #[serde(default)]
    pub gap_ms: u64,
    /// What it calls it with; without it, what the tool of `server.json` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
}

fn once() -> u32 {
    1
}

impl Default for ModelDef {
    fn default() -> Self {
        Self { calls: once(), gap_ms: 0, input: None }
    }
}

/// A scenario with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its id: the name of its file.
    pub id: String,
    /// What its file says.
    pub def: ScenarioDef,
}

impl Scenario {
    /// Reads the text of a file; `path` is what errors call it.
    pub fn parse(id: &str, path: &str, text: &str) -> Result<Self, Vec<PackError>> {
        let error = |line: usize, column: usize, problem: String| {
            let at = |n: usize| (n > 0).then_some(n);
            PackError { file: path.to_owned(), line: at(line), column: at(column), problem }
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.starts_with('.') || id.is_empty() || !id.chars().all(plain) {
            let problem = format!("`{id}` is the scenario's id: made of letters, digits, -, _ and .");
            return Err(vec![error(0, 0, problem)]);
        }
        let def: ScenarioDef = serde_json::from_str(text)
            .map_err(|e| vec![error(e.line(), e.column(), without_position(&e.to_string()))])?;
        if def.schema != SCHEMA {
            return Err(vec![error(0, 0, unknown_schema(def.schema))]);
        }
        let problems: Vec<PackError> = def
            .problems()
            .into_iter()
            .map(|(pointer, message)| {
                let (line, column) = line_and_column(text, &pointer);
                error(line, column, message)
            })
            .collect();
        if problems.is_empty() { Ok(Self { id: id.to_owned(), def }) } else { Err(problems) }
    }
}

impl ServerDef {
    /// The tools that it lists.
    pub fn tools(&self) -> Vec<Value> {
        if self.tools.is_empty() { HealthyDef::builtin().tools.clone() } else { self.tools.clone() }
    }
}
