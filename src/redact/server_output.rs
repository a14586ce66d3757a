//! What of a server's standard error may be seen.
//!
//! Comes in: what follows `Server stderr:`. Goes out: the parts that are hidden. A server may print anything there:
//! requests, answers, whole files. What explains a failure has a form of its own, and stays: the class or the level of
//! an error, what it says if that is a reason that machines have, stack frames, and the one line in which a server says
//! that it runs. In these, too, quoted text of several words and objects in braces are hidden, and all other rules hold.
//! Everything else is hidden, line by line.

use std::ops::Range;
use std::sync::LazyLock;

use super::book::is_stand_in;
use super::pattern::{Pattern, Text};
use super::pick::message_end;
use super::rules::Found;

/// The longest line that is taken for a plain one, in bytes.
const MAX_PLAIN: usize = 300;

/// What a line begins with that tells of a failure; of what follows only [`REASONS`] stay.
const HEADS: [&str; 4] = [
    // An error by its class, as JavaScript, Python, Java and Rust write it.
    r"^\s*(?:Uncaught |Unhandled |Caused by: |\[[A-Z_]+\]: )?[\w.$]*(?:Error|Exception|Warning|Panic|Fault)\b(?: \[[A-Z_]+\])?(?::|$)",
    // An error by its level.
    r"(?i)^\s*(?:\[?(?:error|fatal|warn(?:ing)?|critical|panic|err!?)\]?\s*[:!|-]|\[(?:error|fatal|warn(?:ing)?|critical)\])",
    r"(?i)^(?:npm|pnpm|yarn|uv|pip|bash|sh|zsh|node|python3?|cargo|docker|npx|env|rg)(?:: (?:line \d+: )?| err!?:? | error:? | warn:? )",
    // A log line with a clock and a level.
    r"^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\dZ+:-]*\]?[ |-]+\[?(?:ERROR|FATAL|WARN(?:ING)?|CRITICAL)\]?[:|]?",
];

/// The reasons of failures that machines have, in the words in which runtimes and systems tell them.
const REASONS: [&str; 6] = [
    r"\b(?:ENOENT|EACCES|EADDRINUSE|ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EPIPE|MODULE_NOT_FOUND)\b",
    r"(?i:command not found|no such file or directory|permission denied|address already in use|connection refused|connection reset|timed out|out of memory|bad interpreter|is not recognized as)",
    r"(?i:cannot find (?:module|package)|no module named|not valid json|unexpected (?:token|end of json|identifier)|is not (?:defined|a function|iterable)|cannot read propert|(?:module|package|command|file|config|directory) not found|self.signed certificate)",
    r"(?i)^\s*(?:[\w.]+: )?(?:cannot|could not|failed to|unable to) (?:access|open|read|write|load|parse)(?: (?:the |a )?(?:directory|file|config|configuration|module))? \S+$",
    r"(?i)^\s*cannot access directory \S+, skipping$",
    // A variable of the environment that is not set.
    r"^[A-Za-z ]{0,40}\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b[A-Za-z ,]{0,40}[.!]?$",
];

/// The forms of lines that stay as they are.
const PLAIN: [&str; 5] = [
    // Stack frames.
    r"^\s*at .+[:(].*\d+\)?$|^\s*at <anonymous>$",
    r#"^\s*File ".+", line \d+(?:, in \S+)?$|^Traceback \(most recent call last\):$|^\s*[\^~]+\s*$|^\s*throw \w+;?$|^thread '.+' panicked at"#,
    r"^(?:node:|file:)\S+:\d+$|^Node\.js v[\d.]+$|^\s*code: '[A-Z_]+',?$|^\s*requireStack: ",
    // The system, without any head.
    r"^[\w.:/~' -]{0,80}(?:ENOENT|EACCES|EADDRINUSE|ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EPIPE)\b",
    // The server says that it runs.
    r"^[\w .:()/-]{0,60}(?i:\bserver\b|\bmcp\b)[\w .:()/-]{0,40}(?i:\b(?:running|listening|started|starting|ready|connected|stopped|shutting down)\b)[\w .:()/,-]{0,60}$|^(?i:starting) [\w .:()/-]{0,40}(?i:server)[ .]{0,4}$",
];

static HEAD: LazyLock<[Pattern; 4]> = LazyLock::new(|| HEADS.map(Pattern::new));
static REASON: LazyLock<[Pattern; 6]> = LazyLock::new(|| REASONS.map(Pattern::new));
static PLAIN_LINE: LazyLock<[Pattern; 5]> = LazyLock::new(|| PLAIN.map(Pattern::new));

