//! What a text must have in it for a pattern to be found: told in one pass, without the pattern.
//!
//! Comes in: the name of a rule, and a text. Goes out: whether its pattern could be found there, and something in it hidden.
//! These are rules that have no word to go by, or one that stands in many texts: they would be searched for nothing, with a
//! pattern that must be made ready first. Where it is told that a pattern may be there, the pattern decides; where it is
//! told that it is not, it is not.

/// Whether a text has what a pattern asks for.
pub(super) type Shape = fn(&str) -> bool;

/// The shape that a rule asks for, if it is one of those.
pub(super) fn of(rule: &str) -> Option<Shape> {
    SHAPES.iter().find(|(name, _)| *name == rule).map(|(_, shape)| *shape)
}

/// By rule.
const SHAPES: [(&str, Shape); 14] = [
    ("random-text", |text| has_run(text, 28, |b| b.is_ascii_alphanumeric() || b"_+=~-".contains(&b))),
    ("long-hex", |text| has_run(text, 32, |b| b.is_ascii_hexdigit())),
    ("uuid", has_uuid),
    ("ip-address", has_v4),
    ("ipv6-address", has_v6),
    ("e-mail", has_domain),
    ("connection-string", |text| is_folded(text) || after_each(text, "://", |before, _| !is_web(before))),
    ("url-login", |text| after_each(text, "://", |_, after| has_login(after))),
    ("url-query", |text| text.split(['?', '&', '#']).skip(1).any(is_parameter)),
    ("session-id", |text| has_key(text, &["", "id", "uuid"], &["session", "sess", "conversation"])),
    ("account-id", |text| has_key(text, &["id", "uuid", "ref"], &ACCOUNTS)),
    ("user-name", |text| has_key(text, &[""], &["user", "username", "user_name", "login", "logname"])),
    ("session-words", has_session_word),
    ("login-at", has_login_at),
];

/// Whose ids are accounts.
const ACCOUNTS: [&str; 12] = [
    "account",
    "organisation",
    "organization",
    "org",
    "user",
    "device",
    "machine",
    "anonymous",
    "tenant",
    "workspace",
    "project",
    "customer",
];

fn is_hex(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
}

/// Whether so many bytes of a kind stand behind each other. A window's last byte that is of another kind tells where the next
/// can begin: most bytes need no look.
fn has_run(text: &str, least: usize, kind: fn(u8) -> bool) -> bool {
    let mut start = 0;
    while let Some(window) = text.as_bytes().get(start..start + least) {
        match window.iter().rposition(|b| !kind(*b)) {
            Some(at) => start += at + 1,
            None => return true,
        }
    }
    false
}

/// `01234567-89ab-`.
fn has_uuid(text: &str) -> bool {
    text.match_indices('-').any(|(at, _)| {
        let parts =
            || Some((text.as_bytes().get(at.checked_sub(8)?..at)?, text.as_bytes().get(at + 1..at + 6)?));
        parts().is_some_and(|(before, behind)| is_hex(before) && is_hex(&behind[..4]) && behind[4] == b'-')
    })
}

/// `0.1.2.3`: two numbers between dots, with a digit on either side.
fn has_v4(text: &str) -> bool {
    let number = |part: &str| matches!(part.len(), 1..=3) && part.bytes().all(|b| b.is_ascii_digit());
    let digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
    let mut before = ["", "", ""];
    text.split('.').any(|part| {
        let [first, second, third] = before;
        before = [second, third, part];
        number(third) && number(second) && digit(first.as_bytes().last()) && digit(part.as_bytes().first())
    })
}

/// `:0:`: up to four hexadecimal digits between colons.
fn has_v6(text: &str) -> bool {
    let mut parts = text.split(':').skip(1).peekable();
    std::iter::from_fn(|| parts.next().filter(|_| parts.peek().is_some()))
        .any(|part| part.len() <= 4 && is_hex(part.as_bytes()))
}

/// `@a.b`.
fn has_domain(text: &str) -> bool {
    text.split('@').skip(1).any(|rest| {
        let label = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        label > 0 && rest.as_bytes().get(label) == Some(&b'.')
    })
}

/// Whether it holds of any place of `sign`, by what stands before it and behind it.
fn after_each(text: &str, sign: &str, holds: fn(&str, &str) -> bool) -> bool {
    text.match_indices(sign).any(|(at, _)| {
        let (before, after) = text.split_at(at);
        holds(before, after.get(sign.len()..).unwrap_or_default())
    })
}

/// Whether a scheme is that of the web, and nothing that ends alike.
fn is_web(before: &str) -> bool {
    let scheme = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '+')).next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// `user@`.
fn has_login(after: &str) -> bool {
    after
        .split(|c: char| c.is_whitespace() || "/\"'`<>?#\\".contains(c))
        .next()
        .is_some_and(|host| host.contains('@'))
}

/// `name=`.
fn is_parameter(after: &str) -> bool {
    let name = after.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_.~[]-".contains(b)).count();
    name > 0 && after.as_bytes().get(name) == Some(&b'=')
}

