//! The packs that a user installed, in a folder of their own.
//!
//! ```text
//! HOME/overrides.json                   what the user switched off or retuned
//! HOME/packs/ID/state                   `now NAME`, `before NAME`: replaced by one rename, the only switch there is
//! HOME/packs/ID/versions/NAME/…         the files of one version, and `lock.sha256` over all of them
//! ```
//!
//! Comes in: files of packs that the caller has proven. Goes out: files again, every one of them held against the lock
//! file first. HOME is `$LASTGOOD_HOME`, else the user's data folder of the platform. It knows nothing of what the
//! files mean; the caller tells id and version.

mod archive;
mod fetch;
mod lock;
mod seal;
mod state;
mod url;

use std::fs;
use std::path::{Path, PathBuf};

pub use self::fetch::{Fetched, fetch, fetch_pack, fetch_signature};
pub use self::seal::verify;
use self::state::State;
use super::files_of_pack;
use crate::error::{Error, ErrorKind, Result};

/// Path inside the pack, and text.
type Files = Vec<(String, String)>;

/// The folder that holds what a user installed.
#[derive(Debug, Clone)]
pub struct Store {
    home: PathBuf,
}

/// A pack as it is installed.
#[derive(Debug)]
pub struct Installed {
    /// Its id.
    pub id: String,
    /// The name of its version: the version itself, and the beginning of its digest.
    pub name: String,
    /// Where it came from.
    pub origin: String,
    /// Its files, as they were when they were installed.
    pub files: Files,
}

/// What a switch changed: the names of the versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switched {
    /// What was in use.
    pub from: Option<String>,
    /// What is in use now.
    pub to: Option<String>,
}

