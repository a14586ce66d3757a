//! The matrix as tables: outcome, calls, and the failures that were found.

use std::collections::BTreeMap;

use semver::Version;

use crate::gateway::matrix::{Cell, Matrix, Played};
use crate::report::block::{Block, Span, Table, Tone};
use crate::report::words::outcome_tone;

/// With one scenario a row a version, and all that is known of it; else a matrix, its longer side downwards.
pub(super) fn table(matrix: &Matrix, rows: &[(&Played, Vec<Cell>)]) -> Table {
    match rows {
        [(_, cells)] => of_one(&matrix.versions, cells),
        _ if matrix.versions.len() > rows.len() => {
            let head = std::iter::once("version".to_owned()).chain(rows.iter().map(|(s, _)| s.id.clone()));
            let row = |(at, version): (usize, &Version)| {
                let cells = rows.iter().map(|(_, cells)| cells.get(at).map(short).unwrap_or_default());
                std::iter::once(vec![Span::plain(version.to_string())]).chain(cells).collect()
            };
            Table { head: head.collect(), rows: matrix.versions.iter().enumerate().map(row).collect() }
        }
        _ => {
            let head =
                std::iter::once("scenario".to_owned()).chain(matrix.versions.iter().map(ToString::to_string));
            let row = |(scenario, cells): &(&Played, Vec<Cell>)| {
                std::iter::once(vec![Span::plain(scenario.id.clone())])
                    .chain(cells.iter().map(short))
                    .collect()
            };
            Table { head: head.collect(), rows: rows.iter().map(row).collect() }
        }
    }
}

fn of_one(versions: &[Version], cells: &[Cell]) -> Table {
    let head = ["version", "outcome", "calls", "known failures", "runs"].map(str::to_owned).to_vec();
    let row = |(version, cell): (&Version, &Cell)| {
        vec![
            vec![Span::plain(version.to_string())],
            outcomes(cell),
            vec![Span::plain(calls(cell))],
            known(cell),
            vec![Span::toned(cell.runs.to_string(), Tone::Faint)],
        ]
    };
    Table { head, rows: versions.iter().zip(cells).map(row).collect() }
}

/// A cell of the matrix.
fn short(cell: &Cell) -> Vec<Span> {
    let mut spans = outcomes(cell);
    if cell.runs > 0 {
        spans.push(Span::toned(format!(" {}", calls(cell)), Tone::Faint));
    }
    spans
}

/// `failed 2/3, ready 1/3`; how often is said only where runs disagree.
fn outcomes(cell: &Cell) -> Vec<Span> {
    if cell.runs == 0 {
        return vec![Span::toned("?", Tone::Faint)];
    }
    let mut spans = Vec::new();
    for (outcome, n) in &cell.outcomes {
        if !spans.is_empty() {
            spans.push(Span::plain(", "));
        }
        let often = if *n == cell.runs { String::new() } else { format!(" {n}/{}", cell.runs) };
        spans.push(Span::toned(format!("{outcome}{often}"), outcome_tone(*outcome)));
    }
    spans
}

/// `1/1`, or `0/1 to 2/3` where runs disagree: calls answered well of all calls.
fn calls(cell: &Cell) -> String {
    let word = |(good, all): &(usize, usize)| format!("{good}/{all}");
    match (cell.calls.iter().min(), cell.calls.iter().max()) {
        (Some(least), Some(most)) if least != most => format!("{} to {}", word(least), word(most)),
        (Some(one), _) => word(one),
        _ => String::new(),
    }
}

fn known(cell: &Cell) -> Vec<Span> {
    let mut spans = Vec::new();
    for (id, n) in &cell.findings {
        if !spans.is_empty() {
            spans.push(Span::plain(", "));
        }
        let often = if *n == cell.runs { String::new() } else { format!(" {n}/{}", cell.runs) };
        spans.push(Span::toned(id.clone(), Tone::Code));
        spans.push(Span::plain(often));
    }
    spans
}

/// The known failures of a matrix of several scenarios, each with its versions.
pub(super) fn findings(matrix: &Matrix, rows: &[(&Played, Vec<Cell>)]) -> Option<Block> {
    if rows.len() < 2 {
        return None;
    }
    let mut lines: Vec<Vec<Vec<Span>>> = Vec::new();
    for (scenario, cells) in rows {
        let mut of: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (version, cell) in matrix.versions.iter().zip(cells) {
            for (id, n) in &cell.findings {
                let often = if *n == cell.runs { String::new() } else { format!(" ({n}/{})", cell.runs) };
                of.entry(id).or_default().push(format!("{version}{often}"));
            }
        }
        for (id, versions) in of {
            let versions =
                if versions.len() == matrix.versions.len() { "all".to_owned() } else { versions.join(", ") };
            lines.push(vec![
                vec![Span::plain(scenario.id.clone())],
                vec![Span::toned(id, Tone::Code)],
                vec![Span::plain(versions)],
            ]);
        }
    }
    let head = ["scenario", "known failure", "versions"].map(str::to_owned).to_vec();
    let table = Block::Table(Table { head, rows: lines.clone() });
    (!lines.is_empty())
        .then(|| Block::Details { summary: "known failures in the logs".to_owned(), blocks: vec![table] })
}
