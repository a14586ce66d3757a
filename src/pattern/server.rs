//! What a server is like of which a scenario says nothing else: `patterns/server.json`.
//!
//! Comes in: that file, embedded. Goes out: a [`HealthyDef`]: the revisions of MCP that there are, how long answers take,
//! the tool that is listed, called and answered. Facts alone; `gateway` plays them.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

const BUILTIN: &str = include_str!("../../patterns/server.json");

/// `server.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthyDef {
    /// Version of the format.
    pub schema: u32,
    /// Where the facts come from.
    pub note: String,
    /// All revisions of MCP, oldest first.
    pub revisions: Vec<String>,
    /// The revisions in which several messages may come in one request, as an array.
    pub batches: Vec<String>,
    /// The first revision that begins with `server/discover` and has no sessions.
    pub modern: String,
    /// The revision that is claimed where neither the scenario nor the client says.
    pub newest: String,
    /// The revision that a server is asked for when it is checked: one that servers in use speak.
    pub asked: String,
    /// How long an answer over HTTP takes, in milliseconds.
    pub reply_ms: u64,
    /// How long a call takes, in milliseconds.
    pub call_ms: u64,
    /// The tools that are listed.
    pub tools: Vec<Value>,
    /// What a tool is called with.
    pub input: Value,
    /// What a call gives.
    pub result: Value,
}

impl HealthyDef {
    /// What this build knows; empty only if its own file is broken, which a test rules out.
    pub fn builtin() -> &'static Self {
        static DEF: LazyLock<HealthyDef> =
            LazyLock::new(|| serde_json::from_str(BUILTIN).unwrap_or_default());
        &DEF
    }

    /// Whether there is such a revision.
    pub fn is_revision(&self, text: &str) -> bool {
        self.revisions.iter().any(|r| r == text)
    }

    /// Whether several messages may come in one request in that revision.
    pub fn has_batches(&self, revision: &str) -> bool {
        self.batches.iter().any(|r| r == revision)
    }
}

#[cfg(test)]
mod tests {
    use super::HealthyDef;

    #[test]
    fn the_revisions_are_in_order_and_those_that_are_named_are_among_them() {
        let def = HealthyDef::builtin();
        assert!(def.revisions.len() >= 5 && def.revisions.is_sorted());
        assert!([&def.modern, &def.newest, &def.asked].into_iter().all(|r| def.is_revision(r)));
        assert!(!def.batches.is_empty() && def.batches.iter().all(|r| def.is_revision(r)));
        assert!(def.newest < def.modern && !def.is_revision("2025-04-01"));
        let tool = &def.tools[0];
        let wanted = tool["inputSchema"]["required"].as_array().unwrap();
        assert!(wanted.iter().all(|name| def.input.get(name.as_str().unwrap()).is_some()), "{tool}");
    }
}
