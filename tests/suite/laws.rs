//! Laws that hold for any log.

use std::fs;

use lastgood::classify::{Classifier, Understood};
use lastgood::parse;
use lastgood::pattern::Knowledge;
use lastgood::source::Source;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

use crate::program::{json_in, project, run_in};

fn kinds(text: &str, knowledge: &Knowledge) -> Vec<String> {
    let mut classifier = Classifier::new(knowledge);
    let mut all = Vec::new();
    let _ = parse::read(Source::from_text("t", text), &mut |line| {
        all.push(match classifier.line(line) {
            Understood::Event(e) => e.id().to_owned(),
            Understood::Unknown(_) => "unknown".to_owned(),
            Understood::Outside => "outside".to_owned(),
        });
    });
    all
}

#[test]
fn the_same_run_twice_gives_the_same_bytes() {
    let folder = project().join("samples/get-404-among-others");
    for format in ["terminal", "markdown", "json"] {
        let run = || run_in(&folder, &["diff", "good.log", "bad.log", "--format", format]).out;
        assert_eq!(run(), run());
    }
}

#[test]
fn a_document_names_no_folder_of_this_machine() {
    for (verb, logs) in
        [("diff", vec!["good.log", "bad.log"]), ("diagnose", vec!["bad.log"]), ("timeline", vec!["bad.log"])]
    {
        let document =
            json_in(&project().join("samples/get-404"), &[&[verb], logs.as_slice()].concat()).to_string();
        assert!(!document.contains(project().to_str().unwrap()));
    }
}

#[test]
fn other_clocks_and_other_durations_make_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::read_to_string(project().join("samples/get-404/good.log")).unwrap();
    let other =
        log.replace("2026-11-23T00:", "2025-02-03T17:").replace("in 21ms", "in 873ms").replace("30828", "77");
    fs::write(folder.path().join("a.log"), &log).unwrap();
    fs::write(folder.path().join("b.log"), &other).unwrap();
    assert_ne!(log, other);
    assert_eq!(json_in(folder.path(), &["diff", "a.log", "b.log"])["verdict"], "same");
}

#[test]
fn unrelated_lines_in_between_change_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::read_to_string(project().join("samples/get-404/bad.log")).unwrap();
    let between = "\n2026-11-23T00:23:20.900Z [DEBUG] Fast mode unavailable\n";
    let noisy = log.replace('\n', between);
    fs::write(folder.path().join("a.log"), &log).unwrap();
    fs::write(folder.path().join("b.log"), &noisy).unwrap();
    let ids = |name: &str| {
        let document = json_in(folder.path(), &["diagnose", name]);
        document["findings"].as_array().unwrap().iter().map(|f| f["id"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids("a.log"), ids("b.log"));
    assert!(!ids("a.log").is_empty());
}

#[test]
fn a_connect_of_48_seconds_is_seen_and_is_no_other_behaviour() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::read_to_string(project().join("samples/same-behaviour/good.log")).unwrap();
    let at = log.find("(transport: http) in ").unwrap() + "(transport: http) in ".len();
    let end = at + log[at..].find("ms").unwrap();
    fs::write(folder.path().join("a.log"), &log).unwrap();
    fs::write(folder.path().join("b.log"), format!("{}48211{}", &log[..at], &log[end..])).unwrap();
    let diff = json_in(folder.path(), &["diff", "a.log", "b.log"]);
    assert_eq!(diff["verdict"], "same");
    let change = &diff["servers"][0]["changes"][0];
    assert_eq!(
        (&change["change"], &change["event"], &change["bad_ms"]),
        (&"slower".into(), &"connected".into(), &48211.into())
    );
    assert!(run_in(folder.path(), &["diff", "a.log", "b.log"]).out.contains("48211"));
}

#[test]
fn an_error_before_the_connection_instead_of_after_it_is_a_difference() {
    let line = |m: &str| format!("[DEBUG] MCP server \"x\": {m}\n");
    let (start, up) = (
        line("Starting connection with timeout of 30000ms"),
        line("Successfully connected (transport: http) in 9ms"),
    );
    let error = line("Connection error: Failed to open SSE stream: Not Found");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.log"), format!("{start}{up}{error}")).unwrap();
    fs::write(folder.path().join("b.log"), format!("{start}{error}{up}")).unwrap();
    let diff = json_in(folder.path(), &["diff", "a.log", "b.log"]);
    assert_eq!(diff["verdict"], "changed");
    assert_eq!(diff["servers"][0]["changes"][0]["change"], "moved");
}