impl Store {
    /// The store of this user; `None`: the environment names no folder.
    pub fn of_user() -> Option<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let platform = || {
            if cfg!(windows) {
                set("LOCALAPPDATA").or_else(|| set("APPDATA"))
            } else if cfg!(target_os = "macos") {
                set("HOME").map(|h| h.join("Library/Application Support"))
            } else {
                set("HOME").map(|h| h.join(".local/share"))
            }
        };
        let shared = || set("XDG_DATA_HOME").filter(|p| p.is_absolute()).or_else(platform);
        set("LASTGOOD_HOME").or_else(|| shared().map(|p| p.join("lastgood"))).map(Self::at)
    }

    /// The store in that folder, which need not be there yet.
    pub fn at(home: PathBuf) -> Self {
        Self { home }
    }

    /// The ids of the packs that are in use.
    pub fn ids(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.join("packs")).into_iter().flatten().flatten();
        let names = entries.filter_map(|e| e.file_name().into_string().ok()).filter(|n| is_id(n));
        let mut ids: Vec<String> = names.filter(|id| State::read(&self.of(id)).now.is_some()).collect();
        ids.sort();
        ids
    }

    /// The files of an installed pack, if they still are what was installed.
    pub fn read(&self, id: &str) -> Result<Installed> {
        let Some(name) = self.in_use(id) else {
            return Err(Error::new(
                ErrorKind::Pack,
                id,
                "it is not installed",
                "see `lastgood patterns list`",
            ));
        };
        let folder = self.of(id).join("versions").join(&name);
        let files = files_of_pack(&folder)?;
        let lock = fs::read_to_string(folder.join(lock::NAME)).unwrap_or_default();
        match lock::difference(&lock, &files) {
            None => Ok(Installed { id: id.to_owned(), name, origin: lock::origin(&lock), files }),
            Some(what) => {
                let remedy = format!("install it anew, or take it out with `lastgood patterns remove {id}`");
                Err(Error::new(ErrorKind::Pack, format!("installed pack {id}"), what, remedy))
            }
        }
    }

    /// The name of the version that is in use.
    pub fn in_use(&self, id: &str) -> Option<String> {
        is_id(id).then(|| State::read(&self.of(id)).now).flatten()
    }

    /// Puts a version beside the one in use, reads it back, and only then switches to it.
    pub fn install(
        &self,
        id: &str,
        version: &str,
        origin: &str,
        files: &[(String, String)],
    ) -> Result<Switched> {
        let lock = lock::text(origin, files);
        let name = format!("{version}-{}", lock::short_digest(files));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-+._".contains(c);
        if !is_id(id) || !name.chars().all(plain) {
            let cause = "its id can be no folder's name";
            return Err(Error::new(ErrorKind::Pack, id, cause, "make it of a-z, 0-9 and -"));
        }
        let versions = self.of(id).join("versions");
        let staged = versions.join(format!(".new-{}", std::process::id()));
        let written = write_all(&staged, &lock, files).and_then(|()| read_back(&staged, &lock));
        if let Err(error) = written {
            let _ = fs::remove_dir_all(&staged);
            return Err(error);
        }
        let place = versions.join(&name);
        if read_back(&place, &lock).is_ok() {
            // The same files from elsewhere: only where they came from is new.
            let _ = fs::remove_dir_all(&staged);
            replace(&place.join(lock::NAME), &lock)?;
        } else {
            let _ = fs::remove_dir_all(&place);
            fs::rename(&staged, &place).map_err(|e| unwritable(&place, &e))?;
        }
        self.switch(id, |old| State {
            before: old.now.filter(|n| *n != name).or(old.before),
            now: Some(name),
        })
    }

    /// Takes a pack out of use; its files stay for a rollback.
    pub fn remove(&self, id: &str) -> Result<Switched> {
        if self.in_use(id).is_none() {
            return Err(Error::new(
                ErrorKind::Usage,
                id,
                "it is not installed",
                "see `lastgood patterns list`",
            ));
        }
        self.switch(id, |old| State { now: None, before: old.now })
    }

    /// Goes back to what was in use before; a second time goes forth again.
    pub fn roll_back(&self, id: &str) -> Result<Switched> {
        if !is_id(id) || State::read(&self.of(id)).before.is_none() {
            let cause = "there is no version to go back to";
            return Err(Error::new(ErrorKind::Usage, id, cause, "add the pack that you want"));
        }
        self.switch(id, |old| State { now: old.before, before: old.now })
    }

    /// What the user switched off or retuned, as text.
    pub fn overrides(&self) -> Option<String> {
        fs::read_to_string(self.home.join("overrides.json")).ok()
    }

    /// Writes what the user switched off or retuned.
    pub fn write_overrides(&self, text: &str) -> Result<()> {
        fs::create_dir_all(&self.home).map_err(|e| unwritable(&self.home, &e))?;
        replace(&self.home.join("overrides.json"), text)
    }

    fn of(&self, id: &str) -> PathBuf {
        self.home.join("packs").join(id)
    }

    fn switch(&self, id: &str, next: impl FnOnce(State) -> State) -> Result<Switched> {
        let folder = self.of(id);
        let old = State::read(&folder);
        let from = old.now.clone();
        let new = next(old);
        replace(&folder.join(state::NAME), &new.text())?;
        sweep(&folder.join("versions"), &new);
        Ok(Switched { from, to: new.now })
    }
}

/// What can be a folder's name on any system, and lead nowhere.
fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    !id.is_empty() && id.len() <= 64 && !id.starts_with('.') && id.chars().all(plain)
}

fn write_all(folder: &Path, lock: &str, files: &[(String, String)]) -> Result<()> {
    let _ = fs::remove_dir_all(folder);
    let mut all: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    all.push((lock::NAME, lock));
    for (path, text) in all {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .map_err(|e| unwritable(&path, &e))?;
    }
    Ok(())
}

fn read_back(folder: &Path, lock: &str) -> Result<()> {
    match lock::difference(lock, &files_of_pack(folder)?) {
        None => Ok(()),
        Some(what) => {
            let remedy = "check the disk";
            Err(Error::new(ErrorKind::Output, folder.display().to_string(), what, remedy))
        }
    }
}

/// A file is either the old or the new one, whatever happens in between.
fn replace(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, text).and_then(|()| fs::rename(&new, path)).map_err(|e| unwritable(path, &e))
}