/// Line breaks, as a log, a JSON string and a finished report write them.
static BREAK: Pattern = Pattern::new(r"(?:\r?\n|⏎|\\r|\\n)+");

/// Quoted text of four words or more, and objects.
static INNER: Pattern = Pattern::new(
    r#""([^"\s]+(?: +[^"\s]+){3,})"|'([^'\s]+(?: +[^'\s]+){3,})'|`([^`\s]+(?: +[^`\s]+){3,})`|(\{[^{}]*:.*\})"#,
);

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
    if !text.contains(['\n', '⏎', '\\']) {
        return Vec::new();
    }
    BREAK
        .all_in(&Text::new(text))
        .into_iter()
        .filter_map(|groups| groups.into_iter().next().flatten())
        .collect()
}

/// From where on a line that a server wrote is hidden; its length, where all of it may be seen.
fn shown(line: &str) -> usize {
    if line.len() > MAX_PLAIN {
        return 0;
    }
    let text = Text::new(line);
    if PLAIN_LINE.iter().any(|form| form.is_in(&text)) {
        return line.len();
    }
    let head = HEAD.iter().filter_map(|form| form.first_in(&text)).map(|found| found.end).max();
    let told = |at: usize| {
        let rest = Text::new(line.get(at..).unwrap_or_default().trim());
        REASON.iter().any(|form| form.is_in(&rest))
    };
    head.map_or(0, |at| if told(at) { line.len() } else { at })
}

fn line(text: &str, range: Range<usize>, parts: &mut Vec<Range<usize>>) {
    let whole = text.get(range.clone()).unwrap_or_default();
    let line = whole.trim_end();
    let at = shown(line);
    let (open, rest) = line.split_at_checked(at).unwrap_or(("", line));
    let start = range.start + open.len() + (rest.len() - rest.trim_start().len());
    let rest = rest.trim();
    if !rest.is_empty() && !is_stand_in(rest) {
        parts.push(start..start + rest.len());
    } else if rest.is_empty() {
        parts.extend(inner(open).into_iter().map(|r| range.start + r.start..range.start + r.end));
    }
}

fn inner(line: &str) -> Vec<Range<usize>> {
    if !line.contains(['"', '\'', '`', '{']) {
        return Vec::new();
    }
    let found = INNER.all_in(&Text::new(line)).into_iter();
    let parts = found.filter_map(|groups| groups.into_iter().skip(1).flatten().next());
    parts.filter(|part| !line.get(part.clone()).is_some_and(is_stand_in)).collect()
}

/// All patterns of this file, as they are written.
#[cfg(test)]
pub(super) fn sources() -> impl Iterator<Item = &'static str> {
    HEADS.into_iter().chain(REASONS).chain(PLAIN)
}

#[cfg(test)]
mod tests {
    use super::{BREAK, HEAD, INNER, PLAIN_LINE, REASON, shown};

    #[test]
    fn every_form_is_a_pattern() {
        let all = HEAD.iter().chain(REASON.iter()).chain(PLAIN_LINE.iter()).chain([&BREAK, &INNER]);
        assert!(all.into_iter().all(super::Pattern::is_sound));
    }

    #[test]
    fn what_explains_a_failure_is_shown() {
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
            "Error: listen EADDRINUSE: address already in use :::3000",
            "Error: JIRA_TOKEN environment variable is required",
            "Secure MCP Filesystem Server running on stdio",
            "Starting default (STDIO) server...",
            "thread 'main' panicked at src/main.rs:4:5:",
        ] {
            assert_eq!(shown(line), line.len(), "{line}");
        }
    }

    #[test]
    fn of_an_error_in_other_words_its_class_is_shown() {
        for (head, rest) in [
            ("Error:", " cannot find customer 4711 in table"),
            ("java.lang.IllegalStateException:", " no such employee"),
            ("[error]", " Ann Smith is not on the payroll"),
            ("2026-11-23 00:37:43,123 ERROR", " payroll: Ann Smith is unknown"),
        ] {
            assert_eq!(shown(&format!("{head}{rest}")), head.len(), "{head}");
        }
    }

    #[test]
    fn anything_else_is_hidden() {
        let long = format!("Error: {}", "x".repeat(400));
        for line in [
            "user ann asked about her salary",
            "{\"jsonrpc\":\"2.0\",\"error\":\"x\"}",
            "    conn = connect(password=\"hunter2\")",
            "The meeting at ten (see 12:30)",
            "errors are human",
            &long,
        ] {
            assert_eq!(shown(line), 0, "{line}");
        }
    }
}
