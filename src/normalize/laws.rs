//! The laws of normalizing, over made-up and real lines.

use std::time::{Duration, Instant};

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::{collection::vec, sample::select, strategy::Union};

use super::{SlotKind, template, template_key};

fn text(message: &str) -> String {
    template(message).text
}

/// Pieces that shapes are made of, so that their borders meet in every way.
fn piece() -> impl Strategy<Value = String> {
    let signs =
        r#"<n>|<ms>|<path>|<ip>|<x>|-|_|.|:|::|/|//|\|\\|\n|\"|'|"| |  |=|(|)|[|]|,|+|~|@|#|%|$|*|é|—|µs"#;
    let words = "a|v|s|ms|KB|e|x|0x|Z|T|AM|GMT|Mon|Nov|HTTP|http|https|file|status|code|error|os|port|pid|version|cch|\
                 localhost|returned|with|responded|Not Found|OK|C|bytes|second|toolu|req|api|v1|MCP|server|beta|abcdef";
    let digits = "0|1|2|5|12|23|59|99|127|200|255|404|500|999|2026|12345|32000|1795394503310|00|073";
    let shapes = "127.0.0.1|2.1.147|2.1.147.a76|24.3|2026-11-23|00:23:19.027Z|88a3d8d7-3059-4181-81db-edeecdd048fd|\
                  6c66d60b99c0|2mb6po|abcdef01|011CSHoEeqs5C35K2UUqR7Fy|://h/x|:/|:\\x|/home/dev|12ms|1m 30s|5 s|50 bytes|1,234|fe80::1";
    Union::new([signs, words, digits, shapes].map(|set| {
        let set: Vec<String> = set.split('|').chain(["|"]).map(str::to_owned).collect();
        select(set).boxed()
    }))
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![4 => vec(piece(), 0..14).prop_map(|pieces| pieces.concat()), 1 => any::<String>()]
}

/// Two values of one kind, and a context that they may stand in.
fn pair() -> impl Strategy<Value = (String, String)> {
    fn two<S: Strategy<Value = String> + Clone + 'static>(
        s: S,
    ) -> proptest::strategy::BoxedStrategy<(String, String)> {
        (s.clone(), s).boxed()
    }
    let number = |most: u32| (0..most).prop_map(|n| n.to_string());
    let unit = select(vec!["ms", "s", "m", "h", " seconds", " ms"]);
    let size = select(vec!["KB", "MB", " bytes", "B", "GB"]);
    Union::new([
        two(number(1_000_000)),
        two((0..100_000_u32, unit).prop_map(|(n, u)| format!("{n}{u}"))),
        two((0..100_000_u32, 0..9_u8, size).prop_map(|(n, d, u)| format!("{n}.{d}{u}"))),
        two("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".prop_map(|s| s)),
        two("toolu_[0-9a-f]{11}[0-9][a-f][0-9a-f]{11}".prop_map(|s| s)),
        two("[0-9a-f]{5}[0-9][a-f][0-9a-f]{5}".prop_map(|s| s)),
        two("/home(/[a-z]{1,6}[0-9]{0,3}){1,5}(:[1-9][0-9]{0,3}){0,2}".prop_map(|s| s)),
        two(r"[C-Z]:(\\[A-Za-z]{1,6}){2,4}".prop_map(|s| s)),
        two("https?://[a-z]{1,8}(:[1-9][0-9]{2,4})?/[a-z]{1,5}".prop_map(|s| s.replacen("https", "http", 1))),
        two("[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{1,3}".prop_map(|s| s)),
        two("20[0-9]{2}-0[1-9]-[12][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z".prop_map(|s| s)),
        two("[01][0-9]:[0-5][0-9]:[0-5][0-9]".prop_map(|s| s)),
        two((1..255_u8, 0..255_u8, 1..65_000_u16).prop_map(|(a, b, p)| format!("10.{a}.{b}.9:{p}"))),
        two((1..65_000_u16).prop_map(|p| format!("port {p}"))),
    ])
}

fn word() -> impl Strategy<Value = String> {
    "(x[a-z]{0,7}q|Server|connection|closed|tools|mcp__files__search)".prop_map(|s| s)
}

/// A line of words with a value behind each, twice: the values differ, the words do not.
fn twins() -> impl Strategy<Value = (Vec<String>, Vec<(String, String)>)> {
    (vec(word(), 1..6), vec(pair(), 6))
}

fn woven<'a>(words: &[String], values: impl Iterator<Item = &'a String>) -> String {
    words.iter().zip(values).fold(String::new(), |line, (w, v)| line + w + " " + v + ", ")
}

