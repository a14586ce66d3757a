//! How a known failure is told, to a person and to a program.

use serde::Serialize;
use serde_json::{Value, json};

use super::block::{Block, Finding as FindingBlock, Span, Tone};
use super::show::short;
use super::words::{count, severity_tone};
use crate::diagnose::{Applicability, Finding, Inconclusive};
use crate::pattern::{Kind, Knowledge, Reference, Severity};

/// The finding of the JSON documents.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    rev: u32,
    pack: &'a str,
    title: &'a str,
    kind: Kind,
    severity: Severity,
    input: usize,
    server: Option<&'a str>,
    count: u64,
    applicability: &'static str,
    order_only: bool,
    evidence: Vec<Proving<'a>>,
    escalations: Vec<Worse<'a>>,
    summary: &'a str,
    expected: &'a str,
    advice: &'a [String],
    references: &'a [Reference],
    falsepositives: &'a [String],
    explains: &'a [String],
    explained_by: Option<&'a str>,
}

/// A line that proves it.
#[derive(Serialize)]
struct Proving<'a> {
    line: u64,
    step: &'a str,
    event: &'a str,
    text: &'a str,
}

/// A line after it that makes it worse.
#[derive(Serialize)]
struct Worse<'a> {
    line: u64,
    event: &'a str,
    text: &'a str,
    severity: Severity,
    says: &'a str,
}

/// The finding of the JSON documents.
pub(super) fn value(f: &Finding) -> Value {
    let proving = f.evidence.lines().iter();
    let worse = f.escalations.iter();
    json!(Told {
        id: &f.id,
        rev: f.rev,
        pack: &f.pack,
        title: &f.title,
        kind: f.kind,
        severity: f.severity,
        input: f.input,
        server: f.server.as_deref(),
        count: f.count,
        applicability: f.applicability.as_str(),
        order_only: f.order_only,
        evidence: proving
            .map(|e| Proving { line: e.line, step: &e.step, event: &e.event, text: &e.text })
            .collect(),
        escalations: worse
            .map(|e| Worse {
                line: e.line,
                event: &e.event,
                text: &e.text,
                severity: e.severity,
                says: &e.says
            })
            .collect(),
        summary: &f.summary,
        expected: &f.expected,
        advice: &f.advice,
        references: &f.references,
        falsepositives: &f.falsepositives,
        explains: &f.explains,
        explained_by: f.explained_by.as_deref(),
    })
}

/// What could not be told, for the JSON documents.
pub(super) fn inconclusive_value(input: usize, i: &Inconclusive) -> Value {
    json!({ "id": i.id, "rev": i.rev, "input": input, "server": i.server.as_deref(), "reason": i.reason })
}

/// The block of a finding; `folded` are those that it explains.
pub(super) fn block(finding: &Finding, folded: &[&Finding], input: &str, knowledge: &Knowledge) -> Block {
    let evidence = finding.evidence.lines().iter().map(|e| (e.line, short(&e.text)));
    let after = finding.escalations.iter().map(|e| (e.line, short(&e.text)));
    Block::Finding(FindingBlock {
        id: format!("{}@{}", finding.id, finding.rev),
        title: finding.title.clone(),
        severity: word(&json!(finding.severity)),
        tone: severity_tone(finding.severity),
        kind: word(&json!(finding.kind)),
        input: input.to_owned(),
        log: finding.input,
        server: finding.server.as_ref().map(ToString::to_string),
        summary: finding.summary.clone(),
        expected: finding.expected.clone(),
        caveats: caveats(finding, knowledge),
        advice: finding.advice.clone(),
        evidence: evidence.chain(after).collect(),
        references: finding.references.iter().map(|r| (r.role.clone(), r.target.clone())).collect(),
        count: finding.count,
        explains: folded.iter().map(|f| f.id.clone()).collect(),
    })
}

