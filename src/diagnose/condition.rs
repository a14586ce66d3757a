//! `where`: tests on the fields of one event.
//!
//! Comes in: the JSON of a step's `where`. Goes out: [`Condition`]s that an event holds or fails. A field that the
//! event has not fails every test; nothing is compared with another event.

use std::borrow::Cow;
use std::sync::OnceLock;

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use super::duration;
use crate::classify::Event;

/// A regex of a pack may not make a machine larger than this, in bytes.
const REGEX_SIZE: usize = 1 << 20;

/// A test on one field.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    /// The field's name.
    pub(super) field: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Is(Value),
    Any(Vec<Test>),
    All(Vec<Operator>),
}

#[derive(Debug, Clone)]
enum Operator {
    Below(f64),
    Above(f64),
    Prefix(String),
    Contains(Box<Finder<'static>>),
    Regex(Pattern),
}

/// A regex, made ready at once unless it is known to be one: then when it is first asked.
#[derive(Debug, Clone)]
struct Pattern {
    source: String,
    ready: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn compile(source: String, trusted: bool) -> Result<Self, String> {
        let ready = if trusted { OnceLock::new() } else { OnceLock::from(Some(regex(&source)?)) };
        Ok(Self { source, ready })
    }

    fn is_ready(&self) -> bool {
        self.ready.get().is_some()
    }

    fn is_in(&self, text: &str) -> bool {
        self.ready.get_or_init(|| regex(&self.source).ok()).as_ref().is_some_and(|r| r.is_match(text))
    }
}

impl Condition {
    /// Compiles the test of `field`; the error says what is wrong with it. A `trusted` one has been compiled before.
    pub(super) fn compile(field: &str, json: &Value, trusted: bool) -> Result<Self, String> {
        Ok(Self { field: field.to_owned(), test: Test::compile(json, trusted)? })
    }

    /// Whether `event` passes.
    pub(super) fn holds(&self, event: &Event) -> bool {
        self.test.holds(&field_of(event, &self.field))
    }

    /// The same; `None`: a regex would have to be made ready first.
    pub(super) fn told(&self, event: &Event) -> Option<bool> {
        self.test.is_ready().then(|| self.holds(event))
    }
}

/// A field of an event; `server` is one like any other. `Null` stands for a field that is not there.
pub(super) fn field_of<'e>(event: &'e Event, name: &str) -> Cow<'e, Value> {
    if let Some(value) = event.field(name) {
        return Cow::Borrowed(value);
    }
    match &event.server {
        Some(server) if name == "server" => Cow::Owned(Value::from(&**server)),
        _ => Cow::Owned(Value::Null),
    }
}

impl Test {
    fn compile(json: &Value, trusted: bool) -> Result<Self, String> {
        let compile = |item| Self::compile(item, trusted);
        match json {
            Value::Array(items) if items.is_empty() => Err("an empty list holds for no value".to_owned()),
            Value::Array(items) => Ok(Self::Any(items.iter().map(compile).collect::<Result<_, _>>()?)),
            Value::Object(map) if map.is_empty() => {
                Err("a test without an operator tests nothing".to_owned())
            }
            Value::Object(map) => Self::operators(map, trusted),
            Value::Null => Err("a field is never null; leave the test out".to_owned()),
            value => Ok(Self::Is(value.clone())),
        }
    }

    fn operators(map: &Map<String, Value>, trusted: bool) -> Result<Self, String> {
        let all: Vec<Operator> =
            map.iter().map(|(name, v)| Operator::compile(name, v, trusted)).collect::<Result<_, _>>()?;
        let above = all.iter().find_map(|o| if let Operator::Above(n) = o { Some(*n) } else { None });
        let below = all.iter().find_map(|o| if let Operator::Below(n) = o { Some(*n) } else { None });
        match above.zip(below) {
            Some((above, below)) if above >= below => {
                Err(format!("no number is above {above} and below {below} at once"))
            }
            _ => Ok(Self::All(all)),
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Self::Is(_) => true,
            Self::Any(tests) => tests.iter().all(Self::is_ready),
            Self::All(operators) => operators.iter().all(Operator::is_ready),
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Is(wanted) => same(wanted, value),
            Self::Any(tests) => tests.iter().any(|t| t.holds(value)),
            Self::All(operators) => operators.iter().all(|o| o.holds(value)),
        }
    }
}

