//! Every form in which people have a log tells the story that the log tells: the same findings on the same servers, the
//! same outcomes, and line numbers of the input as it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::packed::{archive, gzip, zstd};
use crate::program::{json_in, project, run_in, run_with, shared};

/// What a diagnosis says of a log.
#[derive(Debug, PartialEq, Eq)]
struct Story {
    /// Signature, server and evidence lines.
    findings: BTreeSet<(String, String, Vec<u64>)>,
    /// Server and outcome.
    outcomes: BTreeMap<String, String>,
}

impl Story {
    fn of(folder: &Path, arguments: &[&str]) -> Self {
        Self::told(&json_in(folder, &[&["diagnose"], arguments].concat()))
    }

    fn told(document: &Value) -> Self {
        let text = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_owned();
        let list = |v: &Value, key: &str| v[key].as_array().unwrap().clone();
        let lines = |f: &Value| list(f, "evidence").iter().map(|e| e["line"].as_u64().unwrap()).collect();
        let inputs = list(document, "inputs");
        let servers = inputs.iter().flat_map(|i| list(i, "servers"));
        Self {
            findings: list(document, "findings")
                .iter()
                .map(|f| (text(f, "id"), text(f, "server"), lines(f)))
                .collect(),
            outcomes: servers.map(|s| (text(&s, "name"), text(&s, "outcome"))).collect(),
        }
    }

    /// The same story, told on other lines.
    fn on(&self, line: impl Fn(u64) -> u64) -> Self {
        let moved = |lines: &Vec<u64>| lines.iter().map(|n| line(*n)).collect();
        let findings = self.findings.iter().map(|(id, s, lines)| (id.clone(), s.clone(), moved(lines)));
        Self { findings: findings.collect(), outcomes: self.outcomes.clone() }
    }

    /// The same story without its lines.
    fn plot(&self) -> (BTreeSet<(&str, &str)>, &BTreeMap<String, String>) {
        (self.findings.iter().map(|(id, s, _)| (id.as_str(), s.as_str())).collect(), &self.outcomes)
    }
}

/// Real logs: of all that is told apart, and of every age where the shared ones are at hand.
fn logs() -> Vec<PathBuf> {
    let sample = |name: &str| project().join("samples").join(name).join("bad.log");
    let mut all: Vec<PathBuf> =
        ["get-404", "crash-before-initialize", "get-404-among-others"].map(sample).to_vec();
    if let Some(corpus) = shared("corpus") {
        let more = [
            "mixed/2.0.30.log",
            "mixed/1.0.100.terminal.log",
            "http-expire/2.1.147.log",
            "stdio-stderr/2.1.147.log",
        ];
        all.extend(more.map(|log| corpus.join(log)));
    }
    all
}

/// A form: what it makes of a log, and where a line stands in it.
struct Form {
    name: &'static str,
    make: fn(&str) -> Vec<u8>,
    line: fn(u64) -> u64,
}

const fn form(name: &'static str, make: fn(&str) -> Vec<u8>) -> Form {
    Form { name, make, line: |n| n }
}

fn each(log: &str, line: impl Fn(usize, &str) -> String) -> Vec<u8> {
    log.lines().enumerate().map(|(i, l)| line(i + 1, l) + "\n").collect::<String>().into_bytes()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
}

/// The clock that a line begins with, and the rest.
fn clock(line: &str) -> Option<(&str, &str)> {
    line.split_once("Z ").filter(|(clock, _)| clock.len() == 23 && clock.as_bytes()[10] == b'T')
}

/// Every so many lines something that the client draws on its screen.
fn with_screen(log: &str) -> Vec<u8> {
    let screen = "╭─────────────────────╮\n│ > Try \"fix errors\"  │\n╰─────────────────────╯\n";
    each(log, |n, l| if n % 15 == 8 { format!("{l}\n{}", screen.trim_end()) } else { l.to_owned() })
}

