//! Folds repeats: an event, or a cycle of events, that comes again and again becomes one with a count.
//!
//! A reconnect loop may run for hours; its life still fits into a screen. Folding is done while events come in, so
//! memory holds the distinct part of a life alone.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::classify::Event;

/// The longest cycle that is recognized: a reconnect with everything that it logs.
const MAX_PERIOD: usize = 24;

/// How many repeats are kept with their lines and words.
const MAX_LINES: usize = 16;

/// Lives of more events are not unfolded.
const MAX_UNFOLDED: u64 = 400;

/// An event of a life, with its repeats.
#[derive(Debug, Clone)]
pub struct Item {
    /// The first of them.
    pub event: Event,
    /// What makes two events the same for alignment: id and identity fields.
    pub key: Arc<str>,
    /// How often it came in a row, alone or as part of a cycle.
    pub repeats: u64,
    /// The lines of the first repeats.
    pub lines: Vec<u64>,
    /// The line of the last one.
    pub last_line: u64,
    /// Whether it belongs to the client's own shutdown, or is mere aftermath: not compared.
    pub aside: bool,
    /// Its first repeats, itself left out, each with its place in the life.
    again: Vec<(u64, Event)>,
    /// Its own place in the life.
    place: u64,
}

impl Item {
    fn new(event: Event, key: Arc<str>, place: u64) -> Self {
        let (again, line) = (Vec::new(), event.line);
        Self { event, key, repeats: 1, lines: vec![line], last_line: line, aside: false, again, place }
    }

    /// Takes another occurrence of the same event in.
    pub fn absorb(&mut self, other: &Self) {
        self.repeats += other.repeats;
        self.last_line = self.last_line.max(other.last_line);
        let room = MAX_LINES.saturating_sub(self.lines.len());
        self.lines.extend(other.lines.iter().take(room));
        let more =
            std::iter::once((other.place, &other.event)).chain(other.again.iter().map(|(p, e)| (*p, e)));
        self.again.extend(more.take(room).map(|(place, event)| (place, event.clone())));
    }

    /// Each of its repeats as an item of its own, where all were kept.
    fn unfolded(&self) -> Option<Vec<Self>> {
        let again = self.again.iter().map(|(place, event)| (*place, event));
        let all = std::iter::once((self.place, &self.event)).chain(again);
        let one = |(place, event): (u64, &Event)| {
            let key = Arc::clone(&self.key);
            Self { aside: self.aside, ..Self::new(event.clone(), key, place) }
        };
        let all: Vec<Self> = all.map(one).collect();
        (all.len() as u64 == self.repeats).then_some(all)
    }

    /// Whether a difference in it is a difference in behaviour.
    pub fn is_compared(&self) -> bool {
        self.event.is_lifecycle() && !self.aside
    }
}

/// The id of an event with its identity fields, e.g. `stream.open_failed status=404`.
pub fn key(event: &Event) -> Arc<str> {
    let mut key = event.id().to_owned();
    for name in &event.def.identity {
        if let Some(value) = event.field(name) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = write!(key, " {name}={value}");
        }
    }
    key.into()
}

/// Folds the items of one life as they come.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    items: Vec<Item>,
    /// The cycle that is running: where it begins in `items`, and how long it is.
    cycle: Option<(usize, usize)>,
    /// The part of the next turn of the cycle that was seen.
    turn: Vec<Item>,
    /// How many events were seen.
    seen: u64,
}

impl Folder {
    /// Takes the next event, with its [`key`].
    pub(super) fn push(&mut self, event: Event, key: Arc<str>, aside: bool) {
        self.seen += 1;
        self.push_item(Item { aside, ..Item::new(event, key, self.seen) });
    }

    fn push_item(&mut self, item: Item) {
        let Some((start, period)) = self.cycle else { return self.append(item) };
        let expected = self.items.get(start + self.turn.len());
        if !expected.is_some_and(|e| same(e, &item)) {
            // A turn that breaks off may itself begin a new cycle, so its items go in one by one.
            self.cycle = None;
            for begun in std::mem::take(&mut self.turn) {
                self.push_item(begun);
            }
            return self.push_item(item);
        }
        self.turn.push(item);
        if self.turn.len() == period {
            for (item, again) in self.items[start..].iter_mut().zip(self.turn.drain(..)) {
                item.absorb(&again);
            }
        }
    }

    fn append(&mut self, item: Item) {
        self.items.push(item);
        let len = self.items.len();
        let period = (1..=MAX_PERIOD.min(len / 2)).find(|p| self.repeats_last(*p));
        if let Some(period) = period {
            let again: Vec<Item> = self.items.drain(len - period..).collect();
            let start = len - 2 * period;
            for (item, again) in self.items[start..].iter_mut().zip(&again) {
                item.absorb(again);
            }
            self.cycle = Some((start, period));
        }
    }

    /// Whether the last `period` items are those before them once more.
    fn repeats_last(&self, period: usize) -> bool {
        let len = self.items.len();
        (0..period).all(|i| same(&self.items[len - 1 - i], &self.items[len - 1 - i - period]))
    }

    pub(super) fn finish(mut self) -> Vec<Item> {
        self.items.append(&mut self.turn);
        self.items
    }
}

/// What is set aside never hides in a count of what is not.
fn same(a: &Item, b: &Item) -> bool {
    a.key == b.key && a.aside == b.aside
}

/// The events of a life one by one again, in their order; `None` where not all were kept, or they are many.
pub fn unfold(items: &[&Item]) -> Option<Vec<Item>> {
    if items.iter().map(|i| i.repeats).sum::<u64>() > MAX_UNFOLDED {
        return None;
    }
    let mut all = Vec::new();
    for item in items {
        all.extend(item.unfolded()?);
    }
    all.sort_by_key(|i| i.place);
    Some(all)
}

/// Folds items that were put into another order.
pub fn fold(items: impl IntoIterator<Item = Item>) -> Vec<Item> {
    let mut folder = Folder::default();
    for item in items {
        folder.push_item(item);
    }
    folder.finish()
}
