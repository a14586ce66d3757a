//! Takes the one executable out of a package, and what it needs to run.
//!
//! Comes in: a gzipped tar file whose digest was checked. Goes out: the wanted files below a folder, and nothing else. A
//! package with a link, a device, a path that leaves it, or more bytes than the ceiling is refused as a whole.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

/// More entries than any real package has.
const MAX_ENTRIES: usize = 20_000;

/// A file that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its path below the top of the package.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// Why nothing was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// The package is not one that is unpacked: why, as a lower-case fragment.
    Package(String),
    /// The disk would not have it: what the system says.
    Disk(String),
}

/// Takes the files that are `wanted` out of `package` into `folder`; at most `most` bytes are unpacked, wanted or not.
pub(super) fn unpack(
    package: File,
    folder: &Path,
    most: u64,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Taken>, Refused> {
    let gunzipped = Ceiling { inner: GzDecoder::new(BufReader::new(package)), left: most };
    let mut archive = Archive::new(gunzipped);
    let entries = archive.entries().map_err(|e| unreadable(&e))?;
    let mut taken = Vec::new();
    for (count, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|e| unreadable(&e))?;
        if count >= MAX_ENTRIES {
            return Err(Refused::Package(format!("it has more than {MAX_ENTRIES} files")));
        }
        let kind = entry.header().entry_type();
        let raw = entry.path_bytes().into_owned();
        let path = safe(&raw).ok_or_else(|| {
            Refused::Package(format!("it has a file that would leave its folder ({})", shown(&raw)))
        })?;
        match kind {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            _ => return Err(Refused::Package(format!("it has a link or a device ({})", shown(&raw)))),
        }
        if wanted(&path) {
            let executable = entry.header().mode().is_ok_and(|m| m & 0o111 != 0);
            let bytes = write(&mut entry, &folder.join(&path), executable)?;
            taken.push(Taken { path, bytes });
        }
    }
    taken.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(taken)
}

/// The path below the first folder, which every package has and names as it likes; `None` where it would leave it.
fn safe(raw: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(raw).ok()?;
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    let forbidden = |c: char| c.is_control() || matches!(c, '\\' | ':');
    if text.starts_with('/') || text.contains(forbidden) {
        return None;
    }
    let text = text.strip_suffix('/').unwrap_or(text);
    if !text.split('/').all(plain) {
        return None;
    }
    Some(text.split_once('/').map_or(String::new(), |(_, below)| below.to_owned()))
}

fn shown(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).chars().filter(|c| !c.is_control()).take(100).collect()
}

fn write(entry: &mut dyn Read, to: &Path, executable: bool) -> Result<u64, Refused> {
    let mut put = || -> io::Result<u64> {
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // A second file of the same name would be a trick: `create_new` refuses it.
        let mut file = OpenOptions::new().write(true).create_new(true).open(to)?;
        let bytes = io::copy(entry, &mut file)?;
        if executable {
            make_executable(&file)?;
        }
        file.sync_all()?;
        Ok(bytes)
    };
    put().map_err(|e| unreadable(&e))
}

#[cfg(unix)]
pub(super) fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(super) fn make_executable(_file: &File) -> io::Result<()> {
    Ok(())
}

fn unreadable(error: &io::Error) -> Refused {
    if error
        .get_ref()
        .is_some_and(<dyn std::error::Error + std::marker::Send + std::marker::Sync + 'static>::is::<TooMuch>)
    {
        return Refused::Package(TooMuch.to_string());
    }
    // Only the system's own errors have a number; one of a name that is taken is the package's fault all the same.
    match error.raw_os_error() {
        Some(_) if error.kind() != io::ErrorKind::AlreadyExists => Refused::Disk(error.to_string()),
        _ => Refused::Package(format!("it cannot be unpacked: {error}")),
    }
}

/// Reads until the ceiling, then fails: a few bytes of gzip may stand for terabytes.
struct Ceiling<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Ceiling<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(to)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(TooMuch))?;
        Ok(read)
    }
}

#[derive(Debug)]
struct TooMuch;

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it unpacks to more than is allowed")
    }
}

impl std::error::Error for TooMuch {}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, EntryType, Header};
    use tempfile::TempDir;

    use super::{Refused, Taken, unpack};

    /// A package with these entries; paths are written as they are, which `tar` itself would refuse.
    fn package(entries: &[(&str, EntryType, &[u8])]) -> std::fs::File {
        let mut builder = Builder::new(GzEncoder::new(tempfile::tempfile().unwrap(), Compression::fast()));
        for (path, kind, bytes) in entries {
            let mut header = Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(bytes.len() as u64);
            header.set_mode(0o755);
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        let mut file = builder.into_inner().unwrap().finish().unwrap();
        file.flush().unwrap();
        file.rewind().unwrap();
        file
    }

    fn unpacked(entries: &[(&str, EntryType, &[u8])]) -> (TempDir, Result<Vec<Taken>, Refused>) {
        let folder = tempfile::tempdir().unwrap();
        let result = unpack(package(entries), folder.path(), 100_000, &|path| {
            path == "claude" || path.starts_with("vendor/")
        });
        (folder, result)
    }

    fn says(taken: &Result<Vec<Taken>, Refused>, what: &str) -> bool {
        matches!(taken, Err(Refused::Package(why)) if why.contains(what))
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn only_what_is_wanted_is_written() {
        let (folder, taken) = unpacked(&[
            ("package/README.md", FILE, b"no"),
            ("package/claude", FILE, b"run"),
            ("package/vendor/a/b", FILE, b"x"),
        ]);
        let paths: Vec<_> = taken.unwrap().into_iter().map(|t| (t.path, t.bytes)).collect();
        assert_eq!(paths, [("claude".to_owned(), 3), ("vendor/a/b".to_owned(), 1)]);
        assert!(folder.path().join("claude").exists() && !folder.path().join("README.md").exists());
    }

    #[test]
    fn a_path_that_leaves_the_package_refuses_all_of_it() {
        for path in [
            "package/../claude",
            "../claude",
            "/claude",
            "package/vendor/../../../x",
            "package\\..\\x",
            "C:/x",
            "package//x",
        ] {
            let (folder, taken) = unpacked(&[(path, FILE, b"x")]);
            assert!(says(&taken, "would leave its folder"), "{path}: {taken:?}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{path}");
        }
    }

    #[test]
    fn links_and_devices_refuse_all_of_it_even_where_they_are_not_wanted() {
        for kind in [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Fifo] {
            let (_folder, taken) = unpacked(&[("package/other", kind, b"")]);
            assert!(says(&taken, "link or a device"), "{kind:?}");
        }
    }

    #[test]
    fn a_bomb_is_stopped_at_the_ceiling() {
        let zeros = vec![0; 1_000_000];
        for path in ["package/claude", "package/README.md"] {
            let (_folder, taken) = unpacked(&[(path, FILE, &zeros)]);
            assert!(says(&taken, "it unpacks to more than is allowed"), "{path}");
        }
    }

    #[test]
    fn a_file_that_comes_twice_is_refused() {
        let (_folder, taken) = unpacked(&[("package/claude", FILE, b"one"), ("other/claude", FILE, b"two")]);
        assert!(says(&taken, "cannot be unpacked"));
    }

    #[test]
    fn what_is_no_package_is_refused() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"<html>not found</html>").unwrap();
        file.rewind().unwrap();
        let folder = tempfile::tempdir().unwrap();
        assert!(unpack(file, folder.path(), 1000, &|_| true).is_err());
    }
}
