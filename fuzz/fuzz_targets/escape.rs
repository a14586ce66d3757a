//! A log whose every text is hostile, as a report in every format: it drives no terminal, opens no element of a page,
//! starts no workflow command, and what programs read can be read back.
#![no_main]

mod known;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use lastgood::classify::{Classifier, Understood};
use lastgood::diagnose::{End, Engine};
use lastgood::parse;
use lastgood::render::{FORMATS, Look};
use lastgood::report::{Diagnosed, Report, diagnosis};
use lastgood::source::Source;
use lastgood::timeline::Summary;
use libfuzzer_sys::fuzz_target;

use self::known::KNOWN;

/// The elements of a page about a harmless log.
static TAGS: LazyLock<BTreeSet<String>> = LazyLock::new(|| tags(&page("harmless")));

fuzz_target!(|text: &str| {
    let report = report(text);
    for format in FORMATS {
        let out = (format.render)(&report, &Look { width: 100, ..Look::default() });
        assert_eq!(out.chars().find(|c| dangerous(*c)), None, "{}", format.name);
        match format.name {
            "json" | "sarif" => assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok()),
            "github" => assert!(
                out.lines().all(|l| l.starts_with("::error ")
                    || l.starts_with("::warning ")
                    || l.starts_with("::notice ")),
                "{out}"
            ),
            "html" => {
                let new: Vec<String> = tags(&out).difference(&TAGS).cloned().collect();
                assert!(new.is_empty(), "{new:?}");
            }
            _ => {}
        }
    }
});

fn page(text: &str) -> String {
    let html = FORMATS.iter().find(|f| f.name == "html").unwrap();
    (html.render)(&report(text), &Look::default())
}

/// Names of elements, and of attributes that run something, wherever they stand in a page.
fn tags(page: &str) -> BTreeSet<String> {
    let name =
        |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect::<String>();
    page.split('<').skip(1).map(name).collect()
}

fn dangerous(c: char) -> bool {
    let hidden = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    (c.is_control() && c != '\n') || hidden
}

/// A log that loses its session to a 404, with the text in a server's name, a tool's name and an error.
fn report(text: &str) -> Report {
    let (knowledge, rules) = &*KNOWN;
    let line: String = text.replace(['\n', '\r'], " ");
    let name = line.replace("\": ", "").replace("\" ", "").replace("\":", "");
    let said = [
        "Starting connection with timeout of 30000ms".to_owned(),
        "Successfully connected (transport: http) in 40ms".to_owned(),
        format!("Calling MCP tool: {line}"),
        format!("Connection error: {line}"),
        "Connection error: Streamable HTTP error: Failed to open SSE stream: Not Found".to_owned(),
        "MCP session expired (server returned 404), triggering reconnection".to_owned(),
        "Closing transport (session expired)".to_owned(),
        line,
    ];
    let log: String = said
        .iter()
        .map(|s| format!("2026-11-23T00:23:21.008Z [DEBUG] MCP server \"{name}\": {s}\n"))
        .collect();
    let mut classifier = Classifier::new(knowledge);
    let mut summary = Summary::new(knowledge);
    let mut engine = Engine::new(rules);
    let read = parse::read(Source::from_text(text, &log), &mut |line| {
        let understood = classifier.line(line);
        summary.see(line, &understood);
        match understood {
            Understood::Event(event) => engine.see(event),
            _ => engine.tick(line.stamp, line.number),
        }
    });
    let end = End { stamp: summary.last_stamp(), line: summary.last_line(), client: None };
    let found = engine.finish(end);
    let inputs: Vec<_> =
        read.ok().map(|(dialect, tally)| summary.finish(text, dialect, tally, None)).into_iter().collect();
    let doubts: Vec<_> = found.inconclusive.into_iter().map(|i| (0, i)).collect();
    let errors = [(text.to_owned(), text.to_owned())];
    let findings = &found.findings;
    let (earlier, tried) = (&found.earlier, rules.len());
    let (inconclusive, threads) = (&doubts, 1);
    diagnosis(&Diagnosed {
        inputs: &inputs,
        findings,
        earlier,
        inconclusive,
        errors: &errors,
        knowledge,
        tried,
        threads,
    })
}
