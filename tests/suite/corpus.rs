//! Over all real logs at hand: nothing panics, nothing is lost, a log equals itself.

use std::path::{Path, PathBuf};
use std::{fs, iter};

use crate::program::{json_in, project, run_in, shared};

/// The debug logs in a folder, sorted.
fn logs(root: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .map(|e| e.unwrap().into_path())
        .filter(|p| p.extension().is_some_and(|e| e == "log"))
        .collect();
    all.sort();
    all
}

/// The logs of `samples/`, and those of the shared corpus where it is at hand.
fn everything() -> Vec<PathBuf> {
    let corpus = shared("corpus").map(|c| logs(&c)).unwrap_or_default();
    logs(&project().join("samples")).into_iter().chain(corpus).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_log_equals_itself_in_every_event() {
    for log in everything() {
        let diff = json_in(project(), &["diff", text(&log), text(&log)]);
        assert_eq!(diff["verdict"], "same", "{}", log.display());
        for server in diff["servers"].as_array().unwrap() {
            assert!(server["changes"].as_array().unwrap().is_empty(), "{}", log.display());
            assert!(server["divergence"].is_null(), "{}", log.display());
        }
    }
}

#[test]
fn at_least_99_of_100_mcp_lines_are_understood() {
    let (mut all, mut classified) = (0, 0);
    for log in everything() {
        let timeline = json_in(project(), &["timeline", text(&log)]);
        all += timeline["input"]["mcp_lines"].as_u64().unwrap();
        classified += timeline["input"]["mcp_lines_classified"].as_u64().unwrap();
    }
    assert!(all > 300 && classified * 100 >= all * 99, "{classified} of {all}");
}

#[test]
fn every_event_of_a_timeline_stands_on_the_line_it_names() {
    for log in logs(&project().join("samples")) {
        let lines: Vec<String> =
            String::from_utf8_lossy(&fs::read(&log).unwrap()).lines().map(str::to_owned).collect();
        let timeline = json_in(project(), &["timeline", "--no-redact", text(&log)]);
        for server in timeline["servers"].as_array().unwrap() {
            for event in server["events"].as_array().unwrap() {
                let line = &lines[event["line"].as_u64().unwrap() as usize - 1];
                let said = event["text"].as_str().unwrap();
                let first = said.lines().next().unwrap();
                // A quoted line holds the message with its quotes escaped; its first words stand as they are.
                let start: String = first.chars().take_while(|c| *c != '"').collect();
                assert!(line.contains(start.trim_end()), "{}: {line} does not hold {start}", log.display());
            }
        }
    }
}

#[test]
fn swapping_the_sides_mirrors_the_differences() {
    let mirrored = |change: &str| match change {
        "added" => "removed".to_owned(),
        "removed" => "added".to_owned(),
        "slower" => "faster".to_owned(),
        "faster" => "slower".to_owned(),
        same => same.to_owned(),
    };
    for case in
        fs::read_dir(project().join("samples")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir())
    {
        let there = json_in(&case, &["diff", "good.log", "bad.log"]);
        let back = json_in(&case, &["diff", "bad.log", "good.log"]);
        let kinds = |d: &serde_json::Value, mirror: bool| {
            let servers = d["servers"].as_array().unwrap().clone();
            let changes = servers.iter().flat_map(|s| s["changes"].as_array().unwrap().clone());
            let of =
                |c: serde_json::Value| (c["change"].as_str().unwrap().to_owned(), c["event"].to_string());
            let mut all: Vec<(String, String)> =
                changes.map(of).map(|(c, e)| (if mirror { mirrored(&c) } else { c }, e)).collect();
            all.sort();
            all
        };
        assert_eq!(kinds(&there, false), kinds(&back, true), "{}", case.display());
    }
}

#[test]
fn a_log_that_is_cut_anywhere_is_still_read() {
    let log = fs::read(project().join("samples/get-404/bad.log")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cuts = iter::successors(Some(1), |n| Some(n + log.len() / 40 + 1)).take_while(|n| *n < log.len());
    for cut in cuts {
        let path = folder.path().join("cut.log");
        fs::write(&path, &log[..cut]).unwrap();
        for verb in ["diagnose", "timeline"] {
            let ran = run_in(folder.path(), &[verb, "cut.log"]);
            assert!(ran.status < 2, "cut at {cut}: {}", ran.err);
        }
    }
}
