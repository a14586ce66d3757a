//! Opens inputs: the only room that reads files and standard input. Keeps the packs that a user installed.
//!
//! Comes in: what the user wrote: paths, folders, globs, lists, archives. Goes out: a [`Source`], which hands over the
//! input line by line, as UTF-8 bytes, unpacked, in constant memory, and in the end a [`Tally`] (lines, bytes, digest);
//! or the files of a pack, from a folder, an archive, a URL or the [`Store`]. It knows nothing of what the lines mean.

mod archive;
mod disk;
mod encoding;
mod find;
mod hashing;
mod latest;
mod lines;
#[cfg(test)]
mod made;
mod part;
mod store;
#[cfg(feature = "net")]
pub mod trust;
mod unpack;
mod walk;
mod zip;

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

pub use find::{Log, logs, logs_in, server_in, start_in, stem_of};
pub use latest::latest;
pub use lines::{Block, MAX_LINE};
pub use part::line_at;
pub use store::{Fetched, Installed, Store, Switched, fetch, fetch_pack, fetch_signature, verify};
pub use walk::files_of_pack;

use crate::error::{Error, ErrorKind, Result};
use disk::Disk;
use encoding::{Encoding, Utf16};
use lines::Lines;
use unpack::{Packing, Refusal, unpacked};

/// How much of an input is looked at to find out what it is.
const HEAD: usize = 64 * 1024;

/// How much of two files is compared at once.
const SIDE: usize = 256 * 1024;

/// How much is looked at to find out how it is packed.
const MAGIC: usize = 512;

/// The longest archive that is taken from standard input, which cannot be read twice. Bytes.
const MAX_PIPED: u64 = 256 << 20;

/// What an input was, once it was read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Number of lines; a last one without a line ending counts.
    pub lines: u64,
    /// Number of bytes on disk.
    pub bytes: u64,
    /// Lines of which a part was skipped.
    pub cut_lines: u64,
    /// SHA-256 over the bytes as they stand on disk, in hex; empty where it was not asked for.
    pub sha256: String,
    /// The inputs that it was put together from, where it is more than one: path and what it was.
    pub parts: Vec<(String, Tally)>,
}

impl Tally {
    /// What follows in the same input, of which there is no digest.
    pub fn go_on(&mut self, later: &Self) {
        self.lines += later.lines;
        self.bytes += later.bytes;
        self.cut_lines += later.cut_lines;
    }

    /// The tally of several inputs that are one log.
    pub fn of_all(parts: Vec<(String, Self)>) -> Self {
        let sum = |of: fn(&Self) -> u64| parts.iter().map(|(_, t)| of(t)).sum();
        Self {
            lines: sum(|t| t.lines),
            bytes: sum(|t| t.bytes),
            cut_lines: sum(|t| t.cut_lines),
            sha256: disk::of_all(parts.iter().map(|(_, t)| t.sha256.as_str())),
            parts,
        }
    }
}

/// An open input.
pub struct Source {
    /// The path as the user wrote it, or `-`; of an entry of an archive `a.zip!inner/name.log`.
    pub label: String,
    lines: Lines,
    disk: Disk,
    /// Whether its text is what stands on disk.
    plain: bool,
    /// How many bytes it had when it was opened, if it is a file.
    length: Option<u64>,
}

impl Source {
    /// Opens a path; `-` is standard input.
    pub fn open(label: &str) -> Result<Self> {
        Self::opened(label, true).map_err(|e| of_io(label, e))
    }

    /// The same without a digest in its tally: where nobody asks for it, it costs more than all else.
    pub fn undigested(label: &str) -> Result<Self> {
        Self::opened(label, false).map_err(|e| of_io(label, e))
    }

    /// Text that is already at hand, e.g. the log of a signature's test.
    pub fn from_text(label: &str, text: &str) -> Self {
        let disk = Disk::new(Box::new(Cursor::new(text.as_bytes().to_vec())), true);
        let mut lines = Lines::new(Box::new(disk.reader()));
        // A cursor over memory cannot fail to be read.
        let _ = lines.head(HEAD);
        Self { label: label.to_owned(), lines, disk, plain: true, length: None }
    }

    /// Bytes that are already at hand, packed or not, as if they came from standard input.
    pub fn from_bytes(label: &str, bytes: Vec<u8>) -> Result<Self> {
        let disk = Disk::new(Box::new(Cursor::new(bytes)), true);
        Self::from_disk(label, disk, None).map_err(|e| of_io(label, e))
    }

