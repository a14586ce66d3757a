//! `patterns show`: all that a signature says, on one page, proven by its first positive test.

use serde_json::{Value, json};

use super::super::block::{Block, Fact, Report, Span, Tone};
use super::super::show::short;
use super::super::words::severity_tone;
use super::{bullets, code, document, heading, strong, word};
use crate::diagnose::Finding;
use crate::pattern::{AtEnd, Expect, Knowledge, Outside, Signature, Step, TestCase};

/// What a page is made of.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The signature.
    pub signature: &'a Signature,
    /// Its first positive test, and what is found there.
    pub proof: Option<(&'a TestCase, &'a Finding)>,
    /// What is known.
    pub knowledge: &'a Knowledge,
}

/// The page of one signature.
pub fn page(page: &Page<'_>) -> Report {
    let Page { signature, knowledge, .. } = page;
    let def = &signature.def;
    let mut blocks = vec![Block::Facts(facts(signature)), heading("what is looked for")];
    let mut lead = guards(signature);
    lead.extend(def.rule.within.iter().map(|w| vec![Span::plain(format!("all of it within {w}"))]));
    if !lead.is_empty() {
        blocks.push(bullets(lead));
    }
    let branches = &def.rule.branches;
    if !def.rule.steps.is_empty() {
        blocks.push(steps(&def.rule.steps, knowledge));
    }
    for (i, branch) in branches.iter().enumerate() {
        let text = if i == 0 { "either" } else { "or" };
        blocks.push(Block::Text(vec![strong(text)]));
        blocks.push(steps(branch, knowledge));
    }
    blocks.extend(worse(signature));
    blocks.extend(proof(page));
    blocks.push(heading("what to do"));
    blocks.push(Block::List {
        numbered: true,
        items: def.says.advice.iter().map(|a| vec![Span::plain(a)]).collect(),
    });
    blocks.extend(background(signature));
    blocks.push(heading("tests"));
    blocks.push(bullets(def.tests.iter().map(test).collect()));
    Report::new(format!("{}@{}: {}", signature.id, def.rev, def.title), blocks, doc(page))
}

fn facts(signature: &Signature) -> Vec<Fact> {
    let def = &signature.def;
    let range = match (&def.applies_to.client, def.applies_to.outside) {
        (None, _) => "any".to_owned(),
        (Some(range), Outside::PossibleRecurrence) => format!("{range}; elsewhere the defect may be back"),
        (Some(range), Outside::Hide) => format!("{range}; elsewhere it says nothing"),
    };
    let on = if signature.is_on() { "" } else { ", off" };
    let fact = |name: &str, value: Vec<Span>| Fact { name: name.to_owned(), value };
    vec![
        fact("severity", vec![Span::toned(word(def.severity), severity_tone(def.severity))]),
        fact("kind", vec![Span::plain(word(def.kind))]),
        fact("status", vec![Span::plain(format!("{}{on}", word(def.status)))]),
        fact("client", vec![Span::plain(range)]),
        fact("pack", vec![Span::plain(signature.pack.clone())]),
        fact("written", vec![Span::plain(format!("{}, last changed {}", def.created, def.modified))]),
    ]
}

fn guards(signature: &Signature) -> Vec<Vec<Span>> {
    let rule = &signature.def.rule;
    let mut items = Vec::new();
    if !rule.needs_before.is_empty() {
        items.push([vec![Span::plain("only after ")], events(&rule.needs_before, " and ")].concat());
    }
    if !rule.not_before.is_empty() {
        items.push([vec![Span::plain("never after ")], events(&rule.not_before, " or ")].concat());
    }
    items
}

fn events(ids: &[String], between: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (i, id) in ids.iter().enumerate() {
        if i > 0 {
            spans.push(Span::plain(between));
        }
        spans.push(code(id.as_str()));
    }
    spans
}

fn steps(steps: &[Step], knowledge: &Knowledge) -> Block {
    let items = steps.iter().map(|s| step(s, knowledge)).collect();
    Block::List { numbered: true, items }
}

/// One step in words.
fn step(step: &Step, knowledge: &Knowledge) -> Vec<Span> {
    let mut spans = vec![strong(format!("{}: ", step.name))];
    if !step.absent.is_empty() {
        spans.extend(silence(step));
        return spans;
    }
    spans.extend(events(&step.event, " or "));
    let says =
        step.event.first().filter(|_| step.event.len() == 1).and_then(|id| knowledge.catalogue.event(id));
    spans.extend(says.map(|e| Span::plain(format!(" ({})", e.says))));
    spans.extend(conditions(step));
    if let Some(count) = &step.count {
        spans.push(Span::plain(format!(", {} times or more within {}", count.min, count.within)));
    }
    spans.extend(step.within.iter().map(|w| Span::plain(format!(", within {w} of the step before"))));
    if !step.not_between.is_empty() {
        let since = if step.count.is_some() { ", and since then no " } else { ", and in between no " };
        spans.push(Span::plain(since));
        spans.extend(events(&step.not_between, " or "));
    }
    spans
}

fn silence(step: &Step) -> Vec<Span> {
    let mut spans = vec![Span::plain("no ")];
    spans.extend(events(&step.absent, " or "));
    spans.extend(conditions(step));
    let span = match step.span.as_deref() {
        Some("rest-of-log") | None => " for the rest of the log".to_owned(),
        Some(span) => format!(" for {span}"),
    };
    let end = match step.at_end_of_log {
        Some(AtEnd::Match) => "; a log that ends before counts as silence",
        Some(AtEnd::NoMatch) => "; a log that ends before does not count",
        _ => "; if the log ends before, it cannot be told",
    };
    spans.push(Span::plain(format!("{span}{end}")));
    spans
}

