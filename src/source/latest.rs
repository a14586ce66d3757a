//! Finds the newest log where the client keeps its logs.
//!
//! Comes in: the environment. Goes out: a [`Log`], and what it was chosen from. It only reads. A debug log is preferred
//! to the per-server logs that the same run left in the cache, for it holds more.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::find::{Log, server_in, start_in};
use super::walk::files_in;
use crate::error::{Error, ErrorKind, Result};

/// A debug log that is older by no more stems from the same run as the per-server logs beside it.
const SAME_RUN: Duration = Duration::from_secs(120);

/// Variables of the environment, by name.
type Environment<'e> = &'e dyn Fn(&str) -> Option<PathBuf>;

/// The newest log of this machine's user, and in words what it was chosen from.
pub fn latest() -> Result<(Log, String)> {
    latest_in(&|name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from))
}

fn latest_in(environment: Environment<'_>) -> Result<(Log, String)> {
    let (debug, cache) = (debug_places(environment), cache_places(environment));
    let logs: Vec<Dated> = debug.iter().flat_map(|place| debug_logs(place)).collect();
    let servers: Vec<Dated> = cache.iter().flat_map(|place| server_logs(place)).collect();
    let home = environment("HOME").or_else(|| environment("USERPROFILE"));
    let name = |path: &Path| tilde(path, home.as_deref());
    match (newest(&logs), newest(&servers)) {
        (Some(log), other) if other.is_none_or(|o| o.written <= log.written + SAME_RUN) => {
            let parts = vec![log.path.to_string_lossy().into_owned()];
            let said = format!("the newest of {} debug logs", logs.len());
            Ok((Log { label: name(&log.path), parts }, said))
        }
        (_, Some(log)) => {
            let parts = of_the_same_run(log, &servers);
            let folder = log.path.parent().unwrap_or(&log.path);
            let label = if parts.len() == 1 { &log.path } else { project(folder) };
            let said = format!("{} per-server logs of the newest run, of {}", parts.len(), servers.len());
            Ok((Log { label: name(label), parts }, said))
        }
        _ => {
            let places: Vec<String> = debug.iter().chain(&cache).map(|p| name(p)).collect();
            let cause = format!("there is no log in {}", places.join(", "));
            let remedy = "run `claude --debug-file PATH` and give that PATH";
            Err(Error::new(ErrorKind::Input, "--latest", cause, remedy))
        }
    }
}

#[derive(Debug)]
struct Dated {
    written: SystemTime,
    path: PathBuf,
}

/// Where debug logs are, most telling place first.
fn debug_places(environment: Environment<'_>) -> Vec<PathBuf> {
    let config = environment("CLAUDE_CONFIG_DIR").into_iter();
    let homes = ["HOME", "USERPROFILE"].into_iter().filter_map(environment).map(|h| h.join(".claude"));
    let all = environment("CLAUDE_CODE_DEBUG_LOGS_DIR").into_iter();
    distinct(all.chain(config.chain(homes).map(|c| c.join("debug"))))
}

/// Where per-server logs are: Linux, macOS, Windows.
fn cache_places(environment: Environment<'_>) -> Vec<PathBuf> {
    let of = |name: &str, inner: &str| environment(name).map(|p| p.join(inner));
    let places = [
        of("XDG_CACHE_HOME", "claude-cli-nodejs"),
        of("HOME", ".cache/claude-cli-nodejs"),
        of("HOME", "Library/Caches/claude-cli-nodejs"),
        of("LOCALAPPDATA", "claude-cli-nodejs/Cache"),
    ];
    distinct(places.into_iter().flatten())
}

fn distinct(places: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = Vec::new();
    for place in places {
        if !all.contains(&place) {
            all.push(place);
        }
    }
    all
}

fn debug_logs(place: &Path) -> Vec<Dated> {
    let files = if place.is_file() { vec![place.to_owned()] } else { all_in(place) };
    let own = |f: &PathBuf| f.parent() == Some(place) || f == place;
    let text = |f: &PathBuf| f.extension().is_some_and(|e| e == "txt" || e == "log");
    dated(files.into_iter().filter(|f| own(f) && text(f)))
}

fn server_logs(place: &Path) -> Vec<Dated> {
    dated(all_in(place).into_iter().filter(|f| server_in(&f.to_string_lossy()).is_some()))
}

/// A place that is not there, or may not be read, holds nothing.
fn all_in(place: &Path) -> Vec<PathBuf> {
    if place.is_dir() { files_in(place).unwrap_or_default() } else { Vec::new() }
}

