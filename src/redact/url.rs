//! The parts of a URL that can be secret.
//!
//! Comes in: a query's value or a path. Goes out: which parts of it are hidden.

use std::ops::Range;

use super::pick::{is_masked, whole};
use super::random::is_random;
use super::rules::Found;

/// Parameters whose plain values say what was asked and not by whom.
const OPEN: [&str; 14] = [
    "response_type",
    "grant_type",
    "code_challenge_method",
    "prompt",
    "access_type",
    "api-version",
    "version",
    "v",
    "limit",
    "page",
    "per_page",
    "format",
    "beta",
    "transport",
];

/// The value of a parameter, unless it is a small number, a truth value, a place on this machine, or one of
/// [`OPEN`] in plain words.
pub(super) fn query_value(found: &Found<'_>) -> Vec<Range<usize>> {
    let value = found.value();
    let name = found.lead().trim_start_matches(['?', '&', '#']).trim_end_matches('=').to_ascii_lowercase();
    let small = value.len() <= 4 && value.bytes().all(|b| b.is_ascii_digit());
    let plain = value.len() <= 24
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && !is_random(value);
    let open = OPEN.contains(&name.as_str()) && plain;
    let local = ["http://localhost:", "http://127.0.0.1:"].iter().any(|own| value.starts_with(own))
        && !value.contains('?');
    if small || open || local || matches!(value, "true" | "false") { Vec::new() } else { whole(found) }
}

/// The random segments of a path.
pub(super) fn random_parts(found: &Found<'_>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut at = 0;
    for segment in found.value().split('/') {
        let inner = segment.trim_end_matches(['.', ',', ';', ':', ')', ']', '}', '!']);
        if is_random(inner) && !is_masked(inner) && !inner.contains('<') {
            parts.push(at..at + inner.len());
        }
        at += segment.len() + 1;
    }
    parts
}
