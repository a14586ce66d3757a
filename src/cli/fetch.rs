//! `lastgood fetch V...`.

use clap::Args;
use semver::Version;

use super::options::Output;
use super::supplying::{Supplying, client, tell};
use super::{Exit, output};
use crate::bisect::registry::{Client, Supply};
use crate::error::Result;
use crate::report::{self, Fetched};

const EXAMPLES: &str = "\
Examples:
  lastgood fetch 2.1.146 2.1.147              fetch two versions, checked, into the cache
  lastgood fetch 2.1.146 --dry-run            from where, and how much; nothing is fetched
  npm_config_registry=https://mirror.example lastgood fetch 2.1.146

Registry and token are npm's own (.npmrc, npm_config_…); a token is never shown. The cache is LASTGOOD_CACHE, or lastgood
in your folder for caches. What is fetched is the client's own program: it is for your runs, not to be handed on.

Exit status: 0 all are at hand, 2 some are not.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Versions of the client
    #[arg(value_name = "V", required = true)]
    versions: Vec<Version>,
    /// Say what would be fetched, and fetch nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    supplying: Supplying,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let def = client()?;
    let supply = arguments.supplying.supply(&def)?;
    // Held until the end: else the last of many might push the first out of the cache.
    let mut held = Vec::new();
    let one = |version: &Version| {
        if arguments.dry_run { plan(&supply, version) } else { get(&supply, version, &mut held) }
    };
    let all: Vec<Fetched> = arguments.versions.iter().map(one).collect();
    for f in &all {
        if let Some(problem) = &f.problem {
            output::warn(&f.version.to_string(), problem);
        }
    }
    output::write(report::fetched(&all, arguments.dry_run), &arguments.output)?;
    Ok(if all.iter().all(|f| f.problem.is_none()) { Exit::Nothing } else { Exit::Trouble })
}

fn plan(supply: &Supply<'_>, version: &Version) -> Fetched {
    let empty = nothing(version);
    match supply.plan(version) {
        Ok(planned) => Fetched {
            origin: Some(planned.origin),
            address: planned.from.map(|(_, address)| address.to_string()),
            bytes: planned.bytes,
            ..empty
        },
        Err(error) => Fetched { problem: Some(error.to_string()), ..empty },
    }
}

fn get<'d>(supply: &Supply<'d>, version: &Version, held: &mut Vec<Client<'d>>) -> Fetched {
    let origin = supply.origin(version);
    match supply.get(version, &tell) {
        Ok(client) => {
            let path = client.command.last().map(|p| p.to_string_lossy().into_owned());
            let bytes = client.bytes();
            held.push(client);
            Fetched { origin: Some(origin), path, bytes, ..nothing(version) }
        }
        Err(error) => Fetched { problem: Some(error.to_string()), ..nothing(version) },
    }
}

fn nothing(version: &Version) -> Fetched {
    Fetched { version: version.clone(), origin: None, path: None, address: None, bytes: None, problem: None }
}