fn dated(files: impl Iterator<Item = PathBuf>) -> Vec<Dated> {
    let with_date = |path: PathBuf| {
        let meta = path.metadata().ok().filter(|m| m.len() > 0)?;
        Some(Dated { written: meta.modified().ok()?, path })
    };
    files.filter_map(with_date).collect()
}

fn newest(of: &[Dated]) -> Option<&Dated> {
    of.iter().min_by_key(|d| (Reverse(d.written), Reverse(&d.path)))
}

/// The logs of all servers that the client of `log` had.
fn of_the_same_run(log: &Dated, all: &[Dated]) -> Vec<String> {
    let text = |d: &Dated| d.path.to_string_lossy().into_owned();
    let start = |d: &Dated| start_in(&text(d)).map(str::to_owned);
    let place = |d: &Dated| d.path.parent().map(|f| project(f).to_owned());
    let same = |d: &&Dated| d.path == log.path || (start(d).is_some() && start(d) == start(log));
    let mut parts: Vec<String> =
        all.iter().filter(same).filter(|d| place(d) == place(log)).map(text).collect();
    parts.sort();
    parts
}

/// The folder of a project: that of a server is inside it.
fn project(folder: &Path) -> &Path {
    let of_server = folder.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("mcp-logs-"));
    if of_server { folder.parent().unwrap_or(folder) } else { folder }
}

/// The path as its user calls it: nobody else has to read the name of the home folder.
fn tilde(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|h| path.strip_prefix(h).ok()) {
        Some(inside) => format!("~/{}", inside.to_string_lossy()),
        None => path.to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use super::latest_in;

    /// A home with files, each so many seconds old.
    fn home(files: &[(&str, u64)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for (name, age) in files {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            let then = SystemTime::now() - Duration::from_secs(*age);
            File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
        }
        home
    }

    fn found(home: &tempfile::TempDir, more: &[(&str, &str)]) -> Result<(String, usize), String> {
        let of = |name: &str| match more.iter().find(|(n, _)| *n == name) {
            Some((_, inside)) => Some(home.path().join(inside)),
            None => (name == "HOME").then(|| home.path().to_owned()),
        };
        let answer = latest_in(&|name: &str| -> Option<PathBuf> { of(name) });
        answer.map(|(log, _)| (log.label, log.parts.len())).map_err(|e| e.to_string())
    }

    const RUN: &str = "2026-08-11T06-19-12-114Z.jsonl";

    #[test]
    fn the_newest_debug_log_is_taken() {
        let home = home(&[(".claude/debug/a.txt", 900), (".claude/debug/b.txt", 30), (".claude/x.txt", 1)]);
        assert_eq!(found(&home, &[]).unwrap(), ("~/.claude/debug/b.txt".to_owned(), 1));
    }

    #[test]
    fn the_debug_log_of_a_run_comes_before_what_it_left_in_the_cache() {
        let cache = format!(".cache/claude-cli-nodejs/-home-x/mcp-logs-a/{RUN}");
        let both = home(&[(".claude/debug/a.txt", 60), (&cache, 5)]);
        assert_eq!(found(&both, &[]).unwrap().0, "~/.claude/debug/a.txt");
        let later = home(&[(".claude/debug/a.txt", 9000), (&cache, 5)]);
        assert!(found(&later, &[]).unwrap().0.ends_with(RUN));
    }

    #[test]
    fn all_servers_of_the_newest_run_are_one_log() {
        let at =
            |server: &str, run: &str| format!("Library/Caches/claude-cli-nodejs/p/mcp-logs-{server}/{run}");
        let (a, b, old) = (at("a", RUN), at("b", RUN), at("a", "2026-08-10T06-19-12-114Z.jsonl"));
        let home = home(&[(&a, 9), (&b, 5), (&old, 9000)]);
        assert_eq!(found(&home, &[]).unwrap(), ("~/Library/Caches/claude-cli-nodejs/p".to_owned(), 2));
    }

    #[test]
    fn the_environment_may_name_the_place() {
        let home =
            home(&[("logs/mine.log", 500), ("appdata/claude-cli-nodejs/Cache/p/mcp-logs-a/x.jsonl", 5)]);
        assert_eq!(found(&home, &[("CLAUDE_CODE_DEBUG_LOGS_DIR", "logs")]).unwrap().0, "~/logs/mine.log");
        assert!(found(&home, &[("LOCALAPPDATA", "appdata")]).unwrap().0.ends_with("mcp-logs-a/x.jsonl"));
    }

    #[test]
    fn where_there_is_none_the_places_and_a_remedy_are_told() {
        let said = found(&home(&[]), &[]).unwrap_err();
        assert!(said.starts_with("--latest: there is no log in ~/.claude/debug, ~/.cache"), "{said}");
        assert!(said.contains("; run `claude --debug-file PATH`"), "{said}");
    }
}
