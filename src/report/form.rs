//! The bug form of the client, filled in as far as the logs prove it.
//!
//! Comes in: the document of a report, so that whatever was done to the document (secrets taken out) holds here
//! too. Goes out: the fields of the form in its order, each with what is proved or with the word that the reporter
//! has to know it. It guesses nothing: a field that no log speaks of stays open.

use serde_json::Value;

/// A field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its id in the form.
    pub id: &'static str,
    /// What stands over it.
    pub label: &'static str,
    /// What is known of it.
    pub answer: Answer,
}

/// How much of a field is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All of it; paragraphs of prose.
    Known(Vec<String>),
    /// A part; the reporter has to add to it.
    Begun(Vec<String>),
    /// The first steps, in order; the reporter has to add to them.
    Steps(Vec<String>),
    /// The part of a report that belongs into a field for logs.
    Logs,
    /// Nothing; a hint for the reporter.
    Open(&'static str),
}

/// The fields, in the order of the form.
pub(super) fn form(document: &Value) -> Vec<Field> {
    let field = |id, label, answer| Field { id, label, answer };
    let lead = lead(document);
    vec![
        field(
            "preflight",
            "Preflight Checklist",
            Answer::Open("search for the same bug first; one bug a report"),
        ),
        field("actual", "What's Wrong?", actual(document, lead)),
        field("expected", "What Should Happen?", expected(document, lead)),
        field("error_output", "Error Messages/Logs", Answer::Logs),
        field("reproduction", "Steps to Reproduce", reproduction(document)),
        field("model", "Claude Model", Answer::Open("which model was asked?")),
        field("regression", "Is this a regression?", regression(document)),
        field("working_version", "Last Working Version", working_version(document)),
        field("version", "Claude Code Version", version(document)),
        field(
            "platform",
            "Platform",
            Answer::Open("Anthropic API, AWS Bedrock, Google Vertex AI or another"),
        ),
        field("os", "Operating System", system(document)),
        field("terminal", "Terminal/Shell", Answer::Open("the logs do not say")),
        field("additional", "Additional Information", Answer::Begun(additional(document))),
    ]
}

/// A text of the document, by its place; nothing where it is empty.
fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The finding that the report is about: the first that is new, is no mere symptom and is not harmless.
fn lead(document: &Value) -> Option<&Value> {
    let is_lead = |f: &&Value| {
        f.get("new") != Some(&Value::Bool(false))
            && text(f, "/explained_by").is_none()
            && f["kind"] != "benign"
    };
    document.get("findings")?.as_array()?.iter().find(is_lead)
}

/// The server that fared worst, which is told first.
fn worst(document: &Value) -> Option<&Value> {
    document.get("servers")?.as_array()?.first().filter(|s| s.get("verdict").is_some_and(|v| v != "same"))
}

fn is_regression(document: &Value) -> bool {
    document["verdict"] == "regressed"
}

fn bad_version(document: &Value) -> Option<String> {
    ["/bad", "/inputs/0", "/input"]
        .iter()
        .find_map(|input| text(document, &format!("{input}/client_version/value")))
}

fn good_version(document: &Value) -> Option<String> {
    text(document, "/good/client_version/value")
}

/// The system that the failing client ran on, as far as the form's choices follow from it.
fn system(document: &Value) -> Answer {
    let platform =
        ["/bad", "/inputs/0", "/input"].iter().find_map(|input| text(document, &format!("{input}/platform")));
    match platform.as_deref() {
        Some("darwin") => Answer::Known(vec!["macOS".to_owned()]),
        Some("win32") => Answer::Known(vec!["Windows".to_owned()]),
        Some("linux") => Answer::Begun(vec!["Linux: Ubuntu/Debian, or another?".to_owned()]),
        _ => Answer::Open("the logs do not say"),
    }
}

fn actual(document: &Value, lead: Option<&Value>) -> Answer {
    let mut said = Vec::new();
    said.extend(worst(document).and_then(went));
    said.extend(lead.and_then(|f| text(f, "/summary")));
    let name = lead.and_then(|f| Some((text(f, "/title")?, text(f, "/id")?)));
    said.extend(name.map(|(title, id)| format!("This is known as `{id}`: {title}.")));
    if said.is_empty() { Answer::Open("no log shows a failure that is known") } else { Answer::Known(said) }
}

/// What became of a server, and where.
fn went(server: &Value) -> Option<String> {
    let name = text(server, "/name")?;
    let outcome = |side: &str| text(server, &format!("/outcome/{side}"));
    let became = match (outcome("good"), outcome("bad")) {
        (Some(good), Some(bad)) if good != bad => format!("went from {good} to {bad}"),
        (Some(good), None) => format!("was {good}, and is not there any more"),
        (None, Some(bad)) => format!("is {bad}, and was not there before"),
        (Some(good), _) => format!("is {good} in both logs, by another way"),
        (None, None) => return None,
    };
    let parted = text(server, "/divergence/event").map(|at| format!("; the two logs part at {at}"));
    Some(format!("The MCP server {name} {became}{}.", parted.unwrap_or_default()))
}

fn expected(document: &Value, lead: Option<&Value>) -> Answer {
    if let Some(expected) = lead.and_then(|f| text(f, "/expected")) {
        return Answer::Known(vec![expected]);
    }
    match (is_regression(document), good_version(document)) {
        (true, Some(good)) => Answer::Begun(vec![format!("What client {good} does.")]),
        _ => Answer::Open("what should the client have done?"),
    }
}

