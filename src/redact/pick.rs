//! Which parts of a value are hidden, per kind of value.
//!
//! Comes in: where a rule's pattern was found. Goes out: places within the value; none where it is no secret: masked
//! already, a plain word, a public host. What is masked stays, so that redacting twice is redacting once.

use std::ops::Range;

use super::book::is_stand_in;
use super::hosts;
use super::random::{is_opaque, is_random, is_surely_random};
use super::rules::Found;

/// Words that stand where a value might, and are none.
const WORDS: [&str; 47] = [
    "true",
    "false",
    "null",
    "none",
    "nil",
    "undefined",
    "not",
    "not set",
    "set",
    "unset",
    "missing",
    "invalid",
    "expired",
    "required",
    "yes",
    "no",
    "default",
    "empty",
    "string",
    "number",
    "object",
    "boolean",
    "present",
    "absent",
    "ok",
    "found",
    "unknown",
    "revoked",
    "n/a",
    "optional",
    "denied",
    "identifier",
    "is",
    "was",
    "the",
    "a",
    "for",
    "in",
    "to",
    "and",
    "or",
    "must",
    "with",
    "has",
    "bearer",
    "basic",
    "oauth",
];

/// More words that follow an option's name in a sentence.
const OPTION_WORDS: [&str; 12] = [
    "option",
    "flag",
    "argument",
    "parameter",
    "from",
    "file",
    "if",
    "value",
    "instead",
    "when",
    "before",
    "needs",
];

/// What may not be hidden without loss: headers that say how the two sides spoke.
const HARMLESS: [&str; 16] = [
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "content-type",
    "content-length",
    "content-encoding",
    "mcp-protocol-version",
    "connection",
    "cache-control",
    "date",
    "allow",
    "transfer-encoding",
    "anthropic-version",
    "host",
    "node_env",
];

/// Punctuation that ends a value within a sentence.
const CLOSING: [char; 9] = ['.', ',', ';', ':', '!', '?', ')', ']', '}'];

/// Whether a value was masked before, or names a variable instead of a value.
pub(super) fn is_masked(value: &str) -> bool {
    let bracketed =
        ["[REDACTED", "[redacted", "[object", "%5BREDACTED"].iter().any(|mask| value.starts_with(mask));
    let variable = value
        .strip_prefix('$')
        .is_some_and(|v| v.starts_with(|c: char| "{(_".contains(c) || c.is_ascii_uppercase()));
    let windows = value.len() > 2 && value.starts_with('%') && value.ends_with('%');
    let stars = !value.is_empty() && value.chars().all(|c| matches!(c, '*' | '.' | '…' | '•' | '-' | '#'));
    value.is_empty() || value.starts_with('<') || bracketed || variable || windows || stars
}

