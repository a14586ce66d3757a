//! Digests and counts the bytes of an input as they stand on disk, whatever is unpacked from them.
//!
//! Comes in: the reader of the file. Goes out: a [`Reader`] for the layers above, and behind it the [`Disk`], which at
//! the end reads what they left and tells the digest. It changes no byte.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Read};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::hashing::Hashing;

/// How much is read at once of what no layer above wanted.
const REST: usize = 64 * 1024;

/// The file, and what was read of it.
#[derive(Clone)]
pub(super) struct Disk(Rc<RefCell<Inner>>);

struct Inner {
    input: Box<dyn Read>,
    hash: Option<Hashing>,
    bytes: u64,
}

/// Reads on, for a layer above.
pub(super) struct Reader(Rc<RefCell<Inner>>);

impl Disk {
    /// `digested`: whether anybody wants to know the digest.
    pub(super) fn new(input: Box<dyn Read>, digested: bool) -> Self {
        let hash = digested.then(Hashing::default);
        Self(Rc::new(RefCell::new(Inner { input, hash, bytes: 0 })))
    }

    pub(super) fn reader(&self) -> Reader {
        Reader(Rc::clone(&self.0))
    }

    /// Whether anybody wants to know the digest.
    pub(super) fn is_digested(&self) -> bool {
        self.0.borrow().hash.is_some()
    }

    /// Bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.0.borrow().bytes
    }

    /// Reads what is left; gives the number of bytes and their digest in hex, empty where it is not wanted.
    pub(super) fn finish(&self) -> io::Result<(u64, String)> {
        let mut rest = vec![0; REST];
        let mut reader = self.reader();
        loop {
            match reader.read(&mut rest) {
                Ok(0) => break,
                Err(e) if e.kind() != io::ErrorKind::Interrupted => return Err(e),
                _ => {}
            }
        }
        let mut inner = self.0.borrow_mut();
        let digest = inner.hash.take().map(Hashing::finish);
        Ok((inner.bytes, digest.map(|d| hex(&d)).unwrap_or_default()))
    }
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.0.borrow_mut();
        let n = inner.input.read(out)?;
        if let Some(hash) = &mut inner.hash {
            hash.update(&out[..n]);
        }
        inner.bytes += n as u64;
        Ok(n)
    }
}

/// The digest of several inputs that are one log: that of their digests, one a line.
pub(super) fn of_all<'a>(digests: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for digest in digests {
        hash.update(digest);
        hash.update("\n");
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::Disk;

    #[test]
    fn what_the_layers_above_leave_is_digested_too() {
        let disk = Disk::new(Box::new(&b"abc"[..]), true);
        let mut one = [0; 1];
        disk.reader().read_exact(&mut one).unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((disk.bytes(), disk.finish().unwrap()), (1, (3, abc.to_owned())));
    }
}
