//! The table of versions: verdict and how it is known side by side, what lies far from a boundary folded.

use super::named;
use semver::Version;

use crate::bisect::{self, KnownBy, Row, Runs, VersionVerdict};
use crate::pattern::Published;
use crate::report::block::{Span, Table, Tone};
use crate::report::words::{count, file_name};

/// How many rows on each side of a boundary are always shown.
const NEAR: usize = 3;
/// Fewer rows than this are not worth folding.
const WORTH_FOLDING: usize = 3;
/// How many logs a row names.
const MAX_LOGS: usize = 1;

/// Every version from the first known to the last.
pub(super) fn versions(table: &bisect::Table, published: &Published) -> Table {
    let rows = &table.rows;
    let head = ["version", "released", "verdict", "known by", "logs"].map(str::to_owned).to_vec();
    let mut out: Vec<Vec<Vec<Span>>> = Vec::new();
    let mut at = 0;
    let shown = shown(table);
    while at < rows.len() {
        let hidden = shown[at..].iter().take_while(|s| !**s).count();
        if hidden < WORTH_FOLDING {
            let next = at + hidden.max(1);
            out.extend(rows[at..next].iter().map(|r| row(r, published)));
            at = next;
        } else {
            out.push(folded(&rows[at..at + hidden]));
            at += hidden;
        }
    }
    Table { head, rows: out }
}

/// Which rows are near a boundary; without one, those that something was seen of.
fn shown(table: &bisect::Table) -> Vec<bool> {
    let place = |v: &Version| table.rows.iter().position(|r| r.version == *v).unwrap_or_default();
    let spans: Vec<(usize, usize)> =
        table.boundaries.iter().map(|x| (place(&x.before), place(&x.after))).collect();
    let near = |at: usize| spans.iter().any(|(from, to)| at + NEAR > *from && at < to + NEAR);
    let far_inside = |at: usize| spans.iter().any(|(from, to)| at > from + NEAR && at + NEAR < *to);
    let seen = |r: &Row| matches!(r.evidence.known_by, KnownBy::Log | KnownBy::Run | KnownBy::Mark);
    let is_shown = |at: usize, r: &Row| if spans.is_empty() { seen(r) } else { near(at) && !far_inside(at) };
    table.rows.iter().enumerate().map(|(at, r)| is_shown(at, r)).collect()
}

fn row(row: &Row, published: &Published) -> Vec<Vec<Span>> {
    let e = &row.evidence;
    let day = published.day(&row.version).unwrap_or_default();
    vec![
        vec![Span::plain(row.version.to_string())],
        vec![Span::toned(day, Tone::Faint)],
        vec![Span::toned(verdict_word(e.verdict, e.runs), tone(e.verdict, e.known_by))],
        vec![Span::plain(known_word(e.known_by, e.runs))],
        named(&e.inputs.iter().map(|p| file_name(p)).collect::<Vec<_>>(), MAX_LOGS),
    ]
}

fn verdict_word(verdict: VersionVerdict, runs: Runs) -> String {
    match verdict {
        VersionVerdict::Flaky => format!("flaky, bad {} of {}", runs.bad, runs.good + runs.bad),
        other => other.as_str().to_owned(),
    }
}

fn known_word(known: KnownBy, runs: Runs) -> String {
    match known {
        KnownBy::Log => count(u64::from(runs.good + runs.bad + runs.other), "log", "logs"),
        KnownBy::Run => count(u64::from(runs.good + runs.bad + runs.other), "run", "runs"),
        KnownBy::Mark => "marked by hand".to_owned(),
        KnownBy::Inferred => "inferred".to_owned(),
        KnownBy::NotTried => "not tried".to_owned(),
        KnownBy::NotPublished => "not published".to_owned(),
    }
}

/// What is not tested looks faint: it is no evidence.
fn tone(verdict: VersionVerdict, known: KnownBy) -> Tone {
    match (verdict, known) {
        (_, KnownBy::Inferred | KnownBy::NotPublished) | (VersionVerdict::Unknown, _) => Tone::Faint,
        (VersionVerdict::Good, _) => Tone::Good,
        (VersionVerdict::Bad, _) => Tone::Bad,
        _ => Tone::Warn,
    }
}

/// Many rows as one: what they have in common, or how many there are of each.
fn folded(rows: &[Row]) -> Vec<Vec<Span>> {
    let ends = rows.first().zip(rows.last()).map(|(a, z)| format!("{} to {}", a.version, z.version));
    let exist = rows.iter().filter(|r| r.evidence.known_by != KnownBy::NotPublished);
    let verdicts = tally(exist.map(|r| r.evidence.verdict.as_str()));
    let known = tally(rows.iter().map(|r| match r.evidence.known_by {
        KnownBy::Log => "by logs",
        KnownBy::Run => "by runs",
        KnownBy::Mark => "by hand",
        KnownBy::Inferred => "inferred",
        KnownBy::NotTried => "not tried",
        KnownBy::NotPublished => "not published",
    }));
    let verdict = match verdicts.as_slice() {
        [(one, _)] => (*one).to_owned(),
        many => listed(many),
    };
    let cells = [ends.unwrap_or_default(), String::new(), verdict, listed(&known), String::new()];
    cells.into_iter().map(|text| vec![Span::toned(text, Tone::Faint)]).collect()
}

fn tally<'w>(words: impl Iterator<Item = &'w str>) -> Vec<(&'w str, usize)> {
    let mut all: Vec<(&str, usize)> = Vec::new();
    for word in words {
        match all.iter_mut().find(|(w, _)| *w == word) {
            Some((_, n)) => *n += 1,
            None => all.push((word, 1)),
        }
    }
    all
}

fn listed(tally: &[(&str, usize)]) -> String {
    tally.iter().map(|(word, n)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
}
