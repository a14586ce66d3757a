//! What another person needs to do a search again.

use serde_json::json;

use super::block::{Block, Report, Span, Tone};
use super::document;
use super::words::count;
use crate::pattern::PackId;

/// How a search was done.
#[derive(Debug, Clone)]
pub struct Again<'a> {
    /// The command.
    pub command: String,
    /// The packs that it was judged with.
    pub packs: &'a [PackId],
    /// System and processor.
    pub platform: String,
    /// How many runs it took.
    pub runs: u64,
    /// The names of the variables that runs got to know.
    pub variables: &'a [String],
    /// Whether the runtime changes where the versions flip.
    pub runtime_changes: bool,
}

/// The report of a search with what is needed to do it again.
pub fn with_again(mut report: Report, again: &Again<'_>) -> Report {
    let (blocks, document) = (&mut report.blocks, &mut report.document);
    if again.runtime_changes {
        let text = "the runtime changes at the boundary, too: what broke may be that, and not the client";
        blocks.insert(1.min(blocks.len()), Block::Text(vec![Span::toned(text, Tone::Warn)]));
    }
    let packs = again
        .packs
        .iter()
        .map(|p| format!(", pack {} {} ({})", p.id, p.version, p.sha256.get(..12).unwrap_or(&p.sha256)));
    let with = format!("lastgood {} on {}{}", document::TOOL, again.platform, packs.collect::<String>());
    let how = vec![
        Span::plain(format!("{}, each in a scratch home that knew ", count(again.runs, "run", "runs"))),
        Span::toned(again.variables.join(" "), Tone::Code),
    ];
    let command = Block::Text(vec![Span::toned(again.command.clone(), Tone::Code)]);
    blocks.push(Block::Details {
        summary: "to do this again".to_owned(),
        blocks: vec![command, Block::Text(how), Block::Text(vec![Span::plain(with)])],
    });
    if let Some(map) = document.as_object_mut() {
        let how = json!({ "command": again.command, "runs": again.runs, "platform": again.platform, "variables": again.variables,
            "runtime_changes": again.runtime_changes });
        map.insert("how".to_owned(), how);
    }
    report
}
