//! Small words that all reports share.

use std::path::Path;

use super::block::Tone;
use crate::align::Verdict;
use crate::pattern::Severity;
use crate::timeline::Outcome;

/// `1 line`, `2 lines`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The last part of a path: reports are pasted, and folders are nobody's business.
pub(super) fn file_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned())
}

/// The shortest ends of paths by which they can be told apart.
pub fn labels(paths: &[&str]) -> Vec<String> {
    let parts: Vec<Vec<&str>> = paths.iter().map(|p| p.split(['/', '\\']).collect()).collect();
    let end = |p: &[&str], n: usize| p[p.len().saturating_sub(n)..].join("/");
    let alone = |at: usize, n: usize| {
        parts
            .iter()
            .enumerate()
            .all(|(i, p)| i == at || paths[i] == paths[at] || end(p, n) != end(&parts[at], n))
    };
    let shortest = |at: usize| (1..parts[at].len()).find(|n| alone(at, *n)).unwrap_or(parts[at].len());
    (0..paths.len()).map(|at| end(&parts[at], shortest(at))).collect()
}

/// Whether an outcome is well.
pub(super) fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Ready => Tone::Good,
        Outcome::Failed => Tone::Bad,
        Outcome::Degraded | Outcome::NeedsAuth => Tone::Warn,
        Outcome::Pending | Outcome::Unknown => Tone::Plain,
    }
}

/// Whether a verdict is well.
pub(super) fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Same | Verdict::Improved => Tone::Good,
        Verdict::Changed => Tone::Warn,
        Verdict::Regressed => Tone::Bad,
    }
}

/// How loud a severity is.
pub(super) fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info | Severity::Low => Tone::Faint,
        Severity::Warning => Tone::Warn,
        Severity::High | Severity::Critical => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn files_of_one_name_are_told_apart_by_as_little_of_their_path_as_is_needed() {
        assert_eq!(
            labels(&["/x/a/bad.log", "/x/b/bad.log", "/x/good.log"]),
            ["a/bad.log", "b/bad.log", "good.log"]
        );
        assert_eq!(labels(&["one.log"]), ["one.log"]);
        assert_eq!(labels(&["a.log", "a.log"]), ["a.log", "a.log"]);
    }
}
