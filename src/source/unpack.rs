//! Unpacks what is packed, known by its first bytes and not by its name: gzip (several members too) and Zstandard.
//!
//! Comes in: a reader. Goes out: a reader of what is inside. It refuses what grows beyond all measure on the way, so
//! that a bomb costs neither memory nor a day.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::disk::Disk;

/// As much may come out of anything. Bytes.
const FREE: u64 = 32 << 20;

/// Beyond that, so much for a byte packed. Logs that repeat themselves reach a hundred.
const RATIO: u64 = 250;

/// More is refused whatever the ratio. Bytes.
const MOST: u64 = 16 << 30;

/// How an input is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// An archive of several inputs.
    Zip,
    /// Something that is not unpacked here.
    Other(&'static str),
}

impl Packing {
    /// How an input that begins like this is packed.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // Frames of data, and those that readers skip.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', ..] => Self::Other("bzip2"),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Other("xz"),
            [b'7', b'z', 0xbc, 0xaf, ..] => Self::Other("7-Zip"),
            [b'R', b'a', b'r', b'!', ..] => Self::Other("RAR"),
            _ if head.get(257..262) == Some(b"ustar") => Self::Other("tar"),
            _ => Self::None,
        }
    }

    /// Refuses it as what is inside of something packed: read as text it would be a log of noise.
    pub(super) fn refuse_within(self) -> io::Result<()> {
        let name = match self {
            Self::None => return Ok(()),
            Self::Other("tar") => "it is a packed tar archive".to_owned(),
            Self::Other(name) => format!("it is packed twice, and inside with {name}"),
            Self::Gzip | Self::Zstd => "it is packed twice".to_owned(),
            Self::Zip => "it is a packed zip archive".to_owned(),
        };
        Err(Refusal::error(name, "unpack it and give the log itself, or the logs as a folder or a .zip"))
    }
}

/// Why an input is refused, and what to do.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) cause: String,
    pub(super) remedy: String,
}

impl Refusal {
    pub(super) fn error(cause: impl Into<String>, remedy: impl Into<String>) -> io::Error {
        io::Error::other(Self { cause: cause.into(), remedy: remedy.into() })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.cause, self.remedy)
    }
}

impl std::error::Error for Refusal {}

/// The reader of what is inside of `disk`, which begins with `head`.
pub(super) fn unpacked(head: Vec<u8>, disk: &Disk) -> io::Result<Box<dyn Read>> {
    let packing = Packing::of(&head);
    let whole = Cursor::new(head).chain(disk.reader());
    let inside: (&str, Box<dyn Read>) = match packing {
        Packing::Gzip => ("gzip", Box::new(MultiGzDecoder::new(BufReader::new(whole)))),
        Packing::Zstd => ("Zstandard", Box::new(Frames::new(BufReader::new(whole)))),
        Packing::None | Packing::Zip => return Ok(Box::new(whole)),
        Packing::Other(name) => {
            let cause = format!("it is packed with {name}, which is not unpacked here");
            return Err(Refusal::error(
                cause,
                "unpack it and give the log itself, or pack it as .gz or .zip",
            ));
        }
    };
    let (name, input) = inside;
    Ok(Box::new(Guard { input, name, given: 0, packed: Packed::Disk(disk.clone()) }))
}

/// How many packed bytes something comes from.
pub(super) enum Packed {
    /// Those that the disk has given so far.
    Disk(Disk),
    /// A known number.
    Bytes(u64),
}

/// Stops a bomb, and says what is wrong with packed data that is damaged.
pub(super) struct Guard<R> {
    pub(super) input: R,
    /// What it is packed with.
    pub(super) name: &'static str,
    pub(super) given: u64,
    pub(super) packed: Packed,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = match self.input.read(out) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) if e.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Refusal>) => {
                return Err(e);
            }
            Err(e) => return Err(damaged(self.name, &e)),
        };
        self.given += n as u64;
        let packed = match &self.packed {
            Packed::Disk(disk) => disk.bytes(),
            Packed::Bytes(bytes) => *bytes,
        };
        if is_bomb(packed, self.given) { Err(bomb(packed, self.given)) } else { Ok(n) }
    }
}

/// Whether `packed` bytes must not become `given`.
pub(super) fn is_bomb(packed: u64, given: u64) -> bool {
    given > MOST || (given > FREE && given / RATIO > packed)
}

/// The refusal of a bomb.
pub(super) fn bomb(packed: u64, given: u64) -> io::Error {
    let cause = format!(
        "{} of packed data unpack to more than {}, which looks like a bomb",
        size(packed),
        size(given.min(MOST))
    );
    Refusal::error(cause, "if you trust it, unpack it yourself and give the log")
}