fn reproduction(document: &Value) -> Answer {
    let name = worst(document).or(lead(document)).and_then(|of| text(of, "/name").or(text(of, "/server")));
    let Some(name) = name else { return Answer::Open("the steps that lead to it") };
    let servers =
        ["/bad/servers", "/inputs/0/servers"].iter().find_map(|at| document.pointer(at)?.as_array());
    let server = servers.and_then(|all| all.iter().find(|s| s["name"] == *name));
    let transport =
        server.and_then(|s| text(s, "/transport")).map(|t| format!(" over {t}")).unwrap_or_default();
    let version = bad_version(document).map(|v| format!(" {v}")).unwrap_or_default();
    let mut steps = vec![
        format!("Configure the MCP server {name}{transport}."),
        format!("Run client{version} with `--debug --debug-file bad.log` until it fails."),
    ];
    if let Some(good) = good_version(document).filter(|_| is_regression(document)) {
        steps.push(format!("Do the same with client {good}: there it works."));
    }
    Answer::Steps(steps)
}

fn regression(document: &Value) -> Answer {
    match (is_regression(document), good_version(document), bad_version(document)) {
        (true, Some(good), Some(bad)) if good != bad => {
            Answer::Known(vec!["Yes, this worked in a previous version".to_owned()])
        }
        _ => Answer::Open("yes, no or not known: the logs do not prove either"),
    }
}

fn working_version(document: &Value) -> Answer {
    match (is_regression(document), good_version(document)) {
        (true, Some(good)) if Some(&good) != bad_version(document).as_ref() => Answer::Known(vec![good]),
        _ => Answer::Open("the last version that worked, if there is one"),
    }
}

fn version(document: &Value) -> Answer {
    match bad_version(document) {
        Some(version) => Answer::Known(vec![version]),
        None => Answer::Open("what `claude --version` says: the log does not"),
    }
}

/// What was read, by what, and what matched.
fn additional(document: &Value) -> Vec<String> {
    let mut said = Vec::new();
    for side in ["good", "bad"] {
        let Some(input) = document.get(side) else { continue };
        let version =
            text(input, "/client_version/value").unwrap_or_else(|| "of an unknown version".to_owned());
        let source = text(input, "/client_version/source").map(|s| format!(" ({s})")).unwrap_or_default();
        said.push(format!("The {side} log: client {version}{source}, {} lines.", input["lines"]));
    }
    let tool = text(document, "/tool").unwrap_or_default();
    let packs = document.get("packs").and_then(Value::as_array).into_iter().flatten();
    let packs: Vec<String> =
        packs.filter_map(|p| Some(format!("{} {}", text(p, "/id")?, text(p, "/version")?))).collect();
    said.push(format!("Compared by lastgood {tool} with the patterns {}.", packs.join(", ")));
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(document: &Value, id: &str) -> Answer {
        form(document).into_iter().find(|f| f.id == id).unwrap().answer
    }

    fn regressed() -> Value {
        let input = |version: &str| json!({ "client_version": { "value": version }, "lines": 3 });
        json!({
            "verdict": "regressed", "good": input("2.1.146"), "bad": input("2.1.147"),
            "servers": [{ "name": "m", "verdict": "regressed", "outcome": { "good": "ready", "bad": "failed" } }],
            "findings": [
                { "id": "old", "kind": "client-bug", "summary": "no", "new": false },
                { "id": "symptom", "kind": "client-bug", "summary": "no", "new": true, "explained_by": "x" },
                { "id": "x", "title": "T", "kind": "client-bug", "summary": "torn down", "expected": "go on", "new": true },
            ],
        })
    }

    #[test]
    fn the_system_is_what_the_failing_client_says() {
        let on = |platform: &str| answer(&json!({ "bad": { "platform": platform } }), "os");
        assert_eq!(on("darwin"), Answer::Known(vec!["macOS".to_owned()]));
        assert!(matches!(on("linux"), Answer::Begun(_)));
        assert_eq!(on("plan9"), Answer::Open("the logs do not say"));
    }

    #[test]
    fn what_two_logs_prove_is_filled_in() {
        let document = regressed();
        let known = |text: &str| Answer::Known(vec![text.to_owned()]);
        assert_eq!(answer(&document, "version"), known("2.1.147"));
        assert_eq!(answer(&document, "working_version"), known("2.1.146"));
        assert_eq!(answer(&document, "expected"), known("go on"));
        assert!(matches!(answer(&document, "regression"), Answer::Known(_)));
        let Answer::Known(actual) = answer(&document, "actual") else { panic!("open") };
        assert_eq!(actual[0], "The MCP server m went from ready to failed.");
        assert_eq!(actual[1..], ["torn down", "This is known as `x`: T."]);
    }

    #[test]
    fn one_version_on_both_sides_proves_no_regression_of_the_client() {
        let mut document = regressed();
        document["good"]["client_version"]["value"] = json!("2.1.147");
        assert!(matches!(answer(&document, "regression"), Answer::Open(_)));
        assert!(matches!(answer(&document, "working_version"), Answer::Open(_)));
    }

    #[test]
    fn no_log_speaks_of_the_machine() {
        for id in ["os", "terminal", "platform", "model", "preflight"] {
            assert!(matches!(answer(&regressed(), id), Answer::Open(_)), "{id}");
        }
    }

    #[test]
    fn a_document_of_another_kind_leaves_all_open_that_it_does_not_tell() {
        assert!(matches!(answer(&Value::Null, "actual"), Answer::Open(_)));
        assert!(matches!(answer(&Value::Null, "reproduction"), Answer::Open(_)));
        let one = json!({ "inputs": [{ "client_version": { "value": "2.0.1" } }] });
        assert_eq!(answer(&one, "version"), Answer::Known(vec!["2.0.1".to_owned()]));
    }
}
