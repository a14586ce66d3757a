//! The bar that peers were measured by: one regression's five lines among noise, found with none false.
//!
//! The lines are those of the report anthropics/claude-code#62198; the noise is made up, and in another order and
//! with other values in each log.

use super::{Changes, Focus, Relevance, Surroundings, compare};

/// What the good log says of the server, and the bad one too.
const BOTH: [&str; 3] = [
    "[DEBUG] MCP server \"S\": Successfully connected (transport: http) in {}ms",
    "[DEBUG] MCP server \"S\": Channel notifications skipped: server did not declare claude/channel capability",
    "[DEBUG] MCP server \"S\": Connection error: Streamable HTTP error: Failed to open SSE stream: Not Found",
];
/// What only the bad log says.
const REGRESSION: [&str; 5] = [
    "[DEBUG] MCP server \"S\": MCP session expired (server returned 404), triggering reconnection",
    "[DEBUG] MCP server \"S\": Closing transport (session expired)",
    "[DEBUG] MCP server \"S\": HTTP transport closed/disconnected, attempting automatic reconnection",
    "[ERROR] MCP server \"S\" Failed to fetch tools: Not connected",
    "[DEBUG] MCP server \"S\": Terminal connection error 1/3",
];
const NOISE: [&str; 18] = [
    "[DEBUG] [STARTUP] Loading MCP configs...",
    "[DEBUG] [STARTUP] MCP configs resolved in {}ms (awaited at +{}ms)",
    "[DEBUG] Writing to temp file: /home/dev/.claude.json.tmp.{}.6c66d60b9{}c0",
    "[DEBUG] Temp file written successfully, size: {} bytes",
    "[DEBUG] [API REQUEST] /v1/messages source=sdk request_id=req_011CSHoEeqs5C3{}K2UUqR7Fy",
    "[DEBUG] attribution header cc_version=2.1.{}.a76; cc_entrypoint=sdk-cli; cch=0{};",
    "[DEBUG] autocompact: tokens={} level=ok effectiveWindow=9{}000",
    "[DEBUG] Stream started - received first chunk",
    "[INFO] [Stall] tool_dispatch_end tool=Bash toolUseId=toolu_ec3c73d8a4744{}2abdd1089 outcome=ok durationMs={}",
    "[DEBUG] CA certs: Loaded {} bundled root certificates",
    "[DEBUG] FileHistory: Added snapshot for c0aeb74d-4064-4a48-9e6a-e69e066c5{}, tracking {} files",
    "[WARN] [3P telemetry] Event dropped (no event logger initialized): api_request",
    "[DEBUG] Ripgrep first use test: PASSED (mode=embedded, path=/opt/claude/claude)",
    "[DEBUG] Listening: /tmp/cc-socks/{}.sock, port {}",
    "[DEBUG] fetched http://127.0.0.1:18{}/v1/x in {}s at 2026-11-23T00:23:19.{}Z",
    "[DEBUG] Hooks: Found {} total hooks in registry",
    "[DEBUG] LSP server manager initialized successfully",
    "[DEBUG] Node version: v24.3.{}, Platform: linux",
];

/// A log of these lines; each `{}` is another number of three digits in each log.
fn log(seed: usize, lines: &[String]) -> Surroundings {
    let mut log = Surroundings::default();
    for (at, line) in lines.iter().enumerate() {
        let line = line.split("{}").enumerate().fold(String::new(), |text, (i, part)| match i {
            0 => part.to_owned(),
            i => format!("{text}{}{part}", 100 + (seed * 37 + at * 61 + i * 17) % 900),
        });
        let (level, message) = line.trim_start_matches('[').split_once("] ").unwrap();
        log.see(at as u64 + 1, Some(level), message.as_bytes());
    }
    log
}

/// Noise in an order of its own, with `own` lines of the server spread over it in their order.
fn woven(seed: usize, own: &[String]) -> Vec<String> {
    let mut lines: Vec<String> =
        (0..NOISE.len()).map(|i| NOISE[(i * 5 + seed * 7) % NOISE.len()].to_owned()).collect();
    for (i, line) in own.iter().enumerate() {
        lines.insert((i * 2 + seed).min(lines.len()), line.clone());
    }
    lines
}

fn of(server: &str, lines: &[&str]) -> Vec<String> {
    lines
        .iter()
        .map(|line| line.replace('S', "\0").replace("\"\0\"", &format!("\"{server}\"")).replace('\0', "S"))
        .collect()
}

/// The likely lines, as template texts; nothing else may differ.
fn likely(changes: &Changes) -> Vec<&str> {
    let all = changes.new.len() + changes.gone.len() + changes.more.len() + changes.less.len();
    assert_eq!(changes.likely().count(), all, "{changes:#?}");
    changes.new.iter().map(|c| c.template.as_str()).collect()
}

fn five(server: &str) -> Vec<String> {
    let cut = |line: &String| line.split_once("] ").unwrap().1.replace("1/3", "<n>/<n>");
    of(server, &REGRESSION).iter().map(cut).collect()
}

#[test]
fn the_five_lines_are_found_and_no_other() {
    for (seed, names) in (0..40).flat_map(|seed| [(seed, &[][..]), (seed, &["my-http-mcp"][..])]) {
        let server = "my-http-mcp";
        let good = log(seed, &woven(seed, &of(server, &BOTH)));
        let bad = log(
            seed + 3,
            &woven(seed + 1, &[of(server, &BOTH), of(server, &REGRESSION), of(server, &BOTH[2..])].concat()),
        );
        let changes = compare(&good, &bad, &Focus { names, around: None });
        assert_eq!(likely(&changes), five(server));
        assert_eq!(
            compare(&good, &log(9, &woven(5, &of(server, &BOTH))), &Focus::default()),
            Changes::default()
        );
    }
}

#[test]
fn the_same_lines_on_another_server_hide_nothing() {
    let (server, other) = ("my-http-mcp", "legacy-sse");
    let always = [of(other, &BOTH), of(other, &REGRESSION), of(server, &BOTH)].concat();
    let good = log(1, &woven(2, &always));
    let bad = log(8, &woven(4, &[always, of(server, &REGRESSION)].concat()));
    assert_eq!(likely(&compare(&good, &bad, &Focus::default())), five(server));
}

#[test]
fn words_never_heard_of_are_found() {
    let own = of("odd one", &BOTH);
    let said = ["frobnicated the widget", "gave in", "quux 5 of 7", "says no", "a 404 it was"];
    let strange: Vec<String> = said.iter().map(|s| format!("[DEBUG] MCP server \"odd one\": {s}")).collect();
    let changes =
        compare(&log(1, &woven(1, &own)), &log(2, &woven(6, &[own, strange].concat())), &Focus::default());
    assert_eq!(likely(&changes).len(), 5);
}

#[test]
fn another_versions_chatter_is_told_apart() {
    let own = of("s", &BOTH);
    let benign = [
        "[DEBUG] [auto-mode] gate=open",
        "[INFO] 1 setup issue: install",
        "[WARN] git clone failed",
        "[DEBUG] Failed to stat",
    ];
    let bad = woven(6, &[own.clone(), of("s", &REGRESSION), benign.map(str::to_owned).to_vec()].concat());
    let changes =
        compare(&log(1, &woven(1, &own)), &log(2, &bad), &Focus { names: &["s"], around: Some((1, 99)) });
    let chatter = changes.new.iter().filter(|c| c.relevance == Relevance::Chatter).count();
    assert_eq!((changes.likely().count(), chatter), (5, 4));
}
