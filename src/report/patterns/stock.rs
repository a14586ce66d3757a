//! What `patterns` changed among files and installed packs: `add`, `update`, `remove`, `fmt`, `new`, `overrides`.

use serde_json::{Value, json};

use super::super::block::{Block, Report, Span};
use super::{bullets, code, document, heading};

/// What was moved.
#[derive(Debug, Clone, Default)]
pub struct Moved {
    /// One line: what was done.
    pub title: String,
    /// Names under a heading, e.g. `added` and ids of signatures; empty groups are not told.
    pub groups: Vec<(&'static str, Vec<String>)>,
    /// What to know or to do next, each a sentence.
    pub remarks: Vec<String>,
}

/// The report of a change.
pub fn moved(moved: &Moved) -> Report {
    let mut blocks = Vec::new();
    for (name, items) in moved.groups.iter().filter(|(_, items)| !items.is_empty()) {
        blocks.extend([heading(name), bullets(items.iter().map(|i| vec![code(i)]).collect())]);
    }
    blocks.extend(moved.remarks.iter().map(|r| Block::Text(vec![Span::plain(r)])));
    Report::new(moved.title.clone(), blocks, doc(moved))
}

fn doc(moved: &Moved) -> Value {
    let mut document = document("patterns-change", json!({ "done": moved.title }));
    if let Some(map) = document.as_object_mut() {
        map.extend(moved.groups.iter().map(|(name, items)| (name.replace(' ', "_"), json!(items))));
    }
    document
}
