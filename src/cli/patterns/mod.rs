//! `lastgood patterns ...`: the pattern packs, from a first look at one to installing it.

mod fmt;
mod lint;
mod look;
mod new;
mod overrides;
mod skeleton;
mod stock;
mod subject;
mod test;

use clap::{Args, Subcommand};

use super::Exit;
use crate::error::Result;

const EXAMPLES: &str = "\
Examples:
  lastgood patterns list                                   every known failure, a line each
  lastgood patterns show get-404-session-expiry-loop       all that is known of one, with its proof
  lastgood patterns explain get-404-session-expiry-loop bad.log   how far it came, and which line stopped it
  lastgood patterns new my-failure --from bad.log --lines 120-140 --dir my-patterns
  lastgood patterns lint my-patterns && lastgood patterns test my-patterns
  lastgood patterns add my-patterns                        from now on every verb knows it

Exit status: 0 all is well, 1 something is wrong with a pack, 2 trouble.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List every signature: id, severity, kind, client versions, status, title
    List(look::List),
    /// Show one signature: what it looks for, its proof, what to do
    Show(look::Show),
    /// Run the tests of a pack, its mutants, and all signatures against all tests
    Test(test::Arguments),
    /// Find what is wrong with the files of a pack
    Lint(lint::Arguments),
    /// Write the files of a pack in the one canonical form
    Fmt(fmt::Arguments),
    /// Tell how far a signature came in a log, and which line stopped it
    Explain(look::Explain),
    /// Begin a signature, with its first test cut from a log
    New(new::Arguments),
    /// Install a pack from a folder or a .tar.gz, after its lints and tests
    Add(stock::Add),
    /// Install again what installed packs came from, or go back to the version before
    Update(stock::Update),
    /// Take an installed pack out of use
    Remove(stock::Remove),
    /// Switch signatures off or on, or retune their severity
    Overrides(overrides::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    match &arguments.verb {
        Verb::List(list) => look::list(list),
        Verb::Show(show) => look::show(show),
        Verb::Test(test) => test::run(test),
        Verb::Lint(lint) => lint::run(lint),
        Verb::Fmt(fmt) => fmt::run(fmt),
        Verb::Explain(explain) => look::explain(explain),
        Verb::New(new) => new::run(new),
        Verb::Add(add) => stock::add(add),
        Verb::Update(update) => stock::update(update),
        Verb::Remove(remove) => stock::remove(remove),
        Verb::Overrides(overrides) => overrides::run(overrides),
    }
}
