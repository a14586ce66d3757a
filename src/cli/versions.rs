//! `lastgood versions`.

use clap::Args;

use super::options::Output;
use super::{Exit, knowledge, output};
use crate::bisect::cache::Cache;
use crate::error::Result;
use crate::report::{self, VersionList};

const EXAMPLES: &str = "\
Examples:
  lastgood versions --from 2.1.142 --to 2.1.155           which of these were published, and when?
  lastgood versions --missing                             the numbers that were never published
  lastgood versions --cached                              those that are on this machine

The list ships with lastgood, so this works offline; its day is told. Days are the registry's, in UTC.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The numbers that were never published, alone
    #[arg(long, conflicts_with = "cached")]
    missing: bool,
    /// Those that are on this machine, alone
    #[arg(long)]
    cached: bool,
    /// No older than this
    #[arg(long, value_name = "V")]
    from: Option<semver::Version>,
    /// No newer than this
    #[arg(long, value_name = "V")]
    to: Option<semver::Version>,
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let loaded = knowledge::load(&arguments.patterns)?;
    let held = Cache::of_environment().held();
    let list = VersionList {
        published: &loaded.knowledge.published,
        held: &held,
        range: (arguments.from.as_ref(), arguments.to.as_ref()),
        missing_alone: arguments.missing,
        held_alone: arguments.cached,
    };
    output::write(&report::versions(&list), &arguments.output)?;
    Ok(Exit::Nothing)
}
