//! What `patterns` says: lists, pages, trials, lints and attempts.
//!
//! Comes in: signatures and what `diagnose` and `pattern` found out about them. Goes out: one [`Report`](crate::report::Report) each, with a
//! document of its own (`lastgood.patterns…/1`).

mod attempts;
mod linted;
mod list;
mod page;
mod stock;
mod tested;

pub use attempts::{Explained, explained};
pub use linted::{Linted, linted};
pub use list::list;
pub use page::{Page, page};
pub use stock::{Moved, moved};
pub use tested::{Tested, tested};

use serde_json::{Value, json};

use super::block::{Block, Span, Tone};

/// The version of this program, as documents cite it.
const TOOL: &str = env!("CARGO_PKG_VERSION");

/// The word that JSON has for a value of a closed set.
fn word(value: impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

fn heading(text: &str) -> Block {
    Block::Heading(2, vec![Span::plain(text)])
}

fn bullets(items: Vec<Vec<Span>>) -> Block {
    Block::List { numbered: false, items }
}

fn code(text: impl Into<String>) -> Span {
    Span::toned(text, Tone::Code)
}

fn strong(text: impl Into<String>) -> Span {
    Span::toned(text, Tone::Strong)
}

/// A document of this family.
fn document(name: &str, more: Value) -> Value {
    let mut document = json!({ "schema": format!("lastgood.{name}/1"), "tool": TOOL });
    if let (Some(map), Value::Object(more)) = (document.as_object_mut(), more) {
        map.extend(more);
    }
    document
}
