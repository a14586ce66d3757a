//! The few lines of a log by which others find the same failure: what a person types into a search.
//!
//! Comes in: the blocks. Goes out: the words of the log's lines that prove the first finding, or else of those at
//! which the two lives part, clean, each once, those that
//! the good log has not first. It looks at no folded block: what is folded is not the point.

use super::text;
use crate::report::{Block, Change, Lives, Row};

/// How many lines are given.
const MAX_LINES: usize = 5;

/// Longer lines are cut: nobody searches for more.
const MAX_LINE: usize = 160;

/// The lines, the most telling first.
pub(super) fn lines(blocks: &[Block]) -> Vec<String> {
    let finding = blocks.iter().find_map(|block| match block {
        Block::Finding(finding) => Some(finding.evidence.iter().map(|(_, text)| text.as_str()).collect()),
        _ => None,
    });
    let parting = || {
        blocks.iter().find_map(|block| match block {
            Block::Lives(lives) => parting(lives),
            _ => None,
        })
    };
    let mut texts: Vec<&str> = finding.or_else(parting).unwrap_or_default();
    // What both logs hold tells nothing by itself.
    texts.sort_by_key(|text| is_in_both(blocks, text));
    let mut lines: Vec<String> = Vec::new();
    for text in texts {
        let line = text::cut(&text::clean(text, true), MAX_LINE, true);
        if !line.trim().is_empty() && !lines.contains(&line) && lines.len() < MAX_LINES {
            lines.push(line);
        }
    }
    lines
}

/// Whether a line is equal in both lives of a server.
fn is_in_both(blocks: &[Block], text: &str) -> bool {
    let same = |row: &Row| row.change == Change::Same && row.right.as_ref().is_some_and(|c| c.text == text);
    blocks.iter().any(|block| matches!(block, Block::Lives(lives) if lives.rows.iter().any(same)))
}

/// What one side did from the parting on and the other did not.
fn parting(lives: &Lives) -> Option<Vec<&str>> {
    let rows = lives.rows.iter().skip(lives.divergence?);
    let differing = rows.filter(|row| !matches!(row.change, Change::Same | Change::Gap));
    Some(
        differing
            .filter_map(|row| row.right.as_ref().or(row.left.as_ref()))
            .map(|c| c.text.as_str())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn the_first_finding_gives_its_evidence_once() {
        let blocks = fixture::filled("a").blocks;
        assert_eq!(lines(&blocks), ["a"]);
    }

    #[test]
    fn what_both_logs_hold_comes_last() {
        let mut blocks = fixture::filled("in both").blocks;
        for block in &mut blocks {
            if let Block::Finding(finding) = block {
                finding.evidence = vec![(1, "in both".into()), (2, "expired".into()), (3, "in both".into())];
            }
        }
        assert_eq!(lines(&blocks), ["expired", "in both"]);
    }

    #[test]
    fn without_a_finding_the_parting_does() {
        let mut blocks = fixture::filled("a").blocks;
        blocks.retain(|block| matches!(block, Block::Lives(_)));
        assert_eq!(lines(&blocks), ["a"]);
        assert!(lines(&[]).is_empty());
    }
}
