//! Finds the logs that an argument stands for: a file, a folder, a glob, a list of paths, an archive.
//!
//! Comes in: arguments as the user wrote them. Goes out: labels that [`Source::open`] takes, sorted where the user did
//! not sort them, and which of them make up one log: the client writes one file a server without `--debug`. It tells
//! such files by their names alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::unpack::{Packing, Refusal};
use super::walk::{ENDINGS, files_in};
use super::zip::{self, Entry};
use super::{Source, first};
use crate::error::{Error, ErrorKind, Result};

/// What the file or the folder of a per-server log is called, before the server's name.
const PER_SERVER: &str = "mcp-logs-";

/// A log to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// How reports call it.
    pub label: String,
    /// What [`Source::open`] takes: one input, or the per-server logs that are one log together.
    pub parts: Vec<String>,
}

impl Log {
    /// A log that is one input.
    pub fn one(label: &str) -> Self {
        Self { parts: vec![label.to_owned()], label: label.to_owned() }
    }
}

/// The logs that `paths` stand for; per-server logs of one project are one log. What cannot be found is told with
/// the path that it was looked for by.
pub fn logs(paths: &[String]) -> Vec<std::result::Result<Log, (String, Error)>> {
    let found: Vec<_> = paths.iter().map(|p| (p, logs_in(p))).collect();
    let lone = |labels: &[String]| labels.len() == 1;
    let lone_labels = || found.iter().filter_map(|(_, r)| r.as_ref().ok()).filter(|l| lone(l)).flatten();
    let together = lone_labels().count() > 1 && lone_labels().all(|l| server_in(l).is_some());
    let mut all = Vec::new();
    if together {
        all.extend(projects(None, lone_labels().cloned().collect()).into_iter().map(Ok));
    }
    for (path, result) in found {
        match result {
            Ok(labels) if lone(&labels) && together => {}
            Ok(labels) if !lone(&labels) && labels.iter().all(|l| server_in(l).is_some()) => {
                all.extend(projects(Some(path), labels).into_iter().map(Ok));
            }
            Ok(labels) => all.extend(labels.iter().map(|l| Ok(Log::one(l)))),
            Err(error) => all.push(Err((path.clone(), error))),
        }
    }
    all
}

/// Per-server logs, put together by the folder that holds those of all servers.
fn projects(path: Option<&str>, labels: Vec<String>) -> Vec<Log> {
    let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for label in labels {
        folders.entry(project_of(&label)).or_default().push(label);
    }
    let only = folders.len() == 1;
    let named = path.filter(|p| only && Path::new(p).exists()).map(|p| p.trim_end_matches(['/', '\\']));
    let log = |(folder, parts): (String, Vec<String>)| match parts.as_slice() {
        [one] => Log::one(one),
        _ => Log { label: named.map_or(folder, str::to_owned), parts },
    };
    folders.into_iter().map(log).collect()
}

/// The inputs that `path` stands for, each as [`Source::open`] takes it.
pub fn logs_in(path: &str) -> Result<Vec<String>> {
    let here = Path::new(path);
    match path.strip_prefix('@') {
        _ if path == "-" => Ok(vec![path.to_owned()]),
        _ if here.is_dir() => in_folder(path),
        _ if here.is_file() => Ok(in_file(path).unwrap_or_else(|| vec![path.to_owned()])),
        Some(list) => in_list(list),
        None if split_archive(path).is_some() => Ok(vec![path.to_owned()]),
        None if path.contains(['*', '?', '[', '{']) && !here.exists() => in_glob(path),
        None => Ok(vec![path.to_owned()]),
    }
}

fn in_folder(path: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files_in(Path::new(path))? {
        let name = file.to_string_lossy().into_owned();
        match file.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) {
            true => found.extend(in_archive(name)),
            false if is_log(&name) => found.push(name),
            false => {}
        }
    }
    if found.is_empty() {
        let cause = format!("no file in it ends in {}", ENDINGS.map(|e| format!(".{e}")).join(", "));
        return Err(Error::new(ErrorKind::Input, path, cause, "name the log itself"));
    }
    Ok(found)
}

