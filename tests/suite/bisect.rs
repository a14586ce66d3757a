//! `bisect logs`: what existing logs testify about the versions that wrote them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{project, run_in, shared};

const SIGNATURE: [&str; 2] = ["--signature", "get-404-session-expiry-loop"];

fn sample(name: &str) -> String {
    fs::read_to_string(project().join("samples/get-404").join(name)).unwrap()
}

/// The sample's log as another version would have written it.
fn as_version(log: &str, version: &str) -> String {
    log.replace("2.1.146", version).replace("2.1.147", version)
}

/// A folder with logs: file name, version and whether it is the sample's good one.
fn folder(logs: &[(&str, &str, bool)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, version, good) in logs {
        let log = as_version(&sample(if *good { "good.log" } else { "bad.log" }), version);
        // Two runs never write the same bytes.
        fs::write(folder.path().join(name), format!("{log}{name}\n")).unwrap();
    }
    folder
}

fn bisect(folder: &Path, more: &[&str]) -> (i32, Value) {
    let ran = run_in(folder, &[&["bisect", "logs", "."], more, &["--format", "json"]].concat());
    assert!(ran.status != 2, "{}", ran.err);
    (ran.status, serde_json::from_str(&ran.out).unwrap())
}

fn row<'d>(document: &'d Value, version: &str) -> &'d Value {
    document["versions"].as_array().unwrap().iter().find(|r| r["version"] == version).unwrap()
}

#[test]
fn two_neighbours_with_a_log_each_are_a_tested_boundary() {
    let folder = folder(&[("a.log", "2.1.146", true), ("b.log", "2.1.147", false)]);
    let (status, document) = bisect(folder.path(), &[]);
    assert_eq!(status, 0);
    assert_eq!(document["schema"], "lastgood.bisect/1");
    assert_eq!(document["signature"], SIGNATURE[1]);
    assert_eq!(document["server"], "my-http-mcp");
    assert_eq!(document["result"], "found");
    let boundary = &document["boundaries"][0];
    assert_eq!((&boundary["last_good"], &boundary["first_bad"]), (&"2.1.146".into(), &"2.1.147".into()));
    assert_eq!((&boundary["kind"], &boundary["basis"]), (&"regression".into(), &"tested".into()));
    let good = row(&document, "2.1.146");
    assert_eq!(
        (&good["verdict"], &good["known_by"], &good["runs"]["good"]),
        (&"good".into(), &"log".into(), &1.into())
    );
}

#[test]
fn an_untried_version_beside_a_boundary_makes_a_range_and_one_that_never_was_does_not() {
    let folder = folder(&[
        ("a.log", "2.1.145", true),
        ("b.log", "2.1.147", false),
        ("c.log", "2.1.150", false),
        ("d.log", "2.1.152", true),
    ]);
    let (status, document) = bisect(folder.path(), &SIGNATURE);
    assert_eq!((status, &document["result"]), (3, &"range".into()));
    assert_eq!(document["boundaries"][0]["candidates"], serde_json::json!(["2.1.146", "2.1.147"]));
    assert_eq!(document["boundaries"][1]["basis"], "tested");
    assert_eq!(document["boundaries"][1]["last_bad"], "2.1.150");
    for (version, verdict, known_by) in [
        ("2.1.146", "unknown", "not-tried"),
        ("2.1.148", "bad", "inferred"),
        ("2.1.151", "unknown", "not-published"),
    ] {
        let row = row(&document, version);
        assert_eq!((&row["verdict"], &row["known_by"]), (&verdict.into(), &known_by.into()), "{version}");
    }
}

#[test]
fn a_bad_log_that_is_cut_anywhere_is_never_good() {
    let folder = tempfile::tempdir().unwrap();
    let bad = sample("bad.log");
    for lines in 0..=bad.lines().count() {
        let cut: String = bad.split_inclusive('\n').take(lines).collect();
        fs::write(folder.path().join(format!("2.1.147.cut{lines}.log")), cut).unwrap();
    }
    let (_, document) = bisect(folder.path(), &SIGNATURE);
    let all = document["logs"].as_array().unwrap();
    assert!(all.iter().all(|log| log["verdict"] != "good"), "{document:#}");
    assert!(all.iter().any(|log| log["verdict"] == "bad"));
    assert_eq!(row(&document, "2.1.147")["verdict"], "bad");
}