/// Drops versions that no rollback leads to. One that cannot be dropped does no harm.
fn sweep(versions: &Path, state: &State) {
    let keep = |name: &str| [&state.now, &state.before].iter().any(|n| n.as_deref() == Some(name));
    for entry in fs::read_dir(versions).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_none_or(|n| !keep(n)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    let remedy = "set LASTGOOD_HOME to a folder that can be written to";
    Error::new(ErrorKind::Output, path.display().to_string(), error.to_string(), remedy)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Store, is_id};

    fn files(text: &str) -> Vec<(String, String)> {
        vec![("pack.json".to_owned(), text.to_owned()), ("events/a.json".to_owned(), "[]".to_owned())]
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().join("home"));
        (folder, store)
    }

    #[test]
    fn what_is_installed_is_read_back_as_it_was() {
        let (_folder, store) = store();
        assert_eq!(store.ids(), [""; 0]);
        let switched = store.install("p", "1.0.0", "/from/here", &files("1")).unwrap();
        assert_eq!((store.ids(), switched.from), (vec!["p".to_owned()], None));
        let installed = store.read("p").unwrap();
        let mut wanted = files("1");
        wanted.sort();
        assert_eq!((installed.files, installed.origin.as_str()), (wanted, "/from/here"));
        assert_eq!(Some(installed.name), switched.to);
    }

    #[test]
    fn a_file_that_was_changed_added_or_lost_is_told_and_the_pack_is_not_used() {
        let (folder, store) = store();
        let name = store.install("p", "1.0.0", "x", &files("1")).unwrap().to.unwrap();
        let inside = folder.path().join("home/packs/p/versions").join(name);
        let cause = || store.read("p").unwrap_err().to_string();
        fs::write(inside.join("pack.json"), "2").unwrap();
        assert!(cause().contains("pack.json was changed"), "{}", cause());
        fs::write(inside.join("pack.json"), "1").unwrap();
        fs::write(inside.join("events/b.json"), "[]").unwrap();
        assert!(cause().contains("events/b.json was added"), "{}", cause());
        fs::remove_file(inside.join("events/b.json")).unwrap();
        fs::remove_file(inside.join("events/a.json")).unwrap();
        assert!(cause().contains("events/a.json is gone"), "{}", cause());
        fs::write(inside.join("events/a.json"), "[]").unwrap();
        assert!(store.read("p").is_ok());
        fs::remove_file(inside.join("lock.sha256")).unwrap();
        assert!(store.read("p").is_err());
    }

    #[test]
    fn the_version_before_stays_for_a_rollback_and_older_ones_go() {
        let (folder, store) = store();
        let mut names = Vec::new();
        for version in ["1.0.0", "1.1.0", "1.2.0"] {
            names.push(store.install("p", version, "x", &files(version)).unwrap().to.unwrap());
        }
        let versions = fs::read_dir(folder.path().join("home/packs/p/versions")).unwrap().count();
        assert_eq!(versions, 2);
        store.roll_back("p").unwrap();
        assert_eq!(store.in_use("p").as_ref(), Some(&names[1]));
        assert!(store.read("p").is_ok());
        store.roll_back("p").unwrap();
        assert_eq!(store.in_use("p").as_ref(), Some(&names[2]));
    }

    #[test]
    fn what_is_removed_is_out_of_use_and_can_be_had_back() {
        let (_folder, store) = store();
        store.install("p", "1.0.0", "x", &files("1")).unwrap();
        store.remove("p").unwrap();
        assert!(store.ids().is_empty() && store.read("p").is_err() && store.remove("p").is_err());
        store.roll_back("p").unwrap();
        assert_eq!(store.ids(), ["p"]);
    }

    #[test]
    fn installing_the_same_twice_keeps_what_was_before() {
        let (_folder, store) = store();
        let old = store.install("p", "1.0.0", "x", &files("1")).unwrap().to;
        store.install("p", "1.1.0", "x", &files("2")).unwrap();
        store.install("p", "1.1.0", "x", &files("2")).unwrap();
        assert_eq!(store.roll_back("p").unwrap().to, old);
    }

    #[test]
    fn an_id_is_a_plain_folders_name() {
        assert!(is_id("our-pack.2") && !is_id("..") && !is_id("a/b") && !is_id("A") && !is_id(""));
        let (_folder, store) = store();
        assert!(store.install("../evil", "1.0.0", "x", &files("1")).is_err());
        assert!(store.install("p", "1/../..", "x", &files("1")).is_err());
        assert!(store.roll_back("..").is_err() && store.in_use("..").is_none());
    }
}
