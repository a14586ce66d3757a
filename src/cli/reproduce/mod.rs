//! `lastgood reproduce SCENARIO... --versions A..B`.

mod consent;
mod range;
mod runs;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::knowledge::{self, Loaded};
use super::options::Output;
use super::supplying::{Supplying, client};
use super::{Exit, output, scenario};
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::matrix::{Matrix, Standing};
use crate::pattern::Scenario;
use crate::report::{self, Reproduced};

const EXAMPLES: &str = "\
Examples:
  lastgood reproduce get-404 --versions 2.1.142..2.1.160            which versions mind a GET that is answered 404?
  lastgood reproduce get-404 --versions 2.1.147,2.1.149 --repeat 5  how often? (a race shows as 3/5)
  lastgood reproduce --all --versions 2.1.146,2.1.147               everything: what changed between the two?
  lastgood reproduce my-failure.json --versions 2.1.160 --format html -o matrix.html

Every run has servers of its own on loopback, a stub of the model's API (no account, no tokens), a scratch home, and an
environment made from a short list. Logs and records are kept in --logs: run the same command again to go on.

Exit status: 0 the versions stand alike (well, degraded, ill in some runs, ill) and keep the same clauses of MCP, 1 they do
not, 2 trouble, or not decided.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Scenarios by their ids, or files of your own (see `lastgood gateway --list`)
    #[arg(value_name = "SCENARIO", required_unless_present = "all")]
    scenarios: Vec<String>,
    /// All scenarios there are
    #[arg(long, conflicts_with = "scenarios")]
    all: bool,
    /// Versions of the client, e.g. `2.1.142..2.1.160` or `2.1.146,2.1.147`; a range is every published one
    #[arg(long, value_name = "VERSIONS", required = true, value_delimiter = ',')]
    versions: Vec<String>,
    /// How often to run each
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeat: u32,
    /// How many to run at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=32))]
    jobs: u8,
    /// Where logs and records are kept
    #[arg(long, value_name = "DIR", default_value = "lastgood-reproduce")]
    logs: PathBuf,
    /// Seconds that one run may take; then it is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Fetch and run without asking
    #[arg(long, short = 'y')]
    yes: bool,
    /// Say what would be fetched and run, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    supplying: Supplying,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    output::heed(&arguments.output);
    let loaded = knowledge::load(&arguments.patterns)?.whole()?;
    let scenarios = chosen(arguments, &loaded)?;
    let versions = range::versions(&arguments.versions, &loaded.knowledge.published)?;
    let def = client()?;
    let supply = arguments.supplying.supply(&def)?;
    let bench = runs::Bench::new(arguments, &loaded, &def, &supply, &scenarios)?;
    let todo = bench.todo(&versions);
    let shown = consent::Shown {
        arguments,
        scenarios: &scenarios,
        versions: &versions,
        todo: &todo,
        supply: &supply,
        bench: &bench,
    };
    if arguments.dry_run {
        consent::show(&shown);
        return Ok(Exit::Nothing);
    }
    consent::ask(&shown)?;
    bench.run_all(&todo)?;
    let matrix = Matrix { scenarios: bench.played(), trials: bench.trials(&versions)?, versions };
    let report = report::reproduction(&Reproduced { matrix: &matrix, knowledge: &loaded.knowledge });
    output::write(report, &arguments.output)?;
    Ok(exit(&matrix))
}

/// The scenarios that are asked for, each once.
fn chosen(arguments: &Arguments, loaded: &Loaded) -> Result<Vec<Scenario>> {
    if arguments.all {
        return Ok(loaded.knowledge.scenarios.clone());
    }
    let mut all: Vec<Scenario> = Vec::new();
    for name in &arguments.scenarios {
        let found = scenario::find(name, &loaded.knowledge)?;
        match all.iter().find(|s| s.id == found.id) {
            None => all.push(found),
            Some(same) if same.def == found.def => {}
            Some(_) => {
                let cause = format!("another scenario is called {}, too, and their logs would mix", found.id);
                return Err(Error::new(ErrorKind::Usage, name, cause, "rename one of the files"));
            }
        }
    }
    Ok(all)
}

/// Whether the versions stand alike and keep the same clauses; a version of which nothing can be told, or is decided, is trouble.
fn exit(matrix: &Matrix) -> Exit {
    let standings = |s| matrix.versions.iter().map(move |v| matrix.cell(s, v).standing());
    let rows: Vec<Vec<Standing>> = matrix.scenarios.iter().map(|s| standings(s).collect()).collect();
    if rows.iter().flatten().any(|s| matches!(s, Standing::Unknown | Standing::Undecided)) {
        Exit::Trouble
    } else if rows.iter().any(|row| row.windows(2).any(|pair| pair[0] != pair[1]))
        || !matrix.clause_changes().is_empty()
    {
        Exit::Something
    } else {
        Exit::Nothing
    }
}
