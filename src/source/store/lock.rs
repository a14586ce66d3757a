//! The lock file of an installed pack: the SHA-256 of every file, as `sha256sum -c` reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Its name beside the files.
pub(super) const NAME: &str = "lock.sha256";

/// What stands before the place that the pack came from.
const ORIGIN: &str = "# from ";

/// The text of a lock file.
pub(super) fn text(origin: &str, files: &[(String, String)]) -> String {
    let mut lines = vec![format!("{ORIGIN}{}", origin.replace(char::is_control, " "))];
    let sorted: BTreeMap<&str, String> = files.iter().map(|(p, t)| (p.as_str(), digest(t))).collect();
    lines.extend(sorted.iter().map(|(path, digest)| format!("{digest}  {path}")));
    lines.join("\n") + "\n"
}

/// Where the pack came from.
pub(super) fn origin(lock: &str) -> String {
    lock.lines().find_map(|l| l.strip_prefix(ORIGIN)).unwrap_or_default().to_owned()
}

/// What of `files` is not as the lock says, if anything.
pub(super) fn difference(lock: &str, files: &[(String, String)]) -> Option<String> {
    let mut locked: BTreeMap<&str, &str> = lock
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| l.split_once("  "))
        .map(|(d, p)| (p, d))
        .collect();
    for (path, text) in files {
        match locked.remove(path.as_str()) {
            None => return Some(format!("{path} was added to it after it was installed")),
            Some(known) if known != digest(text) => {
                return Some(format!("{path} was changed after it was installed"));
            }
            Some(_) => {}
        }
    }
    locked.keys().next().map(|path| format!("{path} is gone"))
}

/// The first digits of the digest over all files.
pub(super) fn short_digest(files: &[(String, String)]) -> String {
    digest(&text("", files)).chars().take(12).collect()
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::{difference, origin, short_digest, text};

    fn files(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect()
    }

    #[test]
    fn a_lock_is_what_sha256sum_reads() {
        let lock = text("/from\nhere", &files(&[("b", ""), ("a", "abc")]));
        let wanted = "# from /from here\n\
                      ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n\
                      e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n";
        assert_eq!(lock, wanted);
        assert_eq!(origin(&lock), "/from here");
    }

    #[test]
    fn every_difference_is_seen_and_the_order_is_none() {
        let lock = text("", &files(&[("a", "1"), ("b", "2")]));
        assert_eq!(difference(&lock, &files(&[("b", "2"), ("a", "1")])), None);
        for other in [&[("a", "1")][..], &[("a", "1"), ("b", "3")], &[("a", "1"), ("b", "2"), ("c", "")]] {
            assert!(difference(&lock, &files(other)).is_some());
        }
        assert_ne!(short_digest(&files(&[("a", "1")])), short_digest(&files(&[("a", "2")])));
    }
}
