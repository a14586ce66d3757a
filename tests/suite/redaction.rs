//! What leaves the machine: secrets planted in real logs come out in no format of any verb, and all else stays.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use lastgood::redact::Redactor;
use lastgood::render::FORMATS;
use serde_json::Value;
use tempfile::TempDir;

use crate::packed::archive;
use crate::program::{Ran, json_in, project, run, run_in, run_with, shared};

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn of(&mut self, signs: &str, length: usize) -> String {
        let signs: Vec<char> = signs.chars().collect();
        (0..length).map(|_| signs[self.below(signs.len())]).collect()
    }

    /// Signs of which some are surely digits and some letters.
    fn mixed(&mut self, length: usize) -> String {
        let mut text = self.of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", length - 6);
        text.push_str("a7Qx3Z");
        text
    }

    fn name(&mut self) -> String {
        format!("{}zq", self.of("bcdfghjklmnprstvw", 7))
    }
}

/// A message with `{}` where the secret stands, and what makes the secret.
type Kind = (&'static str, &'static str, fn(&mut Dice) -> String);

const HEX: &str = "0123456789abcdef";

/// The kinds of secrets, in the words in which logs hold them.
const KINDS: &[Kind] = &[
    (
        "bearer",
        "HTTP transport options: {\"url\":\"http://127.0.0.1:18080/mcp\",\"headers\":{\"Authorization\":\"Bearer {}\"}}",
        |d| d.mixed(20),
    ),
    ("basic", "Connection error: sent Authorization: Basic {}", |d| d.mixed(24) + "=="),
    ("anthropic key", "Connection error: invalid x-api-key {}", |d| format!("sk-ant-api03-{}", d.mixed(40))),
    ("openai key", "Calling MCP tool: x with {}", |d| format!("sk-{}", d.mixed(40))),
    ("github token", "Connection error: fatal: {} has no access", |d| format!("ghp_{}", d.mixed(36))),
    ("slack token", "Connection error: {} revoked", |d| {
        format!("xoxb-{}-{}", d.of("0123456789", 12), d.mixed(24))
    }),
    ("aws key", "Environment: {\"AWS\":\"{}\"}", |d| {
        format!("AKIA{}", d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))
    }),
    ("google key", "Connection error: key {} is blocked", |d| format!("AIza{}", d.mixed(35))),
    ("gitlab token", "Connection error: {}", |d| format!("glpat-{}", d.mixed(20))),
    ("npm token", "Connection error: //registry.npmjs.org/:_authToken={}", |d| {
        format!("npm_{}", d.mixed(36))
    }),
    ("json web token", "Connection error: token {} expired", |d| {
        format!("eyJ{}.eyJ{}.{}", d.mixed(20), d.mixed(30), d.mixed(40))
    }),
    ("password", "Connection error: password={} was refused", |d| format!("{}1!", d.name())),
    ("secret in json", "SDK auth error: {\\\"client_secret\\\":\\\"{}\\\"}", |d| d.mixed(16)),
    ("argument", "Connection failed: spawn npx mcp-remote --access-token {} ENOENT", |d| d.mixed(12)),
    ("cookie", "Connection error: Set-Cookie: sid={}; Path=/", |d| d.mixed(20)),
    (
        "oauth",
        "Authorization URL: http://127.0.0.1:1/authorize?response_type=code&state={}&code_challenge_method=S256",
        |d| d.mixed(22),
    ),
    ("callback", "Connection error: GET /callback?code={}", |d| d.mixed(24)),
    ("login", "Initializing HTTP transport to http://ann:{}@127.0.0.1:18080/mcp", |d| d.mixed(10)),
    ("path part", "Initializing HTTP transport to http://127.0.0.1:18080/{}/sse", |d| d.mixed(28)),
    ("query", "Testing basic HTTP connectivity to http://127.0.0.1:18080/mcp?project_ref={}", Dice::name),
    ("mcp session", "Connection error: Mcp-Session-Id: {} is unknown", |d| d.mixed(16)),
    ("client session", "Connection error: {\"sessionId\":\"{}\"}", |d| {
        format!("{}-{}-4{}-8{}-{}", d.of(HEX, 8), d.of(HEX, 4), d.of(HEX, 3), d.of(HEX, 3), d.of(HEX, 12))
    }),
    ("request id", "Connection error: 529 request_id: {}", |d| format!("req_{}", d.mixed(24))),
    ("e-mail", "Connection error: signed in as {}, who may not", |d| {
        format!("{}.x@{}.example", d.name(), d.name())
    }),
    ("home", "Connection failed: spawn /home/{}/bin/node ENOENT", Dice::name),
    ("windows home", "Connection failed: spawn C:\\Users\\{}\\node.exe ENOENT", Dice::name),
    ("slug", "Connection error: /root/.claude/projects/-Users-{}-app/x", Dice::name),
    ("host", "Initializing HTTP transport to https://{}/mcp", |d| format!("mcp.{}.example", d.name())),
    ("resolver", "Connection error: getaddrinfo ENOTFOUND {}", Dice::name),
    ("private address", "Connection error: connect ECONNREFUSED {}:443", |d| {
        format!("10.{}.{}.{}", d.below(255), 100 + d.below(155), 100 + d.below(155))
    }),
    ("ipv6", "Connection error: connect to [{}]:80", |d| {
        format!("fd{}:{}::{}", d.of(HEX, 2), d.of("123456789a", 4), d.of("123456789a", 4))
    }),
    ("chat", "notifications/claude/channel: meet {} at noon", Dice::name),
    ("stderr", "Server stderr: row 17 belongs to {}", Dice::name),
    (
        "arguments",
        "Connection error: {\"method\":\"tools/call\",\"params\":{\"arguments\":{\"q\":\"{}\"}}}",
        Dice::name,
    ),
    ("connection string", "Connection error: postgres://svc:{}@127.0.0.1:5432/hr", |d| d.mixed(12)),
    ("private key", "Connection error: -----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----", |d| {
        d.mixed(60)
    }),
];

