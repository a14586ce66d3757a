//! `bisect run`: versions are really run, though what runs are scripts from a registry on loopback.

use std::fs;

use serde_json::Value;

use crate::fake::{Desk, Does, SEARCH};
use crate::program::Ran;

/// Clients from 2.1.140 on: good before the first of these, bad from there, good again from the second.
fn clients(bad_from: u64, good_again: u64) -> impl Iterator<Item = (u64, Does)> {
    let does = move |patch| if patch < bad_from || patch >= good_again { Does::Good } else { Does::Bad };
    (140..=160).filter(|p| ![151, 155].contains(p)).map(move |patch| (patch, does(patch)))
}

/// The same, where one of them does something else.
fn but(patch: u64, does: Does) -> Desk {
    Desk::new(clients(147, 153).map(|(p, d)| if p == patch { (p, does) } else { (p, d) }))
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.status, ran.err))
}

fn boundary(document: &Value) -> (&str, &str, &str) {
    let b = &document["boundaries"][0];
    let text = |key: &str| b[key].as_str().unwrap_or("none");
    match b["kind"].as_str() {
        Some("fix") => (text("last_bad"), text("first_good"), text("basis")),
        _ => (text("last_good"), text("first_bad"), text("basis")),
    }
}

const RANGE: [&str; 4] = ["--good", "2.1.142", "--bad", "2.1.150"];
const AS_JSON: [&str; 2] = ["--format", "json"];

