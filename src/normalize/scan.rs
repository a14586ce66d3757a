//! Walks a message once, byte by byte, and yields its slots.
//!
//! In: the bytes of a message. Out: each slot's kind and place, in order and apart from each other. No regular
//! expression and no allocation: this runs on every line of logs of any size.
//!
//! Whether something is a slot depends on its own bytes, on the edge before it, and on literal words: never on
//! bytes that a slot hides. A slot that stands in the message already counts as that slot. Therefore a template
//! reads as its message does, and the template of a template is itself (`laws`).

use std::ops::Range;

use super::context::{self, Before};
use super::cursor::{byte, run, slice};
use super::{SlotKind, id, number, place, stamp};

/// A slot's kind and its place.
type Found = (SlotKind, Range<usize>);

/// What stands directly before a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// The start, white space, a quote, or punctuation behind which something begins.
    Open,
    /// A literal word.
    Word,
    /// A slot.
    Slot,
    /// `-`, `_` or `.`, itself tied to a word or a slot.
    Joined { by: u8, to_slot: bool },
    /// Any other sign.
    Closed,
}

/// What a byte can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Letter,
    Digit,
    Opens,
    Closes,
    Joins,
    Colon,
    Slash,
    Angle,
    Escape,
}

static SIGNS: [Sign; 256] = signs();

const fn signs() -> [Sign; 256] {
    let mut table = [Sign::Opens; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = match b as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Sign::Letter,
            b'0'..=b'9' => Sign::Digit,
            b'-' | b'_' | b'.' | b'+' | b'~' => Sign::Joins,
            b':' => Sign::Colon,
            b'/' => Sign::Slash,
            b'<' => Sign::Angle,
            b'\\' | 0x1b => Sign::Escape,
            0..=b' ' | b'"' | b'\'' | b'`' | b'(' | b'[' | b'{' | b'=' | b',' | b';' | b'|' | b'&' | b'@' => {
                Sign::Opens
            }
            _ => Sign::Closes,
        };
        b += 1;
    }
    table
}

