//! The two lives of a server as a picture: two lanes that run side by side until they part.
//!
//! Comes in: lives. Goes out: inline SVG, a column a row: in it a mark on each lane that has the event, its time, and
//! all that is known of it as a title; each column leads to its row in the table below. Columns are in order and
//! evenly spaced, since most of a life happens within milliseconds. Positions are whole pixels, so that the same
//! lives give the same bytes. A very long life is drawn around the parting alone.

use super::anchors::{self, Anchors};
use super::tree::{Html, Link, Tag, tag};
use crate::render::lives;
use crate::report::{Cell, Change, Lives, Row, Tone};

/// Pixels left of the lanes, for their names.
const NAMES: usize = 96;
/// What the columns of a short life share.
const WIDTH: usize = 940;
/// The least and the most that one column gets.
const PITCH: (usize, usize) = (38, 76);
/// Pixels that a time takes.
const TIME: usize = 46;
/// Columns that are drawn at most.
const MAX_COLUMNS: usize = 240;

/// Where the lanes lie.
struct Sheet<'a> {
    lives: &'a Lives,
    /// The life's number on the page.
    at: usize,
    /// The first row that is drawn, and the one after the last.
    rows: (usize, usize),
    pitch: usize,
}

/// One side of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Good,
    Bad,
}

/// The picture; nothing where there is no event.
pub(super) fn draw(lives: &Lives, at: usize, anchors: &Anchors) -> Html {
    if lives.rows.is_empty() {
        return Html::default();
    }
    let sheet = Sheet::of(lives, at);
    let (width, height) = (sheet.x(sheet.rows.1), sheet.height());
    let mut svg = tag("svg")
        .class("map")
        .attr("width", &width.to_string())
        .attr("height", &height.to_string())
        .attr("viewBox", &format!("0 0 {width} {height}"))
        .attr("role", "group")
        .attr("aria-label", &format!("Timeline of {}", lives.server));
    for side in sheet.sides() {
        svg = svg.with(sheet.name(*side)).with(sheet.lane(*side));
    }
    svg = svg.with(sheet.parting());
    let mut label_end = (0, 0);
    for row in sheet.rows.0..sheet.rows.1 {
        svg = svg.with(sheet.column(row, anchors, &mut label_end));
    }
    svg.into()
}

/// How many rows the picture does not show.
pub(super) fn left_out(lives: &Lives) -> usize {
    let (from, to) = window(lives);
    lives.rows.len() - (to - from)
}

fn window(lives: &Lives) -> (usize, usize) {
    let from = lives.divergence.unwrap_or_default().saturating_sub(MAX_COLUMNS / 3);
    let from = from.min(lives.rows.len().saturating_sub(MAX_COLUMNS));
    (from, (from + MAX_COLUMNS).min(lives.rows.len()))
}

impl<'a> Sheet<'a> {
    fn of(lives: &'a Lives, at: usize) -> Self {
        let rows = window(lives);
        let pitch = (WIDTH / (rows.1 - rows.0).max(1)).clamp(PITCH.0, PITCH.1);
        Self { lives, at, rows, pitch }
    }

