//! Annotations for GitHub Actions.
//!
//! Comes in: the report. Goes out: a workflow command a line, heaviest first, at most [`MAX`] and then one that sums
//! up. Every line begins with a command of ours, and a log's words stand within its escapes, so that no log can
//! start a command.

use super::outcome::{self, Outcome, Weight};
use super::{Look, text};
use crate::report::{Log, Report};

/// What a step shows.
const MAX: usize = 10;

/// The annotations.
pub(super) fn render(report: &Report, _look: &Look) -> String {
    let (logs, mut found) = (report.logs(), outcome::all(report));
    found.sort_by_key(|it| it.weight as u8);
    let unread = logs.iter().filter_map(|log| Some(unreadable(log, log.error.as_deref()?)));
    let all: Vec<String> = unread.chain(found.iter().map(|it| annotation(it, logs.get(it.log)))).collect();
    let mut lines: Vec<&str> = all.iter().take(MAX).map(String::as_str).collect();
    let summary = summary(report, all.len());
    lines.push(&summary);
    lines.join("\n") + "\n"
}

fn annotation(outcome: &Outcome, log: Option<&Log>) -> String {
    let mut properties = Vec::new();
    properties.extend(log.map(|log| ("file", log.path.clone())));
    properties.extend(outcome.evidence.first().map(|(line, _)| ("line", line.to_string())));
    properties.push(("title", format!("{} ({})", outcome.rule.title, outcome.rule.id)));
    let advice = outcome.rule.advice.first().map(|it| format!("Do this: {it}"));
    let proof = outcome.evidence.iter().map(|(line, text)| format!("{line}: {text}"));
    let message: Vec<String> = [outcome.message.clone()].into_iter().chain(advice).chain(proof).collect();
    command(outcome.weight, &properties, &message.join("\n"))
}

fn unreadable(log: &Log, error: &str) -> String {
    let properties = [("file", log.path.clone()), ("title", "a log could not be read".to_owned())];
    command(Weight::Error, &properties, &text::clean(error, true))
}

/// The answer, and how much of it is not shown.
fn summary(report: &Report, all: usize) -> String {
    let hidden = all.saturating_sub(MAX);
    let hidden = if hidden > 0 { format!(" ({hidden} more are not shown here)") } else { String::new() };
    let message = format!("{}{hidden}", text::clean(&report.title, true));
    command(report.tone.into(), &[("title", "lastgood".to_owned())], &message)
}

/// A workflow command; its message may have line breaks of ours.
fn command(weight: Weight, properties: &[(&str, String)], message: &str) -> String {
    let name = match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "notice",
    };
    let property = |(name, value): &(&str, String)| format!("{name}={}", in_property(value));
    let properties: Vec<String> = properties.iter().map(property).collect();
    format!("::{name} {}::{}", properties.join(","), in_message(message))
}

fn in_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn in_property(text: &str) -> String {
    in_message(&text::clean(text, true)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_line_is_a_command_of_ours(text in fixture::evil(), many in 1_usize..9) {
            let text = format!("{text}\n::set-output name=x::y\r\n::add-mask::z");
            let mut report = fixture::filled(&text);
            report.blocks = std::iter::repeat_n(report.blocks, many).flatten().collect();
            let out = render(&report, &Look::default());
            prop_assert!(out.lines().count() <= MAX + 1);
            for line in out.lines() {
                prop_assert!(line.starts_with("::error ") || line.starts_with("::warning "), "{}", line);
                let properties = line.split_once(' ').unwrap().1.split("::").next().unwrap();
                let names: Vec<&str> = properties.split(',').map(|it| it.split('=').next().unwrap()).collect();
                prop_assert!(names.iter().all(|it| ["file", "line", "title"].contains(it)), "{}", line);
            }
        }
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let mut report = fixture::filled("x");
        report.blocks = std::iter::repeat_n(report.blocks, 5).flatten().collect();
        let out = render(&report, &Look::default());
        assert!(out.ends_with("::error title=lastgood::x (6 more are not shown here)\n"), "{out}");
    }

    #[test]
    fn properties_escape_what_ends_them() {
        assert_eq!(in_property("a:b,c%d"), "a%3Ab%2Cc%25d");
        assert_eq!(in_message("50%\nnext: a, b"), "50%25%0Anext: a, b");
    }
}
