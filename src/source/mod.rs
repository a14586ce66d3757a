//! Opens inputs: the only room that reads files and standard input. Keeps the packs that a user installed.
//!
//! Comes in: a path as the user wrote it. Goes out: a [`Source`], which hands over the input line by line, as bytes,
//! in constant memory, and in the end a [`Tally`] (lines, bytes, digest); or the files of a pack, from a folder, an
//! archive or the [`Store`]. It knows nothing of what the lines mean.

mod lines;
mod store;
mod walk;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub use lines::{MAX_LINE, Tally};
pub use store::{Installed, Store, Switched, fetch_pack};
pub use walk::{files_of_pack, logs_in};

use crate::error::{Error, ErrorKind, Result};

/// How much of an input is looked at to find out what it is.
const HEAD: usize = 64 * 1024;

/// An open input.
pub struct Source {
    /// The path as the user wrote it, or `-`.
    pub label: String,
    head: Vec<u8>,
    rest: Box<dyn Read>,
}

impl Source {
    /// Opens a path; `-` is standard input.
    pub fn open(label: &str) -> Result<Self> {
        if label == "-" {
            return Self::from_reader("-", Box::new(io::stdin()));
        }
        let path = Path::new(label);
        let meta = path.metadata().map_err(|e| Error::input(path, e))?;
        if meta.is_dir() {
            let cause = "it is a folder, and a single log is needed here";
            return Err(Error::new(
                ErrorKind::Input,
                label,
                cause,
                "name a file in it, or use `lastgood diagnose`",
            ));
        }
        let file = File::open(path).map_err(|e| Error::input(path, e))?;
        Self::from_reader(label, Box::new(file))
    }

    /// Text that is already at hand, e.g. the log of a signature's test.
    pub fn from_text(label: &str, text: &str) -> Self {
        let rest = Box::new(io::Cursor::new(text.as_bytes().to_vec()));
        Self { label: label.to_owned(), head: Vec::new(), rest }.filled()
    }

    fn from_reader(label: &str, mut rest: Box<dyn Read>) -> Result<Self> {
        let mut head = Vec::new();
        let taken = rest.by_ref().take(HEAD as u64).read_to_end(&mut head);
        taken.map_err(|e| Error::input(Path::new(label), e))?;
        Ok(Self { label: label.to_owned(), head, rest })
    }

    fn filled(mut self) -> Self {
        // A cursor over memory cannot fail to be read.
        let _ = self.rest.by_ref().take(HEAD as u64).read_to_end(&mut self.head);
        self
    }

    /// The first bytes of the input, to tell its form by.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Hands over every line with its 1-based number, without its line ending, cut at [`MAX_LINE`].
    pub fn each_line(self, see: &mut dyn FnMut(u64, &[u8])) -> Result<Tally> {
        let label = self.label;
        let mut input = io::Cursor::new(self.head).chain(self.rest);
        lines::each(&mut input, see).map_err(|e| Error::input(Path::new(&label), e))
    }
}

/// Whether `head` is no text: three bytes of ten are control characters or no UTF-8. A log may hold a NUL, a stray escape
/// or another encoding in what a server wrote; padding at its end, as a killed process leaves it, does not count.
pub fn is_binary(head: &[u8]) -> bool {
    let end = head.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
    let text = &head[..end];
    let control = text.iter().filter(|b| **b < 32 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1b)).count();
    let broken: usize = text.utf8_chunks().map(|c| c.invalid().len()).sum();
    (control + broken) * 10 > end * 3
}

#[cfg(test)]
mod tests {
    use super::{Source, is_binary};

    #[test]
    fn a_missing_file_is_named_with_its_remedy() {
        let error = Source::open("/no/such/file.log").err().unwrap().to_string();
        assert_eq!(error, "/no/such/file.log: there is no such file; check the path");
    }

    #[test]
    fn the_head_is_not_lost_from_the_lines() {
        let mut seen = Vec::new();
        let tally =
            Source::from_text("t", "a\nb\r\n\nc").each_line(&mut |n, l| seen.push((n, l.to_vec()))).unwrap();
        assert_eq!(seen, [(1, b"a".to_vec()), (2, b"b".to_vec()), (3, Vec::new()), (4, b"c".to_vec())]);
        assert_eq!((tally.lines, tally.bytes), (4, 7));
    }

    #[test]
    fn padding_of_a_killed_process_does_not_make_a_text_binary() {
        assert!(!is_binary(b"{\"debug\":\"x\"}\n\0\0\0\0"));
        assert!(is_binary(b"\x7fELF\x02\x01\x01\0\0\0\0\0\x03\0>\0"));
    }
}