impl Operator {
    fn compile(name: &str, operand: &Value, trusted: bool) -> Result<Self, String> {
        match name {
            "lt" => number(operand).map(Self::Below),
            "gt" => number(operand).map(Self::Above),
            "prefix" => text(name, operand).map(Self::Prefix),
            "contains" => {
                text(name, operand).map(|t| Self::Contains(Box::new(Finder::new(t.as_bytes()).into_owned())))
            }
            "regex" => Pattern::compile(text(name, operand)?, trusted).map(Self::Regex),
            _ => Err(format!("`{name}` is no operator; there are lt, gt, prefix, contains and regex")),
        }
    }

    fn is_ready(&self) -> bool {
        if let Self::Regex(regex) = self { regex.is_ready() } else { true }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Below(limit) => value.as_f64().is_some_and(|n| n < *limit),
            Self::Above(limit) => value.as_f64().is_some_and(|n| n > *limit),
            Self::Prefix(head) => as_text(value).is_some_and(|t| t.starts_with(head.as_str())),
            Self::Contains(part) => as_text(value).is_some_and(|t| part.find(t.as_bytes()).is_some()),
            Self::Regex(regex) => as_text(value).is_some_and(|t| regex.is_in(&t)),
        }
    }
}

/// A number, or a duration as its milliseconds.
fn number(operand: &Value) -> Result<f64, String> {
    match operand {
        Value::String(span) => duration::parse(span).map(|ms| ms as f64),
        other => other.as_f64().ok_or_else(|| format!("{other} is neither a number nor a duration")),
    }
}

fn text(operator: &str, operand: &Value) -> Result<String, String> {
    match operand.as_str() {
        Some("") => Err(format!("an empty `{operator}` holds for every text")),
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("`{operator}` needs a text, not {operand}")),
    }
}

fn regex(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_SIZE)
        .build()
        .map_err(|e| format!("the regex cannot be used: {e}"))
}

/// `404` and `404.0` are one number; all else must be equal as it stands.
fn same(wanted: &Value, value: &Value) -> bool {
    wanted == value || wanted.as_f64().zip(value.as_f64()).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
}

fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Condition;

    fn holds(test: impl Into<Value>, value: &Value) -> bool {
        Condition::compile("f", &test.into(), true).unwrap().test.holds(value)
    }

    #[test]
    fn a_value_must_be_equal_and_a_list_must_hold_it() {
        assert!(holds(json!(404), &json!(404)) && holds(json!(404), &json!(404.0)));
        assert!(!holds(json!(404), &json!("404")), "a text is not a number");
        assert!(holds(json!(["a", "b"]), &json!("b")) && !holds(json!(["a", "b"]), &json!("c")));
    }

    #[test]
    fn all_operators_of_one_test_must_hold() {
        assert!(holds(json!({ "gt": 1, "lt": 3 }), &json!(2)));
        assert!(!holds(json!({ "gt": 1, "lt": 3 }), &json!(3)), "the limits are outside");
        assert!(holds(json!({ "gt": "60s" }), &json!(60_001)), "a duration is its milliseconds");
        assert!(holds(json!({ "prefix": "Not", "contains": "ou" }), &json!("Not Found")));
        assert!(holds(json!({ "regex": "(?i)session (not found|expired)" }), &json!("Session Expired")));
        assert!(holds(json!([{ "prefix": "a" }, "b"]), &json!("b")));
    }

    #[test]
    fn a_field_that_is_not_there_fails_every_test() {
        for test in [json!(1), json!({ "lt": 1 }), json!({ "prefix": "n" }), json!({ "regex": ".*" })] {
            assert!(!holds(test, &Value::Null));
        }
    }

    #[test]
    fn tests_that_cannot_be_meant_are_refused() {
        let bad = [
            json!([]),
            json!({}),
            json!(null),
            json!({ "lte": 3 }),
            json!({ "gt": 3, "lt": 3 }),
            json!({ "lt": "soon" }),
            json!({ "prefix": 3 }),
            json!({ "contains": "" }),
            json!({ "regex": "(" }),
            json!({ "regex": "(?:a{1000}){1000}" }),
        ];
        for test in bad {
            assert!(Condition::compile("f", &test, false).is_err(), "{test}");
        }
    }
}