/// The logs in an archive of a folder. One that cannot be read stands for itself: who opens it says why.
fn in_archive(name: String) -> Vec<String> {
    let readable = File::open(&name).and_then(|mut file| zip::directory(&mut file)).is_ok();
    in_file(&name).unwrap_or_else(|| if readable { Vec::new() } else { vec![name] })
}

/// The logs in an archive; `None` if `path` is none, or holds no log: who opens it says why.
fn in_file(path: &str) -> Option<Vec<String>> {
    let mut file = File::open(path).ok()?;
    if Packing::of(&first(&mut file, 4).ok()?) != Packing::Zip {
        return None;
    }
    let logs = logs_of(&zip::directory(&mut file).ok()?);
    let mut labels: Vec<String> = logs.iter().map(|e| format!("{path}!{}", e.name)).collect();
    labels.sort();
    (!labels.is_empty()).then_some(labels)
}

/// The entries of an archive that are logs by their names.
pub(super) fn logs_of(entries: &[Entry]) -> Vec<Entry> {
    let hidden = |name: &str| name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    entries.iter().filter(|e| is_log(&e.name) && !hidden(&e.name)).cloned().collect()
}

/// Why nothing in an archive is read.
pub(super) fn no_log(holds: &str) -> io::Error {
    let endings = ENDINGS.map(|e| format!(".{e}")).join(", ");
    Refusal::error(format!("{holds} no file that ends in {endings}"), "take the log out of it and give that")
}

/// Whether a name is that of a log, packed or not.
fn is_log(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let bare = [".gz", ".zst"].iter().find_map(|e| lower.strip_suffix(e)).unwrap_or(&lower);
    Path::new(bare).extension().and_then(|e| e.to_str()).is_some_and(|e| ENDINGS.contains(&e))
}

/// One path a line; empty lines and those with `#` are left out. Lists do not name lists.
fn in_list(list: &str) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    Source::open(list)?.each_line(&mut |_, line| {
        let path = String::from_utf8_lossy(line).trim().to_owned();
        if !path.is_empty() && !path.starts_with(['#', '@']) {
            paths.push(path);
        }
    })?;
    if paths.is_empty() {
        let cause = "the list names no path";
        return Err(Error::new(ErrorKind::Input, format!("@{list}"), cause, "write one path a line into it"));
    }
    let found: Result<Vec<_>> = paths.iter().map(|p| logs_in(p)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// What a glob matches: the shell of Windows leaves globs to programs, and quotes do so everywhere.
fn in_glob(pattern: &str) -> Result<Vec<String>> {
    let wrong = |cause: String| {
        Error::new(ErrorKind::Input, pattern, cause, "check the path and the glob, or name a folder")
    };
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|e| wrong(format!("it is no glob: {}", e.kind())))?.compile_matcher();
    let base = fixed_part(pattern);
    let depth = if pattern.contains("**") { usize::MAX } else { pattern.split(['/', '\\']).count() };
    let mut found = Vec::new();
    for entry in WalkDir::new(&base).max_depth(depth).sort_by_file_name().into_iter().flatten() {
        let path = entry.path().strip_prefix("./").unwrap_or(entry.path());
        if entry.depth() > 0 && glob.is_match(path) {
            // A folder that matches and holds no log is no reason to stop.
            found.extend(logs_in(&path.to_string_lossy()).unwrap_or_default());
        }
    }
    found.dedup();
    if found.is_empty() { Err(wrong("nothing matches it".to_owned())) } else { Ok(found) }
}

/// The folders of a glob before its first wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let wild = pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len());
    match pattern[..wild].rfind(['/', '\\']) {
        Some(0) => PathBuf::from("/"),
        Some(at) => PathBuf::from(&pattern[..at]),
        None => PathBuf::from("."),
    }
}

