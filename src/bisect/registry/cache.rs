//! Versions of the client that were fetched, kept below the user's cache folder.
//!
//! Comes in: what to keep. Goes out: a [`Kept`] folder that stays for as long as it is held. A version appears whole or
//! not at all (it is unpacked elsewhere and moved), two processes do not fetch it twice (a lock a version), and what was
//! used longest ago goes first where there is too much. What is in use never goes.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use semver::Version;
use serde::{Deserialize, Serialize};

use super::unpack::Taken;
use crate::error::{Error, ErrorKind, Result};

/// The file that tells what a folder holds; its time tells when it was last used.
const LABEL: &str = "lastgood.json";

/// How folders are called in which something is being unpacked.
const PART: &str = "part-";

/// A part that is older than this was left by a process that is dead.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// The folder of fetched versions.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    most: u64,
}

/// A version that is kept, and stays while this is held.
#[derive(Debug)]
pub struct Kept {
    /// The folder with its files.
    pub folder: PathBuf,
    /// The size of its files.
    pub bytes: u64,
    _lease: Option<File>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Label {
    version: Version,
    files: BTreeMap<String, u64>,
}

impl Cache {
    /// The cache at `root`, which may grow to `most` bytes.
    pub fn new(root: PathBuf, most: u64) -> Self {
        Self { root, most }
    }

    /// Where the cache is: `LASTGOOD_CACHE`, or `lastgood` in the user's folder for caches; `None` without a home.
    pub fn place(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
        let of = |name: &str| environment.get(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let home = of("HOME").or_else(|| of("USERPROFILE"));
        let caches = if cfg!(target_os = "macos") {
            home.map(|h| h.join("Library/Caches"))
        } else {
            let usual = of("LOCALAPPDATA").or(home.map(|h| h.join(".cache")));
            of("XDG_CACHE_HOME").filter(|p| p.is_absolute()).or(usual)
        };
        of("LASTGOOD_CACHE").or(caches.map(|c| c.join("lastgood")))
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn folder(&self, version: &Version, kind: &str) -> PathBuf {
        self.root.join("versions").join(version.to_string()).join(kind)
    }

    /// Whether a version is there, whole. `kind` is what it runs on.
    pub fn has(&self, version: &Version, kind: &str) -> bool {
        whole(&self.folder(version, kind)).is_some()
    }

    /// A version that is there.
    pub fn find(&self, version: &Version, kind: &str) -> Option<Kept> {
        let folder = self.folder(version, kind);
        whole(&folder)?;
        // Without a right to write there is nobody to lock out, either.
        let lease = self.lock_file(version, kind).ok().filter(|f| lock::shared(f).is_ok());
        let bytes = whole(&folder)?;
        let now = OpenOptions::new().append(true).open(folder.join(LABEL));
        let _ = now.and_then(|label| label.set_modified(SystemTime::now()));
        Some(Kept { folder, bytes, _lease: lease })
    }

    /// Keeps what `make` puts into the folder that it is given, unless somebody else just did. `waiting` is called where
    /// another process is at it. Returns what had to go, too.
    pub fn keep(
        &self,
        version: &Version,
        kind: &str,
        waiting: &dyn Fn(),
        make: &mut dyn FnMut(&Path) -> Result<Vec<Taken>>,
    ) -> Result<(Kept, Vec<Version>)> {
        let folder = self.folder(version, kind);
        let lease = self.lock_file(version, kind).map_err(|e| self.error(&e))?;
        lock::exclusive(&lease, waiting).map_err(|e| self.error(&e))?;
        self.sweep();
        if whole(&folder).is_none() {
            let part =
                tempfile::Builder::new().prefix(PART).tempdir_in(&self.root).map_err(|e| self.error(&e))?;
            let taken = make(part.path())?;
            self.settle(version, &taken, part.path(), &folder).map_err(|e| self.error(&e))?;
        }
        let gone = self.evict(version);
        lock::shared(&lease).map_err(|e| self.error(&e))?;
        match whole(&folder) {
            Some(bytes) => Ok((Kept { folder, bytes, _lease: Some(lease) }, gone)),
            None => Err(self.error(&io::Error::other("another process removed what was just kept"))),
        }
    }

    /// Labels a part and moves it to its place, where a broken one may stand.
    fn settle(&self, version: &Version, taken: &[Taken], part: &Path, folder: &Path) -> io::Result<()> {
        let files = taken.iter().map(|t| (t.path.clone(), t.bytes)).collect();
        let label = serde_json::to_vec(&Label { version: version.clone(), files })?;
        fs::write(part.join(LABEL), label)?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.parent().unwrap_or(&self.root))?;
        fs::rename(part, folder)
    }

    fn lock_file(&self, version: &Version, kind: &str) -> io::Result<File> {
        // Beside the versions, not among them: what is locked may not be there yet.
        let folder = self.root.join("locks");
        fs::create_dir_all(&folder)?;
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(format!("{version}-{kind}")))
    }