fn framed(log: &str) -> Vec<u8> {
    let inside = each(log, |_, l| format!("│ {l:200} │"));
    let side = "─".repeat(202);
    [format!("╭{side}╮\n").as_bytes(), &inside, format!("╰{side}╯\n").as_bytes()].concat()
}

const FORMS: &[Form] = &[
    form("as it is", |log| log.as_bytes().to_vec()),
    form("line ends of Windows", |log| log.replace('\n', "\r\n").into_bytes()),
    form("UTF-16 as PowerShell writes it", |log| utf16(&log.replace('\n', "\r\n"), u16::to_le_bytes)),
    form("UTF-16, big end first", |log| utf16(log, u16::to_be_bytes)),
    form("UTF-8 with a mark", |log| format!("\u{feff}{log}").into_bytes()),
    form("padding of a killed process", |log| [log.as_bytes(), &[0; 4096]].concat()),
    form("padding in the middle", |log| {
        each(log, |n, l| if n % 40 == 9 { format!("{}{l}", "\0".repeat(300)) } else { l.to_owned() })
    }),
    form("colours of a terminal", |log| {
        each(log, |_, l| {
            format!("\u{1b}[2m{}\u{1b}[0m\u{1b}[K", l.replace("[DEBUG]", "\u{1b}[34m[DEBUG]\u{1b}[0m"))
        })
    }),
    form("a diff", |log| each(log, |_, l| format!("+ {l}"))),
    form("the other side of a diff", |log| each(log, |_, l| format!("-{l}"))),
    form("bullets", |log| each(log, |_, l| format!("  • {l}"))),
    form("a quote", |log| each(log, |_, l| format!("> {l}"))),
    form("a quote in a quote", |log| each(log, |_, l| format!("> > {l}"))),
    form("`Line 147: `", |log| each(log, |n, l| format!("Line {n}: {l}"))),
    form("grep -n", |log| each(log, |n, l| format!("{n}:{l}"))),
    form("grep -Hn", |log| each(log, |n, l| format!("debug/x.txt:{n}:{l}"))),
    form("cat -n", |log| each(log, |n, l| format!("{n:6}\t{l}"))),
    form("indented code", |log| each(log, |_, l| format!("    {l}"))),
    form("the time alone", |log| {
        each(log, |_, l| clock(l).map_or(l.to_owned(), |(c, rest)| format!("{}Z {rest}", &c[11..])))
    }),
    form("no clock", |log| each(log, |_, l| clock(l).map_or(l, |(_, rest)| rest).to_owned())),
    Form { name: "a frame", make: framed, line: |n| n + 1 },
    Form { name: "among the client's screen", make: with_screen, line: |n| n + 3 * ((n + 6) / 15) },
    Form { name: "blank lines between", make: |log| each(log, |_, l| format!("{l}\n")), line: |n| 2 * n - 1 },
    Form { name: "entries run together", make: |log| log.replace('\n', " ").into_bytes(), line: |_| 1 },
    Form {
        name: "fenced in an issue",
        make: |log| format!("My tools are gone.\n\n```\n{log}```\n\nPlease help!\n").into_bytes(),
        line: |n| n + 3,
    },
];

#[test]
fn every_form_tells_the_story_of_the_log_on_its_own_lines() {
    let folder = tempfile::tempdir().unwrap();
    for log in logs() {
        let text = fs::read_to_string(&log).unwrap();
        let plain = Story::of(folder.path(), &[log.to_str().unwrap()]);
        assert!(!plain.outcomes.is_empty());
        for Form { name, make, line } in FORMS {
            fs::write(folder.path().join("form"), make(&text)).unwrap();
            assert_eq!(Story::of(folder.path(), &["form"]), plain.on(line), "{}: {name}", log.display());
        }
    }
}