fn is_word(value: &str) -> bool {
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

/// Whether a value stands behind a colon and a space, without quotes: then it may be the rest of a sentence.
fn is_prose(found: &Found<'_>) -> bool {
    found.lead().ends_with(char::is_whitespace)
}

/// `value` without the punctuation of its sentence, hidden if it is what `secret` says.
fn trimmed(found: &Found<'_>, secret: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let quoted = found.lead().ends_with(['"', '\'']);
    let value = if quoted { found.value() } else { found.value().trim_end_matches(CLOSING) };
    let hide = !is_masked(value) && secret(value);
    if hide { vec![0..value.len()] } else { Vec::new() }
}

/// All of it, unless it is masked.
pub(super) fn whole(found: &Found<'_>) -> Vec<Range<usize>> {
    let value = found.value();
    let hide = !is_masked(value) && !is_stand_in(value.trim());
    if hide { vec![0..value.len()] } else { Vec::new() }
}

/// All of it, less the sentence's punctuation.
pub(super) fn value(found: &Found<'_>) -> Vec<Range<usize>> {
    trimmed(found, |v| !is_word(v))
}

/// It, if it is no word.
pub(super) fn opaque(found: &Found<'_>) -> Vec<Range<usize>> {
    trimmed(found, |v| is_opaque(v) || v.contains('='))
}

/// It, if nothing but a machine writes such.
pub(super) fn random(found: &Found<'_>) -> Vec<Range<usize>> {
    trimmed(found, is_surely_random)
}

/// The text of a message, to the end of the message: of the record where the log is JSON, of the text elsewhere.
pub(super) fn message(found: &Found<'_>) -> Vec<Range<usize>> {
    let end = message_end(found);
    let text = found.value().get(..end).unwrap_or_default();
    let hide = !text.trim().is_empty() && !is_stand_in(text.trim());
    if hide { vec![0..text.trim_end().len()] } else { Vec::new() }
}

/// Where a message ends that may stand in a JSON string. The view has no escapes, so the end is the last place that
/// can be one: too much is hidden rather than too little.
pub(super) fn message_end(found: &Found<'_>) -> usize {
    let value = found.value();
    let before = found.text.get(..found.whole.start).unwrap_or_default();
    let head = before.rfind("MCP server \"").map_or(before, |at| before.get(..at).unwrap_or_default());
    if !head.ends_with('"') && !before.ends_with('"') {
        return value.len();
    }
    let next_key = ["\",\"timestamp\":", "\",\"sessionId\":", "\",\"cwd\":"]
        .iter()
        .filter_map(|key| value.rfind(key))
        .min();
    next_key.or_else(|| value.rfind('"')).unwrap_or(value.len())
}

/// What is between a brace, which is the value, and its partner, or the end.
pub(super) fn inside_braces(found: &Found<'_>) -> Vec<Range<usize>> {
    let text = found.text.get(found.value.start..).unwrap_or_default();
    let (mut depth, mut quoted, mut end) = (0_u32, false, text.len());
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            end = at;
            break;
        }
    }
    let inner = text.get(1..end).unwrap_or_default();
    let hide = !inner.trim().is_empty() && !is_stand_in(inner.trim());
    if hide { vec![1..end] } else { Vec::new() }
}

/// The value of a header that nobody needs.
pub(super) fn cookie(found: &Found<'_>) -> Vec<Range<usize>> {
    trimmed(found, |v| v.contains('=') || is_opaque(v))
}

/// What a label says is an id, unless it is a word.
pub(super) fn labelled(found: &Found<'_>) -> Vec<Range<usize>> {
    trimmed(found, |v| {
        !is_word(v) && v.bytes().any(|b| b.is_ascii_alphanumeric()) && (!is_prose(found) || has_digit(v))
    })
}

fn has_digit(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit())
}

/// What can be an id at all.
pub(super) fn identifier(found: &Found<'_>) -> Vec<Range<usize>> {
    trimmed(found, |v| v.len() >= 6 && has_digit(v) && !v.contains(['/', '(', '{', '[']))
}

/// The value of a field whose name says that it is secret.
pub(super) fn secret(found: &Found<'_>) -> Vec<Range<usize>> {
    let key = found.lead().to_ascii_lowercase();
    let certain = ["passw", "secret", "passphrase"].iter().any(|word| key.contains(word))
        || key.starts_with("x-")
        || is_variable(found.lead());
    trimmed(found, |v| {
        let count = v.len() <= 6 && v.bytes().all(|b| b.is_ascii_digit());
        let folder = key.contains("pwd") && v.contains(['/', '\\']);
        let sentence = is_prose(found) && !certain && !is_opaque(v);
        let nothing = !v.bytes().any(|b| b.is_ascii_alphanumeric());
        !is_word(v) && !nothing && !folder && !sentence && (certain || !count)
    })
}

