//! Shows what would be fetched and run, and asks once.

use semver::Version;

use super::super::super::output;
use super::Arguments;
use super::course::Ends;
use super::judge;
use super::rig::Bench;
use crate::bisect::registry::{Origin, Supply};
use crate::error::{Error, ErrorKind, Result};
use crate::report::size;

/// What there is to show.
pub(super) struct Shown<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) ends: &'a Ends,
    pub(super) candidates: &'a [Version],
    pub(super) supply: &'a Supply<'a>,
    pub(super) rig: &'a Bench<'a>,
}

/// Says what would be done.
pub(super) fn show(shown: &Shown<'_>) {
    let Shown { arguments, ends, candidates, supply, rig } = shown;
    let (from, to) = ends.ordered();
    let steps = usize::BITS - candidates.len().saturating_sub(1).leading_zeros();
    let runs = (steps + 4) * u32::from(arguments.repeat);
    let tools = match (rig.tool_of_scenario(), rig.tools()) {
        (Some(tool), _) => format!("{tool} is called without asking: the server is scripted"),
        (None, "") => "none may be called without asking".to_owned(),
        (None, tools) => format!("{tools} are called without asking"),
    };
    let mut lines = vec![
        ("versions", format!("{from} to {to}: {} that can be had, about {runs} runs", candidates.len())),
        ("fetched", fetched(candidates, ends, supply)),
        ("run", rig.template(&ends.good).join(" ")),
        ("judged by", judge::by(arguments)),
        ("home", format!("a scratch folder for each run, which may take {} s", arguments.timeout)),
        ("variables", rig.variables().join(" ")),
        ("kept in", arguments.state.display().to_string()),
    ];
    if arguments.command.is_empty() {
        lines.insert(3, ("tools", tools));
    }
    output::say("this runs versions of the client on this machine:");
    for (name, value) in lines {
        output::say(&format!("  {name:<10} {value}"));
    }
}

fn fetched(candidates: &[Version], ends: &Ends, supply: &Supply<'_>) -> String {
    let missing: Vec<&Version> = candidates.iter().filter(|v| supply.origin(v) == Origin::Registry).collect();
    let at_hand = candidates.len() - missing.len();
    if missing.is_empty() {
        return "nothing: all are on this disk".to_owned();
    }
    let place = match supply.host() {
        Some(Ok((address, origin))) => format!("from {address} ({origin})"),
        _ => "from nowhere: offline".to_owned(),
    };
    let sample = missing.iter().find(|v| ***v == ends.bad).or(missing.first());
    let each = sample.and_then(|v| supply.plan(v).ok()).and_then(|p| p.bytes);
    let each = each.map_or_else(String::new, |bytes| format!(", {} each", size(bytes)));
    format!("those of {} that are needed{each}, {place}; {at_hand} are on this disk", missing.len())
}

/// Asks, unless that was answered beforehand.
pub(super) fn ask(shown: &Shown<'_>) -> Result<()> {
    show(shown);
    if shown.arguments.yes {
        return Ok(());
    }
    let refusal = |cause: &str, remedy: &str| Err(Error::new(ErrorKind::Usage, "bisect run", cause, remedy));
    match output::ask("Go on?") {
        Some(true) => Ok(()),
        Some(false) => refusal("nothing was fetched or run", "answer y, or give --yes, to go on"),
        None => refusal("nobody is there to be asked", "give --yes, or --dry-run to see what would be done"),
    }
}

/// Says what differs besides the version.
pub(super) fn warn_of_confounders(ends: &Ends, supply: &Supply<'_>) {
    if supply.runtimes_differ(&ends.good, &ends.bad) {
        let text = "the versions between them change their runtime: where that changes, more differs than the version";
        output::warn(&format!("{} and {}", ends.good, ends.bad), text);
    }
}