#[test]
fn a_log_that_ends_before_the_point_where_the_defect_would_show_does_not_decide() {
    let folder = folder(&[("a.log", "2.1.145", true), ("c.log", "2.1.147", false)]);
    fs::write(folder.path().join("2.1.146.log"), "").unwrap();
    let (status, document) = bisect(folder.path(), &SIGNATURE);
    let empty = row(&document, "2.1.146");
    assert_eq!((&empty["verdict"], &empty["known_by"]), (&"inconclusive".into(), &"log".into()));
    assert_eq!((status, &document["boundaries"][0]["basis"]), (3, &"range".into()));

    let good = as_version(&sample("good.log"), "2.1.146");
    for until in ["Starting connection with timeout", "Successfully connected", "Failed to open SSE stream"] {
        let end = good.lines().position(|l| l.contains(until)).unwrap();
        let cut: String = good.split_inclusive('\n').take(end + 1).collect();
        fs::write(folder.path().join("2.1.146.log"), cut).unwrap();
        let (_, document) = bisect(folder.path(), &SIGNATURE);
        assert_eq!(row(&document, "2.1.146")["verdict"], "inconclusive", "{until}");
    }
}

#[test]
fn logs_of_one_version_that_disagree_are_flaky_and_ask_for_more_good_runs() {
    let mut logs = vec![
        ("a1.log", "2.1.146", true),
        ("b1.log", "2.1.147", false),
        ("b2.log", "2.1.147", false),
        ("b3.log", "2.1.147", true),
    ];
    let (status, document) = bisect(folder(&logs).path(), &SIGNATURE);
    assert_eq!((status, &document["result"]), (5, &"flaky".into()));
    let row = row(&document, "2.1.147");
    assert_eq!(
        (&row["verdict"], &row["runs"]["good"], &row["runs"]["bad"]),
        (&"flaky".into(), &1.into(), &2.into())
    );
    assert!((document["boundaries"][0]["confidence"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    let text = run_in(folder(&logs).path(), &["bisect", "logs", ".", SIGNATURE[0], SIGNATURE[1]]).out;
    assert!(text.contains("flaky, bad 2 of 3") && text.contains("Get 2 more good logs of 2.1.146"), "{text}");

    logs.extend([("a2.log", "2.1.146", true), ("a3.log", "2.1.146", true)]);
    assert_eq!(bisect(folder(&logs).path(), &SIGNATURE).0, 0);
}

#[test]
fn the_same_log_twice_counts_once_and_one_without_a_version_not_at_all() {
    let folder = folder(&[("a.log", "2.1.146", true), ("b.log", "2.1.147", false)]);
    fs::copy(folder.path().join("b.log"), folder.path().join("twin.log")).unwrap();
    fs::write(
        folder.path().join("what.log"),
        "[DEBUG] MCP server \"x\": Starting connection with timeout of 1ms\n",
    )
    .unwrap();
    let (status, document) = bisect(folder.path(), &SIGNATURE);
    assert_eq!((status, &row(&document, "2.1.147")["runs"]["bad"]), (0, &1.into()));
    let both = folder.path().join("both.log");
    fs::write(both, as_version(&sample("good.log"), "2.1.140") + &as_version(&sample("bad.log"), "2.1.141"))
        .unwrap();
    let (_, document) = bisect(folder.path(), &SIGNATURE);
    let left_out: Vec<&str> =
        document["left_out"].as_array().unwrap().iter().map(|l| l["why"].as_str().unwrap()).collect();
    for (told, why) in left_out.iter().zip(["(2.1.140, 2.1.141)", "b.log once more", "which version"]) {
        assert!(told.contains(why), "{left_out:?}");
    }
}

#[test]
fn good_and_bad_swapped_is_a_fix_and_equal_ends_are_no_boundary() {
    let swapped = folder(&[("a.log", "2.1.146", false), ("b.log", "2.1.147", true)]);
    let (status, document) = bisect(swapped.path(), &[]);
    assert_eq!((status, &document["boundaries"][0]["kind"]), (0, &"fix".into()));
    for good in [true, false] {
        let equal = folder(&[("a.log", "2.1.146", good), ("b.log", "2.1.147", good)]);
        let (status, document) = bisect(equal.path(), &SIGNATURE);
        assert_eq!((status, &document["result"]), (1, &"no-boundary".into()));
    }
}

#[test]
fn versions_that_flip_back_and_forth_are_told_as_such() {
    let folder = folder(&[
        ("a.log", "2.1.141", true),
        ("b.log", "2.1.142", false),
        ("c.log", "2.1.143", true),
        ("d.log", "2.1.144", false),
    ]);
    let ran = run_in(folder.path(), &["bisect", "logs", ".", SIGNATURE[0], SIGNATURE[1]]);
    assert_eq!(ran.status, 4);
    assert!(ran.out.starts_with("not monotone: last good 2.1.141, first bad 2.1.142;"), "{}", ran.out);
}

#[test]
fn a_server_that_never_set_the_defect_off_speaks_against_no_bad_log() {
    let quiet = |version: &str| {
        let log = as_version(&sample("good.log"), version);
        log.split_inclusive('\n').filter(|l| !l.contains("SSE stream")).collect::<String>()
    };
    let folder =
        folder(&[("a.log", "2.1.146", true), ("b.log", "2.1.147", false), ("d.log", "2.1.149", false)]);
    fs::write(folder.path().join("b2.log"), quiet("2.1.147")).unwrap();
    fs::write(folder.path().join("c.log"), quiet("2.1.148")).unwrap();
    let (status, document) = bisect(folder.path(), &SIGNATURE);
    assert_eq!(status, 0);
    assert_eq!(row(&document, "2.1.147")["verdict"], "bad");
    assert_eq!(row(&document, "2.1.148")["verdict"], "inconclusive");
    // Where nothing contradicts it, it is taken for what it is: calls that went well.
    fs::write(folder.path().join("e.log"), quiet("2.1.153")).unwrap();
    assert_eq!(row(&bisect(folder.path(), &SIGNATURE).1, "2.1.153")["verdict"], "good");
}

#[test]
fn by_behaviour_alone_the_good_log_is_a_witness_too() {
    let folder = folder(&[("b.log", "2.1.147", false), ("c.log", "2.1.150", false)]);
    let apart = self::folder(&[("a.log", "2.1.146", true)]);
    let good = apart.path().join("a.log");
    let (status, document) = bisect(folder.path(), &["--against", good.to_str().unwrap()]);
    assert_eq!((status, &document["signature"]), (0, &Value::Null));
    assert_eq!(document["boundaries"][0]["first_bad"], "2.1.147");
    assert_eq!(document["judged_by"]["chosen"], "behaviour");
}

#[test]
fn every_format_names_both_versions_the_evidence_and_the_signature() {
    let folder = folder(&[("a.log", "2.1.146", true), ("b.log", "2.1.147", false)]);
    for format in ["terminal", "markdown"] {
        let ran = run_in(folder.path(), &["bisect", "logs", ".", "--format", format, "--width", "100"]);
        let first = ran.out.lines().next().unwrap().replace('\\', "");
        assert!(first.contains("last good 2.1.146, first bad 2.1.147"), "{first}");
        for told in ["62198", "MCP session expired", "released", "Upgrade to 2.1.153 or later"] {
            assert!(ran.out.replace('\\', "").contains(told), "{format} lacks {told}: {}", ran.out);
        }
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_remedy() {
    let folder = folder(&[("a.log", "2.1.146", true)]);
    fs::write(folder.path().join("none.log"), "nothing\n").unwrap();
    let cases: [(&[&str], &str); 6] = [
        (&["no-such.log"], "no-such.log: there is no such file"),
        (&["a.log", "--signature", "get-404"], "did you mean get-404-session-expiry-loop?"),
        (&["a.log", "--server", "nobody"], "--server nobody: none of the logs has such a server"),
        (&["a.log", "--against", "none.log"], "none.log: no line of it concerns an MCP server"),
        (&["a.log", "--against", "no-such.log"], "no-such.log: there is no such file"),
        (&["a.log", "--confidence", "100"], "100 is not in 50..=99"),
    ];
    for (arguments, message) in cases {
        let ran = run_in(folder.path(), &[&["bisect", "logs"], arguments].concat());
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert!(ran.err.contains(message), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_search_by_hand_is_kept_told_undone_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let bisect = |arguments: &[&str]| run_in(folder.path(), &[&["bisect"], arguments].concat());
    let ran = bisect(&["status"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("lastgood-bisect.jsonl: there is no such ledger"), "{}", ran.err);

    assert_eq!(bisect(&["mark", "2.1.146", "good", "--because", "the tools are there"]).status, 1);
    assert_eq!(bisect(&["mark", "2.1.150", "bad"]).status, 3);
    let ran = bisect(&["status"]);
    assert!(ran.out.contains("marked by hand") && ran.out.contains("to run next  2.1.148"), "{}", ran.out);
    // With a fix behind it the same range is still open.
    let ran = bisect(&["mark", "2.1.160", "good"]);
    assert!(ran.out.contains("to run next  2.1.148"), "{}", ran.out);
    bisect(&["undo"]);
    assert_eq!(bisect(&["mark", "2.1.147", "bad"]).status, 0);
    assert_eq!(bisect(&["undo"]).status, 3);
    let log: Value = serde_json::from_str(&bisect(&["log", "--format", "json"]).out).unwrap();
    assert_eq!(log["entries"].as_array().unwrap().len(), 6);
    assert_eq!(log["entries"][0]["because"], "the tools are there");

    let ran = bisect(&["replay", "lastgood-bisect.jsonl"]);
    assert!(ran.err.contains("it has entries already"), "{}", ran.err);
    assert_eq!(bisect(&["replay", "lastgood-bisect.jsonl", "--ledger", "again.jsonl"]).status, 3);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("again.jsonl"), read("lastgood-bisect.jsonl"));

    let whole = read("again.jsonl");
    fs::write(folder.path().join("again.jsonl"), &whole[..whole.len() - 5]).unwrap();
    let ran = bisect(&["status", "--ledger", "again.jsonl"]);
    assert_eq!(ran.status, 0, "the undo was cut off");
    assert!(ran.err.contains("the last line was cut in the middle and does not count"), "{}", ran.err);
    for _ in 0..4 {
        bisect(&["undo"]);
    }
    assert!(bisect(&["undo"]).err.contains("nothing in it that could be undone"));
    let ran = bisect(&["mark", "2.1.151", "skip", "--ledger", "b.jsonl"]);
    assert!(ran.err.contains("2.1.151: not among the versions published by"), "{}", ran.err);
}

#[test]
fn the_versions_of_the_client_are_listed_offline_with_those_that_never_were() {
    let folder = tempfile::tempdir().unwrap();
    let range = ["versions", "--from", "2.1.150", "--to", "2.1.153"];
    let ran = run_in(folder.path(), &range);
    assert_eq!(ran.status, 0);
    assert!(ran.out.starts_with("3 versions of @anthropic-ai/claude-code as of 2026-"), "{}", ran.out);
    let ran = run_in(folder.path(), &[&range[..], &["--missing", "--format", "json"]].concat());
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let missing: Vec<&Value> =
        document["versions"].as_array().unwrap().iter().map(|v| &v["version"]).collect();
    assert_eq!(missing, ["2.1.151"]);
}

#[test]
fn the_real_logs_give_the_regression_and_its_fix() {
    let Some(corpus) = shared("corpus") else { return };
    for arguments in
        [&["bisect", "logs", "http-get404"][..], &["bisect", "logs", "mixed"], &["bisect", "logs", "."]]
    {
        let ran = run_in(&corpus, &[arguments, &["--format", "json"]].concat());
        // 2.1.152 was published, and no log of it is there.
        assert_eq!(ran.status, 3, "{}", ran.err);
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(document["signature"], SIGNATURE[1]);
        let [regression, fix] = document["boundaries"].as_array().unwrap().as_slice() else {
            panic!("{document:#}")
        };
        assert_eq!(
            (&regression["last_good"], &regression["first_bad"]),
            (&"2.1.146".into(), &"2.1.147".into())
        );
        assert_eq!(regression["basis"], "tested");
        assert_eq!((&fix["last_bad"], &fix["first_good"]), (&"2.1.150".into(), &"2.1.153".into()));
        assert_eq!(fix["candidates"], serde_json::json!(["2.1.152", "2.1.153"]));
    }
}
