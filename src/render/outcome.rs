//! What a report found, as a flat list: for the formats of build servers, which know no pages.
//!
//! Comes in: the report. Goes out: its logs, and for each the findings and the servers whose two lives part, each
//! with a rule, a weight, a place and words that are clean and stand on one line. It decides no wording of its own
//! but that of the rule for lives that part, which no signature has.

use super::{lives, text};
use crate::report::{Block, Finding, Lives, Report, Tone};

/// The rule of a server whose two lives part.
const PARTING: &str = "lives-part";

/// What was found in one place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// The rule that it comes under.
    pub(super) rule: Rule,
    /// How much it weighs.
    pub(super) weight: Weight,
    /// The log, as a place among those of the report.
    pub(super) log: usize,
    /// The server, if it concerns one.
    pub(super) server: Option<String>,
    /// What happened.
    pub(super) message: String,
    /// Line number and text of what proves it; the first is the place.
    pub(super) evidence: Vec<(u64, String)>,
    /// How often it was found.
    pub(super) count: u64,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    /// Its id, without a revision.
    pub(super) id: String,
    /// What it means.
    pub(super) title: String,
    /// What should happen instead.
    pub(super) expected: String,
    /// What to do.
    pub(super) advice: Vec<String>,
    /// Where more is said.
    pub(super) references: Vec<String>,
    /// Whose fault it is.
    pub(super) kind: String,
}

/// How much an outcome weighs, in the three steps that all build servers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// It fails a build.
    Error,
    /// It deserves a look.
    Warning,
    /// It is worth knowing.
    Note,
}

impl From<Tone> for Weight {
    fn from(tone: Tone) -> Self {
        match tone {
            Tone::Bad => Self::Error,
            Tone::Warn => Self::Warning,
            Tone::Plain | Tone::Strong | Tone::Faint | Tone::Good | Tone::Code => Self::Note,
        }
    }
}

/// All that a report found, in its order.
pub(super) fn all(report: &Report) -> Vec<Outcome> {
    let mut found = Vec::new();
    collect(&report.blocks, report.logs().len(), &mut found);
    found
}

fn collect(blocks: &[Block], logs: usize, found: &mut Vec<Outcome>) {
    for block in blocks {
        match block {
            Block::Finding(finding) => found.push(of_finding(finding)),
            Block::Lives(lives) => found.extend(of_lives(lives, logs)),
            Block::Details { blocks, .. } => collect(blocks, logs, found),
            _ => {}
        }
    }
}

fn of_finding(finding: &Finding) -> Outcome {
    let (id, _) = finding.id.rsplit_once('@').unwrap_or((&finding.id, ""));
    let caveats = finding.caveats.iter().map(|caveat| format!(" ({caveat})"));
    let rule = Rule {
        id: clean(id),
        title: clean(&finding.title),
        expected: clean(&finding.expected),
        advice: finding.advice.iter().map(|advice| clean(advice)).collect(),
        references: finding.references.iter().map(|(role, to)| clean(&format!("{role}: {to}"))).collect(),
        kind: clean(&finding.kind),
    };
    Outcome {
        rule,
        weight: finding.tone.into(),
        log: finding.log,
        server: finding.server.as_deref().map(clean),
        message: clean(&format!("{}{}", finding.summary, caveats.collect::<String>())),
        evidence: finding.evidence.iter().map(|(line, text)| (*line, clean(text))).collect(),
        count: finding.count,
    }
}

/// A server whose two lives part; the place is in the bad log, which is the last of the two.
fn of_lives(of: &Lives, logs: usize) -> Option<Outcome> {
    let parted = lives::parting(of)?;
    let verdict = of.verdict.as_ref()?;
    let rows = of.rows.iter().skip(of.divergence?).filter_map(|row| row.right.as_ref());
    let rule = Rule {
        id: PARTING.to_owned(),
        title: "A server behaves otherwise than in the good log".to_owned(),
        expected: "the same MCP lifecycle events in both logs".to_owned(),
        advice: Vec::new(),
        references: Vec::new(),
        kind: "behaviour".to_owned(),
    };
    Some(Outcome {
        rule,
        weight: verdict.tone.into(),
        log: logs.min(2).saturating_sub(1),
        server: Some(clean(&of.server)),
        message: clean(&format!("{} {}: {parted}", of.server, verdict.text)),
        evidence: rows.take(1).map(|cell| (cell.line, clean(&cell.text))).collect(),
        count: 1,
    })
}

fn clean(text: &str) -> String {
    text::clean(text, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn findings_and_lives_that_part_are_told_wherever_they_stand() {
        let all = all(&fixture::filled("x"));
        let of = |id: &str| all.iter().filter(|it| it.rule.id == id).count();
        // One stands in the open, one in a fold.
        assert_eq!((of("x"), of(PARTING)), (2, 1));
        assert!(all.iter().all(|it| it.weight == Weight::Error));
    }

    #[test]
    fn a_revision_is_no_part_of_a_rule() {
        let mut report = fixture::filled("x");
        report.blocks.retain(|block| matches!(block, Block::Finding(_)));
        if let Some(Block::Finding(finding)) = report.blocks.first_mut() {
            finding.id = "get-404@12".to_owned();
        }
        assert_eq!(all(&report)[0].rule.id, "get-404");
    }
}
