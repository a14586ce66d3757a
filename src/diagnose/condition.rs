//! `where`: tests on the fields of one event.
//!
//! Comes in: the JSON of a step's `where`. Goes out: [`Condition`]s that an event holds or fails. A field that the
//! event has not fails every test; nothing is compared with another event.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};
use regex_automata::meta;
use regex_automata::util::syntax;
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

/// A regex, made ready when it is first asked, if it is known to be one. One that knows all of Unicode is large, and making
/// it ready takes longer than reading a short log. In a text of ASCII, and nearly all are, one that knows no more finds the
/// same; slower, for it has no automata, so where much is asked the large one is made ready after all.
#[derive(Debug, Clone)]
struct Pattern {
    source: String,
    plain: OnceLock<Option<meta::Regex>>,
    /// How much was searched with the plain one, in bytes.
    searched: Arc<AtomicUsize>,
    full: OnceLock<Option<Regex>>,
}

/// So much is searched without automata, in bytes.
const FEW: usize = 1 << 15;

impl Pattern {
    fn compile(source: String, trusted: bool) -> Result<Self, String> {
        let known = trusted || (is_small(&source) && syntax::parse(&source).is_ok());
        let full = if known { OnceLock::new() } else { OnceLock::from(Some(regex(&source)?)) };
        Ok(Self { source, plain: OnceLock::new(), searched: Arc::default(), full })
    }

    fn is_ready(&self) -> bool {
        self.full.get().is_some() || self.plain.get().is_some()
    }

    fn is_in(&self, text: &str) -> bool {
        if self.full.get().is_none()
            && text.is_ascii()
            && self.searched.fetch_add(text.len(), Ordering::Relaxed) + text.len() <= FEW
            && let Some(plain) = self.plain.get_or_init(|| plain(&self.source))
        {
            return plain.is_match(text);
        }
        self.full.get_or_init(|| regex(&self.source).ok()).as_ref().is_some_and(|r| r.is_match(text))
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

/// Whether a pattern is so short and plain that, if it is one at all, it makes no machine that is too large: it repeats
/// nothing a number of times, and names no large class of Unicode's.
fn is_small(pattern: &str) -> bool {
    let escapes = pattern.match_indices('\\').count();
    let large =
        [r"\w", r"\W", r"\p", r"\P", r"\D", r"\S", r"[^\"].iter().any(|class| pattern.contains(class));
    pattern.len() <= 300 && escapes <= 32 && !large && !pattern.contains('{')
}

/// The same for texts of ASCII; `None`: what it asks for is written in Unicode's terms, or may be a sign that stands for one
/// of ASCII in another case.
fn plain(pattern: &str) -> Option<meta::Regex> {
    if !pattern.is_ascii() || [r"\x{", r"\u", r"\U"].iter().any(|sign| pattern.contains(sign)) {
        return None;
    }
    let lean = meta::Config::new()
        .auto_prefilter(false)
        .hybrid(false)
        .dfa(false)
        .onepass(false)
        .utf8_empty(false)
        .nfa_size_limit(Some(REGEX_SIZE));
    let bytes = syntax::Config::new().unicode(false).utf8(false);
    meta::Regex::builder().configure(lean).syntax(bytes).build(pattern).ok()
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
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::Condition;
    use crate::pattern::Knowledge;

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

    /// All regexes in a value.
    fn regexes(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                out.extend(map.get("regex").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|inner| regexes(inner, out));
            }
            Value::Array(items) => items.iter().for_each(|inner| regexes(inner, out)),
            _ => {}
        }
    }

    #[test]
    fn in_ascii_a_plain_regex_finds_what_the_full_one_finds() {
        let knowledge = Knowledge::builtin();
        let mut sources = [
            "(?i)Sk",
            "(?i)ſession",
            r"(?i)\x{212A}",
            r"(?i)\u017fession",
            r"\bnot\b",
            r"[^\w\s]{2}",
            r"^\D+\d$",
            "(?s)a.*ü|MCP.*",
            r"\p{Lu}P",
        ]
        .map(str::to_owned)
        .to_vec();
        for signature in &knowledge.signatures {
            regexes(&serde_json::to_value(&*signature.def).unwrap(), &mut sources);
        }
        let wordings = knowledge.catalogue.events().iter().flat_map(|e| &e.wordings);
        let samples: Vec<&String> = wordings.flat_map(|w| &w.samples).filter(|s| s.is_ascii()).collect();
        // What a field holds is mostly what stands behind some colon.
        let texts = || {
            samples.iter().flat_map(|s| s.match_indices(": ").map(|(at, _)| &s[at + 2..]).chain([s.as_str()]))
        };
        let mut found = 0;
        for source in &sources {
            let full = super::regex(source).unwrap();
            // One that asks in Unicode's terms has no plain one.
            let Some(plain) = super::plain(source) else { continue };
            for text in texts() {
                found += usize::from(full.is_match(text));
                assert_eq!(plain.is_match(text), full.is_match(text), "{source} in {text}");
            }
        }
        assert!(sources.len() > 15 && found > 100, "{found} of {} regexes", sources.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_known_by_its_parts_to_be_a_regex_is_one_and_no_other(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..14),
        ) {
            let source = pieces.concat();
            if super::is_small(&source) {
                let parsed = regex_automata::util::syntax::parse(&source).is_ok();
                prop_assert_eq!(parsed, super::regex(&source).is_ok(), "{}", source);
            }
        }
    }

    /// What regexes are made of, good and bad.
    const PIECES: [&str; 27] = [
        "a",
        "é",
        "K",
        ".",
        ".*",
        "+",
        "?",
        "|",
        "(",
        ")",
        "(?i)",
        "(?s:",
        "(?i:",
        "(?:",
        "[^a]",
        "[a-z]",
        "[^\\s]",
        r"\d",
        r"\s",
        r"\b",
        r"\.",
        "^",
        "$",
        "[",
        "(?-u)",
        r"\xff",
        "[[:^word:]]",
    ];

    #[test]
    fn the_largest_of_small_regexes_are_no_machine_that_is_too_large() {
        let repeated = [
            ("(?i)", "k"),
            ("(?is)", "."),
            ("(?s)", ".*"),
            ("", "[^a]+"),
            ("(?i)", "[^k]?"),
            ("", "[[:^word:]]*"),
            ("", "ſ|"),
        ];
        for (head, piece) in repeated {
            for escapes in [0, 32] {
                let mut source = head.to_owned() + &r"\d".repeat(escapes);
                source.extend(std::iter::repeat_n(piece, (300 - source.len()) / piece.len()));
                let source = source.trim_end_matches('|');
                assert!(super::regex(source).is_ok() || !super::is_small(source), "{source}");
            }
        }
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
