//! Reads one log once, for everything that a verb wants to know of it.

mod parts;

use std::collections::BTreeMap;

use semver::Version;

use super::knowledge::Loaded;
use crate::align::Surroundings;
use crate::classify::{Classifier, Understood, Unknown, UnknownLine};
use crate::diagnose::{Diagnosis, End, Engine};
use crate::error::{Error, ErrorKind, Result};
use crate::parse::{self, Dialect, Excerpt, LogLine, Passed, Stamp};
use crate::source::{Log, Source, Tally, logs};
use crate::timeline::{Input, Life, Lives, Summary};

/// What a verb wants to know.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish<'a> {
    /// The events themselves, not their outcome alone.
    pub(super) lives: bool,
    /// Lives that are alike as one, the newest of each server by itself.
    pub(super) folded: bool,
    /// Set-up details among the events.
    pub(super) details: bool,
    /// Known failures.
    pub(super) diagnosis: bool,
    /// The lines outside MCP.
    pub(super) surroundings: bool,
    /// The client's version, where the log does not say.
    pub(super) version: Option<&'a str>,
    /// Without the digest of the log, which costs more than all else and which a terminal does not show.
    pub(super) undigested: bool,
    /// The signatures do not hear of the client's version.
    pub(super) untold: bool,
    /// Nothing else is read at the same time: a second thread may help.
    pub(super) alone: bool,
}

/// A log, read.
pub(super) struct Reading {
    /// What it is.
    pub(super) input: Input,
    /// Its first clock.
    pub(super) start: Option<Stamp>,
    /// The lives of its servers, if wished.
    pub(super) lives: Vec<Life>,
    /// How many lives found no place among them.
    pub(super) lives_left_out: u64,
    /// MCP lines that no wording covers, one of each kind.
    pub(super) unknown: Vec<UnknownLine>,
    /// What is known of it, if wished.
    pub(super) diagnosis: Diagnosis,
    /// The lines outside MCP, if wished.
    pub(super) surroundings: Surroundings,
}

/// Reads the log at a path.
pub(super) fn read(path: &str, loaded: &Loaded, wish: Wish<'_>) -> Result<Reading> {
    let source = open(path, wish)?;
    let label = source.label.clone();
    let (gathering, dialect, tally) = gather(path, source, loaded, wish)?;
    Ok(gathering.finish(&label, dialect, tally, wish))
}

/// Reads the input at a path, which was opened: in parts side by side, where that gives the same and there are cores for
/// it.
fn gather<'k>(
    path: &str,
    source: Source,
    loaded: &'k Loaded,
    wish: Wish<'_>,
) -> Result<(Gathering<'k>, &'static Dialect, Tally)> {
    let threads = if wish.alone { threads() } else { 1 };
    if let Some(whole) = parts::read(path, &source, loaded, wish, threads) {
        return Ok(whole);
    }
    let mut gathering = Gathering::new(loaded, wish);
    let (dialect, tally) = gathering.read(source, loaded, wish, threads)?;
    Ok((gathering, dialect, tally))
}

fn open(path: &str, wish: Wish<'_>) -> Result<Source> {
    if wish.undigested { Source::undigested(path) } else { Source::open(path) }
}

/// Reads a log of one input or of several.
pub(super) fn read_log(log: &Log, loaded: &Loaded, wish: Wish<'_>) -> Result<Reading> {
    let (gathering, dialect, tally) = if let [only] = log.parts.as_slice() {
        let mut source = open(only, wish)?;
        source.label.clone_from(&log.label);
        gather(only, source, loaded, wish)?
    } else {
        let mut gathering = Gathering::new(loaded, wish);
        let (dialect, tally) = parse::read_log(log, &mut |line| gathering.see(line))?;
        (gathering, dialect, tally)
    };
    Ok(gathering.finish(&log.label, dialect, tally, wish))
}

/// The one log that the paths stand for.
pub(super) fn only(paths: &[String]) -> Result<Log> {
    let mut found = logs(paths);
    match (found.pop(), found.is_empty(), paths) {
        (Some(Ok(log)), true, _) => Ok(log),
        (Some(Err((_, error))), true, _) => Err(error),
        // What is wrong with it as a single log is best said where it is opened.
        (_, _, [path]) if Source::open(path).is_err() => Source::open(path).map(|s| Log::one(&s.label)),
        _ => {
            let cause = format!("these are {} logs, and a single one is needed here", found.len() + 1);
            let remedy = "name one of them, or use `lastgood diagnose`";
            Err(Error::new(ErrorKind::Input, paths.join(" "), cause, remedy))
        }
    }
}

/// Reads an excerpt of a page as a log of its own.
pub(super) fn read_excerpt(
    excerpt: &Excerpt,
    page: (&str, &Tally),
    loaded: &Loaded,
    wish: Wish<'_>,
) -> Reading {
    let mut gathering = Gathering::new(loaded, wish);
    excerpt.each_line(&mut |line| gathering.see(line));
    let mut reading = gathering.finish(page.0, parse::named("pasted"), page.1.clone(), wish);
    reading.input.excerpt = Some(excerpt.lines());
    reading
}