#[test]
fn a_quoted_message_tells_the_same_with_its_line_breaks_undone_or_cut_in_the_middle() {
    let Some(log) = shared("corpus/stdio-badschema/2.1.250.log") else { return };
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(&log).unwrap();
    let plain = Story::of(folder.path(), &[log.to_str().unwrap()]);
    let quoted = |l: &str| l.contains("] \"MCP server \\\"");
    assert!(text.lines().any(quoted), "no message of this log is quoted");
    let forms: [fn(&str) -> String; 3] = [
        |l| l.replace("\\n", "\n"),
        |l| l.replace("\\n", "\n").trim_end_matches('"').to_owned(),
        |l| format!("{}\n{}", &l[..l.len() / 2], &l[l.len() / 2..]),
    ];
    for (at, change) in forms.iter().enumerate() {
        let form = each(&text, |_, l| if quoted(l) { change(l) } else { l.to_owned() });
        fs::write(folder.path().join("form"), form).unwrap();
        assert_eq!(Story::of(folder.path(), &["form"]).plot(), plain.plot(), "form {at}");
    }
}

#[test]
fn where_lines_were_left_out_the_outcome_stays_and_no_finding_is_added() {
    let folder = tempfile::tempdir().unwrap();
    for log in logs() {
        let text = fs::read_to_string(&log).unwrap();
        let plain = Story::of(folder.path(), &[log.to_str().unwrap()]);
        for mark in ["... 15 seconds pass (user types prompt) ...", "[...]", "--- 120 lines omitted ---"] {
            let form = each(&text, |n, l| if n % 30 == 0 { format!("{l}\n{mark}") } else { l.to_owned() });
            fs::write(folder.path().join("form"), form).unwrap();
            let story = Story::of(folder.path(), &["form"]);
            assert_eq!(story.outcomes, plain.outcomes, "{}: {mark}", log.display());
            assert!(story.plot().0.is_subset(&plain.plot().0), "{}: {mark}", log.display());
        }
    }
}

/// A folder of the per-server logs of a real run, one folder a server as newer clients keep them.
fn cache(case: &str, change: impl Fn(&[u8]) -> Vec<u8>, ending: &str) -> Option<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(shared(&format!("corpus/{case}.cache"))?).unwrap() {
        let path = entry.unwrap().path();
        let (stem, own) = path.file_name()?.to_str()?.rsplit_once('.')?;
        let (server, time) = stem.rsplit_once("--")?;
        let inside = folder.path().join("p").join(server);
        fs::create_dir_all(&inside).unwrap();
        let ending = if ending.is_empty() { own } else { ending };
        fs::write(inside.join(format!("{time}.{ending}")), change(&fs::read(&path).unwrap())).unwrap();
    }
    Some(folder)
}

/// The entries of a per-server log of one object a line as one array, as older clients wrote them.
fn as_array(log: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(log).into_owned();
    let entries: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    serde_json::to_vec_pretty(&entries).unwrap()
}

#[test]
fn the_logs_that_the_client_keeps_of_each_server_tell_what_its_debug_log_tells() {
    let Some(corpus) = shared("corpus") else { return };
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(&corpus).max_depth(2).into_iter().map(Result::unwrap) {
        let name = entry.path().strip_prefix(&corpus).unwrap().to_str().unwrap();
        let Some(case) = name.strip_suffix(".cache") else { continue };
        let debug = [format!("{case}.log"), format!("{case}.terminal.log")];
        let Some(debug) = debug.iter().find(|log| corpus.join(log).exists()) else { continue };
        let (kept, plain) = (Story::of(&corpus, &[name]), Story::of(&corpus, &[debug]));
        assert_eq!(kept.plot(), plain.plot(), "{case}");
        seen += 1;
    }
    assert!(seen > 40, "only {seen}");
}