    fn sides(&self) -> &'static [Side] {
        if self.lives.left.is_some() { &[Side::Good, Side::Bad] } else { &[Side::Bad] }
    }

    fn height(&self) -> usize {
        if self.lives.left.is_some() { 140 } else { 72 }
    }

    /// The left edge of a row's column.
    fn x(&self, row: usize) -> usize {
        NAMES + (row - self.rows.0) * self.pitch
    }

    /// The middle of a row's column.
    fn middle(&self, row: usize) -> usize {
        self.x(row) + self.pitch / 2
    }

    /// The height of a lane before and after the parting.
    fn levels(&self, side: Side) -> (usize, usize) {
        match (side, self.lives.left.is_some()) {
            (_, false) => (44, 44),
            (Side::Good, true) => (56, 42),
            (Side::Bad, true) => (80, 94),
        }
    }

    fn y(&self, side: Side, row: usize) -> usize {
        let (before, after) = self.levels(side);
        if self.lives.divergence.is_some_and(|at| row >= at) { after } else { before }
    }

    fn cell(side: Side, row: &Row) -> Option<&Cell> {
        match (side, row.change) {
            (_, Change::Gap) => None,
            (Side::Good, _) => row.left.as_ref(),
            (Side::Bad, _) => row.right.as_ref(),
        }
    }

    /// The name of a lane, at its left end: what comes before the file's.
    fn name(&self, side: Side) -> Tag {
        let name =
            if side == Side::Good { self.lives.left.as_deref() } else { Some(self.lives.right.as_str()) };
        let name = name.unwrap_or_default();
        let short: String = name.split(" · ").next().unwrap_or(name).chars().take(14).collect();
        let y = self.y(side, self.rows.0) + 4;
        tag("text")
            .class(&format!("name {}", side.class()))
            .attr("x", "0")
            .attr("y", &y.to_string())
            .text(&short)
    }

    /// The line of a lane: whole as far as its side has events, dotted after that.
    fn lane(&self, side: Side) -> Html {
        let drawn = self.rows.0..self.rows.1;
        let has = |row: &usize| self.lives.rows.get(*row).is_some_and(|row| Self::cell(side, row).is_some());
        let last = drawn.clone().rev().find(has).unwrap_or(self.rows.0);
        let (from, end, to) = (NAMES, self.middle(last), self.x(self.rows.1));
        let path = |d: String, class: &str| tag("path").class(class).attr("d", &d);
        let class = format!("lane {}", side.class());
        let mut html = Html::from(path(self.path(side, from, end), &class));
        if end + self.pitch < to {
            html.push(path(self.path(side, end, to), &format!("{class} over")));
        }
        html
    }

    /// A lane from one place to another, with the bend before the parting if that lies between.
    fn path(&self, side: Side, from: usize, to: usize) -> String {
        let (before, after) = self.levels(side);
        let Some(edge) = self.lives.divergence.filter(|at| *at > self.rows.0).map(|at| self.x(at)) else {
            return format!("M{from} {0}H{to}", self.y(side, self.rows.0));
        };
        let (bend, out) = (edge - self.pitch / 3, edge + self.pitch / 3);
        if to <= bend {
            return format!("M{from} {before}H{to}");
        }
        if from >= out {
            return format!("M{from} {after}H{to}");
        }
        format!("M{from} {before}H{bend}C{edge} {before} {edge} {after} {out} {after}H{to}")
    }

    /// The line at which the two part.
    fn parting(&self) -> Html {
        let drawn = self.lives.divergence.filter(|at| (self.rows.0..self.rows.1).contains(at));
        let Some(at) = drawn.filter(|_| self.lives.left.is_some()) else { return Html::default() };
        let x = self.x(at).to_string();
        let line = tag("line").class("parting").attr("x1", &x).attr("x2", &x).attr("y1", "16");
        let line = line.attr("y2", &(self.height() - 14).to_string());
        let words = tag("text").class("parting").attr("x", &x).attr("y", "11").text("▼ here they part");
        let words = tag("a").to(&Link::Here(anchors::parting(self.at))).attr("tabindex", "-1").with(words);
        [Html::from(line), Html::from(words)].into_iter().collect()
    }

    /// A row: its marks, and behind them a field that can be hit.
    fn column(&self, at: usize, anchors: &Anchors, label_end: &mut (usize, usize)) -> Html {
        let Some(row) = self.lives.rows.get(at) else { return Html::default() };
        let said = said(row, self.lives);
        let hit = tag("rect")
            .class("hit")
            .attr("x", &self.x(at).to_string())
            .attr("y", "16")
            .attr("width", &self.pitch.to_string())
            .attr("height", &(self.height() - 16).to_string());
        let mut link = tag("a")
            .to(&Link::Here(anchors::row(self.at, at)))
            .attr("aria-label", &said.join(" | "))
            .with(tag("title").with(lines(&said)))
            .with(hit);
        if row.change == Change::Gap {
            return link.with(self.gap(at)).into();
        }
        link = link.with(self.tie(row, at));
        let is_proof = anchors.proof_of(self.at, at).is_some();
        for side in self.sides() {
            let Some(cell) = Self::cell(*side, row) else { continue };
            let y = self.y(*side, at);
            link = link.with(self.time(*side, cell, at, label_end));
            if is_proof && *side == Side::Bad {
                link = link.with(circle("proof", self.middle(at), y, "10"));
            }
            link = link.with(mark(*side, cell, self.middle(at), y));
        }
        link.into()
    }

    /// What joins the two marks of one event.
    fn tie(&self, row: &Row, at: usize) -> Html {
        if row.left.is_none() || row.right.is_none() || self.lives.left.is_none() {
            return Html::default();
        }
        let x = self.middle(at).to_string();
        let class = if row.change == Change::Same { "tie" } else { "tie apart" };
        let (from, to) = (self.y(Side::Good, at).to_string(), self.y(Side::Bad, at).to_string());
        tag("line").class(class).attr("x1", &x).attr("x2", &x).attr("y1", &from).attr("y2", &to).into()
    }

    /// The time of an event, unless the one before it says the same or is in the way.
    fn time(&self, side: Side, cell: &Cell, at: usize, label_end: &mut (usize, usize)) -> Html {
        let end = if side == Side::Good { &mut label_end.0 } else { &mut label_end.1 };
        let middle = self.middle(at);
        let Some(ms) = cell.at_ms.filter(|_| *end <= middle.saturating_sub(TIME / 2)) else {
            return Html::default();
        };
        *end = middle + TIME / 2;
        let y = if side == Side::Good || self.lives.left.is_none() { 30 } else { self.height() - 14 };
        let y = if self.lives.left.is_none() { 24 } else { y };
        let (x, y) = (middle.to_string(), y.to_string());
        tag("text").class("time").attr("x", &x).attr("y", &y).text(&lives::at(ms)).into()
    }

    /// Rows that were left out: the lanes are broken.
    fn gap(&self, at: usize) -> Html {
        let lane = |side: &Side| {
            let (x, y) = (self.middle(at), self.y(*side, at));
            let cut =
                tag("rect").class("cut").attr("x", &(x - 9).to_string()).attr("y", &(y - 4).to_string());
            let dots = tag("text").class("dots").attr("x", &x.to_string()).attr("y", &(y + 4).to_string());
            [Html::from(cut.attr("width", "18").attr("height", "8")), dots.text("⋯").into()]
        };
        self.sides().iter().flat_map(lane).collect()
    }
}

