//! The bug form of the client, to be pasted field by field.
//!
//! Comes in: the report's form. Goes out: a heading a field, in the form's order, with its id, and under it what the
//! logs prove or the word that the reporter has to fill it in. `look.max_chars` bounds the field for logs. A log's
//! words are code or escaped, as everywhere in Markdown.

use super::{inline, list};
use crate::render::{Look, MIN_CHARS, logs, text};
use crate::report::{Answer, Report};

/// What stands where only the reporter knows.
const OPEN: &str = "(for the reporter to fill in)";

/// Longer paragraphs are cut.
const MAX_PARAGRAPH: usize = 1000;

/// The form.
pub(in crate::render) fn render(report: &Report, look: &Look) -> String {
    let fields = report.form();
    let told: Vec<(String, &Answer)> =
        fields.iter().map(|f| (format!("### {}\n<!-- {} -->\n\n", f.label, f.id), &f.answer)).collect();
    let others: usize =
        told.iter().map(|(head, a)| head.chars().count() + answer(a, "").chars().count() + 2).sum();
    let max_chars = look.max_chars.saturating_sub(others).max(MIN_CHARS);
    let logs = logs::render(report, &Look { max_chars, ..*look });
    let fields: Vec<String> = told.iter().map(|(head, a)| format!("{head}{}", answer(a, &logs))).collect();
    fields.join("\n\n") + "\n"
}

fn answer(answer: &Answer, logs: &str) -> String {
    match answer {
        Answer::Known(paragraphs) => prose(paragraphs),
        Answer::Begun(paragraphs) => format!("{}\n\n{OPEN}", prose(paragraphs)),
        Answer::Steps(steps) => {
            let steps = list(true, steps.iter().map(|step| prose(std::slice::from_ref(step))));
            format!("{steps}\n\n{OPEN}")
        }
        Answer::Logs => {
            let lines: Vec<String> = logs.lines().map(str::to_owned).collect();
            super::fence("shell", &lines)
        }
        Answer::Open(hint) => format!("{OPEN}: {hint}"),
    }
}

fn prose(paragraphs: &[String]) -> String {
    let paragraph = |text: &String| inline::prose(&text::cut(&text::clean(text, true), MAX_PARAGRAPH, true));
    paragraphs.iter().map(paragraph).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn no_word_of_a_log_adds_a_field_or_a_line(text in fixture::evil()) {
            let form = |text: &str| render(&fixture::filled(text), &Look { max_chars: usize::MAX, ..Look::default() });
            let (plain, evil) = (form("x"), form(&format!("x{text}")));
            let heads = |page: &str| page.lines().filter(|l| l.starts_with("### ") || l.starts_with("<!-- ")).count();
            prop_assert_eq!(heads(&plain), heads(&evil));
            prop_assert_eq!(heads(&evil), 2 * fixture::filled("x").form().len());
            prop_assert_eq!(plain.lines().count(), evil.lines().count(), "{}", evil);
        }
    }

    #[test]
    fn what_is_not_proved_is_for_the_reporter() {
        let out = render(&fixture::filled("x"), &Look::default());
        assert!(
            out.contains("### Operating System\n<!-- os -->\n\n(for the reporter to fill in): "),
            "{out}"
        );
        assert!(out.contains("### Claude Code Version\n<!-- version -->\n\nx\n"), "{out}");
        assert!(out.contains("```shell\nlastgood: x\n"), "{out}");
    }
}
