//! `lastgood diff --pasted`: which excerpts of a page are compared.
//!
//! Comes in: a page. Goes out: its good and its bad excerpt, read; and on standard error which they are and why. What
//! the user says comes first, then what the page says beside an excerpt, then the versions: the older one is good.

use semver::Version;

use super::diff::{Arguments, wish};
use super::knowledge::Loaded;
use super::output::warn;
use super::reading::{Reading, read_excerpt};
use crate::error::{Error, ErrorKind, Result};
use crate::parse::{self, Page, Run};
use crate::source::Source;

/// An excerpt that may be a side.
struct Candidate {
    reading: Reading,
    version: Option<Version>,
    run: Option<Run>,
    lines: (u64, u64),
}

/// The index of a candidate, and why it was taken.
type Choice = (usize, &'static str);

/// The two sides.
pub(super) fn sides(label: &str, arguments: &Arguments, loaded: &Loaded) -> Result<(Reading, Reading)> {
    let page = parse::excerpts(Source::open(label)?)?;
    let mut candidates = candidates(label, &page, loaded);
    let told = (arguments.good_version.as_deref(), arguments.bad_version.as_deref());
    let (good, bad) = choose(label, &candidates, told)?;
    let said = |side: &str, (at, why): Choice| {
        candidates.get(at).map(|c| format!("{side} is {} ({why})", c.name())).unwrap_or_default()
    };
    let mut all = format!("{}; {}", said("good", good), said("bad", bad));
    let copies = page.copies - page.excerpts.len();
    if copies > 0 {
        all.extend(["; ", &copies.to_string(), " more are copies"]);
    }
    warn(label, &all);
    // The later one first, for taking it moves those behind it.
    let (first, second) = (good.0.min(bad.0), good.0.max(bad.0));
    let (second, first) = (candidates.remove(second).reading, candidates.remove(first).reading);
    Ok(if good.0 < bad.0 { (first, second) } else { (second, first) })
}

/// The excerpts that say anything of a server.
fn candidates(label: &str, page: &Page, loaded: &Loaded) -> Vec<Candidate> {
    let read = |excerpt: &parse::Excerpt| {
        let reading = read_excerpt(excerpt, (label, &page.tally), loaded, wish(None));
        let version = reading.input.client_version.as_ref().and_then(|v| Version::parse(&v.value).ok());
        Candidate { reading, version, run: excerpt.run, lines: excerpt.lines() }
    };
    page.excerpts.iter().map(read).filter(|c| c.reading.input.mcp_lines > 0).collect()
}

impl Candidate {
    fn name(&self) -> String {
        let version = self.version.as_ref().map(|v| format!("{v}, ")).unwrap_or_default();
        format!("{version}lines {} to {}", self.lines.0, self.lines.1)
    }
}

fn choose(label: &str, of: &[Candidate], told: (Option<&str>, Option<&str>)) -> Result<(Choice, Choice)> {
    let good = told.0.map(|v| named(label, of, v)).transpose()?;
    let bad = told.1.map(|v| named(label, of, v)).transpose()?;
    // The runs that worked as new as can be, those that failed as old: between them lies the change.
    let worked = || by_word(of, Run::Worked).max_by_key(|i| of.get(*i).map(|c| &c.version));
    let failed = || by_word(of, Run::Failed).min_by_key(|i| of.get(*i).map(|c| &c.version));
    let good = good.or_else(|| Some((worked()?, "its heading says so")));
    let bad = bad.or_else(|| Some((failed()?, "its heading says so")));
    let both = match (good, bad) {
        (Some(good), None) => Some(good).zip(other(of, good.0, |v, good| v > good)),
        (None, Some(bad)) => other(of, bad.0, |v, bad| v < bad).zip(Some(bad)),
        (None, None) => by_version(of),
        both => both.0.zip(both.1),
    };
    both.filter(|(good, bad)| good.0 != bad.0).ok_or_else(|| undecided(label, of))
}

/// The excerpt of a version that the user names; of several the longest.
fn named(label: &str, of: &[Candidate], version: &str) -> Result<Choice> {
    let has = |c: &Candidate| c.version.as_ref().is_some_and(|v| v.to_string() == version);
    let fitting = of.iter().enumerate().filter(|(_, c)| has(c));
    let longest = fitting.max_by_key(|(_, c)| c.reading.input.mcp_lines).map(|(i, _)| (i, "as you say"));
    longest.ok_or_else(|| {
        let cause = format!("no excerpt is said to be from {version}; there {}", listed(of));
        Error::new(ErrorKind::Usage, label, cause, "name one of their versions")
    })
}

fn by_word(of: &[Candidate], run: Run) -> impl Iterator<Item = usize> {
    of.iter().enumerate().filter(move |(_, c)| c.run == Some(run)).map(|(i, _)| i)
}

/// The other side of `side`: the only other excerpt, or the next one by version on the right side.
fn other(of: &[Candidate], side: usize, right: fn(&Version, &Version) -> bool) -> Option<Choice> {
    let this = of.get(side)?.version.as_ref();
    let others = of.iter().enumerate().filter(|(i, _)| *i != side);
    if of.len() == 2 {
        return others.map(|(i, _)| (i, "it is the other one")).next();
    }
    let fitting = others.filter(|(_, c)| c.version.as_ref().zip(this).is_some_and(|(v, t)| right(v, t)));
    let distance = |c: &Candidate| {
        let (v, t) = (c.version.as_ref()?, this?);
        Some((v.major.abs_diff(t.major), v.minor.abs_diff(t.minor), v.patch.abs_diff(t.patch)))
    };
    fitting.min_by_key(|(_, c)| distance(c)).map(|(i, _)| (i, "it is the next version"))
}

/// The oldest and the newest version.
fn by_version(of: &[Candidate]) -> Option<(Choice, Choice)> {
    let known = || of.iter().enumerate().filter_map(|(i, c)| Some((c.version.as_ref()?, i)));
    let (oldest, newest) = (known().min()?, known().max()?);
    let differ = oldest.0 < newest.0;
    differ.then_some(((oldest.1, "the older version"), (newest.1, "the newer version")))
}

fn undecided(label: &str, of: &[Candidate]) -> Error {
    let (cause, remedy) = match of.len() {
        0 => (
            "no log line about an MCP server was found in it".to_owned(),
            "copy the log lines too, with what stands before them",
        ),
        1 => (
            format!("it holds one excerpt and not two; there {}", listed(of)),
            "use `lastgood diagnose` on it, or `lastgood diff GOOD BAD` with another log",
        ),
        _ => (
            format!("it does not say which run worked; there {}", listed(of)),
            "write a line such as `2.1.146 (working):` above each, or pick with --good-version and --bad-version",
        ),
    };
    Error::new(ErrorKind::Input, label, cause, remedy)
}

fn listed(of: &[Candidate]) -> String {
    let names: Vec<String> = of.iter().map(Candidate::name).collect();
    match names.len() {
        0 => "is none".to_owned(),
        1 => format!("is {}", names.join("")),
        _ => format!("are {}", names.join("; ")),
    }
}
