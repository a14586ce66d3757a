//! What a user switched off, on, or retuned, without editing a pack: `overrides.json`.
//!
//! Comes in: its text, and the knowledge of all packs. Goes out: the knowledge with it in force, and what of it cannot
//! be. A signature that it names and no pack has is told, not refused: the pack may come back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::nearest::nearest;
use super::pack::{Knowledge, PackId, digest};
use super::signature::{Kind, Severity};

/// What is to be otherwise, by signature.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Overlay(BTreeMap<String, Override>);

/// What is to be otherwise with one signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Whether it is off; `false` switches on what is off by its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<bool>,
    /// How bad it is for this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

impl Overlay {
    /// Reads the text of `overrides.json`; the error says where it does not parse.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    /// The text of `overrides.json`.
    pub fn text(&self) -> String {
        let lines = self.0.iter().map(|(id, o)| {
            let off = o.off.map(|off| format!("\"off\": {off}"));
            let severity = o.severity.map(|s| format!("\"severity\": {}", serde_json::json!(s)));
            let inside: Vec<String> = off.into_iter().chain(severity).collect();
            format!("  {}: {{ {} }}", serde_json::Value::from(id.as_str()), inside.join(", "))
        });
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() { "{}\n".to_owned() } else { format!("{{\n{}\n}}\n", lines.join(",\n")) }
    }

    /// The entries.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Override)> {
        self.0.iter().map(|(id, o)| (id.as_str(), *o))
    }

    /// The entry of a signature, to be changed; one that says nothing is dropped.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Override)) {
        let entry = self.0.entry(id.to_owned()).or_default();
        change(entry);
        if *entry == Override::default() {
            self.0.remove(id);
        }
    }
}

impl Knowledge {
    /// Puts an overlay in force; gives what of it cannot be. Reports cite it like a pack.
    pub fn overlay(&mut self, overlay: &Overlay) -> Vec<String> {
        let mut problems = Vec::new();
        for (id, change) in overlay.entries() {
            let Some(signature) = self.signatures.iter_mut().find(|s| s.id == id) else {
                let hint = nearest(id, self.signatures.iter().map(|s| s.id.as_str()));
                let hint = hint.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                problems.push(format!("no pack has a signature `{id}`{hint}"));
                continue;
            };
            signature.switched = change.off.map(|off| !off);
            match change.severity {
                Some(severity) if signature.def.kind == Kind::Benign && severity > Severity::Info => {
                    problems.push(format!("`{id}` is benign: it stays `info`"));
                }
                Some(severity) => {
                    let def = Arc::make_mut(&mut signature.def);
                    def.severity = severity;
                    // What the user says is the last word: nothing escalates beyond it.
                    def.escalate.iter_mut().for_each(|e| e.severity = severity);
                }
                None => {}
            }
        }
        if !overlay.0.is_empty() {
            let sha256 = digest(std::iter::once(("overrides.json", overlay.text().as_str())));
            self.packs.push(PackId { id: "overrides".to_owned(), version: "local".to_owned(), sha256 });
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::{Overlay, Severity};
    use crate::pattern::Knowledge;

    #[test]
    fn an_overlay_reads_back_as_it_was_written() {
        let text = "{\n  \"a\": { \"off\": true },\n  \"b\": { \"off\": false, \"severity\": \"low\" }\n}\n";
        assert_eq!(Overlay::parse(text).unwrap().text(), text);
        assert_eq!(Overlay::default().text(), "{}\n");
        assert!(Overlay::parse("{\"a\": {\"of\": true}}").unwrap_err().contains("unknown field `of`"));
    }

    #[test]
    fn an_entry_that_says_nothing_is_dropped() {
        let mut overlay = Overlay::default();
        overlay.change("a", |o| o.off = Some(true));
        assert_eq!(overlay.entries().count(), 1);
        overlay.change("a", |o| o.off = None);
        assert_eq!(overlay, Overlay::default());
    }

    #[test]
    fn a_signature_is_switched_and_retuned_and_the_overlay_is_cited() {
        let mut knowledge = Knowledge::builtin();
        let packs = knowledge.packs.len();
        let overlay = r#"{ "spawn-enoent": { "off": true }, "get-404-session-expiry-loop": { "severity": "low" },
                           "exit-reported-as-failed": { "severity": "high" }, "spawn-enoen": { "off": true } }"#;
        let problems = knowledge.overlay(&Overlay::parse(overlay).unwrap());
        assert_eq!(problems.len(), 2);
        assert!(problems[1].contains("no pack has a signature `spawn-enoen`; did you mean `spawn-enoent`?"));
        assert!(!knowledge.signature("spawn-enoent").unwrap().is_on());
        assert_eq!(knowledge.signature("get-404-session-expiry-loop").unwrap().def.severity, Severity::Low);
        assert_eq!(knowledge.signature("exit-reported-as-failed").unwrap().def.severity, Severity::Info);
        assert_eq!((knowledge.packs.len(), knowledge.packs[packs].id.as_str()), (packs + 1, "overrides"));
    }
}
