//! Numbers by which texts are looked up.
//!
//! Comes in: bytes. Goes out: a number, the same for the same bytes in every run.

/// A number for a text, sixteen bytes at a time: what has the same is compared, so it need only be fast.
pub fn quick_hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: &[u8; 16]| {
        let word = u128::from_le_bytes(*word);
        let product = u128::from(hash ^ word as u64) * u128::from(ODD ^ (word >> 64) as u64);
        product as u64 ^ (product >> 64) as u64
    };
    let (words, _) = bytes.as_chunks::<16>();
    let hash = words.iter().fold(ODD ^ bytes.len() as u64, mix);
    let last = bytes.last_chunk::<16>().copied().unwrap_or_else(|| {
        let mut short = [0; 16];
        short.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        short
    });
    let hash = mix(hash, &last);
    hash ^ hash >> 29
}

#[cfg(test)]
mod tests {
    use super::quick_hash;

    #[test]
    fn messages_that_differ_in_one_byte_rarely_meet() {
        let texts: Vec<String> =
            (0..4000).map(|i| format!("Connection failed after {i}ms: closed")).collect();
        let mut places: Vec<u64> = texts.iter().map(|t| quick_hash(t.as_bytes()) % 4096).collect();
        places.sort_unstable();
        places.dedup();
        assert!(places.len() > 2300, "{} of 4000 places", places.len());
    }
}