impl Side {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "left",
            Self::Bad => "right",
        }
    }
}

fn circle(class: &str, x: usize, y: usize, r: &'static str) -> Tag {
    tag("circle").class(class).attr("cx", &x.to_string()).attr("cy", &y.to_string()).attr("r", r)
}

/// The mark of an event: its shape says what its colour says.
fn mark(side: Side, cell: &Cell, x: usize, y: usize) -> Html {
    let sign = |d: String| tag("path").class("sign").attr("d", &d);
    let mut html: Html = match cell.tone {
        Tone::Good => [
            circle("mark good", x, y, "7"),
            sign(format!("M{} {y}L{} {}L{} {}", x - 3, x - 1, y + 3, x + 3, y - 3)),
        ]
        .into_iter()
        .collect(),
        Tone::Bad => [
            circle("mark bad", x, y, "7"),
            sign(format!("M{0} {2}L{1} {3}M{1} {2}L{0} {3}", x - 3, x + 3, y - 3, y + 3)),
        ]
        .into_iter()
        .collect(),
        Tone::Warn => {
            let points = format!("{x},{} {},{} {},{}", y - 8, x + 8, y + 6, x - 8, y + 6);
            tag("polygon").class("mark warn").attr("points", &points).into()
        }
        Tone::Faint => circle(&format!("mark faint {}", side.class()), x, y, "3").into(),
        Tone::Plain | Tone::Strong | Tone::Code => {
            circle(&format!("mark {}", side.class()), x, y, "5").into()
        }
    };
    let times = lives::times(cell, true);
    if !times.is_empty() {
        let (x, y) = ((x + 8).to_string(), (y + 15).to_string());
        html.push(tag("text").class("times").attr("x", &x).attr("y", &y).text(&times));
    }
    html
}

