//! Sentences with holes: `{server}`, `{STEP.line}`, `{STEP.n}`, `{STEP.FIELD}`, `{dt:A..B}`.
//!
//! Comes in: a template of a pack, and what filled the steps. Goes out: a sentence. What fills a hole is log text,
//! and hostile: control characters go, length is cut. A hole that cannot be filled in every branch of its signature
//! is found before any log is read.

use super::compile::Branch;
use super::duration;
use super::trail::{Captured, Filled};
use super::vocabulary::Vocabulary;

/// Longer values are cut, in characters.
const MAX_VALUE: usize = 200;

/// What stands for a value that this event, in this wording, does not have.
const UNKNOWN: &str = "?";

/// A sentence with holes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Server,
    Line(String),
    Count(String),
    Field(String, String),
    Gap(String, String),
}

/// What the holes are filled from.
pub(super) struct Scene<'s> {
    pub(super) server: Option<&'s str>,
    pub(super) branch: &'s Branch,
    /// As many as the branch has event steps.
    pub(super) steps: &'s [&'s Filled],
}

impl Template {
    /// Splits `text` at its holes; `{{` and `}}` stand for braces.
    pub(super) fn compile(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                literal.push_str(from.get(..1).unwrap_or_default());
                rest = after;
                continue;
            }
            let hole = from.strip_prefix('{').and_then(|f| f.split_once('}'));
            let Some((hole, after)) = hole else {
                return Err("a brace stands alone; write {{ or }} for one that is meant as such".to_owned());
            };
            pieces.extend((!literal.is_empty()).then(|| Piece::Text(std::mem::take(&mut literal))));
            pieces.push(Piece::compile(hole)?);
            rest = after;
        }
        literal.push_str(rest);
        pieces.extend((!literal.is_empty()).then_some(Piece::Text(literal)));
        Ok(Self { pieces })
    }

    /// The first hole that a match of `branch` could not fill.
    pub(super) fn problem(&self, branch: &Branch, of_server: bool, words: &Vocabulary) -> Option<String> {
        self.pieces.iter().find_map(|p| p.problem(branch, of_server, words))
    }

    /// The holes for fields: step and field.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Field(step, field) => Some((step.as_str(), field.as_str())),
            _ => None,
        })
    }

    /// The sentence for a match.
    pub(super) fn render(&self, scene: &Scene<'_>) -> String {
        self.pieces.iter().map(|p| p.render(scene)).collect()
    }
}

impl Piece {
    fn compile(hole: &str) -> Result<Self, String> {
        if hole == "server" {
            return Ok(Self::Server);
        }
        if let Some((from, to)) = hole.strip_prefix("dt:").and_then(|h| h.split_once("..")) {
            return Ok(Self::Gap(from.to_owned(), to.to_owned()));
        }
        match hole.split_once('.') {
            Some((step, "line")) => Ok(Self::Line(step.to_owned())),
            Some((step, "n")) => Ok(Self::Count(step.to_owned())),
            Some((step, field)) => Ok(Self::Field(step.to_owned(), field.to_owned())),
            None => Err(format!(
                "`{{{hole}}}` is no hole; there are {{server}}, {{STEP.line}}, {{STEP.n}}, {{STEP.FIELD}} and {{dt:A..B}}"
            )),
        }
    }

    fn problem(&self, branch: &Branch, of_server: bool, words: &Vocabulary) -> Option<String> {
        match self {
            Self::Text(_) => None,
            Self::Server => (!of_server).then(|| "`{server}`: the server is not in the key".to_owned()),
            Self::Line(step) | Self::Count(step) => no_step(branch, step),
            Self::Gap(from, to) => no_step(branch, from).or_else(|| no_step(branch, to)).or_else(|| {
                let backwards = place(branch, from) > place(branch, to);
                backwards.then(|| format!("`{{dt:{from}..{to}}}` runs backwards"))
            }),
            Self::Field(step, field) => no_step(branch, step).or_else(|| {
                let step = branch.steps.iter().find(|s| s.name == *step)?;
                let known = step.events.iter().any(|e| !words.has(e) || words.has_field(e, field));
                (!known).then(|| {
                    format!("`{{{}.{field}}}`: no event of that step has a field `{field}`", step.name)
                })
            }),
        }
    }

    fn render(&self, scene: &Scene<'_>) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Server => scene.server.map_or_else(|| UNKNOWN.to_owned(), clean),
            Self::Line(step) => scene.first(step).map_or_else(unknown, |c| c.line.to_string()),
            Self::Count(step) => scene.events(step).len().to_string(),
            Self::Field(step, field) => {
                scene.first(step).and_then(|c| c.what.shown(field)).unwrap_or_else(unknown)
            }
            Self::Gap(from, to) => scene.gap(from, to).unwrap_or_else(unknown),
        }
    }
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn place(branch: &Branch, step: &str) -> Option<usize> {
    branch.steps.iter().position(|s| s.name == step)
}

fn no_step(branch: &Branch, step: &str) -> Option<String> {
    if place(branch, step).is_some() {
        return None;
    }
    let silent = branch.absence.as_ref().is_some_and(|a| a.name == step);
    let why = if silent { "is an absence and has no line" } else { "is no step of every branch" };
    Some(format!("`{step}` {why}"))
}