#[test]
fn the_logs_of_all_servers_are_one_log_in_every_form_of_them() {
    let padded = |log: &[u8]| {
        [&String::from_utf8_lossy(log).replace('\n', "\n\0\0\0").into_bytes()[..], &[0; 900]].concat()
    };
    for case in ["mixed/2.1.147", "mixed/1.0.100", "http-expire/1.0.100"] {
        let Some(plain) = cache(case, <[u8]>::to_vec, "") else { return };
        let story = Story::of(plain.path(), &["p"]);
        let again = |form: &str, folder: Option<TempDir>| {
            let document = json_in(folder.unwrap().path(), &["diagnose", "p"]);
            assert_eq!(Story::told(&document), story, "{case}: {form}");
            assert_eq!(document["inputs"].as_array().unwrap().len(), 1, "{case}: {form}");
        };
        again("padded", cache(case, padded, ""));
        again(
            "with the line ends of Windows",
            cache(case, |l| String::from_utf8_lossy(l).replace('\n', "\r\n").into_bytes(), ""),
        );
        again("as UTF-16", cache(case, |l| utf16(&String::from_utf8_lossy(l), u16::to_le_bytes), ""));
        again("packed", cache(case, gzip, "jsonl.gz"));
        if case.contains("2.1") {
            let folder = cache(case, as_array, "txt").unwrap();
            assert_eq!(Story::of(folder.path(), &["p"]).plot(), story.plot(), "{case}: as arrays");
            let folder = cache(case, |l| as_array(l)[..as_array(l).len() - 3].to_vec(), "txt").unwrap();
            assert_eq!(Story::of(folder.path(), &["p"]).plot(), story.plot(), "{case}: as arrays cut off");
        }
    }
}

#[test]
fn a_log_is_unpacked_by_its_content_whatever_it_is_called() {
    let log = project().join("samples/get-404/bad.log");
    let (text, plain) = (fs::read(&log).unwrap(), Story::of(project(), &[log.to_str().unwrap()]));
    let half = text.len() / 2;
    let folder = tempfile::tempdir().unwrap();
    let wide = utf16(&String::from_utf8_lossy(&text), u16::to_le_bytes);
    for (name, bytes) in [
        ("gzip.log", gzip(&text)),
        ("gzip.zst", gzip(&text)),
        ("two-members.txt", [gzip(&text[..half]), gzip(&text[half..])].concat()),
        ("zstd.gz", zstd(&text)),
        ("zip.log", archive(&[("debug.txt", &text)])),
        ("zip.gz", archive(&[("__MACOSX/debug.txt", b"x"), ("a/b/debug.txt", &text), ("p.png", b"x")])),
        ("wide.zip", archive(&[("debug.log.gz", &gzip(&wide))])),
    ] {
        fs::write(folder.path().join(name), &bytes).unwrap();
        assert_eq!(Story::of(folder.path(), &[name]), plain, "{name}");
    }
}

/// A good log beside which something is wrong.
fn beside(name: &str, bytes: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(project().join("samples/get-404/bad.log"), folder.path().join("good.log")).unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    folder
}

