//! What has the form of an id or of a token and no label. See the table's own page for what a rule is made of.

use super::{Mark, Rule};
use crate::redact::pick;

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "request-id",
        what: "ids of requests, messages and calls of the model's API",
        mark: Mark::Named("id"),
        needles: &[
            "req_", "toolu_", "msg_", "ofid_", "resp_", "call_", "evt_", "org_", "sess_", "conv_", "batch_",
            "file_",
        ],
        pattern: r"(?:\b|\\[nrt])((?:req|srvtoolu|toolu|msg|ofid|resp|call|evt|org|sess|conv|batch|file)_[A-Za-z0-9]{10,})",
        pick: pick::opaque,
        samples: &[
            ("toolUseId=toolu_7f487c091b80421d897cb29b outcome=ok", "toolUseId=<id-1> outcome=ok"),
            ("request_id: req_011CSHoEeqs5C35K2UUqR7Fy", "request_id: <id-1>"),
        ],
        alike: &["msg_received", "file_descriptors", "tool_dispatch_start"],
    },
    Rule {
        name: "uuid",
        what: "UUIDs",
        mark: Mark::Named("id"),
        needles: &["-"],
        pattern: r"(?i)(?:\b|_|\\[nrt])([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
        pick: pick::whole,
        samples: &[
            ("todos/06729dd8-9571-4af9-8bbe-1b39bdf4abdd.json", "todos/<id-1>.json"),
            ("06729DD8-9571-4AF9-8BBE-1B39BDF4ABDD", "<id-1>"),
        ],
        alike: &["2026-11-23T00-41-23-340Z", "get-404-session-expiry-loop"],
    },
    Rule {
        name: "long-hex",
        what: "hexadecimal strings of 32 digits or more",
        mark: Mark::Named("id"),
        needles: &[],
        pattern: r"(?:\b|_|\\[nrt])([0-9a-f]{32,}|[0-9A-F]{32,})",
        pick: pick::opaque,
        samples: &[
            ("trace 0123456789abcdef0123456789abcdef", "trace <id-1>"),
            ("X_0123456789ABCDEF0123456789ABCDEF01", "X_<id-1>"),
        ],
        alike: &["0b420bd4f92e", "00000000"],
    },
    Rule {
        name: "random-text",
        what: "long random text without a label",
        mark: Mark::Named("token"),
        needles: &[],
        pattern: r"([A-Za-z0-9_+=~-]{28,})",
        pick: pick::random,
        samples: &[
            ("got k3Jd82mQx0PzL5vN7tRwYb1cE4hUaS6g", "got <token-1>"),
            ("(Zm9vYmFyQmF6MTIzNDU2Nzg5MEFCQ0RFRkdI=)", "(<token-1>)"),
        ],
        alike: &["mcp__my-http-mcp__jira_search_issues", "DEPTH_ZERO_SELF_SIGNED_CERT_2026"],
    },
];
