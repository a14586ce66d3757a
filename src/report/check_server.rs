//! What `check-server` says: which clauses the server keeps, and which versions of the client would break on it.

use semver::VersionReq;
use serde_json::{Value, json};

use super::block::{Block, Report, Span, Table, Tone};
use super::document::TOOL;
use super::words::count;
use crate::gateway::probe::{Answered, Probed};
use crate::pattern::{Knowledge, Level, ServerClause, Signature};

/// A server that was asked.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// The revision that it chose.
    pub revision: Option<&'a str>,
    /// Whether it gives session ids.
    pub sessions: bool,
    /// What came of each clause.
    pub probed: &'a [Probed],
    /// What is known.
    pub knowledge: &'a Knowledge,
}

/// The report of a server.
pub fn check_server(c: &Checked<'_>) -> Report {
    let sessions = if c.sessions { "gives session ids" } else { "gives no session ids" };
    let about = format!("the server chose revision {} and {sessions}", c.revision.unwrap_or("(none)"));
    let mut blocks = vec![Block::Text(vec![Span::toned(about, Tone::Faint)])];
    blocks.extend(broken_clients(c));
    blocks.push(table(c));
    blocks.push(wrong(c));
    let (title, tone) = title(c);
    Report::new(title, blocks, document(c)).toned(tone)
}

fn clause<'a>(c: &Checked<'a>, probed: &Probed) -> Option<&'a ServerClause> {
    c.knowledge.server_clauses.iter().find(|s| s.id == probed.clause)
}

fn title(c: &Checked<'_>) -> (String, Tone) {
    let being = |is| c.probed.iter().filter(move |p| p.right == is);
    let wrong_of = |level| {
        being(Answered::Wrong).filter(|p| clause(c, p).is_some_and(|s| s.level == level)).count() as u64
    };
    let (wrong, should) = (wrong_of(Level::Must), wrong_of(Level::Should));
    let asked = (being(Answered::Right).count() + being(Answered::Wrong).count()) as u64;
    let silent = being(Answered::Not).count() as u64;
    let breaking: Vec<&str> = c.probed.iter().flat_map(|p| p.breaks.iter().map(String::as_str)).collect();
    let clients = match breaking.as_slice() {
        [] => "no client version is known to break on it".to_owned(),
        [one] => format!("clients break on it ({one})"),
        many => format!("clients break on it in {} ways", many.len()),
    };
    let kept = match (wrong, should) {
        (0, 0) if silent > 0 => format!("it keeps {} that it answered", count(asked, "clause", "clauses")),
        (0, 0) => format!("it keeps all of {}", count(asked, "clause", "clauses")),
        (0, n) => format!("it keeps every MUST, and not {}", count(n, "SHOULD", "SHOULDs")),
        (n, _) => format!("it breaks {} of {}", count(n, "MUST", "MUSTs"), count(asked, "clause", "clauses")),
    };
    let silence = match silent {
        0 => String::new(),
        n => format!("{} could not be asked; ", count(n, "clause", "clauses")),
    };
    let kept = if asked == 0 { "it could be asked nothing".to_owned() } else { kept };
    let tone = match (wrong + silent, breaking.is_empty()) {
        (0, true) => Tone::Good,
        (_, true) => Tone::Warn,
        (_, false) => Tone::Bad,
    };
    (format!("{silence}{kept}; {clients}"), tone)
}

/// The versions that a signature is known in.
fn versions(signature: Option<&Signature>, c: &Checked<'_>) -> String {
    let Some(range) = signature.and_then(|s| s.def.applies_to.client.as_deref()) else {
        return "any version".to_owned();
    };
    let inside = |req: &VersionReq| {
        let all: Vec<String> = c
            .knowledge
            .published
            .iter()
            .filter(|(v, _)| req.matches(v))
            .map(|(v, _)| v.to_string())
            .collect();
        let ends = all.first().zip(all.last()).map(|(a, z)| format!(": {a} to {z}")).unwrap_or_default();
        format!("{range} ({} published{ends})", all.len())
    };
    VersionReq::parse(range).map_or_else(|_| range.to_owned(), |req| inside(&req))
}

