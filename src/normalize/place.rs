//! Recognizes where things are: what follows `scheme://`, and files' paths of every system.
//!
//! In: a message and the place where a URL's body or a path may begin. Out: where it ends, without the
//! punctuation of the sentence around it. Routes of an HTTP API (`/v1/messages`) and single names (`/mcp`) are
//! words, not paths.

use super::cursor::{byte, digits, run, slice, word_ends};

/// The end of the URL body that begins at `at`; `at` itself where there is none.
pub(super) fn url_body(bytes: &[u8], at: usize) -> usize {
    let end = run(bytes, at, |b| b.is_ascii_graphic() && !b"\"'`<>\\{}|".contains(&b) || b >= 0x80);
    let mut end = trimmed(bytes, at, end);
    for (open, close) in [(b'(', b')'), (b'[', b']')] {
        // A bracket that closes what was opened before the URL is the sentence's.
        let mut depth = 0_i32;
        for (i, &b) in slice(bytes, at, end).iter().enumerate() {
            depth += i32::from(b == open) - i32::from(b == close);
            if depth < 0 {
                end = trimmed(bytes, at, at + i);
                break;
            }
        }
    }
    end
}

/// The end of the Unix path that begins at `at` with `/`, `~/`, `./` or `../`.
pub(super) fn unix(bytes: &[u8], at: usize) -> Option<usize> {
    let root = at + run(slice(bytes, at, at + 3), 0, |b| matches!(b, b'~' | b'.'));
    if byte(bytes, root) != b'/' || !is_path_byte(byte(bytes, root + 1)) {
        return None;
    }
    let end = whole(bytes, at, root, b'/')?;
    let text = slice(bytes, root + 1, end);
    let nested = text.contains(&b'/') || text.contains(&b'.') || root > at;
    let first = text.split(|&b| b == b'/').next().unwrap_or_default();
    let is_route = root == at && (first == b"api" || matches!(first, [b'v', n @ ..] if is_number(n)));
    (nested && !is_route && text.first() != Some(&b'/')).then_some(end)
}

/// The end of the Windows path that begins at `at` with a drive letter, `:` and a slash of either kind (a
/// backslash may be written twice, as JSON does).
pub(super) fn windows(bytes: &[u8], at: usize) -> Option<usize> {
    let slash = byte(bytes, at + 2);
    let rooted = byte(bytes, at + 1) == b':' && matches!(slash, b'\\' | b'/');
    let root = at + 2 + usize::from(slash == b'\\' && byte(bytes, at + 3) == b'\\');
    (rooted && is_path_byte(byte(bytes, root + 1))).then(|| whole(bytes, at, root, slash)).flatten()
}

/// The end of a path whose first slash is at `root`: its own bytes, the words behind a space that go on with
/// it, its line and column.
fn whole(bytes: &[u8], at: usize, root: usize, slash: u8) -> Option<usize> {
    let fits = |b: u8| is_path_byte(b) || (slash == b'\\' && b == b'\\');
    let mut end = path_run(bytes, root, fits);
    let quoted = at.checked_sub(1).is_some_and(|before| matches!(byte(bytes, before), b'"' | b'\'' | b'`'));
    // `C:\Program Files\nodejs\node.exe`: a word that has the path's own slash in it still belongs to it.
    while (quoted || slash == b'\\')
        && byte(bytes, end) == b' '
        && byte(bytes, end + 1).is_ascii_alphanumeric()
    {
        let next = path_run(bytes, end + 1, fits);
        let clean = next == bytes.len() || b" \"'`:,;)".contains(&byte(bytes, next));
        if !clean || !slice(bytes, end + 1, next).contains(&slash) {
            break;
        }
        end = next;
    }
    let end = trimmed(bytes, root, end);
    (end > root + 1).then(|| line_and_column(bytes, end))
}

/// Where path bytes end; a backslash goes with what it escapes, but not if that is a quote.
fn path_run(bytes: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    let mut end = run(bytes, at, &fits);
    while end > at && byte(bytes, end) == b'"' && byte(bytes, end - 1) == b'\\' {
        end -= 1;
    }
    end
}

/// The end of `:12:34` or `:12` behind a path.
fn line_and_column(bytes: &[u8], at: usize) -> usize {
    let number = |from| {
        let end = digits(bytes, from + 1);
        (byte(bytes, from) == b':' && end > from + 1 && word_ends(bytes, end)).then_some(end)
    };
    number(at).map_or(at, |line| number(line).unwrap_or(line))
}

/// The end without the punctuation that ends a sentence.
fn trimmed(bytes: &[u8], at: usize, end: usize) -> usize {
    let text = slice(bytes, at, end);
    at + text.iter().rposition(|b| !b".,;:!?".contains(b)).map_or(0, |last| last + 1)
}

fn is_path_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b >= 0x80 || b"/_-.~@%+=$#&*!".contains(&b)
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::{unix, url_body, windows};

    #[test]
    fn a_path_ends_where_the_sentence_goes_on() {
        for (text, end) in [
            ("/home/dev/.claude.json.tmp.30746.6c66d60b99c0", 45),
            ("/home/dev/.claude/settings.json...", 31),
            ("/$bunfs/root/claude:2600:2098)", 29),
            ("/home/dev/plugins/cache: IO error", 23),
            ("~/x", 3),
            ("./a", 3),
            ("../a/b", 6),
        ] {
            assert_eq!(unix(text.as_bytes(), 0), Some(end), "{text}");
        }
    }

    #[test]
    fn routes_and_single_names_are_words() {
        for text in ["/v1/messages", "/api/oauth/validate", "/mcp", "/", "//", "/ x", "// x/y"] {
            assert_eq!(unix(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn a_path_with_a_space_goes_on_inside_quotes_alone() {
        assert_eq!(unix(b"'/home/My Docs/x' failed", 1), Some(16));
        assert_eq!(unix(b"/home/My Docs/x", 0), Some(8));
        assert_eq!(unix(b"'/home/a and b' failed", 1), Some(8));
    }

    #[test]
    fn a_windows_path_has_either_slash() {
        for text in
            [r"C:\Program Files\nodejs\node.exe", "B:/~BUN/root/src/cli.js:50:3448", r"C:\\Users\\dev"]
        {
            assert_eq!(windows(text.as_bytes(), 0), Some(text.len()), "{text}");
        }
        assert_eq!(windows(b"C: /x", 0), None);
    }

    #[test]
    fn a_url_leaves_the_brackets_of_its_sentence() {
        for (text, end) in [
            ("127.0.0.1:18080/mcp, port", 19),
            ("host/a_(b)) x", 10),
            ("[::1]:80/x]", 10),
            ("host/x\\\",", 6),
            ("", 0),
        ] {
            assert_eq!(url_body(text.as_bytes(), 0), end, "{text}");
        }
    }
}