impl<'s> Scene<'s> {
    fn events(&self, step: &str) -> &'s [Captured] {
        let filled = place(self.branch, step).and_then(|i| self.steps.get(i));
        filled.map_or(&[], |f| f.events())
    }

    fn first(&self, step: &str) -> Option<&'s Captured> {
        self.events(step).first()
    }

    /// From the end of one step to the end of another; from first to last event of one step that counts.
    fn gap(&self, from: &str, to: &str) -> Option<String> {
        let start = if from == to { self.events(from).first()? } else { self.events(from).last()? };
        let end = self.events(to).last()?;
        let time = start.stamp.zip(end.stamp).map(|(a, b)| b.0 - a.0).filter(|ms| *ms >= 0);
        Some(time.map_or_else(|| lines(end.line.saturating_sub(start.line)), duration::for_people))
    }
}

fn lines(n: u64) -> String {
    if n == 1 { "1 line".to_owned() } else { format!("{n} lines") }
}

/// Log text, fit for a sentence: on one line, without what steers a terminal or turns the text round, cut at 200.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut kept = 0;
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c.is_control() || steers(c) || (c == ' ' && (out.is_empty() || out.ends_with(' '))) {
            continue;
        }
        if kept == MAX_VALUE {
            out.push('…');
            break;
        }
        out.push(c);
        kept += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// Marks that turn the direction of text, and those that nobody sees.
fn steers(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Template, clean};
    use crate::classify::Event;
    use crate::diagnose::fixture::{at, compiled, event, of, problems, with};
    use crate::diagnose::{End, run};

    fn steps() -> Value {
        let count = json!({ "min": 2, "within": "1h" });
        json!([{ "as": "x", "event": "a" }, { "as": "loop", "event": "b", "count": count }])
    }

    fn says(summary: &str) -> Value {
        json!({ "summary": summary, "expected": "", "advice": [] })
    }

    fn summary(template: &str, events: &[Event]) -> String {
        let rule = json!({ "key": ["server"], "within_lines": 99, "steps": steps() });
        let rules = [compiled(rule, &[("says", says(template))])];
        run(&rules, events, End::default()).findings.remove(0).summary
    }

    fn problem(template: &str) -> Option<String> {
        let rule = json!({ "key": ["server"], "within_lines": 99, "steps": steps() });
        problems(rule, &[("says", says(template))]).pop().map(|p| p.message)
    }

    #[test]
    fn holes_are_filled_from_the_match() {
        let log = [at("a", 3, 0), with(at("b", 5, 1200), "v", 404), at("b", 9, 241_200)];
        let text =
            "{server}: {x.line}, {loop.line}, {loop.n}x, {loop.v}, {x.v}, {dt:x..loop}, {dt:loop..loop} {{}}";
        assert_eq!(summary(text, &log), "s: 3, 5, 2x, 404, ?, 4 min, 4 min {}");
    }

    #[test]
    fn without_a_clock_a_distance_is_counted_in_lines() {
        let log = [event("a", 3), event("b", 4), event("b", 5)];
        assert_eq!(summary("{dt:x..loop}, {dt:loop..loop}", &log), "2 lines, 1 line");
    }

    #[test]
    fn what_stands_in_a_log_cannot_steer_the_terminal_or_flood_the_report() {
        let hostile = "red \u{1b}[31m\r\n\t two\u{202e}lines ";
        let log = [with(of(at("a", 1, 0), "s\u{7}"), "tool", hostile), of(at("b", 2, 0), "s\u{7}")];
        let log = [log[0].clone(), log[1].clone(), log[1].clone()];
        assert_eq!(summary("{server}|{x.tool}|", &log), "s|red [31m twolines|");
        assert_eq!(clean(&"é".repeat(300)).chars().count(), 201);
    }

    #[test]
    fn a_hole_that_no_match_could_fill_is_a_problem() {
        assert_eq!(problem("{server} {x.line} {loop.n} {loop.v} {dt:x..loop}"), None);
        let bad = ["{who}", "{y.line}", "{x.status}", "{dt:loop..x}", "{dt:x..y}", "{x.line", "x}", "{}"];
        for template in bad {
            assert!(problem(template).is_some(), "{template}");
        }
    }

    #[test]
    fn a_hole_must_be_filled_by_every_branch_and_not_by_an_absence() {
        let gone = json!({ "as": "gone", "absent": ["c"], "for": "9s", "at_end_of_log": "match" });
        let x = json!({ "as": "x", "event": "a" });
        let rule = json!({ "key": [], "or": [[x, gone], [x, { "as": "y", "event": "b" }]] });
        let message = |text| problems(rule.clone(), &[("says", says(text))]).pop().map(|p| p.message);
        assert_eq!(message("{x.line}"), None);
        assert_eq!(message("{gone.line}").unwrap(), "`gone` is an absence and has no line");
        assert_eq!(message("{y.line}").unwrap(), "`y` is no step of every branch");
        assert_eq!(message("{server}").unwrap(), "`{server}`: the server is not in the key");
    }

    #[test]
    fn text_without_holes_stays_as_it_is() {
        assert_eq!(Template::compile("plain {{ text").unwrap().pieces.len(), 1);
    }
}
