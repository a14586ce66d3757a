//! Ranks changes: which may have to do with the failure, and which are merely another version's wording.
//!
//! In: both logs' templates and the focus. Out: `Likely` or `Chatter` for each change. A new or grown line is
//! likely
//! - if its subject is an MCP server: no wording covers it, and it must be seen;
//! - if it names a server or tool and reports trouble;
//! - where the logs part, if it names one at WARN or ERROR, or reports trouble about MCP at WARN or ERROR;
//! - near the divergence, if it reports trouble about MCP, or is a bare thrown error.
//!
//! A vanished line is likely where the logs part, if it is about a server, or names a server or tool that BAD
//! never names or of whose kind BAD has others (else this version just logs it no more). Nothing else is likely,
//! be it an error: interactive clients fail at much that is no server (plugin markets, install checks, updates),
//! another way in each version.
//!
//! A line that a vanished one says in almost the same words is a rewording, and chatter. A line is never hidden
//! by this: it only ranks low.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::collect::{Loudness, Seen, Surroundings};
use super::name::Name;
use super::{Focus, Relevance};

/// How the client's log begins a line about a server.
const SUBJECT: &[u8] = b"MCP server \"";
/// Beginnings of words that report trouble, whatever reports it.
const TROUBLE: [&str; 37] = [
    "abort",
    "cannot",
    "crash",
    "denied",
    "disconnect",
    "error",
    "exception",
    "exhaust",
    "expired",
    "fail",
    "fatal",
    "forbidden",
    "hang",
    "invalid",
    "kill",
    "lost",
    "missing",
    "overload",
    "panic",
    "refus",
    "reject",
    "timeout",
    "unable",
    "unauthorized",
    "unexpected",
    "eacces",
    "eaddr",
    "econn",
    "ehost",
    "emfile",
    "enet",
    "enoent",
    "enotfound",
    "eperm",
    "epipe",
    "eproto",
    "etimed",
];

/// Lines of one log alone that are held against the other's: beyond, none is taken for a rewording.
const REWORDED: usize = 256;
/// Words that say that a line is about MCP, beside those that begin with `mcp`.
const MCP: [&str; 7] = ["tool", "tools", "transport", "sse", "stdio", "rpc", "jsonrpc"];

/// Ranks the changes between two logs.
pub(super) struct Judge<'a> {
    /// What only GOOD says, and what only BAD.
    gone: Vec<Wording>,
    new: Vec<Wording>,
    around: Option<(u64, u64)>,
    names: Vec<Name<'a>>,
    kinds_of_bad: BTreeSet<String>,
    /// Names that no line of BAD has.
    silent: Vec<Name<'a>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(good: &Surroundings, bad: &Surroundings, focus: &Focus<'a>) -> Self {
        let names: Vec<_> =
            focus.names.iter().copied().filter(|name| !name.is_empty()).map(Name::new).collect();
        let spoken = |name: &Name| bad.templates().iter().any(|line| name.is_in(&line.example));
        let silent = names.iter().filter(|name| !spoken(name)).cloned().collect();
        let kinds_of_bad = bad.templates().iter().map(kind).collect();
        let mut judge =
            Self { gone: Vec::new(), new: Vec::new(), around: focus.around, names, kinds_of_bad, silent };
        (judge.gone, judge.new) = (judge.only(good, bad), judge.only(bad, good));
        judge
    }

    /// How a line of BAD ranks that GOOD has not.
    pub(super) fn appeared(&self, line: &Seen) -> Relevance {
        let near = self.around.is_some_and(|(first, last)| (first..=last).contains(&line.first));
        likely(is_about_server(line) || (self.speaks(line, near) && !self.is_reworded(line, &self.gone)))
    }

    /// How a line ranks that BAD has far more often.
    pub(super) fn grew(&self, line: &Seen) -> Relevance {
        let near = self.around.is_some_and(|(first, last)| line.first <= last && line.last >= first);
        likely(is_about_server(line) || self.speaks(line, near))
    }

    /// How a line of GOOD ranks that BAD has not, or far less often.
    pub(super) fn vanished(&self, line: &Seen) -> Relevance {
        let fell_silent = || self.silent.iter().any(|name| name.is_in(&line.example));
        let goes_on = || self.names(line) && self.kinds_of_bad.contains(&kind(line));
        let named = || (fell_silent() || goes_on()) && !self.is_reworded(line, &self.new);
        likely(self.around.is_some() && (is_about_server(line) || named()))
    }

    /// Whether a line speaks for a failure.
    fn speaks(&self, line: &Seen, near: bool) -> bool {
        let (words, named) = (said(line, &[]), self.names(line));
        let trouble = words.iter().any(|word| is_trouble(word));
        let loud = self.around.is_some() && line.loudness > Loudness::Quiet;
        let about_mcp = || words.iter().any(|word| is_mcp(word));
        (named && (trouble || loud))
            || (trouble && (near || loud) && about_mcp())
            || (near && is_thrown(line))
    }

    fn names(&self, line: &Seen) -> bool {
        self.names.iter().any(|name| name.is_in(&line.example))
    }

    /// What a line says, and what kind of line it is for that.
    fn wording(&self, line: &Seen) -> Wording {
        let named = self.names(line);
        let unnamed = if named { said(line, &self.names) } else { Vec::new() };
        Wording { loudness: line.loudness, named, words: said(line, &[]), unnamed }
    }

    /// The lines that only `here` has, if they are few enough to be held against others.
    fn only(&self, here: &Surroundings, there: &Surroundings) -> Vec<Wording> {
        let only: Vec<_> =
            here.templates().iter().filter(|line| there.lacks(&line.key)).take(REWORDED + 1).collect();
        if only.len() > REWORDED {
            Vec::new()
        } else {
            only.into_iter().map(|line| self.wording(line)).collect()
        }
    }

    /// Whether one of `others` says nearly the same as `line`, and the words that differ tell of nothing.
    fn is_reworded(&self, line: &Seen, others: &[Wording]) -> bool {
        let this = self.wording(line);
        others.iter().any(|other| other.is_rewording(&this))
    }
}

