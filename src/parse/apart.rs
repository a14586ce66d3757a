//! Skims a log on one thread, or lets a second one make sense of what was found.
//!
//! Comes in: a [`Source`], and who is to understand it. Goes out: the same calls in the same order either way, block by
//! block. A log that fits into one block never leaves the thread it is read on. What is under way between the two is
//! bounded.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, Scope};

use super::interest::Interest;
use super::skim::Skim;
use super::skimmed::{Reader, Skimmed};
use crate::error::Result;
use crate::source::{Block, Source, Tally};

/// So many blocks may wait.
const WAITING: usize = 3;

/// A block with what was found in it.
type Batch = (Block, Skimmed);

/// Skims a log of the client on this thread.
pub(super) fn read(mut source: Source, interest: &Interest, reader: &mut impl Reader) -> Result<Tally> {
    let mut skim = Skim::new(interest);
    let (mut spare, mut found) = (Block::default(), Skimmed::default());
    while let Some(block) = source.next_block(spare)? {
        found.clear();
        source.count(skim.block(block.bytes(), &mut found));
        found.tell(block.bytes(), reader);
        spare = block;
    }
    found.clear();
    skim.finish(&mut found);
    found.tell(&[], reader);
    source.finish()
}

/// Skims it on this thread, and lets `reader` understand on another.
pub(super) fn read_apart<R: Reader + Send>(
    source: Source,
    interest: &Interest,
    reader: &mut R,
) -> Result<Tally> {
    thread::scope(|scope| Apart { scope, reader: Some(reader), ends: None }.read(source, interest))
}

struct Apart<'scope, 'env, R> {
    scope: &'scope Scope<'scope, 'env>,
    /// Who is to understand, as long as that is done here.
    reader: Option<&'scope mut R>,
    /// Where batches go, and come back from.
    ends: Option<(SyncSender<Batch>, Receiver<Batch>)>,
}

impl<R: Reader + Send> Apart<'_, '_, R> {
    fn read(mut self, mut source: Source, interest: &Interest) -> Result<Tally> {
        let mut skim = Skim::new(interest);
        let mut first: Option<Batch> = None;
        let (mut spare, mut found) = Batch::default();
        while let Some(block) = source.next_block(spare)? {
            source.count(skim.block(block.bytes(), &mut found));
            // The first waits for a second: without one there is no other thread.
            match first.take() {
                None if self.ends.is_none() => first = Some((block, found)),
                Some(first) => {
                    self.hand_on(first);
                    self.hand_on((block, found));
                }
                None => self.hand_on((block, found)),
            }
            (spare, found) = self.spare();
        }
        skim.finish(&mut found);
        for batch in first.into_iter().chain([(Block::default(), found)]) {
            match &mut self.reader {
                Some(reader) => batch.1.tell(batch.0.bytes(), *reader),
                None => self.hand_on(batch),
            }
        }
        source.finish()
    }

    fn hand_on(&mut self, batch: Batch) {
        if let Some(reader) = self.reader.take() {
            let (send, receive) = sync_channel(WAITING);
            let (give_back, back) = channel();
            self.scope.spawn(move || understand(&receive, &give_back, reader));
            self.ends = Some((send, back));
        }
        if let Some((queue, _)) = &self.ends {
            // Who understands does not go away before all is said.
            let _ = queue.send(batch);
        }
    }

    /// What came back of earlier batches, to be used again.
    fn spare(&self) -> Batch {
        let back = self.ends.as_ref().and_then(|(_, back)| back.try_recv().ok());
        let (block, mut found) = back.unwrap_or_default();
        found.clear();
        (block, found)
    }
}

fn understand(batches: &Receiver<Batch>, back: &Sender<Batch>, reader: &mut impl Reader) {
    while let Ok((block, found)) = batches.recv() {
        found.tell(block.bytes(), reader);
        // At the end nobody wants it back.
        let _ = back.send((block, found));
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::{Interest, LogLine, Passed, Reader, skim, skim_apart};
    use crate::source::Source;

    #[derive(Default, PartialEq, Debug)]
    struct Seen(Vec<String>);

    impl Reader for Seen {
        fn line(&mut self, line: &LogLine<'_>) {
            self.0.push(format!("{line:?}"));
        }

        fn passed(&mut self, passed: &Passed<'_>) {
            passed.each(&mut |stamp, number| self.0.push(format!("{stamp:?} {number}")));
        }
    }

    #[test]
    fn on_another_thread_the_same_is_seen_in_the_same_order() {
        let interest = Interest::new([]);
        let turn = "[DEBUG] a\n2026-11-23T00:23:20.763Z [ERROR] MCP server \"x\": b\nc\n{}\n2026-11-23T00:23:21.763Z [DEBUG] d\n";
        for turns in [1, 9, 20_000] {
            let log = || Source::from_text("t", &turn.repeat(turns));
            let (mut here, mut there) = (Seen::default(), Seen::default());
            skim(log(), &interest, &mut here).unwrap();
            skim_apart(log(), &interest, &mut there).unwrap();
            assert_eq!(here, there);
            assert!(here.0.len() >= 2 * turns);
        }
    }
}