/// The same kinds, and more, in the shapes in which escapes, line ends and other languages leave them.
const SHAPES: &[Kind] = &[
    ("escaped twice", "Connection error: \"{\\\\\\\"password\\\\\\\":\\\\\\\"{}\\\\\\\"}\"", Dice::name),
    (
        "escaped in a URL",
        "Connection error: to http%3A%2F%2F127.0.0.1%2Fcb%3Faccess_token%3D{}%26x%3D1",
        |d| d.mixed(20),
    ),
    ("a value with a quote in it", "Connection error: {\"password\":\"ab\\\"{}\"}", Dice::name),
    ("over a line end", "Connection error: Authorization: Bearer\n  {}", |d| d.mixed(24)),
    (
        "pretty headers",
        "Connection error: {\n  \"headers\": {\n    \"X-Team-Id\": \"{}\"\n  }\n}",
        Dice::name,
    ),
    ("pretty arguments", "Connection error: {\n  \"arguments\": {\n    \"who\": \"{}\"\n  }\n}", Dice::name),
    ("stack frame", "Error stack: Error: x\n    at f (file:///home/{}/.nvm/cli.js:1383:5751)", Dice::name),
    ("stack frame of Windows", "Error stack: Error: x\n    at f (C:\\Users\\{}\\cli.js:1:2)", Dice::name),
    ("share", "Connection failed: spawn \\\\{}.corp\\share\\node.exe ENOENT", Dice::name),
    ("slug of Windows", "Connection error: Cache/C--Users-{}-work/x", Dice::name),
    ("tilde", "Connection failed: spawn ~{}/bin/x ENOENT", Dice::name),
    (
        "address and port",
        "Connection error: connect ECONNREFUSED 2a02:8109:9c40:1b00:5d3:9c7a:{}:77e1:443",
        |d| d.of("123456789a", 4),
    ),
    ("e-mail with a plus", "Connection error: {}+mcp@acme.io may not", Dice::name),
    ("second cookie", "Connection error: Cookie: theme=dark; sid={}", |d| d.mixed(16)),
    ("cookie list", "Connection error: {\"set-cookie\":[\"a=1; Path=/\",\"sid={}\"]}", |d| d.mixed(16)),
    (
        "resource",
        "Authorization URL: http://127.0.0.1/authorize?resource=https%3A%2F%2F{}.example%2Fmcp",
        Dice::name,
    ),
    (
        "connection string in words",
        "Connection failed: Server=tcp:127.0.0.1,1433;User ID=sa;Password={};Encrypt=true",
        Dice::name,
    ),
    ("without a user", "Connection failed: redis://:{}@127.0.0.1:6379/0", Dice::name),
    (
        "variable",
        "Connection failed: spawn docker run -e GITHUB_PERSONAL_ACCESS_TOKEN={} img ENOENT",
        Dice::name,
    ),
    ("variable in YAML", "Connection error: env:\n  JIRA_TOKEN: {}", Dice::name),
    ("curl", "Connection failed: spawn curl -u svc:{} http://127.0.0.1/ ENOENT", Dice::name),
    ("header argument", "Connection failed: spawn npx mcp-remote --header X-Api-Key:{} ENOENT", Dice::name),
    ("arguments of a command", "Starting {\"args\":[\"-y\",\"x\",\"--token\",\"{}\"]}", Dice::name),
    ("as Node prints it", "Connection error: { headers: { authorization: 'Bearer {}' } }", Dice::name),
    ("as Python prints it", "Connection error: {'api_key': '{}'}", Dice::name),
    ("element", "Connection error: <password>{}</password>", Dice::name),
    ("stripe key", "Connection error: no such key: sk_live_{}", |d| d.mixed(24)),
    ("google token", "Connection error: ya29.{} expired", |d| d.mixed(60)),
    (
        "body of a key",
        "Connection error: -----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        |d| d.mixed(64),
    ),
    ("certificate", "Connection error: cert's altnames: DNS:*.{}.io", Dice::name),
    ("proxy", "Environment: {\"HTTPS_PROXY\":\"http://svc:{}@127.0.0.1:8080\"}", Dice::name),
    ("user variable", "Environment: {\"USER\":\"{}\",\"SHELL\":\"/bin/sh\"}", Dice::name),
    ("chat over lines", "notifications/claude/channel: hello\n{} says hi", Dice::name),
    ("stderr over lines", "Server stderr: INFO start\nagain {} asked", Dice::name),
    ("stderr of an error", "Server stderr: Error: no customer {} in the table", Dice::name),
    (
        "result of a tool",
        "Received {\"content\":[{\"type\":\"text\",\"text\":\"Ticket of {}\"}]}",
        Dice::name,
    ),
    ("session in words", "Connection error: session id {} not found", |d| format!("sess-{}", d.mixed(10))),
    ("hidden signs", "Connection error: Authorization: Bearer ab\u{200b}{}", |d| d.mixed(20)),
];