    /// The versions that are there, whole, with their sizes.
    pub fn versions(&self) -> BTreeMap<Version, u64> {
        let mut all = BTreeMap::new();
        for one in self.shelf() {
            *all.entry(one.version).or_default() += one.bytes;
        }
        all
    }

    fn shelf(&self) -> Vec<Shelved> {
        let mut all = Vec::new();
        for version in folders(&self.root.join("versions")) {
            for folder in folders(&version) {
                all.extend(Shelved::read(folder));
            }
        }
        all.sort_by(|a, b| (a.used, &a.version).cmp(&(b.used, &b.version)));
        all
    }

    /// Removes what was used longest ago until the rest fits; `spare`, and what is in use, stays.
    pub fn evict(&self, spare: &Version) -> Vec<Version> {
        let cached = self.shelf();
        let mut total: u64 = cached.iter().map(|s| s.bytes).sum();
        let mut gone = Vec::new();
        for one in cached.iter().filter(|s| s.version != *spare) {
            if total <= self.most {
                break;
            }
            if self.remove(one).is_some() {
                total -= one.bytes;
                gone.push(one.version.clone());
            }
        }
        gone
    }

    fn remove(&self, one: &Shelved) -> Option<()> {
        let kind = one.folder.file_name()?.to_str()?;
        let lease = self.lock_file(&one.version, kind).ok()?;
        lock::try_exclusive(&lease).then_some(())?;
        fs::remove_file(one.folder.join(LABEL)).ok()?;
        fs::remove_dir_all(&one.folder).ok()?;
        // Another kind of the same version may still be there.
        let _ = fs::remove_dir(one.folder.parent()?);
        Some(())
    }

    /// Removes what dead processes left.
    fn sweep(&self) {
        for folder in folders(&self.root) {
            let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let age = fs::metadata(&folder).and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
            if name.starts_with(PART) && age.is_some_and(|a| a > STALE) {
                let _ = fs::remove_dir_all(&folder);
            }
        }
    }

    fn error(&self, error: &io::Error) -> Error {
        let remedy = "free some space there, or name another folder with LASTGOOD_CACHE";
        Error::new(ErrorKind::Fetch, self.root.display().to_string(), error.to_string(), remedy)
    }
}

struct Shelved {
    version: Version,
    folder: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl Shelved {
    fn read(folder: PathBuf) -> Option<Self> {
        let bytes = whole(&folder)?;
        let version = Version::parse(folder.parent()?.file_name()?.to_str()?).ok()?;
        let used = fs::metadata(folder.join(LABEL)).and_then(|m| m.modified()).ok()?;
        Some(Self { version, folder, bytes, used })
    }
}

/// The size of what a folder holds, if all of it is there.
fn whole(folder: &Path) -> Option<u64> {
    let label: Label = serde_json::from_slice(&fs::read(folder.join(LABEL)).ok()?).ok()?;
    let mut total = 0;
    for (path, bytes) in &label.files {
        let there =
            fs::symlink_metadata(folder.join(path)).ok().filter(|m| m.is_file() && m.len() == *bytes)?;
        total += there.len();
    }
    Some(total)
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> =
        entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()).collect();
    all.sort();
    all
}

/// Advisory locks; they end with the process that holds them, so none is ever left behind.
#[cfg(unix)]
mod lock {
    use std::fs::File;
    use std::io;

    use rustix::fs::{FlockOperation, flock};

    pub(super) fn exclusive(file: &File, waiting: &dyn Fn()) -> io::Result<()> {
        if try_exclusive(file) {
            return Ok(());
        }
        waiting();
        Ok(flock(file, FlockOperation::LockExclusive)?)
    }

    pub(super) fn try_exclusive(file: &File) -> bool {
        flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
    }

