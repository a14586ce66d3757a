//! Work shared between threads, so that nobody can tell how many there were.
//!
//! Comes in: things to be worked on, and how many threads may. Goes out: what came of each, in the order of the things.
//! It knows nothing of what the work is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// So many small things are worked on at a time: to hand over each by itself would cost more than the work.
const PORTION: usize = 128;

/// Works on each of `items` and hands over what came of it, with its place, in order, as soon as it is its turn.
pub fn in_order<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: &(impl Fn(&T) -> R + Sync),
    see: &mut dyn FnMut(usize, R),
) {
    let threads = threads.min(items.len());
    if threads < 2 {
        return items.iter().enumerate().for_each(|(at, item)| see(at, work(item)));
    }
    let next = AtomicUsize::new(0);
    let (send, receive) = channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || take_turns(items, next, &send, work));
        }
        drop(send);
        let (mut due, mut early) = (0, BTreeMap::new());
        for (at, result) in receive {
            early.insert(at, result);
            while let Some(result) = early.remove(&due) {
                see(due, result);
                due += 1;
            }
        }
    });
}

fn take_turns<T, R>(items: &[T], next: &AtomicUsize, done: &Sender<(usize, R)>, work: &impl Fn(&T) -> R) {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(item) = items.get(at) else { return };
        if done.send((at, work(item))).is_err() {
            return;
        }
    }
}

/// What comes of each of many small things.
pub fn map<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let portions: Vec<&[T]> = items.chunks(PORTION).collect();
    let mut all = Vec::with_capacity(items.len());
    let of_portion = |portion: &&[T]| portion.iter().map(&work).collect::<Vec<R>>();
    in_order(&portions, threads, &of_portion, &mut |_, some| all.extend(some));
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{in_order, map};

    proptest! {
        #[test]
        fn what_comes_of_things_comes_in_their_order_on_any_number_of_threads(
            items in proptest::collection::vec(any::<u32>(), 0..400),
            threads in 0_usize..6,
        ) {
            let doubled: Vec<u64> = items.iter().map(|n| u64::from(*n) * 2).collect();
            prop_assert_eq!(&map(&items, threads, |n| u64::from(*n) * 2), &doubled);
            let mut seen = Vec::new();
            in_order(&items, threads, &|n| u64::from(*n) * 2, &mut |at, n| seen.push((at, n)));
            prop_assert_eq!(seen, doubled.into_iter().enumerate().collect::<Vec<_>>());
        }
    }
}
