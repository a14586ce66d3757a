//! The command line as a user meets it: bad input, exit statuses, help.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::{project, run, run_in, run_with};

fn folder_with(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

const GOOD: &str = "samples/get-404/good.log";
const BAD: &str = "samples/get-404/bad.log";

#[test]
fn a_missing_file_is_named_and_the_status_is_2() {
    let ran = run(&["diff", GOOD, "no-such.log"]);
    assert_eq!(ran.status, 2);
    assert_eq!(ran.err, "lastgood: no-such.log: there is no such file; check the path\n");
    assert!(ran.out.is_empty());
}

#[test]
fn a_folder_where_a_file_is_needed_is_refused_with_the_remedy() {
    let ran = run(&["diff", GOOD, "samples"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.err.contains("samples: it is a folder") && ran.err.contains("lastgood diagnose"),
        "{}",
        ran.err
    );
}

#[test]
fn an_empty_file_is_refused_with_the_remedy() {
    let (_folder, path) = folder_with("empty.log", b"");
    let ran = run(&["timeline", path.to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("the file is empty; check that the log was written"), "{}", ran.err);
}

#[test]
fn a_binary_file_is_refused_with_the_remedy() {
    let (_folder, path) = folder_with("core.log", b"\x7fELF\x02\x01\x01\0\0\0\0\0\x03\0>\0\x01");
    let ran = run(&["timeline", path.to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("it is no text but binary data"), "{}", ran.err);
}

#[test]
fn the_same_file_twice_is_the_same_and_said_to_be_one_file() {
    let ran = run(&["diff", GOOD, GOOD]);
    assert_eq!(ran.status, 0);
    assert!(ran.out.contains("the two logs are the same file"), "{}", ran.out);
}

#[test]
fn logs_without_an_mcp_line_cannot_be_compared() {
    let (_folder, path) =
        folder_with("quiet.log", b"2026-11-23T00:23:20.763Z [DEBUG] MDM settings load completed in 1ms\n");
    let quiet = path.to_str().unwrap();
    let ran = run(&["diff", quiet, quiet]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("no line of either log concerns an MCP server"), "{}", ran.err);
    let ran = run(&["diagnose", quiet]);
    assert_eq!(ran.status, 0);
    assert!(ran.out.contains("no line concerns an MCP server"), "{}", ran.out);
}

#[test]
fn versions_swapped_are_an_improvement_and_said_to_be_swapped() {
    let ran = run(&["diff", BAD, GOOD]);
    assert_eq!(ran.status, 1);
    assert!(ran.out.starts_with("improved"), "{}", ran.out);
    assert!(ran.out.contains("were the two swapped?"), "{}", ran.out);
}

#[test]
fn the_first_five_lines_answer_the_seed() {
    for width in ["80", "160"] {
        let ran = run(&["diff", GOOD, BAD, "--width", width]);
        assert_eq!(ran.status, 1);
        let top: String = ran.out.lines().take(5).collect::<Vec<_>>().join("\n");
        let needed = [
            "my-http-mcp",
            "ready",
            "failed",
            "session.expired",
            "138",
            "161",
            "get-404-session-expiry-loop",
        ];
        for word in needed.iter().chain(&["#62198", "2.1.147", "2.1.153", "Upgrade to 2.1.153"]) {
            assert!(top.contains(word), "at {width} columns the first five lines lack {word}:\n{top}");
        }
    }
}

#[test]
fn exit_statuses_follow_the_contract() {
    assert_eq!(run(&["diagnose", BAD]).status, 1);
    assert_eq!(run(&["diagnose", GOOD]).status, 0);
    assert_eq!(run(&["diagnose", "samples/server-down/bad.log", "--fail-on", "high"]).status, 0);
    assert_eq!(run(&["timeline", BAD]).status, 0);
    assert_eq!(run(&["diff", GOOD]).status, 2);
    assert_eq!(run(&["--help"]).status, 0);
    assert_eq!(run(&["--version"]).status, 0);
    assert_eq!(run(&["difff"]).status, 2);
}

#[test]
fn one_unreadable_log_does_not_stop_the_others() {
    let ran = run(&["diagnose", "no-such.log", BAD, "--format", "json"]);
    assert_eq!(ran.status, 2);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["findings"][0]["id"], "get-404-session-expiry-loop");
    assert_eq!(document["errors"][0]["path"], "no-such.log");
    assert!(ran.err.contains("no-such.log"), "{}", ran.err);
}

#[test]
fn help_shows_examples_and_every_verb_explains_itself() {
    let help = run(&["--help"]).out;
    assert!(help.contains("lastgood diff good.log bad.log"), "{help}");
    for verb in ["diff", "diagnose", "timeline"] {
        assert!(help.contains(verb), "{help}");
        assert_eq!(run(&[verb, "--help"]).status, 0);
    }
}

#[test]
fn a_report_goes_to_the_file_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("report.md");
    let ran = run(&["diff", GOOD, BAD, "--format", "markdown", "-o", to.to_str().unwrap()]);
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert!(fs::read_to_string(to).unwrap().contains("```diff"));
}

#[test]
fn only_the_servers_asked_for_are_told() {
    let case = project().join("samples/get-404-among-others");
    let ran = run_in(&case, &["diff", "good.log", "bad.log", "--server", "docs"]);
    assert_eq!(ran.status, 0, "{}", ran.out);
    let ran = run_in(&case, &["diff", "good.log", "bad.log", "--server", "nobody"]);
    assert_eq!(ran.status, 2, "{}", ran.out);
    for verb in
        [vec!["diff", "good.log", "bad.log"], vec!["diagnose", "bad.log"], vec!["timeline", "bad.log"]]
    {
        let ran = run_in(&case, &[verb.as_slice(), &["--server", "docs", "--server", "nobody"]].concat());
        let told = "lastgood: --server \"nobody\": no log has a server of that name; there are \"";
        assert!(ran.status == 2 && ran.out.is_empty() && ran.err.starts_with(told), "{}", ran.err);
        assert!(ran.err.contains("\"docs\"") && ran.err.contains("\"my-http-mcp\""), "{}", ran.err);
    }
}

#[test]
fn a_server_is_asked_for_in_all_logs_together_and_need_not_be_in_each() {
    let logs = ["diagnose", BAD, "samples/spawn-enoent/bad.log", "--server", "files", "--format", "json"];
    let ran = run(&logs);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let servers = document["findings"].as_array().unwrap().iter().map(|f| &f["server"]);
    assert!(
        ran.status == 1 && servers.clone().count() > 0 && servers.clone().all(|s| s == "files"),
        "{}",
        ran.err
    );
}

#[test]
fn what_is_no_version_is_refused_with_the_remedy() {
    for (verb, option) in [
        (vec!["diff", GOOD, BAD], "--good-version"),
        (vec!["diff", GOOD, BAD], "--bad-version"),
        (vec!["diagnose", BAD], "--client-version"),
        (vec!["timeline", BAD], "--client-version"),
    ] {
        for wrong in ["latest", "2.1", "2.1.x", ""] {
            let ran = run(&[verb.as_slice(), &[option, wrong]].concat());
            let told =
                ran.err.contains(option) && ran.err.contains("a version is three numbers, e.g. 2.1.147");
            assert!(ran.status == 2 && ran.out.is_empty() && told, "{option} {wrong}: {}", ran.err);
        }
    }
    let (_folder, path) =
        folder_with("a.log", b"[DEBUG] MCP server \"x\": Starting connection with timeout of 30000ms\n");
    let log = path.to_str().unwrap();
    let ran = run(&["diagnose", log, "--client-version", "v2.1.147"]);
    assert!(ran.out.contains("client 2.1.147 (option)"), "{}{}", ran.out, ran.err);
}

#[test]
fn a_variable_that_says_no_colour_wins_over_one_that_forces_it() {
    let coloured = |variables: &[(&str, &str)]| {
        let ran = run_with(project(), &["diff", GOOD, BAD], variables);
        assert_eq!(ran.status, 1);
        ran.out.contains('\u{1b}')
    };
    assert!(!coloured(&[]), "a pipe is no terminal");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]) && coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0")]) && !coloured(&[("CLICOLOR_FORCE", "")]));
    for no in ["0", "1", "no"] {
        assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", no)]), "NO_COLOR={no}");
    }
}