/// The words of a line, for comparing.
struct Wording {
    loudness: Loudness,
    named: bool,
    words: Vec<String>,
    /// The words without names, where it has any.
    unnamed: Vec<String>,
}

impl Wording {
    /// Names count among the words only where both lines have one: later versions leave them out.
    fn is_rewording(&self, other: &Self) -> bool {
        let (old, new) = match (self.named, other.named) {
            (true, false) => (&self.unnamed, &other.words),
            (false, true) => (&self.words, &other.unnamed),
            _ => (&self.words, &other.words),
        };
        self.loudness == other.loudness && is_rewording(old, new)
    }
}

fn likely(is: bool) -> Relevance {
    if is { Relevance::Likely } else { Relevance::Chatter }
}

fn is_about_server(line: &Seen) -> bool {
    line.key.starts_with(SUBJECT)
}

/// What kind of line it is: the tag in brackets that it begins with, or its first two words.
fn kind(line: &Seen) -> String {
    let text = line.template();
    match text.split_once(']') {
        Some((tag, _)) if tag.starts_with('[') => tag.to_owned(),
        _ => text.split_whitespace().take(2).collect::<Vec<_>>().join(" "),
    }
}

/// The words of a line's template, in order of their letters.
fn said(line: &Seen, without: &[Name]) -> Vec<String> {
    let text = without.iter().fold(line.template(), |text, name| name.cut(&text));
    let mut words: Vec<_> = split(&text).map(str::to_owned).collect();
    words.sort_unstable();
    words
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether of two lines' sorted words at most a fifth differ, and none of those reports trouble.
fn is_rewording(old: &[String], new: &[String]) -> bool {
    let (mut a, mut b, mut differing) = (old.iter().peekable(), new.iter().peekable(), 0);
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return differing * 5 <= old.len() + new.len(),
            (Some(x), Some(y)) => x.cmp(y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        let word = match order {
            Ordering::Equal => {
                a.next();
                b.next();
                continue;
            }
            Ordering::Less => a.next(),
            Ordering::Greater => b.next(),
        };
        differing += 1;
        if word.is_some_and(|word| is_trouble(word)) {
            return false;
        }
    }
}

/// Whether a word reports trouble: by its beginning, or as an HTTP status that does.
fn is_trouble(word: &str) -> bool {
    let begins = |with: &&str| word.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    let status =
        || word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|b| b.is_ascii_digit());
    TROUBLE.iter().any(begins) || status()
}

fn is_mcp(word: &str) -> bool {
    word.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("mcp"))
        || MCP.iter().any(|m| word.eq_ignore_ascii_case(m))
}

/// `TypeError: fetch failed`, at ERROR: nobody caught it, so it names nothing.
fn is_thrown(line: &Seen) -> bool {
    let first = |text: &str| split(text).next().is_some_and(|word| word.ends_with("Error"));
    line.loudness == Loudness::Error && first(&line.example)
}

