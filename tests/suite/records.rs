//! `diff` with what the servers saw: records of `gateway --record` beside the clients' logs.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{json_in, project, run_in};

const RECORDS: [&str; 4] = ["--good-record", "good.seen.jsonl", "--bad-record", "bad.seen.jsonl"];

/// The sample, to be spoilt.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sample = project().join("samples/get-404-both-sides");
    for name in ["good.log", "bad.log", "good.seen.jsonl", "bad.seen.jsonl"] {
        fs::copy(sample.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn diff<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["diff", "good.log", "bad.log"].iter().chain(more).copied().collect()
}

fn spoil(folder: &Path, name: &str, change: impl Fn(&str) -> String) {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed);
    fs::write(path, changed).unwrap();
}

#[test]
fn the_record_tells_which_request_came_last_before_the_lives_part_and_which_never_came() {
    let folder = folder();
    let told = json_in(folder.path(), &diff(&RECORDS));
    let server =
        told["records"]["servers"].as_array().unwrap().iter().find(|s| s["name"] == "my-http-mcp").unwrap();
    let line = |side: &str, n: &Value| {
        let text = fs::read_to_string(folder.path().join(format!("{side}.seen.jsonl"))).unwrap();
        text.lines().nth(n.as_u64().unwrap() as usize - 1).unwrap().to_owned()
    };
    let last = &server["at_divergence"]["bad"]["last_line"];
    assert!(line("bad", last).contains("\"tools/list\""), "{server}");
    let parting = &server["parting"];
    assert!(
        parting["bad_line"].is_null() && line("good", &parting["good_line"]).contains("\"tools/call\""),
        "{server}"
    );
    assert_eq!(told["records"]["doubts"], serde_json::json!([]));
    assert_eq!(told["verdict"], "regressed", "the logs decide");
}

#[test]
fn a_record_that_is_missing_or_broken_is_one_row_with_line_and_remedy_and_the_logs_are_compared_all_the_same()
{
    let folder = folder();
    spoil(folder.path(), "bad.seen.jsonl", |text| text.replacen("\"http\":\"GET\"", "\"http\":7", 1));
    fs::remove_file(folder.path().join("good.seen.jsonl")).unwrap();
    for format in ["terminal", "markdown", "html"] {
        let ran =
            run_in(folder.path(), &[diff(&RECORDS), vec!["--format", format, "--width", "400"]].concat());
        assert_eq!(ran.status, 2, "{}", ran.err);
        assert!(ran.err.contains("good.seen.jsonl: there is no such file; check the path"), "{}", ran.err);
        assert!(
            ran.err.contains("bad.seen.jsonl: line 4 is no request of a record; give the file"),
            "{}",
            ran.err
        );
        for told in ["there is no such file", "line 4 is no request of a record", "session.expired"] {
            assert!(ran.out.contains(told), "{format}: {told}: {}", ran.out);
        }
    }
    let ran = run_in(folder.path(), &[diff(&RECORDS), vec!["--format", "json"]].concat());
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let paths: Vec<&Value> = told["errors"].as_array().unwrap().iter().map(|e| &e["path"]).collect();
    assert_eq!(paths, ["good.seen.jsonl", "bad.seen.jsonl"]);
    fs::write(folder.path().join("bad.seen.jsonl"), "").unwrap();
    let ran = run_in(folder.path(), &diff(&["--bad-record", "bad.seen.jsonl"]));
    assert!(ran.status == 2 && ran.err.contains("bad.seen.jsonl: "), "{}", ran.err);
}

#[test]
fn a_record_of_another_run_is_doubted_before_it_says_anything() {
    let folder = folder();
    let swapped = ["--good-record", "bad.seen.jsonl", "--bad-record", "good.seen.jsonl"];
    let told = json_in(folder.path(), &diff(&swapped));
    let doubts = told["records"]["doubts"].as_array().unwrap();
    assert!(
        doubts.len() == 2 && doubts[0].as_str().unwrap().contains("it is the record of another run"),
        "{doubts:?}"
    );
    spoil(folder.path(), "bad.seen.jsonl", |text| text.replace("\"unix_ms\":179", "\"unix_ms\":178"));
    let told = json_in(folder.path(), &diff(&RECORDS));
    let doubts = told["records"]["doubts"].as_array().unwrap();
    assert!(doubts.len() == 1 && doubts[0].as_str().unwrap().contains("whose clock differs"), "{doubts:?}");
}

#[test]
fn one_record_alone_is_shown_and_one_without_a_clock_is_compared_by_order() {
    let folder = folder();
    let ran = run_in(folder.path(), &diff(&["--bad-record", "bad.seen.jsonl"]));
    assert!(ran.status == 1 && ran.out.contains("GET /mcp/my-http-mcp"), "{}", ran.out);
    for name in ["good.seen.jsonl", "bad.seen.jsonl"] {
        spoil(folder.path(), name, |text| {
            let without = |line: &str| {
                let mut one: Value = serde_json::from_str(line).unwrap();
                one.as_object_mut().unwrap().remove("unix_ms");
                one.to_string() + "\n"
            };
            text.lines().map(without).collect()
        });
    }
    let told = json_in(folder.path(), &diff(&RECORDS));
    let server =
        told["records"]["servers"].as_array().unwrap().iter().find(|s| s["name"] == "my-http-mcp").unwrap();
    assert!(server["at_divergence"]["bad"].is_null() && server["parting"]["good_line"].is_u64(), "{server}");
}

#[test]
fn only_the_server_that_is_asked_for_is_shown() {
    let folder = folder();
    let names = |more: &[&str]| {
        let told = json_in(folder.path(), &[diff(&RECORDS), more.to_vec()].concat());
        told["records"]["servers"].as_array().unwrap().iter().map(|s| s["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), [Value::from("my-http-mcp"), Value::Null]);
    assert_eq!(names(&["--server", "my-http-mcp"]), [Value::from("my-http-mcp")]);
    // A second server, which was not asked for.
    for name in ["good.seen.jsonl", "bad.seen.jsonl"] {
        spoil(folder.path(), name, |text| {
            let first = text.lines().find(|l| l.contains("initialize")).unwrap();
            format!("{text}{}\n", first.replace("my-http-mcp", "docs"))
        });
    }
    assert_eq!(names(&["--server", "my-http-mcp"]), [Value::from("my-http-mcp")]);
    assert_eq!(names(&[]).len(), 3);
}

#[test]
fn what_a_record_holds_leaves_no_secret_and_no_markup_in_any_format() {
    let folder = folder();
    let secret = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
    let hostile = format!("\"path\":\"/mcp/{secret}/<script>alert(1)</script>\\u001b[31m\"");
    spoil(folder.path(), "bad.seen.jsonl", |text| text.replace("\"path\":\"/mcp/my-http-mcp\"", &hostile));
    for format in ["terminal", "markdown", "html", "json"] {
        let ran = run_in(folder.path(), &[diff(&RECORDS), vec!["--format", format]].concat());
        assert!(ran.status == 1 && !ran.out.contains(secret), "{format}: {}", ran.out);
        let harmless =
            !ran.out.contains('\u{1b}') && (format != "html" || !ran.out.contains("<script>alert(1)"));
        assert!(harmless, "{format}: {}", ran.out);
    }
}
