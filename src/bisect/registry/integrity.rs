//! The digest that a registry promises for a file, and whether the file keeps it.

use std::io::{self, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha512};

/// How much is read at once.
const CHUNK: usize = 128 * 1024;

/// SHA-512 digests, any of which a file may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    digests: Vec<Vec<u8>>,
}

impl Integrity {
    /// Reads `sha512-BASE64 …`; weaker digests do not count. `None` where no SHA-512 is promised.
    pub fn parse(text: &str) -> Option<Self> {
        let strong = text.split_ascii_whitespace().filter_map(|one| one.strip_prefix("sha512-"));
        let digests: Vec<Vec<u8>> = strong
            .filter_map(|one| STANDARD.decode(one.split('?').next().unwrap_or_default()).ok())
            .filter(|digest| digest.len() == 64)
            .collect();
        (!digests.is_empty()).then_some(Self { digests })
    }

    /// Whether `digest` is promised.
    pub fn admits(&self, digest: &[u8]) -> bool {
        self.digests.iter().any(|d| d == digest)
    }
}

/// Copies at most `most` bytes and returns their number and SHA-512; `None` where there are more.
pub(super) fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    most: u64,
    told: &mut dyn FnMut(u64),
) -> Result<Option<(u64, Vec<u8>)>, CopyError> {
    let mut hash = Sha512::new();
    let mut chunk = vec![0; CHUNK];
    let mut copied = 0;
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => return Ok(Some((copied, hash.finalize().to_vec()))),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(CopyError::From(e)),
        };
        copied += read as u64;
        if copied > most {
            return Ok(None);
        }
        let bytes = chunk.get(..read).unwrap_or_default();
        hash.update(bytes);
        to.write_all(bytes).map_err(CopyError::To)?;
        told(copied);
    }
}

/// Which side failed: the two have different remedies.
#[derive(Debug)]
pub(super) enum CopyError {
    /// What is read.
    From(io::Error),
    /// What is written.
    To(io::Error),
}

#[cfg(test)]
mod tests {
    use super::{Integrity, copy};

    /// SHA-512 of `abc`, from the standard.
    const ABC: &str =
        "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";

    #[test]
    fn a_file_keeps_its_promise_or_does_not() {
        let integrity = Integrity::parse(&format!("sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0= {ABC}")).unwrap();
        let digest = |bytes: &[u8]| copy(&mut &*bytes, &mut Vec::new(), 10, &mut |_| {}).unwrap().unwrap().1;
        assert!(integrity.admits(&digest(b"abc")));
        assert!(!integrity.admits(&digest(b"abd")));
        assert!(!integrity.admits(&[]));
    }

    #[test]
    fn a_promise_that_is_too_weak_is_none() {
        for text in ["", "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "sha512-", "sha512-YWJj", "sha512-%%%"] {
            assert_eq!(Integrity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_longer_than_allowed_is_cut_off() {
        assert!(copy(&mut &b"abcd"[..], &mut Vec::new(), 3, &mut |_| {}).unwrap().is_none());
        assert_eq!(copy(&mut &b"abc"[..], &mut Vec::new(), 3, &mut |_| {}).unwrap().unwrap().0, 3);
    }
}