/// Whether a key is written as variables of the environment are: `JIRA_TOKEN`.
fn is_variable(lead: &str) -> bool {
    let key = lead.trim_end_matches([' ', ':', '=', '"', '\'']);
    key.contains('_') && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// What stands in quotes.
pub(super) fn quoted(found: &Found<'_>) -> Vec<Range<usize>> {
    let text = found.value();
    let mut hidden = Vec::new();
    let mut at = 0;
    while let Some((open, sign)) =
        text.get(at..).and_then(|t| t.char_indices().find(|(_, c)| matches!(c, '"' | '\'')))
    {
        let start = at + open + 1;
        let end = text.get(start..).and_then(|t| t.find(sign)).map_or(text.len(), |n| start + n);
        let value = text.get(start..end).unwrap_or_default();
        if !is_masked(value) {
            hidden.push(start..end);
        }
        at = (end + 1).min(text.len());
    }
    hidden
}

/// The host of a share; `wsl$` and its like are this machine. What may be an escape, as in `\nas`, must look like more.
pub(super) fn share(found: &Found<'_>) -> Vec<Range<usize>> {
    let telling = |v: &str| has_digit(v) || v.contains(['.', '-']);
    let code =
        |v: &str| v.starts_with(['u', 'x']) && v.get(1..3).is_some_and(|t| u8::from_str_radix(t, 16).is_ok());
    let escape = |v: &str| code(v) || (v.starts_with(['n', 'r', 't']) && !telling(v));
    trimmed(found, |v| !v.starts_with("wsl") && !escape(v) && !hosts::is_public(v) && v.len() > 2)
}

/// A token behind `Bearer`: behind the capital no plain word follows but those of the protocol.
pub(super) fn bearer(found: &Found<'_>) -> Vec<Range<usize>> {
    const SPOKEN: [&str; 10] = [
        "token",
        "tokens",
        "authentication",
        "authorization",
        "authenticate",
        "scheme",
        "header",
        "credentials",
        "challenge",
        "rejected",
    ];
    let named = found.lead().starts_with("Bearer");
    let pair =
        ["realm=", "error=", "scope=", "resource_metadata="].iter().any(|p| found.value().starts_with(p));
    trimmed(found, |v| !pair && !SPOKEN.contains(&v) && (named || is_opaque(v) || v.contains('=')))
}

/// The value of a command-line option whose name says that it is secret.
pub(super) fn argument(found: &Found<'_>) -> Vec<Range<usize>> {
    trimmed(found, |v| !(is_word(v) || is_prose(found) && OPTION_WORDS.contains(&v)))
}

/// What OAuth hands out. `code` and `state` are words of other trades, too: there it must be no word.
pub(super) fn oauth(found: &Found<'_>) -> Vec<Range<usize>> {
    let lead = found.lead().to_ascii_lowercase();
    let certain = ["challenge", "verifier", "assertion", "device", "hint", "user"]
        .iter()
        .any(|word| lead.contains(word));
    trimmed(found, |v| {
        !is_word(v)
            && ((certain && v.len() > 3) || (v.len() >= 8 && is_opaque(v) && has_digit(v) && !is_dotted(v)))
    })
}

/// Whether it is a version, a date, a file.
fn is_dotted(value: &str) -> bool {
    value.contains('.') && !is_random(value)
}

/// The values of a JSON object, but for those of harmless headers.
pub(super) fn pairs(found: &Found<'_>) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    let mut rest = 0;
    while let Some((name, value)) = pair(found.value(), rest) {
        let of = |range: &Range<usize>| found.value().get(range.clone()).unwrap_or_default();
        let text = of(&value);
        if !HARMLESS.contains(&of(&name).to_ascii_lowercase().as_str()) && !is_masked(text) && !is_word(text)
        {
            hidden.push(value.clone());
        }
        rest = value.end + 1;
    }
    hidden
}

/// The next `"name":"value"` from `at` on. A value may begin with a scheme, whose name says how and not what.
fn pair(text: &str, at: usize) -> Option<(Range<usize>, Range<usize>)> {
    let quote = |from: usize| text.get(from..).and_then(|rest| rest.find('"')).map(|i| from + i);
    let start = quote(at)? + 1;
    let end = quote(start)?;
    let between = text.get(end + 1..)?;
    let Some(after) = between.trim_start().strip_prefix(':').map(str::trim_start) else {
        return pair(text, end + 1);
    };
    let open = text.len() - after.len();
    if !after.starts_with('"') {
        return pair(text, open);
    }
    let close = quote(open + 1).unwrap_or(text.len());
    let value = text.get(open + 1..close).unwrap_or_default();
    let scheme = ["Bearer ", "Basic "].iter().find(|s| value.starts_with(**s)).map_or(0, |s| s.len());
    Some((start..end, open + 1 + scheme..close))
}

/// A host in a URL, unless anyone knows it.
pub(super) fn host(found: &Found<'_>) -> Vec<Range<usize>> {
    let (start, value) = match found.value().strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
        Some(inner) => (1, inner),
        None => (0, found.value().trim_end_matches(CLOSING)),
    };
    let named = value.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    let hide = named && !is_masked(value) && !hosts::is_public(value);
    if hide { vec![start..start + value.len()] } else { Vec::new() }
}

