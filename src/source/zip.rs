//! Reads the logs in a zip archive, as people attach it to an issue, without writing anything to disk.
//!
//! Comes in: an archive. Goes out: its directory, and a reader of any entry. It refuses an archive with names that
//! lead out of it, one that unpacks to more than it should, encrypted entries and methods other than "stored" and
//! "deflated". It is no general reader: what a log's archive has no use for is not here.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::unpack::{Guard, Packed, Refusal, bomb, is_bomb};

/// The longest directory that is read. Bytes.
const MAX_DIRECTORY: u64 = 8 << 20;

/// More entries than any collection of logs has.
const MAX_ENTRIES: usize = 10_000;

/// The end record, and the longest comment that may follow it.
const END: usize = 22;
const MAX_COMMENT: u64 = 0xffff;

const ENCRYPTED: u16 = 1;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path inside, with `/`.
    pub(super) name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    /// Where its own header begins.
    at: u64,
}

/// The files of an archive, in its order.
pub(super) fn directory<R: Read + Seek>(input: &mut R) -> io::Result<Vec<Entry>> {
    let length = input.seek(SeekFrom::End(0))?;
    let (bytes, shift) = central(input, length)?;
    let mut left = bytes.as_slice();
    let mut entries = Vec::new();
    let mut total = 0_u64;
    while let Some((entry, behind)) = Entry::read(left, shift) {
        left = behind;
        total = total.saturating_add(entry.size);
        if leads_out(&entry.name) {
            let cause = format!("its entry `{}` leads out of the archive", printable(&entry.name));
            return Err(Refusal::error(
                cause,
                "do not unpack it unseen; take the log out by hand and give that",
            ));
        }
        if entries.len() == MAX_ENTRIES {
            let cause = format!("it has more than {MAX_ENTRIES} entries");
            return Err(Refusal::error(cause, "unpack it yourself and give the logs"));
        }
        if !entry.name.ends_with('/') {
            entries.push(entry);
        }
    }
    if is_bomb(length, total) { Err(bomb(length, total)) } else { Ok(entries) }
}

/// The bytes of the central directory, and by how much all offsets are to be shifted (a prefix before the archive).
fn central<R: Read + Seek>(input: &mut R, length: u64) -> io::Result<(Vec<u8>, u64)> {
    let tail = length.min(END as u64 + MAX_COMMENT);
    let bytes = part(input, length - tail, tail)?;
    let at =
        bytes.windows(4).rposition(|w| w == b"PK\x05\x06").ok_or_else(|| broken("it has no directory"))?;
    let end = bytes.get(at..).unwrap_or_default();
    let (size, offset) = short_of(u32_at(end, 12), u32_at(end, 16))?;
    let place = length - tail + at as u64;
    let begins = place.checked_sub(size).ok_or_else(|| broken("its directory is cut off"))?;
    let shift =
        begins.checked_sub(offset).ok_or_else(|| broken("its directory is not where it should be"))?;
    if size > MAX_DIRECTORY {
        return Err(broken("its directory is too long"));
    }
    Ok((part(input, begins, size)?, shift))
}

fn short_of(size: Option<u32>, offset: Option<u32>) -> io::Result<(u64, u64)> {
    match (size, offset) {
        (Some(u32::MAX), _) | (_, Some(u32::MAX)) => Err(Refusal::error(
            "it is a zip archive of more than 4 GB",
            "unpack it yourself and give the log",
        )),
        (Some(size), Some(offset)) => Ok((u64::from(size), u64::from(offset))),
        _ => Err(broken("its directory is cut off")),
    }
}

fn part<R: Read + Seek>(input: &mut R, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.seek(SeekFrom::Start(at))?;
    input.by_ref().take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Entry {
    /// The entry that a directory begins with, and what is behind it.
    fn read(bytes: &[u8], shift: u64) -> Option<(Self, &[u8])> {
        let name_length = usize::from(u16_at(bytes, 28)?);
        let more = usize::from(u16_at(bytes, 30)?) + usize::from(u16_at(bytes, 32)?);
        let behind = bytes.get(46 + name_length + more..).filter(|_| bytes.starts_with(b"PK\x01\x02"))?;
        let name = String::from_utf8_lossy(bytes.get(46..46 + name_length)?).replace('\\', "/");
        let entry = Self {
            name,
            flags: u16_at(bytes, 8)?,
            method: u16_at(bytes, 10)?,
            crc: u32_at(bytes, 16)?,
            packed: u64::from(u32_at(bytes, 20)?),
            size: u64::from(u32_at(bytes, 24)?),
            at: u64::from(u32_at(bytes, 42)?) + shift,
        };
        Some((entry, behind))
    }

    /// A reader of its content.
    pub(super) fn open<R: Read + Seek + 'static>(&self, mut input: R) -> io::Result<Box<dyn Read>> {
        if self.flags & ENCRYPTED != 0 {
            return Err(Refusal::error("it is encrypted", "unpack it with its password and give the log"));
        }
        let header = part(&mut input, self.at, 30)?;
        let lengths = u16_at(&header, 26).zip(u16_at(&header, 28));
        let Some((name, more)) = lengths.filter(|_| header.starts_with(b"PK\x03\x04")) else {
            return Err(broken("an entry is not where its directory says"));
        };
        input.seek(SeekFrom::Start(self.at + 30 + u64::from(name) + u64::from(more)))?;
        let data = input.take(self.packed);
        let content: Box<dyn Read> = match self.method {
            0 => Box::new(data),
            8 => Box::new(DeflateDecoder::new(data)),
            other => {
                let cause = format!("it is packed by method {other}, which is not unpacked here");
                return Err(Refusal::error(cause, "unpack it yourself and give the log"));
            }
        };
        let checked = Checked { content, crc: Crc::new(), entry: self.clone() };
        Ok(Box::new(Guard { input: checked, name: "zip", given: 0, packed: Packed::Bytes(self.packed) }))
    }
}