/// The slots of one message, in order.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    pos: usize,
    edge: Edge,
    /// The nearest literal word, and where what belongs to it ends (`HTTP/1.1` ends behind its version).
    word: Range<usize>,
    word_reach: usize,
    /// The word one space before that one.
    earlier: Range<usize>,
    /// Where a port may begin: behind the colon of a host.
    port: usize,
    host: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let (word, earlier) = (0..0, 0..0);
        Self { bytes, pos: 0, edge: Edge::Open, word, word_reach: 0, earlier, port: usize::MAX, host: false }
    }

    fn literal(&mut self, end: usize, edge: Edge) -> Option<Found> {
        (self.pos, self.edge) = (end, edge);
        None
    }

    fn before(&self, at: usize) -> Before<'a> {
        Before {
            word: slice(self.bytes, self.word.start, self.word.end),
            earlier: slice(self.bytes, self.earlier.start, self.earlier.end),
            gap: slice(self.bytes, self.word_reach, at),
        }
    }

    /// A run of letters and digits.
    fn word(&mut self) -> Option<Found> {
        let start = self.pos;
        let (mut end, mut digit) = (start, false);
        while let Some(&b) = self.bytes.get(end) {
            match SIGNS[usize::from(b)] {
                Sign::Letter => {}
                Sign::Digit => digit = true,
                _ => break,
            }
            end += 1;
        }
        if byte(self.bytes, end) == b':' && slice(self.bytes, end + 1, end + 3) == b"//" {
            return self.url(start, end);
        }
        if self.edge == Edge::Open
            && let Some(found) = self.value_of_key(start, end)
        {
            return Some(found);
        }
        if digit { self.mixed(start, start, end) } else { self.letters(start, end) }
    }

    /// What only an open edge can have behind it: the value of an id's key, an IPv6 address.
    fn value_of_key(&self, start: usize, end: usize) -> Option<Found> {
        let bytes = self.bytes;
        if byte(bytes, end) == b':' && end - start <= 4 {
            return number::ipv6(bytes, start).map(|end| (SlotKind::Ip, start..end));
        }
        let keyed = self.word_reach + 1 == start && byte(bytes, self.word_reach) == b'=';
        (keyed && id::is_id_key(self.before(start).word)).then_some((SlotKind::Id, start..end))
    }

    /// The body of a URL; its scheme is a word.
    fn url(&mut self, start: usize, end: usize) -> Option<Found> {
        let body = end + 3;
        let stop = place::url_body(self.bytes, body);
        let kind = if slice(self.bytes, start, end) == b"file" { SlotKind::Path } else { SlotKind::Url };
        self.literal(body, Edge::Closed);
        (stop > body).then_some((kind, body..stop))
    }

    /// A word without digits: literal, but for the few things that begin with letters.
    fn letters(&mut self, start: usize, end: usize) -> Option<Found> {
        let bytes = self.bytes;
        let special = match end - start {
            1 if self.edge == Edge::Open && byte(bytes, end) == b':' => {
                place::windows(bytes, start).map(|end| (SlotKind::Path, start..end))
            }
            3 if self.edge == Edge::Open => {
                stamp::spoken(bytes, start).map(|end| (SlotKind::Stamp, start..end))
            }
            8 if byte(bytes, end) == b'-' => {
                id::uuid(bytes, start, end).map(|end| (SlotKind::Uuid, start..end))
            }
            _ => None,
        };
        if special.is_some() {
            return special;
        }
        let spaced = self.word_reach + 1 == start && byte(bytes, self.word_reach) == b' ';
        self.earlier = if spaced { self.word.clone() } else { 0..0 };
        (self.word, self.word_reach) = (start..end, end);
        self.literal(end, Edge::Word)
    }

    /// A word with digits; `from` is its sign's place if it has one.
    fn mixed(&mut self, from: usize, start: usize, end: usize) -> Option<Found> {
        let (bytes, led) = (self.bytes, byte(self.bytes, start).is_ascii_digit());
        let joined = match self.edge {
            Edge::Joined { by, to_slot: false } => by,
            _ => 0,
        };
        if led && let Some(end) = stamp::stamp(bytes, start) {
            return Some((SlotKind::Stamp, from..end));
        }
        if let Some((kind, end)) = id::id(bytes, start, end, joined) {
            return Some((kind, from..end));
        }
        if led && let Some((kind, end)) = number::number(bytes, start) {
            return self.number(kind, from, start..end);
        }
        let behind_v =
            matches!(byte(bytes, start), b'v' | b'V') && run(bytes, start + 1, |b| b.is_ascii_digit()) == end;
        if behind_v && let Some(end) = number::version(bytes, start + 1) {
            return Some((SlotKind::Version, start + 1..end));
        }
        self.word_with_digits(start, end)
    }

    /// A number or a measured value, unless it is meaning or part of a name.
    fn number(&mut self, kind: SlotKind, from: usize, at: Range<usize>) -> Option<Found> {
        let (bytes, before) = (self.bytes, self.before(from));
        let text = slice(bytes, from, at.end);
        let kind = match kind {
            SlotKind::Number if self.is_http_version(before) => {
                self.word_reach = at.end;
                return self.literal(at.end, Edge::Word);
            }
            SlotKind::Number if self.is_in_name(text) || context::is_meaning(bytes, before, text, at.end) => {
                return self.literal(at.end, Edge::Word);
            }
            SlotKind::Number if at.start == self.port || before.is(b"port") => SlotKind::Port,
            SlotKind::Number if before.is(b"pid") || before.is(b"process") => SlotKind::Pid,
            // `cc_version=2.1.147.123` has four parts as an address has.
            SlotKind::Ip if before.ends(b"version") => SlotKind::Version,
            kind => kind,
        };
        Some((kind, from..at.end))
    }

    /// `HTTP/1.1`.
    fn is_http_version(&self, before: Before) -> bool {
        before.word.eq_ignore_ascii_case(b"http") && before.gap == b"/" && self.edge == Edge::Closed
    }

    /// `claude-opus-4-7`, `gpt-4.1`, `utf-8`, `tool_2`: short numbers tied to a word name something.
    fn is_in_name(&self, text: &[u8]) -> bool {
        let tied = matches!(self.edge, Edge::Joined { by: b'-' | b'_', to_slot: false });
        tied && text.split(|b| !b.is_ascii_digit()).all(|digits| digits.len() <= 3)
    }

    /// A word with digits that is no value: literal, but for a long number at its end or a slot before it.
    fn word_with_digits(&mut self, start: usize, end: usize) -> Option<Found> {
        let bytes = self.bytes;
        if matches!(self.edge, Edge::Joined { to_slot: true, .. }) && end - start >= 4 {
            return Some((SlotKind::Id, start..end));
        }
        let tail = run(bytes, start, |b| b.is_ascii_alphabetic());
        if tail + 5 <= end && run(bytes, tail, |b| b.is_ascii_digit()) == end {
            return Some((SlotKind::Number, tail..end));
        }
        self.literal(end, Edge::Word)
    }

    /// `-`, `_`, `.`, `+`, `~`: a tie, a sign, the start of a path, or just itself.
    fn joint(&mut self, by: u8) -> Option<Found> {
        let (bytes, pos) = (self.bytes, self.pos);
        match (self.edge, by) {
            (Edge::Open, b'-' | b'+') if byte(bytes, pos + 1).is_ascii_digit() => {
                let end = run(bytes, pos + 1, |b| b.is_ascii_alphanumeric());
                self.mixed(pos, pos + 1, end)
            }
            (Edge::Open, b'~' | b'.') => self.path(),
            (Edge::Word | Edge::Slot, b'-' | b'_' | b'.') => {
                let to_slot = self.edge == Edge::Slot;
                self.literal(pos + 1, Edge::Joined { by, to_slot })
            }
            (Edge::Joined { by: b'_', to_slot }, b'_') => self.literal(pos + 1, Edge::Joined { by, to_slot }),
            _ => self.literal(pos + 1, Edge::Closed),
        }
    }

    fn path(&mut self) -> Option<Found> {
        let start = self.pos;
        if self.edge == Edge::Open
            && let Some(end) = place::unix(self.bytes, start)
        {
            return Some((SlotKind::Path, start..end));
        }
        self.literal(start + 1, Edge::Closed)
    }

    fn colon(&mut self) -> Option<Found> {
        let start = self.pos;
        if self.edge == Edge::Open
            && byte(self.bytes, start + 1) == b':'
            && let Some(end) = number::ipv6(self.bytes, start)
        {
            return Some((SlotKind::Ip, start..end));
        }
        let local =
            self.edge == Edge::Word && self.before(start).word == b"localhost" && self.word_reach == start;
        if local || (self.host && self.edge == Edge::Slot) {
            self.port = start + 1;
        }
        self.literal(start + 1, Edge::Open)
    }

    /// A slot that is written out already.
    fn placeholder(&mut self) -> Option<Found> {
        let start = self.pos;
        let end = run(self.bytes, start + 1, |b| b.is_ascii_lowercase()) + 1;
        let text = slice(self.bytes, start, end);
        match SlotKind::ALL.iter().find(|kind| kind.as_str().as_bytes() == text) {
            Some(&kind) => Some((kind, start..end)),
            None => self.literal(start + 1, Edge::Closed),
        }
    }

    /// `\n` and `\"` of quoted text, and the colours of a terminal.
    fn escape(&mut self) -> Option<Found> {
        let (bytes, start) = (self.bytes, self.pos);
        let end = match (byte(bytes, start), byte(bytes, start + 1)) {
            (b'\\', b'n' | b'r' | b't' | b'"' | b'\\' | b'/' | b'\'') => start + 2,
            (b'\\', b'u') => run(slice(bytes, 0, start + 6), start + 2, |b| b.is_ascii_hexdigit()),
            (0x1b, b'[') => run(bytes, start + 2, |b| b.is_ascii_digit() || b == b';') + 1,
            _ => return self.literal(start + 1, Edge::Closed),
        };
        self.literal(end.min(bytes.len()), Edge::Open)
    }
}

impl Iterator for Scanner<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while let Some(&b) = self.bytes.get(self.pos) {
            let found = match SIGNS[usize::from(b)] {
                Sign::Letter | Sign::Digit => self.word(),
                Sign::Opens => self.literal(self.pos + 1, Edge::Open),
                Sign::Closes => self.literal(self.pos + 1, Edge::Closed),
                Sign::Joins => self.joint(b),
                Sign::Colon => self.colon(),
                Sign::Slash => self.path(),
                Sign::Angle => self.placeholder(),
                Sign::Escape => self.escape(),
            };
            if let Some((kind, at)) = found {
                (self.pos, self.edge, self.host) = (at.end, Edge::Slot, kind == SlotKind::Ip);
                return Some((kind, at));
            }
        }
        None
    }
}
