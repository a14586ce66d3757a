//! The looks of a report: one file a format, all of them in [`FORMATS`].
//!
//! Comes in: a [`Report`] and a [`Look`]. Goes out: the whole text, as one string. A renderer prints nothing,
//! knows no event, signature or error, and matches on nothing but the closed set of [`crate::report::Block`].
//! Whatever a log holds leaves here without control, bidi or zero-width characters (JSON: escaped), so that it
//! can neither drive a terminal nor pose as other text.

mod exact;
mod fit;
mod github;
mod html;
mod json;
mod junit;
mod lives;
mod logs;
mod markdown;
mod outcome;
mod reference;
mod sarif;
mod terminal;
mod text;
mod unified;

#[cfg(test)]
mod fixture;

use crate::report::Report;

/// A text on one line that a terminal obeys in nothing, for messages beside a report.
pub fn harmless(text: &str) -> String {
    text::clean(text, true)
}

/// What the reader's screen can show, and what it may take to draw it; decided once, by `cli`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns; less than 40 is taken as 40.
    pub width: usize,
    /// Whether colour may be used. It never says anything that is not also said without it.
    pub colour: bool,
    /// Whether more than ASCII can be shown. Letters of a log that are none stay what they are.
    pub unicode: bool,
    /// Characters that a page to be pasted may have; less than [`MIN_CHARS`] is taken as that.
    pub max_chars: usize,
    /// Threads that may draw; how many they are is nowhere to be seen.
    pub threads: usize,
}

/// The least that a page to be pasted can be cut to.
pub const MIN_CHARS: usize = 2000;

/// What fits into an issue, of 65,536 characters at most, with room for words of the reporter.
pub const MAX_CHARS: usize = 60_000;

impl Default for Look {
    /// What is safe anywhere: 80 columns, no colour, Unicode, what an issue takes, one thread.
    fn default() -> Self {
        Self { width: 80, colour: false, unicode: true, max_chars: MAX_CHARS, threads: 1 }
    }
}

/// An output format.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The word for `--format`.
    pub name: &'static str,
    /// What it is for, for the help: a fragment without a full stop.
    pub about: &'static str,
    /// The renderer. Its text ends with one line break.
    pub render: fn(&Report, &Look) -> String,
}

/// Every format, the default first. Help, documentation and tests loop over this slice.
pub static FORMATS: &[Format] = &[
    Format { name: "terminal", about: "for a person, as wide as the terminal", render: terminal::render },
    Format { name: "markdown", about: "to paste into an issue", render: markdown::render },
    Format {
        name: "html",
        about: "one file for a browser, with the timeline as a picture",
        render: html::render,
    },
    Format { name: "logs", about: "for the log field of a form: plain text", render: logs::render },
    Format {
        name: "form",
        about: "the client's bug form, filled in as far as the logs go",
        render: markdown::form::render,
    },
    Format { name: "json", about: "for programs: the documents of the contract", render: json::render },
    Format { name: "sarif", about: "for editors and code scanning", render: sarif::render },
    Format { name: "junit", about: "for build servers", render: junit::render },
    Format { name: "github", about: "annotations for GitHub Actions", render: github::render },
];

/// The format of that name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn looks() -> Vec<Look> {
        let mut all = Vec::new();
        for width in [0, 40, 80, 160] {
            for (colour, unicode) in [(false, false), (false, true), (true, false), (true, true)] {
                all.push(Look { width, colour, unicode, ..Look::default() });
            }
        }
        all
    }

    /// What a terminal could be driven or deceived by; colour sequences are taken off before.
    fn is_dangerous(c: char) -> bool {
        let hidden = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
        (c.is_control() && c != '\n') || hidden || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
    }

    #[test]
    fn every_format_renders_every_shape_and_ends_with_one_line_break() {
        for format in FORMATS {
            for look in looks() {
                let text = (format.render)(&fixture::hostile(), &look);
                assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{} at {look:?}", format.name);
            }
        }
    }

    #[test]
    fn every_format_renders_an_empty_report() {
        for format in FORMATS {
            let empty = Report::new("", Vec::new(), serde_json::Value::Null);
            assert!((format.render)(&empty, &Look::default()).ends_with('\n'), "{}", format.name);
        }
    }

    #[test]
    fn formats_are_found_by_their_names_which_differ() {
        for format in FORMATS {
            assert_eq!(by_name(format.name).map(|f| f.about), Some(format.about));
            assert!(!format.about.ends_with('.'));
        }
        assert!(by_name("yaml").is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn no_format_lets_a_dangerous_character_through(text in fixture::evil()) {
            for format in FORMATS {
                for look in [Look::default(), Look { width: 120, unicode: false, ..Look::default() }] {
                    let out = (format.render)(&fixture::filled(&text), &look);
                    let bad = out.chars().find(|c| is_dangerous(*c));
                    prop_assert_eq!(bad, None, "{}", format.name);
                }
            }
        }

        #[test]
        fn the_same_report_gives_the_same_bytes(text in fixture::evil()) {
            for format in FORMATS {
                let look = Look { width: 120, colour: true, ..Look::default() };
                let first = (format.render)(&fixture::filled(&text), &look);
                prop_assert_eq!(first, (format.render)(&fixture::filled(&text), &look));
            }
        }
    }
}
