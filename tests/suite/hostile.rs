//! A log that tries to drive the reader's terminal, page or build: nothing of it gets through, in any format.

use std::fs;

use lastgood::render::FORMATS;

use crate::program::{project, run_in};

/// What each planted piece would do, and the bytes by which it would do it.
const ATTACKS: [(&str, &str); 9] = [
    ("colour and cursor (CSI)", "\u{1b}[2J\u{1b}[31m"),
    ("a link that lies (OSC 8)", "\u{1b}]8;;http://evil.example/\u{7}click\u{1b}]8;;\u{7}"),
    ("the clipboard (OSC 52)", "\u{1b}]52;c;cm0gLXJmIH4=\u{7}"),
    ("the window's title (OSC 0)", "\u{1b}]0;owned\u{1b}\\"),
    ("controls of eight bits", "\u{9b}31m\u{9d}52;c;eA==\u{9c}"),
    ("text that runs backwards", "\u{202e}gol.doog\u{202c}\u{2066}x\u{2069}"),
    ("hidden letters", "ad\u{200b}min\u{e0041}\u{feff}"),
    ("HTML", "<script>alert(1)</script><img src=x onerror=alert(1)>"),
    ("a workflow command", "::set-output name=a::b"),
];

/// Two logs in which every attack stands in a server's name, an error and an unknown line.
fn planted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bad = fs::read_to_string(project().join("samples/get-404/bad.log")).unwrap();
    let good = fs::read_to_string(project().join("samples/get-404/good.log")).unwrap();
    let evil: String = ATTACKS.iter().map(|(_, bytes)| *bytes).collect();
    let name = |log: &str| log.replace("my-http-mcp", &format!("my{evil}"));
    let message = |log: &str| {
        let stamp = "2026-11-23T00:23:21.100Z [ERROR] MCP server";
        let lost = format!("{stamp} \"my{evil}\": Connection error: {evil}\n");
        format!("{log}{lost}{stamp} \"my{evil}\": never seen before {evil}\n{evil}\n")
    };
    fs::write(folder.path().join("good.log"), name(&good)).unwrap();
    fs::write(folder.path().join("bad.log"), message(&name(&bad))).unwrap();
    folder
}

/// Characters that no output may hold: all controls but the line break, and what is hidden or changes direction.
fn is_dangerous(c: char) -> bool {
    let hidden = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}');
    (c.is_control() && c != '\n')
        || hidden
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e0fff}')
}

#[test]
fn no_format_of_any_verb_passes_on_what_drives_or_deceives() {
    let folder = planted();
    for verb in [
        vec!["diff", "good.log", "bad.log", "--all"],
        vec!["diagnose", "bad.log"],
        vec!["timeline", "bad.log"],
    ] {
        for format in FORMATS {
            let ran = run_in(folder.path(), &[verb.as_slice(), &["--format", format.name]].concat());
            assert!(ran.status < 2, "{verb:?} as {}: {}", format.name, ran.err);
            let found = ran.out.chars().chain(ran.err.chars()).find(|c| is_dangerous(*c));
            assert_eq!(found, None, "{verb:?} as {}", format.name);
            assert!(!ran.out.is_empty());
        }
    }
}

#[test]
fn colour_on_a_terminal_is_ours_alone() {
    let folder = planted();
    let ran = run_in(folder.path(), &["diff", "good.log", "bad.log", "--color", "always"]);
    assert!(ran.out.contains('\u{1b}'));
    for part in ran.out.split('\u{1b}').skip(1) {
        let colour = part.strip_prefix('[').and_then(|rest| rest.split_once('m')).map(|(colour, _)| colour);
        assert!(colour.is_some_and(|it| it.chars().all(|c| c.is_ascii_digit() || c == ';')), "{part:?}");
    }
}

#[test]
fn no_log_starts_a_command_of_a_workflow_or_an_element_of_a_page() {
    let folder = planted();
    for verb in [vec!["diff", "good.log", "bad.log"], vec!["diagnose", "bad.log"]] {
        let ran = run_in(folder.path(), &[verb.as_slice(), &["--format", "github"]].concat());
        let ours = ["::error ", "::warning ", "::notice "];
        assert!(ran.out.lines().all(|line| ours.iter().any(|it| line.starts_with(it))), "{}", ran.out);
        for format in ["html", "junit"] {
            let ran = run_in(folder.path(), &[verb.as_slice(), &["--format", format]].concat());
            assert!(!ran.out.contains("<script>alert") && !ran.out.contains("<img"), "{}", ran.out);
        }
    }
}
