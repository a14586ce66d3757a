//! What belongs into the log field of a form: plain text, no Markdown.
//!
//! Comes in: the report. Goes out: the answer, the aligned lives with `+` and `-` in column one, and the lines that
//! prove each finding, of at most `look.max_chars` characters. The field is shown as code: every line begins with
//! a word, a mark or a number of ours, so that no line of a log can end that.

use super::fit::{self, Cut};
use super::{Look, text, unified};
use crate::report::{Block, Finding, Report};

/// The text of the field.
pub(super) fn render(report: &Report, look: &Look) -> String {
    fit::fitted(report, look.max_chars, page)
}

fn page(cut: &Cut) -> String {
    let mut lines = vec![format!("lastgood: {}", text::clean(&cut.title, true))];
    for block in &cut.blocks {
        add(block, &mut lines);
    }
    lines.extend(cut.note());
    lines.join("\n") + "\n"
}

/// The lines of one block; only lives and what proves a finding belong into a field for logs.
fn add(block: &Block, out: &mut Vec<String>) {
    match block {
        Block::Lives(lives) => {
            out.extend([String::new(), format!("server {}", text::clean(&lives.server, true))]);
            out.extend(unified::lines(lives));
        }
        Block::Finding(finding) if !finding.evidence.is_empty() => {
            out.extend([String::new(), head(finding)]);
            out.extend(unified::numbered(&finding.evidence));
        }
        _ => {}
    }
}

fn head(finding: &Finding) -> String {
    let server = finding.server.as_ref().map(|server| format!(", server {server}")).unwrap_or_default();
    text::clean(&format!("evidence of {}, {}{server}", finding.id, finding.input), true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_line_can_end_a_fence_or_start_a_command(text in fixture::evil(), max_chars in 2000_usize..9000) {
            for line in render(&fixture::filled(&text), &Look { max_chars, ..Look::default() }).lines() {
                let line = line.trim_start();
                prop_assert!(!["```", "~~~", "::", "##["].iter().any(|it| line.starts_with(it)), "{}", line);
            }
        }

        #[test]
        fn it_fits(text in fixture::evil(), max_chars in 2000_usize..20_000) {
            let look = Look { max_chars, ..Look::default() };
            prop_assert!(render(&fixture::filled(&text), &look).chars().count() <= max_chars);
        }
    }

    #[test]
    fn evidence_stands_under_the_name_of_its_finding() {
        let out = render(&fixture::filled("x"), &Look::default());
        assert!(out.starts_with("lastgood: x\n\nserver x\n--- x\n+++ x\n"), "{out}");
        assert!(out.contains("\nevidence of x, x, server x\n                 137  x\n"), "{out}");
    }
}
