//! Parts of a file in plain text: a long log can be read from several places at once.
//!
//! Comes in: from which byte to which. Goes out: a [`Source`] of no more than that.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use super::disk::Disk;
use super::lines::Lines;
use super::{HEAD, Source, of_io};
use crate::error::Result;

impl Source {
    /// How many bytes it has, if it is a file that is read as it stands, of which there are [`Source::part`]s.
    pub fn length(&self) -> Option<u64> {
        self.length.filter(|_| self.plain)
    }

    /// A part of a file that is read as it stands: from one byte to before another, as far as there are any.
    pub fn part(label: &str, bytes: Range<u64>) -> Result<Self> {
        let opened = || {
            let mut file = File::open(label)?;
            file.seek(SeekFrom::Start(bytes.start))?;
            let disk = Disk::new(Box::new(file.take(bytes.end.saturating_sub(bytes.start))), false);
            match bytes.start {
                0 => Self::from_disk(label, disk, None),
                _ => Self::from_text_on(label, disk),
            }
        };
        opened().map_err(|e| of_io(label, e))
    }

    fn from_text_on(label: &str, disk: Disk) -> io::Result<Self> {
        let mut lines = Lines::new(Box::new(disk.reader()));
        lines.head(HEAD)?;
        Ok(Self { label: label.to_owned(), lines, disk, plain: true, length: None })
    }
}

/// Where in a file a line begins: the 1-based `line` of those that are counted from the byte `from` on.
pub fn line_at(label: &str, from: u64, line: u64) -> Option<u64> {
    let mut file = File::open(label).ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut file = BufReader::new(file);
    (1..line).try_fold(from, |at, _| Some(at + file.skip_until(b'\n').ok()? as u64))
}
