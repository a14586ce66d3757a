//! Two lives of a server: the picture, and below it every row in full.
//!
//! Comes in: lives. Goes out: a figure with the picture, its key and the line for what a pointer shows; a table in
//! which the good side stands left and the bad one right, each row with an id of its own, the parting ruled across.
//! A narrow screen stacks the two sides. What a row proves, it leads to.

use super::anchors::{self, Anchors};
use super::tree::{Html, Tag, tag};
use super::{class_of, map, mark_of};
use crate::render::lives;
use crate::report::{Cell, Change, Lives, Row};

/// The lives, as number `at` of the page.
pub(super) fn draw(lives: &Lives, at: usize, anchors: &Anchors) -> Html {
    let section = tag("section").class("lives").attr("id", &anchors::life(at));
    section.with(figure(lives, at, anchors)).with(table(lives, at, anchors)).into()
}

/// The picture in a box of its own, which scrolls where the screen is too narrow.
fn figure(lives: &Lives, at: usize, anchors: &Anchors) -> Html {
    let picture = map::draw(lives, at, anchors);
    if picture.is_empty() {
        return picture;
    }
    let scroll = tag("div").class("scroll").attr("tabindex", "0").attr("role", "region");
    let scroll = scroll.attr("aria-label", &format!("Timeline of {}", lives.server)).with(picture);
    let readout = tag("p").class("readout").attr("aria-live", "polite").attr("hidden", "");
    tag("figure").with(scroll).with(readout).with(key(lives)).into()
}

/// What lanes and marks mean, as far as they occur.
fn key(lives: &Lives) -> Tag {
    let mut key = tag("figcaption");
    if let Some(left) = &lives.left {
        key = key.with(tag("span").class("lane left").text(left));
    }
    key = key.with(tag("span").class("lane right").text(&lives.right));
    for (mark, meaning) in lives::legend(lives, true) {
        key = key.with(tag("span").with(tag("span").class("change").text(mark)).text(&format!(" {meaning}")));
    }
    match map::left_out(lives) {
        0 => key,
        n => key.with(tag("span").text(&format!("{n} more rows in the table alone"))),
    }
}

fn table(lives: &Lives, at: usize, anchors: &Anchors) -> Tag {
    let two = lives.left.is_some();
    let mut body = tag("tbody");
    for (row_at, row) in lives.rows.iter().enumerate() {
        if lives.divergence == Some(row_at) {
            body = body.with(parting(lives, at));
        }
        let tr = tag("tr").attr("id", &anchors::row(at, row_at));
        body = body.with(match row.change {
            Change::Gap => tr.class("gap").with(wide(two).text(&format!("⋮ {}", lives::gap(row)))),
            _ if two => sides(tr, row, anchors.proof_of(at, row_at)),
            _ => single(tr, row),
        });
    }
    let heads = lives.left.iter().map(|left| side_head("left", left));
    let change = two.then(|| tag("th").attr("scope", "col").with(tag("span").class("unseen").text("change")));
    let right = side_head("right", &lives.right);
    let heads: Html = heads.chain(change).chain([right]).collect();
    let class = if two { "rows two" } else { "rows one" };
    let caption =
        tag("caption").class("unseen").text(&format!("The life of {}, event by event", lives.server));
    tag("table").class(class).with(caption).with(tag("thead").with(tag("tr").with(heads))).with(body)
}

fn side_head(side: &'static str, name: &str) -> Tag {
    tag("th").attr("scope", "col").with(tag("span").class(&format!("lane {side}")).text(name))
}

/// A cell across the table.
fn wide(two: bool) -> Tag {
    tag("td").attr("colspan", if two { "3" } else { "1" })
}

fn parting(lives: &Lives, at: usize) -> Tag {
    let said = lives::parting(lives).unwrap_or_default();
    let row = tag("tr").class("parting").attr("id", &anchors::parting(at));
    row.with(wide(lives.left.is_some()).with(tag("strong").text(&said)))
}

/// A row of two lives. Where both say the same words, a narrow screen shows them once.
fn sides(tr: Tag, row: &Row, proof: Option<super::Link>) -> Tag {
    let twin = matches!((&row.left, &row.right), (Some(left), Some(right)) if left.text == right.text);
    let class = if twin { format!("{} twin", row.change.as_str()) } else { row.change.as_str().to_owned() };
    let meaning = lives::meaning(row.change);
    let mark = tag("td").class("change").attr("title", meaning).text(lives::mark(row.change, true));
    let mark = mark.with(tag("span").class("unseen").text(meaning));
    let left = side("left", row.left.as_ref(), None);
    let right = side("right", row.right.as_ref(), proof);
    tr.class(&class).with(left).with(mark).with(right)
}

fn single(tr: Tag, row: &Row) -> Tag {
    tr.class("single").with(side("right", row.right.as_ref().or(row.left.as_ref()), None))
}

/// One side of a row: line, time, what it means, the words of the log.
fn side(class: &'static str, cell: Option<&Cell>, proof: Option<super::Link>) -> Tag {
    let Some(cell) = cell else { return tag("td").class(&format!("side {class} none")) };
    let time = cell.at_ms.map(lives::at).unwrap_or_default();
    let mut words = tag("span").class(&format!("words {}", class_of(cell.tone)));
    words = words.with(mark_of(cell.tone)).text(&cell.text);
    let times = lives::times(cell, true);
    if !times.is_empty() {
        words = words.with(Html::ours(" ")).with(tag("span").class("times").text(&times));
    }
    words = words.with(Html::ours(" ")).with(tag("small").class("event").text(&cell.event));
    if let Some(proof) = proof {
        words = words.with(Html::ours(" ")).with(tag("a").class("proof").to(&proof).text("evidence"));
    }
    let line = tag("span").class("no").attr("title", "line").text(&cell.line.to_string());
    let cell = tag("div").with(line).with(Html::ours(" ")).with(tag("span").class("at").text(&time));
    tag("td").class(&format!("side {class}")).with(cell.with(Html::ours(" ")).with(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use crate::report::Block;

    fn drawn(at: usize) -> String {
        let blocks = fixture::filled("x").blocks;
        let lives: Vec<&Lives> =
            blocks.iter().filter_map(|b| if let Block::Lives(l) = b { Some(l) } else { None }).collect();
        draw(lives[at], at, &Anchors::default()).into_string()
    }

    #[test]
    fn every_row_has_an_id_and_the_parting_is_ruled_across() {
        let html = drawn(0);
        for row in 1..=9 {
            assert_eq!(html.matches(&format!("id=\"life-1-row-{row}\"")).count(), 1, "{html}");
        }
        assert!(
            html.contains(
                "<tr class=\"parting\" id=\"life-1-parting\"><td colspan=\"3\"><strong>here they part"
            ),
            "{html}"
        );
    }

    #[test]
    fn a_single_life_has_one_column() {
        let html = drawn(1);
        assert!(html.contains("class=\"rows one\"") && !html.contains("side left"), "{html}");
    }

    #[test]
    fn an_event_of_one_side_leaves_the_other_empty() {
        assert!(drawn(0).contains("<td class=\"side left none\">"), "{}", drawn(0));
    }
}
