//! What `diagnose` says: the known failures in each log, causes before symptoms.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::block::{Block, Report, Span, Tone};
use super::timeline::about;
use super::words::{count, labels, severity_tone};
use super::{document, finding};
use crate::diagnose::{Finding, Inconclusive};
use crate::pattern::{Kind, Knowledge, Severity};
use crate::share;
use crate::timeline::Input;

/// What was found in all inputs. `input` of findings and doubts is an index into `inputs`.
#[derive(Debug, Clone, Copy)]
pub struct Diagnosed<'a> {
    /// The logs that could be read.
    pub inputs: &'a [Input],
    /// What was found, in order.
    pub findings: &'a [Finding],
    /// What was found in client sessions that were over before the last one of their log.
    pub earlier: &'a [Finding],
    /// What could not be told.
    pub inconclusive: &'a [(usize, Inconclusive)],
    /// Paths that could not be read, and why.
    pub errors: &'a [(String, String)],
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// How many signatures were tried.
    pub tried: usize,
    /// On how many threads it may be told.
    pub threads: usize,
}

/// What is told of one log.
struct OfInput {
    blocks: Vec<Block>,
    document: Value,
}

/// The report of any number of logs.
pub fn diagnosis(d: &Diagnosed<'_>) -> Report {
    let paths: Vec<&str> = d.inputs.iter().map(|i| i.path.as_str()).collect();
    let names = labels(&paths);
    let (findings, earlier) = (by_input(d.findings, d.inputs.len()), by_input(d.earlier, d.inputs.len()));
    let places: Vec<usize> = (0..d.inputs.len()).collect();
    let told =
        share::map(&places, d.threads, |at| of_input(d, *at, &names[*at], (&findings[*at], &earlier[*at])));
    let (mut blocks, mut documents) = (Vec::new(), Vec::new());
    let (mut quiet, mut foreign) = (Vec::new(), Vec::new());
    for ((of_input, name), input) in told.into_iter().zip(names).zip(d.inputs) {
        documents.push(of_input.document);
        match of_input.blocks {
            none if none.is_empty() && input.mcp_lines == 0 => foreign.push(name),
            none if none.is_empty() => quiet.push(name),
            some => blocks.extend(some),
        }
    }
    blocks.extend(folded(quiet, "log without a finding", "logs without a finding"));
    blocks.extend(folded(foreign, "file without a line on MCP", "files without a line on MCP"));
    blocks.extend(unreadable(d.errors));
    let doubts: Vec<(usize, &Inconclusive)> = d.inconclusive.iter().map(|(at, i)| (*at, i)).collect();
    blocks.extend(finding::doubts(&doubts));
    Report::new(title(d), blocks, doc(d, documents)).toned(tone(d))
}

/// Findings, sorted by the log that they were found in.
fn by_input(findings: &[Finding], inputs: usize) -> Vec<Vec<&Finding>> {
    let mut all = vec![Vec::new(); inputs];
    for finding in findings {
        all[finding.input].push(finding);
    }
    all
}

/// What is told of the log at a place; of one of many without findings its name is enough.
fn of_input(
    d: &Diagnosed<'_>,
    at: usize,
    name: &str,
    (findings, earlier): (&[&Finding], &[&Finding]),
) -> OfInput {
    let input = &d.inputs[at];
    let mut blocks = Vec::new();
    if d.inputs.len() == 1 || !findings.is_empty() || !earlier.is_empty() {
        blocks = input_blocks(input, name, findings, d.knowledge);
        blocks.extend(finding::of_earlier_sessions(earlier, name, d.knowledge));
    }
    OfInput { blocks, document: json!(input) }
}

/// The causes, without what is harmless.
fn leads<'a>(d: &Diagnosed<'a>) -> Vec<&'a Finding> {
    d.findings.iter().filter(|f| f.explained_by.is_none() && f.kind != Kind::Benign).collect()
}

/// Nothing known is no good news, but none that is bad.
fn tone(d: &Diagnosed<'_>) -> Tone {
    leads(d).iter().map(|f| f.severity).max().map_or(Tone::Plain, severity_tone)
}

fn title(d: &Diagnosed<'_>) -> String {
    let leads = leads(d);
    let logs = count(d.inputs.len() as u64, "log", "logs");
    let tried = d.tried;
    match leads.as_slice() {
        [] if !d.earlier.is_empty() => {
            format!("nothing known found in the last client session of {logs} ({tried} signatures tried)")
        }
        [] => format!("nothing known found in {logs} ({tried} signatures tried)"),
        [one] => format!("{}: {} has {}", word(one.severity), server(one), one.id),
        many => {
            let worst = many.iter().map(|f| f.severity).max().unwrap_or(Severity::Info);
            format!(
                "{}: {} in {logs}",
                word(worst),
                count(many.len() as u64, "known failure", "known failures")
            )
        }
    }
}

fn word(severity: Severity) -> String {
    json!(severity).as_str().unwrap_or_default().to_owned()
}

fn server(finding: &Finding) -> String {
    finding.server.as_deref().unwrap_or("the client").to_owned()
}

/// File names that a reader may skip.
fn folded(names: Vec<String>, one: &str, many: &str) -> Option<Block> {
    let summary = count(names.len() as u64, one, many);
    let any = !names.is_empty();
    let items = names.into_iter().map(|name| vec![Span::toned(name, Tone::Code)]).collect();
    any.then(|| Block::Details { summary, blocks: vec![Block::List { numbered: false, items }] })
}

fn input_blocks(input: &Input, name: &str, findings: &[&Finding], knowledge: &Knowledge) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(1, vec![Span::toned(name, Tone::Code)]), Block::Text(about(input))];
    if input.mcp_lines == 0 {
        let text =
            "no line concerns an MCP server: was one configured, and was the client run with `--debug`?";
        blocks.push(Block::Text(vec![Span::toned(text, Tone::Warn)]));
        return blocks;
    }
    if findings.is_empty() {
        let servers: Vec<String> =
            input.servers.iter().map(|s| format!("{} {}", s.name, s.outcome)).collect();
        blocks.push(Block::Text(vec![Span::plain(format!("no known failure · {}", servers.join(", ")))]));
    }
    blocks.extend(finding::blocks(findings, name, knowledge));
    blocks
}

fn unreadable(errors: &[(String, String)]) -> Option<Block> {
    let items = errors.iter().map(|(path, message)| {
        vec![
            Span::toned(path.clone(), Tone::Code),
            Span::plain(": "),
            Span::toned(message.clone(), Tone::Bad),
        ]
    });
    let list = Block::List { numbered: false, items: items.collect() };
    (!errors.is_empty())
        .then(|| Block::Details { summary: "could not be read".to_owned(), blocks: vec![list] })
}

fn doc(d: &Diagnosed<'_>, inputs: Vec<Value>) -> Value {
    let findings = |all: &[Finding]| Value::Array(share::map(all, d.threads, finding::value));
    let doubts = d.inconclusive.iter().map(|(at, i)| finding::inconclusive_value(*at, i));
    let errors = d.errors.iter().map(|(path, message)| json!({ "path": path, "message": message }));
    let more = BTreeMap::from([
        ("findings", findings(d.findings)),
        ("earlier_sessions", findings(d.earlier)),
        ("inconclusive", Value::Array(doubts.collect())),
        ("errors", Value::Array(errors.collect())),
    ]);
    document::diagnosis(&d.knowledge.packs, inputs, more)
}
