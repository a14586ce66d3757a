//! The report as a program reads it.
//!
//! Comes in: the report's document. Goes out: that document, indented, with a final line break, reading back
//! equal. It looks at no block: what the document says was decided in `report`. Characters that could drive or
//! deceive a terminal are written as `\u` escapes, which JSON reads as the same text.

use std::fmt::Write;

use serde_json::Value;

use super::{Look, text};
use crate::report::Report;

/// The document of the contract.
pub(super) fn render(report: &Report, _look: &Look) -> String {
    written(&report.document)
}

/// A document as text that deceives nobody.
pub(super) fn written(document: &Value) -> String {
    let plain = format!("{document:#}");
    let mut out = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        if is_unsafe(c) {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

/// Outside of strings a document holds nothing but ASCII, so that this only ever meets a string's characters.
fn is_unsafe(c: char) -> bool {
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    (c.is_control() && c != '\n') || breaks || text::is_bidi_control(c) || text::is_invisible(c)
}

fn escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn keys_keep_their_order_and_the_indent_is_two() {
        assert_eq!(
            written(&json!({ "b": 1, "a": [true] })),
            "{\n  \"b\": 1,\n  \"a\": [\n    true\n  ]\n}\n"
        );
    }

    #[test]
    fn what_deceives_is_escaped() {
        assert_eq!(written(&json!("\u{202e}\u{9b}\u{e0041}é")), "\"\\u202e\\u009b\\udb40\\udc41é\"\n");
    }

    proptest! {
        #[test]
        fn it_reads_back_equal(text in fixture::evil()) {
            let document = fixture::filled(&text).document;
            let back: Value = serde_json::from_str(&written(&document)).unwrap();
            prop_assert_eq!(back, document);
        }
    }
}
