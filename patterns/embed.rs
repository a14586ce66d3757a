//! Build script: embeds every JSON file of the built-in pack, so that a new event file or signature needs no Rust edit.
//!
//! Writes `$OUT_DIR/pack_mcp.rs`: one slice of `(path inside the pack, text)`, sorted by path.

#![allow(clippy::print_stdout)] // how a build script talks to cargo

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("patterns/mcp");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut out = String::from("&[\n");
    for file in &files {
        let inside = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let _ = writeln!(out, "    ({inside:?}, include_str!({:?})),", file.to_string_lossy());
    }
    out.push_str("]\n");
    println!("cargo::rerun-if-changed=patterns/mcp");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("pack_mcp.rs"), out)
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
