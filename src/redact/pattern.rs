//! Patterns that cost little to make ready.
//!
//! Comes in: patterns, written for any text. Goes out: what they find in one. A pattern that knows all of Unicode is large:
//! making it ready takes longer than reading most logs. Nearly all texts are plain ones, in which a pattern that knows
//! ASCII alone finds the same; so each is made ready when a text first needs it, and the large one only for a text that
//! is not plain. Automata find the same as well, and sooner, but to make them takes longer than to search a few pages
//! without: they are made for who has more to search.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex::Regex;
use regex_automata::meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Input, util::syntax};

/// A pattern, made ready as far as it was needed.
#[derive(Debug)]
pub(super) struct Pattern {
    source: &'static str,
    plain: OnceLock<Option<meta::Regex>>,
    /// The same with automata.
    swift: OnceLock<Option<meta::Regex>>,
    /// How much plain text was searched without, in bytes.
    searched: AtomicUsize,
    full: OnceLock<Option<Regex>>,
}

/// So much plain text is searched without automata, in bytes.
const FEW: usize = 1 << 15;

/// What a pattern found: where the whole of it is, and each of its groups.
pub(super) type Groups = Vec<Option<Range<usize>>>;

/// The signs that patterns name and that are not of ASCII, as bytes that no text has.
const LINE_BREAK: u8 = 0xff;
const ELLIPSIS: u8 = 0xfe;
/// Any other sign.
const SIGN: u8 = 0xfd;

/// Signs of Unicode: neither letters, digits, marks nor blanks.
const SIGNS: [RangeInclusive<char>; 10] = [
    '\u{a1}'..='\u{a9}',
    '\u{ab}'..='\u{b1}',
    '\u{b7}'..='\u{b7}',
    '\u{bb}'..='\u{bb}',
    '\u{bf}'..='\u{bf}',
    '\u{2010}'..='\u{2027}',
    '\u{2030}'..='\u{203e}',
    '\u{2190}'..='\u{245f}',
    '\u{2500}'..='\u{27bf}',
    '\u{2b00}'..='\u{2bff}',
];

/// A text, ready to be searched.
#[derive(Debug)]
pub(super) struct Text<'t> {
    whole: &'t str,
    /// The same, each character a byte; `None` where it holds other than ASCII and signs.
    plain: Option<Cow<'t, [u8]>>,
    /// For each of those bytes, and for their end, where in the text it stands. Empty: the same place.
    places: Vec<usize>,
}

impl<'t> Text<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        if text.is_ascii() {
            return Self { whole: text, plain: Some(Cow::Borrowed(text.as_bytes())), places: Vec::new() };
        }
        let plain: Option<Vec<u8>> = text.chars().map(as_byte).collect();
        let starts = || text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let places = plain.as_ref().map(|_| starts()).unwrap_or_default();
        Self { whole: text, plain: plain.map(Cow::Owned), places }
    }

    fn to_plain(&self, at: usize) -> usize {
        if self.places.is_empty() { at } else { self.places.partition_point(|place| *place < at) }
    }

    fn of_plain(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| self.places.get(at).copied().unwrap_or(self.whole.len());
        if self.places.is_empty() { range } else { place(range.start)..place(range.end) }
    }
}

/// A character as a byte, where a pattern takes it for no letter, digit or blank.
fn as_byte(c: char) -> Option<u8> {
    match c {
        '\0'..='\u{7f}' => Some(c as u8),
        '⏎' => Some(LINE_BREAK),
        '…' => Some(ELLIPSIS),
        c => SIGNS.iter().any(|signs| signs.contains(&c)).then_some(SIGN),
    }
}

impl Pattern {
    pub(super) const fn new(source: &'static str) -> Self {
        let searched = AtomicUsize::new(0);
        Self { source, plain: OnceLock::new(), swift: OnceLock::new(), searched, full: OnceLock::new() }
    }

    /// What searches so many bytes of plain text. `None` where it is no pattern, which the tests rule out; so below.
    fn for_plain(&self, bytes: usize) -> Option<&meta::Regex> {
        if self.searched.load(Ordering::Relaxed) > FEW {
            return self.swift();
        }
        self.searched.fetch_add(bytes, Ordering::Relaxed);
        if bytes > FEW { self.swift() } else { self.plain() }
    }

    fn plain(&self) -> Option<&meta::Regex> {
        self.plain.get_or_init(|| self.made(false)).as_ref()
    }

    fn swift(&self) -> Option<&meta::Regex> {
        self.swift.get_or_init(|| self.made(true)).as_ref()
    }

    fn made(&self, automata: bool) -> Option<meta::Regex> {
        let source = self.source.replace('⏎', r"\xFF").replace('…', r"\xFE");
        // Which texts are worth a search is known by the rule's needles: to work out literals of the pattern that
        // would tell it once more takes longer than all the searches in a report.
        let lean = meta::Config::new().auto_prefilter(false).utf8_empty(false);
        let lean = if automata { lean } else { lean.hybrid(false).dfa(false).onepass(false) };
        let bytes = syntax::Config::new().unicode(false).utf8(false);
        meta::Regex::builder().configure(lean).syntax(bytes).build(&source).ok()
    }

    fn full(&self) -> Option<&Regex> {
        self.full.get_or_init(|| Regex::new(self.source).ok()).as_ref()
    }