/// What is uncertain about a finding, each a sentence.
fn caveats(finding: &Finding, knowledge: &Knowledge) -> Vec<String> {
    let mut all = Vec::new();
    let range = range(&finding.id, knowledge);
    match (finding.applicability, &range) {
        (Applicability::PossibleRecurrence, Some(range)) => all.push(format!(
            "it is known in {range}, and this client is of another version: the defect may be back, or something \
             else has the same shape"
        )),
        (Applicability::Unknown, Some(range)) => {
            all.push(format!("it is known in {range}, and this log does not tell the client's version"));
        }
        _ => {}
    }
    if finding.order_only {
        all.push("the log has no clock: order and distance of the lines stand in for time".to_owned());
    }
    all.extend(finding.falsepositives.iter().map(|f| format!("may be wrong: {f}")));
    all
}

/// The client versions that a signature is known in.
pub(super) fn range(id: &str, knowledge: &Knowledge) -> Option<String> {
    let client = knowledge.signature(id)?.def.applies_to.client.clone()?;
    Some(format!("client {client}"))
}

/// `known as` of the first lines: id, where it is reported, and the versions it is known in.
pub(super) fn in_short(finding: &Finding, knowledge: &Knowledge) -> Vec<Span> {
    let mut spans = vec![Span::toned(finding.id.clone(), Tone::Strong)];
    let issue = |r: &&Reference| r.role == "report" && r.target.contains('#');
    let report = finding.references.iter().find(issue);
    let parts = [report.map(|r| r.target.clone()), range(&finding.id, knowledge)];
    for part in parts.into_iter().flatten() {
        spans.push(Span::plain(format!(" · {part}")));
    }
    spans
}

/// The blocks of all findings of one input, causes with their symptoms folded under them, harmless ones last.
pub(super) fn blocks(findings: &[&Finding], input: &str, knowledge: &Knowledge) -> Vec<Block> {
    let leads = findings.iter().filter(|f| f.explained_by.is_none());
    let (harmless, faults): (Vec<&Finding>, Vec<&Finding>) = leads.partition(|f| f.kind == Kind::Benign);
    let told = |f: &&Finding| {
        let folded: Vec<&Finding> = findings.iter().copied().filter(|s| explained(s, f)).collect();
        block(f, &folded, input, knowledge)
    };
    let mut blocks: Vec<Block> = faults.iter().map(told).collect();
    if !harmless.is_empty() {
        let n = count(
            harmless.len() as u64,
            "thing that looks like a fault and is none",
            "things that look like faults and are none",
        );
        blocks.push(Block::Details { summary: n, blocks: harmless.iter().map(told).collect() });
    }
    blocks
}

/// What was found in client sessions of a log that were over before its last one, folded away.
pub(super) fn of_earlier_sessions(all: &[&Finding], input: &str, knowledge: &Knowledge) -> Option<Block> {
    let what = count(all.len() as u64, "known failure", "known failures");
    let summary = format!("{what} in earlier client sessions of the log, not in its last one");
    (!all.is_empty()).then(|| Block::Details { summary, blocks: blocks(all, input, knowledge) })
}

fn explained(symptom: &Finding, cause: &Finding) -> bool {
    symptom.explained_by.as_deref() == Some(&cause.id)
        && symptom.server == cause.server
        && symptom.input == cause.input
}

/// What could not be told, folded away.
pub(super) fn doubts(all: &[(usize, &Inconclusive)]) -> Option<Block> {
    if all.is_empty() {
        return None;
    }
    let item = |(_, i): &(usize, &Inconclusive)| {
        let server = i.server.as_deref().map(|s| format!(" on {s}")).unwrap_or_default();
        vec![Span::toned(i.id.clone(), Tone::Strong), Span::plain(format!("{server}: {}", i.reason))]
    };
    let summary = format!("{} cannot be told", count(all.len() as u64, "known failure", "known failures"));
    let list = Block::List { numbered: false, items: all.iter().map(item).collect() };
    Some(Block::Details { summary, blocks: vec![list] })
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
