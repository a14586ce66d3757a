//! Skims the debug log: hands over the records that may matter, and of all others no more than where they stand.
//!
//! Comes in: a [`Source`], and what a message that matters begins with ([`Interest`]). Goes out: the same [`LogLine`]s
//! that reading line by line gives, but for those that nobody is interested in: of these a [`Passed`] gives clock and
//! number. Nine lines of ten are passed over for the price of finding their end and comparing a few bytes.

use super::debug_text::{is_cut, show, unpadded};
use super::head::{Head, QUOTE, Record, SERVER};
use super::minute::Minute;
use super::{Clock, LogLine, Stamp};
use crate::error::Result;
use crate::source::{Source, Tally};

/// So many passed lines are told at once.
const MANY: usize = 4096;

/// How many pairs of bytes there are.
const PAIRS: usize = 1 << 16;

/// What messages begin with that matter.
#[derive(Debug)]
pub struct Interest {
    heads: Vec<Vec<u8>>,
    /// Whether one of them begins with two bytes: one bit for each pair of them.
    begins: Vec<u64>,
}

impl Interest {
    /// Interest in lines about a server, and in messages with these heads; an empty one is that of any message.
    pub fn new<'h>(heads: impl IntoIterator<Item = &'h str>) -> Self {
        let heads = heads.into_iter().map(|h| h.as_bytes().to_vec());
        // What is quoted is read to tell what it is.
        let heads: Vec<Vec<u8>> = [SERVER.to_vec(), QUOTE.to_vec()].into_iter().chain(heads).collect();
        let mut begins = vec![0; PAIRS / 64];
        for head in &heads {
            let range = |at: usize| head.get(at).map_or(0..=u8::MAX, |b| *b..=*b);
            for pair in range(0).flat_map(|a| range(1).map(move |b| usize::from(u16::from_be_bytes([a, b]))))
            {
                begins[pair / 64] |= 1 << (pair % 64);
            }
        }
        Self { heads, begins }
    }

    /// Whether a record with this first line of its message may matter.
    fn in_message(&self, message: &[u8]) -> bool {
        let pair = message.first_chunk().map_or(0, |pair| usize::from(u16::from_be_bytes(*pair)));
        let begins = message.len() < 2 || self.begins[pair / 64] >> (pair % 64) & 1 == 1;
        begins && self.heads.iter().any(|h| message.starts_with(h))
    }
}

/// Records that were passed over, one behind the other.
#[derive(Debug, Clone, Default)]
pub struct Passed {
    places: Vec<(Option<Stamp>, u64)>,
    /// Whether all have a clock that never goes back.
    rises: bool,
    /// The longest time between two of them.
    widest: i64,
}

impl Passed {
    /// Clock and number of each.
    pub fn places(&self) -> &[(Option<Stamp>, u64)] {
        &self.places
    }

    /// Whether all have a clock, which never goes back, and never leaps by more than so many milliseconds.
    pub fn is_steady(&self, leap: i64) -> bool {
        self.rises && self.widest <= leap
    }

    fn push(&mut self, stamp: Option<Stamp>, number: u64) {
        match (stamp, self.places.last()) {
            (Some(at), Some((Some(before), _))) => {
                self.rises &= at >= *before;
                self.widest = self.widest.max(at.0.saturating_sub(before.0));
            }
            (Some(_), None) => (self.rises, self.widest) = (true, 0),
            _ => self.rises = false,
        }
        self.places.push((stamp, number));
    }
}

/// Takes what a log holds.
pub trait Reader {
    /// A line that may matter.
    fn line(&mut self, line: &LogLine<'_>);
    /// Lines that do not.
    fn passed(&mut self, passed: &Passed);
}

/// Skims a log of the client.
pub(super) fn read(source: Source, interest: &Interest, reader: &mut dyn Reader) -> Result<Tally> {
    let mut skim = Skim {
        interest,
        reader,
        open: Record::default(),
        gap: false,
        cut: false,
        passing: false,
        clock: Clock::None,
        minute: Minute::default(),
        passed: Passed::default(),
    };
    let tally = source.each_line(&mut |number, bytes| skim.line(number, bytes))?;
    skim.close();
    skim.tell();
    Ok(tally)
}

struct Skim<'a> {
    interest: &'a Interest,
    reader: &'a mut dyn Reader,
    /// The record that may matter, and may go on.
    open: Record,
    /// Whether lines were left out before it, and behind the record before the next.
    gap: bool,
    cut: bool,
    /// Whether the record before does not matter.
    passing: bool,
    /// The fullest clock so far: what has less begins no record.
    clock: Clock,
    minute: Minute,
    passed: Passed,
}

impl Skim<'_> {
    fn line(&mut self, number: u64, bytes: &[u8]) {
        let bytes = unpadded(bytes);
        let head = self.minute.head(bytes).or_else(|| Head::of(bytes)).filter(|h| h.clock >= self.clock);
        let Some(head) = head else { return self.go_on(number, bytes) };
        self.clock = head.clock;
        // A gap is told with the line behind it.
        let passes = head.clock != Clock::TimeOfDay && !self.cut;
        if passes && bytes.get(head.length..).is_some_and(|message| !self.interest.in_message(message)) {
            self.pass(head.stamp, number);
        } else {
            self.begin(number, &head, bytes);
        }
    }

    /// A line that begins no record.
    fn go_on(&mut self, number: u64, bytes: &[u8]) {
        let open = self.open.number > 0;
        if !open && !self.passing {
            self.begin(number, &Head::default(), bytes);
        } else if is_cut(bytes, &self.open) {
            self.cut = true;
        } else if open {
            self.open.continue_with(bytes);
        }
    }

    fn begin(&mut self, number: u64, head: &Head<'_>, bytes: &[u8]) {
        self.close();
        self.passing = false;
        self.gap = std::mem::take(&mut self.cut);
        self.open.begin(number, head, bytes);
    }

    fn pass(&mut self, stamp: Option<Stamp>, number: u64) {
        if self.open.number > 0 {
            self.close();
        }
        self.passing = true;
        self.passed.push(stamp, number);
        if self.passed.places.len() >= MANY {
            self.tell();
        }
    }

    /// Hands over the record that is open; what was passed over came before it.
    fn close(&mut self) {
        if self.open.number > 0 {
            self.tell();
            let reader = &mut self.reader;
            show(&self.open, self.gap, &mut |line| reader.line(line));
            self.open.number = 0;
            self.open.message.clear();
        }
    }

    fn tell(&mut self) {
        if !self.passed.places.is_empty() {
            self.reader.passed(&self.passed);
            self.passed.places.clear();
        }
    }
}
