//! Build script: embeds every JSON file of the built-in pack, so that a new event file or signature needs no Rust edit.
//!
//! Writes `$OUT_DIR/pack_mcp.rs`: one slice of `(path inside the pack, text)`, sorted by path; and `pack_mcp_for_logs.rs`,
//! the same without what only they need who work on packs or drive clients: tests, samples, scenarios, clauses, the list of
//! versions, and blanks. That is three quarters of the text, and would be read at each start.

#![allow(clippy::print_stdout)] // how a build script talks to cargo

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde_json::Value;
use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("patterns/mcp");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let (mut out, mut for_logs) = (String::from("&[\n"), String::from("&[\n"));
    for file in &files {
        let inside = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let _ = writeln!(out, "    ({inside:?}, include_str!({:?})),", file.to_string_lossy());
        if !unread(&inside) {
            let _ = writeln!(for_logs, "    ({inside:?}, {:?}),", lean(&fs::read_to_string(file)?));
        }
    }
    println!("cargo::rerun-if-changed=patterns/mcp");
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(folder.join("pack_mcp.rs"), out + "]\n")?;
    fs::write(folder.join("pack_mcp_for_logs.rs"), for_logs + "]\n")?;
    fs::write(folder.join("pack_mcp_sha256.txt"), digest(&root, &files)?)
}

/// Whether nobody reads a file who reads logs.
fn unread(inside: &str) -> bool {
    inside == "versions.json" || inside.starts_with("scenarios/") || inside.starts_with("clauses/")
}

/// The digest of the pack, as `pattern::pack` takes it of any.
fn digest(root: &Path, files: &[PathBuf]) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut named: Vec<(String, &PathBuf)> = Vec::new();
    for file in files {
        let inside = file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        named.push((inside, file));
    }
    named.sort();
    for (path, file) in named {
        if !unread(&path) {
            let text = fs::read_to_string(file)?;
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(&path);
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    }
    Ok(hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// A file without tests and samples. One that is no JSON stays as it is: whoever reads it says what is wrong with it.
fn lean(text: &str) -> String {
    let Ok(mut file) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let nothing = || Value::Array(Vec::new());
    if let Some(tests) = file.get_mut("tests") {
        *tests = nothing();
    }
    let events = file.get_mut("events").and_then(Value::as_array_mut).into_iter().flatten();
    for wording in events.filter_map(|e| e.get_mut("wordings")?.as_array_mut()).flatten() {
        for unneeded in ["samples", "seen"] {
            if let Some(list) = wording.get_mut(unneeded) {
                *list = nothing();
            }
        }
    }
    file.to_string()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "json") {
            files.push(path);
        }
    }
    Ok(())
}