    /// `digested`: whether anybody wants to know the digest.
    fn opened(label: &str, digested: bool) -> io::Result<Self> {
        if label == "-" {
            return Self::from_disk(label, Disk::new(Box::new(io::stdin()), digested), None);
        }
        if let Some((archive, inner)) = find::split_archive(label) {
            return Self::from_entry(label, Disk::new(archive::open(archive, inner)?, digested));
        }
        let path = Path::new(label);
        let metadata = path.metadata()?;
        if metadata.is_dir() {
            let cause = "it is a folder, and a single log is needed here";
            return Err(Refusal::error(cause, "name a file in it, or use `lastgood diagnose`"));
        }
        let source = Self::from_disk(label, Disk::new(Box::new(File::open(path)?), digested), Some(path))?;
        // What is open already is there by a name as well, and on some systems all who open that share one place in it.
        let of_its_own = metadata.is_file() && !path.starts_with("/dev");
        Ok(Self { length: of_its_own.then_some(metadata.len()), ..source })
    }

    /// `path`: where the input can be read once more, from any place in it.
    fn from_disk(label: &str, disk: Disk, path: Option<&Path>) -> io::Result<Self> {
        let head = first(&mut disk.reader(), MAGIC)?;
        if Packing::of(&head) == Packing::Zip {
            return match path {
                Some(path) => only_entry(label, File::open(path)?, disk.is_digested()),
                None => only_entry(label, Cursor::new(whole(head, &disk)?), disk.is_digested()),
            };
        }
        Self::from_packed(label, head, disk)
    }

    /// An entry of an archive: it may be packed, but archives in archives have no end.
    fn from_entry(label: &str, disk: Disk) -> io::Result<Self> {
        let head = first(&mut disk.reader(), MAGIC)?;
        if Packing::of(&head) == Packing::Zip {
            return Err(Refusal::error(
                "it is an archive in an archive",
                "take the inner one out and give that",
            ));
        }
        Self::from_packed(label, head, disk)
    }

    fn from_packed(label: &str, head: Vec<u8>, disk: Disk) -> io::Result<Self> {
        let packing = Packing::of(&head);
        let mut inside = unpacked(head, &disk)?;
        let head = first(&mut inside, MAGIC)?;
        if packing != Packing::None {
            Packing::of(&head).refuse_within()?;
        }
        let (encoding, mark) = Encoding::of(head.get(..encoding::LOOK).unwrap_or(&head));
        let text = Cursor::new(head.get(mark..).unwrap_or_default().to_vec()).chain(inside);
        let text: Box<dyn Read> = match encoding {
            Encoding::Utf8 => Box::new(text),
            _ => Box::new(Utf16::new(text, encoding)),
        };
        let mut lines = Lines::new(text);
        lines.head(HEAD)?;
        let plain = packing == Packing::None && encoding == Encoding::Utf8;
        Ok(Self { label: label.to_owned(), lines, disk, plain, length: None })
    }

    /// The first bytes of the input, to tell its form by.
    pub fn head(&self) -> &[u8] {
        self.lines.seen(HEAD)
    }

    /// The next line with its 1-based number, without its line ending, cut at [`MAX_LINE`].
    pub fn next_line(&mut self) -> Result<Option<(u64, &[u8])>> {
        let Self { label, lines, .. } = self;
        lines.next().map_err(|e| of_io(label, e))
    }

    /// As many whole lines as are at hand; whoever reads them says with [`Source::count`] how many they were. `spare` is
    /// a block that is not needed any more.
    pub fn next_block(&mut self, spare: Block) -> Result<Option<Block>> {
        let Self { label, lines, .. } = self;
        lines.block(spare).map_err(|e| of_io(label, e))
    }

    /// So many lines of blocks were read.
    pub fn count(&mut self, lines: u64) {
        self.lines.count += lines;
    }

    /// What the input was. What is not read yet is read for it.
    pub fn finish(mut self) -> Result<Tally> {
        while self.next_line()?.is_some() {}
        let (bytes, sha256) = self.disk.finish().map_err(|e| of_io(&self.label, e))?;
        let Lines { count: lines, cut: cut_lines, .. } = self.lines;
        Ok(Tally { lines, bytes, cut_lines, sha256, parts: Vec::new() })
    }

    /// Hands over every line.
    pub fn each_line(mut self, see: &mut dyn FnMut(u64, &[u8])) -> Result<Tally> {
        while let Some((number, line)) = self.next_line()? {
            see(number, line);
        }
        self.finish()
    }
}

/// Whether two paths are regular files with the same bytes; `None` where that cannot be told from here.
pub fn are_the_same(a: &str, b: &str) -> Option<bool> {
    let length =
        |path: &str| Path::new(path).metadata().ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
    if length(a)? != length(b)? {
        return Some(false);
    }
    let (mut a, mut b) = (File::open(a).ok()?, File::open(b).ok()?);
    let (mut one, mut other) = (vec![0; SIDE], vec![0; SIDE]);
    loop {
        let length = fill(&mut a, &mut one)?;
        if fill(&mut b, &mut other)? != length || one.get(..length) != other.get(..length) {
            return Some(false);
        }
        if length < SIDE {
            return Some(true);
        }
    }
}