#[test]
fn a_log_from_standard_input_is_read() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_lastgood"))
        .args(["timeline", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let log = fs::read(project().join(BAD)).unwrap();
    child.stdin.take().unwrap().write_all(&log).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(String::from_utf8(out.stdout).unwrap().contains("my-http-mcp"));
}

#[test]
fn both_sides_from_standard_input_is_refused() {
    let ran = run(&["diff", "-", "-"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("standard input holds one log"), "{}", ran.err);
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_lastgood"))
        .args(["diff", GOOD, BAD, "--all"])
        .current_dir(project())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_page_to_be_pasted_has_no_more_characters_than_asked_for() {
    for limit in [2000, 2500, 4000] {
        let text = limit.to_string();
        let markdown = run(&["diff", GOOD, BAD, "--all", "--format", "markdown", "--max-chars", &text]).out;
        assert!(markdown.chars().count() <= limit, "{limit}: {}", markdown.chars().count());
        for word in
            ["regressed", "get-404-session-expiry-loop", "MCP session expired", "Left out to stay within"]
        {
            assert!(markdown.contains(word), "{limit}: {word} is not in\n{markdown}");
        }
    }
    let ran = run(&["diff", GOOD, BAD, "--max-chars", "1999"]);
    assert!(ran.status == 2 && ran.err.contains("the least is 2000"), "{}", ran.err);
}

#[test]
fn the_part_for_a_log_field_is_plain_text() {
    let ran = run(&["diff", GOOD, BAD, "--section", "logs"]);
    assert!(ran.out.starts_with("lastgood: regressed: my-http-mcp"), "{}", ran.out);
    assert!(
        ran.out.contains("\n+     138 ") && ran.out.contains("\n138  MCP session expired"),
        "{}",
        ran.out
    );
    assert!(
        !ran.out.contains("```") && !ran.out.contains("**") && !ran.out.contains("<details>"),
        "{}",
        ran.out
    );
}

#[test]
fn the_form_tells_what_the_logs_prove_and_leaves_the_rest_to_the_reporter() {
    let form = run(&["diff", GOOD, BAD, "--form"]).out;
    let field = |id: &str| {
        let rest = form.split_once(&format!("<!-- {id} -->\n\n")).unwrap().1;
        rest.split("\n\n###").next().unwrap().to_owned()
    };
    assert_eq!((field("version").as_str(), field("working_version").as_str()), ("2.1.147", "2.1.146"));
    assert!(field("regression").starts_with("Yes"), "{form}");
    assert!(
        field("expected").contains("404")
            && field("actual").contains("torn") | field("actual").contains("tore")
    );
    assert!(field("error_output").contains("MCP session expired"), "{form}");
    for id in ["os", "terminal", "platform", "model"] {
        assert!(field(id).contains("(for the reporter to fill in)"), "{id}: {form}");
    }
}

#[test]
fn the_clipboard_is_a_terminals_and_refused_elsewhere() {
    let ran = run(&["diff", GOOD, BAD, "--copy"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.out.starts_with("regressed") && ran.err.contains("--copy: standard error is no terminal"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains('\u{1b}') && !ran.out.contains('\u{1b}'));
}

#[test]
fn the_step_summary_gets_the_markdown_behind_what_is_there() {
    use std::process::Command;
    let (_folder, path) = folder_with("summary.md", b"before\n");
    let out = Command::new(env!("CARGO_BIN_EXE_lastgood"))
        .args(["diff", GOOD, BAD, "--format", "github", "--github-summary"])
        .current_dir(project())
        .env("GITHUB_STEP_SUMMARY", &path)
        .output()
        .unwrap();
    assert!(String::from_utf8(out.stdout).unwrap().starts_with("::error "));
    let summary = fs::read_to_string(&path).unwrap();
    assert!(summary.starts_with("before\n## regressed: my-http-mcp"), "{summary}");
    let ran = run(&["diff", GOOD, BAD, "--github-summary"]);
    assert!(ran.status == 1 && ran.err.contains("GITHUB_STEP_SUMMARY is not set"), "{}", ran.err);
}
