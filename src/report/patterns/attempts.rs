//! `patterns explain`: how far a signature came in a log, and which line stopped it.

use serde_json::{Value, json};

use super::super::block::{Block, Report, Span, Tone};
use super::super::show::short;
use super::super::words::file_name;
use super::{document, strong};
use crate::diagnose::Attempt;
use crate::pattern::Signature;
use crate::timeline::Input;

/// What was tried.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'a> {
    /// The signature.
    pub signature: &'a Signature,
    /// The log.
    pub input: &'a Input,
    /// How far it came under each key.
    pub attempts: &'a [Attempt],
    /// Whether it says anything about the client version of the log.
    pub applies: bool,
}

/// The report of all attempts.
pub fn explained(e: &Explained<'_>) -> Report {
    let mut blocks = Vec::new();
    if !e.applies {
        let range = e.signature.def.applies_to.client.as_deref().unwrap_or_default();
        let text = format!(
            "this client is not in {range}, and the signature says nothing of others: a match is not told"
        );
        blocks.push(Block::Text(vec![Span::toned(text, Tone::Warn)]));
    }
    if e.attempts.is_empty() {
        blocks.push(Block::Text(vec![Span::plain("nothing in the log begins it")]));
    }
    let sessions = e.attempts.iter().any(|a| a.session > 0);
    for attempt in e.attempts {
        blocks.extend(told(attempt, sessions, e));
    }
    Report::new(title(e), blocks, doc(e))
}

fn title(e: &Explained<'_>) -> String {
    let (id, name) = (&e.signature.id, file_name(&e.input.path));
    let matched: Vec<&str> = e.attempts.iter().filter(|a| a.matched).map(who).collect();
    if matched.is_empty() {
        return format!("{id} does not match in {name}");
    }
    format!("{id} matches in {name}: {}", matched.join(", "))
}

fn who(attempt: &Attempt) -> &str {
    attempt.server.as_deref().unwrap_or("the client")
}

fn told(attempt: &Attempt, sessions: bool, e: &Explained<'_>) -> Vec<Block> {
    let session =
        if sessions { format!(" · client session {}", attempt.session + 1) } else { String::new() };
    let mut blocks = vec![Block::Heading(1, vec![strong(who(attempt)), Span::plain(session)])];
    let (text, tone) = match (&attempt.stopped_by, &attempt.missing) {
        _ if attempt.matched => ("it matches".to_owned(), Tone::Bad),
        (Some(stop), Some(missing)) => {
            let so_far = match attempt.reached.last() {
                Some(last) => format!("it came as far as step `{}`, then stopped", last.step),
                None => "it did not begin".to_owned(),
            };
            (format!("{so_far}: step `{missing}` is missing; line {}: {}", stop.line, stop.why), Tone::Plain)
        }
        _ => ("it does not match".to_owned(), Tone::Plain),
    };
    blocks.push(Block::Text(vec![Span::toned(text, tone)]));
    if !attempt.reached.is_empty() {
        let line = |r: &crate::diagnose::Evidence| (r.line, format!("{}: {}", r.step, short(&r.text)));
        let label = file_name(&e.input.path);
        blocks.push(Block::Lines { label, lines: attempt.reached.iter().map(line).collect() });
    }
    blocks
}

fn doc(e: &Explained<'_>) -> Value {
    let attempt = |a: &Attempt| {
        let reached = a.reached.iter();
        let reached =
            reached.map(|r| json!({ "line": r.line, "step": r.step, "event": r.event, "text": r.text }));
        let stop = a.stopped_by.as_ref().map(|s| json!({ "line": s.line, "why": s.why }));
        json!({
            "session": a.session, "server": a.server.as_deref(), "matched": a.matched, "missing": a.missing,
            "reached": reached.collect::<Vec<_>>(), "stopped_by": stop,
        })
    };
    let whole = json!({
        "id": e.signature.id, "rev": e.signature.def.rev, "input": e.input, "applies": e.applies,
        "attempts": e.attempts.iter().map(attempt).collect::<Vec<_>>(),
    });
    document("pattern-explain", whole)
}
