//! `lastgood diff GOOD BAD`.

use std::collections::BTreeSet;

use std::thread;

use clap::Args;

use super::knowledge::{self, Loaded};
use super::options::{Output, Subject, version};
use super::reading::{Reading, Wish, only, read_log, threads};
use super::{Exit, output, pasted};
use crate::align::{self, Changes, Diff, Focus, Side, Verdict};
use crate::diagnose;
use crate::error::{Error, ErrorKind, Result};
use crate::report::{self, Compared, DiffSide, Report};
use crate::source;
use crate::timeline::Input;

/// How many lines before and after the divergence are looked at for what else went wrong there.
const AROUND: u64 = 40;

const EXAMPLES: &str = "\
Examples:
  lastgood diff good.log bad.log                          the answer in the first five lines, the proof below
  lastgood diff good.log bad.log --format markdown -o report.md
  lastgood diff good.log bad.log --server my-http-mcp     one server of many
  lastgood diff good.log bad.log --bad-version 2.1.147    where the bad log does not tell its version
  lastgood diff good.log bad.log --good-record good.seen.jsonl --bad-record bad.seen.jsonl
                                                          beside it, what the scripted server saw of both

Exit status: 0 verdict `same`, 1 `changed`, `improved` or `regressed`, 2 trouble, or a record that cannot be read.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The log of the run that worked; `-` is standard input
    #[arg(value_name = "GOOD", required_unless_present = "pasted")]
    good: Option<String>,
    /// The log of the run that did not; `-` is standard input
    #[arg(value_name = "BAD", required_unless_present = "pasted")]
    bad: Option<String>,
    /// A page or a comment that holds both excerpts; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["good", "bad"])]
    pub(super) pasted: Option<String>,
    /// What the server saw of the run that worked: a file of `lastgood gateway --record`
    #[cfg(feature = "gateway")]
    #[arg(long, value_name = "FILE")]
    good_record: Option<String>,
    /// What the server saw of the run that did not: a file of `lastgood gateway --record`
    #[cfg(feature = "gateway")]
    #[arg(long, value_name = "FILE")]
    bad_record: Option<String>,
    /// Equal events too, and all that changed outside MCP
    #[arg(long)]
    all: bool,
    /// The client's version in GOOD, where the log does not say; with `--pasted` the excerpt to take for it
    #[arg(long, value_name = "V", value_parser = version)]
    pub(super) good_version: Option<String>,
    /// The client's version in BAD, where the log does not say; with `--pasted` the excerpt to take for it
    #[arg(long, value_name = "V", value_parser = version)]
    pub(super) bad_version: Option<String>,
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    output::heed(&arguments.output);
    let loaded = knowledge::load_for_logs(&arguments.subject.patterns)?;
    let same = told_apart(arguments);
    let (mut good, mut bad) = match &arguments.pasted {
        Some(page) => pasted::sides(page, arguments, &loaded)?,
        None => both(arguments, &loaded, same.is_some())?,
    };
    let same = same.unwrap_or(good.input.sha256 == bad.input.sha256);
    refuse_emptiness(arguments, &good, &bad)?;
    narrow(&mut good, &arguments.subject, 0);
    narrow(&mut bad, &arguments.subject, 1);
    let diff = align::diff(side(&good), side(&bad));
    let changes = surroundings(&diff, &good, &bad);
    let names = report::labels(&[&good.input.path, &bad.input.path]);
    let report = report::diff(&Compared {
        diff: &diff,
        good: shown(&good, &names[0]),
        bad: shown(&bad, &names[1]),
        changes: &changes,
        knowledge: &loaded.knowledge,
        tried: loaded.rules.len(),
        all: arguments.all,
        same,
    });
    let logs = ((&good.input, &*names[0]), (&bad.input, &*names[1]));
    let (report, whole) = with_records(report, arguments, &diff, logs);
    output::write(report, &arguments.output)?;
    loaded.end(match diff.verdict {
        _ if !whole => Exit::Trouble,
        Verdict::Same => Exit::Nothing,
        _ => Exit::Something,
    })
}

/// The report with what the servers saw, where records were given, and whether all of them could be read.
#[cfg(feature = "gateway")]
fn with_records(
    report: Report,
    arguments: &Arguments,
    diff: &Diff,
    logs: ((&Input, &str), (&Input, &str)),
) -> (Report, bool) {
    let (good, bad) = (arguments.good_record.as_deref(), arguments.bad_record.as_deref());
    let asked = super::records::Asked { good, bad, subject: &arguments.subject, all: arguments.all };
    super::records::beside(report, asked, diff, logs)
}

