//! The report as one file to be opened in a browser, sent or archived.
//!
//! Comes in: the report. Goes out: a page that loads nothing from anywhere and lets nothing but its own style and
//! script run: each lives as a picture and a table, findings that lead to their rows, light and dark, for wide and
//! narrow screens, the keyboard and paper. It works without its script, which shows the line under the pointer and
//! opens what is folded before printing. It takes no notice of the look.

mod anchors;
mod finding;
mod lives;
mod map;
mod tree;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use anchors::Anchors;
use tree::{Html, Link, Tag, tag};

use super::Look;
use crate::report::{Block, Fact, Report, Span, Table, Tone};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
pub(super) fn render(report: &Report, _look: &Look) -> String {
    let mut page = Page { anchors: Anchors::of(&report.blocks), lives: 0, findings: 0, headings: 0 };
    let main = tag("main").attr("id", "report").with(page.blocks(&report.blocks));
    let skip = tag("a").class("skip").to(&Link::Here("report".to_owned())).text("Skip to the report");
    let body = tag("body").with(skip).with(top(report)).with(contents(&report.blocks)).with(main);
    let body = body.with(tag("script").with(Html::ours(SCRIPT)));
    let html = tag("html").attr("lang", "en").with(head(report)).with(body);
    let page: Html = [Html::ours("<!doctype html>\n"), html.into()].into_iter().collect();
    page.into_string()
}

fn head(report: &Report) -> Tag {
    let meta = |name: &str, content: &str| tag("meta").attr("name", name).attr("content", content);
    let policy = tag("meta").attr("http-equiv", "Content-Security-Policy").attr("content", &policy());
    tag("head")
        .with(tag("meta").attr("charset", "utf-8"))
        .with(policy)
        .with(meta("viewport", "width=device-width, initial-scale=1"))
        .with(meta("color-scheme", "light dark"))
        .with(meta("referrer", "no-referrer"))
        .with(meta("generator", concat!("lastgood ", env!("CARGO_PKG_VERSION"))))
        .with(tag("title").text(&report.title))
        // Without it a browser asks the server for an icon.
        .with(tag("link").attr("rel", "icon").attr("href", "data:,"))
        .with(tag("style").with(Html::ours(STYLE)))
}

/// Nothing from anywhere, and of scripts and styles those two alone.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// The answer; its first word is a badge where it is a verdict.
fn top(report: &Report) -> Tag {
    let is_word =
        |word: &str| !word.is_empty() && word.len() <= 12 && word.bytes().all(|b| b.is_ascii_lowercase());
    let verdict =
        report.title.split_once(": ").filter(|(word, _)| report.tone != Tone::Plain && is_word(word));
    let title = match verdict {
        Some((word, rest)) => {
            let badge = tag("span").class("badge").with(mark_of(report.tone)).text(word);
            tag("h1").with(badge).with(Html::ours(" ")).text(rest)
        }
        None => tag("h1").text(&report.title),
    };
    tag("header").class(&format!("top {}", class_of(report.tone))).with(title)
}

/// What is on the page, if it is enough to be lost in.
fn contents(blocks: &[Block]) -> Html {
    let (mut headings, mut findings, mut links) = (0, 0, Vec::new());
    for block in blocks {
        let (id, name) = match block {
            Block::Heading(1, spans) => (section(headings), spans.first().map(|span| span.text.as_str())),
            Block::Finding(finding) => (anchors::finding(findings), Some(finding.title.as_str())),
            _ => continue,
        };
        *(if matches!(block, Block::Finding(_)) { &mut findings } else { &mut headings }) += 1;
        links.push(tag("li").with(tag("a").to(&Link::Here(id)).text(name.unwrap_or_default())));
    }
    if links.len() < 2 {
        return Html::default();
    }
    tag("nav")
        .attr("aria-label", "On this page")
        .with(tag("ul").with(links.into_iter().collect::<Html>()))
        .into()
}

