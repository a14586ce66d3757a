//! Shows what would be fetched and run, and asks once.

use std::collections::BTreeSet;

use semver::Version;

use super::super::output;
use super::Arguments;
use super::runs::{Bench, Job};
use crate::bisect::registry::{Origin, Supply};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::Scenario;
use crate::report::size;

/// What there is to show.
pub(super) struct Shown<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) scenarios: &'a [Scenario],
    pub(super) versions: &'a [Version],
    pub(super) todo: &'a [Job],
    pub(super) supply: &'a Supply<'a>,
    pub(super) bench: &'a Bench<'a>,
}

/// Says what would be done.
pub(super) fn show(shown: &Shown<'_>) {
    let Shown { arguments, scenarios, versions, todo, supply, bench } = shown;
    let all = scenarios.len() * versions.len() * arguments.repeat as usize;
    let done = match all - todo.len() {
        0 => String::new(),
        done => format!(", {done} of them made before"),
    };
    let lines = [
        ("scenarios", scenarios.len().to_string()),
        ("versions", versions.len().to_string()),
        ("runs", format!("{all}{done}, each of at most {} s", arguments.timeout)),
        ("fetched", fetched(todo, supply)),
        ("tools", format!("{} may be called without asking: the servers are scripted", tools(bench))),
        ("variables", bench.variables().join(" ")),
        ("kept in", arguments.logs.display().to_string()),
    ];
    output::say("this runs versions of the client on this machine, against servers on loopback:");
    for (name, value) in lines {
        output::say(&format!("  {name:<10} {value}"));
    }
}

fn tools(bench: &Bench<'_>) -> String {
    bench.tools().into_iter().collect::<Vec<_>>().join(", ")
}

fn fetched(todo: &[Job], supply: &Supply<'_>) -> String {
    let needed: BTreeSet<&Version> = todo.iter().map(|job| &job.version).collect();
    let missing: Vec<&&Version> = needed.iter().filter(|v| supply.origin(v) == Origin::Registry).collect();
    let Some(sample) = missing.last() else { return "nothing".to_owned() };
    let place = match supply.host() {
        Some(Ok((address, origin))) => format!("from {address} ({origin})"),
        _ => "from nowhere: offline".to_owned(),
    };
    let each = supply.plan(sample).ok().and_then(|p| p.bytes).map(|bytes| format!(", {} each", size(bytes)));
    format!("{} versions{}, {place}", missing.len(), each.unwrap_or_default())
}

/// Asks, unless that was answered beforehand or there is nothing to run.
pub(super) fn ask(shown: &Shown<'_>) -> Result<()> {
    if shown.todo.is_empty() {
        return Ok(());
    }
    show(shown);
    if shown.arguments.yes {
        return Ok(());
    }
    let refusal = |cause: &str, remedy: &str| Err(Error::new(ErrorKind::Usage, "reproduce", cause, remedy));
    match output::ask("Go on?") {
        Some(true) => Ok(()),
        Some(false) => refusal("nothing was fetched or run", "answer y, or give --yes, to go on"),
        None => refusal("nobody is there to be asked", "give --yes, or --dry-run to see what would be done"),
    }
}