/// There are no records in this build, and no option that names one.
#[cfg(not(feature = "gateway"))]
fn with_records(
    report: Report,
    _: &Arguments,
    _: &Diff,
    _: ((&Input, &str), (&Input, &str)),
) -> (Report, bool) {
    (report, true)
}

/// All that a comparison needs to know of a log.
pub(super) fn wish(version: Option<&str>) -> Wish<'_> {
    Wish { lives: true, folded: true, diagnosis: true, surroundings: true, version, ..Wish::default() }
}

/// Whether the two are one file, where digests are not shown: to compare bytes costs far less.
fn told_apart(arguments: &Arguments) -> Option<bool> {
    let (good, bad) = (arguments.good.as_deref()?, arguments.bad.as_deref()?);
    if arguments.output.shows_digests() { None } else { source::are_the_same(good, bad) }
}

fn both(arguments: &Arguments, loaded: &Loaded, undigested: bool) -> Result<(Reading, Reading)> {
    let path = |of: &Option<String>| of.clone().unwrap_or_default();
    let (good, bad) = (path(&arguments.good), path(&arguments.bad));
    if good == "-" && bad == "-" {
        let cause = "standard input holds one log, not two";
        let remedy = "name a file for one of them, or give a page that holds both with `--pasted -`";
        return Err(Error::new(ErrorKind::Usage, "diff - -", cause, remedy));
    }
    let one = |path, version: &Option<String>| {
        read_log(&only(&[path])?, loaded, Wish { undigested, ..wish(version.as_deref()) })
    };
    if threads() < 2 {
        return Ok((one(good, &arguments.good_version)?, one(bad, &arguments.bad_version)?));
    }
    thread::scope(|scope| {
        let good = scope.spawn(|| one(good, &arguments.good_version));
        let bad = one(bad, &arguments.bad_version);
        let good = good.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((good?, bad?))
    })
}

/// Leaves only what was asked for, and numbers the input.
fn narrow(reading: &mut Reading, subject: &Subject, input: usize) {
    reading.lives.retain(|l| subject.wants(&l.server));
    reading.input.servers.retain(|s| subject.wants(&s.name));
    reading.unknown.retain(|u| u.server.as_deref().is_none_or(|s| subject.wants(s)));
    for found in [&mut reading.diagnosis.findings, &mut reading.diagnosis.earlier] {
        found.retain(|f| f.server.as_deref().is_none_or(|s| subject.wants(s)));
        found.iter_mut().for_each(|f| f.input = input);
        *found = diagnose::order(std::mem::take(found));
    }
}

/// "Nothing differs" would be a lie where there is nothing to compare.
fn refuse_emptiness(arguments: &Arguments, good: &Reading, bad: &Reading) -> Result<()> {
    if good.input.mcp_lines + bad.input.mcp_lines == 0 {
        let cause = "no line of either log concerns an MCP server";
        let remedy = "run the client with `--debug` and a server configured";
        return Err(Error::new(
            ErrorKind::Input,
            format!("{} and {}", good.input.path, bad.input.path),
            cause,
            remedy,
        ));
    }
    let servers = good.input.servers.iter().chain(&bad.input.servers);
    arguments.subject.refuse_strangers(servers.map(|s| s.name.as_str()))
}

/// Compares the lines outside MCP, nearest to where the lives part first.
fn surroundings(diff: &Diff, good: &Reading, bad: &Reading) -> Changes {
    let parted = diff.servers.iter().find_map(|s| s.divergence.as_ref()).and_then(|d| d.bad_line);
    let around = parted.map(|line| (line.saturating_sub(AROUND), line + AROUND));
    let servers = good.input.servers.iter().chain(&bad.input.servers).map(|s| s.name.as_str());
    let items = good.lives.iter().chain(&bad.lives).flat_map(|l| &l.items);
    let tools = items.filter_map(|i| i.event.str("tool"));
    let names: Vec<&str> = servers.chain(tools).collect::<BTreeSet<_>>().into_iter().collect();
    align::compare(&good.surroundings, &bad.surroundings, &Focus { names: &names, around })
}

fn side(reading: &Reading) -> Side<'_> {
    Side { input: &reading.input, lives: &reading.lives }
}

fn shown<'a>(reading: &'a Reading, name: &'a str) -> DiffSide<'a> {
    DiffSide {
        name,
        input: &reading.input,
        start: reading.start,
        unknown: &reading.unknown,
        findings: &reading.diagnosis.findings,
        earlier: &reading.diagnosis.earlier,
        inconclusive: &reading.diagnosis.inconclusive,
    }
}