#[cfg(test)]
mod tests {
    use super::super::{Focus, Relevance, Surroundings, compare};

    fn log(lines: &[(&str, &str)]) -> Surroundings {
        let mut log = Surroundings::default();
        for (at, (level, message)) in lines.iter().enumerate() {
            log.see(at as u64 + 1, Some(level), message.as_bytes());
        }
        log
    }

    fn rank(good: &[(&str, &str)], bad: &[(&str, &str)], around: Option<(u64, u64)>) -> Vec<Relevance> {
        let focus = Focus { names: &["my-http-mcp", "files", "jira_search"], around };
        compare(&log(good), &log(bad), &focus).new.iter().map(|c| c.relevance).collect()
    }

    use Relevance::{Chatter, Likely};

    #[test]
    fn what_is_no_matter_of_mcp_is_chatter_even_at_error() {
        let bad = [
            ("DEBUG", "[auto-mode] gate=open"),
            ("WARN", "git clone failed: code=128"),
            ("ERROR", "install check: command missing or broken"),
        ];
        assert_eq!(rank(&[], &bad, None), [Chatter; 3]);
        assert_eq!(rank(&[], &bad, Some((1, 9))), [Chatter; 3]);
    }

    #[test]
    fn errors_about_mcp_count_where_the_logs_part() {
        let bad =
            [("ERROR", "Failed to parse the MCP config"), ("WARN", "mcpServers.files: an entry is odd")];
        assert_eq!(rank(&[], &bad, Some((70, 80))), [Likely; 2]);
        assert_eq!(rank(&[], &bad, None), [Chatter; 2]);
        let thrown = [("ERROR", "TypeError: fetch failed"), ("DEBUG", "TypeError: fetch failed")];
        assert_eq!(rank(&[], &thrown, Some((1, 9))), [Likely, Chatter]);
        assert_eq!(rank(&[], &thrown, Some((7, 9))), [Chatter; 2]);
    }

    #[test]
    fn a_line_about_a_server_is_likely_whatever_it_says() {
        assert_eq!(rank(&[], &[("DEBUG", "MCP server \"never heard of\": frobnicated")], None), [Likely]);
    }

    #[test]
    fn trouble_counts_where_it_names_or_is_near() {
        let bad = [("DEBUG", "transport failed")];
        assert_eq!(rank(&[], &bad, None), [Chatter]);
        assert_eq!(rank(&[], &bad, Some((1, 9))), [Likely]);
        assert_eq!(rank(&[], &bad, Some((2, 9))), [Chatter]);
        assert_eq!(rank(&[], &[("DEBUG", "mcp__files__jira_search tool error")], None), [Likely]);
        assert_eq!(rank(&[], &[("DEBUG", "mcp__files__jira_search starts")], None), [Chatter]);
    }

    #[test]
    fn a_rewording_is_chatter_but_another_failure_is_not() {
        let stat = |call: &str| {
            format!("Failed to stat tool 'files' /a/b: ENOENT: no such file or directory, {call} '/a/b'")
        };
        let (old, new) = (stat("statx"), stat("stat"));
        assert_eq!(rank(&[("ERROR", &old)], &[("ERROR", &new)], None), [Chatter]);
        let denied = new.replace("ENOENT", "EACCES");
        assert_eq!(rank(&[("ERROR", &old)], &[("ERROR", &denied)], None), [Likely]);
        let still_there = [("ERROR", old.as_str()), ("ERROR", new.as_str())];
        assert_eq!(rank(&[("ERROR", &old)], &still_there, None), [Likely]);
    }

    #[test]
    fn what_vanished_counts_where_the_logs_part_and_not_where_its_kind_ended() {
        let good = [
            ("INFO", "[Stall] end tool=mcp__files__x outcome=ok"),
            ("DEBUG", "Getting hooks for mcp__files__x"),
        ];
        let gone = |bad: &str, around| {
            let focus = Focus { names: &["files"], around };
            let changes = compare(&log(&good), &log(&[("INFO", bad)]), &focus);
            changes.gone.into_iter().map(|c| c.relevance).collect::<Vec<_>>()
        };
        assert_eq!(gone("[Stall] start tool=mcp__files__x", Some((1, 2))), [Likely, Chatter]);
        assert_eq!(gone("the tool is named nowhere", Some((1, 2))), [Likely; 2]);
        assert_eq!(gone("the tool is named nowhere", None), [Chatter; 2]);
    }
}
