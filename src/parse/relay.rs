//! Lets one thread read while another makes sense of what was read.
//!
//! Comes in: a reader of lines ([`Reader`]), and who is to understand them. Goes out: the same calls in the same order, on
//! another thread, batch by batch. A log that fits into one batch never leaves the thread it is read on. What is under
//! way between the two is bounded.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope};

use super::skim::{Passed, Reader};
use super::{Clock, LogLine, Session, Stamp};

/// A batch is handed on when it holds so many bytes of messages, or so many lines passed over.
const FULL: usize = 128 * 1024;
const FULL_PASSED: usize = 8192;

/// So many batches may wait.
const WAITING: usize = 4;

/// A [`LogLine`] whose texts lie in a batch: each ends where the next one begins.
#[derive(Debug)]
struct Kept {
    number: u64,
    stamp: Option<Stamp>,
    clock: Clock,
    gap: bool,
    ragged: bool,
    /// Level, server, message, session and its version: where each ends, and whether it is there.
    ends: [(usize, bool); 5],
}

/// What was text when it was kept.
fn text(bytes: Option<&[u8]>) -> Option<&str> {
    bytes.and_then(|b| std::str::from_utf8(b).ok())
}

#[derive(Debug)]
enum Item {
    Line(Kept),
    Passed(Passed),
}

/// Calls of a [`Reader`], kept.
#[derive(Debug, Default)]
struct Batch {
    text: Vec<u8>,
    items: Vec<Item>,
    passed: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.text.len() >= FULL || self.passed >= FULL_PASSED
    }

    /// Makes the calls.
    fn replay(&self, to: &mut dyn Reader) {
        let mut at = 0;
        for item in &self.items {
            match item {
                Item::Passed(passed) => to.passed(passed),
                Item::Line(kept) => to.line(&self.line(kept, &mut at)),
            }
        }
    }

    fn line(&self, kept: &Kept, at: &mut usize) -> LogLine<'_> {
        let mut next = |index: usize| {
            let (end, there) = kept.ends[index];
            let text = self.text.get(*at..end).unwrap_or_default();
            *at = end;
            there.then_some(text)
        };
        let [level, server, message, name, version] = std::array::from_fn(&mut next);
        let Kept { number, stamp, clock, gap, ragged, .. } = *kept;
        let session = text(name).map(|name| Session { name, version: text(version) });
        let (level, server, message) = (text(level), text(server), message.unwrap_or_default());
        LogLine { number, stamp, clock, level, server, message, session, gap, ragged }
    }

    fn keep(&mut self, line: &LogLine<'_>) {
        let LogLine { number, stamp, clock, level, server, message, session, gap, ragged } = *line;
        let texts = [
            level.map(str::as_bytes),
            server.map(str::as_bytes),
            Some(message),
            session.map(|s| s.name.as_bytes()),
            session.and_then(|s| s.version).map(str::as_bytes),
        ];
        let ends = texts.map(|text| {
            self.text.extend_from_slice(text.unwrap_or_default());
            (self.text.len(), text.is_some())
        });
        self.items.push(Item::Line(Kept { number, stamp, clock, gap, ragged, ends }));
    }
}

/// Keeps calls, and hands them on when there are many.
struct Relay<'scope, 'env, R> {
    scope: &'scope Scope<'scope, 'env>,
    batch: Batch,
    /// Who is to understand them, as long as that is done here.
    reader: Option<&'scope mut R>,
    queue: Option<SyncSender<Batch>>,
}

impl<R: Reader + Send> Relay<'_, '_, R> {
    fn hand_on_if_full(&mut self) {
        if self.batch.is_full() {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        if let Some(reader) = self.reader.take() {
            let (send, receive) = sync_channel(WAITING);
            self.scope.spawn(move || understand(&receive, reader));
            self.queue = Some(send);
        }
        if let Some(queue) = &self.queue {
            // Who understands does not go away before all is said.
            let _ = queue.send(std::mem::take(&mut self.batch));
        }
    }

    /// All is said: what never was many is understood here.
    fn finish(mut self) {
        match self.reader.take() {
            Some(reader) => self.batch.replay(reader),
            None => self.hand_on(),
        }
    }
}

impl<R: Reader + Send> Reader for Relay<'_, '_, R> {
    fn line(&mut self, line: &LogLine<'_>) {
        self.batch.keep(line);
        self.hand_on_if_full();
    }

    fn passed(&mut self, passed: &Passed) {
        self.batch.passed += passed.places().len();
        self.batch.items.push(Item::Passed(passed.clone()));
        self.hand_on_if_full();
    }
}

/// Lets `read` read here, and hands what it reads to `reader`: on a second thread, if it is more than a batch.
pub fn relayed<R: Reader + Send, T>(reader: &mut R, read: impl FnOnce(&mut dyn Reader) -> T) -> T {
    thread::scope(|scope| {
        let mut relay = Relay { scope, batch: Batch::default(), reader: Some(reader), queue: None };
        let done = read(&mut relay);
        relay.finish();
        done
    })
}

fn understand(batches: &Receiver<Batch>, reader: &mut impl Reader) {
    while let Ok(batch) = batches.recv() {
        batch.replay(reader);
    }
}

#[cfg(test)]
mod tests {
    use super::relayed;
    use crate::parse::{Interest, LogLine, Passed, Reader, skim};
    use crate::source::Source;

    #[derive(Default, PartialEq, Debug)]
    struct Seen(Vec<String>);

    impl Reader for Seen {
        fn line(&mut self, line: &LogLine<'_>) {
            self.0.push(format!("{line:?}"));
        }

        fn passed(&mut self, passed: &Passed) {
            self.0.extend(passed.places().iter().map(|place| format!("{place:?}")));
        }
    }

    #[test]
    fn on_another_thread_the_same_is_seen_in_the_same_order() {
        let interest = Interest::new([]);
        let turn = "[DEBUG] a\n2026-11-23T00:23:20.763Z [ERROR] MCP server \"x\": b\nc\n{}\n2026-11-23T00:23:21.763Z [DEBUG] d\n";
        for turns in [0, 1, 9, 20_000] {
            let log = || Source::from_text("t", &turn.repeat(turns.max(1)));
            let (mut here, mut there) = (Seen::default(), Seen::default());
            skim(log(), &interest, &mut here).unwrap();
            relayed(&mut there, |reader| skim(log(), &interest, reader)).unwrap();
            assert_eq!(here, there);
            assert!(here.0.len() >= 2 * turns);
        }
    }
}
