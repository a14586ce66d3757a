//! Whole reports on real logs: each folder of `samples/` is a case.
//!
//! `case.json` says what must come of it; `expected.*` is the report in each format, rewritten by
//! `BLESS=1 cargo test golden` and then to be read by a person.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{json_in, project, run_in};

/// Format and the ending of its expectation.
const FORMATS: [(&str, &str); 3] = [("terminal", "txt"), ("markdown", "md"), ("json", "json")];

/// Formats that are expected of [`FEW`] cases alone: what is in them the others show already.
const FORMATS_OF_FEW: [(&str, &str); 6] = [
    ("html", "html"),
    ("logs", "logs.txt"),
    ("form", "form.md"),
    ("sarif", "sarif"),
    ("junit", "junit.xml"),
    ("github", "github.txt"),
];

/// One case that regressed, once more with what the server saw, and one that did not.
const FEW: [&str; 3] = ["get-404", "get-404-both-sides", "same-behaviour"];

fn cases() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(project().join("samples"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    all.sort();
    assert!(all.len() >= 6, "the samples are gone");
    all
}

fn case(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("case.json")).unwrap()).unwrap()
}

/// A report without the digests of the packs: with them, each new wording would rewrite every expectation.
fn without_digests(report: &str) -> String {
    let (mut out, mut rest) = (String::new(), report);
    while let Some((before, behind)) = rest.split_once("\"packs\": [") {
        let (packs, after) = behind.split_once(']').unwrap();
        let hidden = |text: &str| {
            if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
                "(of the day)".to_owned()
            } else {
                text.to_owned()
            }
        };
        let packs: Vec<String> = packs.split('"').map(hidden).collect();
        out.extend([before, "\"packs\": [", &packs.join("\""), "]"]);
        rest = after;
    }
    out + rest
}

#[test]
fn every_format_of_every_case_is_as_expected() {
    let mut wrong = Vec::new();
    // A build without scripted servers has no option for what they saw.
    let shown = |folder: &PathBuf| cfg!(feature = "gateway") || !folder.join("bad.seen.jsonl").exists();
    for folder in cases().into_iter().filter(shown) {
        let is_of_few = FEW.iter().any(|name| folder.ends_with(name));
        for (format, ending) in FORMATS.iter().chain(FORMATS_OF_FEW.iter().filter(|_| is_of_few)) {
            let mut words = vec!["diff", "good.log", "bad.log", "--format", format, "--width", "100"];
            // What the servers saw, where a case has it.
            if folder.join("bad.seen.jsonl").exists() {
                words.extend(["--good-record", "good.seen.jsonl", "--bad-record", "bad.seen.jsonl"]);
            }
            let ran = run_in(&folder, &words);
            assert!(ran.status < 2, "{}: {}", folder.display(), ran.err);
            let path = folder.join(format!("expected.{ending}"));
            let report = without_digests(&ran.out);
            if std::env::var_os("BLESS").is_some() {
                fs::write(&path, &report).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != report {
                wrong.push(path.display().to_string());
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not as expected (`BLESS=1 cargo test golden` rewrites them):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_case_gets_the_verdict_and_the_findings_it_is_about() {
    for folder in cases() {
        let (case, name) = (case(&folder), folder.display());
        let diff = json_in(&folder, &["diff", "good.log", "bad.log"]);
        assert_eq!(diff["verdict"], case["verdict"], "{name}");
        let new: Vec<&Value> =
            diff["findings"].as_array().unwrap().iter().filter(|f| f["new"] == true).collect();
        for id in case["findings"].as_array().unwrap() {
            assert!(new.iter().any(|f| f["id"] == *id), "{name}: {id} is not among the findings");
        }
        let client = |f: &&Value| f["kind"] == "client-regression";
        let accused: Vec<&Value> = new.into_iter().filter(client).map(|f| &f["id"]).collect();
        let meant: Vec<&Value> = case["findings"].as_array().unwrap().iter().collect();
        assert!(accused.iter().all(|a| meant.contains(a)), "{name}: {accused:?} is a false accusation");
    }
}

#[test]
fn every_case_that_is_not_the_same_names_the_line_at_which_the_two_part() {
    for folder in cases() {
        let diff = json_in(&folder, &["diff", "good.log", "bad.log"]);
        for server in diff["servers"].as_array().unwrap().iter().filter(|s| s["verdict"] != "same") {
            let parted = &server["divergence"];
            // Where the bad log just ends, the line of the good one is all that there is.
            let (log, line) = match (&parted["bad_line"], &parted["good_line"]) {
                (Value::Null, good) => ("good.log", good),
                (bad, _) => ("bad.log", bad),
            };
            let text = fs::read_to_string(folder.join(log)).unwrap();
            let named = line.as_u64().and_then(|n| text.lines().nth(n as usize - 1));
            assert!(named.is_some_and(|t| t.contains("MCP")), "{}: {parted:?}", folder.display());
        }
    }
}
