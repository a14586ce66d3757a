//! Digests bytes: those of a long input on a thread of their own, for that costs as much as reading it.
//!
//! Comes in: bytes, portion by portion. Goes out: their SHA-256. What waits to be digested is bounded.

use std::mem;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

/// An input with more bytes is a long one.
const LONG: u64 = 4 << 20;

/// So many portions may wait.
const WAITING: usize = 4;

/// A digest that grows.
pub(super) struct Hashing {
    bytes: u64,
    place: Place,
}

enum Place {
    Here(Sha256),
    There(SyncSender<Vec<u8>>, JoinHandle<Sha256>),
}

impl Default for Hashing {
    fn default() -> Self {
        Self { bytes: 0, place: Place::Here(Sha256::new()) }
    }
}

impl Hashing {
    /// Adds bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        match &mut self.place {
            Place::Here(hash) if self.bytes <= LONG => hash.update(bytes),
            Place::Here(hash) => {
                let mut hash = mem::take(hash);
                hash.update(bytes);
                self.place = elsewhere(hash);
            }
            // The other end does not go away before this one does.
            Place::There(queue, _) => _ = queue.send(bytes.to_vec()),
        }
    }

    /// The digest of all bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        let hash = match self.place {
            Place::Here(hash) => hash,
            Place::There(queue, thread) => {
                drop(queue);
                thread.join().unwrap_or_default()
            }
        };
        hash.finalize().to_vec()
    }
}

/// Goes on with a digest on another thread, or here where there is none to be had.
fn elsewhere(hash: Sha256) -> Place {
    let (queue, portions) = sync_channel::<Vec<u8>>(WAITING);
    let mut there = hash.clone();
    let work = move || {
        while let Ok(portion) = portions.recv() {
            there.update(&portion);
        }
        there
    };
    match thread::Builder::new().spawn(work) {
        Ok(thread) => Place::There(queue, thread),
        Err(_) => Place::Here(hash),
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{Hashing, LONG};

    #[test]
    fn the_digest_of_a_long_input_is_that_of_its_bytes() {
        let bytes: Vec<u8> = (0..LONG * 2 + 17).map(|i| (i * 31 % 251) as u8).collect();
        let mut hashing = Hashing::default();
        bytes.chunks(100_003).for_each(|portion| hashing.update(portion));
        assert_eq!(hashing.finish(), Sha256::digest(&bytes).to_vec());
    }
}
