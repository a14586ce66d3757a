//! HTML that is safe by how it is built: the one type of escaped text, and elements made of it.
//!
//! Comes in: any text, and names of ours. Goes out: HTML. Only [`Html::text`] and the values of attributes take
//! text that is not a constant of this program, and both clean and escape it; there is no other way into an
//! [`Html`]. An address is a [`Link`], so that no text can become one by itself.

use crate::render::{reference, text};

/// Escaped HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

/// Elements that stand within a line: no line break follows them.
const INLINE: [&str; 7] = ["a", "code", "small", "span", "strong", "text", "title"];

/// Elements without an end.
const VOID: [&str; 2] = ["meta", "link"];

impl Html {
    /// Text of any origin.
    pub(super) fn text(of: &str) -> Self {
        Self(escaped(of))
    }

    /// Markup of ours.
    pub(super) fn ours(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// Appends.
    pub(super) fn push(&mut self, more: impl Into<Self>) {
        self.0.push_str(&more.into().0);
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The markup.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl From<Tag> for Html {
    fn from(tag: Tag) -> Self {
        let Tag { name, mut open, inner } = tag;
        open.push('>');
        if !VOID.contains(&name) {
            open.extend([inner.0.as_str(), "</", name, ">"]);
        }
        if !INLINE.contains(&name) {
            open.push('\n');
        }
        Self(open)
    }
}

impl<T: Into<Self>> FromIterator<T> for Html {
    fn from_iter<I: IntoIterator<Item = T>>(parts: I) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.push(part);
        }
        all
    }
}

/// An element being made.
#[derive(Debug)]
pub(super) struct Tag {
    name: &'static str,
    open: String,
    inner: Html,
}

/// An element of that name.
pub(super) fn tag(name: &'static str) -> Tag {
    Tag { name, open: format!("<{name}"), inner: Html::default() }
}

impl Tag {
    /// An attribute; its value may be of any origin.
    pub(super) fn attr(mut self, name: &'static str, value: &str) -> Self {
        self.open.extend([" ", name, "=\"", &escaped(value), "\""]);
        self
    }

    /// Classes.
    pub(super) fn class(self, names: &str) -> Self {
        self.attr("class", names)
    }

    /// Where it leads.
    pub(super) fn to(self, link: &Link) -> Self {
        match link {
            Link::Here(id) => self.attr("href", &format!("#{id}")),
            // The other side need not know where its reader came from.
            Link::Web(url) => self.attr("href", url).attr("rel", "noreferrer noopener"),
        }
    }

    /// Appends a child.
    pub(super) fn with(mut self, child: impl Into<Html>) -> Self {
        self.inner.push(child);
        self
    }

    /// Appends text.
    pub(super) fn text(self, text: &str) -> Self {
        self.with(Html::text(text))
    }
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// A place on this page, by its id, which is made by [`super::anchors`].
    Here(String),
    /// An `https` address.
    Web(String),
}

impl Link {
    /// A reference of a finding, if it has the form of one.
    pub(super) fn reference(text: &str) -> Option<Self> {
        reference::url(text).map(Self::Web)
    }
}

/// Text that is neither markup nor anything hidden, for between tags and between double quotes.
fn escaped(of: &str) -> String {
    let mut out = String::with_capacity(of.len());
    for c in text::clean(of, true).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;

    #[test]
    fn elements_hold_escaped_text() {
        let made = tag("p").class("a\"b").text("x < y & z").with(tag("code").text("</p>"));
        let wanted = "<p class=\"a&quot;b\">x &lt; y &amp; z<code>&lt;/p&gt;</code></p>\n";
        assert_eq!(Html::from(made).into_string(), wanted);
    }

    #[test]
    fn an_element_without_an_end_has_none() {
        assert_eq!(
            Html::from(tag("meta").attr("charset", "utf-8")).into_string(),
            "<meta charset=\"utf-8\">\n"
        );
    }

    #[test]
    fn only_references_of_the_right_form_are_links() {
        assert_eq!(Link::reference("javascript:alert(1)"), None);
        assert!(Link::reference("a/b#1").is_some());
    }

    proptest! {
        #[test]
        fn no_text_opens_or_closes_anything(text in fixture::evil()) {
            let made = Html::from(tag("p").attr("title", &text).text(&text)).into_string();
            let count = |c: char| made.chars().filter(|it| *it == c).count();
            prop_assert_eq!((count('<'), count('>'), count('"')), (2, 2, 2), "{}", made);
        }
    }
}
