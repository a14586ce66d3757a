//! The one way in which a pack file is written, so that a difference between two is one of meaning.
//!
//! Comes in: the text of a pack file. Goes out: the same values, keys in the order of the types (a key that the types
//! do not know stays behind the key that it stood behind), two spaces of indent, what is short on one line, one line break at the end.
//! It changes no value, and refuses a text that does not parse. A key that stands twice keeps its last value, as for every reader; `lint` tells.

use serde_json::{Map, Value};

use super::schema;

/// Longer values are broken up.
const WIDTH: usize = 120;

/// The canonical text of a file of a pack; the error is what does not parse.
pub fn canonical(path: &str, text: &str) -> Result<String, String> {
    let mut value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if let Some(schema) = schema::of_file(path) {
        order(&mut value, schema, schema);
    }
    let mut out = String::with_capacity(text.len());
    write(&value, 0, 0, &mut out);
    out.push('\n');
    Ok(out)
}

/// Puts keys in the order of the schema's properties.
fn order(value: &mut Value, part: &Value, root: &Value) {
    let part = schema::resolved(root, part);
    match value {
        Value::Object(map) => {
            let Some(known) = part.get("properties").and_then(Value::as_object) else { return };
            let mut place = None;
            let mut placed: Vec<(Option<usize>, String, Value)> = Vec::new();
            for (key, mut inner) in std::mem::take(map) {
                if let Some((at, (_, schema))) = known.iter().enumerate().find(|(_, (name, _))| **name == key)
                {
                    order(&mut inner, schema, root);
                    place = Some(at);
                }
                placed.push((place, key, inner));
            }
            // Stable: who is unknown goes with the one before.
            placed.sort_by_key(|(place, ..)| *place);
            map.extend(placed.into_iter().map(|(_, key, inner)| (key, inner)));
        }
        Value::Array(items) => {
            if let Some(schema) = part.get("items") {
                for item in items {
                    order(item, schema, root);
                }
            }
        }
        _ => {}
    }
}

/// Writes a value whose line is already `used` columns long.
fn write(value: &Value, indent: usize, used: usize, out: &mut String) {
    if indent > 0 && !is_list_of_objects(value) {
        let line = one_line(value);
        // One column for the comma behind it.
        if used + line.chars().count() < WIDTH {
            return out.push_str(&line);
        }
    }
    match value {
        Value::Object(map) if !map.is_empty() => object(map, indent, out),
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                new_line(i, indent + 2, out);
                write(item, indent + 2, indent + 2, out);
            }
            end(indent, ']', out);
        }
        other => out.push_str(&one_line(other)),
    }
}

fn object(map: &Map<String, Value>, indent: usize, out: &mut String) {
    out.push('{');
    for (i, (key, value)) in map.iter().enumerate() {
        new_line(i, indent + 2, out);
        let key = format!("{}: ", Value::from(key.as_str()));
        out.push_str(&key);
        write(value, indent + 2, indent + 2 + key.chars().count(), out);
    }
    end(indent, '}', out);
}

fn new_line(index: usize, indent: usize, out: &mut String) {
    out.push_str(if index > 0 { ",\n" } else { "\n" });
    out.extend(std::iter::repeat_n(' ', indent));
}

fn end(indent: usize, bracket: char, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    out.push(bracket);
}

/// Each of them deserves a line: steps, references, tests.
fn is_list_of_objects(value: &Value) -> bool {
    let inside = |v: &Value| match v {
        Value::Array(items) => items.iter().any(Value::is_object),
        _ => false,
    };
    match value {
        Value::Object(map) => map.values().any(|v| inside(v) || is_list_of_objects(v)),
        Value::Array(items) => inside(value) || items.iter().any(is_list_of_objects),
        _ => false,
    }
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let pairs = map.iter().map(|(k, v)| format!("{}: {}", Value::from(k.as_str()), one_line(v)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        leaf => leaf.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::canonical;
    use crate::pattern::builtin_files;

    #[test]
    fn keys_stand_in_the_order_of_the_types_strangers_behind_whom_they_stood_behind_and_short_values_on_one_line()
     {
        let text = r#"{"first":0,"version":"1.0.0","odd":[1],"even":2,"id":"p","schema":1,"version_marks":[{"source":"banner","before":"v=","line":"run {v:text}"}],"mcp_heads":["[MCP] ", "x"]}"#;
        let wanted = r#"{
  "first": 0,
  "schema": 1,
  "id": "p",
  "version": "1.0.0",
  "odd": [1],
  "even": 2,
  "mcp_heads": ["[MCP] ", "x"],
  "version_marks": [
    { "line": "run {v:text}", "before": "v=", "source": "banner" }
  ]
}
"#;
        assert_eq!(canonical("pack.json", text).unwrap(), wanted);
        assert_eq!(canonical("pack.json", wanted).unwrap(), wanted);
    }

    #[test]
    fn no_line_is_longer_than_it_must_be() {
        let words: Vec<String> = (0..30).map(|i| format!("word-{i}")).collect();
        let text = serde_json::json!({ "maintainers": words, "about": "x".repeat(150) }).to_string();
        let out = canonical("pack.json", &text).unwrap();
        assert!(out.lines().all(|l| l.len() <= 120 || l.contains("xxx")), "{out}");
        assert!(out.contains("\n    \"word-29\"\n  ],\n"), "{out}");
    }

    #[test]
    fn the_built_in_pack_keeps_its_values_and_a_second_time_changes_nothing() {
        for (path, text) in builtin_files() {
            let once = canonical(path, text).unwrap();
            let (before, after): (Value, Value) =
                (serde_json::from_str(text).unwrap(), serde_json::from_str(&once).unwrap());
            assert_eq!(before, after, "{path}");
            assert_eq!(canonical(path, &once).unwrap(), once, "{path}");
        }
    }

    #[test]
    fn what_does_not_parse_is_refused() {
        assert!(canonical("pack.json", "{").is_err());
    }
}
