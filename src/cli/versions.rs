//! `lastgood versions`.

use std::path::Path;

use clap::Args;

use super::options::Output;
use super::supplying::{client, on_this_disk, released};
use super::{Exit, knowledge, output};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{VersionFile, canonical};
use crate::report::{self, VersionList};

const EXAMPLES: &str = "\
Examples:
  lastgood versions --from 2.1.142 --to 2.1.155           which of these were published, and when?
  lastgood versions --missing                             the numbers that were never published
  lastgood versions --cached                              those that are on this machine
  lastgood versions --renew patterns/mcp/versions.json    ask the registry what came since, and write it there

The list ships with lastgood, so all but --renew works offline; its day is told. Days are the registry's, in UTC. A renewed
list of your own counts with --patterns DIR, where DIR is the pack that holds it.";

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
    /// Take what the registry has today into this file, a pack's `versions.json`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["missing", "cached", "from", "to", "patterns"])]
    renew: Option<String>,
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    if let Some(file) = &arguments.renew {
        return renew(file, &arguments.output);
    }
    let loaded = knowledge::load(&arguments.patterns)?;
    let held = on_this_disk(&client()?).held();
    let list = VersionList {
        published: &loaded.knowledge.published,
        held: &held,
        range: (arguments.from.as_ref(), arguments.to.as_ref()),
        missing_alone: arguments.missing,
        held_alone: arguments.cached,
    };
    output::write(report::versions(&list), &arguments.output)?;
    loaded.end(Exit::Nothing)
}

/// Writes the registry's list of today into a file that has a list already.
fn renew(file: &str, output: &Output) -> Result<Exit> {
    let path = Path::new(file);
    let text = std::fs::read_to_string(path).map_err(|e| Error::input(path, e))?;
    let mut list: VersionFile = serde_json::from_str(&text).map_err(|e| {
        let remedy = "name a pack's versions.json; patterns/README.md tells its form";
        Error::new(ErrorKind::Pack, file, format!("it is no list of versions: {e}"), remedy)
    })?;
    let def = client()?;
    if list.package != def.package {
        let cause = format!("it lists versions of {}", list.package);
        let remedy = format!("name a list of {}", def.package);
        return Err(Error::new(ErrorKind::Usage, file, cause, remedy));
    }
    let new = list.renew(&released(&def)?);
    let written = serde_json::to_string(&list).map_err(|e| e.to_string());
    let written = written.and_then(|text| canonical("versions.json", &text));
    let written = written
        .map_err(|why| Error::new(ErrorKind::Output, file, why, "report this; the file is as it was"))?;
    std::fs::write(path, written).map_err(|e| output::cannot_write(file, &e))?;
    output::write(report::renewed(file, &new, &list), output)?;
    Ok(Exit::Nothing)
}
