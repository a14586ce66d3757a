//! Gets a pack from where a user says that it is: a folder, a `.tar.gz`, or a `file://` or `https://` URL of one.
//!
//! Comes in: that place, as the user wrote it. Goes out: the files of the pack, and the bytes of its archive, which a
//! signature is about. Anything but these four places is refused, and nothing is fetched in the clear.

use std::fs;
use std::path::Path;

use super::{Files, archive, url};
use crate::error::{Error, ErrorKind, Result};
use crate::source::files_of_pack;

/// What is added to the place of an archive to get the place of its signature.
const SIGNATURE: &str = ".minisig";

/// The longest signature, in bytes.
const MAX_SIGNATURE: u64 = 4096;

/// A pack as it was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// Path inside the pack, and text.
    pub files: Files,
    /// The bytes of its archive; a folder has none.
    pub archive: Option<Vec<u8>>,
}

/// The files of a pack that a user names.
pub fn fetch_pack(origin: &str) -> Result<Files> {
    fetch(origin).map(|fetched| fetched.files)
}

/// The files of a pack that a user names, and the bytes that they came in.
pub fn fetch(origin: &str) -> Result<Fetched> {
    let path = Path::new(local(origin)?.unwrap_or_default());
    if path.is_dir() {
        return Ok(Fetched { files: files_of_pack(path)?, archive: None });
    }
    let bytes = bytes(origin, archive::MAX_ARCHIVE)?;
    let files = archive::files(&bytes).map_err(|cause| {
        let remedy = "pack one folder that holds pack.json: `tar -czf pack.tar.gz FOLDER`";
        Error::new(ErrorKind::Pack, origin, cause, remedy)
    })?;
    Ok(Fetched { files, archive: Some(bytes) })
}

/// The text of the signature that lies beside the archive at `origin`.
pub fn fetch_signature(origin: &str) -> Result<String> {
    let (archive, query) = match local(origin)?.is_none().then(|| origin.find(['?', '#'])).flatten() {
        Some(at) => origin.split_at(at),
        None => (origin, ""),
    };
    let bytes = bytes(&format!("{archive}{SIGNATURE}{query}"), MAX_SIGNATURE)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The path that is meant; `None`: it is on another machine.
fn local(origin: &str) -> Result<Option<&str>> {
    let names_user = |rest: &str| rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@'));
    match origin.split_once("://") {
        None => Ok(Some(origin)),
        Some(("file", path)) => Ok(Some(path)),
        // Whatever the scheme: an error must not repeat the password.
        Some((_, rest)) if names_user(rest) => {
            let cause = "a name or password in a URL ends up in files and logs";
            Err(Error::new(ErrorKind::Usage, "patterns", cause, "download the pack, and give the file"))
        }
        Some(("https", _)) => Ok(None),
        Some(_) => {
            let cause = "packs are taken from folders, files, and file:// or https:// URLs";
            Err(Error::new(ErrorKind::Usage, origin, cause, "download it, and give the file"))
        }
    }
}

/// What is at `origin`, if it is no more than `most` bytes.
fn bytes(origin: &str, most: u64) -> Result<Vec<u8>> {
    let Some(path) = local(origin)?.map(Path::new) else {
        return url::get(origin, most).map_err(|cause| {
            let remedy = "check the URL and the network; packs from files always work";
            Error::new(ErrorKind::Fetch, origin, cause, remedy)
        });
    };
    let size = path.metadata().map_err(|e| Error::input(path, e))?.len();
    if size > most {
        let remedy = "pack one folder that holds pack.json: `tar -czf pack.tar.gz FOLDER`";
        return Err(Error::new(ErrorKind::Pack, origin, too_large(most), remedy));
    }
    fs::read(path).map_err(|e| Error::input(path, e))
}

pub(super) fn too_large(most: u64) -> String {
    if most < 1 << 20 {
        format!("it is larger than {most} bytes")
    } else {
        format!("it is larger than {} MiB", most >> 20)
    }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_place_is_a_path_or_a_safe_url() {
        assert_eq!(local("a/b.tar.gz").unwrap(), Some("a/b.tar.gz"));
        assert_eq!(local("file:///a/b").unwrap(), Some("/a/b"));
        assert_eq!(local("https://example.com/p.tar.gz").unwrap(), None);
        assert_eq!(local("https://example.com/@us/p.tar.gz").unwrap(), None);
        for refused in [
            "http://example.com/p.tar.gz",
            "ftp://me:pw@example.com/p",
            "https://me:pw@example.com/p",
            "http://me:pw@a/",
        ] {
            let error = local(refused).unwrap_err().to_string();
            assert!(!error.contains("pw"), "{error}");
        }
    }
}
