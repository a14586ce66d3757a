//! What people and servers say: keys in full, messages, arguments, output. See the table's own page for what a rule is made of.

use super::{Mark, Rule};
use crate::redact::{pick, server_output};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "private-key",
        what: "the body of a private key in PEM form",
        mark: Mark::Sized("private key"),
        needles: &["PRIVATE KEY"],
        pattern: r"(?s)-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----\s*(.*?)(?:-----END|$)",
        pick: pick::whole,
        samples: &[
            (
                "-----BEGIN RSA PRIVATE KEY-----\\nMIIEow==\\n-----END RSA PRIVATE KEY-----",
                "-----BEGIN RSA PRIVATE KEY-----<private key, 12 characters>-----END RSA PRIVATE KEY-----",
            ),
            ("-----BEGIN PRIVATE KEY-----MIIEvQ", "-----BEGIN PRIVATE KEY-----<private key, 6 characters>"),
        ],
        alike: &["-----BEGIN CERTIFICATE-----MIIEvQ", "no PRIVATE KEY was found"],
    },
    Rule {
        name: "channel-message",
        what: "the text of a chat message in a channel notification",
        mark: Mark::Sized("chat"),
        needles: &["claude/channel:"],
        pattern: r"(?s)notifications/claude/channel: ?(.+)",
        pick: pick::message,
        samples: &[
            (
                "notifications/claude/channel: Hi Bob, lunch?",
                "notifications/claude/channel: <chat, 14 characters>",
            ),
            (
                r#"{"debug":"notifications/claude/channel: say \"hi\"","timestamp":"2026-11-23T00:41:23.340Z"}"#,
                r#"{"debug":"notifications/claude/channel: <chat, 8 characters>","timestamp":"2026-11-23T00:41:23.340Z"}"#,
            ),
        ],
        alike: &["Channel notifications skipped: server did not declare claude/channel capability"],
    },
    Rule {
        name: "tool-arguments",
        what: "the arguments of a tool call",
        mark: Mark::Sized("arguments"),
        needles: &["arguments", "tool_input", "toolInput", "args", "input"],
        pattern: r#"(?i)\b(?:tool_?)?(?:arguments|args|input)["'`]?\s*(?:[:=]\s*)?(\{)"#,
        pick: pick::inside_braces,
        samples: &[
            (
                r#"{"name":"search","arguments":{"query":"salary of Ann"}}"#,
                r#"{"name":"search","arguments":{<arguments, 23 characters>}}"#,
            ),
            (
                r#"Calling with args: {"a":{"b":1}} now"#,
                "Calling with args: {<arguments, 11 characters>} now",
            ),
        ],
        alike: &[r#""arguments":{},"id":4"#, r#""inputSchema":{"type":"object"}"#],
    },
    Rule {
        name: "message-content",
        what: "the text of a prompt, an answer or a tool's result",
        mark: Mark::Sized("text"),
        needles: &["\"text\"", "\"content\"", "\"prompt\""],
        pattern: r#"(?s)(?:"type"\s*:\s*"text"\s*,\s*"text"|"role"\s*:\s*"[a-z]+"\s*,\s*"content"|"prompt")\s*:\s*"(.*?)"\s*(?:[,}\]]|$)"#,
        pick: pick::whole,
        samples: &[
            (
                r#"[{"type":"text","text":"3 issues of Ann"}]"#,
                r#"[{"type":"text","text":"<text, 15 characters>"}]"#,
            ),
            (
                r#"{"role":"user","content":"what is my salary"}"#,
                r#"{"role":"user","content":"<text, 17 characters>"}"#,
            ),
        ],
        alike: &[r#"{"type":"text","mimeType":"text/plain"}"#, "hasPrompts\":false"],
    },
    Rule {
        name: "server-output",
        what: "what a server wrote to its standard error, but for classes and reasons of errors",
        mark: Mark::Sized("server output"),
        needles: &["stderr"],
        pattern: r"(?s)(?:Server stderr|stderr of the stdio server before restarting it): ?(.+)",
        pick: server_output::hidden,
        samples: &[
            (
                "Server stderr: user ann asked about her salary",
                "Server stderr: <server output, 31 characters>",
            ),
            (
                "Server stderr: Error: no such person: Bob",
                "Server stderr: Error: <server output, 19 characters>",
            ),
            (
                "Server stderr: Error: permission denied for \"Hi Bob, shall we meet\"",
                "Server stderr: Error: permission denied for \"<server output, 21 characters>\"",
            ),
        ],
        alike: &[
            "Server stderr: Error: Cannot find module \"dotenv\"",
            "Server stderr: [warn] config file not found, using defaults",
            "Server stderr: Secure MCP Filesystem Server running on stdio",
        ],
    },
];
