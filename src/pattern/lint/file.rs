//! Faults of one file: what does not parse, has another shape than its schema, or calls itself something else.

use serde_json::Value;

use super::super::pack::{PackInfo, SCHEMA, refusal, unknown_schema, without_position};
use super::super::scenario::ScenarioDef;
use super::super::schema;
use super::super::versions::VersionFile;
use super::position::escaped;
use super::{Fault, Files, Grade, Lint, shape};

/// The faults of each file by itself.
pub(super) fn lints(files: &Files<'_>) -> Vec<Lint> {
    let mut lints = Vec::new();
    if !files.files.iter().any(|(path, _, _)| *path == "pack.json") {
        let message = "the pack has no pack.json; add one (see patterns/README.md)";
        lints.push(files.lint(Grade::Fault, "pack.json", "", message));
    }
    for (path, text, positions) in &files.files {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => {
                let doubled = positions.doubled.iter().map(|(pointer, bytes)| {
                    let place = super::place(text, bytes.clone());
                    let key = pointer.rsplit('/').next().unwrap_or_default();
                    let message = format!("the key `{key}` stands twice in this object");
                    Lint { grade: Grade::Fault, file: (*path).to_owned(), place, message }
                });
                lints.extend(doubled);
                lints.extend(faults(path, &value).into_iter().map(|f| files.fault(path, f)));
            }
            Err(e) => lints.push(files.at(path, e.line(), e.column(), without_position(&e.to_string()))),
        }
    }
    lints
}

fn faults(path: &str, value: &Value) -> Vec<Fault> {
    let fault =
        |pointer: &str, message: String| Fault { pointer: pointer.to_owned(), on_key: false, message };
    let Some(schema) = schema::of_file(path) else {
        let message = "a pack holds pack.json, versions.json, and events, signatures, scenarios and clauses/*.json; this is never read";
        return vec![fault("", message.to_owned())];
    };
    let number = value.get("schema").and_then(Value::as_u64).filter(|n| *n != u64::from(SCHEMA));
    if let Some(number) = number {
        return vec![fault("/schema", unknown_schema(number as u32))];
    }
    let mut faults = shape::faults(value, schema);
    unwritten(value, "", &mut faults);
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".json");
    match path.split_once('/') {
        None if path == "pack.json" => faults.extend(pack(value, faults.is_empty())),
        None => {
            let read = serde_json::from_value::<VersionFile>(value.clone());
            faults
                .extend(read.err().filter(|_| faults.is_empty()).map(|e| fault("/versions", e.to_string())));
        }
        Some(("events", _)) => {
            let family = value.get("family").and_then(Value::as_str);
            if let Some(family) = family.filter(|f| *f != stem) {
                faults.push(fault(
                    "/family",
                    format!("the file is called `{stem}`, and its family `{family}`"),
                ));
            }
        }
        Some(("clauses", _)) => {}
        _ if !is_id(stem) => {
            let message = format!("`{stem}` is the id: made of a-z, 0-9 and single - or .");
            faults.push(fault("", message));
        }
        Some(("scenarios", _)) => faults.extend(scenario(value)),
        _ => faults.extend(dates(value)),
    }
    faults
}

/// What the shape of `pack.json` does not tell: versions that are none, an engine that this one is not.
fn pack(value: &Value, sound: bool) -> Option<Fault> {
    let fault = |pointer: &str, message| Fault { pointer: pointer.to_owned(), on_key: false, message };
    match serde_json::from_value::<PackInfo>(value.clone()) {
        Ok(info) => refusal(&info).map(|message| fault("/engine", message)),
        Err(e) if sound => {
            let version = value.get("version").and_then(Value::as_str).unwrap_or_default();
            let at = if semver::Version::parse(version).is_err() { "/version" } else { "/engine" };
            Some(fault(at, e.to_string()))
        }
        Err(_) => None,
    }
}

/// What the shape of a scenario does not tell.
fn scenario(value: &Value) -> Vec<Fault> {
    let def = serde_json::from_value::<ScenarioDef>(value.clone());
    let problems = def.map(|def| def.problems()).unwrap_or_default();
    problems.into_iter().map(|(pointer, message)| Fault { pointer, on_key: false, message }).collect()
}

/// What a draft left to a person. Lines of logs are nobody's draft.
fn unwritten(value: &Value, pointer: &str, faults: &mut Vec<Fault>) {
    match value {
        Value::String(text) if text.contains("TODO:") => {
            let message = "this is still to be written".to_owned();
            faults.push(Fault { pointer: pointer.to_owned(), on_key: false, message });
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| unwritten(v, &format!("{pointer}/{i}"), faults));
        }
        Value::Object(map) => {
            let own = map.iter().filter(|(key, _)| *key != "log" && *key != "samples");
            own.for_each(|(key, v)| unwritten(v, &format!("{pointer}/{}", escaped(key)), faults));
        }
        _ => {}
    }
}