/// The id of a heading of the first level.
fn section(at: usize) -> String {
    format!("section-{}", at + 1)
}

/// What was drawn so far.
struct Page {
    anchors: Anchors,
    lives: usize,
    findings: usize,
    headings: usize,
}

impl Page {
    fn blocks(&mut self, blocks: &[Block]) -> Html {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&mut self, block: &Block) -> Html {
        match block {
            Block::Heading(1, words) => {
                self.headings += 1;
                tag("h2").attr("id", &section(self.headings - 1)).with(spans(words)).into()
            }
            Block::Heading(_, words) => tag("h3").with(spans(words)).into(),
            Block::Text(words) => tag("p").with(spans(words)).into(),
            Block::List { numbered, items } => {
                let items: Html = items.iter().map(|item| tag("li").with(spans(item))).collect();
                tag(if *numbered { "ol" } else { "ul" }).with(items).into()
            }
            Block::Facts(pairs) => facts(pairs),
            Block::Table(of) => table(of),
            Block::Lives(of) => {
                self.lives += 1;
                lives::draw(of, self.lives - 1, &self.anchors)
            }
            Block::Finding(of) => {
                self.findings += 1;
                finding::draw(of, self.findings - 1, &self.anchors)
            }
            Block::Lines { label, lines } => raw_lines(label, lines),
            Block::Details { summary, blocks } => {
                let summary = tag("summary").text(summary);
                tag("details").with(summary).with(tag("div").with(self.blocks(blocks))).into()
            }
        }
    }
}

fn facts(pairs: &[Fact]) -> Html {
    let pair = |fact: &Fact| {
        let pair = tag("div").with(tag("dt").text(&fact.name));
        pair.with(tag("dd").with(spans(&fact.value)))
    };
    tag("dl").with(pairs.iter().map(pair).collect::<Html>()).into()
}

/// A table in a box that scrolls where the screen is too narrow.
fn table(of: &Table) -> Html {
    let head: Html = of.head.iter().map(|head| tag("th").attr("scope", "col").text(head)).collect();
    let row = |cells: &Vec<Vec<Span>>| {
        tag("tr").with(cells.iter().map(|cell| tag("td").with(spans(cell))).collect::<Html>())
    };
    let body: Html = of.rows.iter().map(row).collect();
    let table = tag("table")
        .class("plain")
        .with(tag("thead").with(tag("tr").with(head)))
        .with(tag("tbody").with(body));
    tag("div")
        .class("scroll")
        .attr("tabindex", "0")
        .attr("role", "region")
        .attr("aria-label", "Table")
        .with(table)
        .into()
}

/// Lines of a log.
fn raw_lines(label: &str, lines: &[(u64, String)]) -> Html {
    let line = |(number, text): &(u64, String)| {
        let number = if *number == 0 { String::new() } else { number.to_string() };
        let number = tag("span").class("no").text(&number);
        tag("li").with(number).with(Html::ours(" ")).with(tag("code").text(text))
    };
    let list = tag("ul").class("lines").with(lines.iter().map(line).collect::<Html>());
    let head = if label.is_empty() { Html::default() } else { tag("h3").text(label).into() };
    tag("section").class("raw").with(head).with(list).into()
}

/// Runs of text in their tones.
fn spans(spans: &[Span]) -> Html {
    let span = |span: &Span| -> Html {
        match span.tone {
            Tone::Plain => Html::text(&span.text),
            Tone::Strong => tag("strong").text(&span.text).into(),
            Tone::Code => tag("code").text(&span.text).into(),
            tone => tag("span").class(class_of(tone)).with(mark_of(tone)).text(&span.text).into(),
        }
    };
    spans.iter().map(span).collect()
}

/// Prose, in which backticks in pairs mark code.
fn prose(text: &str) -> Html {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return Html::text(text);
    }
    let part = |(at, part): (usize, &&str)| -> Html {
        if at % 2 == 0 { Html::text(part) } else { tag("code").text(part).into() }
    };
    parts.iter().enumerate().map(part).collect()
}

