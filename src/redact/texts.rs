//! Takes the texts out of a report, each once, and puts them back.
//!
//! Comes in: a report. Goes out: its texts in the order in which they first stand in it, to be redacted; then the report
//! with what became of them. In between the report is empty, so that nothing is held twice.

use std::collections::HashMap;
use std::mem;

use super::together::Text;
use super::walk::{self, Spot};
use crate::report::Report;

/// The texts of a report.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Each of them once.
    pub(super) all: Vec<Text>,
    /// Which of them stands at each place.
    places: Vec<usize>,
}

/// Where the texts are that were seen.
#[derive(Debug, Default)]
struct Index {
    whole: HashMap<String, usize>,
    /// Parts, by what they were cut out of.
    parts: HashMap<(usize, String), usize>,
}

impl Texts {
    /// Takes them out.
    pub(super) fn out_of(report: &mut Report) -> Self {
        let (mut texts, mut index) = (Self::default(), Index::default());
        walk::texts(report, &mut |text, spot| {
            let at = match spot {
                Spot::Free => texts.whole(mem::take(text), &mut index),
                Spot::Part(whole) => {
                    let whole = texts.whole(whole.to_owned(), &mut index);
                    texts.part(whole, mem::take(text), &mut index)
                }
                Spot::Fixed => return,
            };
            texts.places.push(at);
            texts.all[at].times += 1;
        });
        let parts = index.parts.into_iter().map(|((_, text), at)| (text, at));
        index.whole.into_iter().chain(parts).for_each(|(text, at)| texts.all[at].now = text);
        texts
    }

    fn whole(&mut self, text: String, index: &mut Index) -> usize {
        *index.whole.entry(text).or_insert_with(|| self.add(None))
    }

    fn part(&mut self, whole: usize, text: String, index: &mut Index) -> usize {
        *index.parts.entry((whole, text)).or_insert_with(|| self.add(Some(whole)))
    }

    /// A place for a text, which is held by the index until all were seen.
    fn add(&mut self, of: Option<usize>) -> usize {
        self.all.push(Text::new(String::new(), of));
        self.all.len() - 1
    }

    /// Puts them back where they were.
    pub(super) fn back_into(mut self, report: &mut Report) {
        let mut places = self.places.into_iter();
        walk::texts(report, &mut |text, spot| {
            if matches!(spot, Spot::Fixed) {
                return;
            }
            let Some(known) = places.next().and_then(|at| self.all.get_mut(at)) else { return };
            known.times -= 1;
            *text = if known.times == 0 { mem::take(&mut known.now) } else { known.now.clone() };
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Texts;
    use crate::report::{Block, Report, Span};

    #[test]
    fn what_is_taken_out_comes_back_to_its_place() {
        let text = |text: &str| Block::Text(vec![Span::plain(text), Span::plain("twice")]);
        let event = json!({ "fields": { "a": "part", "b": ["part", "other"] }, "event": "connected", "text": "a part" });
        let document = json!({ "schema": "s", "events": [event], "text": "twice" });
        let report = Report::new("title", vec![text("one"), text("other")], document);
        let mut emptied = report.clone();
        let texts = Texts::out_of(&mut emptied);
        let seen: Vec<(&str, u64)> = texts.all.iter().map(|text| (text.now.as_str(), text.times)).collect();
        assert_eq!(
            seen,
            [("title", 1), ("one", 1), ("twice", 3), ("other", 1), ("a part", 1), ("part", 2), ("other", 1)]
        );
        assert_eq!(emptied.document["events"][0]["event"], "connected");
        assert_eq!(emptied.document["events"][0]["text"], "");
        texts.back_into(&mut emptied);
        assert_eq!(emptied, report);
    }
}
