//! A wording: literal text with typed holes, compiled once and matched against whole messages.
//!
//! Comes in: the `text` of a wording, e.g. `Connection failed after {ms:ms}: {message:text}`, and messages.
//! Goes out: where the holes lie in a message, and their values for those who want them. Matching walks the pieces with
//! plain substring search, so it is linear in the message for every wording; there is no backtracking that a log could
//! make slow, and nothing is allocated.

use std::ops::Range;

use memchr::{memchr_iter, memchr2};
use serde_json::{Number, Value};

/// No number, duration or version of a log is longer, in bytes.
const MAX_NUMBER: usize = 64;

/// No duration of a log is longer, in milliseconds: ten years. A clock that stepped back gives small negative ones.
const MAX_MS: f64 = 10.0 * 365.0 * 86_400_000.0;

/// What a hole accepts, and what its value becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    /// Digits with an optional sign: a number.
    Int,
    /// A duration with its unit: a number of milliseconds.
    Ms,
    /// Anything without white space.
    Word,
    /// Anything.
    Text,
    /// JSON text; its members become fields of their own.
    Json,
    /// `scheme://…` without white space.
    Url,
    /// Dotted numbers.
    Version,
}

impl Hole {
    /// All types of holes by the name that packs use.
    pub const ALL: [(&'static str, Self); 7] = [
        ("int", Self::Int),
        ("ms", Self::Ms),
        ("word", Self::Word),
        ("text", Self::Text),
        ("json", Self::Json),
        ("url", Self::Url),
        ("version", Self::Version),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, h)| *h)
    }

    /// How many bytes of `text` it can take at the most: what keeps matching linear however often a literal occurs.
    fn reach(self, text: &str) -> usize {
        match self {
            Self::Int | Self::Ms | Self::Version => MAX_NUMBER,
            Self::Word | Self::Url => text.find(char::is_whitespace).unwrap_or(text.len()),
            Self::Text | Self::Json => text.len(),
        }
    }

    /// How many bytes of `text` it takes at the least; `None`: it takes no beginning of it. Shorter ones are not tried.
    fn least(self, text: &str) -> Option<usize> {
        match self {
            Self::Text | Self::Json => Some(0),
            Self::Int | Self::Ms | Self::Word | Self::Version => Some(1),
            Self::Url => text.find(':').map(|at| at + 1),
        }
    }

    /// Whether the hole accepts `text`.
    fn takes(self, text: &str) -> bool {
        match self {
            Self::Int => text.parse::<i64>().is_ok(),
            Self::Ms => milliseconds(text).is_some(),
            Self::Word => is_word(text),
            Self::Text => true,
            Self::Json => text.starts_with(['{', '[']),
            Self::Url => is_word(text) && text.contains(':'),
            Self::Version => {
                !text.is_empty()
                    && text.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
            }
        }
    }

    /// The value of a text that the hole accepts.
    fn value(self, text: &str) -> Value {
        match self {
            Self::Int => text.parse::<i64>().map_or(Value::Null, Value::from),
            Self::Ms => milliseconds(text).map_or(Value::Null, Value::from),
            Self::Word | Self::Text | Self::Json | Self::Url | Self::Version => Value::from(text),
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

/// `327ms`, `2s`, `1.5s`, `5m`, `1h` as milliseconds.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))?;
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => 1.0,
        "s" => 1000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    // The usual case: few digits and nothing else, for which the way by way of `f64` gives the same.
    if number.len() < 10 && number.bytes().all(|b| b.is_ascii_digit()) {
        let value = number.parse::<i64>().ok()? * factor as i64;
        return (value as f64 <= MAX_MS).then_some(value);
    }
    let value = number.parse::<f64>().ok()? * factor;
    (value.abs() <= MAX_MS).then(|| value.round() as i64)
}

/// A piece of a wording.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Text that stands as it is.
    Literal(String),
    /// A hole with its field's name.
    Hole(String, Hole),
}

/// A compiled wording.
#[derive(Debug, Clone, PartialEq)]
pub struct Wording {
    pieces: Vec<Piece>,
    literal_bytes: usize,
}

impl Wording {
    /// Compiles the text of a wording; the error says what is wrong with it.
    pub fn compile(text: &str) -> Result<Self, String> {
        let pieces = pieces(text)?;
        if pieces.windows(2).any(|w| matches!(w, [Piece::Hole(..), Piece::Hole(..)])) {
            return Err("two holes touch; put literal text between them".to_owned());
        }
        let literal_bytes = pieces.iter().map(Piece::literal_len).sum();
        let wording = Self { pieces, literal_bytes };
        if wording.anchor().len() < 4 {
            return Err(
                "no run of literal text is four bytes long; a wording needs one to be found by".to_owned()
            );
        }
        Ok(wording)
    }

