//! `patterns lint`: every fault with the line it stands in, and a caret under it.

use serde_json::{Value, json};

use super::super::block::{Block, Report, Span, Tone};
use super::super::words::count;
use super::document;
use crate::pattern::lint::{Grade, Lint, Place};

/// How much of a line is shown before the caret, and in all.
const BEFORE: usize = 40;
const SHOWN: usize = 70;

/// What was found in one pack.
#[derive(Debug, Clone)]
pub struct Linted {
    /// The folder as the user named it, or the pack's name.
    pub pack: String,
    /// What is to be said.
    pub lints: Vec<Lint>,
}

/// The report on any number of packs; `notes` shows what is not wrong, too.
pub fn linted(packs: &[Linted], notes: bool) -> Report {
    let of = |grade: Grade| packs.iter().flat_map(|p| &p.lints).filter(|l| l.grade == grade).count() as u64;
    let (faults, remarks) = (of(Grade::Fault), of(Grade::Note));
    let mut blocks = Vec::new();
    for pack in packs {
        let shown = pack.lints.iter().filter(|l| notes || l.grade == Grade::Fault);
        blocks.extend(shown.flat_map(|l| lint(&pack.pack, l)));
    }
    let title = match faults {
        0 => "ok: nothing is wrong".to_owned(),
        n => format!("{} wrong", count(n, "thing is", "things are")),
    };
    if remarks > 0 && !notes {
        let hint = format!("{} left out; --notes shows them", count(remarks, "note", "notes"));
        blocks.push(Block::Text(vec![Span::toned(hint, Tone::Faint)]));
    }
    Report::new(title, blocks, doc(packs))
}

fn lint(pack: &str, lint: &Lint) -> Vec<Block> {
    let place = &lint.place;
    let at = format!("{pack}/{}:{}:{}", lint.file, place.line, place.column);
    let (word, tone) = match lint.grade {
        Grade::Fault => ("", Tone::Bad),
        Grade::Note => ("note: ", Tone::Warn),
    };
    let message = Span::toned(format!("{word}{}", lint.message), tone);
    let mut blocks = vec![Block::Text(vec![Span::toned(at, Tone::Strong), Span::plain(": "), message])];
    if place.line > 0 {
        let (text, caret) = excerpt(place);
        // A line without a number is none of the file's.
        let lines = vec![(place.line as u64, text), (0, caret)];
        blocks.push(Block::Lines { label: String::new(), lines });
    }
    blocks
}

/// The part of a line that a fault stands in, and the carets for the line below.
fn excerpt(place: &Place) -> (String, String) {
    let indent = place.text.chars().take_while(|c| c.is_whitespace()).count();
    let column = place.column.saturating_sub(1);
    let start = if column < BEFORE + indent { indent.min(column) } else { column - BEFORE };
    let cut = start > indent;
    let shown: String = place.text.chars().skip(start).take(SHOWN).collect();
    let more = place.text.chars().count() > start + SHOWN;
    let text = format!("{}{shown}{}", if cut { "… " } else { "" }, if more { " …" } else { "" });
    let before = column - start + if cut { 2 } else { 0 };
    let width = place.width.min(SHOWN.saturating_sub(column - start)).max(1);
    (text, format!("{}{}", " ".repeat(before), "^".repeat(width)))
}

fn doc(packs: &[Linted]) -> Value {
    let lint = |pack: &str, l: &Lint| {
        let grade = if l.grade == Grade::Fault { "fault" } else { "note" };
        json!({
            "pack": pack, "file": l.file, "line": l.place.line, "column": l.place.column, "grade": grade,
            "message": l.message,
        })
    };
    let all = packs.iter().flat_map(|p| p.lints.iter().map(|l| lint(&p.pack, l)));
    document("patterns-lint", json!({ "lints": all.collect::<Vec<_>>() }))
}

#[cfg(test)]
mod tests {
    use super::{Place, excerpt};

    fn shown(text: &str, part: &str) -> String {
        let at = text.find(part).unwrap();
        let column = text[..at].chars().count() + 1;
        let place = Place { line: 3, column, width: part.chars().count(), text: text.to_owned() };
        let (line, caret) = excerpt(&place);
        let carets: Vec<usize> =
            caret.chars().enumerate().filter(|(_, c)| *c == '^').map(|(i, _)| i).collect();
        carets.iter().filter_map(|i| line.chars().nth(*i)).collect()
    }

    #[test]
    fn the_carets_stand_under_what_is_meant() {
        assert_eq!(shown("    \"severty\": 3,", "\"severty\""), "\"severty\"");
        assert_eq!(shown("x", "x"), "x");
        let long = format!("      {} \"here\" {}", "ä".repeat(200), "b".repeat(300));
        assert_eq!(shown(&long, "\"here\""), "\"here\"");
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides() {
        let text = format!("{}X{}", "a".repeat(300), "b".repeat(300));
        let (line, caret) = excerpt(&Place { line: 1, column: 301, width: 200, text });
        assert!(
            line.chars().count() < 80 && caret.chars().count() <= line.chars().count(),
            "{line}\n{caret}"
        );
    }
}
