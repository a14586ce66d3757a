//! What of a server's standard error may be seen.
//!
//! Comes in: what follows `Server stderr:`. Goes out: the parts that are hidden. A server may print anything there:
//! requests, answers, whole files. What explains a failure has a form of its own, and stays: error and warning
//! lines, stack frames, and the one line in which a server says that it runs. In these, too, quoted text of several
//! words and objects in braces are hidden, and all other rules hold. Everything else is hidden line by line.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::book::is_stand_in;
use super::pick::message_end;
use super::rules::Found;

/// The longest line that is taken for a plain one, in bytes.
const MAX_PLAIN: usize = 300;

/// The forms of lines that stay.
const PLAIN: [&str; 9] = [
    // An error by its class, as JavaScript, Python, Java and Rust write it.
    r"^\s*(?:Uncaught |Unhandled |Caused by: |\[[A-Z_]+\]: )?[\w.$]*(?:Error|Exception|Warning|Panic|Fault)\b(?: \[[A-Z_]+\])?(?::|$)",
    // An error by its level.
    r"(?i)^\s*(?:\[?(?:error|fatal|warn(?:ing)?|critical|panic|err!?)\]?\s*[:!|-]|\[(?:error|fatal|warn(?:ing)?|critical)\])",
    r"(?i)^(?:npm|pnpm|yarn|uv|pip|bash|sh|zsh|node|python3?|cargo|docker|npx|env|rg)(?: err!?| error| warn)?:? .{0,20}(?:err|warn|not found|cannot|no such|denied|failed)",
    // A log line with a clock and a level.
    r"^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\dZ+:-]*\]?[ |-]+\[?(?:ERROR|FATAL|WARN(?:ING)?|CRITICAL)\]?\b",
    // Stack frames.
    r"^\s*at .+[:(].*\d+\)?$|^\s*at <anonymous>$",
    r#"^\s*File ".+", line \d+(?:, in \S+)?$|^Traceback \(most recent call last\):$|^\s*[\^~]+\s*$|^\s*throw \w+;?$|^thread '.+' panicked at"#,
    r"^(?:node:|file:)\S+:\d+$|^Node\.js v[\d.]+$|^\s*code: '[A-Z_]+',?$|^\s*requireStack: ",
    // The reasons of the system.
    r"\b(?:ENOENT|EACCES|EADDRINUSE|ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EPIPE|MODULE_NOT_FOUND)\b|(?i:command not found|no such file or directory|permission denied|address already in use|cannot find module)",
    // The server says that it runs.
    r"^[\w .:()/-]{0,60}(?i:\bserver\b|\bmcp\b)[\w .:()/-]{0,40}(?i:\b(?:running|listening|started|starting|ready|connected|stopped|shutting down)\b)[\w .:()/,-]{0,60}$|^(?i:starting) [\w .:()/-]{0,40}(?i:server)[ .]{0,4}$",
];

static PLAIN_LINE: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PLAIN.iter().filter_map(|p| Regex::new(p).ok()).collect());

/// Line breaks, as a log, a JSON string and a finished report write them.
static BREAK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:\r?\n|⏎|\\r|\\n)+").ok());

/// Quoted text of four words or more, and objects.
static INNER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#""([^"\s]+(?: +[^"\s]+){3,})"|'([^'\s]+(?: +[^'\s]+){3,})'|`([^`\s]+(?: +[^`\s]+){3,})`|(\{[^{}]*:.*\})"#).ok()
});

/// The hidden parts.
pub(super) fn hidden(found: &Found<'_>) -> Vec<Range<usize>> {
    let end = message_end(found);
    let text = found.value().get(..end).unwrap_or_default();
    let mut parts = Vec::new();
    let mut at = 0;
    for gap in breaks(text) {
        line(text, at..gap.start, &mut parts);
        at = gap.end;
    }
    line(text, at..text.len(), &mut parts);
    parts
}

fn breaks(text: &str) -> Vec<Range<usize>> {
    BREAK.as_ref().map(|b| b.find_iter(text).map(|m| m.range()).collect()).unwrap_or_default()
}

/// Whether a line that a server wrote may be seen.
pub(super) fn is_plain(line: &str) -> bool {
    line.len() <= MAX_PLAIN && PLAIN_LINE.iter().any(|form| form.is_match(line))
}

fn line(text: &str, range: Range<usize>, parts: &mut Vec<Range<usize>>) {
    let whole = text.get(range.clone()).unwrap_or_default();
    let kept = whole.trim();
    if kept.is_empty() || is_stand_in(kept) {
        return;
    }
    let start = range.start + (whole.len() - whole.trim_start().len());
    if is_plain(whole.trim_end()) {
        let inner = inner(kept).into_iter().map(|r| start + r.start..start + r.end);
        parts.extend(inner);
    } else {
        parts.push(start..start + kept.len());
    }
}

fn inner(line: &str) -> Vec<Range<usize>> {
    let Some(quoted) = INNER.as_ref() else { return Vec::new() };
    let groups = quoted.captures_iter(line).filter_map(|c| c.iter().skip(1).flatten().next());
    groups.filter(|m| !is_stand_in(m.as_str())).map(|m| m.range()).collect()
}

#[cfg(test)]
mod tests {
    use super::{BREAK, INNER, PLAIN, PLAIN_LINE, is_plain};

    #[test]
    fn every_form_is_a_pattern() {
        assert_eq!(PLAIN_LINE.len(), PLAIN.len());
        assert!(BREAK.is_some() && INNER.is_some());
    }

    #[test]
    fn what_explains_a_failure_is_plain() {
        for line in [
            "Error: Cannot find module \"dotenv\"",
            "[warn] config file not found, using defaults",
            "node:internal/modules/cjs/loader:1404",
            "  throw err;",
            "    at Module._load (node:internal/modules/cjs/loader:1137:25)",
            "Traceback (most recent call last):",
            "  File \"/srv/app/main.py\", line 12, in run",
            "ModuleNotFoundError: No module named 'mcp'",
            "2026-11-23 00:37:43,123 WARNING indexer.worker: could not parse /srv/data/file-1.py",
            "Warning: Cannot access directory /home/dev/no-such-dir, skipping",
            "bash: uvx: command not found",
            "Secure MCP Filesystem Server running on stdio",
            "Starting default (STDIO) server...",
            "java.lang.IllegalStateException: no",
            "thread 'main' panicked at src/main.rs:4:5:",
        ] {
            assert!(is_plain(line), "{line}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        let long = format!("Error: {}", "x".repeat(400));
        for line in [
            "user ann asked about her salary",
            "{\"jsonrpc\":\"2.0\",\"error\":\"x\"}",
            "    conn = connect(password=\"hunter2\")",
            "The meeting at ten (see 12:30)",
            "errors are human",
            &long,
        ] {
            assert!(!is_plain(line), "{line}");
        }
    }
}
