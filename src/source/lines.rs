//! Splits a reader into lines in constant memory.
//!
//! Comes in: any reader. Goes out: one line after another, borrowed from the buffer, without its line ending; or as many
//! whole lines as are at hand, as a [`Block`]. It refuses to hold a line of any length: what is beyond [`MAX_LINE`] is
//! skipped and counted.

use std::io::{self, Read};

use memchr::{memchr, memrchr};

/// The longest line that is handed over; of a longer one the rest is skipped and counted. Lines of hundreds of
/// megabytes occur: base64 payloads in JSON-RPC traffic (anthropics/claude-code#69427).
pub const MAX_LINE: usize = 1 << 20;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// How much is read at first: many inputs have no more.
const FIRST: usize = 64 * 1024;

/// As long as there is room for so much, no more room is made: to find that an input has ended takes none.
const LEAST: usize = 4 * 1024;

/// Whole lines that follow each other, with their line endings; the last one of an input, and a line that was cut, may
/// lack it. No line is longer than [`MAX_LINE`].
#[derive(Debug, Default)]
pub struct Block {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Block {
    /// The lines.
    pub fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }
}

/// Lines of an input, as they are asked for.
pub(super) struct Lines {
    input: Box<dyn Read>,
    buffer: Vec<u8>,
    /// The part of the buffer that holds bytes not yet handed over.
    start: usize,
    end: usize,
    /// Whether the input has ended.
    over: bool,
    /// Lines handed over.
    pub(super) count: u64,
    /// Lines of which a part was skipped.
    pub(super) cut: u64,
}

impl Lines {
    pub(super) fn new(input: Box<dyn Read>) -> Self {
        Self { input, buffer: Vec::new(), start: 0, end: 0, over: false, count: 0, cut: 0 }
    }

