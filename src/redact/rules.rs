//! What is hidden: the table of rules. A rule is one entry; its samples are its test.
//!
//! Each says where to look (`needles`: one must occur, in any case; none: look anyway), what it looks for
//! (`pattern`: the first group that takes part is the value; written against a [`super::view::View`], so without
//! escapes), which parts of the value are hidden (`pick`), and what stands in for them (`mark`). Where two rules
//! want the same text the earlier one names it.

use std::ops::Range;

use super::pick;
use super::server_output;
use super::url;

/// What stands in for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A numbered name, the same for the same value: `<host-1>`.
    Named(&'static str),
    /// What it was and how long: `<chat, 17 characters>`.
    Sized(&'static str),
}

/// Where a pattern was found.
#[derive(Debug)]
pub(super) struct Found<'t> {
    /// The text that was looked at.
    pub(super) text: &'t str,
    /// What the whole pattern took.
    pub(super) whole: Range<usize>,
    /// The value.
    pub(super) value: Range<usize>,
}

impl<'t> Found<'t> {
    /// The value.
    pub(super) fn value(&self) -> &'t str {
        self.text.get(self.value.clone()).unwrap_or_default()
    }

    /// What stands before the value within the pattern.
    pub(super) fn lead(&self) -> &'t str {
        self.text.get(self.whole.start..self.value.start).unwrap_or_default()
    }

    /// What follows the value.
    pub(super) fn after(&self) -> &'t str {
        self.text.get(self.value.end..).unwrap_or_default()
    }
}

/// Decides which parts are hidden, as places counted from where the value begins.
pub(super) type Pick = fn(&Found<'_>) -> Vec<Range<usize>>;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, as `--redactions` lists it.
    pub name: &'static str,
    /// What it hides, for the documentation.
    pub what: &'static str,
    /// What stands in for it.
    pub mark: Mark,
    pub(super) needles: &'static [&'static str],
    pub(super) pattern: &'static str,
    pub(super) pick: Pick,
    /// Texts, and what is left of them.
    pub samples: &'static [(&'static str, &'static str)],
    /// Texts that look like it and stay as they are.
    pub alike: &'static [&'static str],
}

/// `key: value`, `key=value`, `"key":"value"`.
macro_rules! field {
    ($key:literal) => {
        concat!(
            "(?i)",
            $key,
            r#"["'`]?\s*(?:=>|[:=])\s*(?:"([^"\n⏎]*)"|'([^'\n⏎]*)'|([^\s"'`<>,;&\\⏎…]+))"#
        )
    };
}

/// What no URL has in it.
macro_rules! url {
    ($rest:literal) => {
        concat!(r"(?i)\b[a-z][a-z0-9+.-]*://", $rest)
    };
}

