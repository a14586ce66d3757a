//! Splits a reader into lines in constant memory, and digests it on the way.

use std::fmt::Write as _;
use std::io::{self, Read};

use memchr::memchr;
use sha2::{Digest, Sha256};

/// The longest line that is handed over; of a longer one the rest is skipped and counted. Lines of hundreds of
/// megabytes occur: base64 payloads in JSON-RPC traffic (anthropics/claude-code#69427).
pub const MAX_LINE: usize = 1 << 20;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// What an input was, once it was read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Number of lines; a last one without a line ending counts.
    pub lines: u64,
    /// Number of bytes.
    pub bytes: u64,
    /// Lines of which a part was skipped.
    pub cut_lines: u64,
    /// SHA-256 over the bytes as they stand on disk, in hex.
    pub sha256: String,
}

/// Hands every line to `see`.
pub(super) fn each(input: &mut dyn Read, see: &mut dyn FnMut(u64, &[u8])) -> io::Result<Tally> {
    let mut chunk = vec![0; CHUNK];
    let mut lines = Lines::new(see);
    let mut hash = Sha256::new();
    loop {
        let n = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        hash.update(&chunk[..n]);
        lines.feed(&chunk[..n]);
    }
    let mut tally = lines.end();
    tally.sha256 = hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Ok(tally)
}

struct Lines<'a> {
    see: &'a mut dyn FnMut(u64, &[u8]),
    /// The beginning of a line whose end is not read yet.
    open: Vec<u8>,
    /// Whether the open line is already longer than is kept.
    cut: bool,
    tally: Tally,
}

impl<'a> Lines<'a> {
    fn new(see: &'a mut dyn FnMut(u64, &[u8])) -> Self {
        Self { see, open: Vec::new(), cut: false, tally: Tally::default() }
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        self.tally.bytes += bytes.len() as u64;
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.open.is_empty() && !self.cut {
                self.emit_slice(line);
            } else {
                self.keep(line);
                self.emit_open();
            }
            bytes = rest;
        }
        self.keep(bytes);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_LINE - self.open.len();
        self.cut |= bytes.len() > room;
        self.open.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn emit_slice(&mut self, line: &[u8]) {
        self.tally.lines += 1;
        self.tally.cut_lines += u64::from(line.len() > MAX_LINE);
        (self.see)(self.tally.lines, without_return(&line[..line.len().min(MAX_LINE)]));
    }

    fn emit_open(&mut self) {
        self.tally.lines += 1;
        self.tally.cut_lines += u64::from(self.cut);
        (self.see)(self.tally.lines, without_return(&self.open));
        self.open.clear();
        self.cut = false;
    }

    fn end(mut self) -> Tally {
        if !self.open.is_empty() || self.cut {
            self.emit_open();
        }
        self.tally
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{MAX_LINE, each};

    /// A reader that gives its bytes in small, uneven portions.
    struct Portions<'a>(&'a [u8], usize);

    impl std::io::Read for Portions<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            self.1 = self.1 % 7 + 1;
            let n = self.1.min(self.0.len()).min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn a_line_beyond_the_limit_is_cut_and_counted_and_the_next_one_is_whole() {
        let mut text = vec![b'x'; MAX_LINE + 10];
        text.extend_from_slice(b"\nnext\n");
        let mut seen = Vec::new();
        let tally = each(&mut text.as_slice(), &mut |n, l| seen.push((n, l.len()))).unwrap();
        assert_eq!(seen, [(1, MAX_LINE), (2, 4)]);
        assert_eq!((tally.lines, tally.cut_lines, tally.bytes), (2, 1, MAX_LINE as u64 + 16));
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_reader_portions_them(bytes in any::<Vec<u8>>()) {
            let (mut whole, mut portions) = (Vec::new(), Vec::new());
            let a = each(&mut bytes.as_slice(), &mut |n, l| whole.push((n, l.to_vec()))).unwrap();
            let b = each(&mut Portions(&bytes, 0), &mut |n, l| portions.push((n, l.to_vec()))).unwrap();
            prop_assert_eq!(whole, portions);
            prop_assert_eq!(a, b);
        }
    }
}
