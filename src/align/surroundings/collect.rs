//! Counts the lines of one log by template, in bounded memory.
//!
//! In: messages with their line and level. Out: for each template how often it stands, and where first. Stack
//! frames are left out of what a line says: their names and places change with every build.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::normalize::template_key;
use crate::parse::{BySame, LogLine};

/// How many templates are kept with their text.
const TEMPLATES: usize = 16_384;
/// How many more are kept of warnings and errors: a flood of chatter must not hide them.
const LOUD: usize = 4_096;
/// How many are remembered beyond, by hash alone.
const BEYOND: usize = 1_000_000;
/// Bytes of a template that are kept; the rest of a longer one counts by its hash.
const KEPT: usize = 512;

/// How loud a line is. The same words at another loudness are another line; DEBUG and INFO are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loudness {
    Quiet,
    Warning,
    Error,
}

impl Loudness {
    fn of(level: Option<&str>) -> Self {
        match level {
            Some(l) if l.eq_ignore_ascii_case("error") || l.eq_ignore_ascii_case("fatal") => Self::Error,
            Some(l) if l.eq_ignore_ascii_case("warn") || l.eq_ignore_ascii_case("warning") => Self::Warning,
            _ => Self::Quiet,
        }
    }
}

/// The lines of one template.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) key: Arc<[u8]>,
    pub(super) loudness: Loudness,
    pub(super) level: Option<Box<str>>,
    pub(super) example: Box<str>,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) count: u64,
}

impl Seen {
    fn again(&mut self, line: u64) {
        self.count += 1;
        self.last = line;
    }

    /// The template as text.
    pub(super) fn template(&self) -> String {
        let text = self.key.get(..self.key.len().saturating_sub(1)).unwrap_or_default();
        let text = if text.len() > KEPT { text.get(..KEPT).unwrap_or_default() } else { text };
        String::from_utf8_lossy(text).into_owned()
    }
}

/// The lines of one log outside its servers' lifecycle events, counted by template.
#[derive(Debug, Default)]
pub struct Surroundings {
    index: HashMap<Arc<[u8]>, usize>,
    seen: Vec<Seen>,
    beyond: HashSet<u64>,
    full: bool,
    lines: u64,
    not_kept: u64,
    key: Vec<u8>,
    /// The template of lines that say the same: a client says the same few things again and again.
    known: BySame<u32>,
}

impl Surroundings {
    /// Takes in a line of the log.
    pub fn see_line(&mut self, line: &LogLine<'_>) {
        let known = line.same.and_then(|same| self.known.get(same));
        if let Some(seen) = known.and_then(|at| self.seen.get_mut(*at as usize)) {
            self.lines += 1;
            seen.again(line.number);
            return;
        }
        let place = self.see(line.number, line.level, line.message);
        if let (Some(same), Some(at)) = (line.same, place) {
            self.known.put(same, at as u32);
        }
    }

    /// Takes in one message of the log: what follows stamp and level, with its continuation lines. Gives the place of its
    /// template.
    pub(super) fn see(&mut self, line: u64, level: Option<&str>, message: &[u8]) -> Option<usize> {
        self.lines += 1;
        let loudness = Loudness::of(level);
        self.read(loudness, message);
        if let Some(at) = self.index.get(self.key.as_slice()).copied() {
            self.seen.get_mut(at)?.again(line);
            Some(at)
        } else if self.seen.len() < TEMPLATES + if loudness > Loudness::Quiet { LOUD } else { 0 } {
            self.keep(line, level, loudness, message);
            Some(self.seen.len() - 1)
        } else {
            self.not_kept += 1;
            if self.beyond.len() < BEYOND {
                self.beyond.insert(hash(&self.key));
            } else {
                self.full = true;
            }
            None
        }
    }

    /// How many messages were taken in.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    pub(super) fn templates(&self) -> &[Seen] {
        &self.seen
    }

    /// Lines whose template found no place.
    pub(super) fn not_kept(&self) -> u64 {
        self.not_kept
    }

    /// The lines of the template `key`, if it found a place.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Seen> {
        self.index.get(key).and_then(|&at| self.seen.get(at))
    }

    /// Whether the log surely has no line of the template `key`.
    pub(super) fn lacks(&self, key: &[u8]) -> bool {
        !self.full
            && !self.index.contains_key(key)
            && (self.beyond.is_empty() || !self.beyond.contains(&hash(key)))
    }

    fn read(&mut self, loudness: Loudness, message: &[u8]) {
        template_key(without_frames(message).trim_ascii(), &mut self.key);
        if self.key.len() > KEPT {
            let rest = hash(&self.key);
            self.key.truncate(KEPT);
            self.key.extend_from_slice(&rest.to_le_bytes());
        }
        self.key.push(loudness as u8);
    }

    fn keep(&mut self, line: u64, level: Option<&str>, loudness: Loudness, message: &[u8]) {
        let key: Arc<[u8]> = Arc::from(self.key.as_slice());
        self.index.insert(Arc::clone(&key), self.seen.len());
        let example = message.get(..KEPT).unwrap_or(message).trim_ascii();
        self.seen.push(Seen {
            key,
            loudness,
            level: level.map(Box::from),
            example: String::from_utf8_lossy(example).into(),
            first: line,
            last: line,
            count: 1,
        });
    }
}

