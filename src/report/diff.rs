//! What `diff` says: verdict first, then each server that changed, then what else is new.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::block::{Block, Fact, Report, Span, Tone};
use super::surroundings;
use super::timeline::about;
use super::words::{count, outcome_tone, verdict_tone};
use super::{document, finding, show};
use crate::align::{Changes, Diff, ServerDiff, Verdict, is_elsewhere};
use crate::classify::UnknownLine;
use crate::diagnose::{Finding, Inconclusive};
use crate::parse::Stamp;
use crate::pattern::{Kind, Knowledge, Severity};
use crate::timeline::{Input, Outcome};

/// One side of a diff, as the report needs it.
#[derive(Debug, Clone, Copy)]
pub struct DiffSide<'a> {
    /// What the log is.
    pub input: &'a Input,
    /// What it is called: see [`labels`](super::labels).
    pub name: &'a str,
    /// Its first clock.
    pub start: Option<Stamp>,
    /// Its MCP lines that no wording covers.
    pub unknown: &'a [UnknownLine],
    /// What is known of its failures.
    pub findings: &'a [Finding],
    /// What is known of those of its earlier client sessions.
    pub earlier: &'a [Finding],
    /// What could not be told.
    pub inconclusive: &'a [Inconclusive],
}

/// Two logs and all that was found out about them.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The comparison.
    pub diff: &'a Diff,
    /// The log that worked.
    pub good: DiffSide<'a>,
    /// The log that did not.
    pub bad: DiffSide<'a>,
    /// What differs outside of the servers' lives.
    pub changes: &'a Changes,
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// How many signatures were tried.
    pub tried: usize,
    /// Whether equal events and chatter are shown, too.
    pub all: bool,
    /// Whether the two logs are the same file, byte for byte.
    pub same: bool,
}

/// The report of two logs.
pub fn diff(c: &Compared<'_>) -> Report {
    let mut blocks = Vec::new();
    let facts = answer(c);
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    blocks.extend(cautions(c).into_iter().map(|text| Block::Text(vec![Span::toned(text, Tone::Warn)])));
    blocks.push(Block::Facts(vec![side_fact("good", c.good), side_fact("bad", c.bad)]));
    for server in c.diff.servers.iter().filter(|s| s.verdict != Verdict::Same || c.all) {
        blocks.extend(server_blocks(server, c));
    }
    blocks.extend(others(c));
    let shown: Vec<&Finding> = c.bad.findings.iter().collect();
    blocks.extend(finding::blocks(&shown, c.bad.name, c.knowledge));
    let earlier: Vec<&Finding> = c.bad.earlier.iter().collect();
    blocks.extend(finding::of_earlier_sessions(&earlier, c.bad.name, c.knowledge));
    blocks.extend(surroundings::unknown(c));
    blocks.extend(surroundings::blocks(c.changes, c.all));
    let doubts: Vec<(usize, &Inconclusive)> = c.bad.inconclusive.iter().map(|i| (1, i)).collect();
    blocks.extend(finding::doubts(&doubts));
    Report::new(title(c.diff), blocks, doc(c)).toned(verdict_tone(c.diff.verdict))
}

fn doc(c: &Compared<'_>) -> Value {
    let findings: Vec<Value> = c
        .bad
        .findings
        .iter()
        .map(|f| {
            let mut value = finding::value(f);
            value["new"] = json!(is_new(f, c));
            value
        })
        .collect();
    let doubts: Vec<Value> = c.bad.inconclusive.iter().map(|i| finding::inconclusive_value(1, i)).collect();
    let mut more: BTreeMap<&str, Value> = BTreeMap::new();
    more.insert("findings", json!(findings));
    more.insert("earlier_sessions", json!(c.bad.earlier.iter().map(finding::value).collect::<Vec<_>>()));
    more.insert("inconclusive", json!(doubts));
    more.insert("unclassified", surroundings::unknown_value(c));
    more.insert("outside_mcp", surroundings::value(c.changes));
    document::diff(c.diff, &c.knowledge.packs, (c.good.input, c.bad.input), more)
}

/// Whether the good log does not have a finding of the bad one.
fn is_new(finding: &Finding, c: &Compared<'_>) -> bool {
    let pair = c.diff.servers.iter().find(|s| Some(&*s.name) == finding.server.as_deref());
    let there = pair.and_then(|p| p.good_name.as_deref()).or(finding.server.as_deref());
    !c.good.findings.iter().any(|g| g.id == finding.id && g.server.as_deref() == there)
}

