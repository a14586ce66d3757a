//! Tells what a search found: the same report as of logs, and the command that does it again.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::super::super::knowledge::Loaded;
use super::super::super::{Exit, output};
use super::Arguments;
use super::course::Ends;
use super::judge;
use super::rig::Bench;
use crate::bisect::ledger::{Entry, Ledger, Run, Said};
use crate::bisect::registry::Supply;
use crate::bisect::search::Answered;
use crate::bisect::{Bisection, Evidence, Heard, Log, Table, Testimony, Word, table};
use crate::error::Result;
use crate::report::{self, Again, Bisected, JudgedBy};

/// What a search found.
pub(super) struct Found<'a> {
    pub(super) answered: &'a Answered,
    pub(super) candidates: &'a [Version],
    pub(super) ledger: &'a Ledger,
    pub(super) ends: &'a Ends,
}

/// Writes the report.
pub(super) fn report(
    arguments: &Arguments,
    loaded: &Loaded,
    found: &Found<'_>,
    rig: &Bench<'_>,
    supply: &Supply<'_>,
) -> Result<Exit> {
    let Found { ledger, ends, .. } = found;
    let (from, to) = ends.ordered();
    let inside = |v: &Version| v >= from && v <= to;
    let known: BTreeMap<Version, Evidence> =
        ledger.evidence().into_iter().filter(|(version, _)| inside(version)).collect();
    let table = found.as_sure(table(known, &loaded.knowledge.published, arguments.confidence()), arguments);
    let (logs, heard) = witnesses(ledger, rig, inside);
    let servers: BTreeSet<String> = heard.iter().filter_map(|h| h.testimony.server.clone()).collect();
    let bisection = Bisection { table, servers: servers.into_iter().collect(), heard, left_out: Vec::new() };
    let by = judge::by(arguments);
    let judged_by = match (arguments.signature.is_some(), rig.anchor()) {
        _ if !arguments.judges_logs() => JudgedBy::Command(&by),
        (true, _) => super::super::logs::index_of(arguments.signature.as_deref().unwrap_or_default(), loaded)
            .ok()
            .and_then(|index| loaded.rules.get(index))
            .map_or(JudgedBy::Nothing, JudgedBy::Asked),
        (false, Some(anchor)) => JudgedBy::Against(anchor),
        (false, None) => JudgedBy::Nothing,
    };
    let bisected = Bisected {
        bisection: &bisection,
        logs: &logs,
        judged_by,
        driven: true,
        confidence: arguments.confidence(),
        knowledge: &loaded.knowledge,
        rules: &loaded.rules,
        errors: &[],
    };
    let runs =
        ledger.standing().iter().filter(|e| matches!(e, Entry::Run(run) if inside(&run.version))).count();
    let again = Again {
        command: command(arguments, ends),
        packs: &loaded.knowledge.packs,
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        runs: runs as u64,
        variables: &rig.variables(),
        runtime_changes: bisection
            .table
            .boundaries
            .iter()
            .any(|b| supply.runtimes_differ(&b.before, &b.after)),
    };
    output::write(report::with_again(report::bisect(&bisected), &again), &arguments.output)?;
    Ok(super::super::exit(bisection.table.ending))
}

impl Found<'_> {
    /// The table, as sure as the search is.
    fn as_sure(&self, table: Table, arguments: &Arguments) -> Table {
        let Answered::Boundary { last, first, confidence: Some(sure), .. } = self.answered else {
            return table;
        };
        let after = first.last().and_then(|at| self.candidates.get(*at));
        match self.candidates.get(*last).zip(after) {
            Some((before, after)) => table.as_sure_as(before, after, *sure, arguments.confidence()),
            None => table,
        }
    }
}

/// The logs that were kept, and what they say; a log that is gone is no witness any more.
fn witnesses(ledger: &Ledger, rig: &Bench<'_>, inside: impl Fn(&Version) -> bool) -> (Vec<Log>, Vec<Heard>) {
    let (mut logs, mut heard) = (Vec::new(), Vec::new());
    for entry in ledger.standing() {
        let Entry::Run(run) = entry else { continue };
        let Some(name) = run.log.as_ref().filter(|_| inside(&run.version)) else { continue };
        let Ok(log) = rig.read(&rig.log_path(name).to_string_lossy()) else { continue };
        let (log, said) = match rig.judge() {
            Some(judge) => {
                let (log, heard, _) = rig.hear(log, judge);
                (log, heard.map(|h| h.testimony))
            }
            None => (log, None),
        };
        let testimony = said.filter(|t| t.word == word(run.answer)).unwrap_or_else(|| as_noted(run));
        heard.push(Heard { log: logs.len(), version: run.version.clone(), testimony });
        logs.push(log);
    }
    (logs, heard)
}

/// What the ledger says of a run.
fn as_noted(run: &Run) -> Testimony {
    Testimony { word: word(run.answer), exposed: true, server: None, why: run.why.clone(), line: None }
}

fn word(said: Said) -> Word {
    match said {
        Said::Good => Word::Good,
        Said::Bad => Word::Bad,
        Said::Skip | Said::Inconclusive => Word::Unclear,
    }
}

/// The command that does it again, as one types it.
fn command(arguments: &Arguments, ends: &Ends) -> String {
    let mut words =
        vec!["lastgood bisect run".to_owned(), format!("--good {} --bad {}", ends.good, ends.bad)];
    let switches = [("--flaky", arguments.flaky), ("--allow-tools", arguments.allow_tools)];
    words.extend(switches.iter().filter(|(_, on)| *on).map(|(name, _)| (*name).to_owned()));
    let mut option =
        |name: &str, value: Option<String>| words.extend(value.map(|v| format!("{name} {}", quoted(&v))));
    option("--signature", arguments.signature.clone());
    option("--against", arguments.against.clone());
    option("--mcp-config", arguments.mcp_config.as_ref().map(|p| p.display().to_string()));
    option("--gateway", arguments.gateway().map(str::to_owned));
    option("--prompt", arguments.prompt.clone());
    option("--repeat", Some(arguments.repeat).filter(|n| *n > 1).map(|n| n.to_string()));
    option("--timeout", Some(arguments.timeout).filter(|s| *s != 120).map(|s| s.to_string()));
    arguments.pass_env.iter().for_each(|name| option("--pass-env", Some(name.clone())));
    arguments.subject.server.iter().for_each(|name| option("--server", Some(name.clone())));
    if !arguments.command.is_empty() {
        words.push("--".to_owned());
        words.extend(arguments.command.iter().map(|w| quoted(w)));
    }
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,{}".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
