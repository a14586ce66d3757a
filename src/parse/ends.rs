//! Where the lines of a block end.
//!
//! Comes in: a block of lines. Goes out: the place of one line ending after another. Sixty-four bytes are compared at a time
//! and what they hold is remembered: a search that begins anew for each line costs as much as all else that is done to it.

use wide::u8x16;

/// How many bytes are compared at a time: one bit for each.
const AT_ONCE: usize = 64;

/// The line endings of a block, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Ends<'b> {
    block: &'b [u8],
    /// Those that were found and not yet given, from `base` on, the first one lowest.
    found: u64,
    base: usize,
    /// How far was looked.
    seen: usize,
}

impl<'b> Ends<'b> {
    pub(super) fn of(block: &'b [u8]) -> Self {
        Self { block, found: 0, base: 0, seen: 0 }
    }

    /// The place of the next line ending; that of the block's end where there is none.
    #[inline]
    pub(super) fn next(&mut self) -> usize {
        while self.found == 0 {
            let Some(rest) = self.block.get(self.seen..).filter(|rest| !rest.is_empty()) else {
                return self.block.len();
            };
            (self.found, self.base) = (endings(rest), self.seen);
            self.seen += AT_ONCE;
        }
        let at = self.base + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        at
    }
}

/// Which of the first bytes are line endings.
#[inline]
fn endings(text: &[u8]) -> u64 {
    text.first_chunk().map_or_else(|| of_last(text), of_bytes)
}

/// The same of the last bytes of a block.
#[cold]
fn of_last(text: &[u8]) -> u64 {
    let mut bytes = [0; AT_ONCE];
    bytes.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    of_bytes(&bytes)
}

#[inline]
fn of_bytes(bytes: &[u8; AT_ONCE]) -> u64 {
    let (sixteens, _) = bytes.as_chunks::<16>();
    let bits =
        |sixteen: &[u8; 16]| u64::from(u8x16::from(*sixteen).cmp_eq(u8x16::splat(b'\n')).move_mask() as u16);
    // A fold of them is not always made part of who asks.
    let [a, b, c, d] = sixteens else { return 0 };
    bits(a) | bits(b) << 16 | bits(c) << 32 | bits(d) << 48
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, any, prop_assert_eq, prop_oneof, proptest};

    use super::Ends;

    proptest! {
        #[test]
        fn every_line_ending_is_found_once_and_in_order(
            block in vec(prop_oneof![3 => Just(b'\n'), 1 => any::<u8>(), 9 => Just(b'a')], 0..400),
        ) {
            let mut ends = Ends::of(&block);
            for (at, _) in block.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
                prop_assert_eq!(ends.next(), at);
            }
            prop_assert_eq!((ends.next(), ends.next()), (block.len(), block.len()));
        }
    }
}