#[test]
fn a_regression_is_found_ends_first_and_both_its_sides_run_again() {
    let desk = Desk::new(clients(147, 153));
    let ran = desk.search(&[&RANGE[..], &AS_JSON].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    let found = document(&ran);
    assert_eq!(boundary(&found), ("2.1.146", "2.1.147", "tested"));
    let runs = desk.runs();
    assert_eq!(
        (&runs[..2], &runs[runs.len() - 2..]),
        (&["2.1.142".into(), "2.1.150".into()][..], &["2.1.146".into(), "2.1.147".into()][..])
    );
    // ceil(log2 9) + 2, and the two again.
    assert!(runs.len() <= 6 + 2, "{runs:?}");
    let row = |version: &str| {
        found["versions"].as_array().unwrap().iter().find(|r| r["version"] == version).unwrap()
    };
    assert_eq!((&row("2.1.146")["known_by"], &row("2.1.146")["runs"]["good"]), (&"run".into(), &2.into()));
    assert_eq!(row("2.1.144")["known_by"], "inferred");
    // Each version was fetched once, and no other.
    let (mut sent, mut distinct) = (desk.registry.sent(), runs);
    sent.sort();
    distinct.sort();
    distinct.dedup();
    assert_eq!(sent, distinct);
}

#[test]
fn a_good_end_that_is_newer_asks_for_the_fix_and_names_what_was_never_published() {
    let desk = Desk::new(clients(147, 153));
    let ran = desk.search(&[&["--good", "2.1.160", "--bad", "2.1.151"][..], &AS_JSON].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.err.contains("2.1.151 was never published; 2.1.150 is taken instead"), "{}", ran.err);
    assert!(ran.err.contains("looking for the fix"), "{}", ran.err);
    let found = document(&ran);
    assert_eq!(boundary(&found), ("2.1.152", "2.1.153", "tested"));
    let missing = found["versions"].as_array().unwrap().iter().filter(|r| r["known_by"] == "not-published");
    assert_eq!(missing.map(|r| &r["version"]).collect::<Vec<_>>(), ["2.1.151", "2.1.155"]);
}

#[test]
fn ends_that_are_swapped_alike_or_equal_are_told() {
    let desk = Desk::new(clients(147, 153));
    let ran = desk.search(&["--good", "2.1.150", "--bad", "2.1.142"]);
    assert_eq!(ran.status, 0);
    assert!(ran.err.contains("they behave the other way round: were the two swapped?"), "{}", ran.err);
    assert!(ran.out.starts_with("last good 2.1.146, first bad 2.1.147"), "{}", ran.out);

    let ran = desk.search(&["--good", "2.1.140", "--bad", "2.1.144", "--state", "good.jsonl"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("the bad end has not the defect, either"), "{}", ran.err);
    assert!(ran.out.contains("Choose a newer version as the bad end"), "{}", ran.out);
    let ran = desk.search(&["--good", "2.1.148", "--bad", "2.1.150", "--state", "bad.jsonl"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("the good end has the defect, too"), "{}", ran.err);
    assert!(ran.out.contains("Choose an older version as the good end"), "{}", ran.out);

    let ran = desk.search(&["--good", "2.1.148", "--bad", "2.1.148"]);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("the good and the bad end are the same version"), "{}", ran.err);
}

#[test]
fn a_search_killed_at_every_run_loses_nothing_and_runs_nothing_twice() {
    let whole = Desk::new(clients(147, 153));
    assert_eq!(whole.search(&RANGE).status, 0);
    let all = whole.runs();
    // Before it does anything, and when its log is written but nobody has read it.
    for moment in ["DIE", "DIE_LATE"] {
        let desk = Desk::new(clients(147, 153));
        for step in 1..=all.len() {
            desk.forget_runs();
            let state = format!("{moment}-{step}.jsonl");
            let arguments = [&RANGE[..], &["--state", &state]].concat();
            let killed = desk.search_with(&arguments, &[(moment, &step.to_string())]);
            assert_eq!(killed.status, -1, "{moment} {step}: {}", killed.err);
            assert!(Desk::comes_to_be(|| fs::read_dir(desk.path().join("tmp")).unwrap().count() == 0));
            let ran = desk.search(&arguments);
            assert_eq!(ran.status, 0, "{moment} {step}: {}", ran.err);
            // The run that was killed ran for nothing; it runs again, and no other does.
            let mut expected = all.clone();
            expected.insert(step, all[step - 1].clone());
            assert_eq!(desk.runs(), expected, "{moment} {step}");
            let entries = |text: String| text.lines().filter(|l| l.contains("\"run\"")).count();
            assert_eq!(entries(desk.read(&state)), all.len());
        }
    }
}

#[test]
fn a_search_killed_at_every_request_goes_on_and_fetches_what_it_lacks_alone() {
    let whole = Desk::new(clients(147, 153));
    assert_eq!(whole.search(&RANGE).status, 0);
    let requests = whole.registry.asked().len();
    for step in 0..requests {
        let desk = Desk::twisted(clients(147, 153), move |asked, answer| {
            // Half of it comes, and then the program is killed.
            if asked.before == step {
                crate::fake::Answer { sent: answer.body.len() / 2, ..answer }
            } else {
                answer
            }
        });
        let arguments = [&SEARCH[..], &["--signature", "get-404-session-expiry-loop"], &RANGE].concat();
        let mut child = desk.command(env!("CARGO_BIN_EXE_lastgood"), &arguments, &[]).spawn().unwrap();
        while desk.registry.asked().len() <= step {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let before = desk.runs();
        let ran = desk.run(&arguments);
        assert_eq!(ran.status, 0, "{step}: {}", ran.err);
        let mut distinct = desk.runs();
        assert!(distinct.len() <= whole.runs().len() + 1, "{step}: {before:?} {distinct:?}");
        distinct.sort();
        distinct.dedup();
        let mut sent = desk.registry.sent();
        sent.sort();
        let extra = sent.len() - distinct.len();
        assert!(extra <= 1, "{step}: {sent:?}");
        let left: Vec<_> = fs::read_dir(desk.cache()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert!(left.len() <= 3, "{step}: {left:?}");
    }
}

#[test]
fn a_client_that_hangs_crashes_or_says_nothing_is_walked_around_and_makes_a_range() {
    for (does, why) in [
        (Does::Crash, "signal 11"),
        (Does::Silent, "it wrote no log (exit status 0)"),
        (Does::Hang, "which is all it may take"),
    ] {
        let desk = but(147, does);
        let ran = desk.search(&[&RANGE[..], &["--timeout", "2"], &AS_JSON].concat());
        assert_eq!(ran.status, 3, "{does:?}: {}", ran.err);
        assert!(ran.err.contains(why), "{does:?}: {}", ran.err);
        let found = document(&ran);
        assert_eq!(
            found["boundaries"][0]["candidates"],
            serde_json::json!(["2.1.147", "2.1.148"]),
            "{does:?}"
        );
    }
    let ran = but(150, Does::Silent).search(&RANGE);
    assert_eq!(ran.status, 2);
    assert!(
        ran.err.contains("2.1.150: this end cannot be tested (it wrote no log (exit status 0))"),
        "{}",
        ran.err
    );
}

#[test]
fn another_version_than_was_asked_for_ends_all_and_counts_for_nothing() {
    let desk = but(146, Does::Other("2.1.99"));
    let ran = desk.search(&RANGE);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("2.1.146: 2.1.99 ran instead: its log says so"), "{}", ran.err);
    assert!(!desk.read("lastgood-bisect.jsonl").contains("2.1.146"));
}

#[test]
fn a_version_that_the_registry_lost_is_skipped_and_one_that_answers_500_ends_the_search() {
    let desk = Desk::new(clients(147, 153).filter(|(patch, _)| *patch != 146));
    let ran = desk.search(&[&RANGE[..], &AS_JSON].concat());
    assert_eq!(ran.status, 3, "{}", ran.err);
    assert!(
        ran.err.contains("2.1.146: skip (there is no such version in the registry; take 2.1.145 or 2.1.147)"),
        "{}",
        ran.err
    );
    let desk = Desk::twisted(clients(147, 153), |asked, answer| {
        if asked.path.contains("2.1.146.tgz") { crate::fake::Answer::new(500, "oh") } else { answer }
    });
    let ran = desk.search(&RANGE);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("it answers 500; try again later"), "{}", ran.err);
    assert_eq!(desk.read("lastgood-bisect.jsonl").lines().count(), 3, "both ends are kept");
}

#[test]
fn a_flaky_failure_is_run_until_the_answer_is_as_sure_as_was_asked_and_that_is_stated() {
    let flaky = clients(147, 161).map(|(p, d)| if p >= 147 { (p, Does::Sometimes(2)) } else { (p, d) });
    let desk = Desk::new(flaky);
    let ran = desk.search(&[&RANGE[..], &["--flaky", "--confidence", "90"]].concat());
    assert_eq!(ran.status, 0, "{} {}", ran.out, ran.err);
    let first = ran.out.lines().next().unwrap();
    let sure =
        first.strip_prefix("last good 2.1.146, first bad 2.1.147 (").unwrap_or_else(|| panic!("{first}"));
    let sure: u32 = sure.strip_suffix(" % sure)").unwrap().parse().unwrap();
    assert!((90..=99).contains(&sure), "{first}");
    assert!(ran.out.contains("flaky, bad "), "{}", ran.out);
}

#[test]
fn repeated_runs_that_disagree_bring_chance_in_by_themselves() {
    let desk = but(150, Does::Sometimes(2));
    let ran = desk.search(&[&RANGE[..], &["--repeat", "2"], &AS_JSON].concat());
    let found = document(&ran);
    assert_eq!(boundary(&found), ("2.1.146", "2.1.147", "tested"), "{}", ran.err);
    assert!(found["boundaries"][0]["confidence"].as_f64().is_some(), "{found:#}");
}

#[test]
fn several_at_once_with_what_comes_next_fetched_ahead_find_the_same() {
    for more in [&["--jobs", "3"][..], &["--prefetch"], &["--jobs", "2", "--prefetch"]] {
        let desk = Desk::new(clients(147, 153));
        let ran = desk.search(&[&RANGE[..], more, &AS_JSON].concat());
        assert_eq!(ran.status, 0, "{more:?}: {}", ran.err);
        assert_eq!(boundary(&document(&ran)), ("2.1.146", "2.1.147", "tested"), "{more:?}");
    }
}

#[test]
fn versions_that_flip_back_and_forth_are_proven_by_a_second_run_and_told() {
    let desk = Desk::new((140..=150).map(|p| (p, if p % 2 == 0 { Does::Good } else { Does::Bad })));
    let ran = desk.search(&["--good", "2.1.140", "--bad", "2.1.149", "--jobs", "8"]);
    assert_eq!(ran.status, 4, "{}", ran.err);
    assert!(ran.out.starts_with("not monotone: "), "{}", ran.out);
}

#[test]
fn what_is_cached_is_run_first_and_while_offline_nothing_else() {
    let desk = Desk::new(clients(147, 153));
    assert_eq!(desk.run(&["fetch", "2.1.142", "2.1.147", "2.1.150"]).status, 0);
    let ran = desk.search(&RANGE);
    assert_eq!((ran.status, desk.runs()[2].as_str()), (0, "2.1.147"), "{}", ran.err);
    let asked = desk.registry.asked().len();
    let desk_has = desk.run(&["fetch", "2.1.143", "--offline"]);
    assert!(desk_has.err.contains("neither cached nor installed"), "{}", desk_has.err);
    let ran = desk.search(&["--good", "2.1.142", "--bad", "2.1.152", "--offline", "--state", "b.jsonl"]);
    assert_eq!(ran.status, 2, "the end is not here");
    let ran = desk.search(&[&RANGE[..], &["--offline", "--state", "c.jsonl"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(desk.registry.asked().len(), asked, "offline means offline");
}

#[test]
fn where_the_runtime_changes_inside_the_range_that_is_warned_of() {
    let desk = Desk::new((110..=116).map(|p| (p, if p < 113 { Does::Good } else { Does::Bad })));
    let ran = desk.search(&["--good", "2.1.110", "--bad", "2.1.116"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.err.contains("change their runtime"), "{}", ran.err);
    assert!(ran.out.contains("the runtime changes at the boundary, too"), "{}", ran.out);
}

#[test]
fn nothing_is_fetched_or_run_before_a_person_agreed() {
    let desk = Desk::new(clients(147, 153));
    let arguments = ["bisect", "run", "--good", "2.1.142", "--bad", "2.1.150", "--mcp-config", "mcp.json"];
    let ran = desk.run(&arguments);
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("nobody is there to be asked; give --yes"), "{}", ran.err);
    let ran = desk.run(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    for told in [
        "versions   2.1.142 to 2.1.150: 9",
        " kB each, from http://127.0.0.1:",
        "{client} -p",
        "variables  CLAUDE_CODE",
        "scratch folder",
    ] {
        assert!(ran.err.contains(told), "{told}: {}", ran.err);
    }
    let allow = [&arguments[..], &["--dry-run", "--allow-tools"]].concat();
    let ran = desk.run(&allow);
    assert!(ran.status == 2 && ran.err.contains("mcp.json: it names no server"), "{}", ran.err);
    fs::write(desk.path().join("mcp.json"), r#"{"mcpServers":{"a b":{},"docs":{}}}"#).unwrap();
    let ran = desk.run(&allow);
    assert!(ran.err.contains("mcp__a_b,mcp__docs are called without asking"), "{}", ran.err);
    assert!(desk.runs().is_empty() && desk.registry.sent().is_empty());
    assert!(!desk.path().join("lastgood-bisect.jsonl").exists());
}

#[test]
fn a_command_is_filled_in_and_its_exit_status_read_as_git_does() {
    let desk = Desk::new(clients(147, 153));
    let judge = |script: &str, more: &[&str], state: &str| {
        let command = ["--", "/bin/sh", "-c", script];
        desk.run(&[&["bisect", "run", "--yes", "--state", state], &RANGE[..], more, &command].concat())
    };
    let told = desk.path().join("told");
    let script = format!(
        "echo '{{version}} {{client}} {{log}} {{home}}' >> {}; case {{version}} in *.14[2-6]) exit 0;; *.148) exit 125;; esac; exit 3",
        told.display()
    );
    let ran = judge(&script, &[], "a.jsonl");
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.starts_with("last good 2.1.146, first bad 2.1.147"), "{}", ran.out);
    for line in fs::read_to_string(&told).unwrap().lines() {
        let words: Vec<&str> = line.split(' ').collect();
        assert!(
            words[1].ends_with(&format!("/{}/{}/claude", words[0], words[1].rsplit('/').nth(1).unwrap())),
            "{line}"
        );
        assert!(words[2].ends_with("debug.log") && words[3].ends_with("/home"), "{line}");
    }
    let ran = judge("exit 127", &[], "b.jsonl");
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("the command cannot be run (exit status 127)"), "{}", ran.err);
    let ran = judge("case {version} in *.14[2-6]) exit 0;; esac; exit 126", &[], "c.jsonl");
    assert_eq!(ran.status, 0, "once it ran at the good end, it is bad: {}", ran.err);
    let ran = judge("case {version} in *.142) exit 0;; esac; exit 128", &[], "d.jsonl");
    assert!(ran.status == 2 && ran.err.contains("the command asks to stop (exit status 128)"), "{}", ran.err);
    // With a signature the log that the command left is judged, whatever its status.
    let script = "RUNS=/dev/null; export RUNS; {client} --debug-file {log}; exit 9";
    let ran = judge(script, &["--signature", "get-404-session-expiry-loop"], "e.jsonl");
    assert!(ran.out.starts_with("last good 2.1.146, first bad 2.1.147"), "{} {}", ran.out, ran.err);
}

#[test]
fn a_run_knows_nothing_of_the_user_and_leaves_nobody_behind() {
    let desk = but(142, Does::Litter);
    let script = format!("env > {}; touch \"$HOME/was-here\"; exit 0", desk.path().join("env").display());
    let ran = desk.run(
        &[&["bisect", "run", "--yes", "--state", "e.jsonl"], &RANGE[..], &["--", "/bin/sh", "-c", &script]]
            .concat(),
    );
    assert_eq!(ran.status, 1, "{}", ran.err);
    let known = desk.read("env");
    assert!(!known.contains("hunter2") && !known.contains("RUNS="), "{known}");
    let home = known.lines().find_map(|l| l.strip_prefix("HOME=")).unwrap();
    assert!(!home.starts_with(desk.path().join("home").to_str().unwrap()), "{home}");
    assert!(!std::path::Path::new(home).exists() && !desk.path().join("home/was-here").exists());
    assert_eq!(
        fs::read_dir(desk.path().join("tmp")).unwrap().count(),
        0,
        "scratch folders go with their runs"
    );

    assert_eq!(desk.search(&RANGE).status, 0);
    let left = desk.read("runs.left");
    // A zombie is dead, though nobody may have come for it yet.
    let stat = fs::read_to_string(format!("/proc/{}/stat", left.trim())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{left} outlived its run");
}

#[test]
fn a_ledger_goes_on_after_marks_cuts_and_without_results_and_is_refused_to_another_probe() {
    let desk = Desk::new(clients(147, 153));
    assert_eq!(desk.search(&RANGE).status, 0);
    let whole = desk.read("lastgood-bisect.jsonl");
    let begin = whole.lines().next().unwrap();
    let all = desk.runs().len();
    // Only begun; begun and cut; cut in the middle of the last line.
    for (text, again) in
        [(format!("{begin}\n"), all), (begin[..40].to_owned(), all), (whole[..whole.len() - 9].to_owned(), 1)]
    {
        desk.forget_runs();
        fs::write(desk.path().join("cut.jsonl"), &text).unwrap();
        let ran = desk.search(&[&RANGE[..], &["--state", "cut.jsonl"]].concat());
        assert_eq!((ran.status, desk.runs().len()), (0, again), "{text}: {}", ran.err);
    }
    fs::write(desk.path().join("begun.jsonl"), format!("{begin}\n")).unwrap();
    let ran = desk.run(&["bisect", "status", "--ledger", "begun.jsonl"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.out.contains("no version is decided") && ran.out.contains("to run next  2.1.142"),
        "{}",
        ran.out
    );

    let ran = desk.run(&[&SEARCH[..], &RANGE].concat());
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("it holds the results of another probe"), "{}", ran.err);

    // A mark counts as an answer, and is known to be one.
    desk.forget_runs();
    assert_eq!(
        desk.run(&["bisect", "mark", "2.1.146", "skip", "--because", "no", "--ledger", "m.jsonl"]).status,
        1
    );
    let ran = desk.search(&[&RANGE[..], &["--state", "m.jsonl"], &AS_JSON].concat());
    assert_eq!(ran.status, 3, "{}", ran.err);
    assert!(!desk.runs().contains(&"2.1.146".to_owned()));
    assert_eq!(document(&ran)["boundaries"][0]["candidates"], serde_json::json!(["2.1.146", "2.1.147"]));
}

#[test]
fn a_full_disk_is_told_and_what_was_run_is_kept() {
    let desk = Desk::new(clients(147, 153));
    let all: Vec<String> = (142..=150).map(|p| format!("2.1.{p}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(desk.run(&[&["fetch"], &all[..]].concat()).status, 0);
    let probe = "case {version} in *.14[2-6]) exit 0;; esac; exit 1";
    let arguments = [&["bisect", "run", "--yes"], &RANGE[..], &["--", "/bin/sh", "-c", probe]].concat();
    // No file may be larger than a block or two: that stands for a disk on which there is room for no more.
    let limited = |blocks: &str| {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let words = [&["-c", script.as_str(), env!("CARGO_BIN_EXE_lastgood")], &arguments[..]].concat();
        crate::fake::ended(desk.command("/bin/sh", &words, &[]).spawn().unwrap())
    };
    let ran = limited("1");
    assert_eq!(ran.status, 2, "{}", ran.err);
    assert!(
        ran.err.contains("lastgood-bisect.jsonl: ") && ran.err.contains("make room or choose another place"),
        "{}",
        ran.err
    );
    let kept = desk.read("lastgood-bisect.jsonl");
    assert!(kept.ends_with("}\n") && kept.lines().count() >= 2, "{kept}");
    let ran = desk.run(&arguments);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(desk.read("lastgood-bisect.jsonl").starts_with(&kept));
}