#[test]
fn the_same_lines_on_another_server_are_a_difference_on_that_server() {
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read_to_string(project().join("samples/get-404/good.log")).unwrap();
    let bad = fs::read_to_string(project().join("samples/get-404/bad.log")).unwrap();
    let also = bad.replace("my-http-mcp", "legacy-sse").replace("/mcp/get404", "/mcp/other");
    fs::write(folder.path().join("a.log"), format!("{good}{also}")).unwrap();
    fs::write(folder.path().join("b.log"), format!("{bad}{also}")).unwrap();
    let diff = json_in(folder.path(), &["diff", "a.log", "b.log"]);
    let of =
        |name: &str| diff["servers"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap().clone();
    assert_eq!(of("my-http-mcp")["verdict"], "regressed");
    assert_eq!(of("legacy-sse")["verdict"], "same");
}

/// Two logs, by the messages of one server.
fn pair(good: &[&str], bad: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = |messages: &[&str]| {
        messages.iter().map(|m| format!("[DEBUG] MCP server \"x\": {m}\n")).collect::<Vec<_>>().concat()
    };
    fs::write(folder.path().join("a.log"), log(good)).unwrap();
    fs::write(folder.path().join("b.log"), log(bad)).unwrap();
    folder
}

const START: &str = "Starting connection with timeout of 30000ms";
const UP: &str = "Successfully connected (transport: http) in 9ms";

const INIT: &str = "Initializing HTTP transport to http://127.0.0.1:1/mcp";
const FAILED: &str = "Connection failed after 5ms: fetch failed";

fn verdict(good: &[&str], bad: &[&str]) -> serde_json::Value {
    let folder = pair(good, bad);
    let diff = json_in(folder.path(), &["diff", "a.log", "b.log"]);
    let back = json_in(folder.path(), &["diff", "b.log", "a.log"]);
    assert_eq!(diff["verdict"] == "same", back["verdict"] == "same", "{good:?} {bad:?}");
    diff["verdict"].clone()
}

#[test]
fn which_of_two_attempts_side_by_side_is_first_is_no_difference() {
    let begin = [INIT, START, UP, "Calling MCP tool: x", "Closing transport (session expired)"];
    let one_by_one = [INIT, START, UP, "Retrying tool 'x' after session recovery", INIT, START, UP];
    let together = [INIT, START, "Retrying tool 'x' after session recovery", INIT, START, UP, UP];
    let all = |rest: &[&'static str]| [begin.as_slice(), rest].concat();
    assert_eq!(verdict(&all(&one_by_one), &all(&together)), "same");
    assert_eq!(verdict(&all(&one_by_one), &all(&together[..6])), "changed", "one of them never connected");
}

#[test]
fn when_one_of_two_attempts_side_by_side_is_given_up_is_no_difference() {
    let begin = [INIT, START, UP, "Calling MCP tool: x", "Closing transport (session expired)"];
    let (caps, up) = ("Connection established with capabilities: {\"hasTools\":true}", UP);
    let given_up = "Reconnect attempt 1 did not connect (failed); next in 1000ms (1 of 5 attempts used)";
    let retry = "Retrying tool 'x' after session recovery";
    let crossed = [&begin[..], &[INIT, START, retry, INIT, START, up, caps, given_up, up, caps]].concat();
    let apart = [&begin[..], &[INIT, START, up, caps, retry, INIT, START, up, caps, given_up]].concat();
    assert_eq!(verdict(&crossed, &apart), "same");
    let missing = [&begin[..], &[INIT, START, up, caps, retry, INIT, START, up, caps]].concat();
    assert_ne!(verdict(&crossed, &missing), "same", "that it is given up at all is one");
}

#[test]
fn a_log_that_ends_in_an_attempt_is_no_difference_if_the_one_before_ended_just_so() {
    let twice = [INIT, START, FAILED, INIT, START, FAILED];
    assert_eq!(verdict(&twice, &twice[..5]), "same");
    let other = [INIT, START, FAILED, INIT, START, UP];
    assert_eq!(verdict(&other, &other[..5]), "regressed", "nobody knows how it would have ended");
}

#[test]
fn a_session_that_a_get_ended_is_not_one_that_a_post_ended() {
    let expired = "MCP session expired (server returned 404), triggering reconnection";
    let get = "Connection error: Streamable HTTP error: Failed to open SSE stream: Not Found";
    let post = "Connection error: Streamable HTTP error: Error POSTing to endpoint: Session not found";
    let folder = pair(&[START, UP, get, post, expired], &[START, UP, get, expired]);
    let diff = json_in(folder.path(), &["diff", "a.log", "b.log"]);
    let parts = &diff["servers"][0]["divergence"];
    assert_eq!((&parts["event"], &parts["bad_line"]), (&"session.expired".into(), &4.into()), "{parts}");
    let kinds: Vec<_> =
        diff["servers"][0]["changes"].as_array().unwrap().iter().map(|c| c["change"].clone()).collect();
    assert!(!kinds.contains(&"moved".into()), "{kinds:?}");
}

#[test]
fn text_that_a_server_prints_does_not_make_the_clients_version() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::read_to_string(project().join("samples/get-404/bad.log")).unwrap();
    let planted = "2026-11-23T00:23:20.000Z [ERROR] MCP server \"my-http-mcp\" Server stderr: \
                   HTTP transport options: {\"User-Agent\":\"claude-code/9.9.9\"} cc_version=9.9.9\n";
    fs::write(folder.path().join("a.log"), format!("{planted}{log}")).unwrap();
    let version = &json_in(folder.path(), &["diagnose", "a.log"])["inputs"][0]["client_version"];
    assert_eq!(version, &serde_json::json!({ "value": "2.1.147", "source": "user-agent" }));
}

#[test]
fn unknown_mcp_lines_that_differ_in_numbers_are_one_row_with_a_count() {
    let zork: Vec<String> = (0..40).map(|n| format!("zorkmid {n} of 40 took {n}ms")).collect();
    let bad: Vec<&str> =
        [START, UP].into_iter().chain(zork.iter().map(String::as_str)).chain(["frob lost"]).collect();
    let folder = pair(&[START, UP, "frob lost"], &bad);
    let diff = json_in(folder.path(), &["diff", "a.log", "b.log"]);
    let new = diff["unclassified"].as_array().unwrap();
    assert_eq!((new.len(), &new[0]["line"], &new[0]["count"]), (1, &3.into(), &40.into()), "{new:?}");
    let out = run_in(folder.path(), &["diff", "a.log", "b.log"]).out;
    assert_eq!(out.matches("zorkmid").count(), 1, "{out}");
    assert!(out.contains("(×40)") && out.contains("40 MCP lines of the bad log are new"), "{out}");
    let timeline = run_in(folder.path(), &["timeline", "b.log", "--unclassified"]).out;
    assert_eq!(timeline.matches("zorkmid").count(), 1, "{timeline}");
}

#[test]
fn an_unknown_line_on_another_server_is_new_there() {
    let folder = tempfile::tempdir().unwrap();
    let log = |at: &str| ["x", "y"].map(|s| format!("[DEBUG] MCP server \"{s}\": {START}\n")).concat() + at;
    fs::write(folder.path().join("a.log"), log("[DEBUG] MCP server \"x\": zork 1\n")).unwrap();
    fs::write(folder.path().join("b.log"), log("[DEBUG] MCP server \"y\": zork 2\n")).unwrap();
    let new = json_in(folder.path(), &["diff", "a.log", "b.log"])["unclassified"].clone();
    assert_eq!((new.as_array().unwrap().len(), &new[0]["server"]), (1, &"y".into()), "{new}");
}

#[test]
fn what_an_earlier_client_session_of_a_log_had_is_told_apart_from_its_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(project().join("samples/get-404").join(name)).unwrap();
    let (good, bad) = (read("good.log"), read("bad.log"));
    let later = |log: &str| log.replace("2026-11-23T", "2026-11-24T");
    fs::write(folder.path().join("fixed.log"), format!("{bad}{}", later(&good))).unwrap();
    fs::write(folder.path().join("broke.log"), format!("{good}{}", later(&bad))).unwrap();
    fs::write(folder.path().join("good.log"), &good).unwrap();
    let id = "get-404-session-expiry-loop";
    let ids = |document: &serde_json::Value, list: &str| {
        document[list].as_array().unwrap().iter().map(|f| f["id"].clone()).collect::<Vec<_>>()
    };
    let fixed = json_in(folder.path(), &["diagnose", "fixed.log"]);
    assert_eq!(fixed["inputs"][0]["servers"][0]["outcome"], "ready");
    assert_eq!((ids(&fixed, "findings").len(), &ids(&fixed, "earlier_sessions")[0]), (0, &id.into()));
    assert_eq!(fixed["earlier_sessions"][0]["applicability"], "in-range", "it is judged by its own version");
    let told = run_in(folder.path(), &["diagnose", "fixed.log"]);
    assert!(
        told.status == 0 && told.out.starts_with("nothing known found in the last client session"),
        "{}",
        told.out
    );
    assert!(told.out.contains("in earlier client sessions of the log"), "{}", told.out);
    assert_eq!(json_in(folder.path(), &["diff", "good.log", "fixed.log"])["verdict"], "same");
    let broke = json_in(folder.path(), &["diagnose", "broke.log"]);
    assert_eq!((&ids(&broke, "findings")[0], ids(&broke, "earlier_sessions").len()), (&id.into(), 0));
    assert_eq!(broke["inputs"][0]["servers"][0]["connects"], 1, "of the last session alone");
    let diff = json_in(folder.path(), &["diff", "good.log", "broke.log"]);
    let line = good.lines().count() + 138;
    assert_eq!(
        (&diff["verdict"], &diff["servers"][0]["divergence"]["bad_line"]),
        (&"regressed".into(), &line.into())
    );
}