    /// The longest literal run: any message in this wording contains it.
    pub fn anchor(&self) -> &str {
        let literals = self.pieces.iter().filter_map(Piece::literal);
        literals.fold("", |best, l| if l.len() > best.len() { l } else { best })
    }

    /// How much of the wording is literal: of several that match, the one with the most wins.
    pub fn literal_bytes(&self) -> usize {
        self.literal_bytes
    }

    /// The names of the holes.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Hole(name, _) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }

    /// Matches the whole of `message`; gives the value of each hole, in order.
    pub fn matches<'w>(&'w self, message: &str) -> Option<Vec<(&'w str, Value)>> {
        let mut found = Vec::new();
        if !self.find(message, &mut found) {
            return None;
        }
        let values = self.holes().zip(found);
        Some(
            values
                .map(|((name, hole), at)| (name, hole.value(message.get(at).unwrap_or_default())))
                .collect(),
        )
    }

    /// Whether it covers the whole of `message`, and where each hole lies, in order.
    pub(super) fn find(&self, message: &str, found: &mut Vec<Range<usize>>) -> bool {
        found.clear();
        walk(&self.pieces, message, found)
    }

    /// The value of the hole at an index, of the text that it accepted.
    pub(super) fn value(&self, index: usize, text: &str) -> Value {
        self.holes().nth(index).map_or(Value::Null, |(_, hole)| hole.value(text))
    }

    /// The literal text that it begins with; empty where it begins with a hole.
    pub fn head(&self) -> &str {
        self.pieces.first().and_then(Piece::literal).unwrap_or_default()
    }

    /// The literal text behind a first hole that takes no blank, parted at its own first blank: that must be the first
    /// blank of any message, with the one part before it and the other behind it.
    pub(super) fn around_blank(&self) -> Option<(&str, &str)> {
        match self.pieces.as_slice() {
            [Piece::Hole(_, Hole::Word | Hole::Url), Piece::Literal(l), ..] => {
                l.split_at_checked(l.find(' ')?)
            }
            _ => None,
        }
    }

    fn holes(&self) -> impl Iterator<Item = (&str, Hole)> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Hole(name, hole) => Some((name.as_str(), *hole)),
            Piece::Literal(_) => None,
        })
    }
}

impl Piece {
    fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(l) => Some(l),
            Self::Hole(..) => None,
        }
    }

    fn literal_len(&self) -> usize {
        self.literal().map_or(0, str::len)
    }
}

/// Walks pieces over a message. A hole ends at the first occurrence of the literal behind it at which the hole's type
/// accepts what lies between; the last literal of a wording must end the message.
fn walk(pieces: &[Piece], message: &str, found: &mut Vec<Range<usize>>) -> bool {
    let (mut at, mut pieces) = (0, pieces);
    loop {
        let rest = message.get(at..).unwrap_or_default();
        let (length, taken) = match pieces {
            [] => return rest.is_empty(),
            [Piece::Literal(l), ..] if !rest.starts_with(l.as_str()) => return false,
            [Piece::Literal(l), ..] => (l.len(), 1),
            [Piece::Hole(_, hole)] => {
                found.push(at..message.len());
                return hole.takes(rest);
            }
            [Piece::Hole(_, hole), Piece::Literal(l)] => {
                // The tail of the wording: it must end the message, so it is looked for there alone.
                let Some(inside) = rest.strip_suffix(l.as_str()) else { return false };
                found.push(at..at + inside.len());
                return hole.takes(inside);
            }
            [Piece::Hole(_, hole), Piece::Literal(l), ..] => {
                let Some(length) = hole_before(*hole, l, rest) else { return false };
                found.push(at..at + length);
                (length + l.len(), 2)
            }
            [Piece::Hole(..), Piece::Hole(..), ..] => return false,
        };
        at += length;
        pieces = pieces.get(taken..).unwrap_or_default();
    }
}

/// How much of `rest` the hole takes before the literal that ends it.
fn hole_before(hole: Hole, literal: &str, rest: &str) -> Option<usize> {
    let reach = hole.reach(rest).saturating_add(literal.len());
    let near = rest.as_bytes().get(..reach).unwrap_or(rest.as_bytes());
    let first = *literal.as_bytes().first()?;
    let least = hole.least(rest)?;
    let ends =
        |at: &usize| *at >= least && near.get(*at..).is_some_and(|n| n.starts_with(literal.as_bytes()));
    memchr_iter(first, near).filter(ends).find(|at| rest.get(..*at).is_some_and(|text| hole.takes(text)))
}

