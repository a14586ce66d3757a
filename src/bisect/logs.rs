//! Last good and first bad from logs that exist: testimony alone, nothing is run and nothing is fetched.
//!
//! Comes in: any number of logs, and what to judge them by. Goes out: a [`Bisection`]: what each log says, the table of
//! versions and its boundaries. A log without a version, or the same log once more, is left out and said to be.
//!
//! Logs come from many places, and a log in which nothing set the defect off is weak testimony. So a weak "good" never
//! contradicts a "bad" of the same version, and never stands alone between two bad versions.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::judge::{Log, Sign, Testimony, Word, by_behaviour};
use super::table::{Evidence, KnownBy, Runs, Table, VersionVerdict, table};
use crate::pattern::Published;

/// How many reasons a row gives.
const MAX_REASONS: usize = 3;

/// What the logs are judged by.
#[derive(Debug, Clone, Copy)]
pub enum Judge<'a> {
    /// Whether a known failure is in them.
    Signature(Sign<'a>),
    /// Whether they behave worse than this one.
    Against(&'a Log),
    /// Nothing: no known failure is in any of them.
    Nothing,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Only these servers; empty: those that have the defect anywhere.
    pub servers: &'a [String],
    /// The published versions.
    pub published: &'a Published,
    /// How sure a boundary at a flaky version must be, 0 to 1.
    pub confidence: f64,
}

/// What one log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Index of the log.
    pub log: usize,
    /// The version that wrote it.
    pub version: Version,
    /// What it says.
    pub testimony: Testimony,
}

/// A log that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Index of the log.
    pub log: usize,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

/// What the logs say together.
#[derive(Debug, Clone, PartialEq)]
pub struct Bisection {
    /// The versions and their boundaries.
    pub table: Table,
    /// The servers it is about: those asked for, or those that have the defect; sorted.
    pub servers: Vec<String>,
    /// The logs that count, in the order in which they were given.
    pub heard: Vec<Heard>,
    /// Those that do not.
    pub left_out: Vec<LeftOut>,
}

impl Bisection {
    /// The log that speaks most clearly for a version's being good, or bad.
    pub fn witness(&self, version: &Version, word: Word) -> Option<&Heard> {
        let of_version = self.heard.iter().filter(|h| h.version == *version && h.testimony.word == word);
        of_version.max_by_key(|h| (h.testimony.exposed, std::cmp::Reverse(h.log)))
    }
}

/// Hears all logs.
pub fn bisect(logs: &[Log], judge: Judge<'_>, asked: Asked<'_>) -> Bisection {
    let servers = servers(logs, judge, asked);
    let mut heard = Vec::new();
    let mut left_out = Vec::new();
    let mut digests: BTreeMap<&str, &str> = BTreeMap::new();
    for (log, read) in logs.iter().enumerate() {
        let input = &read.input;
        let before = digests.get(input.sha256.as_str()).filter(|_| input.mcp_lines > 0).copied();
        match (before, version(read)) {
            (Some(twin), _) => {
                left_out.push(LeftOut { log, why: format!("it is {twin} once more, byte for byte") });
            }
            (None, Err(why)) => left_out.push(LeftOut { log, why }),
            (None, Ok(version)) => {
                digests.insert(&input.sha256, &input.path);
                let testimony = testimony(read, judge, &servers, !asked.servers.is_empty());
                heard.push(Heard { log, version, testimony });
            }
        }
    }
    leave_out_strangers(&mut heard, &mut left_out, logs);
    let table = table(evidence(&heard, logs), asked.published, asked.confidence);
    Bisection { table, servers, heard, left_out }
}

/// A file without an MCP line says nothing of a version that another log speaks for: often it is no log at all.
fn leave_out_strangers(heard: &mut Vec<Heard>, left_out: &mut Vec<LeftOut>, logs: &[Log]) {
    let speaks = |h: &Heard| logs.get(h.log).is_some_and(|l| l.input.mcp_lines > 0);
    let spoken_for: BTreeSet<Version> =
        heard.iter().filter(|h| speaks(h)).map(|h| h.version.clone()).collect();
    let (stay, go) = heard.drain(..).partition(|h| speaks(h) || !spoken_for.contains(&h.version));
    *heard = stay;
    left_out.extend(go.into_iter().map(|h| LeftOut { log: h.log, why: h.testimony.why }));
    left_out.sort_by_key(|l| l.log);
}

/// The servers asked for, or those that have the defect in any log.
fn servers(logs: &[Log], judge: Judge<'_>, asked: Asked<'_>) -> Vec<String> {
    let named = asked.servers.iter().cloned();
    let found = logs.iter().flat_map(|log| match judge {
        Judge::Signature(sign) => sign.matched(log).map(str::to_owned).collect(),
        Judge::Against(_) | Judge::Nothing => Vec::new(),
    });
    let all: BTreeSet<String> = if asked.servers.is_empty() { found.collect() } else { named.collect() };
    all.into_iter().collect()
}

/// The version that wrote a log.
fn version(log: &Log) -> Result<Version, String> {
    let several = &log.input.client_versions;
    if !several.is_empty() {
        return Err(format!("it holds sessions of several versions ({}): cut it apart", several.join(", ")));
    }
    let Some(read) = &log.input.client_version else {
        return Err("neither the log nor its name says which version of the client wrote it".to_owned());
    };
    Version::parse(&read.value).map_err(|e| format!("`{}` is no version: {e}", read.value))
}

