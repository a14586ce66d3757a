//! Fits a report into a number of characters, by leaving out whole things in a fixed order.
//!
//! Comes in: a report, the room, and how a page is made of what is left. Goes out: the first page that fits, which
//! says what it lacks. The order is that of [`STEPS`]: first what surrounds the failure, last what names it. Things
//! go as a whole and texts are shortened before they are drawn, so that no fence and no fold is ever cut in two.

use super::{MIN_CHARS, exact, text};
use crate::report::{Block, Change, Finding, Lives, Report, Row, Span, Table};

/// Rows that stay on each side of the parting when a life is cut to its core.
const CORE: usize = 12;

/// Characters that stay of a text when texts are shortened.
const SHORT: usize = 100;

/// What is left of a report.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    /// The answer.
    pub(super) title: String,
    /// The blocks that are left.
    pub(super) blocks: Vec<Block>,
    /// The log's words to search for.
    pub(super) exact: Vec<String>,
    /// What was left out, each a fragment.
    lacks: Vec<String>,
    room: usize,
}

impl Cut {
    /// What is lacking, as a sentence; nothing if nothing is.
    pub(super) fn note(&self) -> Option<String> {
        let what = self.lacks.join("; ");
        (!what.is_empty()).then(|| format!("Left out to stay within {} characters: {what}.", self.room))
    }

    fn lives(&mut self) -> impl Iterator<Item = &mut Lives> {
        self.blocks
            .iter_mut()
            .filter_map(|block| if let Block::Lives(lives) = block { Some(lives) } else { None })
    }

    fn findings(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.blocks.iter_mut().filter_map(|block| if let Block::Finding(f) = block { Some(f) } else { None })
    }

    /// Drops the blocks that `goes` names; it is told how many of their kind came before.
    fn drop_blocks(&mut self, goes: impl Fn(&Block, usize) -> Option<bool>) -> usize {
        let (before, mut seen) = (self.blocks.len(), 0);
        self.blocks.retain(|block| match goes(block, seen) {
            Some(gone) => {
                seen += 1;
                !gone
            }
            None => true,
        });
        before - self.blocks.len()
    }
}

/// One thing that can be left out.
struct Step {
    /// What it is, for the note.
    says: &'static str,
    /// Leaves it out; gives how many there were.
    apply: fn(&mut Cut) -> usize,
}

/// What is left out, in this order, until the page fits.
const STEPS: [Step; 11] = [
    Step { says: "sections of lines outside the servers' lives", apply: surroundings },
    Step { says: "folded sections", apply: folds },
    Step { says: "rows that are equal in both logs", apply: equal_rows },
    Step { says: "lives of servers that did not change", apply: unchanged_lives },
    Step { says: "lines of evidence beyond the first", apply: more_evidence },
    Step { says: "details of findings after the first", apply: finding_details },
    Step { says: "lives of servers after the first", apply: more_lives },
    Step { says: "findings after the first", apply: more_findings },
    Step { says: "rows far from the parting", apply: far_rows },
    Step { says: "ends of long texts", apply: long_texts },
    Step { says: "lines to search for after the second", apply: more_exact },
];

/// The first page that fits, `room` being at least [`MIN_CHARS`].
pub(super) fn fitted(report: &Report, room: usize, page: impl Fn(&Cut) -> String) -> String {
    let room = room.max(MIN_CHARS);
    let (title, blocks, exact) = (report.title.clone(), report.blocks.clone(), exact::lines(&report.blocks));
    let mut cut = Cut { title, blocks, exact, lacks: Vec::new(), room };
    let mut out = page(&cut);
    for step in &STEPS {
        if fits(&out, room) {
            return out;
        }
        let count = (step.apply)(&mut cut);
        if count > 0 {
            cut.lacks.push(format!("{} ({count})", step.says));
            out = page(&cut);
        }
    }
    from_the_end(cut, room, out, page)
}

/// Drops whole blocks from the end, which holds what matters least, then the lines to search for.
fn from_the_end(mut cut: Cut, room: usize, out: String, page: impl Fn(&Cut) -> String) -> String {
    if fits(&out, room) {
        return out;
    }
    let (blocks, lacks) = (std::mem::take(&mut cut.blocks), cut.lacks.clone());
    let mut keep = |count: usize| {
        cut.blocks = blocks.iter().take(count).cloned().collect();
        cut.lacks.clone_from(&lacks);
        cut.lacks.push(format!("whole sections from the end ({})", blocks.len() - count));
        page(&cut)
    };
    // More blocks never make a shorter page, so that halving finds the most that fit.
    let (mut fitting, mut too_many) = (0, blocks.len());
    while too_many - fitting > 1 {
        let half = fitting.midpoint(too_many);
        *(if fits(&keep(half), room) { &mut fitting } else { &mut too_many }) = half;
    }
    let out = keep(fitting);
    if fits(&out, room) {
        return out;
    }
    cut.exact.clear();
    page(&cut)
}

