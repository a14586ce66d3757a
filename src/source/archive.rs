//! Opens the logs of archives, whose directory is read once for all of them.
//!
//! Comes in: the path of an archive, and that of a log in it. Goes out: a reader of the log. What is kept of the archive that
//! was opened last holds as long as its length and its time do.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::zip::{self, Entry};

/// The archive that was opened last.
static LAST: Mutex<Option<Archive>> = Mutex::new(None);

struct Archive {
    path: String,
    state: State,
    entries: Arc<HashMap<String, Entry>>,
}

/// What changes with an archive.
type State = (u64, Option<SystemTime>);

/// A reader of a log in an archive.
pub(super) fn open(path: &str, inner: &str) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let entries = entries(path, &mut file)?;
    entries.get(inner).ok_or(io::ErrorKind::NotFound)?.open(file)
}

/// What is in it; of several entries of one name the first.
fn entries(path: &str, file: &mut File) -> io::Result<Arc<HashMap<String, Entry>>> {
    let about = file.metadata()?;
    let state = (about.len(), about.modified().ok());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = last.as_ref().filter(|known| known.path == path && known.state == state) {
        return Ok(Arc::clone(&known.entries));
    }
    let mut entries = HashMap::new();
    for entry in zip::directory(file)? {
        entries.entry(entry.name.clone()).or_insert(entry);
    }
    let entries = Arc::new(entries);
    *last = Some(Archive { path: path.to_owned(), state, entries: Arc::clone(&entries) });
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::open;
    use crate::source::made::archive;

    fn text(path: &str, inner: &str) -> Option<String> {
        let mut text = String::new();
        open(path, inner).ok()?.read_to_string(&mut text).ok()?;
        Some(text)
    }

    #[test]
    fn what_is_known_of_an_archive_is_known_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (a, b) = (path("a.zip"), path("b.zip"));
        std::fs::write(&a, archive(&[("x.log", b"one"), ("y.log", b"two"), ("x.log", b"again")])).unwrap();
        std::fs::write(&b, archive(&[("x.log", b"other")])).unwrap();
        let seen = [(&a, "x.log"), (&a, "y.log"), (&b, "x.log"), (&b, "y.log"), (&a, "y.log")];
        let seen = seen.map(|(path, inner)| text(path, inner));
        assert_eq!(
            seen.each_ref().map(Option::as_deref),
            [Some("one"), Some("two"), Some("other"), None, Some("two")]
        );
        std::fs::write(&a, archive(&[("y.log", b"three, and longer")])).unwrap();
        assert_eq!(
            [text(&a, "x.log"), text(&a, "y.log").filter(|t| t.starts_with("three"))].map(|t| t.is_some()),
            [false, true]
        );
    }
}
