//! Small words that all reports share.

use std::collections::{BTreeMap, HashMap};
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
    let parts: BTreeMap<&str, Vec<&str>> =
        paths.iter().map(|path| (*path, path.split(['/', '\\']).collect())).collect();
    let mut labels: BTreeMap<&str, String> = BTreeMap::new();
    let mut length = 0;
    while labels.len() < parts.len() {
        length += 1;
        let ends = parts.iter().map(|(path, parts)| (*path, end(parts, length), parts.len() <= length));
        let ends: Vec<(&str, String, bool)> = ends.collect();
        let mut times: HashMap<&str, usize> = HashMap::new();
        ends.iter().for_each(|(_, end, _)| *times.entry(end).or_default() += 1);
        for (path, end, whole) in &ends {
            if (*whole || times.get(end.as_str()) == Some(&1)) && !labels.contains_key(path) {
                labels.insert(path, end.clone());
            }
        }
    }
    paths.iter().map(|path| labels.get(path).cloned().unwrap_or_default()).collect()
}

/// So many of the last parts of a path.
fn end(parts: &[&str], length: usize) -> String {
    parts.get(parts.len().saturating_sub(length)..).unwrap_or_default().join("/")
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
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

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

    proptest! {
        #[test]
        fn what_two_paths_are_called_is_the_same_only_if_they_are(
            paths in proptest::collection::vec("[ab/]{0,2}[ab]{1,2}(/[ab]{1,2}){0,3}", 0..12),
        ) {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let labels = labels(&paths);
            prop_assert_eq!(labels.len(), paths.len());
            for (path, label) in paths.iter().zip(&labels) {
                prop_assert!(path.ends_with(label.as_str()));
                let twins = paths.iter().zip(&labels).filter(|(_, other)| *other == label);
                prop_assert!(twins.clone().all(|(other, _)| other == path), "{twins:?}");
            }
        }
    }
}
