//! The JSON Schemas of pack files: what editors complete by, and what `patterns lint` reads shapes from.
//!
//! They are generated from the types of this room and stand in `patterns/schema/`; the test below holds the files to
//! the types and rewrites them under `BLESS=1`. Comes in: the path of a file inside a pack. Goes out: its schema.

use std::sync::LazyLock;

use serde_json::Value;

/// Schemas by what they describe: `pack`, `events`, `signature`, `versions`, `scenario`, `clauses`.
static SCHEMAS: LazyLock<[(&str, Value); 6]> = LazyLock::new(|| {
    [
        ("pack", parsed(include_str!("../../patterns/schema/pack.json"))),
        ("events", parsed(include_str!("../../patterns/schema/events.json"))),
        ("signature", parsed(include_str!("../../patterns/schema/signature.json"))),
        ("versions", parsed(include_str!("../../patterns/schema/versions.json"))),
        ("scenario", parsed(include_str!("../../patterns/schema/scenario.json"))),
        ("clauses", parsed(include_str!("../../patterns/schema/clauses.json"))),
    ]
});

/// The test below proves that they parse; a schema that allows all would be the worst of a mistake there.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// The schema of a file by its path inside a pack; `None`: no file that a pack has.
pub(crate) fn of_file(path: &str) -> Option<&'static Value> {
    let name = match path.split_once('/') {
        None if path == "pack.json" => "pack",
        None if path == "versions.json" => "versions",
        Some(("events", _)) => "events",
        Some(("signatures", _)) => "signature",
        Some(("scenarios", _)) => "scenario",
        Some(("clauses", _)) => "clauses",
        _ => return None,
    };
    SCHEMAS.iter().find(|(n, _)| *n == name).map(|(_, schema)| schema)
}

/// What a part of a schema stands for, behind its `$ref`.
pub(super) fn resolved<'s>(root: &'s Value, part: &'s Value) -> &'s Value {
    let target = part.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use schemars::{Schema, schema_for};

    use super::{SCHEMAS, of_file};
    use crate::pattern::{ClauseFile, EventFile, PackInfo, ScenarioDef, SignatureDef, VersionFile};

    fn written(schema: Schema, name: &str) -> String {
        let mut value = schema.to_value();
        let object = value.as_object_mut().unwrap();
        object.insert("title".to_owned(), format!("{name} of a lastgood pattern pack").into());
        format!("{value:#}\n")
    }

    #[test]
    fn the_schemas_say_what_the_types_say() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns/schema");
        let generated = [
            ("pack.json", written(schema_for!(PackInfo), "pack.json")),
            ("events.json", written(schema_for!(EventFile), "events/*.json")),
            ("versions.json", written(schema_for!(VersionFile), "versions.json")),
            ("scenario.json", written(schema_for!(ScenarioDef), "scenarios/*.json")),
            ("clauses.json", written(schema_for!(ClauseFile), "clauses/*.json")),
            ("signature.json", written(schema_for!(SignatureDef), "signatures/*.json")),
        ];
        for (file, text) in generated {
            let path = folder.join(file);
            if std::env::var_os("BLESS").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let known = std::fs::read_to_string(&path).unwrap();
            assert_eq!(known, text, "{file} is stale: BLESS=1 cargo test --lib schema");
        }
    }

    #[test]
    fn every_file_of_a_pack_has_a_schema_and_no_other_file() {
        for (path, known) in [("pack.json", true), ("events/a.json", true), ("signatures/a.json", true)] {
            assert_eq!(of_file(path).is_some(), known, "{path}");
        }
        assert!(of_file("lock.json").is_none() && of_file("schema/pack.json").is_none());
        assert!(SCHEMAS.iter().all(|(_, s)| s["properties"].is_object()), "one did not parse");
    }
}