fn testimony(log: &Log, judge: Judge<'_>, servers: &[String], named: bool) -> Testimony {
    let sign = match judge {
        Judge::Signature(sign) => sign,
        Judge::Against(good) => return by_behaviour(good, log),
        Judge::Nothing => return unclear("no known failure is in it, and none was asked for"),
    };
    let present: Vec<&str> = log.input.servers.iter().map(|s| s.name.as_str()).collect();
    if present.is_empty() && !(named && log.input.mcp_lines > 0) {
        return unclear("no line of the log concerns an MCP server");
    }
    let (asked, others): (Vec<&str>, Vec<&str>) =
        present.into_iter().partition(|s| servers.iter().any(|a| a == s));
    if !asked.is_empty() {
        return gravest(asked.iter().map(|s| sign.of_server(log, s)));
    }
    if named {
        return unclear(&format!("the log does not have {}", servers.join(", ")));
    }
    let best = gravest(others.iter().map(|s| sign.of_server(log, s)));
    // Another server says something about the version only if it, too, was put to the test.
    if servers.is_empty() || best.exposed {
        return best;
    }
    unclear(&format!(
        "the log does not have {}, and nothing sets the defect off on another server",
        servers.join(", ")
    ))
}

fn unclear(why: &str) -> Testimony {
    Testimony { word: Word::Unclear, exposed: false, server: None, why: why.to_owned(), line: None }
}

/// Bad before exposed good before good before unclear; of equals the first.
fn gravest(all: impl Iterator<Item = Testimony>) -> Testimony {
    all.min_by_key(weight).unwrap_or_else(|| unclear("no line of the log concerns an MCP server"))
}

/// How much a testimony tells; less is more.
fn weight(testimony: &Testimony) -> u8 {
    match testimony.word {
        Word::Bad => 0,
        Word::Good if testimony.exposed => 1,
        Word::Good => 2,
        Word::Unclear => 3,
    }
}

/// What was heard of one version.
#[derive(Default)]
struct Heap<'h> {
    all: Vec<&'h Heard>,
    bad: u32,
    strong: u32,
    weak: u32,
}

impl Heap<'_> {
    fn is_weak(&self) -> bool {
        self.bad == 0 && self.strong == 0 && self.weak > 0
    }

    fn decided(&self) -> Option<bool> {
        (self.bad + self.strong > 0).then_some(self.bad > 0)
    }
}

fn evidence(heard: &[Heard], logs: &[Log]) -> BTreeMap<Version, Evidence> {
    let mut heaps: BTreeMap<&Version, Heap<'_>> = BTreeMap::new();
    for one in heard {
        let heap = heaps.entry(&one.version).or_default();
        heap.all.push(one);
        match one.testimony.word {
            Word::Bad => heap.bad += 1,
            Word::Good if one.testimony.exposed => heap.strong += 1,
            Word::Good => heap.weak += 1,
            Word::Unclear => {}
        }
    }
    let decided: Vec<(&Version, bool)> = heaps.iter().filter_map(|(v, h)| Some((*v, h.decided()?))).collect();
    let surrounded = |version: &Version| {
        let below = decided.iter().rev().find(|(v, _)| *v < version);
        let above = decided.iter().find(|(v, _)| *v > version);
        below.is_some_and(|(_, bad)| *bad) && above.is_some_and(|(_, bad)| *bad)
    };
    heaps
        .iter()
        .map(|(v, heap)| ((*v).clone(), of_heap(heap, heap.is_weak() && surrounded(v), logs)))
        .collect()
}

fn of_heap(heap: &Heap<'_>, outvoted: bool, logs: &[Log]) -> Evidence {
    let good = if heap.bad > 0 || outvoted { heap.strong } else { heap.strong + heap.weak };
    let runs = Runs { good, bad: heap.bad, other: heap.all.len() as u32 - good - heap.bad };
    let mut all = heap.all.clone();
    all.sort_by_key(|h| weight(&h.testimony));
    let paths = all.iter().filter_map(|h| logs.get(h.log)).map(|l| l.input.path.clone()).collect();
    let mut evidence = Evidence::of_runs(runs, KnownBy::Log, paths, Vec::new());
    evidence.why = reasons(heap, evidence.verdict);
    if outvoted {
        evidence
            .why
            .insert(0, "nothing sets the defect off in its logs, and its neighbours have it".to_owned());
    }
    evidence.why.truncate(MAX_REASONS);
    evidence
}

/// Why the verdict is what it is: the words of the logs that it rests on, each once.
fn reasons(heap: &Heap<'_>, verdict: VersionVerdict) -> Vec<String> {
    let counts = |word: Word| match verdict {
        VersionVerdict::Good => word == Word::Good,
        VersionVerdict::Bad => word == Word::Bad,
        VersionVerdict::Flaky => word != Word::Unclear,
        _ => true,
    };
    let mut all: Vec<String> = Vec::new();
    for heard in heap.all.iter().filter(|h| counts(h.testimony.word)) {
        if !all.contains(&heard.testimony.why) {
            all.push(heard.testimony.why.clone());
        }
    }
    all
}
