//! Work shared between threads, so that nobody can tell how many there were.
//!
//! Comes in: things to be worked on, and how many threads may. Goes out: what came of each, in the order of the things.
//! It knows nothing of what the work is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

/// So many small things are worked on at a time: to hand over each by itself would cost more than the work.
const PORTION: usize = 128;

/// Works on each of `items` and hands over what came of it, with its place, in order, as soon as it is its turn. The thread
/// that asks is one of those that work.
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
    let turns = Turns { items, next: AtomicUsize::new(0) };
    let (done, others) = channel();
    thread::scope(|scope| {
        for _ in 1..threads {
            let (done, turns) = (done.clone(), &turns);
            scope.spawn(move || {
                while let Some((at, item)) = turns.next() {
                    // Where nobody is left to hear of it, the other end is going down.
                    let _ = done.send((at, work(item)));
                }
            });
        }
        drop(done);
        let mut queue = Queue { due: 0, early: BTreeMap::new(), see };
        while let Some((at, item)) = turns.next() {
            queue.add((at, work(item)));
            others.try_iter().for_each(|result| queue.add(result));
        }
        others.iter().for_each(|result| queue.add(result));
    });
}

/// What is still to be worked on.
struct Turns<'i, T> {
    items: &'i [T],
    next: AtomicUsize,
}

impl<'i, T> Turns<'i, T> {
    fn next(&self) -> Option<(usize, &'i T)> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        self.items.get(at).map(|item| (at, item))
    }
}

/// Results that wait for those before them.
struct Queue<'s, R> {
    due: usize,
    early: BTreeMap<usize, R>,
    see: &'s mut dyn FnMut(usize, R),
}

impl<R> Queue<'_, R> {
    fn add(&mut self, (at, result): (usize, R)) {
        self.early.insert(at, result);
        while let Some(result) = self.early.remove(&self.due) {
            (self.see)(self.due, result);
            self.due += 1;
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