#[test]
fn a_reconnect_loop_of_any_length_is_one_folded_loop() {
    let line = |m: &str| format!("[DEBUG] MCP server \"x\": {m}\n");
    let turn: String = [
        "Starting connection with timeout of 30000ms",
        "Successfully connected (transport: http) in 9ms",
        "Connection error: Streamable HTTP error: Failed to open SSE stream: Not Found",
        "MCP session expired (server returned 404), triggering reconnection",
        "Closing transport (session expired)",
        "HTTP transport closed/disconnected, attempting automatic reconnection",
    ]
    .map(line)
    .concat();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("loop.log"), turn.repeat(500)).unwrap();
    let timeline = json_in(folder.path(), &["timeline", "loop.log"]);
    let events = timeline["servers"][0]["events"].as_array().unwrap();
    assert_eq!(events.len(), 6);
    assert!(events.iter().all(|e| e["repeats"] == 500), "{events:?}");
}

#[test]
fn lives_too_long_for_an_exact_alignment_are_said_to_be() {
    let call = |n: usize| format!("[DEBUG] MCP server \"x\": Calling MCP tool: t{n}\n");
    let long = |calls: std::ops::Range<usize>| {
        let start = "[DEBUG] MCP server \"x\": Successfully connected (transport: http) in 9ms\n";
        format!("{start}{}", calls.map(call).collect::<String>())
    };
    for (calls, said) in [(40, false), (4000, true)] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("good.log"), long(0..calls)).unwrap();
        let lost = "[DEBUG] MCP server \"x\": Closing transport (session expired)\n";
        fs::write(folder.path().join("bad.log"), format!("{}{lost}", long(0..calls))).unwrap();
        let page = run_in(folder.path(), &["diff", "good.log", "bad.log"]).out;
        let told = page.replace(char::is_whitespace, " ").contains("too long to be aligned exactly");
        assert_eq!(told, said, "{calls}: {page}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_classified_and_counted(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
        let knowledge = Knowledge::builtin();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let inside = format!("[DEBUG] MCP server \"x\": {}", text.replace('\n', " "));
        prop_assert_eq!(kinds(&inside, &knowledge).len(), 1);
        prop_assert!(kinds(&text, &knowledge).len() <= text.lines().count().max(1));
    }
}