/// Whether some `:` or `=` stands behind a key that ends with one of `ends`, parted from one of `names` by a sign or not at
/// all.
fn has_key(text: &str, ends: &[&str], names: &[&str]) -> bool {
    if is_folded(text) {
        return true;
    }
    text.match_indices([':', '=']).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default().trim_end();
        let key = before.strip_suffix(['"', '\'', '`']).unwrap_or(before);
        ends.iter().filter_map(|end| without_end(key, end)).any(|key| {
            let name = key.strip_suffix(['-', '_', ' ']).unwrap_or(key);
            names.iter().any(|end| without_end(name, end).is_some())
        })
    })
}

/// A text without its end, however that is written.
fn without_end<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    let (start, last) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    last.eq_ignore_ascii_case(end).then_some(start)
}

/// `session abcde1`, `session id 'abcde1`.
fn has_session_word(text: &str) -> bool {
    let word = |after: &str| {
        let rest = after.strip_prefix(['"', '\'', '`']).unwrap_or(after);
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
        // One without a digit is no id.
        end >= 6 && rest.get(..end).is_some_and(|word| word.contains(|c: char| c.is_ascii_digit()))
    };
    let lower = text.to_ascii_lowercase();
    is_folded(text)
        || lower
            .split("session ")
            .skip(1)
            .any(|after| word(after) || after.strip_prefix("id ").is_some_and(word))
}

/// `@1.`, `@<`; or `@` and a program that logs in.
fn has_login_at(text: &str) -> bool {
    let address = |after: &str| {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        after.starts_with('<') || (digits > 0 && after.as_bytes().get(digits) == Some(&b'.'))
    };
    let lower = || text.to_ascii_lowercase();
    is_folded(text)
        || text.split('@').skip(1).any(address)
        || (text.contains('@')
            && ["ssh", "scp", "sftp", "rsync"].iter().any(|program| lower().contains(program)))
}

/// Whether there is a letter that is not of ASCII and, in another case, is.
fn is_folded(text: &str) -> bool {
    !text.is_ascii() && text.contains(['\u{17f}', '\u{212a}'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SHAPES;
    use crate::redact::find::found_by;
    use crate::redact::redactor::tests::pieces;
    use crate::redact::rules::{RULES, Rule};
    use crate::redact::view::View;

    #[test]
    fn a_shape_is_in_all_samples_of_its_rule_and_not_in_a_sentence() {
        for (name, shape) in SHAPES {
            assert!(rule(name).samples.iter().all(|(text, _)| shape(&View::of(text).text)), "{name}");
            assert!(!shape("Connected to mcp@2 (attempt 1 of 3): HTTP 200 in 14.25 ms"), "{name}");
        }
    }

    /// Texts in which numbers, addresses and ids begin, end and meet.
    fn soup() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[0-9.]{0,18}",
            "[0-9a-fA-F:]{0,40}",
            "[0-9a-f]{8}(-[0-9a-f]{4}){2,4}-?[0-9a-f]{10,14}",
            "[0-9a-fA-F]{28,40}",
            "[A-Za-z0-9_+=~-]{24,32}",
            "[a-c.@-]{0,12}",
            "(ssh|rsync|ſcp|=)? ?-?[a-c]@[0-9<]{0,2}[.a-c]{0,2}",
            "[ \\\\nu⏎…é:]{0,3}",
            "(ſ|s)e[sS]s?(ion)?[-_ ]?(id|ID)?[\"' ]{0,2}[:= ][> ]?",
            "(x_)?(uſer|User|org|machine)[-_ ]?(name|id|Uuid|ref)?[\"' ]{0,2}[:=]?",
            "(http|redis|x-mysql|ſftp|bolt\\+ſhttp)(s|\\+srv)?://[a@.:/]{0,5}",
            "[?&#a.=/ ]{0,6}",
            "[a-z0-9]{4,8}",
            "sesſ?ion( id)? [\"']?",
            pieces(),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|all| all.concat())
    }

    /// A rule of the table.
    fn rule(name: &str) -> &'static Rule {
        RULES.iter().find(|rule| rule.name == name).unwrap()
    }

    /// Texts of which the pattern of a rule takes some part, whatever it asks of what stands around.
    fn written_for(name: &'static str) -> impl Strategy<Value = String> {
        let pattern = rule(name).pattern.replace(r"\b", "").replace("(?:^|", "(?:");
        let said = proptest::string::string_regex(&pattern).unwrap();
        ("[ (=\"]?", said, "[ .\"]?").prop_map(|(before, said, behind)| before + &said + &behind)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_the_pattern_of_a_rule_is_written_for_has_its_shape(
            texts in SHAPES.map(|(name, _)| written_for(name)),
        ) {
            for ((name, shape), text) in SHAPES.iter().zip(&texts) {
                prop_assert!(found_by(name, text).is_empty() || shape(text), "{} in {:?}", name, text);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn where_a_rule_finds_something_there_is_its_shape(text in soup()) {
            for (name, shape) in SHAPES {
                prop_assert!(found_by(name, &text).is_empty() || shape(&text), "{}", name);
            }
        }
    }
}
