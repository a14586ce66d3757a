//! Puts the pieces of a pasted text together: records with the lines that continue them, excerpts of records.
//!
//! Comes in: the lines of the input. Goes out: records, to a [`Sink`]: as they come, where the text is one log with
//! marks on it; gathered into excerpts, where it is a page. Of a page no more than [`MAX_PAGE`] is kept.

use super::excerpt::{Excerpt, Kept};
use super::heading::Heading;
use super::pieces::{Piece, pieces};
use super::survey::Survey;
use crate::parse::Clock;
use crate::parse::entry::{self, Entry, Objects};
use crate::parse::head::{Head, Record};

/// More of a page is not kept; excerpts beyond are left out. Bytes.
const MAX_PAGE: usize = 32 << 20;

/// A heading speaks of an excerpt below it by no more lines of text.
const REACH: u32 = 6;

/// A JSON object that is no log entry is given up after so many lines.
const MAX_OBJECT_LINES: u32 = 60;

/// Where records go.
pub(super) trait Sink {
    /// A record is whole.
    fn record(&mut self, kept: Kept);
    /// Other text parts what comes from what was; `heading` speaks of what comes.
    fn part(&mut self, heading: Option<Heading>);
}

/// Gathers excerpts.
#[derive(Default)]
pub(super) struct Excerpts {
    pub(super) all: Vec<Excerpt>,
    size: usize,
}

impl Sink for Excerpts {
    fn record(&mut self, kept: Kept) {
        self.size += kept.record.message.len() + size_of::<Kept>();
        if self.size > MAX_PAGE {
            return;
        }
        if self.all.is_empty() {
            self.all.push(Excerpt::default());
        }
        if let Some(last) = self.all.last_mut() {
            last.records.push(kept);
        }
    }

    fn part(&mut self, heading: Option<Heading>) {
        self.all.push(Excerpt::under(heading));
    }
}

/// Hands records over as they come: the text is one log.
pub(super) struct Straight<'a>(pub(super) &'a mut dyn FnMut(&crate::parse::LogLine<'_>));

impl Sink for Straight<'_> {
    fn record(&mut self, kept: Kept) {
        kept.show(None, self.0);
    }

    fn part(&mut self, _: Option<Heading>) {}
}

/// Puts records together.
pub(super) struct Assembly<'a, S> {
    sink: &'a mut S,
    survey: Survey,
    /// The server of lines that are from a per-server log.
    stem: String,
    open: Option<Kept>,
    gap: bool,
    /// A blank line came since the last record.
    blank: bool,
    /// Other text came since the last record.
    parted: bool,
    /// A box was opened, and no record stood in it yet: it is one of the client's own screen.
    boxed: bool,
    fences: u32,
    heading: Option<(Heading, u32)>,
    objects: Objects,
    object_lines: u32,
}

impl<'a, S: Sink> Assembly<'a, S> {
    pub(super) fn new(sink: &'a mut S, survey: Survey, stem: String) -> Self {
        Self {
            sink,
            survey,
            stem,
            open: None,
            gap: false,
            blank: true,
            parted: true,
            boxed: false,
            fences: 0,
            heading: None,
            objects: Objects::default(),
            object_lines: 0,
        }
    }

    /// Takes a line.
    pub(super) fn line(&mut self, number: u64, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        if self.object(number, text.trim()) {
            return;
        }
        for piece in pieces(&text) {
            match piece {
                Piece::Entry(text) => self.entry(number, &text),
                Piece::Text(_) if self.boxed => {}
                Piece::Text(text) => self.text(&text),
                Piece::Elision => {
                    self.close();
                    self.gap = true;
                }
                Piece::Heading(heading) if self.survey.is_page() => {
                    self.close();
                    self.parted = true;
                    self.heading = Some((heading, 0));
                }
                Piece::Heading(_) => {}
                Piece::Drawing { opens } => self.boxed = opens,
                Piece::Blank => self.blank = true,
                Piece::Fence => {
                    self.close();
                    self.fences += 1;
                    self.parted |= self.fences > 1;
                }
            }
        }
    }

    /// Ends the text.
    pub(super) fn finish(mut self) {
        self.objects.close();
        self.take_objects();
        self.close();
    }

    fn entry(&mut self, number: u64, text: &str) {
        let Some(head) = Head::of(text.as_bytes()) else { return };
        self.begin();
        let mut record = Record::default();
        record.begin(number, &head, text.as_bytes());
        // A clock and nothing else, in a text that names no server, is what is left of a per-server log.
        let bare = head.level.is_none() && head.clock != Clock::None && !self.survey.names_server;
        let server = bare.then(|| self.stem.clone());
        self.open = Some(Kept { record, gap: std::mem::take(&mut self.gap), server });
    }

    /// Makes room for the next record, in a new excerpt if need be.
    fn begin(&mut self) {
        self.close();
        let parted = std::mem::take(&mut self.parted);
        if parted && self.survey.is_page() {
            self.sink.part(self.heading.take().map(|(h, _)| h));
            self.gap = false;
        }
        (self.blank, self.boxed) = (false, false);
        self.fences = 0;
    }

    fn text(&mut self, text: &str) {
        let page = self.survey.is_page();
        match &mut self.open {
            Some(open) if !page || !self.blank => open.record.continue_with(text.as_bytes()),
            _ => {
                self.close();
                self.parted = true;
                self.age();
            }
        }
    }

    /// A heading that is far away speaks of something else.
    fn age(&mut self) {
        if let Some((_, age)) = &mut self.heading {
            *age += 1;
        }
        self.heading.take_if(|(_, age)| *age > REACH);
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.sink.record(open);
        }
    }

    /// Takes the line as part of a JSON object, if it is.
    fn object(&mut self, number: u64, text: &str) -> bool {
        let free = self.open.is_none() || self.blank;
        let begins = entry::begins(text.as_bytes()) || (text == "{" && free);
        if !self.objects.is_open() && !begins {
            return false;
        }
        self.object_lines = if self.objects.is_open() { self.object_lines + 1 } else { 0 };
        self.objects.feed(number, text.as_bytes());
        if self.object_lines > MAX_OBJECT_LINES {
            self.objects.close();
        }
        self.take_objects();
        true
    }

    fn take_objects(&mut self) {
        while let Some(entry) = self.objects.next() {
            self.begin();
            self.open = Some(self.kept(&entry));
        }
    }

    fn kept(&mut self, entry: &Entry) -> Kept {
        let (level, message) = entry.message();
        let record = Record {
            number: entry.number,
            stamp: entry.stamp,
            clock: if entry.stamp.is_some() { Clock::Full } else { Clock::None },
            level: Some(level),
            message: message.as_bytes().to_vec(),
        };
        Kept { record, gap: std::mem::take(&mut self.gap), server: Some(self.stem.clone()) }
    }
}
