//! Which clauses of the specification each version keeps, with the lines of the record that show it.

use std::collections::BTreeMap;

use semver::Version;

use super::Reproduced;
use crate::gateway::clause::{Held, Kept};
use crate::gateway::matrix::{ClauseChange, Trial};
use crate::pattern::ClientClause;
use crate::report::block::{Block, Span, Table, Tone};
use crate::report::words::count;

/// More versions than this would make a table that nobody reads.
const MAX_VERSIONS: usize = 6;

/// What is known of one clause and one version.
type Answer<'a> = Option<(BTreeMap<Kept, usize>, &'a Trial, &'a Held)>;

/// The clauses that were put to the test.
pub(super) fn blocks(r: &Reproduced<'_>) -> Vec<Block> {
    let played = |c: &&ClientClause| r.matrix.scenarios.iter().any(|s| s.id == c.scenario);
    let tested: Vec<&ClientClause> = r.knowledge.client_clauses.iter().filter(played).collect();
    let versions = &r.matrix.versions;
    if tested.is_empty() || versions.len() > MAX_VERSIONS {
        return Vec::new();
    }
    let rows: Vec<(&ClientClause, Vec<Answer<'_>>)> =
        tested.iter().map(|c| (*c, versions.iter().map(|v| r.matrix.clause(&c.id, v)).collect())).collect();
    let mut blocks = vec![Block::Heading(1, vec![Span::plain("what MCP asks of clients")])];
    blocks.extend(changed(r));
    blocks.push(table(&rows, versions));
    blocks.push(evidence(&rows, versions));
    blocks
}

fn table(rows: &[(&ClientClause, Vec<Answer<'_>>)], versions: &[Version]) -> Block {
    let head =
        ["clause", "asks"].map(str::to_owned).into_iter().chain(versions.iter().map(ToString::to_string));
    let row = |(clause, answers): &(&ClientClause, Vec<Answer<'_>>)| {
        let mut cells = vec![
            vec![Span::toned(clause.id.clone(), Tone::Strong)],
            vec![Span::plain(clause.level.as_str())],
        ];
        cells.extend(answers.iter().map(|a| vec![word(a)]));
        cells
    };
    Block::Table(Table { head: head.collect(), rows: rows.iter().map(row).collect() })
}

fn word(answer: &Answer<'_>) -> Span {
    let Some((counts, _, held)) = answer else { return Span::toned("?", Tone::Faint) };
    let tone = match held.kept {
        Kept::Kept => Tone::Good,
        Kept::Broken => Tone::Bad,
        Kept::NotSeen => Tone::Faint,
    };
    let all: usize = counts.values().sum();
    let n = counts.get(&held.kept).copied().unwrap_or_default();
    let often = if n == all { String::new() } else { format!(" {n}/{all}") };
    let word = held.kept.as_str().replace('-', " ");
    Span::toned(format!("{word}{often}"), tone)
}

/// What versions do otherwise than the one before them.
fn changed(r: &Reproduced<'_>) -> Option<Block> {
    let item = |change: ClauseChange| {
        let tone = if change.after.1 == Kept::Broken { Tone::Bad } else { Tone::Good };
        let [before, after] =
            [change.before, change.after].map(|(version, kept)| format!("{} in {version}", kept.as_str()));
        let name = Span::toned(change.clause, Tone::Strong);
        vec![name, Span::plain(": "), Span::toned(format!("{before}, {after}"), tone)]
    };
    let items: Vec<Vec<Span>> = r.matrix.clause_changes().into_iter().map(item).collect();
    (!items.is_empty()).then_some(Block::List { numbered: false, items })
}

/// Each clause with its words and, version by version, what shows that it is kept or broken.
fn evidence(rows: &[(&ClientClause, Vec<Answer<'_>>)], versions: &[Version]) -> Block {
    let mut blocks = Vec::new();
    for (clause, answers) in rows {
        blocks.push(Block::Heading(2, vec![Span::plain(clause.id.clone())]));
        let spec = Span::toned(format!(" ({}; {})", clause.spec, clause.level.as_str()), Tone::Faint);
        blocks.push(Block::Text(vec![Span::plain(clause.says.clone()), spec]));
        for (version, answer) in versions.iter().zip(answers) {
            let Some((_, trial, held)) = answer else { continue };
            if held.kept == Kept::NotSeen {
                continue;
            }
            let mut lines: Vec<(u64, String)> =
                held.evidence.iter().map(|(n, text)| (*n as u64, text.clone())).collect();
            lines.extend(held.missing.as_ref().map(|m| (0, format!("no {m} came after it"))));
            let label = format!("{version} {}: {}", held.kept.as_str(), trial.seen);
            blocks.push(Block::Lines { label, lines });
        }
    }
    let summary = format!("{} and the lines that show it", count(rows.len() as u64, "clause", "clauses"));
    Block::Details { summary, blocks }
}
