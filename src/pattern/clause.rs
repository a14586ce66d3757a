//! Clauses as they stand in a pack's `clauses/*.json`: what the specification of MCP asks of a client or of a server,
//! and how it is seen whether that is kept.
//!
//! A client's clause is a pattern over the record of a scripted server; a server's clause is a request and the answers
//! that are right. Facts alone: `gateway` holds records and answers against them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scenario::SessionWord;

/// `clauses/*.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClauseFile {
    /// Version of the format; an unknown one refuses the file.
    pub schema: u32,
    /// What clients owe.
    #[serde(default)]
    pub client: Vec<ClientClause>,
    /// What servers owe.
    #[serde(default)]
    pub server: Vec<ServerClause>,
}

/// How binding a clause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No clause of the specification, but what users of the program rely on.
    Robust,
    /// The specification says SHOULD.
    Should,
    /// The specification says MUST.
    Must,
}

impl Level {
    /// The word of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Robust => "robust",
            Self::Should => "should",
            Self::Must => "must",
        }
    }
}

/// What a client owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientClause {
    /// Its name.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// Where it stands: revision, page, section.
    pub spec: String,
    /// What it asks for, in one sentence.
    pub says: String,
    /// The revisions of MCP that ask for it; without any, all. Where another one was negotiated it says nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// The scenario that puts it to the test; its first server is looked at.
    pub scenario: String,
    /// The request that must have come before the clause means anything.
    pub given: SeenDef,
    /// What must come after it, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<SeenDef>,
    /// What must not come after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<SeenDef>,
}

/// A request as the server saw it and answered it: all words must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SeenDef {
    /// One of these methods of HTTP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<String>,
    /// One of these methods of JSON-RPC.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rpc: Vec<String>,
    /// A method of JSON-RPC, but none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rpc_other: Vec<String>,
    /// Where its path begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it says of its session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionWord>,
    /// One of these statuses was the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<u16>,
    /// Headers that lack these words; an empty word: headers that are not there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lacks: BTreeMap<String, String>,
}

/// What a server owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerClause {
    /// Its name.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// Where it stands: revision, page, section.
    pub spec: String,
    /// What it asks for, in one sentence.
    pub says: String,
    /// The revisions of MCP that ask for it; without any, all. Where another one was negotiated it says nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<String>,
    /// The request that puts it to the test; before it a session is begun, as a client does.
    pub ask: AskDef,
    /// The answers that are right; one is enough.
    pub right: Vec<AnswerDef>,
    /// The answers with which a known failure of clients begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<BreakDef>,
}

/// A request to a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AskDef {
    /// The method of HTTP.
    pub http: String,
    /// The message of JSON-RPC, without `jsonrpc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Value>,
    /// What it says of its session: `known` is the one that was begun for it.
    pub session: SessionWord,
    /// More headers, or others; an empty one is left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Whether it means anything only where the server gives session ids.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_session: bool,
    /// The capability of the server without which it means nothing, e.g. `tools`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_capability: Option<String>,
}

/// An answer: all words must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnswerDef {
    /// One of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<u16>,
    /// One of these content types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<String>,
    /// One of these codes of a JSON-RPC error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error: Vec<i64>,
    /// JSON pointers that the message has something at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub has: Vec<String>,
    /// Headers that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
}

/// An answer with which a known failure begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BreakDef {
    /// The answer.
    pub answer: AnswerDef,
    /// The signature of the failure, whose versions it breaks.
    pub signature: String,
}
