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
