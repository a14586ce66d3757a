//! What no event explains: MCP lines in words that are not known, and what else is new outside MCP.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::block::Block;
use super::diff::Compared;
use super::show::short;
use super::words::count;
use crate::align::{Changes, LineChange, Relevance};
use crate::classify::UnknownLine;

/// How many lines of one kind the short section shows.
const MAX_SHOWN: usize = 12;

/// MCP lines of BAD that no wording covers and whose like GOOD has not, on that server.
fn new_unknown<'a>(c: &Compared<'a>) -> Vec<&'a UnknownLine> {
    // What a server of GOOD is called in BAD.
    let renamed = |name: &str| {
        let pair = c.diff.servers.iter().find(|s| s.good_name.as_deref() == Some(name));
        pair.map_or_else(|| name.to_owned(), |s| s.name.clone())
    };
    let known: BTreeSet<(Option<String>, String)> =
        c.good.unknown.iter().map(|u| (u.server.as_deref().map(renamed), u.kind())).collect();
    let is_new = |u: &&UnknownLine| !known.contains(&(u.server.as_deref().map(str::to_owned), u.kind()));
    c.bad.unknown.iter().filter(is_new).collect()
}

/// The section on MCP lines in unknown words.
pub(super) fn unknown(c: &Compared<'_>) -> Option<Block> {
    let new = new_unknown(c);
    let total = new.iter().map(|u| u.count).sum();
    let n = count(total, "MCP line of the bad log is", "MCP lines of the bad log are");
    let label = format!("{n} new, in words that no pattern knows");
    (!new.is_empty()).then(|| Block::Lines { label, lines: unknown_lines(new) })
}

/// Unknown lines as rows: their server, and how often the like of each came.
pub(super) fn unknown_lines<'u>(all: impl IntoIterator<Item = &'u UnknownLine>) -> Vec<(u64, String)> {
    let told = |u: &UnknownLine| {
        let server = u.server.as_deref().map(|s| format!("{s}: ")).unwrap_or_default();
        let times = if u.count > 1 { format!(" (×{})", u.count) } else { String::new() };
        (u.line, format!("{server}{}{times}", short(&u.text)))
    };
    all.into_iter().map(told).collect()
}

/// The same, for programs.
pub(super) fn unknown_value(c: &Compared<'_>) -> Value {
    new_unknown(c).iter().map(|u| unknown_line(u)).collect()
}

/// An unknown line of the JSON documents.
pub(super) fn unknown_line(u: &UnknownLine) -> Value {
    json!({ "line": u.line, "server": u.server.as_deref(), "text": u.text, "count": u.count, "lines": u.lines })
}

/// The sections on lines outside MCP: the likely ones, and all where all are wished.
pub(super) fn blocks(changes: &Changes, all: bool) -> Vec<Block> {
    let kinds = [
        ("new in the bad log, outside MCP", &changes.new),
        ("far more often in the bad log, outside MCP", &changes.more),
        ("gone from the bad log, outside MCP", &changes.gone),
        ("far less often in the bad log, outside MCP", &changes.less),
    ];
    kinds.into_iter().filter_map(|(what, list)| section(what, list, all)).collect()
}

fn section(what: &str, list: &[LineChange], all: bool) -> Option<Block> {
    let wished: Vec<&LineChange> = list.iter().filter(|c| all || c.relevance == Relevance::Likely).collect();
    let shown = if all { wished.len() } else { wished.len().min(MAX_SHOWN) };
    let lines: Vec<(u64, String)> = wished[..shown].iter().map(|c| (place(c), told(c))).collect();
    let rest = match wished.len() - shown {
        0 => String::new(),
        n => format!(" ({n} more with --all)"),
    };
    let n = count(wished.len() as u64, "kind of line", "kinds of lines");
    (!lines.is_empty()).then(|| Block::Lines { label: format!("{n} {what}{rest}"), lines })
}

fn place(change: &LineChange) -> u64 {
    change.bad_line.or(change.good_line).unwrap_or_default()
}

fn told(change: &LineChange) -> String {
    let level = change.level.as_deref().map(|l| format!("[{l}] ")).unwrap_or_default();
    let counts = match (change.good, change.bad) {
        (0, 1) | (1, 0) => String::new(),
        (0, n) | (n, 0) => format!(" (×{n})"),
        (g, b) => format!(" (×{g} → ×{b})"),
    };
    format!("{level}{}{counts}", short(&change.example))
}

/// The same, for programs.
pub(super) fn value(changes: &Changes) -> Value {
    let list = |all: &[LineChange]| {
        let item = |c: &LineChange| {
            json!({
                "likely": c.relevance == Relevance::Likely, "template": c.template, "text": c.example, "level": c.level,
                "good_line": c.good_line, "bad_line": c.bad_line, "good": c.good, "bad": c.bad,
            })
        };
        all.iter().map(item).collect::<Vec<_>>()
    };
    json!({
        "new": list(&changes.new), "gone": list(&changes.gone), "more": list(&changes.more),
        "less": list(&changes.less), "not_compared": changes.not_compared,
    })
}