fn title(diff: &Diff) -> String {
    let worst = diff.servers.first().filter(|s| s.verdict != Verdict::Same);
    let servers = count(diff.servers.len() as u64, "server", "servers");
    match worst {
        Some(s) => format!("{}: {} {}", diff.verdict.as_str(), s.name, went(s)),
        None => format!("same: no MCP lifecycle event differs, on {servers}"),
    }
}

/// `went from ready to failed`, or what else became of a server.
fn went(server: &ServerDiff) -> String {
    match server.outcome {
        (Some(g), Some(b)) if g != b => format!("went from {g} to {b}"),
        (Some(g), Some(_)) => format!("is {g} in both, by another way"),
        (Some(g), None) => format!("was {g}, and the bad log does not have it"),
        (None, Some(b)) => format!("is {b}, and the good log does not have it"),
        (None, None) => "is in neither log".to_owned(),
    }
}

/// The first lines: what a person must see without scrolling.
fn answer(c: &Compared<'_>) -> Vec<Fact> {
    let Some(server) = c.diff.servers.first().filter(|s| s.verdict != Verdict::Same) else {
        return Vec::new();
    };
    let mut facts: Vec<Fact> = parting(server, c.good, c.bad).into_iter().collect();
    let lead = leading(server, c);
    if let Some(finding) = lead {
        facts.push(fact("known as", finding::in_short(finding, c.knowledge)));
        facts.extend(
            finding.advice.first().map(|a| fact("what to do", vec![Span::toned(a.clone(), Tone::Strong)])),
        );
    } else if server.verdict == Verdict::Regressed {
        let text = format!("none of the {} explains it", count(c.tried as u64, "signature", "signatures"));
        facts.push(fact("known as", vec![Span::plain(text)]));
    }
    facts
}

/// The new finding that explains what became of a server: one of its own, else a grave one of the client as a whole.
fn leading<'a>(server: &ServerDiff, c: &Compared<'a>) -> Option<&'a Finding> {
    let new = |f: &&Finding| f.kind != Kind::Benign && f.explained_by.is_none() && is_new(f, c);
    let mut found = c.bad.findings.iter().filter(new);
    let own = found.clone().find(|f| f.server.as_deref() == Some(&server.name));
    own.or_else(|| found.find(|f| f.server.is_none() && f.severity >= Severity::High))
}

/// Where the two lives part.
fn parting(server: &ServerDiff, good: DiffSide<'_>, bad: DiffSide<'_>) -> Option<Fact> {
    let d = server.divergence.as_ref()?;
    let at = |line: Option<u64>, side: DiffSide<'_>| match line {
        Some(n) => format!("{}:{n}", side.name),
        None => format!("the end of {}", side.name),
    };
    let both = format!(", at {} against {}", at(d.bad_line, bad), at(d.good_line, good));
    Some(fact("they part at", vec![Span::toned(d.event.clone(), Tone::Strong), Span::plain(both)]))
}

fn fact(name: &str, value: Vec<Span>) -> Fact {
    Fact { name: name.to_owned(), value }
}

fn side_fact(name: &str, side: DiffSide<'_>) -> Fact {
    let mut value = vec![Span::toned(side.name, Tone::Code), Span::plain(" · ")];
    value.extend(about(side.input));
    fact(name, value)
}

/// What a reader must know before he believes the verdict.
fn cautions(c: &Compared<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let (good, bad) = (c.good.input, c.bad.input);
    if c.same && good.excerpt == bad.excerpt {
        all.push("the two logs are the same file, byte for byte".to_owned());
    }
    if c.diff.verdict == Verdict::Improved {
        all.push("the bad log is the better one: were the two swapped?".to_owned());
    }
    for (name, input) in [("good", good), ("bad", bad)] {
        all.extend(several_sessions(name, input));
        if input.mcp_lines == 0 {
            all.push(format!(
                "no line of the {name} log concerns an MCP server: was one configured, and `--debug` on?"
            ));
        }
    }
    all.extend(other_causes(c));
    let coarse = c.diff.servers.iter().filter(|s| s.aligned.coarse && s.verdict != Verdict::Same);
    all.extend(coarse.map(|s| {
        format!(
            "the lives of {} are too long to be aligned exactly: more may stand as different than is",
            s.name
        )
    }));
    let undecided = |s: &&ServerDiff| matches!(s.outcome, (_, Some(Outcome::Pending | Outcome::Unknown)));
    let names: BTreeSet<&str> = c.diff.servers.iter().filter(undecided).map(|s| s.name.as_str()).collect();
    if !names.is_empty() {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        all.push(format!(
            "the bad log ends before it is decided what becomes of {names}: a longer log would tell"
        ));
    }
    all
}

