//! The same secrets where they stand in other shapes: encoded, in elements, in lists, in sentences. See the table's own
//! page for what a rule is made of.

use super::{Mark, Rule};
use crate::redact::{pick, url};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "encoded-query",
        what: "the values of a query that is written in another URL",
        mark: Mark::Named("value"),
        needles: &["%3d", "%253d"],
        pattern: r#"(?i)(?:%(?:25)*(?:3f|26|23)|[?&#])[a-z0-9_.~-]{1,64}%(?:25)*3d([^&#%\s"'`<>\\⏎…]+)"#,
        pick: url::query_value,
        samples: &[
            ("next=%2Fcb%3Ftoken%3Dabcdef%26x%3D1", "next=%2Fcb%3Ftoken%3D<value-1>%26x%3D1"),
            ("to=%253Fkey%253Dabcdef", "to=%253Fkey%253D<value-1>"),
        ],
        alike: &["%3Dabc", "%3Flimit%3D100"],
    },
    Rule {
        name: "cookie-list",
        what: "the values of several Set-Cookie headers",
        mark: Mark::Named("cookie"),
        needles: &["cookie"],
        pattern: r#"(?i)\bcookie2?["'`]?\s*[:=]\s*\[([^\]\n⏎…]*)"#,
        pick: pick::quoted,
        samples: &[
            (r#""set-cookie":["a=1","b=2; Path=/"]"#, r#""set-cookie":["<cookie-1>","<cookie-2>"]"#),
            ("'set-cookie': [ 'a=1', 'b=2' ]", "'set-cookie': [ '<cookie-1>', '<cookie-2>' ]"),
        ],
        alike: &[r#""cookies":[]"#, r#""cookie":["[REDACTED]"]"#],
    },
    Rule {
        name: "secret-element",
        what: "the text of an element that is named a token, a secret, a password, a key",
        mark: Mark::Named("token"),
        needles: &["<"],
        pattern: r"(?i)<(?:[a-z]+:)?[a-z_-]*(?:token|secret|passw(?:or)?d|api-?_?key)>([^<>\n⏎…]+)</",
        pick: pick::value,
        samples: &[
            ("<password>hunter</password>", "<password><token-1></password>"),
            ("<ns:apiKey>k1</ns:apiKey>", "<ns:apiKey><token-1></ns:apiKey>"),
        ],
        alike: &["<token>", "<api-key></api-key>"],
    },
    Rule {
        name: "secret-words",
        what: "what a sentence says a password, a secret, a key is",
        mark: Mark::Named("token"),
        needles: &["password", "passphrase", "secret", "api key", "token"],
        pattern: r#"(?i)\b(?:password|passphrase|secret|api key|(?:access|refresh|auth) token)(?: is| was|:)?\s+(?:"([^"\s]+)"|'([^'\s]+)'|`([^`\s]+)`)"#,
        pick: pick::value,
        samples: &[
            (r#"password "hunter" rejected"#, r#"password "<token-1>" rejected"#),
            ("the api key is 'k1'", "the api key is '<token-1>'"),
        ],
        alike: &["Unexpected token '<'", "the secret is safe", "password 'none'"],
    },
    Rule {
        name: "login-argument",
        what: "user and password on a command line",
        mark: Mark::Named("login"),
        needles: &["-u", "--user", "--proxy-user"],
        pattern: r#"(?:^|[\s"'`,\[])(?:-u|--user|--proxy-user)["'`,\s=]+([^\s"'`<>:,\\⏎…-][^\s"'`<>:,\\⏎…]*:[^\s"'`<>,\\⏎…]+)"#,
        pick: pick::value,
        samples: &[
            ("curl -u svc:hunter http://127.0.0.1/", "curl -u <login-1> http://127.0.0.1/"),
            (r#"["--user","ann:pw"]"#, r#"["--user","<login-1>"]"#),
        ],
        alike: &["docker run -u root", "docker run --user 1000"],
    },
    Rule {
        name: "login-at",
        what: "the user of a login on another machine",
        mark: Mark::Named("user"),
        needles: &["@"],
        pattern: r"(?:\b(?i:ssh|scp|sftp|rsync)\s+(?:-\S+\s+)*([A-Za-z][A-Za-z0-9._-]*)@|(?:^|[\s=(])([A-Za-z][A-Za-z0-9._-]*)@(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|<(?:address|host)-[0-9]+>))",
        pick: pick::user,
        samples: &[
            ("ssh -A ann@box failed", "ssh -A <user-1>@box failed"),
            ("lost ann@10.9.8.7", "lost <user-1>@<address-1>"),
        ],
        alike: &["mcp-remote@0.1.29", "npx -y @scope/x"],
    },
    Rule {
        name: "tilde-user",
        what: "user names in `~name/`",
        mark: Mark::Named("user"),
        needles: &["~"],
        pattern: r#"(?:^|[\s"'`=:(,])~([A-Za-z][A-Za-z0-9._-]*)/"#,
        pick: pick::user,
        samples: &[
            ("spawn ~ann/bin/x ENOENT", "spawn ~<user-1>/bin/x ENOENT"),
            ("in '~bob/x'", "in '~<user-1>/x'"),
        ],
        alike: &["~/.claude/debug", "a~b/c"],
    },
    Rule {
        name: "share-host",
        what: "the host of a shared folder of Windows",
        mark: Mark::Named("host"),
        needles: &["\\"],
        pattern: r#"(?:^|[\s"'`=(,])\\([A-Za-z0-9][A-Za-z0-9._-]+)\\[A-Za-z0-9_$-]+"#,
        pick: pick::share,
        samples: &[
            (r"spawn \\files7\share\node.exe ENOENT", r"spawn \\<host-1>\share\node.exe ENOENT"),
            (r#"{"cwd":"\\\\files.corp\\hr"}"#, r#"{"cwd":"\\\\<host-1>\\hr"}"#),
        ],
        alike: &[
            r"C:\Program Files\nodejs\node.exe",
            r"\\wsl$\Ubuntu",
            r#""\u001b\u009b[31m""#,
            r#""\nError\nat""#,
            r"\\?\C:\x",
        ],
    },
];