/// Holds what comes out to the length and the checksum that the directory promises.
struct Checked {
    content: Box<dyn Read>,
    crc: Crc,
    entry: Entry,
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.content.read(out)?;
        self.crc.update(&out[..n]);
        let given = u64::from(self.crc.amount());
        let over = n == 0 && !out.is_empty();
        match given.cmp(&self.entry.size) {
            std::cmp::Ordering::Greater => Err(broken("an entry is longer than its directory says")),
            std::cmp::Ordering::Less if over => Err(io::ErrorKind::UnexpectedEof.into()),
            _ if over && self.crc.sum() != self.entry.crc => Err(broken("an entry fails its checksum")),
            _ => Ok(n),
        }
    }
}

fn broken(cause: &str) -> io::Error {
    Refusal::error(format!("the zip archive is damaged: {cause}"), "fetch it again, or give the log itself")
}

/// Whether a path would end up outside of where it is unpacked.
fn leads_out(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    drive || name.starts_with('/') || name.split('/').any(|part| part == "..") || name.contains('\0')
}

fn printable(name: &str) -> String {
    name.chars().take(80).map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use proptest::prelude::{any, proptest};

    use super::directory;
    use crate::source::made::archive;

    fn all(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
        let entries = directory(&mut Cursor::new(bytes.to_vec())).map_err(|e| e.to_string())?;
        let read = |e: &super::Entry| {
            let mut content = Vec::new();
            let mut input = e.open(Cursor::new(bytes.to_vec())).map_err(|e| e.to_string())?;
            input.read_to_end(&mut content).map_err(|e| e.to_string())?;
            Ok((e.name.clone(), content))
        };
        entries.iter().map(read).collect()
    }

    #[test]
    fn what_was_packed_comes_out() {
        let bytes = archive(&[("logs/a.log", b"one"), ("logs/", b""), ("b.log", b"two")]);
        let one = ("logs/a.log".to_owned(), b"one".to_vec());
        assert_eq!(all(&bytes).unwrap(), [one, ("b.log".to_owned(), b"two".to_vec())]);
        let shifted = [b"#!/bin/sh\n".to_vec(), bytes].concat();
        assert_eq!(all(&shifted).unwrap().len(), 2, "a prefix before the archive");
    }

    #[test]
    fn a_name_that_leads_out_refuses_the_archive() {
        for name in ["../x.log", "/etc/x.log", "a/../../x.log", "C:\\x.log", "..\\x.log"] {
            let said = all(&archive(&[("good.log", b"fine"), (name, b"evil")])).unwrap_err();
            assert!(said.contains("leads out of the archive; do not unpack it unseen"), "{said}");
        }
    }

    #[test]
    fn a_bomb_is_refused_by_its_directory_before_a_byte_is_unpacked() {
        let zeros = vec![0; 40 << 20];
        let said = all(&archive(&[("a.log", &zeros)])).map(|a| a.len()).unwrap_err();
        assert!(said.contains("looks like a bomb"), "{said}");
    }

    #[test]
    fn a_directory_that_lies_about_a_size_is_found_out() {
        let honest = archive(&[("a.log", &[b'x'; 5000])]);
        let at = honest.windows(4).position(|w| w == b"PK\x01\x02").unwrap() + 24;
        for (size, said) in [(10_u32, "longer than its directory says"), (9000, "cut off")] {
            let mut bytes = honest.clone();
            bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
            assert!(all(&bytes).unwrap_err().contains(said));
        }
    }

    #[test]
    fn an_encrypted_entry_is_refused() {
        let mut bytes = archive(&[("a.log", b"x")]);
        let at = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[at + 8] = 1;
        assert!(all(&bytes).unwrap_err().contains("it is encrypted; unpack it with its password"));
    }

    proptest! {
        #[test]
        fn damaged_archives_fail_without_a_panic(at in any::<usize>(), byte in any::<u8>(), cut in any::<usize>()) {
            let mut bytes = archive(&[("a.log", b"one two three"), ("b.log", &[b'y'; 300])]);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = all(&bytes);
            let _ = all(&bytes[..cut % bytes.len()]);
        }
    }
}