/// Every rule, the most telling first.
pub static RULES: &[Rule] = &[
    Rule {
        name: "private-key",
        what: "the body of a private key in PEM form",
        mark: Mark::Sized("private key"),
        needles: &["PRIVATE KEY"],
        pattern: r"(?s)-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(.*?)(?:-----END|$)",
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
        what: "what a server wrote to its standard error, but for plain error lines",
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
                "Server stderr: Error: no \"Hi Bob, shall we meet\" there",
                "Server stderr: Error: no \"<server output, 21 characters>\" there",
            ),
        ],
        alike: &[
            "Server stderr: Error: Cannot find module \"dotenv\"",
            "Server stderr: [warn] config file not found, using defaults",
            "Server stderr: Secure MCP Filesystem Server running on stdio",
        ],
    },
    Rule {
        name: "authorization",
        what: "the value of an Authorization header",
        mark: Mark::Named("token"),
        needles: &["authorization"],
        pattern: r#"(?i)authorization["'`]?\s*[:=]\s*["'`]?(?:(?:bearer|basic|token|apikey|negotiate|ntlm)\s+([^\s"'`<>,;\\⏎…]+)|(?:digest|oauth|hawk|signature|aws4-hmac-sha256)\s+([^\n⏎…]+)|([^\s"'`<>,;\[\\⏎…]+))"#,
        pick: pick::value,
        samples: &[
            ("Authorization: Bearer demo-token", "Authorization: Bearer <token-1>"),
            (r#"{"Authorization":"Basic YW5uOmh1bnRlcjI="}"#, r#"{"Authorization":"Basic <token-1>"}"#),
            (r#"{\"authorization\":\"abc123\"}"#, r#"{\"authorization\":\"<token-1>\"}"#),
        ],
        alike: &[
            r#"{"Authorization":"[REDACTED]"}"#,
            "Authorization URL: http://127.0.0.1:18080/authorize",
            "Server rejected the configured Authorization header (HTTP 401).",
        ],
    },
    Rule {
        name: "bearer",
        what: "a token behind `Bearer` or `Basic` anywhere",
        mark: Mark::Named("token"),
        needles: &["bearer", "basic"],
        pattern: r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9+/=._~-]{6,})",
        pick: pick::opaque,
        samples: &[
            ("sent Bearer a1b2c3d4e5", "sent Bearer <token-1>"),
            ("-H 'X-Auth: basic YW5uOmh1bnRlcjI='", "-H 'X-Auth: basic <token-1>'"),
        ],
        alike: &["Testing basic HTTP connectivity", "a bearer token is needed", "Bearer authentication"],
    },
    Rule {
        name: "json-web-token",
        what: "a JSON web token",
        mark: Mark::Named("token"),
        needles: &["eyJ"],
        pattern: r"(eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4})",
        pick: pick::whole,
        samples: &[
            ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln back", "got <token-1> back"),
            (r"line\neyJhbGciOiJIUzI1NiJ9.e30.", r"line\n<token-1>"),
        ],
        alike: &["eyJ", "keyJar"],
    },
    Rule {
        name: "vendor-token",
        what: "a key or token whose beginning names who issued it",
        mark: Mark::Named("token"),
        needles: &[
            "sk-",
            "sk_",
            "rk_",
            "pk_",
            "gh",
            "glpat-",
            "gldt-",
            "glptt-",
            "glrt-",
            "xox",
            "xapp-",
            "AKIA",
            "ASIA",
            "AROA",
            "AIza",
            "ya29.",
            "GOCSPX-",
            "npm_",
            "pypi-",
            "hf_",
            "dckr_pat_",
            "SG.",
            "shpat_",
            "lin_api_",
            "ntn_",
            "secret_",
            "sntrys_",
            "sntryu_",
            "dop_v1_",
            "figd_",
            "ATATT3",
            "hvs.",
            "dapi",
            "gsk_",
            "xai-",
            "tvly-",
            "pplx-",
            "r8_",
            "sbp_",
            "whsec_",
            "PMAK-",
            "phx_",
            "fc-",
            "ctx7sk-",
        ],
        pattern: r"(?:\b|_|\\[nrt])((?:sk-(?:ant-|proj-|or-|lf-|svcacct-|admin-)[A-Za-z0-9_-]{6,}|sk-[A-Za-z0-9]{16,}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|gh[pousr]_[A-Za-z0-9]{12,}|github_pat_[A-Za-z0-9_]{12,}|gl(?:pat|dt|ptt|rt)-[A-Za-z0-9_-]{12,}|xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA|AROA)[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{12,}|GOCSPX-[A-Za-z0-9_-]{12,}|npm_[A-Za-z0-9]{20,}|pypi-[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{16,}|dckr_pat_[A-Za-z0-9_-]{12,}|SG\.[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}|shpat_[a-f0-9]{16,}|lin_api_[A-Za-z0-9]{16,}|(?:ntn|secret)_[A-Za-z0-9]{24,}|sntry[su]_[A-Za-z0-9_=+/-]{20,}|dop_v1_[a-f0-9]{20,}|figd_[A-Za-z0-9_-]{16,}|ATATT3[A-Za-z0-9_=-]{16,}|hvs\.[A-Za-z0-9_-]{16,}|dapi[a-f0-9]{24,}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}|tvly-[A-Za-z0-9-]{12,}|pplx-[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{20,}|sbp_[a-f0-9]{20,}|whsec_[A-Za-z0-9+/=]{16,}|PMAK-[a-f0-9-]{20,}|phx_[A-Za-z0-9]{20,}|fc-[a-f0-9]{24,}|ctx7sk-[a-f0-9-]{16,}))",
        pick: pick::whole,
        samples: &[
            ("using sk-ant-api03-AbC_d-9 now", "using <token-1> now"),
            (r"a\nghp_0123456789abcdefghij", r"a\n<token-1>"),
            ("AKIAIOSFODNN7EXAMPLE and xoxb-123456789012-abc", "<token-1> and <token-2>"),
        ],
        alike: &["task-force", "disk-usage-of-the-server", "npm_config_registry", "hf_hub", "sk-learn"],
    },
    Rule {
        name: "connection-string",
        what: "a database's connection string",
        mark: Mark::Named("connection"),
        needles: &["://"],
        pattern: r#"(?i)\b(?:postgres(?:ql)?|mysql2?|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver|oracle|clickhouse|snowflake|couchdb|neo4j|bolt|ldaps?|smtps?|ftps?|sftp)(?:\+[a-z0-9]+)?://([^\s"'`<>\\⏎…]+)"#,
        pick: pick::value,
        samples: &[
            (
                "DATABASE_URL=postgres://ann:pw@db.corp:5432/hr?sslmode=require",
                "DATABASE_URL=postgres://<connection-1>",
            ),
            ("mongodb+srv://u:p@c0.mongodb.net/x done", "mongodb+srv://<connection-1> done"),
        ],
        alike: &["the postgres server", "http://127.0.0.1:18080/mcp"],
    },
    Rule {
        name: "cookie",
        what: "the value of a Cookie or Set-Cookie header",
        mark: Mark::Named("cookie"),
        needles: &["cookie"],
        pattern: r#"(?i)\b(?:set-)?cookie2?["'`]?\s*[:=]\s*\[?\s*(?:"([^"\n⏎]*)"|'([^'\n⏎]*)'|([^"'<>\s⏎…][^"'<>\n⏎…]*))"#,
        pick: pick::cookie,
        samples: &[
            ("Cookie: sid=abc; theme=dark", "Cookie: <cookie-1>"),
            (r#"{"set-cookie":["sid=abc; Path=/"]}"#, r#"{"set-cookie":["<cookie-1>"]}"#),
        ],
        alike: &["cookie: none", "cookies are not supported"],
    },
    Rule {
        name: "session-header",
        what: "the session id of a Streamable HTTP connection",
        mark: Mark::Named("session"),
        needles: &["mcp-session-id"],
        pattern: field!(r"mcp-session-id"),
        pick: pick::labelled,
        samples: &[
            ("Mcp-Session-Id: 4f1c-77", "Mcp-Session-Id: <session-1>"),
            (r#"{"mcp-session-id":"abc"}"#, r#"{"mcp-session-id":"<session-1>"}"#),
        ],
        alike: &["carries no Mcp-Session-Id and is not", "Mcp-Session-Id: missing"],
    },
    Rule {
        name: "session-id",
        what: "the id of a client session or a conversation",
        mark: Mark::Named("session"),
        needles: &["session", "conversation"],
        pattern: field!(r"\b(?:[a-z]+_)?(?:session|conversation)[-_ ]?(?:id|uuid)?"),
        pick: pick::identifier,
        samples: &[
            (r#""sessionId":"06729dd8-9571-4af9-8bbe-1b39bdf4abdd""#, r#""sessionId":"<session-1>""#),
            ("session_id=9f8e7d6c", "session_id=<session-1>"),
        ],
        alike: &["client session 2", "session: 12", "MCP session expired (server returned 404)"],
    },
    Rule {
        name: "account-id",
        what: "the id of an account, an organization, a device",
        mark: Mark::Named("account"),
        needles: &["id", "uuid"],
        pattern: field!(
            r"\b(?:account|organi[sz]ation|org|user|device|machine|anonymous|tenant|workspace|project|customer)[-_ ]?(?:id|uuid|ref)"
        ),
        pick: pick::identifier,
        samples: &[
            (r#"{"accountUuid":"0b420bd4-f92e-4af9-8bbe-1b39bdf4abdd"}"#, r#"{"accountUuid":"<account-1>"}"#),
            ("org_id=org4711x", "org_id=<account-1>"),
        ],
        alike: &["user_id: none", "project_id="],
    },
    Rule {
        name: "secret-field",
        what: "the value of a field that is named a token, a secret, a password, a key",
        mark: Mark::Named("token"),
        needles: &[
            "token",
            "secret",
            "passw",
            "passphrase",
            "pwd",
            "key",
            "credential",
            "_auth",
            "signature",
        ],
        pattern: field!(
            r"[a-z0-9_.$-]*(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_ -]?key|access[_-]?key(?:[_-]?id)?|(?:secret|private|account|auth|encryption|signing|license)[_-]?key|shared[_-]?access[_-]?signature|credentials?|[_-]auth|x-[a-z-]*key)"
        ),
        pick: pick::secret,
        samples: &[
            ("api_key=abcdef", "api_key=<token-1>"),
            (r#"{"clientSecret":"s3cr3t value","a":1}"#, r#"{"clientSecret":"<token-1>","a":1}"#),
            ("X-API-Key: 77aa88bb", "X-API-Key: <token-1>"),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=<token-1> psql"),
        ],
        alike: &[
            "Token length: 1427",
            "Has refresh token: false",
            "max_token: 4096",
            "Unrecognized token '<'",
            "invalid_token: The access token expired",
            "token: [REDACTED]",
            "TOKEN=$MCP_TOKEN",
            "error: unexpected token: identifier",
            "No token data found",
        ],
    },
    Rule {
        name: "secret-argument",
        what: "the value of a command-line option that is named a token, a secret, a password, a key",
        mark: Mark::Named("token"),
        needles: &["token", "secret", "passw", "key", "--pat", "credential", "--auth", "--bearer"],
        pattern: r#"(?i)(?:^|[\s"'`,\[])--?(?:[a-z0-9]+[_-])*(?:token|secret|password|passwd|passphrase|api-?key|key|pat|credentials?|auth|bearer)(?:["'`,\s=]+)([^\s"'`<>,;\\⏎…-][^\s"'`<>,;\\⏎…]*)"#,
        pick: pick::argument,
        samples: &[
            ("npx mcp-remote --access-token xxx", "npx mcp-remote --access-token <token-1>"),
            (r#"["--api-key","k1"]"#, r#"["--api-key","<token-1>"]"#),
        ],
        alike: &["missing the --token option", "--token <token-1>", "--key-file a.pem"],
    },
    Rule {
        name: "oauth",
        what: "codes, states, challenges and verifiers of OAuth",
        mark: Mark::Named("oauth"),
        needles: &["code", "state", "nonce", "assertion", "client_id", "clientId", "login_hint"],
        pattern: field!(
            r"\b(?:code|state|nonce|code_?challenge|code_?verifier|device_?code|user_?code|id_token_hint|(?:client_)?assertion|client_?id|login_hint)"
        ),
        pick: pick::oauth,
        samples: &[
            (
                "callback with code=4/0AX4XfWh9 and state=af0ifjsldkj3",
                "callback with code=<oauth-1> and state=<oauth-2>",
            ),
            (
                r#"{"code_verifier":"dBjftJeZ4CVP","code":"none"}"#,
                r#"{"code_verifier":"<oauth-1>","code":"none"}"#,
            ),
        ],
        alike: &[
            "(code: 401, errno: none)",
            "(code: ERR_INVALID_ARG_VALUE, errno: none)",
            "state=pending",
            "code: ECONNREFUSED",
            "code_challenge_method=S256",
            "exit code: 1",
        ],
    },
    Rule {
        name: "header-value",
        what: "the values of headers and of a server's environment, but for the usual harmless headers",
        mark: Mark::Named("value"),
        needles: &["headers", "\"env\"", "\"environment\""],
        pattern: r#"(?i)"(?:[a-z]*headers|env|environment)"\s*:\s*\{([^{}]*)"#,
        pick: pick::pairs,
        samples: &[
            (
                r#""headers":{"User-Agent":"claude-code/2.0.30","X-Team":"hr-7"}"#,
                r#""headers":{"User-Agent":"claude-code/2.0.30","X-Team":"<value-1>"}"#,
            ),
            (r#""env":{"JIRA_USER":"ann"}"#, r#""env":{"JIRA_USER":"<value-1>"}"#),
        ],
        alike: &[r#"Environment: {"NODE_OPTIONS":"not set"}"#, r#""headers":{"Accept-Encoding":"identity"}"#],
    },
    Rule {
        name: "url-login",
        what: "user and password in a URL",
        mark: Mark::Named("login"),
        needles: &["://"],
        pattern: url!(r#"([^/\s"'`<>?#\\⏎…]+)@"#),
        pick: pick::value,
        samples: &[
            ("http://ann:pw@127.0.0.1:3128", "http://<login-1>@127.0.0.1:3128"),
            ("https://ghs@github.com/o/r", "https://<login-1>@github.com/o/r"),
        ],
        alike: &["http://127.0.0.1:18080/@scope/x", "https://github.com/@me"],
    },
    Rule {
        name: "url-query",
        what: "the values of a URL's query; the names stay",
        mark: Mark::Named("value"),
        needles: &["?", "&", "#"],
        pattern: r#"[?&#][A-Za-z0-9_.~\[\]-]{1,64}=([^&#\s"'`<>\\⏎…]+)"#,
        pick: url::query_value,
        samples: &[
            (
                "http://127.0.0.1/mcp?key=abc&project_ref=hr",
                "http://127.0.0.1/mcp?key=<value-1>&project_ref=<value-2>",
            ),
            ("GET /callback?code=x7", "GET /callback?code=<value-1>"),
        ],
        alike: &["https://api.anthropic.com/v1/mcp_servers?limit=1000", "?response_type=code"],
    },
    Rule {
        name: "url-path",
        what: "random parts of a URL's path",
        mark: Mark::Named("path"),
        needles: &["://", "/"],
        pattern: r#"(?:(?i:\b[a-z][a-z0-9+.-]*)://(?:[^\s/"'`<>?#\\]|<[a-z-]+-[0-9]+>)+|\b(?:GET|POST|PUT|DELETE|PATCH|OPTIONS|HEAD) )(/[^\s"'`?#\\⏎…]+)"#,
        pick: url::random_parts,
        samples: &[
            ("http://127.0.0.1/k3Jd82mQx0PzL5vN7tRw/sse", "http://127.0.0.1/<path-1>/sse"),
            ("POST /gw/7f487c091b80421d897cb29b/mcp", "POST /gw/<path-1>/mcp"),
        ],
        alike: &[
            "http://127.0.0.1:18080/mcp/get404",
            "https://modelcontextprotocol.io/specification/2025-03-26/basic/transports",
            "https://github.com/anthropics/claude-plugins-official.git",
        ],
    },
    Rule {
        name: "ip-address",
        what: "addresses of machines, but for loopback",
        mark: Mark::Named("address"),
        needles: &["."],
        pattern: r"(?:^|[^0-9A-Za-z.]|\\[nrt])([0-9]{1,3}(?:\.[0-9]{1,3}){3})",
        pick: pick::v4,
        samples: &[
            ("connect ECONNREFUSED 10.1.2.3:443", "connect ECONNREFUSED <address-1>:443"),
            ("http://192.168.0.7:8080/mcp", "http://<address-1>:8080/mcp"),
        ],
        alike: &["127.0.0.1:18080", "0.0.0.0", "2.1.147", "Chrome/120.0.6099.109", "v1.2.3.4", "300.1.1.1"],
    },
    Rule {
        name: "ipv6-address",
        what: "IPv6 and hardware addresses, but for loopback",
        mark: Mark::Named("address"),
        needles: &[":"],
        pattern: r"(?i)(?:^|[^0-9a-z:.])([0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})",
        pick: pick::v6,
        samples: &[
            ("http://[fe80::1]:80/", "http://[<address-1>]:80/"),
            ("at fd12:3456:789a::1 or 00:1b:44:11:3a:b7", "at <address-1> or <address-2>"),
        ],
        alike: &["::1", "10:50:33", "std::fmt", "2026-01-08T10:50:33.583Z", "main.py:12:34"],
    },
    Rule {
        name: "e-mail",
        what: "e-mail addresses",
        mark: Mark::Named("email"),
        needles: &["@"],
        pattern: r"([A-Za-z0-9._%+-]*[A-Za-z0-9_+-]@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)",
        pick: pick::email,
        samples: &[
            ("signed in as ann.smith@acme.example.", "signed in as <email-1>."),
            (r#""email":"bob+x@corp.io""#, r#""email":"<email-1>""#),
        ],
        alike: &["@anthropic-ai/claude-code", "mcp-remote@0.1.29", "git@github.com:o/r.git", "loop@1"],
    },
    Rule {
        name: "url-host",
        what: "host names in URLs, but for public ones",
        mark: Mark::Named("host"),
        needles: &["://"],
        pattern: url!(
            r#"(?:[^/\s"'`<>?#\\]*@|<[a-z-]+-[0-9]+>@)?(\[[0-9a-f:.%]+\]|[^\s/:@?#"'`<>\\,;(){}\[\]|⏎…]+)"#
        ),
        pick: pick::host,
        samples: &[
            ("http://gateway.invalid/mcp", "http://<host-1>/mcp"),
            ("https://GW:8443 and wss://mcp.acme.example/ws", "https://<host-1>:8443 and wss://<host-2>/ws"),
        ],
        alike: &[
            "http://127.0.0.1:18080/mcp",
            "https://api.anthropic.com/v1",
            "file:///opt/x",
            "unix:///tmp/x.sock",
        ],
    },
    Rule {
        name: "host-field",
        what: "host names behind `host=` and in messages of the resolver",
        mark: Mark::Named("host"),
        needles: &["host", "ENOTFOUND", "EAI_", "getaddrinfo", "ECONN", "ETIMEDOUT", "lookup", "connect to"],
        pattern: r#"(?:(?i:\bhost(?:_?name)?["'`]?\s*[:=]\s*["'`]?)|(?:ENOTFOUND|EAI_AGAIN|EAI_NONAME|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|[Cc]ould not resolve(?: host)?:?|[Ll]ookup|[Cc]onnect(?:ion)? to|for host|to host)\s+)([A-Za-z0-9_][A-Za-z0-9_.-]*)"#,
        pick: pick::named_host,
        samples: &[
            ("getaddrinfo ENOTFOUND gateway", "getaddrinfo ENOTFOUND <host-1>"),
            ("Parsed URL: host=mcp.acme.example, port=443", "Parsed URL: host=<host-1>, port=443"),
        ],
        alike: &[
            "getaddrinfo EAI_AGAIN api.anthropic.com",
            "Parsed URL: host=127.0.0.1, port=18080",
            "connect ECONNREFUSED 127.0.0.1:19999",
            "Connection to MCP server \"x\" timed out",
            "host=, port=default",
        ],
    },
    Rule {
        name: "host-name",
        what: "host names of company networks, and full ones of the public net, wherever they stand",
        mark: Mark::Named("host"),
        needles: &[
            ".internal",
            ".corp",
            ".lan",
            ".intra",
            ".localdomain",
            ".local",
            ".ts.net",
            ".svc",
            ".home.arpa",
            ".com",
            ".net",
            ".org",
            ".io",
            ".dev",
            ".ai",
            ".app",
            ".cloud",
            ".co",
            ".de",
            ".fr",
            ".eu",
            ".uk",
            ".tech",
        ],
        pattern: r"(?i)(?:^|[^a-z0-9_./\\@-]|\\[nrt])((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:internal|corp|lan|intra(?:net)?|localdomain|ts\.net|svc|local|home\.arpa)|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.){2,}(?:com|net|org|io|dev|ai|app|cloud|co|de|fr|eu|uk|tech))(?:[^a-z0-9_.(-]|\.(?:\s|$)|$)",
        pick: pick::bare_host,
        samples: &[
            ("certificate of db7.corp is not trusted", "certificate of <host-1> is not trusted"),
            ("cannot reach mcp.acme.io.", "cannot reach <host-1>."),
        ],
        alike: &[
            "settings.local.json",
            ".env.local",
            "claude.ai Walter PO",
            "files v2.1 (local)",
            "old.events",
            "process.env.io()",
        ],
    },
    Rule {
        name: "home-folder",
        what: "user names in paths",
        mark: Mark::Named("user"),
        needles: &["/home/", "Users"],
        pattern: r#"(?:(?:^|[^A-Za-z0-9._-]|/var|/export|/data|/nfs|/mnt|\\[nrt])/(?:home|Users)/|(?i:\b[a-z]:[\\/]+users[\\/]+|/[a-z]/users/|[\\]users[\\]))(?:([^/\\\s"'`<>:*?|⏎…]+(?: [^/\\\s"'`<>:*?|⏎…]+){1,2})\\|([^/\\\s"'`<>:*?|,;()⏎…]+))"#,
        pick: pick::user,
        samples: &[
            ("lstat '/home/ann/.claude.json'", "lstat '/home/<user-1>/.claude.json'"),
            (r"C:\\Users\\Ann Smith\\AppData", r"C:\\Users\\<user-1>\\AppData"),
            (
                r"C:\Users\ann\.claude and file:///Users/bob/x",
                r"C:\Users\<user-1>\.claude and file:///Users/<user-2>/x",
            ),
        ],
        alike: &["/home/<user>/x", "/Users/Shared/x", "https://claude.ai/home/page", "/homepage/x"],
    },
    Rule {
        name: "folder-slug",
        what: "user names in the folder names that the client makes of paths",
        mark: Mark::Named("user"),
        needles: &["-home-", "-Users-"],
        pattern: r#"(?:^|[\s/\\"'`=:(,])(?:[A-Za-z]-)?(?:-mnt-[a-z])?-(?:home|Users)-([A-Za-z0-9]+)"#,
        pick: pick::user,
        samples: &[
            ("~/.claude/projects/-home-ann-proj/x", "~/.claude/projects/-home-<user-1>-proj/x"),
            ("claude-cli-nodejs/C--Users-ann-repo", "claude-cli-nodejs/C--Users-<user-1>-repo"),
        ],
        alike: &["--home-dir", "a-home-office", "-homepage-x"],
    },
    Rule {
        name: "user-name",
        what: "user names behind `user=` and its like",
        mark: Mark::Named("user"),
        needles: &["user", "login", "logname"],
        pattern: r#"(?i)(?:\b(?:user(?:_?name)?|login|logname)=["']?|"(?:user_?name|login|logname)"\s*:\s*")([A-Za-z][A-Za-z0-9._-]{1,40})"#,
        pick: pick::user,
        samples: &[
            ("USER=ann HOME=/", "USER=<user-1> HOME=/"),
            (r#"{"username":"bob"}"#, r#"{"username":"<user-1>"}"#),
        ],
        alike: &["managed: 0, user: 0", "user=/etc/x", "needs user:profile", "user=null"],
    },
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
