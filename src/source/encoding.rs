//! Reads text in other encodings as UTF-8: UTF-16 as the shells of Windows write it, and UTF-8 with a mark.
//!
//! Comes in: a reader, and the bytes it begins with. Goes out: a reader of UTF-8. Without a mark the text counts as
//! UTF-16 only where every other byte of its beginning is zero. A unit that is no text becomes U+FFFD; nothing fails.

use std::io::{self, Read};

/// How much of an input is looked at to tell its encoding.
pub(super) const LOOK: usize = 64;

/// How many bytes are decoded at once.
const CHUNK: usize = 16 * 1024;

/// What an input is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, or something close to it.
    Utf8,
    /// UTF-16, least significant byte first.
    Little,
    /// UTF-16, most significant byte first.
    Big,
}

impl Encoding {
    /// The encoding of a text that begins like this, and the length of its mark.
    pub(super) fn of(head: &[u8]) -> (Self, usize) {
        match head {
            [0xef, 0xbb, 0xbf, ..] => (Self::Utf8, 3),
            [0xff, 0xfe, ..] => (Self::Little, 2),
            [0xfe, 0xff, ..] => (Self::Big, 2),
            _ => (unmarked(head), 0),
        }
    }
}

fn unmarked(head: &[u8]) -> Encoding {
    let pairs: Vec<(u8, u8)> = head.chunks_exact(2).map(|p| (p[0], p[1])).collect();
    let plain = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    match pairs.len() {
        0..=3 => Encoding::Utf8,
        _ if pairs.iter().all(|(a, b)| plain(*a) && *b == 0) => Encoding::Little,
        _ if pairs.iter().all(|(a, b)| *a == 0 && plain(*b)) => Encoding::Big,
        _ => Encoding::Utf8,
    }
}

/// Reads UTF-16 as UTF-8.
pub(super) struct Utf16<R> {
    input: R,
    big: bool,
    /// A byte or a high surrogate whose other half is not read yet.
    left: Vec<u8>,
    out: Vec<u8>,
    given: usize,
    over: bool,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(input: R, encoding: Encoding) -> Self {
        let big = encoding == Encoding::Big;
        Self { input, big, left: Vec::new(), out: Vec::new(), given: 0, over: false }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.left);
        let had = bytes.len();
        bytes.resize(had + CHUNK, 0);
        let read = self.input.read(&mut bytes[had..]);
        bytes.truncate(had + read.as_ref().map_or(0, |n| *n));
        let n = match read {
            Ok(n) => n,
            Err(e) => {
                self.left = bytes;
                return Err(e);
            }
        };
        self.over = n == 0;
        let unit = |pair: &[u8]| match (self.big, pair) {
            (true, [a, b]) => u16::from_be_bytes([*a, *b]),
            (false, [a, b]) => u16::from_le_bytes([*a, *b]),
            // Half a unit at the very end.
            _ => 0xfffd,
        };
        let mut whole = if self.over { bytes.len() } else { bytes.len() & !1 };
        let last = whole.checked_sub(2).and_then(|at| bytes.get(at..whole));
        if !self.over && last.is_some_and(|pair| (0xd800..0xdc00).contains(&unit(pair))) {
            whole -= 2;
        }
        self.out.clear();
        self.given = 0;
        let mut utf8 = [0; 4];
        for read in char::decode_utf16(bytes[..whole].chunks(2).map(unit)) {
            let c = read.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        }
        self.left = bytes.split_off(whole);
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.over {
            self.fill()?;
        }
        let rest = &self.out[self.given..];
        let n = rest.len().min(out.len());
        out[..n].copy_from_slice(&rest[..n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{Encoding, Utf16};

    /// One byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(out.len()).min(1);
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    #[test]
    fn the_mark_tells_the_encoding_and_its_length() {
        assert_eq!(Encoding::of(b"\xef\xbb\xbfx"), (Encoding::Utf8, 3));
        assert_eq!(Encoding::of(b"\xff\xfex\0"), (Encoding::Little, 2));
        assert_eq!(Encoding::of(b"\xfe\xff\0x"), (Encoding::Big, 2));
    }

    #[test]
    fn without_a_mark_every_other_byte_is_zero_or_it_is_utf_8() {
        assert_eq!(Encoding::of(&utf16("[DEBUG] x", false)), (Encoding::Little, 0));
        assert_eq!(Encoding::of(&utf16("[DEBUG] x", true)), (Encoding::Big, 0));
        assert_eq!(Encoding::of(b"{\"a\":1}\0\0\0\0\0\0\0"), (Encoding::Utf8, 0));
    }

    #[test]
    fn half_a_unit_at_the_end_is_a_replacement_not_a_failure() {
        let mut text = String::new();
        Utf16::new(&b"a\0b"[..], Encoding::Little).read_to_string(&mut text).unwrap();
        assert_eq!(text, "a\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_text_comes_through_in_any_portions(text in any::<String>(), big in any::<bool>()) {
            let encoding = if big { Encoding::Big } else { Encoding::Little };
            let mut back = String::new();
            Utf16::new(Drops(&utf16(&text, big)), encoding).read_to_string(&mut back).unwrap();
            prop_assert_eq!(back, text);
        }
    }
}
