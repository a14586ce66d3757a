//! Reports for the tests of all formats.
//!
//! Comes in: a text. Goes out: a report with every shape of block in which that text stands wherever a report
//! may hold a log's words. Not part of the program.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::report::{Block, Cell, Change, Fact, Finding, Lives, Report, Row, Span, Table, Tone};

/// What has broken other tools' output, each by itself.
const EVIL: [&str; 34] = [
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
    "\u{9b}2J",
    "\u{202e}txt.exe\u{202c}",
    "\u{2066}\u{200f}\u{61c}",
    "ad\u{200b}min\u{feff}",
    "```",
    "`",
    "````\n```diff",
    "~~~",
    "</details>",
    "<script>alert(1)</script>",
    "<!-- ",
    "@someone",
    "@org/team",
    "#12",
    "GH-12",
    "org/repo#12",
    "https://github.com/o/r/issues/12",
    "www.evil.example",
    "0123456789abcdef0123456789abcdef01234567",
    "| a | b |",
    "\\",
    "[x](javascript:alert(1))",
    "![i](http://evil.example/i.png)",
    "**bold** _it_ ~~no~~ $x$ :tada:",
    "# head\n\n- item\r\n1. one\n> quote\n---\n===",
    "&lt;&#64;someone",
    "服务器错误：连接被拒绝",
    "👩‍👩‍👧‍👦 ⚠️ 🇩🇪 👍🏽",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\0\0\0\u{7f}\u{85}\u{2028}\t",
    "    ",
];

/// Hostile text: pieces of [`EVIL`], of words and of anything at all.
pub(super) fn evil() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(EVIL.to_vec()).prop_map(str::to_owned),
        2 => "[a-z]{1,9} ?",
        1 => proptest::collection::vec(any::<char>(), 0..6).prop_map(String::from_iter),
        1 => "[ -~]{1,12}",
        1 => "[x服]{60,130}",
    ];
    proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

/// All of [`EVIL`] in one report.
pub(super) fn hostile() -> Report {
    filled(&EVIL.join(" "))
}

/// A report with every shape of block, each slot holding `text`.
pub(super) fn filled(text: &str) -> Report {
    let own = || text.to_owned();
    let tones = [Tone::Plain, Tone::Strong, Tone::Faint, Tone::Good, Tone::Bad, Tone::Warn, Tone::Code];
    let spans: Vec<Span> =
        tones.iter().flat_map(|tone| [Span::toned(own(), *tone), Span::plain(" ")]).collect();
    let single = vec![Span::toned(own(), Tone::Code)];
    let blocks = vec![
        Block::Facts(vec![
            Fact { name: own(), value: spans.clone() },
            Fact { name: "signature".into(), value: single.clone() },
        ]),
        Block::Heading(1, spans.clone()),
        Block::Heading(2, spans.clone()),
        Block::Text(spans.clone()),
        Block::List { numbered: true, items: vec![spans.clone(), single.clone()] },
        Block::List { numbered: false, items: vec![spans.clone(), Vec::new()] },
        Block::Table(Table { head: vec![own(), "b".into(), own()], rows: vec![vec![spans, single]] }),
        Block::Lives(lives(text, Some(own()))),
        Block::Lives(lives(text, None)),
        Block::Finding(finding(text)),
        Block::Lines { label: own(), lines: vec![(7, own()), (u64::MAX, own())] },
    ];
    let inner = blocks.iter().filter(|block| !matches!(block, Block::Lives(_) | Block::List { .. }));
    let details = Block::Details { summary: own(), blocks: inner.cloned().collect() };
    let nested = Block::Details { summary: own(), blocks: vec![details] };
    let blocks = blocks.into_iter().chain([nested]).collect();
    Report::new(own(), blocks, document(text)).toned(Tone::Bad)
}

/// A document of the contract, `text` in every slot that a report reads back.
fn document(text: &str) -> Value {
    let input = |path: &str| json!({ "path": path, "client_version": { "value": text, "source": text } });
    let finding = json!({
        "id": text, "rev": 1, "title": text, "kind": "client-bug", "server": text, "summary": text,
        "expected": text, "new": true, "explained_by": null, "applicability": "in-range",
    });
    json!({
        "schema": "lastgood.diff/1", "tool": text, "verdict": "regressed", "good": input("good.log"), "bad": input(text),
        "packs": [{ "id": text, "version": text }], "findings": [finding],
        "servers": [{ "name": text, "verdict": "regressed", "outcome": { "good": text, "bad": text } }],
        "errors": [{ "path": text, "message": text }], "more": [text, { "b": text }],
    })
}

/// Lives with every change, of which the fourth row is the parting.
fn lives(text: &str, left: Option<String>) -> Lives {
    let cell = |line: u64, tone: Tone| Cell {
        line,
        at_ms: (line != 3).then_some(line as i64 * 977),
        event: text.to_owned(),
        text: text.to_owned(),
        repeats: line,
        tone,
    };
    let both = |change, line| Row {
        change,
        left: Some(cell(line, Tone::Plain)),
        right: Some(cell(line + 1, Tone::Warn)),
    };
    let rows = vec![
        both(Change::Same, 1),
        Row { change: Change::Gap, left: Some(cell(0, Tone::Faint)), right: None },
        Row { change: Change::Removed, left: Some(cell(3, Tone::Good)), right: None },
        Row { change: Change::Added, left: None, right: Some(cell(4, Tone::Bad)) },
        both(Change::Moved, 123_456),
        both(Change::Repeated, 7),
        both(Change::Slower, 8),
        both(Change::Faster, 9),
        both(Change::Changed, 10),
    ];
    let verdict = left.as_ref().map(|_| Span::toned(text, Tone::Bad));
    let (server, right) = (text.to_owned(), text.to_owned());
    Lives { server, verdict, left, right, rows, divergence: Some(3) }
}

fn finding(text: &str) -> Finding {
    let own = || text.to_owned();
    Finding {
        id: own(),
        title: own(),
        severity: own(),
        tone: Tone::Bad,
        kind: "client-regression".into(),
        log: 0,
        input: own(),
        server: Some(own()),
        summary: own(),
        expected: own(),
        caveats: vec![own(), own()],
        advice: vec![own(), own()],
        evidence: vec![(137, own()), (u64::MAX, own())],
        references: vec![
            ("report".into(), "anthropics/claude-code#62198".into()),
            ("spec".into(), "https://modelcontextprotocol.io/specification/2025-03-26".into()),
            (own(), format!("see {text}")),
        ],
        count: 3,
        explains: vec![own()],
    }
}
