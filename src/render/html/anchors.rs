//! The places on the page, and which of them belong together.
//!
//! Comes in: the blocks. Goes out: an id for each life, row, finding and line of evidence; which row a line of
//! evidence is, and which finding a row proves. Ids are made of our words and numbers alone. Lives and findings are
//! counted in the order in which the page draws them.

use std::collections::BTreeMap;

use super::tree::Link;
use crate::report::{Block, Finding, Lives};

/// All places of a report.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    /// The row that a line of evidence is: by finding and line.
    rows: BTreeMap<(usize, u64), (usize, usize)>,
    /// The finding that a row proves: by life and row.
    proofs: BTreeMap<(usize, usize), (usize, u64)>,
}

/// The id of a life.
pub(super) fn life(at: usize) -> String {
    format!("life-{}", at + 1)
}

/// The id of a row of a life.
pub(super) fn row(life: usize, row: usize) -> String {
    format!("life-{}-row-{}", life + 1, row + 1)
}

/// The id of the place where two lives part.
pub(super) fn parting(at: usize) -> String {
    format!("life-{}-parting", at + 1)
}

/// The id of a finding.
pub(super) fn finding(at: usize) -> String {
    format!("finding-{}", at + 1)
}

/// The id of a line of evidence.
pub(super) fn evidence(finding: usize, line: u64) -> String {
    format!("finding-{}-line-{line}", finding + 1)
}

impl Anchors {
    /// The places of these blocks.
    pub(super) fn of(blocks: &[Block]) -> Self {
        let (mut lives, mut findings) = (Vec::new(), Vec::new());
        collect(blocks, &mut lives, &mut findings);
        let mut anchors = Self::default();
        for (at, finding) in findings.iter().enumerate() {
            for (life, lives) in lives.iter().enumerate().filter(|(_, lives)| is_about(finding, lives)) {
                anchors.join(at, finding, life, lives);
            }
        }
        anchors
    }

    /// Joins each line of evidence with the row that has it on the side of the finding's log.
    fn join(&mut self, at: usize, finding: &Finding, life: usize, lives: &Lives) {
        for (row, cell) in
            lives.rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.right.as_ref()?)))
        {
            if finding.evidence.iter().any(|(line, _)| *line == cell.line) {
                self.rows.entry((at, cell.line)).or_insert((life, row));
                self.proofs.entry((life, row)).or_insert((at, cell.line));
            }
        }
    }

    /// The row that a line of evidence is.
    pub(super) fn row_of(&self, finding: usize, line: u64) -> Option<Link> {
        self.rows.get(&(finding, line)).map(|(life, at)| Link::Here(row(*life, *at)))
    }

    /// The line of evidence that a row is.
    pub(super) fn proof_of(&self, life: usize, row: usize) -> Option<Link> {
        self.proofs.get(&(life, row)).map(|(finding, line)| Link::Here(evidence(*finding, *line)))
    }
}

/// Whether a finding speaks of the right side of these lives.
fn is_about(finding: &Finding, lives: &Lives) -> bool {
    finding.server.as_ref() == Some(&lives.server) && lives.right.ends_with(&finding.input)
}

fn collect<'a>(blocks: &'a [Block], lives: &mut Vec<&'a Lives>, findings: &mut Vec<&'a Finding>) {
    for block in blocks {
        match block {
            Block::Lives(life) => lives.push(life),
            Block::Finding(finding) => findings.push(finding),
            Block::Details { blocks, .. } => collect(blocks, lives, findings),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn evidence_and_row_find_each_other() {
        let mut blocks = fixture::filled("x").blocks;
        for block in &mut blocks {
            if let Block::Finding(finding) = block {
                finding.evidence = vec![(4, "the fourth line".into()), (77, "in no row".into())];
            }
        }
        let anchors = Anchors::of(&blocks);
        assert_eq!(anchors.row_of(0, 4), Some(Link::Here("life-1-row-4".into())));
        assert_eq!(anchors.proof_of(0, 3), Some(Link::Here("finding-1-line-4".into())));
        assert_eq!(anchors.row_of(0, 77), None);
    }

    #[test]
    fn a_finding_of_another_log_or_server_proves_nothing_here() {
        let mut blocks = fixture::filled("x").blocks;
        for block in &mut blocks {
            if let Block::Finding(finding) = block {
                finding.evidence = vec![(4, String::new())];
                finding.server = Some("other".into());
            }
        }
        blocks.retain(|block| !matches!(block, Block::Details { .. }));
        assert_eq!(Anchors::of(&blocks).row_of(0, 4), None);
    }
}
