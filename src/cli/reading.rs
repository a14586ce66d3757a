//! Reads one log once, for everything that a verb wants to know of it.

use semver::Version;

use super::knowledge::Loaded;
use crate::align::Surroundings;
use crate::classify::{Classifier, Understood, UnknownLine};
use crate::diagnose::{Diagnosis, End, Engine};
use crate::error::Result;
use crate::parse::{self, LogLine, Stamp};
use crate::source::Source;
use crate::timeline::{Input, Life, Lives, Summary};

/// How many lines that no wording covers are kept with their text; all are counted.
const MAX_UNKNOWN: usize = 1000;

/// What a verb wants to know.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish<'a> {
    /// The events themselves, not their outcome alone.
    pub(super) lives: bool,
    /// Set-up details among the events.
    pub(super) details: bool,
    /// Known failures.
    pub(super) diagnosis: bool,
    /// The lines outside MCP.
    pub(super) surroundings: bool,
    /// The client's version, where the log does not say.
    pub(super) version: Option<&'a str>,
}

/// A log, read.
pub(super) struct Reading {
    /// What it is.
    pub(super) input: Input,
    /// Its first clock.
    pub(super) start: Option<Stamp>,
    /// The lives of its servers, if wished.
    pub(super) lives: Vec<Life>,
    /// MCP lines that no wording covers.
    pub(super) unknown: Vec<UnknownLine>,
    /// What is known of it, if wished.
    pub(super) diagnosis: Diagnosis,
    /// The lines outside MCP, if wished.
    pub(super) surroundings: Surroundings,
}

/// Reads a log.
pub(super) fn read(path: &str, loaded: &Loaded, wish: Wish<'_>) -> Result<Reading> {
    read_as(path, loaded, wish, true)
}

/// Reads a log; the signatures hear of the client's version only if it is `told`.
pub(super) fn read_as(path: &str, loaded: &Loaded, wish: Wish<'_>, told: bool) -> Result<Reading> {
    let source = Source::open(path)?;
    let mut gathering = Gathering::new(loaded, wish);
    let (dialect, tally) = parse::read(source, &mut |line| gathering.see(line))?;
    let Gathering { summary, lives, unknown, engine, surroundings, .. } = gathering;
    let (start, stamp, line) = (summary.first_stamp(), summary.last_stamp(), summary.last_line());
    let input = summary.finish(path, dialect, tally, wish.version);
    let client = input.client_version.as_ref().filter(|_| told).and_then(|v| Version::parse(&v.value).ok());
    let diagnosis =
        engine.map(|e| e.finish(End { stamp, line, client: client.as_ref() })).unwrap_or_default();
    Ok(Reading { input, start, lives: lives.finish(), unknown, diagnosis, surroundings })
}

struct Gathering<'k> {
    classifier: Classifier<'k>,
    summary: Summary,
    lives: Lives,
    unknown: Vec<UnknownLine>,
    engine: Option<Engine<'k>>,
    surroundings: Surroundings,
    wants_lives: bool,
    wants_surroundings: bool,
}

impl<'k> Gathering<'k> {
    fn new(loaded: &'k Loaded, wish: Wish<'_>) -> Self {
        Self {
            classifier: Classifier::new(&loaded.knowledge),
            summary: Summary::new(&loaded.knowledge),
            lives: Lives::new(wish.details),
            unknown: Vec::new(),
            engine: wish.diagnosis.then(|| Engine::new(&loaded.rules)),
            surroundings: Surroundings::default(),
            wants_lives: wish.lives,
            wants_surroundings: wish.surroundings,
        }
    }

    fn see(&mut self, line: &LogLine<'_>) {
        let understood = self.classifier.line(line);
        self.summary.see(line, &understood);
        match understood {
            Understood::Event(event) => {
                if let Some(engine) = &mut self.engine {
                    engine.see(&event);
                }
                if self.wants_lives {
                    self.lives.see(&event);
                }
            }
            Understood::Unknown(unknown) => {
                self.tick(line);
                if self.unknown.len() < MAX_UNKNOWN {
                    self.unknown.push(unknown);
                }
            }
            Understood::Outside => {
                self.tick(line);
                if self.wants_surroundings {
                    self.surroundings.see(line.number, line.level, line.message);
                }
            }
        }
    }

    fn tick(&mut self, line: &LogLine<'_>) {
        if let Some(engine) = &mut self.engine {
            engine.tick(line.stamp, line.number);
        }
    }
}
