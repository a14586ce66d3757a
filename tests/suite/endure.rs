//! What the world does to files while they are read, and what threads could do to a report: nothing of it shows.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::program::{Ran, project, run_in, run_with};

fn sample(name: &str) -> String {
    fs::read_to_string(project().join("samples").join(name)).unwrap()
}

/// A folder of logs, some with findings, some with nothing to find, one that is none.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..24 {
        let name = if i % 3 == 0 { "get-404/bad.log" } else { "get-404/good.log" };
        fs::write(folder.path().join(format!("{i:02}.log")), sample(name)).unwrap();
    }
    fs::write(folder.path().join("07b.log"), b"\x7fELF\x02\x01\x01\0\0\0\0\0\x03\0>\0\x01\0\0\0").unwrap();
    folder
}

fn on_threads(folder: &Path, threads: &str, arguments: &[&str]) -> Ran {
    run_with(folder, arguments, &[("LASTGOOD_THREADS", threads)], b"")
}

#[test]
fn the_number_of_threads_is_nowhere_to_be_seen() {
    let folder = folder();
    let long = sample("get-404-among-others/bad.log").repeat(40);
    fs::write(folder.path().join("long.txt"), long).unwrap();
    for arguments in [
        &["diagnose", "."][..],
        &["diagnose", ".", "--format", "json"],
        &["diagnose", "long.txt", "--format", "json"],
        &["timeline", "long.txt", "--format", "json"],
    ] {
        let alone = on_threads(folder.path(), "1", arguments);
        assert!(!alone.out.is_empty(), "{}", alone.err);
        for threads in ["2", "3", "7"] {
            let many = on_threads(folder.path(), threads, arguments);
            assert_eq!((&many.out, &many.err, many.status), (&alone.out, &alone.err, alone.status));
        }
    }
}

#[test]
fn a_long_log_in_parts_is_told_as_in_one_go() {
    let folder = tempfile::tempdir().unwrap();
    let samples =
        ["get-404/bad.log", "get-404/good.log", "server-down/bad.log", "tool-name-too-long/bad.log"];
    let turn: String = samples.into_iter().map(sample).collect();
    fs::write(folder.path().join("long.log"), turn.repeat((13 << 20) / turn.len())).unwrap();
    let alone = on_threads(folder.path(), "1", &["diagnose", "long.log"]);
    assert!(alone.out.contains("client sessions"), "{}", alone.err);
    for threads in ["2", "3"] {
        let parts = on_threads(folder.path(), threads, &["diagnose", "long.log"]);
        assert_eq!((&parts.out, &parts.err, parts.status), (&alone.out, &alone.err, alone.status));
    }
}

#[test]
fn of_many_logs_with_secrets_any_number_of_threads_prints_the_same() {
    let (folder, log) = (tempfile::tempdir().unwrap(), sample("server-down/bad.log"));
    for i in 0..300 {
        // Two logs each name the same host.
        let said = format!("errno: none) http://gw{}.acme.example/x", i % 150);
        let log = log.replace("errno: none)", &said);
        fs::write(folder.path().join(format!("{i:03}.log")), log).unwrap();
    }
    for format in ["terminal", "json"] {
        let arguments = ["diagnose", ".", "--format", format, "--redactions"];
        let alone = on_threads(folder.path(), "1", &arguments);
        assert!(alone.out.contains("<host-150>") && !alone.out.contains("<host-151>"), "{}", alone.err);
        assert!(!alone.out.contains("acme") && alone.err.contains("150 values"), "{}", alone.err);
        for threads in ["2", "5"] {
            let many = on_threads(folder.path(), threads, &arguments);
            assert!(many.out == alone.out, "{format} on {threads} threads");
            assert_eq!((&many.err, many.status), (&alone.err, alone.status));
        }
    }
}

#[test]
fn a_loop_of_links_in_a_folder_ends() {
    let folder = folder();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        std::os::unix::fs::symlink("self", folder.path().join("self")).unwrap();
    }
    let ran = run_in(folder.path(), &["diagnose", ".", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["inputs"].as_array().unwrap().len(), 24, "each log once: {}", ran.err);
}

#[test]
fn one_bad_file_of_many_is_one_row_and_the_rest_goes_on() {
    let folder = folder();
    let ran =
        run_in(folder.path(), &["diagnose", "00.log", "gone.log", "07b.log", "01.log", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let paths = |key: &str| {
        let rows = document[key].as_array().unwrap().iter();
        rows.map(|r| r["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths("inputs"), ["00.log", "01.log"]);
    assert_eq!(paths("errors"), ["gone.log", "07b.log"], "in the order in which they were given");
    assert_eq!(ran.status, 2);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_one_row() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let locked = folder.path().join("05.log");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&locked).is_ok() {
        eprintln!("SKIPPED: this user may read everything, so nothing can be forbidden");
        return;
    }
    let ran = run_in(folder.path(), &["diagnose", ".", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["inputs"].as_array().unwrap().len(), 23);
    assert!(ran.err.contains("05.log"), "{}", ran.err);
}

#[test]
fn a_file_that_grows_and_shrinks_while_it_is_read_is_read_to_some_end() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("busy.log"), sample("get-404/bad.log"));
    fs::write(&path, log.repeat(50)).unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = OpenOptions::new().append(true).open(&path).unwrap();
            for turn in 0.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                file.write_all(log.as_bytes()).unwrap();
                if turn % 40 == 39 {
                    file.set_len(log.len() as u64 / 2).unwrap();
                }
            }
        });
        for _ in 0..6 {
            let ran = run_in(folder.path(), &["diagnose", "busy.log"]);
            assert!(ran.status < 2 && !ran.out.is_empty(), "{}", ran.err);
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn the_order_of_options_that_mean_the_same_changes_nothing() {
    let folder = folder();
    let one = ["diagnose", "00.log", "--server", "a", "--server", "my-http-mcp", "--format", "json"];
    let other = ["diagnose", "--format", "json", "--server", "my-http-mcp", "--server", "a", "00.log"];
    assert_eq!(run_in(folder.path(), &one).out, run_in(folder.path(), &other).out);
}

#[test]
fn the_line_breaks_of_windows_change_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let log = sample("get-404/bad.log");
    fs::write(folder.path().join("a.log"), &log).unwrap();
    fs::write(folder.path().join("b.log"), log.replace('\n', "\r\n")).unwrap();
    let findings = |name: &str| {
        let ran = run_in(folder.path(), &["diagnose", name, "--format", "json"]);
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()["findings"].to_string()
    };
    assert_eq!(findings("a.log"), findings("b.log"));
    assert!(findings("a.log").len() > 2);
}
