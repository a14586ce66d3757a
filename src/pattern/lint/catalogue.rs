//! Faults between the event files of one pack: an id or a wording twice, a wording that cannot be found by.

use std::collections::BTreeMap;

use super::super::event::{EventDef, EventFile, Scope};
use super::super::wording::Wording;
use super::{Files, Grade, Lint};

/// The faults of all event files that parse.
pub(super) fn lints(files: &Files<'_>) -> Vec<Lint> {
    let mut seen = Seen { files, ids: BTreeMap::new(), texts: BTreeMap::new(), lints: Vec::new() };
    for (path, text, _) in files.files.iter().filter(|(path, _, _)| path.starts_with("events/")) {
        // What does not parse is told by its own file's faults.
        let Ok(file) = serde_json::from_str::<EventFile>(text) else { continue };
        for (i, event) in file.events.iter().enumerate() {
            seen.event(path, &format!("/events/{i}"), event);
        }
    }
    seen.lints
}

struct Seen<'f> {
    files: &'f Files<'f>,
    /// The file of each id.
    ids: BTreeMap<String, String>,
    /// The event of each wording.
    texts: BTreeMap<(String, bool, Option<String>), String>,
    lints: Vec<Lint>,
}

impl Seen<'_> {
    fn fault(&mut self, file: &str, pointer: &str, message: String) {
        self.lints.push(self.files.lint(Grade::Fault, file, pointer, message));
    }

    fn event(&mut self, file: &str, pointer: &str, event: &EventDef) {
        if let Some(other) = self.ids.insert(event.id.clone(), file.to_owned()) {
            let message = format!("`{}` is defined a second time; the first is in {other}", event.id);
            self.fault(file, &format!("{pointer}/id"), message);
        }
        if event.wordings.is_empty() {
            let message = format!("`{}` has no wording: no line can ever be this event", event.id);
            self.fault(file, &format!("{pointer}/wordings"), message);
        }
        for (j, wording) in event.wordings.iter().enumerate() {
            let pointer = format!("{pointer}/wordings/{j}");
            if let Err(problem) = Wording::compile(&wording.text) {
                self.fault(file, &format!("{pointer}/text"), problem);
            }
            if wording.samples.is_empty() {
                let message = "a wording without a sample proves nothing; give one whole line of a log";
                self.fault(file, &format!("{pointer}/samples"), message.to_owned());
            }
            let key = (wording.text.clone(), wording.scope == Scope::Server, wording.level.clone());
            if let Some(other) = self.texts.insert(key, event.id.clone()) {
                self.fault(file, &format!("{pointer}/text"), format!("`{other}` has this wording already"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Files;

    fn event(id: &str, text: &str) -> Value {
        json!({ "id": id, "phase": "client", "class": "detail", "says": "s",
                "wordings": [{ "text": text, "seen": [], "samples": ["x"] }] })
    }

    fn lints(files: &[(&str, Vec<Value>)]) -> Vec<String> {
        let text = |family: &str, events: &Vec<Value>| {
            json!({ "schema": 1, "family": family, "events": events }).to_string()
        };
        let files: Vec<(String, String)> =
            files.iter().map(|(f, e)| (format!("events/{f}.json"), text(f, e))).collect();
        let all = Files::new(&files).lints().into_iter().filter(|l| l.file != "pack.json");
        all.map(|l| format!("{}: {}", l.file, l.message)).collect()
    }

    #[test]
    fn an_id_stands_once_in_all_files_of_a_pack() {
        let found = lints(&[("a", vec![event("x", "one text")]), ("b", vec![event("x", "two text")])]);
        assert_eq!(found, ["events/b.json: `x` is defined a second time; the first is in events/a.json"]);
    }

    #[test]
    fn a_wording_belongs_to_one_event() {
        let found = lints(&[("a", vec![event("x", "one text"), event("y", "one text")])]);
        assert_eq!(found, ["events/a.json: `x` has this wording already"]);
    }

    #[test]
    fn a_wording_has_a_head_to_be_found_by() {
        let found = lints(&[("a", vec![event("x", "abc{n:int}")])]);
        assert!(found[0].contains("no run of literal text is four bytes long"), "{found:?}");
        let found = lints(&[("a", vec![event("x", "abcd{n:number}")])]);
        assert!(found[0].contains("`number` is no type of hole"), "{found:?}");
    }
}
