//! `lastgood bisect status | log | mark | undo | replay`: what was run and marked so far.

use std::path::Path;

use clap::{Args, ValueEnum};
use semver::Version;

use super::super::options::Output;
use super::super::{Exit, knowledge, output};
use crate::bisect::ledger::{Entry, Ledger, Mark, Said};
use crate::bisect::search::Plan;
use crate::bisect::{next_of, table};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::Knowledge;
use crate::report::{self, Standing};

/// How sure a boundary at a flaky version must be.
const CONFIDENCE: f64 = 0.95;

/// Which ledger.
#[derive(Debug, Args)]
pub(in crate::cli) struct Which {
    /// The file that keeps what was run and marked
    #[arg(long, visible_alias = "state", value_name = "FILE", default_value = "lastgood-bisect.jsonl")]
    ledger: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Marking {
    /// The version
    #[arg(value_name = "V")]
    version: Version,
    /// What it is
    #[arg(value_enum, value_name = "VERDICT")]
    verdict: Verdict,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    because: String,
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Verdict {
    /// It has not the defect
    Good,
    /// It has
    Bad,
    /// Leave it out
    Skip,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Replaying {
    /// The ledger to take the entries from, e.g. one that was mended by hand
    #[arg(value_name = "FILE")]
    from: String,
    #[command(flatten)]
    which: Which,
}

pub(in crate::cli) fn status(which: &Which) -> Result<Exit> {
    tell(&read(&which.ledger)?, which)
}

pub(in crate::cli) fn log(which: &Which) -> Result<Exit> {
    let ledger = read(&which.ledger)?;
    output::write(report::ledger(&ledger), &which.output)?;
    Ok(Exit::Nothing)
}

pub(in crate::cli) fn mark(arguments: &Marking) -> Result<Exit> {
    let which = &arguments.which;
    let knowledge = Knowledge::builtin();
    if knowledge.published.at_or_below(&arguments.version) != Some(&arguments.version) {
        let day = knowledge.published.as_of();
        output::warn(&arguments.version.to_string(), &format!("not among the versions published by {day}"));
    }
    let mut ledger = open(&which.ledger)?;
    let answer = match arguments.verdict {
        Verdict::Good => Said::Good,
        Verdict::Bad => Said::Bad,
        Verdict::Skip => Said::Skip,
    };
    let (version, because) = (arguments.version.clone(), arguments.because.clone());
    ledger.append(Entry::Mark(Mark { version, answer, because }))?;
    tell(&ledger, which)
}

pub(in crate::cli) fn undo(which: &Which) -> Result<Exit> {
    let mut ledger = read(&which.ledger)?;
    if ledger.standing().is_empty() {
        let cause = "there is nothing in it that could be undone";
        return Err(Error::new(ErrorKind::Usage, which.ledger.as_str(), cause, "see `lastgood bisect log`"));
    }
    ledger.append(Entry::Undo)?;
    tell(&ledger, which)
}

pub(in crate::cli) fn replay(arguments: &Replaying) -> Result<Exit> {
    let from = read(&arguments.from)?;
    let mut ledger = open(&arguments.which.ledger)?;
    if !ledger.entries().is_empty() {
        let cause = "it has entries already, and nothing in a ledger is written over";
        let remedy = "name another with --ledger, or move it away";
        return Err(Error::new(ErrorKind::Usage, arguments.which.ledger.as_str(), cause, remedy));
    }
    for entry in from.entries() {
        ledger.append(entry.clone())?;
    }
    tell(&ledger, &arguments.which)
}

/// A ledger that must be there.
fn read(path: &str) -> Result<Ledger> {
    if !Path::new(path).exists() {
        let cause = "there is no such ledger";
        let remedy = "name one with --ledger, or begin one with `lastgood bisect mark`";
        return Err(Error::new(ErrorKind::Input, path, cause, remedy));
    }
    open(path)
}

fn open(path: &str) -> Result<Ledger> {
    let ledger = Ledger::open(Path::new(path))?;
    if let Some(cut) = ledger.cut() {
        let start: String = cut.chars().take(60).collect();
        output::warn(path, &format!("the last line was cut in the middle and does not count: {start}"));
    }
    Ok(ledger)
}

fn tell(ledger: &Ledger, which: &Which) -> Result<Exit> {
    let knowledge = knowledge::load(&[])?.knowledge;
    let table = table(ledger.evidence(), &knowledge.published, CONFIDENCE);
    let next = next_of(ledger, &table, &knowledge.published, Plan::default());
    let standing = Standing { table: &table, begin: ledger.begin(), next: &next, knowledge: &knowledge };
    output::write(report::standing(&standing), &which.output)?;
    Ok(super::exit(table.ending))
}