    /// The bytes that come next, at least `least` of them unless the input is shorter.
    pub(super) fn head(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.end - self.start < least && !self.over {
            self.fill(self.end)?;
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + least)])
    }

    /// The bytes that [`Lines::head`] has seen.
    pub(super) fn seen(&self, most: usize) -> &[u8] {
        &self.buffer[self.start..self.end.min(self.start + most)]
    }

    /// The next line and its 1-based number.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        let mut scanned = self.start;
        loop {
            if let Some(at) = memchr(b'\n', &self.buffer[scanned..self.end]) {
                let stop = scanned + at;
                return Ok(Some(self.take(stop, stop + 1)));
            }
            if self.over {
                return Ok((self.start < self.end).then(|| self.take(self.end, self.end)));
            }
            // Of a line that is too long already, only its beginning is kept; one byte more tells that it was cut.
            let keep = self.end.min(self.start + MAX_LINE + 1);
            let moved = self.fill(keep)?;
            scanned = keep - moved;
        }
    }

    /// As many whole lines as are at hand, at least one. Whoever reads them says how many they were
    /// ([`Lines::count`]). `spare` is a block that is not needed any more.
    pub(super) fn block(&mut self, spare: Block) -> io::Result<Option<Block>> {
        loop {
            let at_hand = &self.buffer[self.start..self.end];
            if at_hand.len() > MAX_LINE && memchr(b'\n', &at_hand[..=MAX_LINE]).is_none() {
                return self.cut_block();
            }
            let whole = memrchr(b'\n', at_hand).map(|at| at + 1);
            let rest = (self.over && !at_hand.is_empty()).then_some(at_hand.len());
            if let Some(length) = rest.or(whole) {
                return Ok(Some(self.take_block(length, spare.buffer)));
            }
            if self.over {
                return Ok(None);
            }
            self.fill(self.end)?;
        }
    }

    /// The next line, which is too long, as a block of its own.
    fn cut_block(&mut self) -> io::Result<Option<Block>> {
        let line = self.next()?.map(|(_, line)| line.to_vec());
        // It is counted like any other line of a block.
        self.count -= u64::from(line.is_some());
        Ok(line.map(|buffer| Block { start: 0, end: buffer.len(), buffer }))
    }

    /// Hands over the next `length` bytes with their buffer, and goes on in `spare` with what is behind them.
    fn take_block(&mut self, length: usize, mut spare: Vec<u8>) -> Block {
        let (start, end) = (self.start, self.start + length);
        let behind = &self.buffer[end..self.end];
        if spare.len() < behind.len() {
            spare.resize(behind.len(), 0);
        }
        spare[..behind.len()].copy_from_slice(behind);
        (self.start, self.end) = (0, behind.len());
        Block { buffer: std::mem::replace(&mut self.buffer, spare), start, end }
    }

    /// Hands over the line up to `stop`, and goes on at `next`.
    fn take(&mut self, stop: usize, next: usize) -> (u64, &[u8]) {
        let line = &self.buffer[self.start..stop];
        self.start = next;
        self.count += 1;
        self.cut += u64::from(line.len() > MAX_LINE);
        let line = &line[..line.len().min(MAX_LINE)];
        (self.count, line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Reads more, behind what stands before `keep`; gives by how much that was moved to the front.
    fn fill(&mut self, keep: usize) -> io::Result<usize> {
        let moved = self.start;
        self.buffer.copy_within(self.start..keep, 0);
        self.start = 0;
        self.end = keep - moved;
        let chunk = if self.buffer.is_empty() { FIRST } else { CHUNK };
        if self.buffer.len() < self.end + LEAST {
            self.buffer.resize(self.end + chunk, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.over = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            return Ok(moved);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{Block, Lines, MAX_LINE};

    /// A reader that gives its bytes in small, uneven portions.
    struct Portions(Vec<u8>, usize);

    impl Read for Portions {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            self.1 = self.1 % 7 + 1;
            let n = self.1.min(self.0.len()).min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0.drain(..n);
            Ok(n)
        }
    }

    fn all(input: impl Read + 'static) -> (Vec<(u64, Vec<u8>)>, u64) {
        let mut lines = Lines::new(Box::new(input));
        let mut seen = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            seen.push((number, line.to_vec()));
        }
        (seen, lines.cut)
    }

    #[test]
    fn a_line_beyond_the_limit_is_cut_and_counted_and_the_next_one_is_whole() {
        for length in [MAX_LINE + 1, MAX_LINE + 10, 3 * MAX_LINE] {
            let mut text = vec![b'x'; length];
            text.extend_from_slice(b"\nnext\n");
            let (seen, cut) = all(std::io::Cursor::new(text));
            let lengths: Vec<_> = seen.iter().map(|(n, l)| (*n, l.len())).collect();
            assert_eq!((lengths, cut), (vec![(1, MAX_LINE), (2, 4)], 1));
        }
    }

    #[test]
    fn a_line_of_just_the_limit_is_whole() {
        let mut text = vec![b'x'; MAX_LINE];
        text.push(b'\n');
        assert_eq!(all(std::io::Cursor::new(text)).1, 0);
    }

    #[test]
    fn an_endless_line_takes_no_more_memory_than_a_long_one() {
        let mut lines = Lines::new(Box::new(std::io::repeat(b'x').take(64 << 20)));
        assert_eq!(lines.next().unwrap().map(|(n, l)| (n, l.len())), Some((1, MAX_LINE)));
        assert!(lines.buffer.len() < 4 * MAX_LINE && lines.next().unwrap().is_none());
    }

    #[test]
    fn the_head_is_not_lost_from_the_lines() {
        let mut lines = Lines::new(Box::new(std::io::Cursor::new(b"a\nb\r\n\nc".to_vec())));
        assert_eq!(lines.head(3).unwrap(), b"a\nb");
        let mut seen = Vec::new();
        while let Some((_, line)) = lines.next().unwrap() {
            seen.push(line.to_vec());
        }
        assert_eq!(seen, [&b"a"[..], b"b", b"", b"c"]);
    }

    /// The same by blocks.
    fn all_by_blocks(input: impl Read + 'static) -> (Vec<(u64, Vec<u8>)>, u64) {
        let mut lines = Lines::new(Box::new(input));
        let (mut seen, mut spare) = (Vec::new(), Block::default());
        while let Some(block) = lines.block(spare).unwrap() {
            for line in block.bytes().split_inclusive(|b| *b == b'\n') {
                let bare = line.strip_suffix(b"\n").unwrap_or(line);
                lines.count += 1;
                seen.push((lines.count, bare.strip_suffix(b"\r").unwrap_or(bare).to_vec()));
            }
            spare = block;
        }
        (seen, lines.cut)
    }

    #[test]
    fn blocks_hold_the_same_lines_cut_where_they_are_cut() {
        for length in [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, 3 * MAX_LINE] {
            for around in ["", "a\nb\n"] {
                let text = [around, &"x".repeat(length), "\r\n", around, "end"].concat().into_bytes();
                let by_line = all(std::io::Cursor::new(text.clone()));
                assert_eq!(all_by_blocks(std::io::Cursor::new(text)), by_line, "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn blocks_hold_the_same_lines(bytes in "[a\r\n]{0,40}") {
            let by_line = all(std::io::Cursor::new(bytes.clone().into_bytes()));
            prop_assert_eq!(&all_by_blocks(std::io::Cursor::new(bytes.clone().into_bytes())), &by_line);
            prop_assert_eq!(&all_by_blocks(Portions(bytes.into_bytes(), 0)), &by_line);
        }

        #[test]
        fn lines_do_not_depend_on_how_the_reader_portions_them(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(all(std::io::Cursor::new(bytes.clone())), all(Portions(bytes, 0)));
        }

        #[test]
        fn joined_again_the_lines_are_the_input(lines in proptest::collection::vec("[a-z]{0,5}", 1..9)) {
            let text = lines.join("\n") + "\n";
            let (seen, _) = all(std::io::Cursor::new(text.clone().into_bytes()));
            let joined: Vec<u8> = seen.into_iter().flat_map(|(_, l)| [l, vec![b'\n']].concat()).collect();
            prop_assert_eq!(joined, text.into_bytes());
        }
    }
}
