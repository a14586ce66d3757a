//! The versions of the client that are on this machine already.
//!
//! Comes in: the folders in which they may be. Goes out: which version is where. It looks and changes nothing; what it
//! finds is not checked here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use semver::Version;

/// Where a version was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// It was fetched and checked by this program.
    Cache,
    /// The client's own installer left it there.
    Installed,
}

impl Holder {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Installed => "installed",
        }
    }
}

/// The folders in which versions are.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    /// This program's own.
    own: Option<PathBuf>,
    /// That of the client's installer.
    installer: Option<PathBuf>,
}

impl Cache {
    /// Two folders, each with one entry a version.
    pub fn new(own: Option<PathBuf>, installer: Option<PathBuf>) -> Self {
        Self { own, installer }
    }

    /// The folders of this user: `LASTGOOD_CACHE`, else the cache folder of the system; and the installer's.
    pub fn of_environment() -> Self {
        Self::of(|name| std::env::var_os(name).filter(|v| !v.is_empty()))
    }

    fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let path = |name: &str| variable(name).map(PathBuf::from);
        let home = path("HOME").or_else(|| path("USERPROFILE"));
        let caches = if cfg!(target_os = "macos") {
            home.as_ref().map(|h| h.join("Library/Caches"))
        } else {
            path("XDG_CACHE_HOME")
                .or_else(|| path("LOCALAPPDATA"))
                .or(home.as_ref().map(|h| h.join(".cache")))
        };
        let own = path("LASTGOOD_CACHE").or(caches.map(|c| c.join("lastgood")));
        let data = path("XDG_DATA_HOME").or(home.map(|h| h.join(".local/share")));
        Self::new(own.map(|o| o.join("versions")), data.map(|d| d.join("claude/versions")))
    }

    /// Where each version is; one that is in both is taken from this program's own.
    pub fn held(&self) -> BTreeMap<Version, Holder> {
        let mut all = BTreeMap::new();
        for (folder, holder) in [(&self.installer, Holder::Installed), (&self.own, Holder::Cache)] {
            all.extend(folder.iter().flat_map(|f| versions_in(f)).map(|v| (v, holder)));
        }
        all
    }
}

/// The entries of a folder that are named as versions; none where it cannot be read.
fn versions_in(folder: &Path) -> Vec<Version> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|e| Version::parse(e.file_name().to_str()?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{Cache, Holder};

    #[test]
    fn what_the_installer_left_counts_and_our_own_counts_first() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        for there in [
            ".cache/lastgood/versions/2.1.146",
            ".local/share/claude/versions/2.1.146",
            ".local/share/claude/versions/2.1.150",
            ".local/share/claude/versions/latest",
        ] {
            fs::create_dir_all(home.join(there)).unwrap();
        }
        let own = home.join(".cache/lastgood/versions");
        let cache = Cache::new(Some(own), Some(home.join(".local/share/claude/versions")));
        let held: Vec<(String, Holder)> = cache.held().into_iter().map(|(v, h)| (v.to_string(), h)).collect();
        assert_eq!(held, [("2.1.146".to_owned(), Holder::Cache), ("2.1.150".to_owned(), Holder::Installed)]);
    }

    #[test]
    fn folders_that_are_not_there_hold_nothing() {
        assert!(Cache::new(Some(PathBuf::from("/no/such/folder")), None).held().is_empty());
        assert!(Cache::of(|_| None).held().is_empty());
    }

    #[test]
    fn the_folder_that_the_user_names_comes_before_that_of_the_system() {
        let of = |name: &str| (name == "LASTGOOD_CACHE").then(|| "/x".into());
        assert_eq!(Cache::of(of).own, Some(PathBuf::from("/x/versions")));
    }
}
