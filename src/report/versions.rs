//! What `versions` says: which were published, which never, which are on this machine.

use std::collections::BTreeMap;

use semver::Version;
use serde_json::json;

use super::block::{Block, Report, Span, Table, Tone};
use super::document;
use super::words::count;
use crate::bisect::registry::Origin;
use crate::pattern::{Published, VersionFile};

/// A list of versions.
#[derive(Debug, Clone, Copy)]
pub struct VersionList<'a> {
    /// The published ones.
    pub published: &'a Published,
    /// Those on this machine.
    pub held: &'a BTreeMap<Version, Origin>,
    /// No older and no newer than these.
    pub range: (Option<&'a Version>, Option<&'a Version>),
    /// Only the numbers that were left out.
    pub missing_alone: bool,
    /// Only those on this machine.
    pub held_alone: bool,
}

/// One version of the list.
struct Line<'a> {
    version: Version,
    published: bool,
    released: Option<&'a str>,
    held: Option<Origin>,
}

/// The report of a list.
pub fn versions(list: &VersionList<'_>) -> Report {
    let lines = lines(list);
    let n = |of: fn(&Line<'_>) -> bool| lines.iter().filter(|l| of(l)).count() as u64;
    let title = format!(
        "{} of {} as of {}, {} never published, {} on this machine",
        count(n(|l| l.published), "version", "versions"),
        list.published.package(),
        list.published.as_of(),
        count(n(|l| !l.published), "number", "numbers"),
        n(|l| l.held.is_some()),
    );
    let head = ["version", "released", "on this machine"].map(str::to_owned).to_vec();
    let rows = lines.iter().map(row).collect();
    let values = lines.iter().map(|l| {
        let here = l.held.map(Origin::as_str);
        json!({ "version": l.version, "published": l.published, "released": l.released, "held": here })
    });
    let document = json!({
        "schema": "lastgood.versions/1", "tool": document::TOOL, "package": list.published.package(),
        "as_of": list.published.as_of(), "versions": values.collect::<Vec<_>>(),
    });
    Report::new(title, vec![Block::Table(Table { head, rows })], document)
}

fn lines<'a>(list: &VersionList<'a>) -> Vec<Line<'a>> {
    let (from, to) = list.range;
    let known = list.published.iter().map(|(version, released)| (version.clone(), (true, released)));
    let mut all: BTreeMap<Version, (bool, Option<&str>)> = known.collect();
    all.extend(list.published.never().into_iter().map(|v| (v, (false, None))));
    for version in list.held.keys() {
        // Newer than the list, and yet here: so it was published.
        all.entry(version.clone()).or_insert((true, None));
    }
    let line = |(version, (published, released)): (Version, (bool, Option<&'a str>))| {
        let held = list.held.get(&version).copied();
        Line { version, published, released, held }
    };
    let wanted = |l: &Line<'_>| {
        let inside = from.is_none_or(|f| l.version >= *f) && to.is_none_or(|t| l.version <= *t);
        inside && (!list.missing_alone || !l.published) && (!list.held_alone || l.held.is_some())
    };
    all.into_iter().map(line).filter(wanted).collect()
}

fn row(line: &Line<'_>) -> Vec<Vec<Span>> {
    let released = if line.published { line.released.unwrap_or("?") } else { "never" };
    let held = match line.held {
        Some(Origin::Cached) => "fetched",
        Some(Origin::Installed) => "by the client's installer",
        Some(Origin::Registry) | None => "",
    };
    let tone = if line.published { Tone::Plain } else { Tone::Faint };
    [line.version.to_string(), released.to_owned(), held.to_owned()]
        .into_iter()
        .map(|text| vec![Span::toned(text, tone)])
        .collect()
}

/// The report of a list that was renewed.
pub fn renewed(file: &str, new: &[Version], list: &VersionFile) -> Report {
    let title = format!(
        "{} new in {file}, which now lists {}",
        count(new.len() as u64, "version", "versions"),
        count(list.versions.len() as u64, "version", "versions"),
    );
    let head = ["version", "released"].map(str::to_owned).to_vec();
    let day = |v: &Version| list.versions.get(v).cloned().flatten();
    let row = |v: &Version| {
        vec![vec![Span::plain(v.to_string())], vec![Span::plain(day(v).unwrap_or_else(|| "?".to_owned()))]]
    };
    let blocks = if new.is_empty() {
        Vec::new()
    } else {
        vec![Block::Table(Table { head, rows: new.iter().map(row).collect() })]
    };
    let document = json!({
        "schema": "lastgood.renewed/1", "tool": document::TOOL, "package": list.package, "as_of": list.as_of,
        "new": new.iter().map(|v| json!({ "version": v, "released": day(v) })).collect::<Vec<_>>(),
    });
    Report::new(title, blocks, document)
}