fn broken_clients(c: &Checked<'_>) -> Vec<Block> {
    let mut items = Vec::new();
    for probed in c.probed {
        for id in &probed.breaks {
            let signature = c.knowledge.signature(id);
            let title = signature.map(|s| s.def.title.clone()).unwrap_or_default();
            items.push(vec![
                Span::toned(id.clone(), Tone::Code),
                Span::plain(format!(": {title}; client ")),
                Span::toned(versions(signature, c), Tone::Bad),
                Span::plain(format!(
                    "; it begins with this: {} is answered {}",
                    probed.asked, probed.answered
                )),
            ]);
        }
    }
    if items.is_empty() {
        return Vec::new();
    }
    let heading = Block::Heading(1, vec![Span::plain("clients that break on this server")]);
    vec![heading, Block::List { numbered: false, items }]
}

fn table(c: &Checked<'_>) -> Block {
    let head = ["clause", "asks", "kept", "asked", "answered"].map(str::to_owned).to_vec();
    let row = |p: &Probed| {
        let level = clause(c, p).map(|s| s.level.as_str()).unwrap_or_default();
        let (word, tone) = match (p.right, level) {
            (Answered::Right, _) => ("yes", Tone::Good),
            (Answered::Wrong, "must") => ("no", Tone::Bad),
            (Answered::Wrong, _) => ("no", Tone::Warn),
            (Answered::Not, _) => ("could not be asked", Tone::Warn),
            (Answered::DoesNotApply, _) => ("does not apply", Tone::Faint),
        };
        vec![
            vec![Span::toned(p.clause.clone(), Tone::Strong)],
            vec![Span::plain(level)],
            vec![Span::toned(word, tone)],
            vec![Span::plain(p.asked.clone())],
            vec![Span::plain(p.answered.clone())],
        ]
    };
    Block::Table(Table { head, rows: c.probed.iter().map(row).collect() })
}

/// What each clause asks for, those that are broken first.
fn wrong(c: &Checked<'_>) -> Block {
    let mut all: Vec<&Probed> = c.probed.iter().collect();
    all.sort_by_key(|p| p.right != Answered::Wrong);
    let item = |p: &&Probed| {
        let clause = clause(c, p)?;
        let tone = if p.right == Answered::Wrong { Tone::Strong } else { Tone::Plain };
        let spec = Span::toned(format!(" ({})", clause.spec), Tone::Faint);
        Some(vec![Span::toned(format!("{}: ", clause.id), tone), Span::plain(clause.says.clone()), spec])
    };
    let items = all.iter().filter_map(item).collect();
    Block::Details {
        summary: "what they ask for".to_owned(),
        blocks: vec![Block::List { numbered: false, items }],
    }
}

fn document(c: &Checked<'_>) -> Value {
    let one = |p: &Probed| {
        let clause = clause(c, p);
        let breaks = p.breaks.iter().map(|id| {
            let range = c.knowledge.signature(id).and_then(|s| s.def.applies_to.client.clone());
            json!({ "signature": id, "client": range })
        });
        let kept = match p.right {
            Answered::Right => Some(true),
            Answered::Wrong => Some(false),
            Answered::Not | Answered::DoesNotApply => None,
        };
        json!({
            "id": p.clause, "level": clause.map(|s| s.level.as_str()), "spec": clause.map(|s| s.spec.clone()),
            "says": clause.map(|s| s.says.clone()), "asked": p.asked, "answered": p.answered, "kept": kept, "state": p.right.as_str(),
            "breaks": breaks.collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": "lastgood.check-server/1", "tool": TOOL, "packs": c.knowledge.packs, "revision": c.revision,
        "sessions": c.sessions, "clauses": c.probed.iter().map(one).collect::<Vec<_>>(),
    })
}