    /// The first place at or behind `at` where it is found.
    pub(super) fn captures_at(&self, text: &Text<'_>, at: usize) -> Option<Groups> {
        let Some(plain) = &text.plain else {
            let groups = self.full()?.captures_at(text.whole, at)?;
            return Some(groups.iter().map(|group| group.map(|g| g.range())).collect());
        };
        let from = text.to_plain(at);
        let pattern = self.for_plain(plain.len() - from)?;
        let mut groups: Captures = pattern.create_captures();
        pattern.search_captures(&Input::new(plain).range(from..), &mut groups);
        groups.is_match().then(|| groups.iter().map(|group| Some(text.of_plain(group?.range()))).collect())
    }

    /// Whether it is found anywhere.
    pub(super) fn is_in(&self, text: &Text<'_>) -> bool {
        match &text.plain {
            Some(plain) => self.for_plain(plain.len()).is_some_and(|p| p.is_match(plain.as_ref())),
            None => self.full().is_some_and(|p| p.is_match(text.whole)),
        }
    }

    /// The first place where it is found.
    pub(super) fn first_in(&self, text: &Text<'_>) -> Option<Range<usize>> {
        match &text.plain {
            Some(plain) => {
                self.for_plain(plain.len())?.find(plain.as_ref()).map(|found| text.of_plain(found.range()))
            }
            None => self.full()?.find(text.whole).map(|found| found.range()),
        }
    }

    /// Every place where it is found.
    pub(super) fn all_in(&self, text: &Text<'_>) -> Vec<Groups> {
        let (mut all, mut at) = (Vec::new(), 0);
        while let Some(groups) = self.captures_at(text, at) {
            let Some(whole) = groups.first().cloned().flatten() else { break };
            // What is found is never empty: the tests see to it.
            at = whole.end.max(at + 1);
            all.push(groups);
        }
        all
    }

    /// Whether it is a pattern either way.
    #[cfg(test)]
    pub(super) fn is_sound(&self) -> bool {
        self.plain().is_some() && self.swift().is_some() && self.full().is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use proptest::prelude::*;

    use super::{FEW, Pattern, Text};
    use crate::redact::rules::RULES;
    use crate::redact::server_output;

    /// What each way finds at every place: without automata, with them, in Unicode.
    fn each_way(pattern: &Pattern, text: &str) -> [Vec<Option<super::Groups>>; 3] {
        let plain = Text::new(text);
        let full = Text { whole: text, plain: None, places: Vec::new() };
        let starts = || text.char_indices().map(|(at, _)| at).chain([text.len()]);
        [(&plain, 0), (&plain, FEW + 1), (&full, 0)].map(|(text, searched)| {
            pattern.searched.store(searched, Ordering::Relaxed);
            starts().map(|at| pattern.captures_at(text, at)).collect()
        })
    }

    fn patterns() -> Vec<Pattern> {
        let of_rules = RULES.iter().map(|rule| rule.pattern);
        of_rules.chain(server_output::sources()).map(Pattern::new).collect()
    }

    #[test]
    fn in_every_sample_a_plain_pattern_finds_what_the_full_one_finds() {
        let patterns = patterns();
        assert!(patterns.iter().all(Pattern::is_sound));
        let mut found = 0;
        for rule in RULES.iter() {
            let samples = rule.samples.iter().map(|(text, _)| *text).chain(rule.alike.iter().copied());
            for text in samples.flat_map(|t| [t.to_owned(), format!("▸ {t} · “{t}”…⏎{t}")]) {
                assert!(Text::new(&text).plain.is_some(), "{text} is not plain");
                for pattern in &patterns {
                    let [plain, swift, full] = each_way(pattern, &text);
                    found += plain.iter().flatten().count();
                    assert_eq!(plain, full, "{} in {text}", pattern.source);
                    assert_eq!(swift, full, "{} in {text}", pattern.source);
                }
            }
        }
        assert!(found > 1000, "{found}");
    }

    #[test]
    fn letters_and_blanks_of_other_scripts_make_no_plain_text() {
        for c in ["é", "ſ", "\u{212a}", "\u{a0}", "\u{2028}", "ª", "²", "ⓐ", "漢", "\u{301}", "‿", "\u{200d}"]
        {
            assert!(Text::new(c).plain.is_none(), "{c}");
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let samples: Vec<&str> = RULES
            .iter()
            .flat_map(|r| r.samples.iter().map(|(t, _)| *t).chain(r.alike.iter().copied()))
            .collect();
        prop_oneof![
            2 => proptest::sample::select(samples).prop_map(str::to_owned),
            1 => "[ -~]{0,8}",
            2 => proptest::sample::select(vec!["…", "⏎", "·", "→", "│", "▸", "\"", "=", " ", "\n", "-", "\\", "©"]).prop_map(str::to_owned),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn in_any_plain_text_a_plain_pattern_finds_what_the_full_one_finds(
            pieces in proptest::collection::vec(piece(), 0..4),
            which in any::<proptest::sample::Index>(),
        ) {
            let text = pieces.concat();
            let patterns = patterns();
            let pattern = which.get(&patterns);
            let [plain, swift, full] = each_way(pattern, &text);
            prop_assert_eq!(&plain, &full);
            prop_assert_eq!(&swift, &full);
        }
    }
}
