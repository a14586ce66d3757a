//! Reads many logs, as many at once as there are cores, and tells them in their order.
//!
//! Comes in: logs. Goes out: what was read of each, or why it could not be, the first log first: how many threads worked
//! is nowhere to be seen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::knowledge::Loaded;
use super::reading::{Reading, Wish, read_log, threads};
use crate::error::Result;
use crate::source::Log;

/// A log's place and what came of it.
type Read = (usize, Result<Reading>);

/// Reads all `logs`, and hands over each in its turn.
pub(super) fn read_many(logs: &[Log], loaded: &Loaded, wish: Wish<'_>, see: &mut dyn FnMut(Read)) {
    let workers = threads().min(logs.len());
    if workers < 2 {
        let wish = Wish { alone: true, ..wish };
        return logs.iter().enumerate().for_each(|(at, log)| see((at, read_log(log, loaded, wish))));
    }
    let next = AtomicUsize::new(0);
    let (send, receive) = channel();
    thread::scope(|scope| {
        for _ in 0..workers {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || work(logs, next, &send, &|log| read_log(log, loaded, wish)));
        }
        drop(send);
        let (mut due, mut early) = (0, BTreeMap::new());
        for (at, read) in receive {
            early.insert(at, read);
            while let Some(read) = early.remove(&due) {
                see((due, read));
                due += 1;
            }
        }
    });
}

fn work(logs: &[Log], next: &AtomicUsize, done: &Sender<Read>, read: &dyn Fn(&Log) -> Result<Reading>) {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(log) = logs.get(at) else { return };
        if done.send((at, read(log))).is_err() {
            return;
        }
    }
}
