//! The architecture: a room imports only rooms to its left, and a third-party crate stays in its rooms.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// The rooms in the order of the data's way. Each may import those before it, less what [`FORBIDDEN`] says.
const ROOMS: [&str; 16] = [
    "error",
    "share",
    "source",
    "parse",
    "normalize",
    "pattern",
    "classify",
    "timeline",
    "align",
    "diagnose",
    "bisect",
    "gateway",
    "report",
    "redact",
    "render",
    "cli",
];

/// What a room may not import although it lies to its left.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    ("diagnose", &["align"]),
    (
        "render",
        &[
            "error",
            "source",
            "parse",
            "normalize",
            "pattern",
            "classify",
            "timeline",
            "align",
            "diagnose",
            "bisect",
            "gateway",
            "redact",
        ],
    ),
];

/// The rooms in which a third-party crate may be used; one that is not named here may be used nowhere.
const CRATES: [(&str, &[&str]); 33] = [
    ("aho_corasick", &["pattern", "redact"]),
    ("base64", &["bisect", "render", "cli"]),
    ("bstr", &["parse", "classify", "normalize", "align"]),
    ("clap", &["cli"]),
    ("flate2", &["source", "bisect"]),
    ("http_body_util", &["gateway"]),
    ("hyper", &["gateway"]),
    ("hyper_util", &["gateway"]),
    ("globset", &["source"]),
    ("memchr", &["source", "parse", "pattern", "classify", "normalize", "align", "diagnose"]),
    ("minisign_verify", &["source"]),
    ("owo_colors", &["render"]),
    ("rcgen", &["gateway"]),
    ("regex", &["diagnose", "redact"]),
    ("regex_automata", &["diagnose", "redact"]),
    ("rustix", &["bisect"]),
    ("rustls", &["gateway"]),
    ("rustls_native_certs", &["source"]),
    ("ruzstd", &["source"]),
    ("semver", &["pattern", "diagnose", "bisect", "gateway", "report", "cli"]),
    ("serde", &["parse", "pattern", "timeline", "diagnose", "bisect", "gateway", "report"]),
    (
        "serde_json",
        &[
            "parse", "pattern", "classify", "timeline", "diagnose", "bisect", "gateway", "report", "redact",
            "render", "cli",
        ],
    ),
    ("sha2", &["source", "pattern", "bisect", "render"]),
    ("similar", &["align"]),
    ("tar", &["source", "bisect"]),
    ("tempfile", &["bisect"]),
    ("terminal_size", &["cli"]),
    ("tokio", &["gateway"]),
    ("tokio_rustls", &["gateway"]),
    ("unicode_width", &["render"]),
    ("ureq", &["source", "bisect", "gateway"]),
    ("walkdir", &["source"]),
    ("wide", &["parse"]),
];

/// Room of a file, and its text without the tests at its bottom.
fn sources() -> Vec<(String, String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    for entry in WalkDir::new(&src).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let inside = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        let room = inside.split(['/', '.']).next().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
        out.push((room, inside, code));
    }
    out
}

/// Every `crate::ROOM` in code, comments left out.
fn rooms_named(code: &str) -> Vec<String> {
    let lines = code.lines().map(str::trim_start).filter(|l| !l.starts_with("//"));
    let mut found = Vec::new();
    for line in lines {
        for (at, _) in line.match_indices("crate::") {
            let name: String =
                line[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(name);
        }
    }
    found
}

#[test]
fn a_room_imports_only_rooms_to_its_left() {
    let place: BTreeMap<&str, usize> = ROOMS.iter().enumerate().map(|(i, r)| (*r, i)).collect();
    let mut wrong = Vec::new();
    for (room, file, code) in sources() {
        if matches!(room.as_str(), "lib" | "main") {
            continue;
        }
        let here = *place
            .get(room.as_str())
            .unwrap_or_else(|| panic!("{file}: `{room}` is no room; add it to ROOMS"));
        for named in rooms_named(&code) {
            let Some(there) = place.get(named.as_str()) else { continue };
            let forbidden = FORBIDDEN.iter().any(|(r, all)| *r == room && all.contains(&named.as_str()));
            if *there > here || forbidden {
                wrong.push(format!("{file} imports crate::{named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_third_party_crate_is_used_in_its_rooms_alone() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let listed = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names = listed.lines().filter_map(|l| l.split_once(" = ")).map(|(n, _)| n.trim().replace('-', "_"));
    let mut wrong = Vec::new();
    for name in names {
        let rooms = CRATES.iter().find(|(c, _)| *c == name).map(|(_, r)| *r);
        let Some(rooms) = rooms else {
            wrong.push(format!("{name} is a dependency without a room; add it to CRATES"));
            continue;
        };
        for (room, file, code) in sources() {
            let used = code.lines().any(|l| !l.trim_start().starts_with("//") && names_crate(l, &name));
            if used && !rooms.contains(&room.as_str()) {
                wrong.push(format!("{file} uses {name}, which belongs to {}", rooms.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a line has `NAME::` as a path of its own, not as the end of another word.
fn names_crate(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'))
    })
}

#[test]
fn no_file_is_longer_than_a_person_reads() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(_, file, _)| (file, Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)))
        .filter_map(|(file, path)| {
            let lines = fs::read_to_string(path).unwrap().lines().count();
            (lines > 500).then(|| format!("{file}: {lines} lines"))
        })
        .collect();
    assert!(long.is_empty(), "over 500 lines, make a folder of it:\n{}", long.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, _, code)| !code.starts_with("//!"))
        .map(|(_, file, _)| file)
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top of {}", silent.join(", "));
}
