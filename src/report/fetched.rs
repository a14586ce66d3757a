//! What `fetch` says: which versions of the client are at hand, where, and how they came there.

use semver::Version;
use serde_json::{Value, json};

use super::block::{Block, Report, Span, Table, Tone};
use super::document;
use super::words::count;
use crate::bisect::registry::Origin;

/// A version that was asked for.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The version.
    pub version: Version,
    /// Where it came from; `None` where it could not be had.
    pub origin: Option<Origin>,
    /// The file that is run, once it is there.
    pub path: Option<String>,
    /// The address that it is fetched from.
    pub address: Option<String>,
    /// How many bytes are fetched.
    pub bytes: Option<u64>,
    /// Why it could not be had.
    pub problem: Option<String>,
}

/// The report of a fetch; a `dry` one did nothing.
pub fn fetched(all: &[Fetched], dry: bool) -> Report {
    let good = all.iter().filter(|f| f.problem.is_none()).count() as u64;
    let title = if dry {
        let to_fetch = all.iter().filter(|f| f.origin == Some(Origin::Registry));
        let bytes: u64 = to_fetch.clone().filter_map(|f| f.bytes).sum();
        let n = count(to_fetch.count() as u64, "version", "versions");
        format!("{n} would be fetched, {}", size(bytes))
    } else {
        format!("{} at hand", count(good, "version", "versions"))
    };
    let head = ["version", "from", "size", "where"].map(str::to_owned).to_vec();
    let table = Table { head, rows: all.iter().map(row).collect() };
    let document = json!({
        "schema": "lastgood.fetched/1", "tool": document::TOOL, "dry_run": dry,
        "versions": all.iter().map(value).collect::<Vec<_>>(),
    });
    Report::new(title, vec![Block::Table(table)], document)
}

fn word(origin: Option<Origin>) -> &'static str {
    origin.map_or("nowhere", Origin::as_str)
}

fn row(f: &Fetched) -> Vec<Vec<Span>> {
    let tone = if f.problem.is_some() { Tone::Bad } else { Tone::Good };
    let place = match (&f.problem, &f.path, &f.address) {
        (Some(problem), ..) => Span::plain(problem.clone()),
        (None, Some(path), _) => Span::toned(path.clone(), Tone::Code),
        (None, None, address) => Span::plain(address.clone().unwrap_or_default()),
    };
    vec![
        vec![Span::toned(f.version.to_string(), Tone::Strong)],
        vec![Span::toned(word(f.origin), tone)],
        vec![Span::plain(f.bytes.map(size).unwrap_or_default())],
        vec![place],
    ]
}

fn value(f: &Fetched) -> Value {
    json!({
        "version": f.version, "from": word(f.origin), "path": f.path, "address": f.address, "bytes": f.bytes,
        "problem": f.problem,
    })
}

/// Bytes as a person says them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => count(bytes, "byte", "bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