/// Texts, each on a line of its own.
fn lines(texts: &[String]) -> Html {
    let mut html = Html::default();
    for text in texts {
        html.push(if html.is_empty() { Html::default() } else { Html::ours("\n") });
        html.push(Html::text(text));
    }
    html
}

/// All of a row in words, a line a side: what a pointer over its column shows.
fn said(row: &Row, of: &Lives) -> Vec<String> {
    if row.change == Change::Gap {
        return vec![lives::gap(row).to_owned()];
    }
    let cell = |side: &str, cell: &Cell| {
        let time = cell.at_ms.map(|ms| format!(" {}", lives::at(ms))).unwrap_or_default();
        let times = lives::times(cell, true);
        format!("{side}line {}{time} {} {} {times}", cell.line, cell.event, cell.text).trim_end().to_owned()
    };
    let two = of.left.is_some();
    let left = row.left.iter().map(|it| cell(if two { "good " } else { "" }, it));
    let right = row.right.iter().map(|it| cell(if two { "bad " } else { "" }, it));
    left.chain(right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;
    use crate::report::Block;

    fn fixture_lives() -> Vec<Lives> {
        let lives = |block| if let Block::Lives(lives) = block { Some(lives) } else { None };
        fixture::filled("x").blocks.into_iter().filter_map(lives).collect()
    }

    fn drawn(lives: &Lives) -> String {
        draw(lives, 0, &Anchors::default()).into_string()
    }

    #[test]
    fn two_lives_are_two_lanes_that_part_and_every_row_leads_to_its_own() {
        let lives = &fixture_lives()[0];
        let svg = drawn(lives);
        assert!(svg.contains("class=\"lane left\"") && svg.contains("class=\"lane right\""), "{svg}");
        assert!(svg.contains("href=\"#life-1-parting\"") && svg.contains("here they part"), "{svg}");
        for at in 1..=lives.rows.len() {
            assert!(svg.contains(&format!("href=\"#life-1-row-{at}\"")), "row {at}: {svg}");
        }
    }

    #[test]
    fn a_single_life_is_one_lane_that_does_not_part() {
        let mut lives = fixture_lives().remove(1);
        lives.divergence = None;
        let svg = drawn(&lives);
        assert!(!svg.contains("lane left") && svg.contains("lane right") && !svg.contains("part"), "{svg}");
    }

    #[test]
    fn a_long_life_is_drawn_around_the_parting() {
        let mut lives = fixture_lives().remove(0);
        lives.rows = vec![lives.rows[4].clone(); 1000];
        lives.divergence = Some(600);
        let svg = drawn(&lives);
        assert!(svg.contains("row-601\"") && !svg.contains("row-1\"") && svg.contains("here they part"));
        assert_eq!(left_out(&lives), 1000 - MAX_COLUMNS);
    }

    #[test]
    fn a_life_without_an_event_is_no_picture() {
        let lives = Lives { rows: Vec::new(), divergence: None, ..fixture_lives().remove(0) };
        assert!(draw(&lives, 0, &Anchors::default()).is_empty());
        assert_eq!(left_out(&lives), 0);
    }
}
