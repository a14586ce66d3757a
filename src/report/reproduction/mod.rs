//! What `reproduce` says: which versions are well and which are ill, the matrix, the failures, and which clauses of the
//! specification each version keeps.

mod clauses;
mod document;
mod table;

use std::collections::BTreeSet;

use semver::Version;

use super::block::{Block, Report, Span, Tone};
use super::words::count;
use crate::gateway::matrix::{Cell, Matrix, Played, Standing, Trial};
use crate::pattern::Knowledge;

/// Versions of the client against scripted servers.
#[derive(Debug, Clone, Copy)]
pub struct Reproduced<'a> {
    /// What the runs gave.
    pub matrix: &'a Matrix,
    /// What is known.
    pub knowledge: &'a Knowledge,
}

/// The report of a matrix.
pub fn reproduction(r: &Reproduced<'_>) -> Report {
    let matrix = r.matrix;
    let rows: Vec<(&Played, Vec<Cell>)> = matrix
        .scenarios
        .iter()
        .map(|s| (s, matrix.versions.iter().map(|v| matrix.cell(s, v)).collect()))
        .collect();
    let mut blocks = vec![Block::Text(vec![Span::toned(about(matrix), Tone::Faint)])];
    blocks.extend(differing(matrix, &rows));
    blocks.push(Block::Table(table::table(matrix, &rows)));
    blocks.extend(table::findings(matrix, &rows));
    blocks.extend(clauses::blocks(r));
    blocks.extend(problems(matrix, &rows));
    blocks.push(kept(matrix));
    Report::new(title(matrix, &rows), blocks, document::document(r, &rows)).toned(tone(&rows))
}

fn about(matrix: &Matrix) -> String {
    let runs = count(matrix.trials.iter().filter(|t| t.problem.is_none()).count() as u64, "run", "runs");
    match matrix.scenarios.as_slice() {
        [one] => format!("{}; {runs}; calls are counted as the server saw them", one.about),
        _ => format!("{runs}; calls are counted as the servers saw them"),
    }
}

fn title(matrix: &Matrix, rows: &[(&Played, Vec<Cell>)]) -> String {
    let changed: BTreeSet<String> = matrix.clause_changes().into_iter().map(|c| c.clause).collect();
    let clauses = count(changed.len() as u64, "clause", "clauses");
    if let [(one, cells)] = rows {
        let said = sentence(one, cells, &matrix.versions);
        let alike = changed.is_empty() || differs(cells);
        return if alike { said } else { format!("{said}, but not alike in {clauses}") };
    }
    let n = rows.iter().filter(|(_, cells)| differs(cells)).count() as u64;
    let versions = count(matrix.versions.len() as u64, "version", "versions");
    let scenarios = count(rows.len() as u64, "scenario", "scenarios");
    match (n, matrix.versions.len()) {
        (_, 1) => {
            let well = rows.iter().filter(|(_, c)| c.iter().all(|c| c.standing() == Standing::Well)).count();
            format!("{}: well in {well} of {scenarios}", matrix.versions[0])
        }
        (0, _) if changed.is_empty() => format!("{versions} stand alike in {scenarios}{}", doubts(rows)),
        _ if changed.is_empty() => format!("{versions} differ in {n} of {scenarios}{}", doubts(rows)),
        _ => format!("{versions} differ in {n} of {scenarios} and in {clauses}{}", doubts(rows)),
    }
}

/// Cells of which nothing is decided are alike in that alone.
fn doubts(rows: &[(&Played, Vec<Cell>)]) -> String {
    let open = |c: &&Cell| matches!(c.standing(), Standing::Undecided | Standing::Unknown);
    match rows.iter().flat_map(|(_, cells)| cells).filter(open).count() as u64 {
        0 => String::new(),
        n => format!("; {} undecided", count(n, "cell is", "cells are")),
    }
}

