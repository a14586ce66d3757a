//! A redacted report, and the second look at what was made of it.
//!
//! Comes in: a report. Goes out: the redacted one, and for a finished text of it, in any format, whether a secret
//! is left in it. The second look does not trust the first: it searches the finished text for every value that was
//! replaced, and goes over its lines with all rules. Escapes are undone by the view. So that a format may cut, wrap
//! and join, what the rules find counts only if it stands in no text of the redacted report, nor in what the format
//! says by itself, which is what it makes of the same report with all words taken out.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;

use super::redactor::{Count, Redactor};
use super::rules::RULES;
use super::suspects::{Suspect, suspects};
use super::texts::Texts;
use super::view::View;
use super::walk::{self, Spot};
use crate::report::{Block, Report, Span};

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
    threads: usize,
}

impl Redacted {
    /// Redacts a report: what any of its texts tells is used for all of them.
    pub(super) fn of(mut report: Report, threads: usize) -> Self {
        let mut redactor = Redactor::new();
        let mut names = BTreeSet::new();
        walk::servers(&report.document, &mut names);
        names.into_iter().for_each(|name| redactor.keep(name));
        let mut texts = Texts::out_of(&mut report);
        redactor.together(&mut texts.all, threads);
        texts.back_into(&mut report);
        Self { report, redactor, threads }
    }

    /// How often each rule had something to hide.
    pub fn counts(&self) -> Vec<Count> {
        self.redactor.counts()
    }

    /// Looks for what is left in a finished text. `render` is what made that text of the report.
    pub fn check(&mut self, finished: &str, render: impl Fn(&Report) -> String) -> Result<(), Leak> {
        let suspects = suspects(finished, self.redactor.values(), self.threads);
        let suspects = self.without_own_words(suspects);
        if suspects.is_empty() {
            return Ok(());
        }
        let own = render(&hollow(&self.report));
        let own = View::of(&own);
        match suspects.iter().find(|(word, _)| !own.text.contains(word.as_str())) {
            Some((_, rule)) => Err(Leak { rule: RULES.get(*rule).map_or("", |r| r.name) }),
            None => Ok(()),
        }
    }

    /// Those that stand in no text of the report.
    fn without_own_words(&mut self, mut suspects: Vec<Suspect>) -> Vec<Suspect> {
        suspects.retain(|(word, _)| !word.is_empty());
        if suspects.is_empty() {
            return suspects;
        }
        let Ok(search) = AhoCorasick::new(suspects.iter().map(|(word, _)| word)) else { return suspects };
        let mut own = vec![false; suspects.len()];
        each_word(&mut self.report, &mut |text| {
            for found in search.find_overlapping_iter(View::of(text).text.as_ref()) {
                own[found.pattern().as_usize()] = true;
            }
        });
        let mut own = own.into_iter();
        suspects.retain(|_| !own.next().unwrap_or_default());
        suspects
    }
}

/// Goes through all texts of a report, and through each line of spans as a whole.
fn each_word(report: &mut Report, see: &mut dyn FnMut(&str)) {
    walk::texts(report, &mut |text, _| see(text));
    joined(&report.blocks, see);
}

fn joined(blocks: &[Block], see: &mut dyn FnMut(&str)) {
    let line = |spans: &[Span]| spans.iter().map(|s| s.text.as_str()).collect::<String>();
    for block in blocks {
        match block {
            Block::Heading(_, spans) | Block::Text(spans) => see(&line(spans)),
            Block::List { items, .. } => items.iter().for_each(|item| see(&line(item))),
            Block::Facts(facts) => facts.iter().for_each(|fact| see(&line(&fact.value))),
            Block::Table(table) => table.rows.iter().flatten().for_each(|cell| see(&line(cell))),
            Block::Details { blocks, .. } => joined(blocks, see),
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

    use super::{Leak, Redacted};
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

    fn checked(redacted: &mut Redacted, render: impl Fn(&Report) -> String) -> Result<(), Leak> {
        let text = render(&redacted.report);
        redacted.check(&text, render)
    }

    #[test]
    fn body_and_document_agree_and_keys_and_digests_stay() {
        let redacted = Redacted::of(report(), 1);
        let wanted = "Authorization: Bearer <token-1> at http://<host-1>/mcp and http://127.0.0.1:18080/x";
        assert_eq!(redacted.report.document["text"], wanted);
        assert_eq!(redacted.report.document["good"]["sha256"], "0".repeat(64));
        let Some(Block::Text(spans)) = redacted.report.blocks.first() else { panic!() };
        assert_eq!(spans[0].text, wanted);
    }

    #[test]
    fn a_finished_text_without_a_secret_passes_wrapped_cut_and_escaped() {
        let mut redacted = Redacted::of(report(), 1);
        assert_eq!(checked(&mut redacted, shown), Ok(()));
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
        let mut redacted = Redacted::of(report(), 1);
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
        let mut redacted = Redacted::of(report(), 1);
        let page =
            |r: &Report| format!("<style>api_key=abcdefgh12</style> http://style.acme.example {}", shown(r));
        assert_eq!(checked(&mut redacted, page), Ok(()));
        assert!(redacted.check(&page(&redacted.report.clone()), shown).is_err());
    }
}