/// Splits `a.zip!inner/name.log` into the archive and the path inside it.
pub(super) fn split_archive(label: &str) -> Option<(&str, &str)> {
    if !label.contains('!') || Path::new(label).exists() {
        return None;
    }
    let splits = label.match_indices('!').map(|(at, _)| (&label[..at], &label[at + 1..]));
    splits.into_iter().find(|(archive, _)| Path::new(archive).is_file())
}

/// The folders and the name of a label; those inside an archive too.
fn names(label: &str) -> Vec<&str> {
    label.split(['/', '\\', '!']).collect()
}

/// The file name of a label, without its ending.
fn stem(name: &str) -> &str {
    let bare = [".gz", ".zst"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    bare.rsplit_once('.').map_or(bare, |(stem, _)| stem)
}

/// The server of a per-server log, by its path: `mcp-logs-SERVER/TIME.jsonl` or `mcp-logs-SERVER--TIME.jsonl`.
pub fn server_in(label: &str) -> Option<&str> {
    let names = names(label);
    let (file, folders) = names.split_last()?;
    let folder = folders.last().and_then(|f| f.strip_prefix(PER_SERVER));
    let name = file.strip_prefix(PER_SERVER).map(|rest| split_time(stem(rest)).0);
    name.or(folder).filter(|n| !n.is_empty())
}

/// When the client was started that wrote a per-server log, as its path says: the same for all its servers.
pub fn start_in(label: &str) -> Option<&str> {
    let file = names(label).pop()?;
    let stem = stem(file);
    split_time(stem).1.or_else(|| is_time(stem).then_some(stem))
}

/// Splits `SERVER--2026-11-23T00-43-47-674Z`.
fn split_time(stem: &str) -> (&str, Option<&str>) {
    match stem.rsplit_once("--") {
        Some((name, time)) if is_time(time) => (name, Some(time)),
        _ => (stem, None),
    }
}

fn is_time(text: &str) -> bool {
    let shape = |b: u8| if b.is_ascii_digit() { b'0' } else { b };
    text.get(..19).is_some_and(|t| t.bytes().map(shape).eq(*b"0000-00-00T00-00-00"))
}

/// The file name of a label without its ending, for a log that names no server.
pub fn stem_of(label: &str) -> Option<&str> {
    let file = names(label).pop()?;
    Some(stem(file)).filter(|s| !s.is_empty() && *s != "-")
}

/// The folder that holds the logs of all servers of a project.
fn project_of(label: &str) -> String {
    let at = label.match_indices(PER_SERVER).map(|(at, _)| at);
    let starts = |at: &usize| *at == 0 || label[..*at].ends_with(['/', '\\', '!']);
    match at.filter(starts).last() {
        Some(0) | None => ".".to_owned(),
        Some(at) => label[..at - 1].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::made::archive;
    use super::{Log, logs, logs_in, project_of, server_in, start_in};

    /// A folder with empty files, and its path.
    fn folder(files: &[&str]) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let path = dir.path().to_str().unwrap().to_owned();
        (dir, path)
    }

    fn inside(root: &str, found: &[String]) -> Vec<String> {
        found.iter().map(|f| f.replace(root, "").trim_start_matches('/').to_owned()).collect()
    }

    #[test]
    fn the_server_and_the_start_are_read_from_either_layout() {
        let (folders, files) = (
            "p/mcp-logs-a-b/2026-08-11T06-19-12-114Z.jsonl",
            "p/mcp-logs-a--b--2026-08-11T06-19-12-114Z.txt",
        );
        assert_eq!((server_in(folders), server_in(files)), (Some("a-b"), Some("a--b")));
        assert_eq!(start_in(folders), Some("2026-08-11T06-19-12-114Z"));
        assert_eq!((start_in(files), project_of(files)), (start_in(folders), "p".to_owned()));
        assert_eq!((server_in("p/bad.log"), project_of("mcp-logs-x/1.jsonl")), (None, ".".to_owned()));
        assert_eq!(server_in("a.zip!p/mcp-logs-x/1.jsonl.gz"), Some("x"));
    }

    #[test]
    fn a_folder_is_walked_in_order_and_by_endings() {
        let (_dir, root) = folder(&["b.log", "a/z.txt", "a/c.jsonl.gz", "core.bin", "B.LOG"]);
        assert_eq!(inside(&root, &logs_in(&root).unwrap()), ["B.LOG", "a/c.jsonl.gz", "a/z.txt", "b.log"]);
    }

    #[test]
    fn a_glob_in_quotes_is_expanded_and_one_without_a_match_says_so() {
        let (_dir, root) = folder(&["x/a.log", "x/b.log", "x/y/c.log", "d.txt"]);
        assert_eq!(inside(&root, &logs_in(&format!("{root}/x/*.log")).unwrap()), ["x/a.log", "x/b.log"]);
        let deep = logs_in(&format!("{root}/**/*.log")).unwrap();
        assert_eq!(inside(&root, &deep), ["x/a.log", "x/b.log", "x/y/c.log"]);
        let error = logs_in(&format!("{root}/*.nothing")).unwrap_err().to_string();
        assert!(error.contains("nothing matches it; check the path and the glob"), "{error}");
    }

    #[test]
    fn a_list_names_paths_globs_and_folders() {
        let (dir, root) = folder(&["a.log", "x/b.log"]);
        let list = dir.path().join("list");
        fs::write(&list, format!("# logs\n\n{root}/a.log\r\n{root}/x\n")).unwrap();
        let found = logs_in(&format!("@{}", list.display())).unwrap();
        assert_eq!(inside(&root, &found), ["a.log", "x/b.log"]);
        fs::write(&list, "# none\n").unwrap();
        let error = logs_in(&format!("@{}", list.display())).unwrap_err().to_string();
        assert!(error.contains("the list names no path; write one path a line"), "{error}");
    }

    #[test]
    fn the_logs_of_an_archive_are_inputs_of_their_own() {
        let (dir, root) = folder(&[]);
        let files: [(&str, &[u8]); 4] =
            [("b.log", b"x"), ("a/c.txt", b"y"), ("__MACOSX/b.log", b"z"), ("p.png", b"z")];
        fs::write(dir.path().join("a.zip"), archive(&files)).unwrap();
        assert_eq!(inside(&root, &logs_in(&root).unwrap()), ["a.zip!a/c.txt", "a.zip!b.log"]);
        fs::write(dir.path().join("evil.zip"), archive(&[("../x.log", b"x")])).unwrap();
        fs::write(dir.path().join("pictures.zip"), archive(&[("p.png", b"z")])).unwrap();
        assert_eq!(inside(&root, &logs_in(&root).unwrap())[2..], ["evil.zip"], "what is wrong is told");
    }

    #[test]
    fn per_server_logs_of_a_project_are_one_log_and_others_are_not() {
        let (_dir, root) = folder(&["p/mcp-logs-a/1.jsonl", "p/mcp-logs-b/1.jsonl", "q/mcp-logs-a--1.jsonl"]);
        let of = |paths: &[String]| -> Vec<Log> { logs(paths).into_iter().map(Result::unwrap).collect() };
        let found = of(std::slice::from_ref(&root));
        assert_eq!(found.iter().map(|l| l.parts.len()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(found[0].label, format!("{root}/p"));
        let files = ["a", "b"].map(|s| format!("{root}/p/mcp-logs-{s}/1.jsonl"));
        assert_eq!(of(&files).len(), 1, "given one by one");
        std::fs::write(format!("{root}/p/debug.log"), "x").unwrap();
        assert_eq!(of(&[format!("{root}/p")]).len(), 3, "a debug log among them");
    }

    #[cfg(unix)]
    #[test]
    fn links_that_go_round_end_and_a_linked_file_is_read_once() {
        let (dir, root) = folder(&["a/x.log"]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/loop")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("a/x.log"), dir.path().join("a/latest.log")).unwrap();
        assert_eq!(inside(&root, &logs_in(&root).unwrap()), ["a/x.log"]);
    }
}
