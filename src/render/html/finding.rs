//! A known failure as an article.
//!
//! Comes in: a finding. Goes out: its severity and title, what happened and should have, what to do, the lines that
//! prove it, each of which leads to its row where that is on the page, and its references, which alone lead
//! elsewhere. What the finding does not say is left out.

use super::anchors::{self, Anchors};
use super::tree::{Html, Link, Tag, tag};
use super::{class_of, mark_of, prose};
use crate::report::{Finding, Tone};

/// The finding, as number `at` of the page.
pub(super) fn draw(finding: &Finding, at: usize, anchors: &Anchors) -> Html {
    let class = format!("finding {}", class_of(finding.tone));
    let severity = tag("span").class("badge").with(mark_of(finding.tone)).text(&finding.severity);
    let head = tag("h3").with(severity).with(Html::ours(" ")).text(&finding.title);
    let mut article = tag("article").class(&class).attr("id", &anchors::finding(at));
    article =
        article.with(head).with(identity(finding)).with(tag("p").class("what").with(prose(&finding.summary)));
    for caveat in &finding.caveats {
        article = article.with(tag("p").class("warn").with(mark_of(Tone::Warn)).with(prose(caveat)));
    }
    let advice = finding.advice.iter().map(|advice| tag("li").with(prose(advice)));
    article = article.with(part("Do this", "advice", list("ol", advice)));
    if !finding.expected.is_empty() {
        article = article.with(part("Expected", "expected", tag("p").with(prose(&finding.expected)).into()));
    }
    article = article.with(part("Evidence", "evidence", evidence(finding, at, anchors)));
    article = article.with(part("References", "references", references(finding)));
    let explains = finding.explains.iter().map(|id| tag("li").with(tag("code").text(id)));
    article.with(part("Explains", "explains", list("ul", explains))).into()
}

/// A part under its name; nothing if it is empty.
fn part(name: &str, class: &'static str, body: Html) -> Html {
    if body.is_empty() {
        return body;
    }
    tag("div").class(&format!("part {class}")).with(tag("h4").text(name)).with(body).into()
}

fn list(name: &'static str, items: impl Iterator<Item = Tag>) -> Html {
    let items: Html = items.collect();
    if items.is_empty() { items } else { tag(name).with(items).into() }
}

/// The id, the server, the file, and how often.
fn identity(finding: &Finding) -> Tag {
    let mut line = tag("p").class("identity").with(tag("code").text(&finding.id));
    if let Some(server) = &finding.server {
        line = line.text(" · server ").with(tag("code").text(server));
    }
    line = line.text(" · ").with(tag("code").text(&finding.input));
    if finding.count > 1 { line.text(&format!(" · {} times", finding.count)) } else { line }
}

/// The lines that prove it.
fn evidence(finding: &Finding, at: usize, anchors: &Anchors) -> Html {
    let mut seen = Vec::new();
    let line = |(number, text): &(u64, String)| {
        let mut item = tag("li");
        if !seen.contains(number) {
            item = item.attr("id", &anchors::evidence(at, *number));
            seen.push(*number);
        }
        let shown = number.to_string();
        let number = match anchors.row_of(at, *number) {
            Some(row) => tag("a").class("no").to(&row).attr("title", "its row in the two lives").text(&shown),
            None => tag("span").class("no").text(&shown),
        };
        item.with(number).with(Html::ours(" ")).with(tag("code").text(text))
    };
    let items: Html = finding.evidence.iter().map(line).collect();
    if items.is_empty() { items } else { tag("ul").class("lines").with(items).into() }
}

fn references(finding: &Finding) -> Html {
    let item = |(role, to): &(String, String)| {
        let target = match Link::reference(to) {
            Some(link) => tag("a").to(&link).text(to),
            None => tag("span").text(to),
        };
        tag("li").with(tag("span").class("role").text(role)).with(Html::ours(" ")).with(target)
    };
    list("ul", finding.references.iter().map(item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use crate::report::Block;

    #[test]
    fn references_link_evidence_has_ids_and_nothing_empty_is_told() {
        let blocks = fixture::filled("x").blocks;
        let Some(Block::Finding(finding)) = blocks.iter().find(|b| matches!(b, Block::Finding(_))) else {
            unreachable!()
        };
        let html = draw(finding, 0, &Anchors::default()).into_string();
        let link =
            "<a href=\"https://github.com/anthropics/claude-code/issues/62198\" rel=\"noreferrer noopener\">";
        assert!(html.contains(link), "{html}");
        assert!(html.contains("<li id=\"finding-1-line-137\"><span class=\"no\">137</span>"), "{html}");
        let silent = Finding { expected: String::new(), explains: Vec::new(), ..finding.clone() };
        let html = draw(&silent, 0, &Anchors::default()).into_string();
        assert!(!html.contains("Expected") && !html.contains("Explains"), "{html}");
    }
}