proptest! {
    #[test]
    fn to_normalize_twice_is_to_normalize_once(message in line()) {
        let once = text(&message);
        prop_assert_eq!(text(&once), once, "of {:?}", message);
    }

    #[test]
    fn the_slots_give_the_message_back(message in line()) {
        let t = template(&message);
        prop_assert_eq!(t.message(), message.clone());
        let mut done = 0;
        for slot in &t.slots {
            prop_assert!(slot.at.start >= done && slot.at.end > slot.at.start);
            prop_assert_eq!(&message[slot.at.clone()], slot.text.as_str());
            done = slot.at.end;
        }
    }

    #[test]
    fn the_key_is_the_templates_text(message in line()) {
        let mut key = b"old".to_vec();
        template_key(message.as_bytes(), &mut key);
        prop_assert_eq!(String::from_utf8(key).unwrap(), text(&message));
    }

    #[test]
    fn any_bytes_have_a_key(pieces in vec(prop_oneof![piece().prop_map(String::into_bytes), vec(any::<u8>(), 0..5)], 0..20)) {
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        template_key(&pieces.concat(), &mut once);
        template_key(&once, &mut twice);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn lines_that_differ_in_values_share_a_key((words, values) in twins()) {
        let a = woven(&words, values.iter().map(|v| &v.0));
        let b = woven(&words, values.iter().map(|v| &v.1));
        prop_assert_eq!(text(&a), text(&b), "of {:?} and {:?}", a, b);
    }

    #[test]
    fn lines_of_different_words_share_none((words, values) in twins(), other in vec(word(), 1..6)) {
        if words != other {
            let a = woven(&words, values.iter().map(|v| &v.0));
            let b = woven(&other, values.iter().map(|v| &v.0));
            prop_assert!(text(&a) != text(&b), "{:?} and {:?}", a, b);
        }
    }

    #[test]
    fn statuses_and_codes_stay(code in prop_oneof![Just(404), Just(500), Just(401), Just(502)]) {
        for form in ["HTTP {}", "(HTTP {}): x", "code: {}", "status {}", "\"status\":{}", "server returned {})"] {
            let message = form.replace("{}", &code.to_string());
            prop_assert_eq!(text(&message), message);
        }
    }
}

/// Real lines (issue excerpts and `samples/`), and what each comes to.
const REAL: [(&str, &str); 31] = [
    ("Temp file written successfully, size: 50 bytes", "Temp file written successfully, size: <size>"),
    (
        "Renaming /home/dev/.claude.json.tmp.30828.ca2012184ada to /home/dev/.claude.json",
        "Renaming <path> to <path>",
    ),
    (
        "[STARTUP] MCP configs resolved in 294ms (awaited at +353ms)",
        "[STARTUP] MCP configs resolved in <ms> (awaited at <ms>)",
    ),
    (
        "[Stall] tool_dispatch_end tool=mcp__my-http-mcp__jira_search_issues toolUseId=toolu_ec3c73d8a4744372abdd1089 outcome=ok durationMs=62",
        "[Stall] tool_dispatch_end tool=mcp__my-http-mcp__jira_search_issues toolUseId=toolu_<id> outcome=ok durationMs=<n>",
    ),
    (
        "attribution header x-anthropic-billing-header: cc_version=2.1.147.a76; cc_entrypoint=sdk-cli; cch=00000;",
        "attribution header x-anthropic-billing-header: cc_version=<version>; cc_entrypoint=sdk-cli; cch=<id>;",
    ),
    ("header: cc_version=2.1.147.123; cch=5f3a1;", "header: cc_version=<version>; cch=<id>;"),
    ("mcp runtime arm: v1 (source: default)", "mcp runtime arm: v1 (source: default)"),
    ("Node version: v24.3.0, Platform: linux", "Node version: v<version>, Platform: linux"),
    (
        "MCP session expired (server returned 404 with session-not-found), triggering reconnection",
        "MCP session expired (server returned 404 with session-not-found), triggering reconnection",
    ),
    (
        "Connection failed after 265ms (-32000): MCP error -32000: Connection closed",
        "Connection failed after <ms> (-32000): MCP error -32000: Connection closed",
    ),
    (
        "HTTP Connection failed after 4ms: Unable to connect (code: ConnectionRefused, errno: none)",
        "HTTP Connection failed after <ms>: Unable to connect (code: ConnectionRefused, errno: none)",
    ),
    ("Terminal connection error 1/3", "Terminal connection error <n>/<n>"),
    ("SSE error: Non-200 status code (404)", "SSE error: Non-200 status code (404)"),
    (
        "Parsed URL: host=127.0.0.1, port=18080, protocol=http:",
        "Parsed URL: host=<ip>, port=<port>, protocol=http:",
    ),
    (
        "Initializing HTTP transport to http://127.0.0.1:18080/mcp/get404",
        "Initializing HTTP transport to http://<url>",
    ),
    (
        "    at Timeout._onTimeout (file:///home/dev/node_modules/cli.js:1383:5751)",
        "    at Timeout._onTimeout (file://<path>)",
    ),
    ("    at OzR (/$bunfs/root/claude:2600:2098)", "    at OzR (<path>)"),
    ("at x (B:/~BUN/root/src/entrypoints/cli.js:50:3448)", "at x (<path>)"),
    (
        "ENOENT: no such file or directory, lstat '/home/dev/.claude.json'",
        "ENOENT: no such file or directory, lstat '<path>'",
    ),
    (
        "Tool search disabled for model 'claude-haiku-4-5-20251001': model does not support it. Only on Opus 4+.",
        "Tool search disabled for model 'claude-haiku-4-5-<n>': model does not support it. Only on Opus <n>+.",
    ),
    ("[API REQUEST] /v1/messages source=sdk", "[API REQUEST] /v1/messages source=sdk"),
    (
        "Cleaned up session snapshot: /home/dev/.claude/shell-snapshots/snapshot-bash-1795394503310-2mb6po.sh",
        "Cleaned up session snapshot: <path>",
    ),
    (
        "[engine] turn 1 end (turns=1 usage in=10 out=5 cost=$0.0001 api=31ms stop=end_turn resultLen=26)",
        "[engine] turn <n> end (turns=<n> usage in=<n> out=<n> cost=$<n> api=<ms> stop=end_turn resultLen=<n>)",
    ),
    ("rg: /x/y: IO error: No such file (os error 2)", "rg: <path>: IO error: No such file (os error 2)"),
    ("rg error (signal=undefined, code=2, stderr: x)", "rg error (signal=undefined, code=2, stderr: x)"),
    ("mcp__files__search tool error (79ms): x", "mcp__files__search tool error (<ms>): x"),
    ("getAllLspServers returned 0 server(s)", "getAllLspServers returned <n> server(s)"),
    ("Reconnect attempt 2/5 in 1.5s", "Reconnect attempt <n>/<n> in <ms>"),
    ("request_id req_011CSHoEeqs5C35K2UUqR7Fy", "request_id req_<id>"),
    ("HTTP/1.1 404 from ::1, then 10.0.0.7:80", "HTTP/1.1 404 from <ip>, then <ip>:<port>"),
    (
        "\"path\": \"C:\\\\Users\\\\dev\\\\a.json\" (2026-11-23T00:23:19.027Z)",
        "\"path\": \"<path>\" (<stamp>)",
    ),
];

#[test]
fn real_lines_come_to_what_they_say() {
    for (message, expected) in REAL {
        assert_eq!(text(message), expected);
        assert_eq!(text(expected), expected);
    }
}

#[test]
fn a_hostile_line_takes_no_longer_than_its_length() {
    for piece in [
        "a1-",
        "1,234,",
        "a:",
        "1.",
        "<",
        "/",
        " /a",
        "C:\\",
        "5 s ",
        "\\u",
        "Mon ",
        "a1_B",
        "12:",
        "[::",
        "\"/a b/c ",
    ] {
        let line = piece.repeat(100_000 / piece.len());
        let (start, mut key) = (Instant::now(), Vec::new());
        template_key(line.as_bytes(), &mut key);
        template_key(format!("{line}x").as_bytes(), &mut key);
        // Milliseconds as it is; half a minute if a shape were read again from each of its parts on.
        assert!(start.elapsed() < Duration::from_secs(5), "{piece}");
    }
}

#[test]
fn a_slot_keeps_the_value_and_its_place() {
    let t = template("Reconnect attempt 2/5 in 1.5s");
    let got: Vec<_> = t.slots.iter().map(|s| (s.kind, s.text.as_str(), s.at.clone())).collect();
    let n = SlotKind::Number;
    assert_eq!(got, [(n, "2", 18..19), (n, "5", 20..21), (SlotKind::Ms, "1.5s", 25..29)]);
}

#[test]
fn every_kind_is_written_in_its_own_way() {
    let mut names: Vec<_> = SlotKind::ALL.iter().map(|kind| kind.as_str()).collect();
    names.dedup();
    assert_eq!(names.len(), SlotKind::ALL.len());
    for name in names {
        assert_eq!(text(name), name);
    }
}
