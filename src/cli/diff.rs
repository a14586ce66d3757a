//! `lastgood diff GOOD BAD`.

use std::collections::BTreeSet;

use clap::Args;

use super::knowledge::{self, Loaded};
use super::options::{Output, Subject};
use super::reading::{Reading, Wish, read};
use super::{Exit, output};
use crate::align::{self, Changes, Diff, Focus, Side, Verdict};
use crate::diagnose;
use crate::error::{Error, ErrorKind, Result};
use crate::report::{self, Compared, DiffSide};

/// How many lines before and after the divergence are looked at for what else went wrong there.
const AROUND: u64 = 40;

const EXAMPLES: &str = "\
Examples:
  lastgood diff good.log bad.log                          the answer in the first five lines, the proof below
  lastgood diff good.log bad.log --format markdown -o report.md
  lastgood diff good.log bad.log --server my-http-mcp     one server of many
  lastgood diff good.log bad.log --bad-version 2.1.147    where the bad log does not tell its version

Exit status: 0 verdict `same`, 1 `changed`, `improved` or `regressed`, 2 trouble.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The log of the run that worked; `-` is standard input
    #[arg(value_name = "GOOD")]
    good: String,
    /// The log of the run that did not; `-` is standard input
    #[arg(value_name = "BAD")]
    bad: String,
    /// Equal events too, and all that changed outside MCP
    #[arg(long)]
    all: bool,
    /// The client's version in GOOD, where the log does not say
    #[arg(long, value_name = "V")]
    good_version: Option<String>,
    /// The client's version in BAD, where the log does not say
    #[arg(long, value_name = "V")]
    bad_version: Option<String>,
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    if arguments.good == "-" && arguments.bad == "-" {
        let cause = "standard input holds one log, not two";
        return Err(Error::new(ErrorKind::Usage, "diff - -", cause, "name a file for one of them"));
    }
    let loaded = knowledge::load(&arguments.subject.patterns)?;
    let good = one(arguments, &arguments.good, arguments.good_version.as_deref(), &loaded)?;
    let bad = one(arguments, &arguments.bad, arguments.bad_version.as_deref(), &loaded)?;
    refuse_emptiness(arguments, &good, &bad)?;
    let diff = align::diff(side(&good), side(&bad));
    let changes = surroundings(&diff, &good, &bad);
    let names = report::labels(&[&arguments.good, &arguments.bad]);
    let report = report::diff(&Compared {
        diff: &diff,
        good: shown(&good, &names[0]),
        bad: shown(&bad, &names[1]),
        changes: &changes,
        knowledge: &loaded.knowledge,
        all: arguments.all,
    });
    output::write(&report, &arguments.output)?;
    Ok(if diff.verdict == Verdict::Same { Exit::Nothing } else { Exit::Something })
}

fn one(arguments: &Arguments, path: &str, version: Option<&str>, loaded: &Loaded) -> Result<Reading> {
    let wish = Wish { lives: true, details: false, diagnosis: true, surroundings: true, version };
    let mut reading = read(path, loaded, wish)?;
    let subject = &arguments.subject;
    reading.lives.retain(|l| subject.wants(&l.server));
    reading.input.servers.retain(|s| subject.wants(&s.name));
    reading.unknown.retain(|u| u.server.as_deref().is_none_or(|s| subject.wants(s)));
    reading.diagnosis.findings.retain(|f| f.server.as_deref().is_none_or(|s| subject.wants(s)));
    for finding in &mut reading.diagnosis.findings {
        finding.input = usize::from(path == arguments.bad);
    }
    reading.diagnosis.findings = diagnose::order(reading.diagnosis.findings);
    Ok(reading)
}

/// "Nothing differs" would be a lie where there is nothing to compare.
fn refuse_emptiness(arguments: &Arguments, good: &Reading, bad: &Reading) -> Result<()> {
    if good.input.mcp_lines + bad.input.mcp_lines == 0 {
        let cause = "no line of either log concerns an MCP server";
        let remedy = "run the client with `--debug` and a server configured";
        return Err(Error::new(
            ErrorKind::Input,
            format!("{} and {}", arguments.good, arguments.bad),
            cause,
            remedy,
        ));
    }
    let absent = arguments.subject.server.iter().find(|name| {
        let has = |r: &Reading| r.input.servers.iter().any(|s| s.name == **name);
        !has(good) && !has(bad)
    });
    match absent {
        Some(name) => {
            let cause = "neither log has such a server";
            let remedy = "see `lastgood timeline LOG` for the names";
            Err(Error::new(ErrorKind::Usage, format!("--server {name}"), cause, remedy))
        }
        None => Ok(()),
    }
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
        inconclusive: &reading.diagnosis.inconclusive,
    }
}