/// What to know of a log that holds more than one client session.
fn several_sessions(name: &str, input: &Input) -> Option<String> {
    let versions = input.client_versions.join(", ");
    let of = if versions.is_empty() { String::new() } else { format!(" ({versions})") };
    match input.client_sessions {
        Some(n) => Some(format!("the {name} log holds {n} client sessions{of}: the last one is compared")),
        None if versions.is_empty() => None,
        None => Some(format!(
            "the {name} log holds sessions of several client versions{of}: the last ones are compared"
        )),
    }
}

/// What differs between the runs besides, or instead of, the client's version.
fn other_causes(c: &Compared<'_>) -> Vec<String> {
    let (good, bad) = (c.good.input, c.bad.input);
    let mut all = Vec::new();
    let version = |i: &Input| i.client_version.as_ref().map(|v| v.value.clone());
    if let (true, Some(v)) = (c.diff.verdict != Verdict::Same && version(good) == version(bad), version(bad))
    {
        all.push(format!("both logs are of client {v}: its version does not explain the difference"));
    }
    let place =
        |i: &Input, name: &str| i.servers.iter().find(|s| s.name == name).and_then(|s| s.place.clone());
    for pair in &c.diff.servers {
        let there = pair.good_name.as_deref().unwrap_or(&pair.name);
        let moved = place(good, there).zip(place(bad, &pair.name)).filter(|(g, b)| is_elsewhere(g, b));
        all.extend(moved.map(|(g, b)| {
            format!("{} is at another address in the bad log ({g} → {b}): that may be the cause", pair.name)
        }));
    }
    all
}

fn server_blocks(server: &ServerDiff, c: &Compared<'_>) -> Vec<Block> {
    let mut heading = vec![
        Span::toned(server.name.clone(), Tone::Strong),
        Span::plain(" "),
        Span::toned(server.verdict.as_str(), verdict_tone(server.verdict)),
    ];
    if let (Some(g), Some(b)) = server.outcome {
        let (g, b) = (Span::toned(g.as_str(), outcome_tone(g)), Span::toned(b.as_str(), outcome_tone(b)));
        heading.extend([Span::plain(" · "), g, Span::plain(" → "), b]);
    }
    if let Some(name) = &server.good_name {
        heading.push(Span::toned(format!(" · called {name} in the good log"), Tone::Faint));
    }
    let heads = (head("good", c.good), head("bad", c.bad));
    let mut blocks = vec![Block::Heading(1, heading)];
    if c.all || server.aligned.rows.iter().any(|r| r.kind.is_some()) {
        blocks.push(Block::Lives(show::aligned(
            server,
            (&heads.0, &heads.1),
            (c.good.start, c.bad.start),
            c.all,
        )));
    }
    blocks
}

fn head(side: &str, of: DiffSide<'_>) -> String {
    let version = of.input.client_version.as_ref().map(|v| format!(" {}", v.value)).unwrap_or_default();
    format!("{side}{version} · {}", of.name)
}

/// The servers whose lives are equal, in one line, with those that only took longer.
fn others(c: &Compared<'_>) -> Option<Block> {
    let same: Vec<&ServerDiff> = c.diff.servers.iter().filter(|s| s.verdict == Verdict::Same).collect();
    if same.is_empty() || c.all {
        return None;
    }
    let mut spans = vec![Span::plain("The same in both: ")];
    for (i, server) in same.iter().enumerate() {
        spans.extend((i > 0).then(|| Span::plain(", ")));
        spans.push(Span::toned(server.name.clone(), Tone::Strong));
        let outcome = server.outcome.1.or(server.outcome.0).unwrap_or(Outcome::Unknown);
        spans.push(Span::toned(format!(" ({outcome}{})", timing(server)), Tone::Faint));
    }
    Some(Block::Text(spans))
}

/// `, connected slower: 40 → 4100 ms` for a server that differs in nothing else.
fn timing(server: &ServerDiff) -> String {
    let shifted = server.aligned.rows.iter().filter(|r| r.kind.is_some_and(|k| !k.is_behaviour()));
    let text = |r: &crate::align::Change| {
        let (g, b) = (r.good.as_ref()?, r.bad.as_ref()?);
        Some(format!(
            ", {} {}: {} → {} ms",
            g.event.id(),
            r.kind?.as_str(),
            g.event.int("ms")?,
            b.event.int("ms")?
        ))
    };
    shifted.filter_map(text).collect()
}