/// The message up to its first stack frame, whether its lines are real or written as `\n`.
fn without_frames(message: &[u8]) -> &[u8] {
    let mut from = 0;
    let quoted = message.first() == Some(&b'"');
    while let Some(rest) = message.get(from..) {
        let Some(at) = rest.iter().position(|&b| b == b'\n' || (quoted && b == b'\\')) else { break };
        let line = rest.get(at + 1..).unwrap_or_default();
        let line = line.strip_prefix(b"n").filter(|_| quoted).unwrap_or(line);
        if line.starts_with(b"    at ") {
            return message.get(..from + at).unwrap_or(message);
        }
        from += at + 1;
    }
    message
}

/// The same in every run: what is told apart by it must not change between runs.
fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{Surroundings, TEMPLATES, without_frames};
    use crate::parse::{self, Interest, LogLine, Passed, Reader};
    use crate::source::Source;

    /// A word of its own for each number, without a digit.
    fn word(mut n: usize) -> String {
        let mut word = String::from("x");
        while n > 0 {
            word.push(char::from(b'a' + (n % 26) as u8));
            n /= 26;
        }
        word
    }

    #[test]
    fn values_are_counted_together_and_words_apart() {
        let mut log = Surroundings::default();
        for (line, message) in [(3, "took 5ms"), (4, "took 7s"), (9, "broke 7s"), (12, "took 1m 3s")] {
            log.see(line, Some("DEBUG"), message.as_bytes());
        }
        let got: Vec<_> = log.templates().iter().map(|s| (s.template(), s.count, s.first, s.last)).collect();
        assert_eq!(got, [("took <ms>".to_owned(), 3, 3, 12), ("broke <ms>".to_owned(), 1, 9, 9)]);
    }

    #[test]
    fn the_same_words_as_an_error_are_another_line() {
        let mut log = Surroundings::default();
        for level in [Some("DEBUG"), Some("INFO"), None, Some("ERROR"), Some("WARN")] {
            log.see(1, level, b"x");
        }
        assert_eq!(log.templates().iter().map(|s| s.count).collect::<Vec<_>>(), [3, 1, 1]);
    }

    #[test]
    fn stack_frames_say_nothing() {
        assert_eq!(without_frames(b"Error: x\n    at OzR (cli.js:1:2)\n    at y"), b"Error: x");
        assert_eq!(without_frames(br#""Error: x\n    at OzR (cli.js:1:2)""#), br#""Error: x"#);
        assert_eq!(without_frames(b"a\nb\\n    at c"), b"a\nb\\n    at c");
    }

    #[test]
    fn a_flood_of_chatter_is_bounded_and_hides_no_error() {
        let mut log = Surroundings::default();
        for n in 0..TEMPLATES + 50 {
            log.see(n as u64, None, word(n).as_bytes());
        }
        log.see(7, Some("ERROR"), b"the server died");
        assert_eq!(log.templates().len(), TEMPLATES + 1);
        assert_eq!(log.not_kept(), 50);
        assert!(log.templates().iter().any(|s| s.example.contains("died")));
    }

    #[derive(Default)]
    struct Both {
        with: Surroundings,
        without: Surroundings,
    }

    impl Reader for Both {
        fn line(&mut self, line: &LogLine<'_>) {
            assert!(line.same.is_some());
            self.with.see_line(line);
            self.without.see_line(&LogLine { same: None, ..line.clone() });
        }

        fn passed(&mut self, _: &Passed<'_>) {}
    }

    #[test]
    fn what_is_remembered_of_messages_and_forgotten_again_changes_no_count() {
        let (mut both, mut log) = (Both::default(), String::new());
        for n in (0..20_000).chain(0..20_000) {
            let said = if n % 3 == 0 { "[DEBUG] took" } else { "[ERROR] lost" };
            _ = write!(log, "{said} {n}ms\n[WARN] took 3ms\n");
        }
        let all = Interest::new([]).and_others();
        parse::skim(Source::from_text("t", &log), &all, &mut both).unwrap();
        let counts = |log: &Surroundings| {
            log.templates().iter().map(|s| (s.template(), s.count, s.first, s.last)).collect::<Vec<_>>()
        };
        assert_eq!(counts(&both.with), counts(&both.without));
        let counted = |said: &str, count, first, last| (format!("{said} <ms>"), count, first, last);
        let (took, lost) = (counted("took", 13_334, 1, 79_997), counted("lost", 26_666, 3, 79_999));
        assert_eq!(counts(&both.with), [took, counted("took", 40_000, 2, 80_000), lost]);
        assert_eq!(both.with.lines(), 80_000);
    }

    #[test]
    fn what_found_no_place_is_not_lacking() {
        let mut log = Surroundings::default();
        for n in 0..=TEMPLATES {
            log.see(1, None, word(n).as_bytes());
        }
        let mut other = Surroundings::default();
        other.see(1, None, word(TEMPLATES).as_bytes());
        other.see(2, None, b"never seen");
        let lacking: Vec<_> = other.templates().iter().map(|s| log.lacks(&s.key)).collect();
        assert_eq!(lacking, [false, true]);
    }

    #[test]
    fn lines_of_any_length_are_told_apart() {
        let mut log = Surroundings::default();
        let words = "word ".repeat(100_000);
        log.see(1, None, format!("{words}a").as_bytes());
        log.see(2, None, format!("{words}b").as_bytes());
        assert_eq!(log.templates().len(), 2);
        assert!(log.templates().iter().all(|s| s.template().len() <= 512 && s.example.len() <= 512));
    }
}