/// Plants `count` secrets at random places of a log. Returns the log and the secrets.
fn planted(log: &str, count: usize, seed: u64) -> (String, Vec<(&'static str, String)>) {
    let mut dice = Dice(seed);
    let mut lines: Vec<String> = log.lines().map(str::to_owned).collect();
    let mut secrets = Vec::new();
    for at in 0..count {
        let (kind, message, make) = *KINDS.iter().chain(SHAPES).cycle().nth(at).unwrap();
        let secret = make(&mut dice);
        let said = message.replace("{}", &secret);
        let place = 1 + dice.below(lines.len() - 1);
        let clock =
            lines[place].split_once(' ').map(|(c, _)| c).filter(|c| c.ends_with('Z')).unwrap_or_default();
        let head = if clock.is_empty() { String::new() } else { format!("{clock} ") };
        let level = if kind.starts_with("stderr") {
            "[ERROR] MCP server \"my-http-mcp\""
        } else {
            "[DEBUG] MCP server \"my-http-mcp\":"
        };
        lines.insert(place, format!("{head}{level} {said}"));
        secrets.push((kind, secret));
    }
    (lines.join("\n") + "\n", secrets)
}

/// A folder with two logs that hold secrets, and those.
fn case(good: &str, bad: &str) -> (TempDir, Vec<(&'static str, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let (good, mut secrets) = planted(good, 100, 0x9e37_79b9_7f4a_7c15);
    let (bad, more) = planted(bad, 100, 0x2545_f491_4f6c_dd1d);
    fs::write(folder.path().join("good.log"), good).unwrap();
    fs::write(folder.path().join("bad.log"), bad).unwrap();
    secrets.extend(more);
    (folder, secrets)
}

/// Every verb that prints a report, with all it can show.
const VERBS: [&[&str]; 6] = [
    &["diff", "good.log", "bad.log", "--all"],
    &["diff", "good.log", "bad.log"],
    &["diagnose", "good.log", "bad.log"],
    &["timeline", "good.log", "--all"],
    &["timeline", "bad.log"],
    &["timeline", "bad.log", "--unclassified"],
];

/// The secrets that stand in a text, with escapes, line breaks and markup taken out, too.
fn left<'s>(text: &str, secrets: &'s [(&'static str, String)]) -> Vec<&'s (&'static str, String)> {
    let bare: String = text
        .replace("&#", "")
        .replace("\\n", "")
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\\')
        .collect();
    secrets.iter().filter(|(_, secret)| text.contains(secret) || bare.contains(secret.as_str())).collect()
}

fn pairs() -> Vec<(String, String)> {
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let sample = |name: &str, log: &str| read(&project().join("samples").join(name).join(log));
    let mut all: Vec<(String, String)> = ["get-404", "crash-before-initialize", "oauth-non-json"]
        .map(|name| (sample(name, "good.log"), sample(name, "bad.log")))
        .to_vec();
    if let Some(raw) = shared("corpus/http-get404") {
        all.push((read(&raw.join("2.0.30.log")), read(&raw.join("2.1.147.log"))));
    }
    all
}

#[test]
fn of_200_secrets_in_real_logs_none_comes_out_in_any_format_of_any_verb() {
    assert!(KINDS.len() >= 25);
    for (good, bad) in pairs() {
        let (folder, secrets) = case(&good, &bad);
        assert_eq!(secrets.len(), 200);
        for verb in VERBS {
            for format in FORMATS {
                let ran =
                    run_in(folder.path(), &[verb, &["--format", format.name, "--width", "160"]].concat());
                assert!(ran.status < 2, "{verb:?} {}: {}", format.name, ran.err);
                let left = left(&ran.out, &secrets);
                assert!(left.is_empty(), "{verb:?} {}: {left:?}", format.name);
            }
        }
    }
}

#[test]
fn without_redaction_the_same_secrets_do_come_out() {
    let (good, bad) = pairs().swap_remove(0);
    let (folder, secrets) = case(&good, &bad);
    let shown: String = VERBS
        .iter()
        .map(|verb| run_in(folder.path(), &[verb, &["--no-redact", "--format", "json"][..]].concat()).out)
        .collect();
    let found = left(&shown, &secrets);
    // What repeats is folded, so not all of them.
    let kinds: BTreeSet<&str> = found.iter().map(|(kind, _)| *kind).collect();
    assert!(found.len() > 100 && kinds.len() > KINDS.len(), "only {} of {kinds:?}", found.len());
}

#[test]
fn the_redacted_log_holds_none_and_has_the_same_lines() {
    for (good, bad) in pairs() {
        let (folder, secrets) = case(&good, &bad);
        for log in ["good.log", "bad.log"] {
            let ran = run_in(folder.path(), &["redact", log]);
            assert_eq!(ran.status, 0, "{}", ran.err);
            let left = left(&ran.out, &secrets);
            assert!(left.is_empty(), "{log}: {left:?}");
            let before = fs::read_to_string(folder.path().join(log)).unwrap();
            assert_eq!(ran.out.lines().count(), before.lines().count());
            fs::write(folder.path().join(format!("again-{log}")), &ran.out).unwrap();
            let again = run_in(folder.path(), &["redact", &format!("again-{log}")]);
            assert_eq!(again.out, ran.out, "redacting twice is not redacting once");
        }
    }
}

#[test]
fn in_whatever_form_the_log_comes_none_of_them_comes_out() {
    let (good, _) = pairs().swap_remove(0);
    let (log, secrets) = planted(&good, 100, 0x1234_5678_9abc_def1);
    let wide: Vec<u8> = format!("\u{feff}{log}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let entry = |line: &str| {
        let said = line.split_once("MCP server \"my-http-mcp\"").map_or(line, |(_, said)| said);
        let said = said.trim_start_matches([':', ' ']);
        format!("{}\n", serde_json::json!({ "debug": said, "timestamp": "2026-11-23T00:23:20.763Z" }))
    };
    let records = log.replace("\n2026", "\u{0}2026");
    let kept: String = records.split('\u{0}').map(|record| entry(record.trim_end())).collect();
    let folder = tempfile::tempdir().unwrap();
    for (form, bytes) in [
        ("UTF-16", wide),
        ("packed", archive(&[("-Users-dave-app/bad.log", log.as_bytes())])),
        ("quoted", log.lines().flat_map(|l| ["> ", l, "\n"]).collect::<String>().into_bytes()),
        ("per server", kept.into_bytes()),
    ] {
        fs::write(folder.path().join("form.log"), bytes).unwrap();
        for verb in [&["redact", "form.log"][..], &["timeline", "form.log", "--all", "--format", "json"]] {
            let ran = run_in(folder.path(), verb);
            assert!(ran.status < 2, "{form}: {}", ran.err);
            let left = left(&(ran.out + &ran.err), &secrets);
            assert!(left.is_empty(), "{form}, {}: {left:?}", verb[0]);
        }
    }
}

#[test]
fn what_is_said_beside_a_report_hides_the_same_and_drives_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = "-Users-dave-app/\u{1b}]0;owned\u{7}dave@acme.io.log";
    fs::write(folder.path().join("a.zip"), archive(&[(name, b"")])).unwrap();
    let said = |more: &[&str]| {
        let ran = run_in(folder.path(), &[&["diagnose", "a.zip", "--format", "markdown"], more].concat());
        assert!(ran.status == 2 && ran.err.contains("the file is empty"), "{}", ran.err);
        let drives = |c: char| c.is_control() && c != '\n';
        assert!(!(ran.out.clone() + &ran.err).contains(drives), "{:?} {:?}", ran.out, ran.err);
        ran.err
    };
    assert!(!said(&[]).contains("dave"), "{}", said(&[]));
    assert!(said(&["--no-redact"]).contains("dave@acme.io"));
    let own = [("HOME", folder.path())];
    let path = folder.path().join("none.log");
    let ran = run_with(folder.path(), &["timeline", path.to_str().unwrap()], &own, b"");
    assert_eq!(ran.err, "lastgood: ~/none.log: there is no such file; check the path\n");
}

/// A document with each text that may be redacted taken out.
fn skeleton(value: &Value) -> Value {
    match value {
        Value::Object(all) => all
            .iter()
            .map(|(key, v)| {
                let word = ["event", "id", "verdict", "change", "severity", "sha256", "schema"]
                    .contains(&key.as_str());
                (key.clone(), if word { v.clone() } else { skeleton(v) })
            })
            .collect(),
        Value::Array(all) => all.iter().map(skeleton).collect(),
        Value::String(_) => Value::from("text"),
        other => other.clone(),
    }
}

#[test]
fn redaction_changes_no_verdict_no_line_number_and_no_key() {
    for (good, bad) in pairs() {
        let (folder, _) = case(&good, &bad);
        for verb in VERBS {
            let plain = json_in(folder.path(), &[verb, &["--no-redact"]].concat());
            let redacted = json_in(folder.path(), verb);
            assert_eq!(skeleton(&redacted), skeleton(&plain), "{verb:?}");
        }
    }
}

#[test]
fn a_redacted_log_tells_the_same_story() {
    for name in ["get-404", "server-down", "zero-tools", "crash-before-initialize"] {
        let sample = project().join("samples").join(name);
        let folder = tempfile::tempdir().unwrap();
        for log in ["good.log", "bad.log"] {
            let ran = run_in(&sample, &["redact", log, "-o", folder.path().join(log).to_str().unwrap()]);
            assert_eq!((ran.status, ran.out.as_str()), (0, ""), "{}", ran.err);
        }
        let (before, after) = (
            json_in(&sample, &["diff", "good.log", "bad.log"]),
            json_in(folder.path(), &["diff", "good.log", "bad.log"]),
        );
        for key in ["verdict", "servers", "findings"] {
            let without = |v: &Value| skeleton(&v[key]);
            assert_eq!(without(&after), without(&before), "{name}: {key}");
        }
    }
}

#[test]
fn both_sides_and_all_formats_agree_on_a_stand_in() {
    let log = |hosts: [&str; 2]| {
        hosts.iter().fold(String::new(), |mut log, host| {
            let _ =
                writeln!(log, "[DEBUG] MCP server \"x\": Initializing HTTP transport to https://{host}/mcp");
            log
        })
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.log"), log(["a.acme.example", "b.acme.example"])).unwrap();
    fs::write(folder.path().join("bad.log"), log(["b.acme.example", "c.acme.example"])).unwrap();
    let ran = run_in(folder.path(), &["diff", "good.log", "bad.log", "--all", "--width", "160"]);
    for wanted in ["https://<host-1>/mcp", "https://<host-2>/mcp", "https://<host-3>/mcp"] {
        assert!(ran.out.contains(wanted), "{wanted} is not in\n{}", ran.out);
    }
    assert!(!ran.out.contains("<host-4>"), "{}", ran.out);
    let shown = run_in(folder.path(), &["timeline", "bad.log", "--all", "--format", "json"]).out;
    assert!(shown.contains("https://<host-1>/mcp") && shown.contains("https://<host-2>/mcp"), "{shown}");
}

#[test]
fn what_was_replaced_is_listed_by_rule_and_without_values() {
    let folder = tempfile::tempdir().unwrap();
    let log = "[DEBUG] MCP server \"x\": Initializing HTTP transport to https://gw.acme.example/mcp\n";
    fs::write(folder.path().join("a.log"), log.repeat(2)).unwrap();
    for verb in [&["redact", "a.log", "--redactions"], &["timeline", "a.log", "--redactions"]] {
        let Ran { err, .. } = run_in(folder.path(), verb);
        assert!(
            err.contains("replaced url-host") && err.contains("1 value") && !err.contains("acme"),
            "{err}"
        );
    }
    let both = run_in(folder.path(), &["timeline", "a.log", "--redactions", "--no-redact"]);
    assert_eq!(both.status, 2);
    fs::write(folder.path().join("b.log"), "[DEBUG] nothing\n").unwrap();
    assert!(run_in(folder.path(), &["redact", "b.log", "--redactions"]).err.contains("nothing was replaced"));
}

#[test]
fn a_log_is_never_written_over_itself() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.log"), "x\n").unwrap();
    let ran = run_in(folder.path(), &["redact", "a.log", "-o", "./a.log"]);
    assert!(ran.status == 2 && ran.err.contains("write to another file"), "{}", ran.err);
    assert_eq!(fs::read_to_string(folder.path().join("a.log")).unwrap(), "x\n");
}

#[test]
fn any_bytes_come_out_as_as_many_lines() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(77);
    for round in 0..20 {
        let bytes: Vec<u8> = (0..4000).map(|_| dice.below(256) as u8).collect();
        fs::write(folder.path().join("a.log"), &bytes).unwrap();
        let ran = run_in(folder.path(), &["redact", "a.log"]);
        let breaks = bytes.split(|b| *b == b'\n').count() - 1 + usize::from(bytes.last() != Some(&b'\n'));
        assert_eq!((ran.status, ran.out.matches('\n').count()), (0, breaks), "round {round}");
    }
}

#[test]
fn the_real_logs_are_redacted_and_stay_what_they_were() {
    let Some(corpus) = shared("corpus") else { return };
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(corpus).sort_by_file_name().into_iter().map(Result::unwrap) {
        let ending = entry.path().extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !["log", "txt", "jsonl"].contains(&ending) || !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path().to_str().unwrap();
        let ran = run(&["redact", path]);
        let before = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
        assert_eq!(ran.out.lines().count(), before.lines().count(), "{path}");
        assert!(!ran.out.contains("demo-token") && !ran.out.contains("/home/dev"), "{path}");
        // What a report is made of stands in the redacted log as it did.
        for kept in
            ["Successfully connected", "127.0.0.1:18080", "Tool 'jira_search_issues'", "claude-code/2."]
        {
            assert_eq!(ran.out.matches(kept).count(), before.matches(kept).count(), "{path}: {kept}");
        }
        seen += 1;
    }
    assert!(seen > 100);
}

#[test]
fn a_value_is_found_where_only_a_later_line_tells_what_it_is() {
    let mut redactor = Redactor::new();
    redactor.learn("Mcp-Session-Id: 9f8e7d6c5b");
    assert_eq!(redactor.text("lost 9f8e7d6c5b"), "lost <session-1>");
}
