//! Finds the few wordings that may cover a message, by how it begins.
//!
//! Comes in: all wordings, and messages. Goes out: for a message the indices of the wordings worth trying. Nearly all
//! wordings begin with literal text, or with one word and then literal text: one look-up each, by eight or sixteen bytes
//! in sorted tables. The few others are found by their longest literal, with one automaton over all of them.

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memchr;

use super::wording::Wording;

/// Wordings by the first bytes of some literal text: a hash table whose buckets are ranges of one list.
#[derive(Debug)]
struct Table<K> {
    entries: Vec<(K, u32)>,
    /// Where the entries of each bucket begin; one more than there are buckets.
    starts: Vec<u32>,
}

/// All wordings, by what finds them.
#[derive(Debug)]
pub(super) struct Finder {
    long: Table<u128>,
    short: Table<u64>,
    /// By the text behind a first word.
    behind_word: Table<u64>,
    /// By what a first word ends with, and whether any ends with a byte.
    by_end: Vec<(Vec<u8>, u32)>,
    ends: [bool; 256],
    /// The others, by their anchors.
    anchors: Option<AhoCorasick>,
    by_anchor: Vec<Vec<u32>>,
}

/// What a table is looked up by.
trait Key: Copy + Eq {
    fn hash(self) -> u64;
}

impl Key for u64 {
    fn hash(self) -> u64 {
        self.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
    }
}

impl Key for u128 {
    fn hash(self) -> u64 {
        ((self >> 64) as u64 ^ (self as u64).rotate_left(23)).hash()
    }
}

impl<K: Key> Table<K> {
    fn new(mut entries: Vec<(K, u32)>) -> Self {
        let buckets = (entries.len() * 2).next_power_of_two();
        let bucket = |key: K| key.hash() as usize & (buckets - 1);
        entries.sort_by_key(|(key, index)| (bucket(*key), *index));
        let starts =
            (0..=buckets).map(|b| entries.partition_point(|(key, _)| bucket(*key) < b) as u32).collect();
        Self { entries, starts }
    }

    fn add(&self, key: K, found: &mut Vec<u32>) {
        let bucket = key.hash() as usize & (self.starts.len() - 2);
        for (known, index) in &self.entries[self.starts[bucket] as usize..self.starts[bucket + 1] as usize] {
            if *known == key {
                found.push(*index);
            }
        }
    }
}

fn short(text: &[u8]) -> Option<u64> {
    text.first_chunk().map(|c| u64::from_be_bytes(*c))
}

fn long(text: &[u8]) -> Option<u128> {
    text.first_chunk().map(|c| u128::from_be_bytes(*c))
}

impl Finder {
    /// A finder of these wordings, by their index.
    pub(super) fn new<'w>(wordings: impl Iterator<Item = &'w Wording>) -> Self {
        let (mut by_long, mut by_short, mut by_word) = (Vec::new(), Vec::new(), Vec::new());
        let mut anchors: Vec<(&str, u32)> = Vec::new();
        let mut by_end = Vec::new();
        for (i, wording) in (0..).zip(wordings) {
            let head = wording.head().as_bytes();
            let (end, behind) = wording.around_blank().unwrap_or_default();
            match (long(head), short(head), short(behind.as_bytes())) {
                (Some(key), ..) => by_long.push((key, i)),
                (None, Some(key), _) => by_short.push((key, i)),
                (None, None, Some(key)) => by_word.push((key, i)),
                (None, None, None) if !end.is_empty() => by_end.push((end.as_bytes().to_vec(), i)),
                (None, None, None) => anchors.push((wording.anchor(), i)),
            }
        }
        let mut ends = [false; 256];
        by_end.iter().filter_map(|(end, _)| end.last()).for_each(|b| ends[usize::from(*b)] = true);
        anchors.sort_unstable();
        let groups: Vec<&[(&str, u32)]> = anchors.chunk_by(|a, b| a.0 == b.0).collect();
        let texts: Vec<&str> = groups.iter().filter_map(|g| g.first().map(|(text, _)| *text)).collect();
        // A set of literals that an automaton cannot hold does not occur below millions of wordings.
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&texts).ok();
        Self {
            long: Table::new(by_long),
            short: Table::new(by_short),
            behind_word: Table::new(by_word),
            by_end,
            ends,
            anchors: automaton.filter(|_| !texts.is_empty()),
            by_anchor: groups.iter().map(|g| g.iter().map(|(_, i)| *i).collect()).collect(),
        }
    }

    /// The wordings that may cover `message`, in order; one may come twice.
    pub(super) fn candidates(&self, message: &str, found: &mut Vec<u32>) {
        let bytes = message.as_bytes();
        found.clear();
        if let Some(key) = long(bytes) {
            self.long.add(key, found);
        }
        if let Some(key) = short(bytes) {
            self.short.add(key, found);
        }
        let blank = memchr(b' ', bytes).unwrap_or(bytes.len());
        let (word, behind) = bytes.split_at(blank);
        if let Some(key) = short(behind) {
            self.behind_word.add(key, found);
        }
        if word.last().is_some_and(|b| self.ends[usize::from(*b)]) {
            let ends = self.by_end.iter().filter(|(end, _)| word.ends_with(end));
            found.extend(ends.map(|(_, index)| *index));
        }
        for hit in self.anchors.iter().flat_map(|a| a.find_overlapping_iter(message)) {
            found.extend(self.by_anchor.get(hit.pattern().as_usize()).into_iter().flatten());
        }
        if found.len() > 1 {
            found.sort_unstable();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Finder;
    use crate::pattern::wording::Wording;

    #[test]
    fn every_wording_that_covers_a_message_is_among_its_candidates() {
        let texts = [
            "Successfully connected (transport: {t:word}) in {ms:ms}",
            "Connected to {s:word}",
            "{t:word} connection closed after {ms:ms}",
            "{t:text} transport created",
            "{c:word}: HTTP {status:int}: bad",
            "{anything:text} went away",
        ];
        let messages = [
            "Successfully connected (transport: http) in 3ms",
            "Connected to x",
            "HTTP connection closed after 3s",
            "claude.ai proxy transport created",
            "Error: HTTP 404: bad",
            "HTTP connection closed after 3s went away",
        ];
        let wordings = texts.map(|t| Wording::compile(t).unwrap());
        let finder = Finder::new(wordings.iter());
        let mut found = Vec::new();
        for message in messages {
            finder.candidates(message, &mut found);
            for (i, wording) in (0..).zip(&wordings) {
                assert!(wording.matches(message).is_none() || found.contains(&i), "{i} of {message}");
            }
        }
        finder.candidates("nothing of the kind", &mut found);
        assert!(found.is_empty(), "{found:?}");
    }
}
