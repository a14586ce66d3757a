//! Holds a JSON value against a schema: unknown keys, missing ones, values of another type.
//!
//! Comes in: a value and the schema of its file, as far as generated schemas go (`$ref`, `oneOf` of constants, `anyOf`,
//! `type`, `properties`, `required`, `items`, `prefixItems`). Goes out: every fault with its JSON pointer, where
//! `serde` stops at the first. It refuses nothing that the types take: the test below holds it to them.

use serde_json::{Map, Value};

use super::super::nearest::nearest;
use super::super::schema::resolved;
use super::Fault;
use super::position::escaped;

/// Every fault of `value`.
pub(super) fn faults(value: &Value, schema: &Value) -> Vec<Fault> {
    let mut shape = Shape { root: schema, faults: Vec::new() };
    shape.check(value, schema, "");
    shape.faults
}

struct Shape<'s> {
    root: &'s Value,
    faults: Vec<Fault>,
}

impl<'s> Shape<'s> {
    fn fault(&mut self, pointer: &str, on_key: bool, message: String) {
        self.faults.push(Fault { pointer: pointer.to_owned(), on_key, message });
    }

    fn check(&mut self, value: &Value, schema: &'s Value, pointer: &str) {
        let schema = resolved(self.root, schema);
        if let Some(words) = words_of(schema) {
            return self.word(value, &words, pointer);
        }
        if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
            return self.any(value, any, pointer);
        }
        let types = types_of(schema);
        if !types.is_empty() && !types.iter().any(|t| is_of(value, t)) {
            let message = format!("this is {}, and {} is needed here", name_of(value), types.join(" or "));
            return self.fault(pointer, false, message);
        }
        match value {
            Value::Object(map) => self.object(map, schema, pointer),
            Value::Array(items) => self.array(items, schema, pointer),
            Value::Number(n) if schema.get("minimum").is_some() && n.as_u64().is_none() => {
                self.fault(pointer, false, "a whole number from 0 on is needed here".to_owned());
            }
            _ => {}
        }
    }

    fn word(&mut self, value: &Value, words: &[&str], pointer: &str) {
        let hint = match value.as_str() {
            Some(word) if words.contains(&word) => return,
            Some(word) => nearest(&word.to_lowercase(), words.iter().copied()),
            None => None,
        };
        let hint = hint.map(|w| format!("; did you mean `{w}`?")).unwrap_or_default();
        self.fault(pointer, false, format!("{value} is none of {}{hint}", words.join(", ")));
    }

    /// The faults of the alternative that fits best.
    fn any(&mut self, value: &Value, alternatives: &'s [Value], pointer: &str) {
        let mut best: Option<Vec<Fault>> = None;
        for alternative in alternatives {
            let mut shape = Shape { root: self.root, faults: Vec::new() };
            shape.check(value, alternative, pointer);
            if best.as_ref().is_none_or(|b| shape.faults.len() < b.len()) {
                best = Some(shape.faults);
            }
        }
        self.faults.extend(best.unwrap_or_default());
    }

    fn object(&mut self, map: &Map<String, Value>, schema: &'s Value, pointer: &str) {
        let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
        for (key, value) in map {
            let inside = format!("{pointer}/{}", escaped(key));
            if let Some(schema) = known.get(key) {
                self.check(value, schema, &inside);
            } else {
                let message = unknown_key(key, known, map);
                self.fault(&inside, true, message);
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        let missing =
            required.into_iter().flatten().filter_map(Value::as_str).filter(|k| !map.contains_key(*k));
        for key in missing {
            let about = known.get(key).and_then(|s| s.get("description")).and_then(Value::as_str);
            let about = about.map(|a| format!(": {}", uncapped(a))).unwrap_or_default();
            self.fault(pointer, false, format!("`{key}` is missing{about}"));
        }
    }

    fn array(&mut self, items: &[Value], schema: &'s Value, pointer: &str) {
        let fixed = schema.get("prefixItems").and_then(Value::as_array);
        if let Some(fixed) = fixed.filter(|f| f.len() != items.len()) {
            let message = format!("this list has {} items, and {} are needed here", items.len(), fixed.len());
            return self.fault(pointer, false, message);
        }
        for (i, item) in items.iter().enumerate() {
            let schema = fixed.and_then(|f| f.get(i)).or_else(|| schema.get("items"));
            if let Some(schema) = schema {
                self.check(item, schema, &format!("{pointer}/{i}"));
            }
        }
    }
}

fn unknown_key(key: &str, known: &Map<String, Value>, there: &Map<String, Value>) -> String {
    let free = known.keys().map(String::as_str).filter(|k| !there.contains_key(*k));
    if let Some(meant) = nearest(key, free) {
        format!("there is no key `{key}` here; did you mean `{meant}`?")
    } else {
        let all: Vec<&str> = known.keys().map(String::as_str).collect();
        format!("there is no key `{key}` here; there are {}", all.join(", "))
    }
}

/// The words of a closed set, if the schema is one.
fn words_of(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().map(Value::as_str).collect();
    }
    let one = |s: &'_ Value| s.get("const").is_some();
    let all = schema.get("oneOf").and_then(Value::as_array).filter(|all| all.iter().all(one))?;
    all.iter().map(|s| s.get("const").and_then(Value::as_str)).collect()
}