/// A host behind a label: what has a dot, or stands where nothing else can.
pub(super) fn named_host(found: &Found<'_>) -> Vec<Range<usize>> {
    let lead = found.lead();
    let certain =
        lead.contains('=') || lead.contains('"') || lead.contains("ENOTFOUND") || lead.contains("EAI_");
    let numeric = |v: &str| v.bytes().all(|b| b.is_ascii_digit());
    trimmed(found, |v| {
        let full = v.contains('.') && v.bytes().any(|b| b.is_ascii_alphabetic());
        let address = hosts::is_v4(v);
        (certain || full || address) && !is_word(v) && !numeric(v) && !hosts::is_public(v)
    })
}

/// A full host name in the middle of anything. Names of files end alike.
pub(super) fn bare_host(found: &Found<'_>) -> Vec<Range<usize>> {
    let value = found.value();
    let first = value.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let file = [
        "settings",
        "config",
        "env",
        "claude",
        "compose",
        "docker-compose",
        "local",
        "process",
        "console",
        "com",
        "org",
        "io",
        "net",
    ];
    trimmed(found, |v| !file.contains(&first.as_str()) && !hosts::is_public(v))
}

/// An address, unless it is a version.
pub(super) fn v4(found: &Found<'_>) -> Vec<Range<usize>> {
    let after = found.after().as_bytes();
    let goes_on = match after {
        [b'.', next, ..] => next.is_ascii_digit(),
        [next, ..] => next.is_ascii_alphanumeric(),
        [] => false,
    };
    let before = found.text.get(..found.value.start).unwrap_or_default();
    let label = before.trim_end_matches([' ', '=', ':', '"', '\'', 'v']).to_ascii_lowercase();
    let version = (before.ends_with('/') && !before.ends_with("//")) || label.ends_with("version");
    let value = found.value();
    let hide = !goes_on && hosts::is_v4(value) && (!version || hosts::is_private_v4(value));
    if hide { vec![0..value.len()] } else { Vec::new() }
}

/// An IPv6 address, or a network card's.
pub(super) fn v6(found: &Found<'_>) -> Vec<Range<usize>> {
    let value = found.value();
    let groups: Vec<&str> = value.split(':').collect();
    let card = groups.len() == 6 && groups.iter().all(|g| g.len() == 2);
    let full = groups.len() == 8 && groups.iter().all(|g| !g.is_empty());
    // Behind a full address a port may follow, which leaves no doubt.
    let goes_on = found.after().starts_with(|c: char| c.is_ascii_alphanumeric() || (c == ':' && !full));
    let hide = !goes_on && (card || hosts::is_v6(value));
    if hide { vec![0..value.len()] } else { Vec::new() }
}

/// An address of a person; `name@1.2.3` is a package, `git@github.com` is nobody.
pub(super) fn email(found: &Found<'_>) -> Vec<Range<usize>> {
    let before = found.text.get(..found.value.start).unwrap_or_default();
    // What stands before the @ of a URL is a login, and what follows is its host.
    if before
        .rsplit_once("://")
        .is_some_and(|(_, start)| !start.contains(|c: char| c == '/' || c.is_whitespace()))
    {
        return Vec::new();
    }
    trimmed(found, |v| {
        let Some((local, domain)) = v.rsplit_once('@') else { return false };
        let top = domain.rsplit('.').next().unwrap_or_default();
        let version = domain.split('.').take(2).all(|part| part.bytes().all(|b| b.is_ascii_digit()));
        let named = top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic());
        named && !version && !(local == "git" && hosts::is_public(domain))
    })
}

/// A user's name; some are nobody's.
pub(super) fn user(found: &Found<'_>) -> Vec<Range<usize>> {
    let nobody = ["shared", "public", "default", "linuxbrew"];
    trimmed(found, |v| !nobody.contains(&v.to_ascii_lowercase().as_str()) && !is_word(v))
}