fn fits(page: &str, room: usize) -> bool {
    page.len() <= room || page.chars().count() <= room
}

fn surroundings(cut: &mut Cut) -> usize {
    cut.drop_blocks(|block, _| matches!(block, Block::Lines { .. }).then_some(true))
}

fn folds(cut: &mut Cut) -> usize {
    cut.drop_blocks(|block, _| matches!(block, Block::Details { .. }).then_some(true))
}

/// Rows that say the same of both sides go, but for the one next to a difference.
fn equal_rows(cut: &mut Cut) -> usize {
    let is_equal = |row: &Row| matches!(row.change, Change::Same | Change::Slower | Change::Faster);
    let two = cut.lives().filter(|lives| lives.left.is_some());
    two.map(|lives| {
        let keep = |rows: &[Row], at: usize| {
            let near = rows.get(at.saturating_sub(1)..(at + 2).min(rows.len())).unwrap_or_default();
            near.iter().any(|row| !is_equal(row) && row.change != Change::Gap)
        };
        fold_rows(lives, keep)
    })
    .sum()
}

fn unchanged_lives(cut: &mut Cut) -> usize {
    let same = |lives: &Lives| lives.left.is_some() && lives.divergence.is_none();
    cut.drop_blocks(|block, _| if let Block::Lives(lives) = block { Some(same(lives)) } else { None })
}

fn more_evidence(cut: &mut Cut) -> usize {
    let beyond = |finding: &mut Finding| {
        let before = finding.evidence.len();
        finding.evidence.truncate(1);
        before - finding.evidence.len()
    };
    cut.findings().map(beyond).sum()
}

fn finding_details(cut: &mut Cut) -> usize {
    let clear = |f: &mut Finding| {
        let lists =
            f.caveats.len() + f.references.len() + f.explains.len() + f.advice.len().saturating_sub(1);
        f.caveats.clear();
        f.references.clear();
        f.explains.clear();
        f.advice.truncate(1);
        f.expected.clear();
        lists
    };
    cut.findings().skip(1).map(clear).sum()
}

fn more_lives(cut: &mut Cut) -> usize {
    cut.drop_blocks(|block, before| matches!(block, Block::Lives(_)).then_some(before > 0))
}

fn more_findings(cut: &mut Cut) -> usize {
    cut.drop_blocks(|block, before| matches!(block, Block::Finding(_)).then_some(before > 0))
}

fn far_rows(cut: &mut Cut) -> usize {
    let core = |lives: &mut Lives| {
        let at = lives.divergence.unwrap_or(CORE);
        fold_rows(lives, |_, row| row.abs_diff(at) <= CORE)
    };
    cut.lives().map(core).sum()
}

/// Puts a gap in the place of the rows that do not stay; the parting always does.
fn fold_rows(lives: &mut Lives, stays: impl Fn(&[Row], usize) -> bool) -> usize {
    let rows = std::mem::take(&mut lives.rows);
    let keep: Vec<bool> =
        (0..rows.len()).map(|at| lives.divergence == Some(at) || stays(&rows, at)).collect();
    let (mut gone, mut divergence) = (0, None);
    for (at, (row, keep)) in rows.into_iter().zip(keep).enumerate() {
        let after_gap = lives.rows.last().is_some_and(|row| row.change == Change::Gap);
        if keep {
            divergence = divergence.or((lives.divergence == Some(at)).then_some(lives.rows.len()));
            lives.rows.push(row);
            continue;
        }
        gone += usize::from(row.change != Change::Gap);
        if !after_gap {
            lives.rows.push(Row { change: Change::Gap, left: None, right: None });
        }
    }
    lives.divergence = divergence;
    gone
}

fn more_exact(cut: &mut Cut) -> usize {
    let before = cut.exact.len();
    cut.exact.truncate(2);
    for line in &mut cut.exact {
        shorten(line);
    }
    before - cut.exact.len()
}

fn long_texts(cut: &mut Cut) -> usize {
    shorten(&mut cut.title) + cut.blocks.iter_mut().map(short_block).sum::<usize>()
}