fn types_of(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => name_of(value) == other,
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A description as the end of a sentence.
fn uncapped(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::schema::of_file;
    use super::faults;
    use crate::pattern::{EventFile, builtin_files};

    fn told(value: &Value) -> Vec<(String, String)> {
        let schema = of_file("events/x.json").unwrap();
        faults(value, schema).into_iter().map(|f| (f.pointer, f.message)).collect()
    }

    fn file(event: &Value) -> Value {
        json!({ "schema": 1, "family": "x", "events": [event] })
    }

    fn event(key: &str, value: Value) -> Value {
        let mut event =
            json!({ "id": "a", "phase": "client", "class": "detail", "says": "s", "wordings": [] });
        event[key] = value;
        file(&event)
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_place_and_the_nearest_word() {
        let value =
            json!({ "schema": "1", "famly": "x", "events": [{ "id": "a", "phase": "clinet", "class": 3 }] });
        let told = told(&value);
        let messages: Vec<String> = told.iter().map(|(p, m)| format!("{p}: {m}")).collect();
        let wanted = [
            "/schema: this is string, and integer is needed here",
            "/famly: there is no key `famly` here; did you mean `family`?",
            "/events/0/phase: \"clinet\" is none of client, connect, session, stream, tools, call, auth, stdio, shutdown; did you mean `client`?",
            "/events/0/class: 3 is none of lifecycle, detail",
            "/events/0: `says` is missing: what it means, in one sentence",
            "/events/0: `wordings` is missing: the ways in which versions say it",
            ": `family` is missing: what the events of the file have in common; equals the file's name",
        ];
        assert_eq!(messages, wanted);
    }

    #[test]
    fn a_pair_has_two_items() {
        let derive = json!([{ "from": "a", "field": "b", "contains": [["x", 1], ["y"]] }]);
        assert_eq!(told(&event("derive", derive))[0].0, "/events/0/derive/0/contains/1");
    }

    #[test]
    fn what_the_types_take_has_no_fault_and_what_they_refuse_has_one() {
        let values = [
            event("effect", json!("lost")),
            event("effect", json!("Lost")),
            event("effect", json!(null)),
            event("identity", json!([1])),
            event("wordings", json!([{ "text": "t", "seen": [], "samples": [], "level": null }])),
            event("wordings", json!([{ "text": "t", "seen": [], "samples": [], "echo": 1 }])),
            event("wordings", json!([{ "text": "t", "seen": [], "samples": [], "set": { "a": [1] } }])),
            event("wordings", json!([{ "text": "t", "samples": [] }])),
            json!({ "schema": -1, "family": "x", "events": [] }),
            json!({ "schema": 1.5, "family": "x", "events": [] }),
            json!([]),
        ];
        for value in values {
            let taken = serde_json::from_value::<EventFile>(value.clone());
            assert_eq!(told(&value).is_empty(), taken.is_ok(), "{value}: {taken:?}");
        }
    }

    #[test]
    fn the_built_in_pack_has_the_shape_of_its_schemas() {
        for (path, text) in builtin_files() {
            let faults = faults(&serde_json::from_str(text).unwrap(), of_file(path).unwrap());
            assert!(faults.is_empty(), "{path}: {faults:?}");
        }
    }
}
