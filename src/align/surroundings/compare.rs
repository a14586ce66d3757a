//! Sets the templates of two logs side by side.
//!
//! In: both logs' lines by template, and the focus. Out: the changes, ranked and in order. Far more frequent is
//! what stands five times as often, ten lines more at least, both in number and as a share of the log's lines,
//! and whose G statistic passes 10.83 (one chance in a thousand): so neither a long log nor a few lines more
//! make a change.

use super::collect::{Seen, Surroundings};
use super::relevance::Judge;
use super::{Changes, Focus, LineChange, Relevance};

/// Times as often.
const FACTOR: f64 = 5.0;
/// Lines more, at least.
const MORE: u64 = 10;
/// G of a chance of one in a thousand, one degree of freedom.
const G: f64 = 10.83;

/// The lines that differ between two logs, outside their servers' lifecycle events.
pub fn compare(good: &Surroundings, bad: &Surroundings, focus: &Focus) -> Changes {
    let judge = Judge::new(good, bad, focus);
    let mut changes = Changes { not_compared: good.not_kept() + bad.not_kept(), ..Changes::default() };
    for b in bad.templates() {
        let Some(g) = good.get(&b.key) else {
            // What found no place in GOOD may have been there.
            if good.lacks(&b.key) {
                changes.new.push(change(None, Some(b), judge.appeared(b)));
            }
            continue;
        };
        let (of_good, of_bad) = ((g.count, good.lines()), (b.count, bad.lines()));
        if far_more(of_good, of_bad) {
            changes.more.push(change(Some(g), Some(b), judge.grew(b)));
        } else if far_more(of_bad, of_good) {
            changes.less.push(change(Some(g), Some(b), judge.vanished(g)));
        }
    }
    let gone = good.templates().iter().filter(|g| bad.lacks(&g.key));
    changes.gone.extend(gone.map(|g| change(Some(g), None, judge.vanished(g))));
    for list in [&mut changes.new, &mut changes.gone, &mut changes.more, &mut changes.less] {
        list.sort_by_key(|c| (c.relevance, c.bad_line.or(c.good_line)));
    }
    changes
}

fn change(good: Option<&Seen>, bad: Option<&Seen>, relevance: Relevance) -> LineChange {
    let shown = bad.or(good);
    LineChange {
        relevance,
        template: shown.map(Seen::template).unwrap_or_default(),
        example: shown.map(|s| s.example.to_string()).unwrap_or_default(),
        level: shown.and_then(|s| s.level.as_deref().map(str::to_owned)),
        good_line: good.map(|s| s.first),
        bad_line: bad.map(|s| s.first),
        good: good.map_or(0, |s| s.count),
        bad: bad.map_or(0, |s| s.count),
    }
}

/// Whether `more` (how many, of how many lines) is far more frequent than `few`.
fn far_more(few: (u64, u64), more: (u64, u64)) -> bool {
    let (a, b, of_a, of_b) = (few.0 as f64, more.0 as f64, few.1.max(1) as f64, more.1.max(1) as f64);
    more.0 >= few.0 + MORE
        && b >= a * FACTOR
        && b / of_b >= a / of_a * FACTOR
        && g_statistic(a, of_a, b, of_b) > G
}

/// Twice the log-likelihood ratio of one common rate against two.
fn g_statistic(a: f64, of_a: f64, b: f64, of_b: f64) -> f64 {
    let rate = (a + b) / (of_a + of_b);
    let part = |seen: f64, expected: f64| if seen > 0.0 { seen * (seen / expected).ln() } else { 0.0 };
    2.0 * (part(a, of_a * rate) + part(b, of_b * rate))
}

#[cfg(test)]
mod tests {
    use super::super::{Changes, Focus, Relevance, Surroundings};
    use super::{compare, far_more};

    fn log(lines: &[(&str, &str)]) -> Surroundings {
        let mut log = Surroundings::default();
        for (at, (level, message)) in lines.iter().enumerate() {
            log.see(at as u64 + 1, Some(level), message.as_bytes());
        }
        log
    }

    fn names(list: &[super::LineChange]) -> Vec<&str> {
        list.iter().map(|c| c.template.as_str()).collect()
    }

    #[test]
    fn a_log_differs_not_from_itself() {
        let lines = [("DEBUG", "a 1"), ("ERROR", "b failed"), ("DEBUG", "a 2")];
        assert_eq!(compare(&log(&lines), &log(&lines), &Focus::default()), Changes::default());
    }

    #[test]
    fn swapped_sides_mirror_new_and_gone() {
        let (a, b) = (log(&[("DEBUG", "a 1"), ("DEBUG", "c")]), log(&[("DEBUG", "b"), ("DEBUG", "a 2")]));
        let (ab, ba) = (compare(&a, &b, &Focus::default()), compare(&b, &a, &Focus::default()));
        assert_eq!((names(&ab.new), names(&ab.gone)), (vec!["b"], vec!["c"]));
        assert_eq!((names(&ba.new), names(&ba.gone)), (vec!["c"], vec!["b"]));
        assert_eq!((ab.new[0].bad_line, ab.new[0].good_line, ab.gone[0].good_line), (Some(1), None, Some(2)));
    }

    #[test]
    fn likely_lines_come_first_and_then_by_place() {
        let bad =
            log(&[("DEBUG", "chatter"), ("DEBUG", "MCP server \"a\": b"), ("ERROR", "MCP server \"a\" c")]);
        let changes = compare(&log(&[]), &bad, &Focus::default());
        assert_eq!(names(&changes.new), ["MCP server \"a\": b", "MCP server \"a\" c", "chatter"]);
        assert_eq!(changes.likely().count(), 2);
        assert_eq!(changes.new[2].relevance, Relevance::Chatter);
    }

    #[test]
    fn a_longer_log_has_not_more_of_anything() {
        assert!(!far_more((10, 100), (100, 1000)), "the same share of the lines");
        assert!(!far_more((1, 100), (9, 100)), "only eight more");
        assert!(!far_more((10, 100), (40, 100)), "only four times");
        assert!(!far_more((2, 1000), (15, 1_500)), "a share of five times by a hair");
        assert!(far_more((3, 150), (40, 190)));
        let a_loop: Vec<_> = (0..40).map(|_| ("ERROR", "reconnect failed")).collect();
        let changes =
            compare(&log(&[("ERROR", "reconnect failed"), ("DEBUG", "x")]), &log(&a_loop), &Focus::default());
        assert!(changes.more.is_empty(), "half of GOOD's lines say it already");
    }
}
