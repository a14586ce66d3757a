//! A redacted report, and the second look at what was made of it.
//!
//! Comes in: a report. Goes out: the redacted one, and for a finished text of it, in any format, whether a secret
//! is left in it. The second look does not trust the first: it searches the finished text for every value that was
//! replaced, and goes over its lines with all rules. Escapes are undone by the view. So that a format may cut, wrap
//! and join, what the rules find counts only if it stands in no text of the redacted report, nor in what the format
//! says by itself, which is what it makes of the same report with all words taken out.

use aho_corasick::AhoCorasick;

use super::find::{Hit, Known, by_rule};
use super::redactor::{Count, Redactor};
use super::rules::{Mark, RULES};
use super::view::View;
use super::walk::{self, Spot};
use crate::report::{Block, Report, Span};

/// The shortest value that is searched for by itself: a shorter one may be a word of the format.
const LEAST: usize = 10;

/// A secret in a finished text. It does not tell which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leak {
    /// The rule that it breaks.
    pub rule: &'static str,
}

/// A report that may be shown.
#[derive(Debug)]
pub struct Redacted {
    /// The report.
    pub report: Report,
    redactor: Redactor,
    /// All its texts, as views, one a line.
    words: String,
}

impl Redacted {
    /// Redacts a report: what any of its texts tells is used for all of them.
    pub(super) fn of(report: &Report) -> Self {
        let mut report = report.clone();
        let mut redactor = Redactor::new();
        let mut names = Vec::new();
        walk::servers(&report.document, &mut names);
        for name in names {
            redactor.keep(&name);
        }
        walk::texts(&mut report, &mut |text, spot| {
            if !matches!(spot, Spot::Fixed) {
                redactor.learn(text);
            }
        });
        walk::texts(&mut report, &mut |text, spot| match spot {
            Spot::Free => *text = redactor.text(text),
            Spot::Part(whole) => *text = redactor.part(whole, text),
            Spot::Fixed => {}
        });
        let words = words(&mut report);
        Self { report, redactor, words }
    }

    /// How often each rule had something to hide.
    pub fn counts(&self) -> Vec<Count> {
        self.redactor.counts()
    }

    /// Looks for what is left in a finished text. `render` is what made that text of the report.
    pub fn check(&self, finished: &str, render: impl Fn(&Report) -> String) -> Result<(), Leak> {
        let mut own = None;
        for (word, rule) in self.suspects(finished) {
            let harmless = self.words.contains(&word)
                || own
                    .get_or_insert_with(|| View::of(&render(&hollow(&self.report))).text.into_owned())
                    .contains(&word);
            if !harmless {
                return Err(Leak { rule: RULES.get(rule).map_or("", |r| r.name) });
            }
        }
        Ok(())
    }

    /// What could be a secret in a finished text, with its surroundings, and the place of its rule.
    fn suspects(&self, finished: &str) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        let known = Known::default();
        for line in finished.lines() {
            let view = View::of(line);
            let hits = by_rule(&view, &known);
            found.extend(
                hits.iter().filter(|hit| is_named(hit)).map(|hit| (surroundings(&view, hit), hit.rule)),
            );
        }
        let values: Vec<(&str, usize)> =
            self.redactor.values().filter(|(v, rule)| is_searched(v, *rule)).collect();
        let view = View::of(finished);
        if let Ok(search) = AhoCorasick::new(values.iter().map(|(v, _)| v)) {
            found.extend(search.find_iter(view.text.as_ref()).filter_map(|m| {
                values.get(m.pattern().as_usize()).map(|(v, rule)| ((*v).to_owned(), *rule))
            }));
        }
        found
    }
}

/// What is hidden by its length alone reaches to the end of a message, which a finished text does not show.
fn is_named(hit: &Hit) -> bool {
    RULES.get(hit.rule).is_some_and(|r| matches!(r.mark, Mark::Named(_)))
}

fn is_searched(value: &str, rule: usize) -> bool {
    let plain = matches!(RULES.get(rule).map(|r| r.mark), Some(Mark::Named("user" | "value")));
    value.len() >= LEAST && !plain
}

