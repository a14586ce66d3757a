//! Finds the logs in a folder.

use std::path::Path;

use walkdir::WalkDir;

use crate::error::{Error, ErrorKind, Result};

/// File names that a client gives to logs, and people to their copies.
const ENDINGS: [&str; 4] = ["log", "txt", "jsonl", "json"];

/// The paths of the logs in `path`: itself if it is a file or `-`, else every file in it, sorted, by its ending.
/// Links are not followed, so no loop of them can hold the walk.
pub fn logs_in(path: &str) -> Result<Vec<String>> {
    let root = Path::new(path);
    if path == "-" || !root.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name() {
        let entry = entry.map_err(|e| {
            Error::new(ErrorKind::Input, path, e.to_string(), "check that the folder may be read")
        })?;
        let ending = entry.path().extension().and_then(|e| e.to_str()).unwrap_or_default();
        if entry.file_type().is_file() && ENDINGS.contains(&ending) {
            found.push(entry.path().to_string_lossy().into_owned());
        }
    }
    if found.is_empty() {
        let cause = format!("no file in it ends in {}", ENDINGS.map(|e| format!(".{e}")).join(", "));
        return Err(Error::new(ErrorKind::Input, path, cause, "name the log itself"));
    }
    Ok(found)
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