/// `get-404: well in 2.1.142 to 2.1.146 and 2.1.153 to 2.1.160, ill in 2.1.147 to 2.1.152`.
fn sentence(scenario: &Played, cells: &[Cell], versions: &[Version]) -> String {
    let words = [
        (Standing::Well, "well in"),
        (Standing::Degraded, "degraded in"),
        (Standing::Sometimes, "ill in some runs of"),
        (Standing::Ill, "ill in"),
        (Standing::Undecided, "undecided in"),
        (Standing::Unknown, "nothing known of"),
    ];
    let told = |(is, word): (Standing, &str)| Some(format!("{word} {}", spans(cells, versions, is)?));
    let parts: Vec<String> = words.into_iter().filter_map(told).collect();
    format!("{}: {}", scenario.id, parts.join(", "))
}

/// The stretches of versions of one kind.
fn spans(cells: &[Cell], versions: &[Version], is: Standing) -> Option<String> {
    let mut stretches: Vec<(usize, usize)> = Vec::new();
    for at in (0..cells.len()).filter(|at| cells[*at].standing() == is) {
        match stretches.last_mut() {
            Some((_, end)) if *end + 1 == at => *end = at,
            _ => stretches.push((at, at)),
        }
    }
    let named = |(from, to): &(usize, usize)| match (&versions[*from], &versions[*to]) {
        (one, other) if one == other => one.to_string(),
        (from, to) => format!("{from} to {to}"),
    };
    let words: Vec<String> = stretches.iter().map(named).collect();
    (!words.is_empty()).then(|| words.join(" and "))
}

fn differs(cells: &[Cell]) -> bool {
    cells.windows(2).any(|pair| pair[0].standing() != pair[1].standing())
}

/// The scenarios in which the versions differ, each with its versions.
fn differing(matrix: &Matrix, rows: &[(&Played, Vec<Cell>)]) -> Option<Block> {
    let found = rows.iter().filter(|(_, cells)| rows.len() > 1 && differs(cells));
    let items: Vec<Vec<Span>> =
        found.map(|(s, cells)| vec![Span::plain(sentence(s, cells, &matrix.versions))]).collect();
    (!items.is_empty()).then_some(Block::List { numbered: false, items })
}

fn tone(rows: &[(&Played, Vec<Cell>)]) -> Tone {
    let all: Vec<Standing> = rows.iter().flat_map(|(_, cells)| cells).map(Cell::standing).collect();
    if all.iter().any(|s| matches!(s, Standing::Ill | Standing::Sometimes)) {
        Tone::Warn
    } else if all.iter().all(|s| *s == Standing::Well) {
        Tone::Good
    } else {
        Tone::Plain
    }
}

/// Why runs told nothing.
fn problems(matrix: &Matrix, rows: &[(&Played, Vec<Cell>)]) -> Option<Block> {
    let mut items = Vec::new();
    for (scenario, cells) in rows {
        for (version, cell) in matrix.versions.iter().zip(cells) {
            if let Some(first) = cell.problems.first() {
                let n = count(cell.problems.len() as u64, "run", "runs");
                let text = format!("{} {version}: {n} told nothing: {first}", scenario.id);
                items.push(vec![Span::toned(text, Tone::Warn)]);
            }
        }
    }
    let list = Block::List { numbered: false, items: items.clone() };
    (!items.is_empty())
        .then(|| Block::Details { summary: "what could not be told".to_owned(), blocks: vec![list] })
}

/// Where the logs are.
fn kept(matrix: &Matrix) -> Block {
    let line = |t: &Trial| {
        let log = t.log.clone().unwrap_or_else(|| "no log".to_owned());
        vec![Span::toned(log, Tone::Code), Span::plain(" "), Span::toned(t.seen.clone(), Tone::Code)]
    };
    let items = matrix.trials.iter().map(line).collect();
    let summary =
        format!("{}, each with what the servers saw", count(matrix.trials.len() as u64, "log", "logs"));
    Block::Details { summary, blocks: vec![Block::List { numbered: false, items }] }
}