fn short_block(block: &mut Block) -> usize {
    match block {
        Block::Heading(_, spans) | Block::Text(spans) => short_spans(spans),
        Block::List { items, .. } => items.iter_mut().map(|item| short_spans(item)).sum(),
        Block::Facts(facts) => {
            facts.iter_mut().map(|f| shorten(&mut f.name) + short_spans(&mut f.value)).sum()
        }
        Block::Table(table) => short_table(table),
        Block::Lives(lives) => short_lives(lives),
        Block::Finding(finding) => short_finding(finding),
        Block::Lines { label, lines } => {
            shorten(label) + lines.iter_mut().map(|(_, text)| shorten(text)).sum::<usize>()
        }
        Block::Details { summary, blocks } => {
            shorten(summary) + blocks.iter_mut().map(short_block).sum::<usize>()
        }
    }
}

fn short_spans(spans: &mut [Span]) -> usize {
    spans.iter_mut().map(|span| shorten(&mut span.text)).sum()
}

fn short_table(table: &mut Table) -> usize {
    let heads: usize = table.head.iter_mut().map(shorten).sum();
    heads + table.rows.iter_mut().flatten().map(|cell| short_spans(cell)).sum::<usize>()
}

fn short_lives(lives: &mut Lives) -> usize {
    let heads = [Some(&mut lives.server), lives.left.as_mut(), Some(&mut lives.right)];
    let cells = lives.rows.iter_mut().flat_map(|row| [row.left.as_mut(), row.right.as_mut()]);
    let texts = cells.flatten().flat_map(|cell| [&mut cell.text, &mut cell.event]);
    heads.into_iter().flatten().chain(texts).map(shorten).sum()
}

fn short_finding(f: &mut Finding) -> usize {
    let single = [&mut f.id, &mut f.title, &mut f.severity, &mut f.input, &mut f.summary, &mut f.expected];
    let lists = f.caveats.iter_mut().chain(&mut f.advice).chain(&mut f.explains);
    let evidence = f.evidence.iter_mut().map(|(_, text)| text);
    let references = f.references.iter_mut().flat_map(|(role, to)| [role, to]);
    single.into_iter().chain(&mut f.server).chain(lists).chain(evidence).chain(references).map(shorten).sum()
}

/// Cuts a text; 1 if there was anything to cut. It is cleaned before, since a control character may become eight.
fn shorten(text: &mut String) -> usize {
    let clean = text::clean(text, true);
    let is_long = clean.chars().nth(SHORT).is_some();
    *text = if is_long { clean.chars().take(SHORT - 1).chain(['…']).collect() } else { clean };
    usize::from(is_long)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    fn cut(report: Report) -> Cut {
        let exact = exact::lines(&report.blocks);
        Cut { title: report.title, blocks: report.blocks, exact, lacks: Vec::new(), room: 0 }
    }

    #[test]
    fn what_fits_lacks_nothing() {
        let page =
            fitted(&fixture::filled("x"), 60_000, |cut| format!("{:?}{}", cut.note(), cut.blocks.len()));
        assert_eq!(page, format!("None{}", fixture::filled("x").blocks.len()));
    }

    #[test]
    fn every_step_leaves_something_out_and_twice_nothing() {
        let mut cut = cut(fixture::filled(&"x".repeat(500)));
        let finding = cut.blocks.iter().find(|b| matches!(b, Block::Finding(_))).cloned().unwrap();
        let lives = cut.blocks.iter().find(|b| matches!(b, Block::Lives(_))).cloned().unwrap();
        let Block::Lives(mut long) = lives else { unreachable!() };
        long.divergence = None;
        long.rows = vec![long.rows[4].clone(); 60];
        cut.blocks.extend([finding.clone(), finding, Block::Lives(long.clone())]);
        long.rows[0].change = Change::Same;
        cut.blocks.insert(0, Block::Lives(Lives { divergence: Some(30), ..long }));
        cut.exact = vec!["a".into(), "b".into(), "c".into()];
        for step in &STEPS {
            assert!((step.apply)(&mut cut) > 0, "{}", step.says);
            assert_eq!((step.apply)(&mut cut), 0, "{}", step.says);
        }
    }

    #[test]
    fn the_parting_stays_where_rows_go() {
        let Some(Block::Lives(mut lives)) =
            fixture::filled("x").blocks.into_iter().find(|b| matches!(b, Block::Lives(_)))
        else {
            unreachable!()
        };
        let parting = lives.rows[3].clone();
        fold_rows(&mut lives, |_, _| false);
        assert_eq!(lives.divergence.map(|at| &lives.rows[at]), Some(&parting));
        assert_eq!(lives.rows.len(), 3);
    }
}