fn conditions(step: &Step) -> Vec<Span> {
    let one = |(field, test): (&String, &Value)| {
        [Span::plain(", its "), code(field.as_str()), Span::plain(format!(" {}", condition(test)))]
    };
    step.tests.iter().flat_map(one).collect()
}

/// A test on a field in words.
fn condition(test: &Value) -> String {
    match test {
        Value::String(literal) => format!("`{literal}`"),
        Value::Array(any) => any.iter().map(condition).collect::<Vec<_>>().join(" or "),
        Value::Object(all) => {
            let word = |name: &str| match name {
                "lt" => "below",
                "gt" => "above",
                "prefix" => "beginning with",
                "contains" => "containing",
                _ => "matching",
            };
            let one = |(name, operand): (&String, &Value)| format!("{} {}", word(name), condition(operand));
            all.iter().map(one).collect::<Vec<_>>().join(" and ")
        }
        other => other.to_string(),
    }
}

fn worse(signature: &Signature) -> Option<Block> {
    let item = |e: &crate::pattern::Escalation| {
        let after = format!(" within {} after it: {}, and {}", e.within, word(e.severity), e.says);
        vec![code(e.event.as_str()), Span::plain(after)]
    };
    let items: Vec<Vec<Span>> = signature.def.escalate.iter().map(item).collect();
    let list = Block::Details { summary: "what makes it worse".to_owned(), blocks: vec![bullets(items)] };
    (!signature.def.escalate.is_empty()).then_some(list)
}

fn proof(page: &Page<'_>) -> Vec<Block> {
    let says = &page.signature.def.says;
    let fact = |name: &str, value: &str| Fact { name: name.to_owned(), value: vec![Span::plain(value)] };
    let mut blocks = vec![heading("expected and actual")];
    let actual = page.proof.map_or(says.summary.as_str(), |(_, f)| f.summary.as_str());
    blocks.push(Block::Facts(vec![fact("expected", &says.expected), fact("actual", actual)]));
    if let Some((case, finding)) = page.proof {
        let made = if case.synthetic { ", synthetic" } else { "" };
        let lines = finding.evidence.lines().iter().map(|e| (e.line, short(&e.text))).collect();
        blocks.push(Block::Lines { label: format!("evidence in its test \"{}\"{made}", case.name), lines });
    }
    blocks
}

fn background(signature: &Signature) -> Vec<Block> {
    let def = &signature.def;
    let mut blocks = Vec::new();
    let plain = |all: &[String]| bullets(all.iter().map(|t| vec![Span::plain(t)]).collect());
    if !def.falsepositives.is_empty() {
        blocks.extend([heading("it would be wrong if"), plain(&def.falsepositives)]);
    }
    if !def.explains.is_empty() {
        blocks.extend([heading("it explains"), plain(&def.explains)]);
    }
    if !def.references.is_empty() {
        let item =
            |r: &crate::pattern::Reference| vec![strong(format!("{}: ", r.role)), Span::plain(&r.target)];
        blocks.extend([heading("references"), bullets(def.references.iter().map(item).collect())]);
    }
    if let Some(note) = &def.note {
        blocks.extend([heading("note"), Block::Text(vec![Span::plain(note)])]);
    }
    blocks
}

fn test(case: &TestCase) -> Vec<Span> {
    let tone = if case.expect == Expect::Match { Tone::Bad } else { Tone::Good };
    let made = if case.synthetic { "synthetic".to_owned() } else { case.source.clone().unwrap_or_default() };
    let client = case.client.as_ref().map(|c| format!("client {c}"));
    let about: Vec<String> = client.into_iter().chain((!made.is_empty()).then_some(made)).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    vec![Span::toned(word(case.expect), tone), Span::plain(format!(": {}{about}", case.name))]
}

fn doc(page: &Page<'_>) -> Value {
    let Page { signature, proof, .. } = page;
    let actual = proof.map(|(case, f)| {
        let lines = f.evidence.lines().iter();
        let evidence =
            lines.map(|e| json!({ "line": e.line, "step": e.step, "event": e.event, "text": e.text }));
        json!({ "test": case.name, "summary": f.summary, "evidence": evidence.collect::<Vec<_>>() })
    });
    let whole = json!({
        "id": signature.id, "pack": signature.pack, "on": signature.is_on(), "signature": *signature.def,
        "proof": actual,
    });
    document("pattern", whole)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{condition, step};
    use crate::pattern::Knowledge;

    fn words(json: serde_json::Value) -> String {
        let spans = step(&serde_json::from_value(json).unwrap(), &Knowledge::builtin());
        spans.into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn a_step_is_a_sentence() {
        let found = words(json!({ "as": "b", "event": ["x", "y"], "where": { "status": [404, 410] },
            "within": "2s", "count": { "min": 3, "within": "9s" }, "not_between": ["z"] }));
        assert_eq!(
            found,
            "b: x or y, its status 404 or 410, 3 times or more within 9s, within 2s of the step before, and since then no z"
        );
        let found =
            words(json!({ "as": "g", "absent": ["x"], "for": "15s", "at_end_of_log": "inconclusive" }));
        assert_eq!(found, "g: no x for 15s; if the log ends before, it cannot be told");
        let found = words(json!({ "as": "e", "event": "session.expired" }));
        assert_eq!(
            found,
            "e: session.expired (the client believes that the server no longer knows its session)"
        );
    }

    #[test]
    fn a_condition_is_a_phrase() {
        assert_eq!(condition(&json!({ "gt": "60s", "lt": 9 })), "above `60s` and below 9");
        assert_eq!(condition(&json!({ "prefix": "a" })), "beginning with `a`");
    }
}