    pub(super) fn shared(file: &File) -> io::Result<()> {
        Ok(flock(file, FlockOperation::LockShared)?)
    }
}

/// No locks here: two processes may fetch the same twice, the later one wins, and a running program cannot be removed.
#[cfg(not(unix))]
mod lock {
    use std::fs::File;
    use std::io;

    pub(super) fn exclusive(_: &File, _: &dyn Fn()) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn try_exclusive(_: &File) -> bool {
        true
    }

    pub(super) fn shared(_: &File) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use semver::Version;

    use super::{Cache, LABEL, Taken};
    use crate::error::{Error, ErrorKind, Result};

    fn v(patch: u64) -> Version {
        Version::new(2, 1, patch)
    }

    #[allow(clippy::unnecessary_wraps, reason = "the cache takes a way of putting that may fail")]
    fn put(folder: &Path) -> Result<Vec<Taken>> {
        fs::write(folder.join("claude"), [0; 100]).unwrap();
        Ok(vec![Taken { path: "claude".to_owned(), bytes: 100 }])
    }

    fn keep(cache: &Cache, patch: u64) -> super::Kept {
        let (kept, _) = cache.keep(&v(patch), "linux", &|| {}, &mut put).unwrap();
        // Files of one moment have one time: each is set to its own, so that an order of use is there to be seen.
        let label = fs::OpenOptions::new().append(true).open(kept.folder.join(LABEL)).unwrap();
        label.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(patch)).unwrap();
        kept
    }

    #[test]
    fn what_is_kept_is_found_and_not_made_twice() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned(), 1000);
        assert!(cache.find(&v(1), "linux").is_none());
        drop(keep(&cache, 1));
        let again = cache.keep(&v(1), "linux", &|| {}, &mut |_| panic!("it is there already")).unwrap();
        assert_eq!(again.0.bytes, 100);
        assert!(cache.has(&v(1), "linux") && !cache.has(&v(1), "other"));
        assert_eq!(cache.versions(), BTreeMap::from([(v(1), 100)]));
    }

    #[test]
    fn what_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned(), 1000);
        let failed = cache.keep(&v(1), "linux", &|| {}, &mut |part| {
            put(part)?;
            Err(Error::new(ErrorKind::Fetch, "x", "y", "z"))
        });
        assert!(failed.is_err() && cache.versions().is_empty());
        let parts =
            fs::read_dir(folder.path()).unwrap().filter(|e| e.as_ref().unwrap().file_name() != "locks");
        assert_eq!(parts.count(), 0);
    }

    #[test]
    fn a_version_that_lost_a_byte_is_not_there_and_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned(), 1000);
        let kept = keep(&cache, 1);
        fs::write(kept.folder.join("claude"), [0; 99]).unwrap();
        drop(kept);
        assert!(cache.find(&v(1), "linux").is_none());
        drop(keep(&cache, 1));
        assert!(cache.find(&v(1), "linux").is_some());
    }

    #[test]
    fn what_was_used_longest_ago_goes_first_and_what_is_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned(), 250);
        let held = keep(&cache, 1);
        drop(keep(&cache, 2));
        drop(keep(&cache, 3));
        let left: Vec<Version> = cache.versions().into_keys().collect();
        if cfg!(unix) {
            assert_eq!(left, [v(1), v(3)]);
        }
        drop(held);
        drop(cache.find(&v(3), "linux"));
        drop(keep(&cache, 4));
        assert_eq!(cache.versions().into_keys().collect::<Vec<_>>(), [v(3), v(4)]);
    }

    #[test]
    fn the_place_follows_the_environment() {
        let place = |pairs: &[(&str, &str)]| {
            let environment = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            Cache::place(&environment)
        };
        assert_eq!(place(&[]), None);
        assert_eq!(place(&[("LASTGOOD_CACHE", "/x"), ("HOME", "/h")]), Some(PathBuf::from("/x")));
        if cfg!(target_os = "linux") {
            assert_eq!(place(&[("HOME", "/h")]), Some(PathBuf::from("/h/.cache/lastgood")));
            assert_eq!(
                place(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]),
                Some(PathBuf::from("/c/lastgood"))
            );
            assert_eq!(
                place(&[("HOME", "/h"), ("XDG_CACHE_HOME", "c")]),
                Some(PathBuf::from("/h/.cache/lastgood"))
            );
        }
    }
}
