//! `patterns list`: every signature on a line.

use serde_json::{Value, json};

use super::super::block::{Block, Report, Span, Table, Tone};
use super::super::words::{count, severity_tone};
use super::{document, word};
use crate::pattern::{Kind, Knowledge, Signature, Status};

/// Every signature, by id.
pub fn list(knowledge: &Knowledge) -> Report {
    let head = ["id", "severity", "kind", "client", "status", "title"].map(str::to_owned).to_vec();
    let rows = knowledge.signatures.iter().map(row).collect();
    let all = knowledge.signatures.iter();
    let doc = json!({ "packs": knowledge.packs, "signatures": all.map(value).collect::<Vec<_>>() });
    let blocks = vec![Block::Table(Table { head, rows }), Block::Text(packs(knowledge))];
    Report::new(title(knowledge), blocks, document("patterns", doc))
}

fn title(knowledge: &Knowledge) -> String {
    let of = |status: Status| knowledge.signatures.iter().filter(|s| s.def.status == status).count();
    let parts = [Status::Stable, Status::Test, Status::Sandbox, Status::Deprecated]
        .map(|s| (of(s), word(s)))
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{n} {name}"))
        .collect::<Vec<_>>();
    let off = knowledge.signatures.iter().filter(|s| !s.is_on()).count();
    let off = if off > 0 { format!("; {off} off") } else { String::new() };
    let signatures = count(knowledge.signatures.len() as u64, "signature", "signatures");
    format!("{signatures}: {}{off}", parts.join(", "))
}

fn row(signature: &Signature) -> Vec<Vec<Span>> {
    let def = &signature.def;
    let range = def.applies_to.client.clone().unwrap_or_else(|| "any".to_owned());
    let tone = if signature.is_on() { Tone::Strong } else { Tone::Faint };
    let status = if signature.is_on() { word(def.status) } else { format!("{} (off)", word(def.status)) };
    vec![
        vec![Span::toned(signature.id.clone(), tone)],
        vec![Span::toned(word(def.severity), severity_tone(def.severity))],
        vec![Span::toned(word(def.kind), if def.kind == Kind::Benign { Tone::Good } else { Tone::Plain })],
        vec![Span::plain(range)],
        vec![Span::plain(status)],
        vec![Span::plain(def.title.clone())],
    ]
}

fn value(signature: &Signature) -> Value {
    let def = &signature.def;
    json!({
        "id": signature.id, "rev": def.rev, "pack": signature.pack, "title": def.title, "kind": def.kind,
        "status": def.status, "on": signature.is_on(), "severity": def.severity,
        "client": def.applies_to.client, "outside": def.applies_to.outside,
    })
}

fn packs(knowledge: &Knowledge) -> Vec<Span> {
    let one = |p: &crate::pattern::PackId| {
        let digest: String = p.sha256.chars().take(12).collect();
        format!("{} {} ({digest})", p.id, p.version)
    };
    let all: Vec<String> = knowledge.packs.iter().map(one).collect();
    vec![Span::toned(format!("packs: {}", all.join(", ")), Tone::Faint)]
}