fn size(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=9_999_999 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

fn damaged(name: &str, error: &io::Error) -> io::Error {
    let cause = match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("the {name} data is cut off"),
        _ => format!("the {name} data is damaged ({error})"),
    };
    Refusal::error(cause, "fetch the file again, or unpack what is left of it yourself and give that")
}

/// The frames of a Zstandard file, one after another.
struct Frames<R> {
    input: R,
    decoder: FrameDecoder,
    open: bool,
}

impl<R: BufRead> Frames<R> {
    fn new(input: R) -> Self {
        Self { input, decoder: FrameDecoder::new(), open: false }
    }

    /// Goes on to the next frame; false at the end of the file.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.input.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.input) {
                Ok(()) => {
                    self.open = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.input.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                Err(e) => return Err(broken(&e, self.input.fill_buf()?.is_empty())),
            }
        }
        Ok(false)
    }
}

/// What is wrong with a frame; where the file is `over`, its end is missing.
fn broken(error: &dyn std::error::Error, over: bool) -> io::Error {
    let kind = if over { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData };
    io::Error::new(kind, error.to_string())
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy::UptoBlocks;
        loop {
            if !self.open && !self.begin()? {
                return Ok(0);
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(out);
            }
            if self.decoder.is_finished() {
                self.open = false;
                continue;
            }
            let decoded = self.decoder.decode_blocks(&mut self.input, UptoBlocks(1));
            decoded.map_err(|e| broken(&e, self.input.fill_buf().is_ok_and(<[u8]>::is_empty)))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::{Packing, unpacked};
    use crate::source::disk::Disk;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn length(packed: Vec<u8>) -> Result<usize, String> {
        read(packed).map(|out| out.len())
    }

    fn read(packed: Vec<u8>) -> Result<Vec<u8>, String> {
        let disk = Disk::new(Box::new(std::io::Cursor::new(packed)), true);
        let mut head = vec![0; 8];
        let n = disk.reader().read(&mut head).unwrap();
        head.truncate(n);
        let mut out = Vec::new();
        let mut input = unpacked(head, &disk).map_err(|e| e.to_string())?;
        input.read_to_end(&mut out).map_err(|e| e.to_string())?;
        Ok(out)
    }

    #[test]
    fn members_and_frames_that_follow_each_other_are_one_text() {
        assert_eq!(read([gzip(b"one\n"), gzip(b"two\n")].concat()).unwrap(), b"one\ntwo\n");
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let frames = [skipped.clone(), zstd(b"one\n"), skipped, zstd(b"two\n")].concat();
        assert_eq!(read(frames).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn what_is_cut_off_or_damaged_says_so() {
        let text: Vec<u8> = (0..9999_u32).flat_map(|n| (n * n).to_string().into_bytes()).collect();
        for packed in [gzip(&text), zstd(&text)] {
            let said = length(packed[..packed.len() / 2].to_vec()).unwrap_err();
            assert!(said.contains("data is cut off"), "{said}");
            assert!(said.contains("; fetch the file again"), "{said}");
        }
        let mut packed = gzip(&text);
        let middle = packed.len() / 2;
        packed[middle] ^= 0xff;
        assert!(length(packed).unwrap_err().contains("damaged"), "a flipped bit");
    }

    #[test]
    fn a_bomb_is_stopped_early() {
        let said = length(gzip(&vec![0; 64 << 20])).unwrap_err();
        assert!(said.contains("which looks like a bomb; if you trust it, unpack it yourself"), "{said}");
    }

    #[test]
    fn a_log_that_repeats_itself_is_no_bomb() {
        let line = b"2026-11-23T00:23:21.008Z [DEBUG] MCP server \"x\": Reconnecting\n";
        let log = line.repeat((20 << 20) / line.len());
        assert_eq!(length(gzip(&log)), Ok(log.len()));
    }

    #[test]
    fn what_is_packed_inside_again_is_refused() {
        let refused = |inner: &[u8]| Packing::of(inner).refuse_within().map_err(|e| e.to_string());
        let mut tar = vec![b'a'; 257];
        tar.extend(b"ustar");
        assert!(refused(&tar).unwrap_err().contains("it is a packed tar archive; unpack it"));
        assert!(refused(&zstd(b"x")).unwrap_err().contains("it is packed twice"));
        assert_eq!(refused(b"[DEBUG] a"), Ok(()));
    }

    #[test]
    fn packings_are_known_by_their_content() {
        assert_eq!(Packing::of(b"BZh91AY"), Packing::Other("bzip2"));
        assert_eq!(Packing::of(b"[DEBUG] MCP server"), Packing::None);
        assert!(length(b"\xfd7zXZ\0\0\0".to_vec()).unwrap_err().contains("it is packed with xz"));
    }
}
