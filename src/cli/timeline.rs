//! `lastgood timeline PATH`.

use clap::Args;

use super::options::{Output, Subject, version};
use super::reading::{Wish, only, read_log};
use super::{Exit, knowledge, output};
use crate::error::Result;
use crate::report::{self, TimelineView};

const EXAMPLES: &str = "\
Examples:
  lastgood timeline bad.log                               what the servers and the client did, repeats folded
  lastgood timeline bad.log --server my-http-mcp --all    one server, set-up details too
  lastgood timeline bad.log --unclassified                the MCP lines that no pattern knows";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The log, or the folder of per-server logs (`mcp-logs-…`) that are one; `-` is standard input
    #[arg(value_name = "PATH", required_unless_present = "latest")]
    paths: Vec<String>,
    /// The newest log where the client keeps them
    #[arg(long, conflicts_with = "paths")]
    latest: bool,
    /// Every event, set-up details too
    #[arg(long)]
    all: bool,
    /// The MCP lines that no wording covers, alone
    #[arg(long)]
    unclassified: bool,
    /// The client's version, where the log does not say
    #[arg(long, value_name = "V", value_parser = version)]
    client_version: Option<String>,
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    output::heed(&arguments.output);
    let loaded = knowledge::load_for_logs(&arguments.subject.patterns)?;
    let version = arguments.client_version.as_deref();
    let log = if arguments.latest { output::latest()? } else { only(&arguments.paths)? };
    let undigested = !arguments.output.shows_digests();
    let wish = Wish {
        lives: true,
        folded: true,
        details: true,
        version,
        undigested,
        alone: true,
        ..Wish::default()
    };
    let mut reading = read_log(&log, &loaded, wish)?;
    arguments.subject.refuse_strangers(reading.input.servers.iter().map(|s| s.name.as_str()))?;
    reading.lives.retain(|l| arguments.subject.wants(&l.server));
    reading.input.servers.retain(|s| arguments.subject.wants(&s.name));
    let (all, unclassified) = (arguments.all, arguments.unclassified);
    let view = TimelineView { all, unclassified, left_out: reading.lives_left_out };
    let report = report::timeline(&reading.input, reading.start, &reading.lives, &reading.unknown, view);
    output::write(report, &arguments.output)?;
    loaded.end(Exit::Nothing)
}