/// Reads until the buffer is full or the file ends; gives how much there was.
fn fill(file: &mut File, buffer: &mut [u8]) -> Option<usize> {
    let mut length = 0;
    while let Some(room) = buffer.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(n) => length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(length)
}

/// Up to `most` bytes of a reader.
fn first(input: &mut impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.by_ref().take(most as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// An archive that comes from standard input.
fn whole(mut head: Vec<u8>, disk: &Disk) -> io::Result<Vec<u8>> {
    disk.reader().take(MAX_PIPED).read_to_end(&mut head)?;
    if head.len() as u64 >= MAX_PIPED {
        let cause = "the archive is too long to be read from standard input";
        return Err(Refusal::error(cause, "save it and give its path"));
    }
    Ok(head)
}

/// Opens the one log of an archive.
fn only_entry(
    label: &str,
    mut archive: impl Read + io::Seek + 'static,
    digested: bool,
) -> io::Result<Source> {
    let logs = find::logs_of(&zip::directory(&mut archive)?);
    match logs.as_slice() {
        [one] => {
            let disk = Disk::new(one.open(archive)?, digested);
            Source::from_entry(&format!("{label}!{}", one.name), disk)
        }
        [] => Err(find::no_log("it holds")),
        [first, ..] => {
            let cause = format!("it is an archive of {} logs, and a single one is needed here", logs.len());
            let remedy = match label {
                "-" => "save it to a file and give that".to_owned(),
                _ => format!("name one of them, e.g. `{label}!{}`", first.name),
            };
            Err(Refusal::error(cause, remedy))
        }
    }
}

/// An error of the operating system, or a refusal of our own.
fn of_io(label: &str, error: io::Error) -> Error {
    match error.get_ref().and_then(|e| e.downcast_ref::<Refusal>()) {
        Some(Refusal { cause, remedy }) => Error::new(ErrorKind::Input, label, cause, remedy),
        None => Error::input(Path::new(label), error),
    }
}

/// Whether `head` is no text: three bytes of ten are control characters or no UTF-8. A log may hold a NUL, a stray escape
/// or another encoding in what a server wrote; padding at its end, as a killed process leaves it, does not count.
pub fn is_binary(head: &[u8]) -> bool {
    let end = head.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
    let text = &head[..end];
    let is_control = |b: &u8| u8::from(*b < 32 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1b));
    // Counted in bytes, as many as fit one: a processor adds up dozens of them at once.
    let control: usize = text.chunks(255).map(|c| usize::from(c.iter().map(is_control).sum::<u8>())).sum();
    let whole = std::str::from_utf8(text).is_ok();
    let broken: usize = if whole { 0 } else { text.utf8_chunks().map(|c| c.invalid().len()).sum() };
    (control + broken) * 10 > end * 3
}

#[cfg(test)]
mod tests {
    use super::{Source, are_the_same, is_binary};

    #[test]
    fn a_missing_file_is_named_with_its_remedy() {
        let error = Source::open("/no/such/file.log").err().unwrap().to_string();
        assert_eq!(error, "/no/such/file.log: there is no such file; check the path");
    }

    #[test]
    fn the_tally_counts_lines_and_bytes() {
        let mut seen = Vec::new();
        let tally =
            Source::from_text("t", "a\nb\r\n\nc").each_line(&mut |n, l| seen.push((n, l.to_vec()))).unwrap();
        assert_eq!(seen, [(1, b"a".to_vec()), (2, b"b".to_vec()), (3, Vec::new()), (4, b"c".to_vec())]);
        assert_eq!((tally.lines, tally.bytes), (4, 7));
    }

    #[test]
    fn files_are_the_same_if_all_their_bytes_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let long = "x".repeat(200_000);
        for (name, text) in
            [("a", &long), ("b", &long), ("c", &(long.clone() + "y")), ("d", &("y".to_owned() + &long))]
        {
            std::fs::write(path(name), text).unwrap();
        }
        let same = |a: &str, b: &str| are_the_same(&path(a), &path(b));
        assert_eq!([same("a", "b"), same("a", "c"), same("c", "d")], [Some(true), Some(false), Some(false)]);
        assert_eq!((same("a", "gone"), are_the_same("-", &path("a"))), (None, None));
    }

    #[test]
    fn padding_of_a_killed_process_does_not_make_a_text_binary() {
        assert!(!is_binary(b"{\"debug\":\"x\"}\n\0\0\0\0"));
        assert!(is_binary(b"\x7fELF\x02\x01\x01\0\0\0\0\0\x03\0>\0"));
    }
}