fn dates(value: &Value) -> Vec<Fault> {
    let day = |key: &str| value.get(key).and_then(Value::as_str);
    let mut faults: Vec<Fault> = ["created", "modified"]
        .iter()
        .filter(|key| day(key).is_some_and(|d| !is_day(d)))
        .map(|key| {
            let message = "a day is written YYYY-MM-DD".to_owned();
            Fault { pointer: format!("/{key}"), on_key: false, message }
        })
        .collect();
    if faults.is_empty() && day("modified") < day("created") {
        let message = "it was changed before it was created".to_owned();
        faults.push(Fault { pointer: "/modified".to_owned(), on_key: false, message });
    }
    faults
}

fn is_day(text: &str) -> bool {
    let digit = |(i, b): (usize, u8)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(digit)
}

/// Whether a name can be the id of a signature: it becomes a file's name and stands in reports.
pub(super) fn is_id(name: &str) -> bool {
    let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.split(['-', '.']).all(part)
}

#[cfg(test)]
mod tests {
    use super::super::{Files, Grade};
    use super::{is_day, is_id};

    fn lints(path: &str, text: &str) -> Vec<String> {
        let pack =
            r#"{"schema":1,"id":"p","version":"1.0.0","engine":">=0.1.0","license":"MIT","maintainers":[]}"#;
        let mut files = vec![("pack.json".to_owned(), pack.to_owned())];
        files.retain(|(p, _)| p != path);
        files.push((path.to_owned(), text.to_owned()));
        let all = Files::new(&files).lints().into_iter().filter(|l| l.grade == Grade::Fault);
        all.map(|l| format!("{}:{}:{}: {}", l.file, l.place.line, l.place.column, l.message)).collect()
    }

    #[test]
    fn a_text_that_does_not_parse_is_told_where_it_stops() {
        assert_eq!(lints("events/a.json", "{\n  \"a\" 1\n}"), ["events/a.json:2:7: expected `:`"]);
    }

    #[test]
    fn a_file_of_an_unknown_schema_is_not_looked_at_further() {
        let found = lints("events/a.json", "{ \"schema\": 2, \"new\": 1 }");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("events/a.json:1:13: schema 2 is not known"), "{found:?}");
    }

    #[test]
    fn names_and_files_agree() {
        let found = lints("events/a.json", r#"{"schema":1,"family":"b","events":[]}"#);
        assert_eq!(found, ["events/a.json:1:22: the file is called `a`, and its family `b`"]);
        assert_eq!(lints("notes.json", "{}").len(), 1);
        assert!(lints("signatures/A_b.json", "{}").iter().any(|l| l.contains("`A_b` is the id")));
    }

    #[test]
    fn a_key_that_stands_twice_is_told() {
        let found = lints("events/a.json", r#"{"schema":1,"family":"a","family":"a","events":[]}"#);
        assert_eq!(found, ["events/a.json:1:26: the key `family` stands twice in this object"]);
    }

    #[test]
    fn a_pack_that_this_engine_cannot_use_is_told() {
        let pack = |version: &str, engine: &str| {
            format!(
                r#"{{"schema":1,"id":"p","version":"{version}","engine":"{engine}","license":"MIT","maintainers":[]}}"#
            )
        };
        assert!(lints("pack.json", &pack("1.0", ">=0.1.0"))[0].starts_with("pack.json:1:32: "));
        assert!(lints("pack.json", &pack("1.0.0", "new"))[0].starts_with("pack.json:1:49: "));
        assert!(lints("pack.json", &pack("1.0.0", ">=99"))[0].contains("the pack asks for lastgood >=99"));
    }

    #[test]
    fn what_a_draft_left_is_told_but_not_what_a_log_holds() {
        let text = r#"{"schema":1,"family":"a","events":[{"id":"a","phase":"client","class":"detail","says":"TODO: say",
            "wordings":[{"text":"TODO is text","seen":[],"samples":["[DEBUG] MCP server \"s\": TODO: x"]}]}]}"#;
        assert_eq!(lints("events/a.json", text), ["events/a.json:1:87: this is still to be written"]);
    }

    #[test]
    fn days_and_ids_have_one_form() {
        assert!(is_day("2026-01-31") && !is_day("31.01.2026") && !is_day("2026-1-31"));
        assert!(is_id("get-404-loop-2.1.105") && !is_id("-a") && !is_id("a--b") && !is_id("A") && !is_id(""));
    }
}
