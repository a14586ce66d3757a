//! The command line: reads arguments, calls the rooms left to right, writes the bytes, sets the exit status.
//!
//! The only room that prints. A verb is one file and one line in `Verb`.

mod bisect;
#[cfg(feature = "gateway")]
mod check_server;
mod clipboard;
mod diagnose;
mod diff;
mod driving;
mod fetch;
#[cfg(feature = "gateway")]
mod gateway;
mod knowledge;
mod many;
mod options;
mod output;
mod pasted;
mod patterns;
mod reading;
#[cfg(feature = "gateway")]
mod records;
mod redact;
#[cfg(feature = "gateway")]
mod reproduce;
mod scenario;
#[cfg(feature = "gateway")]
mod stage;
mod summary;
mod supplying;
mod timeline;
mod versions;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Result;

const EXAMPLES: &str = "\
Examples:
  lastgood diff good.log bad.log                       where do the two part, and why?
  lastgood diff good.log bad.log --format markdown     the same, to paste into an issue
  lastgood diagnose ~/.claude/debug                    which known failures are in these logs?
  lastgood timeline bad.log --server my-http-mcp       what happened to this server?
  lastgood bisect logs logs/                           which version broke it, and which one fixed it?
  lastgood redact bad.log -o safe.log                  the log, safe to share

A log is what `claude --debug --debug-file PATH` writes. No log leaves this machine.

Exit status: 0 nothing found or no difference, 1 findings or differences, 2 trouble.";

/// Why an MCP client that worked yesterday fails today: aligns two debug logs and names the regression.
#[derive(Debug, Parser)]
#[command(name = "lastgood", version, about, after_help = EXAMPLES, max_term_width = 110)]
struct Arguments<V: Subcommand> {
    #[command(subcommand)]
    verb: V,
}

/// The verb that is asked most. To describe all of them takes as long as to read a short log.
#[derive(Debug, Subcommand)]
enum Often {
    Diagnose(diagnose::Arguments),
}

impl Often {
    /// What is asked of it, if that is all in order. What is not, and calls for help, are for those who know all verbs.
    fn asked(arguments: &[OsString]) -> Option<diagnose::Arguments> {
        arguments.get(1).filter(|verb| *verb == "diagnose")?;
        let Self::Diagnose(asked) = Arguments::<Self>::try_parse_from(arguments).ok()?.verb;
        Some(asked)
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Align two logs: where they part, what is new or gone, which known failure explains it
    Diff(diff::Arguments),
    /// Find known failures in any number of logs or folders
    Diagnose(diagnose::Arguments),
    /// Show the life of each MCP server in one log
    Timeline(timeline::Arguments),
    /// Look at the known failures, write new ones, install packs of them
    Patterns(patterns::Arguments),
    /// Find the last good and the first bad version of the client
    Bisect(bisect::Arguments),
    /// Fetch versions of the client, checked, into the cache
    Fetch(fetch::Arguments),
    /// Serve scripted MCP servers on loopback: a failure that anybody can have again
    #[cfg(feature = "gateway")]
    Gateway(gateway::Arguments),
    /// Run versions of the client against scripted servers: which of them behave otherwise?
    #[cfg(feature = "gateway")]
    Reproduce(Box<reproduce::Arguments>),
    /// Ask a server what MCP asks of servers, and tell which client versions would break on it
    #[cfg(feature = "gateway")]
    CheckServer(check_server::Arguments),
    /// List the versions of the client: published, never published, on this machine
    Versions(versions::Arguments),
    /// Print a log without what is secret in it, line by line
    Redact(redact::Arguments),
}

/// How a run ended, as scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Nothing found, no difference.
    Nothing = 0,
    /// Findings, differences.
    Something = 1,
    /// Usage, unreadable input, unusable pack.
    Trouble = 2,
    /// A bisection with a range only.
    Range = 3,
    /// A bisection of versions that flip back and forth.
    NotMonotone = 4,
    /// A bisection that is less sure than was asked.
    Flaky = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the program on its arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(asked) = Often::asked(&arguments) {
        return ended(diagnose::run(&asked));
    }
    match Arguments::<Verb>::try_parse_from(arguments) {
        Ok(arguments) => ended(dispatch(&arguments.verb)),
        Err(help_or_usage) => {
            // clap writes help to standard output (status 0) and usage errors to standard error (status 2).
            let _ = help_or_usage.print();
            ExitCode::from(help_or_usage.exit_code() as u8)
        }
    }
}

fn ended(how: Result<Exit>) -> ExitCode {
    match how {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::complain(&error);
            Exit::Trouble.into()
        }
    }
}

fn dispatch(verb: &Verb) -> Result<Exit> {
    match verb {
        Verb::Diff(arguments) => diff::run(arguments),
        Verb::Diagnose(arguments) => diagnose::run(arguments),
        Verb::Timeline(arguments) => timeline::run(arguments),
        Verb::Patterns(arguments) => patterns::run(arguments),
        Verb::Bisect(arguments) => bisect::run(arguments),
        Verb::Fetch(arguments) => fetch::run(arguments),
        #[cfg(feature = "gateway")]
        Verb::Gateway(arguments) => gateway::run(arguments),
        #[cfg(feature = "gateway")]
        Verb::CheckServer(arguments) => check_server::run(arguments),
        #[cfg(feature = "gateway")]
        Verb::Reproduce(arguments) => reproduce::run(arguments),
        Verb::Versions(arguments) => versions::run(arguments),
        Verb::Redact(arguments) => redact::run(arguments),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser;

    use super::{Arguments, Often, Verb};

    #[test]
    fn the_verb_that_is_asked_most_is_understood_as_among_all() {
        let asked = [
            "a.log b.log",
            "a.log --fail-on high --format json --server x",
            "--latest --patterns p --client-version 2.1.1",
            "- -o out.md --format markdown --no-redact",
            "",
            "--help",
            "a.log --fail-on nothing",
            "a.log --latest",
        ];
        let mut understood = 0;
        for asked in asked {
            let words = format!("lastgood diagnose {asked}");
            let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
            let among_all = Arguments::<Verb>::try_parse_from(&words).ok().map(|all| all.verb);
            let alone = Often::asked(&words).map(Verb::Diagnose);
            understood += usize::from(alone.is_some());
            assert_eq!(format!("{alone:?}"), format!("{among_all:?}"), "{asked}");
        }
        assert_eq!(understood, 4);
        assert!(Often::asked(&["lastgood", "redact", "a.log"].map(OsString::from)).is_none());
    }
}
