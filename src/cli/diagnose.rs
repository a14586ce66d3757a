//! `lastgood diagnose PATH...`.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};

use super::many::read_many;
use super::options::{Output, Subject, version};
use super::reading::{Reading, Wish, threads};
use super::{Exit, knowledge, output};
use crate::diagnose::{self, Finding, Inconclusive};
use crate::error::Result;
use crate::pattern::Severity;
use crate::report::{self, Diagnosed};
use crate::source::logs;
use crate::timeline::Input;

const EXAMPLES: &str = "\
Examples:
  lastgood diagnose bad.log                               the known failures in one log, causes before symptoms
  lastgood diagnose ~/.claude/debug                       in all logs of a folder
  lastgood diagnose bad.log --fail-on high --format json  for a script

Exit status: 0 no finding at or above --fail-on, 1 findings, 2 trouble (the logs that could be read are reported).";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Logs, folders of them, archives, globs; `@FILE` is a list of paths, `-` is standard input
    #[arg(value_name = "PATH", required_unless_present = "latest")]
    paths: Vec<String>,
    /// The newest log where the client keeps them
    #[arg(long, conflicts_with = "paths")]
    latest: bool,
    /// The least severity that makes the exit status 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Least::Warning)]
    fail_on: Least,
    /// The client's version, where a log does not say
    #[arg(long, value_name = "V", value_parser = version)]
    client_version: Option<String>,
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Least {
    Info,
    Low,
    Warning,
    High,
    Critical,
}

impl From<Least> for Severity {
    fn from(least: Least) -> Self {
        match least {
            Least::Info => Self::Info,
            Least::Low => Self::Low,
            Least::Warning => Self::Warning,
            Least::High => Self::High,
            Least::Critical => Self::Critical,
        }
    }
}

/// What all paths gave so far.
#[derive(Default)]
struct Found {
    inputs: Vec<Input>,
    findings: Vec<Finding>,
    /// Those of earlier client sessions of a log.
    earlier: Vec<Finding>,
    inconclusive: Vec<(usize, Inconclusive)>,
    errors: Vec<(String, String)>,
    /// The servers of all logs.
    servers: BTreeSet<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    output::heed(&arguments.output);
    let loaded = knowledge::load_for_logs(&arguments.subject.patterns)?;
    let mut found = Found::default();
    let logs = if arguments.latest { vec![Ok(output::latest()?)] } else { logs(&arguments.paths) };
    let mut known = Vec::new();
    // What cannot even be opened is told where it stands among the others.
    let mut unread: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    for log in logs {
        match log {
            Ok(log) => known.push(log),
            Err((path, error)) => unread.entry(known.len()).or_default().push((path, error.message())),
        }
    }
    let version = arguments.client_version.as_deref();
    let wish =
        Wish { diagnosis: true, version, undigested: !arguments.output.shows_digests(), ..Wish::default() };
    read_many(&known, &loaded, wish, &mut |at, reading| {
        found.errors.extend(unread.remove(&at).unwrap_or_default());
        match reading {
            Ok(reading) => found.add(reading, arguments),
            Err(error) => found.errors.push((known[at].label.clone(), error.message())),
        }
    });
    found.errors.extend(unread.into_values().flatten());
    if found.errors.is_empty() {
        arguments.subject.refuse_strangers(found.servers.iter().map(String::as_str))?;
    }
    found.findings = diagnose::order(found.findings);
    found.earlier = diagnose::order(found.earlier);
    for (path, message) in &found.errors {
        output::warn(path, message);
    }
    let report = report::diagnosis(&Diagnosed {
        inputs: &found.inputs,
        findings: &found.findings,
        earlier: &found.earlier,
        inconclusive: &found.inconclusive,
        errors: &found.errors,
        knowledge: &loaded.knowledge,
        tried: loaded.rules.len(),
        threads: threads(),
    });
    let (exit, any) = (found.exit(arguments.fail_on.into()), !found.inputs.is_empty());
    // The report says it all: of many logs it would be much to be held twice.
    drop(found);
    if any {
        output::write(report, &arguments.output)?;
    }
    loaded.end(exit)
}

impl Found {
    fn add(&mut self, mut reading: Reading, arguments: &Arguments) {
        let subject = &arguments.subject;
        let wanted = |server: Option<&str>| server.is_none_or(|s| subject.wants(s));
        let at = self.inputs.len();
        self.servers.extend(reading.input.servers.iter().map(|s| s.name.clone()));
        reading.input.servers.retain(|s| subject.wants(&s.name));
        let of_input = |all: Vec<Finding>| {
            let asked = all.into_iter().filter(|f| wanted(f.server.as_deref()));
            asked.map(|f| Finding { input: at, ..f }).collect::<Vec<_>>()
        };
        self.findings.extend(of_input(reading.diagnosis.findings));
        self.earlier.extend(of_input(reading.diagnosis.earlier));
        let doubts = reading.diagnosis.inconclusive.into_iter().filter(|i| wanted(i.server.as_deref()));
        self.inconclusive.extend(doubts.map(|i| (at, i)));
        self.inputs.push(reading.input);
    }

    fn exit(&self, least: Severity) -> Exit {
        if !self.errors.is_empty() {
            Exit::Trouble
        } else if self.findings.iter().any(|f| f.severity >= least) {
            Exit::Something
        } else {
            Exit::Nothing
        }
    }
}
