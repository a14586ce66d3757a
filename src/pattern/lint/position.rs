//! Where each value of a JSON text stands.
//!
//! Comes in: a JSON text that parses. Goes out: the place of every key and value by JSON pointer, and the keys that stand
//! twice in one object. It builds no values: `serde_json` does, and forgets where they were.

use std::collections::BTreeMap;
use std::ops::Range;

/// The bytes of a value, and of the key before it where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// The key, with its quotes.
    pub(super) key: Option<Range<usize>>,
    /// The value.
    pub(super) value: Range<usize>,
}

/// Where everything stands.
#[derive(Debug, Default)]
pub(super) struct Positions {
    spots: BTreeMap<String, Spot>,
    /// Pointers of keys that stand in their object a second time, each with the place of that second time.
    pub(super) doubled: Vec<(String, Range<usize>)>,
}

impl Positions {
    /// The places in `text`; as far as it goes where it does not parse.
    pub(super) fn of(text: &str) -> Self {
        let mut scan = Scan { bytes: text.as_bytes(), at: 0, found: Self::default() };
        scan.value(String::new(), None);
        scan.found
    }

    /// The place of `pointer`, or of the nearest thing around it that is there.
    pub(super) fn nearest(&self, pointer: &str) -> Option<&Spot> {
        let mut pointer = pointer;
        loop {
            if let Some(spot) = self.spots.get(pointer) {
                return Some(spot);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }
}

/// A key as a part of a JSON pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    found: Positions,
}

impl Scan<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self, pointer: String, key: Option<Range<usize>>) {
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'{') => self.members(&pointer),
            Some(b'[') => self.items(&pointer),
            Some(b'"') => self.string(),
            _ => self.bare(),
        }
        self.found.spots.insert(pointer, Spot { key, value: start..self.at });
    }

    fn members(&mut self, pointer: &str) {
        self.at += 1;
        while self.peek() == Some(b'"') {
            let start = self.at;
            self.string();
            let key = start..self.at;
            let inside = format!("{pointer}/{}", escaped(&self.text_of(&key)));
            if self.found.spots.contains_key(&inside) {
                self.found.doubled.push((inside.clone(), key.clone()));
            }
            self.skip(b':');
            self.value(inside, Some(key));
            self.skip(b',');
        }
        self.skip(b'}');
    }

    fn items(&mut self, pointer: &str) {
        self.at += 1;
        let mut index = 0;
        while self.peek().is_some_and(|b| b != b']') {
            let before = self.at;
            self.value(format!("{pointer}/{index}"), None);
            self.skip(b',');
            index += 1;
            if self.at == before {
                return;
            }
        }
        self.skip(b']');
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(b) = self.bytes.get(self.at) {
            self.at += if *b == b'\\' { 2 } else { 1 };
            if *b == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    fn bare(&mut self) {
        let ends = |b: &u8| b",]}".contains(b) || b.is_ascii_whitespace();
        while self.bytes.get(self.at).is_some_and(|b| !ends(b)) {
            self.at += 1;
        }
    }

    fn skip(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.at += 1;
        }
    }

    fn text_of(&self, range: &Range<usize>) -> String {
        let quoted = self.bytes.get(range.clone()).unwrap_or_default();
        serde_json::from_slice(quoted).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Positions, escaped};

    #[test]
    fn a_value_is_found_by_its_pointer_and_a_missing_one_by_what_is_around_it() {
        let text = r#"{ "a": [1, { "b/c": "x\"y" }] }"#;
        let found = Positions::of(text);
        let at = |pointer| text[found.nearest(pointer).unwrap().value.clone()].to_owned();
        assert_eq!(at("/a/1/b~1c"), r#""x\"y""#);
        assert_eq!(at("/a/1/nothing"), r#"{ "b/c": "x\"y" }"#);
        assert_eq!(at(""), text);
    }

    #[test]
    fn a_key_that_stands_twice_is_told() {
        let text = r#"{"a": 1, "b": {"a": 2, "a": 3}}"#;
        let found = Positions::of(text);
        assert_eq!(found.doubled, [("/b/a".to_owned(), 23..26)]);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    fn check(value: &Value, pointer: &str, text: &str, found: &Positions) {
        let spot = &found.spots[pointer];
        assert_eq!(&serde_json::from_str::<Value>(&text[spot.value.clone()]).unwrap(), value);
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(k, v)| check(v, &format!("{pointer}/{}", escaped(k)), text, found));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, v)| check(v, &format!("{pointer}/{i}"), text, found));
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn every_value_stands_where_it_is_said_to(value in json(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            check(&value, "", &text, &Positions::of(&text));
        }

        #[test]
        fn any_text_is_scanned_to_an_end(text in r#"[\[\]{}":,a0\\ ]{0,40}"#) {
            Positions::of(&text);
        }
    }
}
