//! What of a debug log may matter, told by how a message begins.
//!
//! Comes in: the beginnings of messages that matter. Goes out: whether a message is one of them; for most by a look at
//! their first two bytes.

use super::head::{QUOTE, SERVER};

/// How many pairs of bytes there are.
const PAIRS: usize = 1 << 16;

/// What messages begin with that matter.
#[derive(Debug, Clone)]
pub struct Interest {
    /// Those of at least two bytes, and their first two: most others are told from them by these.
    heads: Vec<Vec<u8>>,
    pairs: Vec<u16>,
    /// Those that are shorter.
    short: Vec<Vec<u8>>,
    /// Whether one of them begins with two bytes: one bit for each pair of them.
    begins: Box<[u64; PAIRS / 64]>,
    /// Whether records that do not matter are told of as well.
    pub(super) others: bool,
}

impl Interest {
    /// Interest in lines about a server, and in messages with these heads.
    pub fn new<'h>(heads: impl IntoIterator<Item = &'h str>) -> Self {
        let heads = heads.into_iter().map(|h| h.as_bytes().to_vec());
        // What is quoted is read to tell what it is.
        let heads = [SERVER.to_vec(), QUOTE.to_vec()].into_iter().chain(heads);
        let (heads, short): (Vec<Vec<u8>>, Vec<Vec<u8>>) = heads.partition(|head| head.len() > 1);
        let pairs = heads.iter().filter_map(|head| pair(head)).collect();
        let mut begins = Box::new([0; PAIRS / 64]);
        for head in heads.iter().chain(&short) {
            let range = |at: usize| head.get(at).map_or(0..=u8::MAX, |b| *b..=*b);
            for pair in range(0).flat_map(|a| range(1).map(move |b| usize::from(u16::from_le_bytes([a, b]))))
            {
                begins[pair / 64] |= 1 << (pair % 64);
            }
        }
        Self { heads, pairs, short, begins, others: false }
    }

    /// The same, and to be told of what does not matter, too ([`Reader::outside`](super::Reader::outside)).
    #[must_use]
    pub fn and_others(&self) -> Self {
        Self { others: true, ..self.clone() }
    }

    /// Whether a message may matter that begins with these two bytes.
    #[inline]
    pub(super) fn may_begin(&self, pair: u16) -> bool {
        let pair = usize::from(pair);
        self.begins[pair / 64] >> (pair % 64) & 1 == 1
    }

    /// Whether a record with this first line of its message may matter.
    #[inline]
    pub(super) fn in_message(&self, message: &[u8]) -> bool {
        message.starts_with(SERVER) || self.in_other(message)
    }

    fn in_other(&self, message: &[u8]) -> bool {
        let longer = |begins: u16| {
            let mut heads = self.pairs.iter().zip(&self.heads);
            heads.any(|(pair, head)| *pair == begins && message.starts_with(head))
        };
        self.short.iter().any(|head| message.starts_with(head)) || pair(message).is_some_and(longer)
    }
}

/// The first two bytes.
fn pair(text: &[u8]) -> Option<u16> {
    text.first_chunk().map(|pair| u16::from_le_bytes(*pair))
}