/// Splits the text of a wording at its holes. `{{` and `}}` stand for braces.
fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut out = Vec::new();
    let mut literal = String::new();
    let mut from = 0;
    while let Some(at) = memchr2(b'{', b'}', &text.as_bytes()[from..]).map(|i| from + i) {
        literal.push_str(&text[from..at]);
        let (brace, rest) = text[at..].split_at(1);
        if rest.starts_with(brace) {
            literal.push_str(brace);
            from = at + 2;
        } else if brace == "{" {
            let (piece, end) = hole(text, at)?;
            if !literal.is_empty() {
                out.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            out.push(piece);
            from = end;
        } else {
            return Err("a `}` closes nothing; write `}}` for a literal one".to_owned());
        }
    }
    literal.push_str(&text[from..]);
    if !literal.is_empty() {
        out.push(Piece::Literal(literal));
    }
    Ok(out)
}

/// The hole that begins at byte `at`, and the byte behind it.
fn hole(text: &str, at: usize) -> Result<(Piece, usize), String> {
    let end =
        text[at..].find('}').map(|i| at + i).ok_or("a `{` is not closed; write `{{` for a literal one")?;
    let inside = &text[at + 1..end];
    let (name, kind) =
        inside.split_once(':').ok_or_else(|| format!("`{{{inside}}}` has no type; write `{{name:type}}`"))?;
    let known = || Hole::ALL.map(|(n, _)| n).join(", ");
    let hole =
        Hole::named(kind).ok_or_else(|| format!("`{kind}` is no type of hole; there are {}", known()))?;
    Ok((Piece::Hole(name.to_owned(), hole), end + 1))
}

/// Adds the members of a JSON text as fields of their own: `caps.hasTools`. At most 48 of them, three levels deep.
pub(crate) fn members(name: &str, text: &str, out: &mut Vec<(String, Value)>) {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        flatten(name, &value, 0, out);
    }
}

fn flatten(name: &str, value: &Value, depth: usize, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) if depth < 3 => {
            for (key, inner) in map {
                flatten(&format!("{name}.{key}"), inner, depth + 1, out);
            }
        }
        Value::Array(items) if depth > 0 => {
            out.push((name.to_owned(), Value::Number(Number::from(items.len()))));
        }
        Value::Null | Value::Array(_) | Value::Object(_) => {}
        leaf => {
            if out.len() < 48 {
                out.push((name.to_owned(), leaf.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, Wording, milliseconds};

    fn captures(wording: &str, message: &str) -> Option<Vec<(String, Value)>> {
        let w = Wording::compile(wording).unwrap();
        w.matches(message).map(|found| found.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())
    }

    #[test]
    fn holes_give_typed_values() {
        let found = captures(
            "Connection failed after {ms:ms} ({code:word}): {message:text}",
            "Connection failed after 265ms (-32000): MCP error -32000: Connection closed",
        );
        let want = [
            ("ms", Value::from(265)),
            ("code", Value::from("-32000")),
            ("message", Value::from("MCP error -32000: Connection closed")),
        ];
        assert_eq!(found.unwrap(), want.map(|(n, v)| (n.to_owned(), v)));
    }

    #[test]
    fn a_wording_covers_the_whole_message_or_nothing() {
        assert!(
            captures("Closing transport ({reason:text})", "Closing transport (session expired)").is_some()
        );
        assert!(
            captures("Closing transport ({reason:text})", "Closing transport (session expired) now")
                .is_none()
        );
        assert!(captures("Starting connection", "Starting connection with timeout").is_none());
    }

    #[test]
    fn a_tool_name_may_hold_the_quote_that_ends_it() {
        let found = captures(
            "Tool '{tool:text}' completed successfully in {ms:ms}",
            "Tool 'it's' completed successfully in 2s",
        );
        assert_eq!(found.unwrap()[0].1, Value::from("it's"));
    }

    #[test]
    fn a_hole_refuses_what_is_not_of_its_type() {
        assert!(captures("Reconnect attempt {n:int}/{max:int}", "Reconnect attempt two/5").is_none());
    }

    #[test]
    fn a_wording_that_cannot_be_found_is_refused() {
        assert!(Wording::compile("{class:word}: {message:text}").is_err());
        assert!(Wording::compile("text {a:word}{b:word} text").is_err());
        assert!(Wording::compile("a hole {without} type").is_err());
        assert!(Wording::compile("a brace { alone").is_err());
    }

    #[test]
    fn durations_of_every_unit_become_milliseconds() {
        assert_eq!(milliseconds("327ms"), Some(327));
        assert_eq!(milliseconds("1.5s"), Some(1500));
        assert_eq!(milliseconds("-1ms"), Some(-1));
        assert_eq!(milliseconds("5 apples"), None);
    }
}
