//! Walks folders.
//!
//! Comes in: a folder. Goes out: its files, sorted. Linked folders are not entered, so no loop of links can hold the
//! walk, and a file that is linked as well is given once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::{Error, ErrorKind, Result};

/// File names that a client gives to logs, and people to their copies.
pub(super) const ENDINGS: [&str; 4] = ["log", "txt", "jsonl", "json"];

/// All files in a folder, sorted by name, a folder where its name stands.
pub(super) fn files_in(root: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut links) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(root).sort_by_file_name() {
        let entry = entry.map_err(|e| {
            let remedy = "check that the folder may be read";
            Error::new(ErrorKind::Input, root.display().to_string(), e.to_string(), remedy)
        })?;
        let kind = entry.file_type();
        if kind.is_file() {
            files.push(entry.into_path());
        } else if kind.is_symlink() && entry.path().is_file() {
            links.push(entry.into_path());
        }
    }
    let mut known: BTreeSet<PathBuf> = if links.is_empty() {
        BTreeSet::new()
    } else {
        files.iter().filter_map(|f| f.canonicalize().ok()).collect()
    };
    links.retain(|link| link.canonicalize().is_ok_and(|target| known.insert(target)));
    if !links.is_empty() {
        files.append(&mut links);
        files.sort();
    }
    Ok(files)
}

/// The JSON files of a pack: path inside it, and text.
pub fn files_of_pack(folder: &Path) -> Result<Vec<(String, String)>> {
    if !folder.is_dir() {
        let remedy = "give the folder that holds its pack.json";
        return Err(Error::new(ErrorKind::Pack, folder.display().to_string(), "it is no folder", remedy));
    }
    let mut files = Vec::new();
    for entry in
        WalkDir::new(folder).max_depth(2).sort_by_file_name().into_iter().filter_map(std::result::Result::ok)
    {
        let path = entry.path();
        let inside = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        if entry.file_type().is_file() && path.extension().is_some_and(|e| e == "json") {
            files.push((inside, std::fs::read_to_string(path).map_err(|e| Error::input(path, e))?));
        }
    }
    Ok(files)
}
