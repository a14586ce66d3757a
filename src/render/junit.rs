//! `JUnit` XML, which build servers show without a plug-in.
//!
//! Comes in: the report. Goes out: a suite a log, in it a case for each thing found, which fails unless it is
//! harmless, or one case that passes. A log that could not be read is an error. XML knows fewer characters than a
//! log: those it does not know are replaced.

use super::outcome::{self, Outcome, Weight};
use super::{Look, text};
use crate::report::{Log, Report};

/// The document.
pub(super) fn render(report: &Report, _look: &Look) -> String {
    let (logs, found) = (report.logs(), outcome::all(report));
    let mut lines = vec!["<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned()];
    let errors = logs.iter().filter(|log| log.error.is_some()).count();
    let suites: Vec<Vec<&Outcome>> =
        (0..logs.len()).map(|at| found.iter().filter(|it| it.log == at).collect()).collect();
    let tests: usize = suites.iter().map(|found| found.len().max(1)).sum();
    let failures = suites.iter().flatten().filter(|it| fails(it)).count();
    lines.push(format!(
        "<testsuites name=\"lastgood: {}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">",
        escaped(&report.title)
    ));
    for (log, found) in logs.iter().zip(&suites) {
        suite(log, found, &mut lines);
    }
    lines.push("</testsuites>".to_owned());
    lines.join("\n") + "\n"
}

fn fails(outcome: &Outcome) -> bool {
    outcome.weight != Weight::Note
}

fn suite(log: &Log, found: &[&Outcome], lines: &mut Vec<String>) {
    let failures = found.iter().filter(|it| fails(it)).count();
    let errors = usize::from(log.error.is_some());
    lines.push(format!(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\">",
        escaped(&log.path),
        found.len().max(1)
    ));
    match &log.error {
        Some(error) => {
            lines.push("    <testcase classname=\"lastgood\" name=\"the log can be read\">".to_owned());
            lines.push(format!("      <error message=\"{}\"/>", escaped(error)));
            lines.push("    </testcase>".to_owned());
        }
        None if found.is_empty() => {
            lines.push("    <testcase classname=\"lastgood\" name=\"nothing to report\"/>".to_owned());
        }
        None => found.iter().for_each(|it| case(it, lines)),
    }
    lines.push("  </testsuite>".to_owned());
}

fn case(outcome: &Outcome, lines: &mut Vec<String>) {
    let server = outcome.server.as_deref().unwrap_or("client");
    let name = format!("{}: {}", outcome.rule.id, outcome.rule.title);
    let (server, name) = (escaped(server), escaped(&name));
    lines.push(format!("    <testcase classname=\"{server}\" name=\"{name}\">"));
    let body = body(outcome);
    if fails(outcome) {
        let (message, kind) = (escaped(&outcome.message), escaped(&outcome.rule.kind));
        lines.push(format!("      <failure message=\"{message}\" type=\"{kind}\">{body}</failure>"));
    } else {
        lines.push(format!("      <system-out>{}\n{body}</system-out>", escaped(&outcome.message)));
    }
    lines.push("    </testcase>".to_owned());
}

/// What should have happened, what to do and the proof, a line each.
fn body(outcome: &Outcome) -> String {
    let rule = &outcome.rule;
    let mut said = Vec::new();
    said.extend((!rule.expected.is_empty()).then(|| format!("expected: {}", rule.expected)));
    said.extend(rule.advice.iter().map(|advice| format!("do this: {advice}")));
    said.extend(outcome.evidence.iter().map(|(line, text)| format!("line {line}: {text}")));
    said.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n")
}

/// Text for between tags and between double quotes.
fn escaped(of: &str) -> String {
    let known = |c: char| if matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c };
    let text: String = text::clean(of, true).chars().map(known).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;
    use serde_json::json;

    /// The names of the tags, in order, each closed one checked against what is open.
    fn tags(xml: &str) -> Vec<String> {
        let (mut open, mut all) = (Vec::new(), Vec::new());
        for part in xml.split('<').skip(2) {
            let (tag, rest) = part.split_once('>').unwrap();
            assert!(!rest.contains('>') && tag.matches('"').count().is_multiple_of(2), "{part}");
            let name = tag.split([' ', '/']).find(|it| !it.is_empty()).unwrap().to_owned();
            match () {
                () if tag.starts_with('/') => assert_eq!(open.pop().as_ref(), Some(&name)),
                () if tag.ends_with('/') => all.push(name),
                () => {
                    all.push(name.clone());
                    open.push(name);
                }
            }
        }
        assert!(open.is_empty(), "{open:?}");
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_word_of_a_log_adds_an_element(text in fixture::evil()) {
            let xml = |text: &str| render(&fixture::filled(text), &Look::default());
            prop_assert_eq!(tags(&xml(&format!("x{text}\u{fffe}"))), tags(&xml("x")));
        }
    }

    #[test]
    fn a_log_without_a_finding_passes_and_an_unreadable_one_is_an_error() {
        let document =
            json!({ "inputs": [{ "path": "a.log" }], "errors": [{ "path": "b.log", "message": "gone" }] });
        let out = render(&Report::new("t", Vec::new(), document), &Look::default());
        let wanted = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"lastgood: t\" tests=\"2\" failures=\"0\" errors=\"1\">
  <testsuite name=\"a.log\" tests=\"1\" failures=\"0\" errors=\"0\">
    <testcase classname=\"lastgood\" name=\"nothing to report\"/>
  </testsuite>
  <testsuite name=\"b.log\" tests=\"1\" failures=\"0\" errors=\"1\">
    <testcase classname=\"lastgood\" name=\"the log can be read\">
      <error message=\"gone\"/>
    </testcase>
  </testsuite>
</testsuites>
";
        assert_eq!(out, wanted);
    }
}