/// How many threads may work: as many as there are cores, or what `LASTGOOD_THREADS` says.
pub(super) fn threads() -> usize {
    let told = std::env::var("LASTGOOD_THREADS").ok().and_then(|n| n.parse::<usize>().ok());
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    told.unwrap_or_else(cores).max(1)
}

struct Gathering<'k> {
    classifier: Classifier<'k>,
    summary: Summary,
    lives: Lives,
    unknown: Unknown,
    engine: Option<Engine<'k>>,
    surroundings: Surroundings,
    wants_lives: bool,
    wants_surroundings: bool,
    untold: bool,
}

impl<'k> Gathering<'k> {
    fn new(loaded: &'k Loaded, wish: Wish<'_>) -> Self {
        let classifier = Classifier::new(&loaded.knowledge);
        Self {
            classifier: if wish.lives { classifier } else { classifier.wanting(&loaded.wanted) },
            summary: Summary::new(&loaded.knowledge),
            lives: if wish.folded { Lives::new(wish.details).folded() } else { Lives::new(wish.details) },
            unknown: Unknown::default(),
            engine: wish.diagnosis.then(|| Engine::planned(&loaded.rules, &loaded.plans)),
            surroundings: Surroundings::default(),
            wants_lives: wish.lives,
            wants_surroundings: wish.surroundings,
            untold: wish.untold,
        }
    }

    /// Reads an input: all of it where its surroundings are wished for, else what can matter.
    fn read(
        &mut self,
        source: Source,
        loaded: &Loaded,
        wish: Wish<'_>,
        threads: usize,
    ) -> Result<(&'static Dialect, Tally)> {
        let interest = &loaded.interest;
        match (wish.surroundings, threads > 1) {
            (true, _) => parse::skim(source, &interest.and_others(), self),
            (false, true) => parse::skim_apart(source, interest, self),
            (false, false) => parse::skim(source, interest, self),
        }
    }

    /// Takes in what another one read of the same log from the beginning of a client session on, so many lines behind its
    /// beginning; false if it may not be what this one would have read there.
    fn join(&mut self, later: Self, lines: u64) -> bool {
        let Some(begins) = later.summary.first_stamp() else { return false };
        let fits = |engine: &Engine<'_>| engine.may_join_at(begins);
        if !later.unknown.is_whole() || !self.engine.as_ref().is_none_or(fits) {
            return false;
        }
        let version = self.summary.end_session().filter(|_| !self.untold);
        if let (Some(engine), Some(later)) = (&mut self.engine, later.engine) {
            engine.join(later, version.and_then(|v| Version::parse(v).ok()), lines);
        }
        self.summary.join(later.summary, lines);
        self.unknown.join(later.unknown, lines);
        true
    }

    fn finish(self, label: &str, dialect: &Dialect, tally: Tally, wish: Wish<'_>) -> Reading {
        let Self { summary, lives, unknown, engine, surroundings, .. } = self;
        let (start, stamp, line) = (summary.first_stamp(), summary.last_stamp(), summary.last_line());
        let version = |v: &str| Version::parse(v).ok().filter(|_| !wish.untold);
        let clients: BTreeMap<u32, Version> =
            summary.versions().into_iter().filter_map(|(s, v)| Some((s, version(&v)?))).collect();
        let input = summary.finish(label, dialect, tally, wish.version);
        let client = input.client_version.as_ref().and_then(|v| version(&v.value));
        let end = End { stamp, line, client: client.as_ref() };
        let diagnosis = engine.map(|e| e.finish_sessions(end, &clients)).unwrap_or_default();
        let lives_left_out = lives.left_out();
        let (lives, unknown) = (lives.finish(), unknown.finish());
        Reading { input, start, lives, lives_left_out, unknown, diagnosis, surroundings }
    }

    fn see(&mut self, line: &LogLine<'_>) {
        let understood = self.classifier.line(line);
        self.summary.see(line, &understood);
        match understood {
            Understood::Event(event) => {
                if let Some(engine) = &mut self.engine {
                    if let Some(ended) = engine.ended_by(event) {
                        let version = self.summary.version_of_ended(ended).filter(|_| !self.untold);
                        engine.client_was(version.and_then(|v| Version::parse(v).ok()));
                    }
                    engine.see(event);
                }
                if self.wants_lives {
                    self.lives.see(event);
                }
            }
            Understood::Unknown(unknown) => {
                self.tick(line);
                self.unknown.see(unknown);
            }
            Understood::Outside => self.surround(line),
        }
    }

    /// A line outside MCP.
    fn surround(&mut self, line: &LogLine<'_>) {
        self.tick(line);
        if self.wants_surroundings {
            self.surroundings.see_line(line);
        }
    }

    fn pass(&mut self, passed: &Passed<'_>) {
        self.summary.pass(passed);
        if let Some(engine) = &mut self.engine {
            engine.pass(passed);
        }
    }

    fn tick(&mut self, line: &LogLine<'_>) {
        if let Some(engine) = &mut self.engine {
            engine.tick(line.stamp, line.number);
        }
    }
}

impl parse::Reader for Gathering<'_> {
    fn line(&mut self, line: &LogLine<'_>) {
        self.see(line);
    }

    fn outside(&mut self, line: &LogLine<'_>) {
        self.summary.outside(line);
        self.surround(line);
    }

    fn passed(&mut self, passed: &Passed<'_>) {
        self.pass(passed);
    }
}
