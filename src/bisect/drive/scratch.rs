//! The folder of one run: a home with nothing in it, a place to start in, a place for the log. It goes with the run.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, ErrorKind, Result};

/// The folder of one run.
#[derive(Debug)]
pub struct Scratch {
    root: TempDir,
}

impl Scratch {
    /// A new one, below the system's folder for temporary files; only this user may look into it.
    pub fn new() -> Result<Self> {
        let make = || -> io::Result<Self> {
            let root = tempfile::Builder::new().prefix("lastgood-").tempdir()?;
            for folder in ["home", "project", "tmp"] {
                fs::create_dir(root.path().join(folder))?;
            }
            Ok(Self { root })
        };
        make().map_err(|e| {
            let remedy = "free some space there, or name another folder with TMPDIR";
            Error::new(ErrorKind::Run, std::env::temp_dir().display().to_string(), e.to_string(), remedy)
        })
    }

    /// The home.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// An empty folder to start in.
    pub fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    /// For temporary files.
    pub fn temporary(&self) -> PathBuf {
        self.root.path().join("tmp")
    }

    /// Where the log is to be written.
    pub fn log(&self) -> PathBuf {
        self.root.path().join("debug.log")
    }

    /// Where what the program says goes.
    pub(super) fn out(&self) -> PathBuf {
        self.root.path().join("said.txt")
    }

    /// The log: where it was to be written, or the newest file of the folder `logs` below the home.
    pub(super) fn found_log(&self, logs: Option<&str>) -> Option<PathBuf> {
        let is_log = |path: &Path| fs::symlink_metadata(path).is_ok_and(|m| m.is_file() && m.len() > 0);
        let asked = self.log();
        if is_log(&asked) {
            return Some(asked);
        }
        let entries = fs::read_dir(self.home().join(logs?)).ok()?.flatten().map(|e| e.path());
        let newest = |path: &PathBuf| fs::metadata(path).and_then(|m| m.modified()).ok();
        entries.filter(|p| is_log(p)).max_by_key(|p| (newest(p), p.clone()))
    }

    /// The end of what was said, `most` bytes of it, without control characters.
    pub(super) fn tail(&self, most: u64) -> String {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = fs::File::open(self.out())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        text.trim().chars().filter(|c| !c.is_control() || *c == '\n').collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Scratch;

    #[test]
    fn the_log_is_where_it_was_asked_for_or_in_the_home() {
        let scratch = Scratch::new().unwrap();
        assert_eq!(scratch.found_log(Some(".claude/debug")), None);
        let folder = scratch.home().join(".claude/debug");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("session.txt"), "x").unwrap();
        assert_eq!(scratch.found_log(None), None);
        assert_eq!(scratch.found_log(Some(".claude/debug")), Some(folder.join("session.txt")));
        std::fs::write(scratch.log(), "").unwrap();
        assert_eq!(scratch.found_log(None), None, "an empty file is no log");
        std::fs::write(scratch.log(), "x").unwrap();
        assert_eq!(scratch.found_log(Some(".claude/debug")), Some(scratch.log()));
    }

    #[test]
    fn nothing_is_left_of_it() {
        let scratch = Scratch::new().unwrap();
        let home = scratch.home();
        assert!(home.exists());
        drop(scratch);
        assert!(!home.exists());
    }
}
