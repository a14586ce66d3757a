//! A known failure on a terminal.
//!
//! Comes in: a finding. Goes out: its severity and title, then what happened, what to do, and the lines that
//! prove it, each behind a word in the margin, so that the eye finds "do this" at once. What the finding does
//! not say takes no line.

use super::page::{self, Ink, Line, Page, Run};
use crate::report::{Finding, Tone};

/// The margin: the longest word in it is `critical`, behind a mark.
const MARGIN: usize = 12;
/// Lines of the page that one line of evidence may take.
const EVIDENCE_LINES: usize = 3;

/// Draws the finding.
pub(super) fn draw(page: &mut Page, finding: &Finding) {
    let ink = match Ink::from(finding.tone) {
        Ink::Plain => Ink::Strong,
        ink => ink,
    };
    let mark = Run::mark(page::tone_mark(page.look, finding.tone), ink);
    let severity = Run::cut(page.look, &finding.severity, MARGIN - 4, ink);
    let head = page::filled(&[mark, Run::space(1), severity], MARGIN);
    let (title, room) = (Run::new(page.look, &finding.title, Ink::Strong), page.prose_room());
    page.hang(&head, &[title], room, usize::MAX);
    said(page, "id", &identity(finding), Ink::Code);
    said(page, "what", &finding.summary, Ink::Plain);
    for caveat in &finding.caveats {
        let (mark, text) = (page::tone_mark(page.look, Tone::Warn), Run::new(page.look, caveat, Ink::Warn));
        beside(page, "but", &[Run::mark(mark, Ink::Warn), Run::space(1)], &[text], usize::MAX);
    }
    advice(page, &finding.advice);
    said(page, "expected", &finding.expected, Ink::Plain);
    evidence(page, finding);
    for (at, (role, to)) in finding.references.iter().enumerate() {
        said(page, if at == 0 { "see" } else { "" }, &format!("{to} ({role})"), Ink::Plain);
    }
    said(page, "explains", &finding.explains.join(", "), Ink::Plain);
}

/// The id, and how often it was found.
fn identity(finding: &Finding) -> String {
    match finding.count {
        0 | 1 => finding.id.clone(),
        count => format!("{}, {count} times", finding.id),
    }
}

/// A sentence behind its word.
fn said(page: &mut Page, word: &'static str, text: &str, ink: Ink) {
    if !text.is_empty() {
        let text = Run::new(page.look, text, ink);
        beside(page, word, &[], &[text], usize::MAX);
    }
}

/// `body` behind `lead`, with `word` in the margin.
fn beside(page: &mut Page, word: &'static str, lead: &[Run], body: &[Run], limit: usize) {
    let mut head = page::filled(&[Run::space(2), Run::mark(word, Ink::Faint)], MARGIN);
    head.extend_from_slice(lead);
    let room = page.prose_room();
    page.hang(&head, body, room, limit);
}

fn advice(page: &mut Page, advice: &[String]) {
    for (at, what) in advice.iter().enumerate() {
        let word = if at == 0 { "do this" } else { "" };
        let number = Run::new(page.look, &format!("{}. ", at + 1), Ink::Strong);
        let what = Run::new(page.look, what, if at == 0 { Ink::Strong } else { Ink::Plain });
        beside(page, word, &[number], &[what], usize::MAX);
    }
}

/// The file and server, then each line with its number; log text may use the whole width.
fn evidence(page: &mut Page, finding: &Finding) {
    let place = match &finding.server {
        Some(server) => format!("{}, server {server}", finding.input),
        None => finding.input.clone(),
    };
    let place: Line = vec![Run::new(page.look, &place, Ink::Faint)];
    beside(page, "evidence", &[], &place, 2);
    let digits = super::number_width(&finding.evidence);
    for (number, text) in &finding.evidence {
        let number = Run::new(page.look, &format!("{number:>digits$}"), Ink::Faint);
        let head = [Run::space(MARGIN), number, Run::space(2)];
        let (text, room) = (Run::new(page.look, text, Ink::Plain), page.room());
        page.hang(&head, &[text], room, EVIDENCE_LINES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Look;

    fn finding() -> Finding {
        Finding {
            id: "get-404-session-expiry-loop@1".into(),
            title: "404 misread".into(),
            severity: "critical".into(),
            tone: Tone::Bad,
            kind: "client-regression".into(),
            log: 0,
            input: "bad.log".into(),
            server: Some("my-http-mcp".into()),
            summary: "It tore the session down.".into(),
            expected: String::new(),
            caveats: vec!["no clock".into()],
            advice: vec!["upgrade".into(), "pin 2.1.146".into()],
            evidence: vec![(98, "a".into()), (138, "b".into())],
            references: vec![("report".into(), "anthropics/claude-code#62198".into())],
            count: 2,
            explains: Vec::new(),
        }
    }

    #[test]
    fn a_finding_says_each_thing_behind_its_word_and_nothing_empty() {
        let mut page = Page::new(Look::default());
        draw(&mut page, &finding());
        let wanted = "\
✗ critical  404 misread
  id        get-404-session-expiry-loop@1, 2 times
  what      It tore the session down.
  but       ▲ no clock
  do this   1. upgrade
            2. pin 2.1.146
  evidence  bad.log, server my-http-mcp
             98  a
            138  b
  see       anthropics/claude-code#62198 (report)
";
        assert_eq!(page.into_text(), wanted);
    }
}
