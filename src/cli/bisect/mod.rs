//! `lastgood bisect …`: one file a way of finding out.

mod logs;

use clap::{Args, Subcommand};

use super::Exit;
use crate::bisect::Ending;
use crate::error::Result;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    way: Way,
}

#[derive(Debug, Subcommand)]
enum Way {
    /// From logs that exist: nothing is run, nothing is fetched
    Logs(logs::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    match &arguments.way {
        Way::Logs(arguments) => logs::run(arguments),
    }
}

/// How a bisection ended, as scripts see it.
fn exit(ending: Ending) -> Exit {
    match ending {
        Ending::Found => Exit::Nothing,
        Ending::NoBoundary => Exit::Something,
        Ending::Range => Exit::Range,
        Ending::NotMonotone => Exit::NotMonotone,
        Ending::Flaky => Exit::Flaky,
    }
}
