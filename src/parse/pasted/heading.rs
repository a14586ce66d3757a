//! Reads what people write above an excerpt: the version it is from, and whether that run worked.
//!
//! Comes in: a line that is no log line. Goes out: a [`Heading`], if it has the shape of one. A sentence that merely
//! speaks of a version is none.

/// How a run went, by the words beside its excerpt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It worked.
    Worked,
    /// It did not.
    Failed,
}

/// What stands above an excerpt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Heading {
    pub(super) version: Option<String>,
    pub(super) run: Option<Run>,
}

/// A heading is no longer, in characters.
const MAX_LENGTH: usize = 140;

/// One without a colon is no longer.
const MAX_BARE: usize = 50;

const WORKED: [&str; 16] = [
    "work", "works", "worked", "working", "good", "ok", "okay", "fine", "success", "succeeds", "passes",
    "before", "healthy", "✅", "✓", "✔",
];

const FAILED: [&str; 17] = [
    "broken",
    "breaks",
    "broke",
    "bad",
    "regression",
    "regressed",
    "regresses",
    "fail",
    "fails",
    "failed",
    "failing",
    "failure",
    "after",
    "faulty",
    "❌",
    "✗",
    "✘",
];

const NOT: [&str; 8] = ["not", "no", "never", "isn't", "doesn't", "don't", "stopped", "won't"];

/// Reads a line as a heading.
pub(super) fn heading(line: &str) -> Option<Heading> {
    let text = line.trim();
    let bare = text.trim_matches(['#', '*', '_', '>', '-', ' ', '`', '=']);
    let length = bare.chars().count();
    if length == 0 || length > MAX_LENGTH || bare.matches(['|', '│']).count() > 1 {
        return None;
    }
    let mut versions = versions(bare);
    versions.dedup();
    let run = run(bare);
    let titled =
        bare.ends_with(':') || text.starts_with('#') || (text.starts_with("**") && text.ends_with("**"));
    let short = length <= MAX_BARE && !bare.ends_with('.');
    match versions.as_slice() {
        [one]
            if titled
                || (short && (run.is_some() || bare.trim_start_matches('v').starts_with(one.as_str()))) =>
        {
            Some(Heading { version: Some(one.clone()), run })
        }
        [] if titled && run.is_some() && length <= MAX_BARE => Some(Heading { version: None, run }),
        _ => None,
    }
}

/// Where in the text of an entry a heading begins that hangs on behind it: ` v2.1.147 (broken): …`.
pub(super) fn glued(text: &str) -> Option<usize> {
    let starts = text.match_indices(' ').map(|(at, _)| at + 1);
    let begins = |at: &usize| {
        let rest = &text[*at..];
        let length = version_length(rest.strip_prefix('v').unwrap_or(rest));
        let behind = length.and_then(|n| rest.get(n + usize::from(rest.starts_with('v'))..));
        let marked = behind.is_some_and(|b| [" (", ":", " —", " –", " -"].iter().any(|m| b.starts_with(m)));
        marked && heading(rest).is_some_and(|h| h.run.is_some())
    };
    starts.into_iter().find(begins)
}

/// The versions that a text names, in order.
fn versions(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
    let of = |word: &str| {
        let word = word.trim_matches('.');
        let word = word.strip_prefix('v').unwrap_or(word);
        (version_length(word) == Some(word.len())).then(|| word.to_owned())
    };
    words.filter_map(of).collect()
}

/// The length of the version `1.2.3` that a text begins with.
fn version_length(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let version = text.get(..end)?.trim_end_matches('.');
    let parts: Vec<&str> = version.split('.').collect();
    let fits = |p: &&str| (1..=4).contains(&p.len());
    (parts.len() == 3 && parts.iter().all(fits)).then_some(version.len())
}

/// How a run went, by the first word that tells.
fn run(text: &str) -> Option<Run> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || "():,;*_`[]/—–\"".contains(c))
        .filter(|w| !w.is_empty())
        .collect();
    let told = |w: &str| {
        let w = w.trim_matches(['.', '!', '-']);
        let worked = WORKED.contains(&w).then_some(Run::Worked);
        worked.or_else(|| FAILED.contains(&w).then_some(Run::Failed))
    };
    let at = words.iter().position(|w| told(w).is_some())?;
    let denied = words.iter().take(at).rev().take(2).any(|w| NOT.contains(w));
    match told(words.get(at)?)? {
        Run::Worked if denied => Some(Run::Failed),
        // "regression: no" and "not broken" are too seldom to be told apart; the word stands.
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::{Heading, Run, glued, heading};

    fn read(line: &str) -> Option<(Option<String>, Option<Run>)> {
        heading(line).map(|Heading { version, run }| (version, run))
    }

    fn is(line: &str, version: Option<&str>, run: Option<Run>) {
        assert_eq!(read(line), Some((version.map(str::to_owned), run)), "{line}");
    }

    #[test]
    fn headings_tell_version_and_run() {
        is("v2.1.146 (working):", Some("2.1.146"), Some(Run::Worked));
        let added = "v2.1.147 (broken) — lines added in v2.1.147 marked with +:";
        is(added, Some("2.1.147"), Some(Run::Failed));
        is("## 2.1.146", Some("2.1.146"), None);
        is("**Claude Code 2.1.150 - no longer works**", Some("2.1.150"), Some(Run::Failed));
        is("Before (2.1.146)", Some("2.1.146"), Some(Run::Worked));
        is("Not working:", None, Some(Run::Failed));
        is("last known good:", None, Some(Run::Worked));
        is("2.1.146 ✅", Some("2.1.146"), Some(Run::Worked));
    }

    #[test]
    fn sentences_tables_and_form_fields_are_no_headings() {
        for line in [
            "The same gateway works on v2.1.146 and earlier.",
            "│ 2.1.146 │ 2026-05-20 │ ✅ last known good    │",
            "2.1.1472026-05-21     │ ❌ first broken       │",
            "It worked in 2.1.146 and fails in 2.1.147:",
            "Error Messages/Logs",
            "What Should Happen?",
            "Listening on 127.0.0.1",
            "",
        ] {
            assert_eq!(heading(line), None, "{line}");
        }
    }

    #[test]
    fn a_heading_that_hangs_on_behind_an_entry_is_found() {
        let text = "completed successfully in 538ms v2.1.147 (broken) — marked with +:";
        assert_eq!(glued(text).map(|at| &text[at..at + 8]), Some("v2.1.147"));
        assert_eq!(glued("server 1.2.3 (fastmcp) is up"), None);
    }
}
