//! The MCP lines that no wording covers, folded: those that differ in values alone are one kind, with a count.
//!
//! Comes in: such lines, in order. Goes out: one [`UnknownLine`] for each kind and server, the first of it, in order. A
//! loop of one line hides no other; memory holds [`MAX_KINDS`] kinds, whatever the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::normalize::template;

/// More kinds of lines are not kept; what is counted as not understood counts them all.
const MAX_KINDS: usize = 1000;
/// How many line numbers of one kind are kept.
const MAX_LINES: usize = 16;

/// A line that concerns MCP and that no wording covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLine {
    /// 1-based line.
    pub line: u64,
    /// Its level.
    pub level: Option<String>,
    /// The server it is about.
    pub server: Option<Arc<str>>,
    /// The message.
    pub text: String,
    /// How often the like of it came on this server, itself included.
    pub count: u64,
    /// The lines of the first of them.
    pub lines: Vec<u64>,
}

impl UnknownLine {
    /// A line that came once.
    pub fn new(line: u64, level: Option<&str>, server: Option<Arc<str>>, text: String) -> Self {
        Self { line, level: level.map(str::to_owned), server, text, count: 1, lines: vec![line] }
    }

    /// What it says, whatever the values.
    pub fn kind(&self) -> String {
        template(&self.text).text
    }
}

/// Folds unknown lines as they come.
#[derive(Debug, Default)]
pub struct Unknown {
    kinds: BTreeMap<(Option<Arc<str>>, String), usize>,
    lines: Vec<UnknownLine>,
}

impl Unknown {
    /// Takes a line, or several of a kind.
    pub fn see(&mut self, line: UnknownLine) {
        let kind = (line.server.clone(), line.kind());
        let next = self.lines.len();
        let at = self.kinds.get(&kind).copied().unwrap_or(next);
        match self.lines.get_mut(at) {
            Some(known) => {
                known.count += line.count;
                let room = MAX_LINES.saturating_sub(known.lines.len());
                known.lines.extend(line.lines.into_iter().take(room));
            }
            None if next < MAX_KINDS => {
                self.kinds.insert(kind, at);
                self.lines.push(line);
            }
            None => {}
        }
    }

    /// Whether every kind that came was kept.
    pub fn is_whole(&self) -> bool {
        self.lines.len() < MAX_KINDS
    }

    /// Takes in the lines of what follows, in a log in which so many lines stand before it; it is to be whole.
    pub fn join(&mut self, later: Self, lines: u64) {
        for mut line in later.lines {
            line.line += lines;
            line.lines.iter_mut().for_each(|number| *number += lines);
            self.see(line);
        }
    }

    /// One line of each kind, in the order of the log.
    pub fn finish(self) -> Vec<UnknownLine> {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{MAX_KINDS, MAX_LINES, Unknown, UnknownLine};

    proptest! {
        #[test]
        fn in_two_goes_the_same_lines_are_told(kinds in proptest::collection::vec(0_usize..9, 0..90), cut in 0_usize..90) {
            let told = |kinds: &[usize]| {
                let mut unknown = Unknown::default();
                for (kind, at) in kinds.iter().zip(1..) {
                    let text = format!("frobnicated {at} {}", "x".repeat(*kind));
                    unknown.see(UnknownLine::new(at, None, Some("a".into()), text));
                }
                unknown
            };
            let (first, then) = kinds.split_at(cut.min(kinds.len()));
            let mut both = told(first);
            both.join(told(then), first.len() as u64);
            let fold = |unknown: Unknown| {
                unknown.finish().into_iter().map(|u| (u.kind(), u.line, u.count, u.lines)).collect::<Vec<_>>()
            };
            prop_assert_eq!(fold(both), fold(told(&kinds)));
        }
    }

    #[test]
    fn what_was_not_kept_whole_is_said() {
        let told = |kinds: usize| {
            let mut unknown = Unknown::default();
            let text = |n: usize| "x".repeat(n);
            (0..kinds).for_each(|n| unknown.see(UnknownLine::new(1, None, None, text(n))));
            unknown.is_whole()
        };
        assert!(told(MAX_KINDS - 1) && !told(MAX_KINDS));
    }

    fn folded(lines: impl IntoIterator<Item = (&'static str, String)>) -> Vec<UnknownLine> {
        let mut unknown = Unknown::default();
        for ((server, text), at) in lines.into_iter().zip(1..) {
            unknown.see(UnknownLine::new(at, Some("DEBUG"), Some(server.into()), text));
        }
        unknown.finish()
    }

    #[test]
    fn lines_that_differ_in_numbers_are_one_kind_and_other_words_or_servers_another() {
        let loops = (0..5000).map(|n| ("a", format!("frobnicated {n} widgets in {n}ms")));
        let found =
            folded(loops.chain([("b", "frobnicated 1 widgets in 1ms".into()), ("a", "gave up".into())]));
        let told: Vec<_> = found.iter().map(|u| (u.line, u.count, u.lines.len())).collect();
        assert_eq!(told, [(1, 5000, MAX_LINES), (5001, 1, 1), (5002, 1, 1)]);
    }

    #[test]
    fn no_log_makes_it_keep_more_than_so_many_kinds() {
        let word = |n: usize| format!("word{}", "x".repeat(n));
        assert_eq!(folded((0..MAX_KINDS + 9).map(|n| ("a", word(n)))).len(), MAX_KINDS);
    }
}