/// Reads both, and gives what was said of the one that cannot be read.
fn refused(name: &str, bytes: &[u8]) -> String {
    let folder = beside(name, bytes);
    let ran = run_in(folder.path(), &["diagnose", name, "good.log", "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.status, document["inputs"].as_array().unwrap().len()), (2, 1), "{name}");
    assert!(!Story::told(&document).findings.is_empty(), "{name}: the other log is not read");
    assert_eq!(ran.err.lines().count(), 1, "{name}: {}", ran.err);
    ran.err
}

#[test]
fn what_cannot_be_read_is_told_with_a_remedy_and_the_rest_is_read() {
    let log = fs::read(project().join("samples/get-404/bad.log")).unwrap();
    let zip = archive(&[("a.log", &log)]);
    let mut locked = zip.clone();
    let directory = zip.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    locked[directory + 8] = 1;
    let tar = [&[b'a'; 257][..], b"ustar", &[0; 250]].concat();
    let desktop = "2025-04-18T12:26:40.161Z [memory] [info] Message from client: {\"id\":0}\n";
    let transcript = "{\"type\":\"user\",\"message\":{},\"uuid\":\"1\",\"parentUuid\":null}\n";
    for (name, bytes, wanted) in [
        ("bomb.gz", gzip(&vec![0; 64 << 20]), "looks like a bomb; if you trust it, unpack it yourself"),
        ("bomb.zip", archive(&[("a.log", &vec![0; 64 << 20])]), "looks like a bomb; if you trust it"),
        ("out.zip", archive(&[("a.log", b"x"), ("../../x.log", b"x")]), "leads out of the archive; do not"),
        ("locked.zip", locked, "it is encrypted; unpack it with its password"),
        ("cut.gz", gzip(&log)[..900].to_vec(), "the gzip data is cut off; fetch the file again"),
        ("cut.zst", zstd(&log)[..900].to_vec(), "the Zstandard data is cut off; fetch the file again"),
        ("cut.zip", zip[..900].to_vec(), "the zip archive is damaged: it has no directory; fetch it again"),
        ("twice.zip", archive(&[("a.log", &zip)]), "it is an archive in an archive; take the inner one out"),
        ("tar.log", gzip(&tar), "it is a packed tar archive; unpack it"),
        ("seven.log", b"7z\xbc\xaf\x27\x1c".to_vec(), "it is packed with 7-Zip, which is not unpacked here"),
        ("empty.log", Vec::new(), "the file is empty; check that the log was written"),
        ("picture.log", b"\x89PNG\r\n\x1a\n\0\x01\x02\x03".repeat(50), "it is no text but binary data; give"),
        (
            "desktop.log",
            desktop.repeat(3).into_bytes(),
            "it is a log of Claude Desktop, which is another program",
        ),
        ("page.md", format!("My log:\n\n```\n{desktop}```\n").into_bytes(), "it is a log of Claude Desktop"),
        ("talk.jsonl", transcript.repeat(3).into_bytes(), "it is the transcript of a session"),
    ] {
        let said = refused(name, &bytes);
        assert!(said.contains(wanted), "{name}: {said}");
    }
    for gone in ["none.log", "*.none", "@none.list"] {
        let ran = run_in(beside("x", b"x").path(), &["diagnose", gone, "good.log", "--format", "json"]);
        assert!(
            ran.status == 2 && !ran.out.is_empty() && ran.err.contains("; check the path"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn in_a_folder_what_is_broken_is_told_and_the_rest_is_read() {
    let folder = beside("broken.zip", &archive(&[("/etc/x.log", b"x")]));
    let ran = run_in(folder.path(), &["diagnose", ".", "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.status, document["inputs"].as_array().unwrap().len()), (2, 1));
    assert!(ran.err.contains("broken.zip: its entry `/etc/x.log` leads out"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn links_that_lead_round_or_nowhere_end_the_walk_of_no_folder() {
    let folder = beside("b.log", b"[DEBUG] MCP server \"x\": a\n");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    link("..", "in/up");
    link("self.log", "self.log");
    link("nowhere.log", "dangling.log");
    link("../good.log", "in/latest.log");
    let document = json_in(folder.path(), &["diagnose", "."]);
    let paths: Vec<&str> =
        document["inputs"].as_array().unwrap().iter().map(|i| i["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["./b.log", "./good.log"]);
}

#[test]
fn folders_globs_lists_and_standard_input_name_the_same_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::read(project().join("samples/get-404/bad.log")).unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    fs::write(folder.path().join("logs/a.log"), &log).unwrap();
    fs::write(folder.path().join("list"), "# what I have\nlogs/*.log\n").unwrap();
    let plain = Story::of(folder.path(), &["logs/a.log"]);
    for path in ["logs", "logs/", "logs/*.log", "**/a.log", "log[s]/a.*", "@list"] {
        assert_eq!(Story::of(folder.path(), &[path]), plain, "{path}");
    }
    for packed in [log.clone(), gzip(&log), zstd(&log), archive(&[("a.log", &log)])] {
        let ran = run_with::<&str>(folder.path(), &["diagnose", "-", "--format", "json"], &[], &packed);
        assert_eq!(Story::told(&serde_json::from_str(&ran.out).unwrap()), plain);
    }
}

#[test]
fn the_newest_log_is_found_where_each_system_keeps_it_and_named() {
    let log = fs::read(project().join("samples/get-404/bad.log")).unwrap();
    let entries = "{\"debug\":\"Starting connection with timeout of 30000ms\"}\n";
    let run = "p/mcp-logs-files/2026-08-11T06-19-12-114Z.jsonl";
    for (place, variable, bytes) in [
        (".claude/debug/06729dd8.txt".to_owned(), "HOME", log.as_slice()),
        (".claude/debug/06729dd8.txt".to_owned(), "USERPROFILE", &log),
        ("mine/a.txt".to_owned(), "CLAUDE_CODE_DEBUG_LOGS_DIR", &log),
        (format!(".cache/claude-cli-nodejs/{run}"), "HOME", entries.as_bytes()),
        (format!("Library/Caches/claude-cli-nodejs/{run}"), "HOME", entries.as_bytes()),
        (format!("AppData/claude-cli-nodejs/Cache/{run}"), "LOCALAPPDATA", entries.as_bytes()),
    ] {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(&place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, bytes).unwrap();
        let told = match variable {
            "HOME" | "USERPROFILE" => home.path().to_owned(),
            _ => home.path().join(place.split('/').next().unwrap()),
        };
        for verb in ["diagnose", "timeline"] {
            let ran = run_with(home.path(), &[verb, "--latest"], &[(variable, &told)], b"");
            assert!(ran.status < 2, "{place}: {}", ran.err);
            let file = place.rsplit('/').next().unwrap();
            let said = ran.err.contains("--latest: ") && ran.err.contains(file);
            assert!(said && ran.err.contains("newest"), "{place}: {}", ran.err);
        }
    }
    let home = tempfile::tempdir().unwrap();
    let ran = run_with(home.path(), &["diagnose", "--latest"], &[("HOME", home.path())], b"");
    assert!(ran.status == 2 && ran.err.contains("no log in ~/.claude/debug"), "{}", ran.err);
}

#[test]
fn the_page_of_the_seed_is_compared_from_a_file_and_from_standard_input_and_read_untold() {
    let Some(issues) = shared("issues") else { return };
    let page = fs::read(issues.join("62198-page.txt")).unwrap();
    for path in ["62198-page.txt", "-"] {
        let arguments = ["diff", "--pasted", path, "--format", "json"];
        let ran = run_with::<&str>(&issues, &arguments, &[], &page);
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((ran.status, document["verdict"].as_str()), (1, Some("regressed")));
        assert_eq!(document["good"]["client_version"]["value"], "2.1.146");
        assert_eq!(document["bad"]["client_version"]["value"], "2.1.147");
        assert_eq!(document["findings"][0]["id"], "get-404-session-expiry-loop");
        assert!(ran.err.contains("good is 2.1.146") && ran.err.contains("4 more are copies"), "{}", ran.err);
        let said = run_with::<&str>(&issues, &arguments[..3], &[], &page).out;
        let words = ["regressed", "get-404-session-expiry-loop", "2.1.146", "2.1.147"];
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    let story = Story::of(&issues, &["62198-page.txt"]);
    assert!(story.plot().0.contains(&("get-404-session-expiry-loop", "my-http-mcp")));
    let lives = json_in(&issues, &["timeline", "62198-page.txt"]);
    assert_eq!(
        (lives["input"]["form"].as_str(), lives["input"]["mcp_lines"].as_u64()),
        (Some("pasted"), Some(15))
    );
}