fn class_of(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Warn => "warn",
        Tone::Faint => "faint",
        Tone::Strong => "strong",
        Tone::Plain | Tone::Code => "plain",
    }
}

/// The sign that says what the colour says; nothing for tones that judge nothing.
fn mark_of(tone: Tone) -> Html {
    let sign = match tone {
        Tone::Good => "✓",
        Tone::Bad => "✗",
        Tone::Warn => "▲",
        Tone::Plain | Tone::Strong | Tone::Faint | Tone::Code => return Html::default(),
    };
    [Html::from(tag("span").class("sign").text(sign)), Html::ours(" ")].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn rendered(text: &str) -> String {
        render(&fixture::filled(text), &Look::default())
    }

    /// What follows `mark` up to the next quote, everywhere.
    fn values<'a>(page: &'a str, mark: &str) -> Vec<&'a str> {
        page.match_indices(mark).map(|(at, _)| page[at + mark.len()..].split('"').next().unwrap()).collect()
    }

    /// The tags of a page, in order, without what is in its style and script. Code is left out: in prose backticks
    /// make it, and it holds text alone.
    fn tags(page: &str) -> Vec<String> {
        let page = page.replace(STYLE, "").replace(SCRIPT, "");
        let tags = page.split('<').skip(1).map(|part| part.split(['>', ' ']).next().unwrap().to_owned());
        tags.filter(|tag| tag != "code" && tag != "/code").collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_word_of_a_log_adds_an_element(text in fixture::evil()) {
            let (evil, plain) = (tags(&rendered(&format!("x{text}"))), tags(&rendered("x")));
            let first = evil.iter().zip(&plain).position(|(a, b)| a != b);
            prop_assert!(evil == plain, "{} tags instead of {}, other from {:?}", evil.len(), plain.len(), first);
        }

        #[test]
        fn every_link_leads_to_the_page_or_to_a_reference(text in fixture::evil()) {
            let page = rendered(&text);
            let ids: BTreeSet<&str> = values(&page, " id=\"").into_iter().collect();
            for link in values(&page, " href=\"") {
                let there = link.strip_prefix('#').is_some_and(|id| ids.contains(id));
                prop_assert!(there || link == "data:," || link.starts_with("https://"), "{}", link);
            }
        }
    }

    #[test]
    fn every_id_stands_once() {
        let page = rendered("x");
        let ids = values(&page, " id=\"");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }

    #[test]
    fn nothing_is_loaded_and_no_attribute_needs_a_policy_of_its_own() {
        let page = rendered("x");
        for banned in [" src=", " style=", " onload=", " onclick=", "url(", "@import", "http-equiv=\"refresh"]
        {
            assert!(!page.contains(banned), "{banned}");
        }
        assert!(page.contains("default-src 'none'"), "{page}");
    }

    #[test]
    fn the_verdict_is_a_badge_where_the_answer_has_one() {
        let page = |title: &str, tone| {
            render(&Report::new(title, Vec::new(), serde_json::Value::Null).toned(tone), &Look::default())
        };
        let bad = page("regressed: x went", Tone::Bad);
        assert!(
            bad.contains(
                "<h1><span class=\"badge\"><span class=\"sign\">✗</span> regressed</span> x went</h1>"
            ),
            "{bad}"
        );
        assert!(page("bad.log: 1 server", Tone::Plain).contains("<h1>bad.log: 1 server</h1>"));
        assert!(page("Bad.log: 1 server", Tone::Good).contains("<h1>Bad.log: 1 server</h1>"));
    }

    #[test]
    fn backticks_in_pairs_are_code() {
        assert_eq!(prose("run `x <y>`.").into_string(), "run <code>x &lt;y&gt;</code>.");
        assert_eq!(prose("a ` b").into_string(), "a ` b");
    }
}
