//! Whether a text was made by a machine to be guessed by nobody.
//!
//! Comes in: a value. Goes out: whether it is random, or at least no word. Names that people give
//! (`get-404-session-expiry-loop`, `getUserById2`, `2026-11-23T00-41-23-340Z`) are not.

/// The least length of a random part: shorter ones cannot be told from names.
const LEAST: usize = 16;

/// Whether a text is random: signs of different kinds take turns all through it.
pub(super) fn is_random(text: &str) -> bool {
    let signs: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let others = text.len() - signs.len();
    if signs.len() < LEAST || others * 4 > text.len() || !mixed(&signs) {
        return false;
    }
    let turns = signs.windows(2).filter(|pair| turn(pair)).count();
    turns * 5 >= signs.len()
}

/// Letters, and more than one digit.
fn mixed(signs: &[u8]) -> bool {
    signs.iter().filter(|b| b.is_ascii_digit()).count() > 1 && signs.iter().any(u8::is_ascii_alphabetic)
}

/// Whether a sign of another kind follows. A capital that begins a word is no turn back.
fn turn(pair: &[u8]) -> bool {
    match pair {
        [a, b] => {
            a.is_ascii_digit() != b.is_ascii_digit() || (a.is_ascii_lowercase() && b.is_ascii_uppercase())
        }
        _ => false,
    }
}

/// Whether a text without any label is random beyond doubt: long, with capitals, small letters and digits.
pub(super) fn is_surely_random(text: &str) -> bool {
    let run =
        text.split(|c: char| !c.is_ascii_alphanumeric()).max_by_key(|run| run.len()).unwrap_or_default();
    let has = |kind: fn(&u8) -> bool| run.bytes().filter(kind).count() > 1;
    run.len() >= LEAST
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && is_random(text)
}

/// Whether a text is no word and no small number: what stands behind a key can then be taken for its value.
pub(super) fn is_opaque(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.bytes().any(|b| kind(&b));
    let constant = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let long = text.len() >= 24 && !text.contains(['/', '.']);
    !(constant && text.contains('_')) && text.len() >= 6 && (mixed || long)
}

#[cfg(test)]
mod tests {
    use super::{is_opaque, is_random, is_surely_random};

    #[test]
    fn what_machines_make_is_random() {
        for text in [
            "7f487c091b80421d897cb29b",
            "0b420bd4-f92e-4af9-8bbe-1b39bdf4abdd",
            "k3Jd82mQx0PzL5vN7tRw",
            "a1b2c3d4e5f6g7h8i9j0",
            "011CSHoEeqs5C35K2UUqR7Fy",
        ] {
            assert!(is_random(text), "{text}");
        }
        assert!(is_surely_random("k3Jd82mQx0PzL5vN7tRwYb1cE4hUaS6g"));
    }

    #[test]
    fn what_people_name_is_not() {
        for text in [
            "get-404-session-expiry-loop",
            "jira_search_issues_2025_v2",
            "mcp-logs-my-http-mcp--2026-11-23T00-41-23-340Z",
            "getUserById2ForProject",
            "claude-plugins-official.git",
            "claude-code-2.1.147",
            "v1beta2",
        ] {
            assert!(!is_random(text), "{text}");
        }
        assert!(!is_opaque("ERR_INVALID_ARG_VALUE_2") && !is_opaque("expired") && is_opaque("demo1234"));
    }
}
