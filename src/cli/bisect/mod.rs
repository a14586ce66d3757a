//! `lastgood bisect …`: one file a way of finding out.

mod ledger;
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
    /// What was run and marked so far, what it amounts to, and what to run next
    Status(ledger::Which),
    /// Every run and mark, oldest first
    Log(ledger::Which),
    /// Say what a version is
    Mark(ledger::Marking),
    /// Take the last run or mark back
    Undo(ledger::Which),
    /// Begin a ledger with the entries of another
    Replay(ledger::Replaying),
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    match &arguments.way {
        Way::Logs(arguments) => logs::run(arguments),
        Way::Status(which) => ledger::status(which),
        Way::Log(which) => ledger::log(which),
        Way::Mark(marking) => ledger::mark(marking),
        Way::Undo(which) => ledger::undo(which),
        Way::Replay(replaying) => ledger::replay(replaying),
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
