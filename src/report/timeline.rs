//! What `timeline` says: the life of each server of one log.

use std::fmt::Write as _;

use super::block::{Block, Report, Span, Tone};
use super::words::{count, file_name, outcome_tone};
use super::{document, show, surroundings};
use crate::classify::UnknownLine;
use crate::parse::Stamp;
use crate::timeline::{Health, Input, Life};

/// Of so many lives that are alike the first lines are told.
const MAX_LINES: usize = 4;

/// What of a timeline is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimelineView {
    /// Details too.
    pub all: bool,
    /// Nothing but the MCP lines that no wording covers.
    pub unclassified: bool,
    /// How many lives are not among those that are told.
    pub left_out: u64,
}

/// The report of one log. `start` is its first clock.
pub fn timeline(
    input: &Input,
    start: Option<Stamp>,
    lives: &[Life],
    unknown: &[UnknownLine],
    view: TimelineView,
) -> Report {
    let shown: Vec<&Life> = lives.iter().collect();
    let document = document::timeline(input, start, &shown, unknown);
    let mut blocks = vec![Block::Text(about(input))];
    if !view.unclassified {
        for life in lives {
            blocks.push(Block::Heading(1, heading(life, lives, input)));
            blocks.push(Block::Lives(show::single(life, &file_name(&input.path), start, view.all)));
            blocks.extend(alike(life));
        }
    }
    if view.left_out > 0 {
        let lives = count(view.left_out, "life", "lives");
        let text = format!("{lives} more, unlike each other, of client sessions in between found no room");
        blocks.push(Block::Text(vec![Span::toned(text, Tone::Warn)]));
    }
    blocks.extend(unclassified(input, unknown));
    if lives.is_empty() && !view.unclassified {
        blocks.push(Block::Text(vec![Span::toned("no line of this log names an MCP server", Tone::Warn)]));
    }
    Report::new(
        format!("{}: {}", file_name(&input.path), count(input.servers.len() as u64, "server", "servers")),
        blocks,
        document,
    )
}

/// Version, length and clock of a log, in one line.
pub(super) fn about(input: &Input) -> Vec<Span> {
    let version = match &input.client_version {
        Some(v) => format!("client {} ({})", v.value, v.source),
        None => "client version unknown".to_owned(),
    };
    let mut text = format!(
        "{version} · {} · {}",
        count(input.lines, "line", "lines"),
        count(input.mcp_lines, "MCP line", "MCP lines"),
    );
    let strange = input.mcp_lines - input.mcp_lines_classified;
    if strange > 0 {
        let _ = write!(text, ", {strange} of them not understood");
    }
    if let Some(n) = input.client_sessions {
        let _ = write!(text, " · {n} client sessions, the last one counts");
    }
    if input.clock == "none" {
        text.push_str(" · no clock: order alone is known");
    }
    vec![Span::toned(text, Tone::Faint)]
}

fn heading(life: &Life, lives: &[Life], input: &Input) -> Vec<Span> {
    let outcome = life.health.outcome();
    let mut spans = vec![
        Span::toned(life.server.to_string(), Tone::Strong),
        Span::plain(" "),
        Span::toned(outcome.as_str(), outcome_tone(outcome)),
    ];
    let server = input.servers.iter().find(|s| s.name == *life.server);
    spans.push(Span::toned(facts(server.and_then(|s| s.transport.as_deref()), &life.health), Tone::Faint));
    if lives.iter().filter(|l| l.server == life.server).count() > 1 {
        spans.push(Span::toned(format!(" · client session {}", life.session + 1), Tone::Faint));
    }
    spans
}

/// The lives in which the same happened.
fn alike(life: &Life) -> Option<Block> {
    let (first, lines) =
        (life.alike.places.first()?, life.alike.places.iter().map(|(_, line)| line.to_string()));
    let more = if life.alike.count > MAX_LINES as u64 { ", …" } else { "" };
    let text = match life.alike.count {
        1 => format!("the same in client session {}, from line {} on", first.0 + 1, first.1),
        n => format!("the same in {n} other client sessions, from lines {}{more} on", words(lines)),
    };
    Some(Block::Text(vec![Span::toned(text, Tone::Faint)]))
}

fn words(all: impl Iterator<Item = String>) -> String {
    all.take(MAX_LINES).collect::<Vec<_>>().join(", ")
}

fn facts(transport: Option<&str>, health: &Health) -> String {
    let mut text = transport.map(|t| format!(" · {t}")).unwrap_or_default();
    let _ = write!(text, " · {} made", count(health.connects, "connection", "connections"));
    if health.calls_ok + health.calls_failed > 0 {
        let calls = count(health.calls_ok, "call", "calls");
        let _ = write!(text, " · {calls} answered, {} failed", health.calls_failed);
    }
    text
}

fn unclassified(input: &Input, unknown: &[UnknownLine]) -> Option<Block> {
    let total = input.mcp_lines - input.mcp_lines_classified;
    let lines = surroundings::unknown_lines(unknown);
    let label = format!("{} that no wording covers", count(total, "MCP line", "MCP lines"));
    (total > 0).then_some(Block::Lines { label, lines })
}