/// A hit with its label, without what marks that it was cut.
fn surroundings(view: &View<'_>, hit: &Hit) -> String {
    let text = view.text.get(hit.whole.clone()).unwrap_or_default();
    let text = text.trim_end_matches(['…', '.']);
    text.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

/// All texts of a report, and each line of spans as a whole.
fn words(report: &mut Report) -> String {
    let mut words = String::new();
    let mut add = |text: &str| {
        words.push_str(&View::of(text).text);
        words.push('\n');
    };
    walk::texts(report, &mut |text, _| add(text));
    joined(&report.blocks, &mut add);
    words
}

fn joined(blocks: &[Block], add: &mut dyn FnMut(&str)) {
    let line = |spans: &[Span]| spans.iter().map(|s| s.text.as_str()).collect::<String>();
    for block in blocks {
        match block {
            Block::Heading(_, spans) | Block::Text(spans) => add(&line(spans)),
            Block::List { items, .. } => items.iter().for_each(|item| add(&line(item))),
            Block::Facts(facts) => facts.iter().for_each(|fact| add(&line(&fact.value))),
            Block::Table(table) => table.rows.iter().flatten().for_each(|cell| add(&line(cell))),
            Block::Details { blocks, .. } => joined(blocks, add),
            Block::Lives(_) | Block::Finding(_) | Block::Lines { .. } => {}
        }
    }
}

/// The same report without a word in it.
fn hollow(report: &Report) -> Report {
    let mut report = report.clone();
    walk::texts(&mut report, &mut |text, spot| {
        if !matches!(spot, Spot::Fixed) {
            "x".clone_into(text);
        }
    });
    report
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Redacted;
    use crate::report::{Block, Report, Span, Tone};

    fn report() -> Report {
        let text =
            "Authorization: Bearer abc123def456 at http://gw.acme.example/mcp and http://127.0.0.1:18080/x";
        let document =
            json!({ "schema": "lastgood.diff/1", "text": text, "good": { "sha256": "0".repeat(64) } });
        Report::new("regressed", vec![Block::Text(vec![Span::toned(text, Tone::Code)])], document)
    }

    fn shown(report: &Report) -> String {
        format!("{}\n{}\n", report.title, report.document)
    }

    #[test]
    fn body_and_document_agree_and_keys_and_digests_stay() {
        let redacted = Redacted::of(&report());
        let wanted = "Authorization: Bearer <token-1> at http://<host-1>/mcp and http://127.0.0.1:18080/x";
        assert_eq!(redacted.report.document["text"], wanted);
        assert_eq!(redacted.report.document["good"]["sha256"], "0".repeat(64));
        let Some(Block::Text(spans)) = redacted.report.blocks.first() else { panic!() };
        assert_eq!(spans[0].text, wanted);
    }

    #[test]
    fn a_finished_text_without_a_secret_passes_wrapped_cut_and_escaped() {
        let redacted = Redacted::of(&report());
        assert_eq!(redacted.check(&shown(&redacted.report), shown), Ok(()));
        for text in [
            "at http://127.0.0…\n",
            "at http://127.0\n.0.1:18080/x",
            "Authorization: Bearer &lt;token-1&gt;",
            r"Authorization: Bearer \<token-1\> at http://\<host-1\>/mcp",
            "Authorization: Bearer <tok…",
        ] {
            assert_eq!(redacted.check(text, shown), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_value_that_slipped_through_is_found_however_it_is_escaped() {
        let redacted = Redacted::of(&report());
        for (text, rule) in [
            ("x abc123def456 y", "authorization"),
            ("to gw.acme.ex\u{200b}ample", "url-host"),
            ("&#97;bc123def456", "authorization"),
            ("\u{1b}[31mabc123\u{1b}[0mdef456", "authorization"),
            ("new ghp_0123456789abcdefghijkl", "vendor-token"),
            (r#"{\"api\_key\":\"zzz999\"}"#, "secret-field"),
        ] {
            let leak = redacted.check(text, shown).err().map(|l| l.rule);
            assert_eq!(leak, Some(rule), "{text}");
        }
    }

    #[test]
    fn what_the_format_says_by_itself_is_no_leak() {
        let redacted = Redacted::of(&report());
        let page =
            |r: &Report| format!("<style>api_key=abcdefgh12</style> http://style.acme.example {}", shown(r));
        assert_eq!(redacted.check(&page(&redacted.report), page), Ok(()));
        assert!(redacted.check(&page(&redacted.report), shown).is_err());
    }
}
