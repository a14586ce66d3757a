//! `lastgood bisect run`: drives the client's versions.

mod consent;
mod course;
mod judge;
mod rig;
mod scenery;
mod told;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use semver::Version;

use super::super::knowledge::{self, Loaded};
use super::super::options::{Output, Subject};
use super::super::supplying::{Supplying, client};
use super::super::{Exit, output};
use crate::bisect::ledger::{Begin, Entry, Ledger, Said};
use crate::bisect::run::{Course, Tried, drive};
use crate::bisect::search::Plan;
use crate::error::{Error, ErrorKind, Result};

const EXAMPLES: &str = "\
Examples:
  lastgood bisect run --good 2.1.146 --bad 2.1.152 --mcp-config mcp.json --signature get-404-session-expiry-loop
  lastgood bisect run --good 2.1.146 --bad 2.1.152 --gateway get-404
  lastgood bisect run --good 2.1.146 --bad 2.1.152 -- ./probe.sh {client} {log}

COMMAND runs once for each version that is tried. `{client}`, `{version}`, `{log}` and `{home}` are filled in, its exit
status is read as git does: 0 good, 125 skip, 1 to 127 bad (126 and 127 only if the good end does not give them), 128 and
more abort. With --signature or --against the log that it leaves at `{log}` is judged instead of 0 to 124.
Without COMMAND the client runs with its debug log on, the servers of --mcp-config, and nothing else of yours.

Every run has a scratch home and an environment made from a short list. Results are kept in --state: run the same command
again to go on.

Exit status: 0 one boundary, both sides tested, 1 the ends do not differ, 2 trouble, 3 a range only, 4 not monotone,
5 flaky below --confidence.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// A version that works
    #[arg(long, value_name = "V")]
    good: Version,
    /// A version that does not
    #[arg(long, value_name = "V")]
    bad: Version,
    /// Bad is what has this known failure
    #[arg(long, value_name = "ID", conflicts_with = "against")]
    signature: Option<String>,
    /// Bad is what behaves worse than this log [default without COMMAND: the log of the good end]
    #[arg(long, value_name = "LOG")]
    against: Option<String>,
    /// The MCP servers, for the client's own `--mcp-config`
    #[arg(long, value_name = "FILE")]
    mcp_config: Option<PathBuf>,
    /// Scripted servers instead, by the id of a scenario or its file, and a stub of the model: no account, no tokens
    #[cfg(feature = "gateway")]
    #[arg(long, value_name = "SCENARIO", conflicts_with = "mcp_config")]
    gateway: Option<String>,
    /// What the client is asked for, where there is no COMMAND
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// Let the client call every tool of these servers without asking: what they do, they really do
    #[arg(long, requires = "mcp_config", conflicts_with = "command")]
    allow_tools: bool,
    /// How many versions to run at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,
    /// Fetch what may come next while something runs: faster, and one version in two for nothing
    #[arg(long)]
    prefetch: bool,
    /// How often to run each version before it is believed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=50))]
    repeat: u8,
    /// The failure does not always show: reckon with chance from the first run on, and not only once two runs disagree
    #[arg(long)]
    flaky: bool,
    /// How sure the answer must be where the failure is flaky, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95, value_parser = clap::value_parser!(u8).range(50..=99))]
    confidence: u8,
    /// Seconds that one run may take; then it is ended, and skipped
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// A variable that runs get to know, e.g. the client's key (repeatable)
    #[arg(long, value_name = "NAME")]
    pass_env: Vec<String>,
    /// Fetch and run without asking
    #[arg(long, short = 'y')]
    yes: bool,
    /// Say what would be fetched and run, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Where results are kept; their logs go into a folder beside it
    #[arg(long, visible_alias = "ledger", value_name = "FILE", default_value = "lastgood-bisect.jsonl")]
    state: PathBuf,
    /// What to run instead of the client itself
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    #[command(flatten)]
    supplying: Supplying,
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    output: Output,
}

impl Arguments {
    /// The scenario that is asked for.
    fn gateway(&self) -> Option<&str> {
        #[cfg(feature = "gateway")]
        return self.gateway.as_deref();
        #[cfg(not(feature = "gateway"))]
        None
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    fn confidence(&self) -> f64 {
        f64::from(self.confidence) / 100.0
    }

    /// Whether logs are judged; else exit statuses are.
    fn judges_logs(&self) -> bool {
        self.command.is_empty() || self.signature.is_some() || self.against.is_some()
    }
}

pub(in crate::cli) fn run(arguments: &Arguments) -> Result<Exit> {
    refuse_nonsense(arguments)?;
    let mut loaded = knowledge::load(&arguments.subject.patterns)?.whole()?;
    let def = client()?;
    let supply = arguments.supplying.supply(&def)?;
    let (ends, candidates) = course::lay(arguments, &supply, &mut loaded.knowledge.published)?;
    let rule = arguments.signature.as_deref().map(|id| super::logs::index_of(id, &loaded)).transpose()?;
    let rig = rig::Bench::new(arguments, &loaded, &def, &supply, &ends, rule)?;
    let mut ledger = open(arguments, &loaded, &ends, rule)?;
    consent::warn_of_confounders(&ends, &supply);
    let shown =
        consent::Shown { arguments, ends: &ends, candidates: &candidates, supply: &supply, rig: &rig };
    if arguments.dry_run {
        consent::show(&shown);
        return Ok(Exit::Nothing);
    }
    consent::ask(&shown)?;
    begin(&mut ledger, arguments, &loaded, &ends, rule)?;
    rig.remember(&ledger);
    find_anchor(&rig, &ends, &mut ledger)?;
    let plan = Plan {
        jobs: usize::from(arguments.jobs),
        repeat: u32::from(arguments.repeat),
        flaky: arguments.flaky,
        confidence: arguments.confidence(),
        ..Plan::default()
    };
    let course = Course { candidates: &candidates, plan, ahead: arguments.prefetch };
    let answered = drive(&course, &mut ledger, &rig, &mut |version, tried| tell(version, tried))?;
    warn_of_contradiction(arguments, &ends, &ledger);
    let found = told::Found { answered: &answered, candidates: &candidates, ledger: &ledger, ends: &ends };
    told::report(arguments, &loaded, &found, &rig, &supply)
}

fn refuse_nonsense(arguments: &Arguments) -> Result<()> {
    if arguments.command.is_empty() && arguments.mcp_config.is_none() && arguments.gateway().is_none() {
        let cause = "a client in a scratch home knows no server";
        let remedy = "name its servers with --mcp-config FILE, script them with --gateway SCENARIO, or give a COMMAND behind `--`";
        return Err(Error::new(ErrorKind::Usage, "bisect run", cause, remedy));
    }
    Ok(())
}

/// Opens the ledger; one of another probe is not gone on with, for its results mean something else.
fn open(arguments: &Arguments, loaded: &Loaded, ends: &course::Ends, rule: Option<usize>) -> Result<Ledger> {
    let ledger = Ledger::open(&arguments.state)?;
    if ledger.cut().is_some() {
        output::say(&format!(
            "{}: its last line was cut in the middle and does not count",
            arguments.state.display()
        ));
    }
    let ours = judge::begin(arguments, loaded, ends, rule)?;
    match ledger.begin() {
        Some(before) if before.probe != ours.probe => {
            let cause = format!("it holds the results of another probe ({})", before.by);
            let remedy = "give that probe again to go on, or name another file with --state";
            Err(Error::new(ErrorKind::Usage, format!("--state {}", arguments.state.display()), cause, remedy))
        }
        _ => Ok(ledger),
    }
}

fn begin(
    ledger: &mut Ledger,
    arguments: &Arguments,
    loaded: &Loaded,
    ends: &course::Ends,
    rule: Option<usize>,
) -> Result<()> {
    let ours: Begin = judge::begin(arguments, loaded, ends, rule)?;
    if ledger.begin() == Some(&ours) {
        let runs = ledger.standing().len();
        output::say(&format!("going on after {runs} results in {}", arguments.state.display()));
        return Ok(());
    }
    ledger.append(Entry::Begin(ours))
}

/// Without a signature and a log to hold the others against, that is the log of the good end: it runs before all.
fn find_anchor(rig: &rig::Bench<'_>, ends: &course::Ends, ledger: &mut Ledger) -> Result<()> {
    if !rig.lacks_anchor() {
        return Ok(());
    }
    let runs =
        ledger.standing().into_iter().filter_map(|e| if let Entry::Run(run) = e { Some(run) } else { None });
    let before =
        runs.filter(|r| r.version == ends.good && r.answer == Said::Good).find_map(|r| r.log.clone());
    if let Some(log) = before {
        return rig.take_anchor(&log);
    }
    let tried = rig.run_anchor(&ends.good)?;
    let (why, log) = (tried.why.clone(), tried.log.clone());
    ledger.append(Entry::Run(crate::bisect::ledger::Run {
        version: ends.good.clone(),
        answer: tried.said,
        why,
        log,
    }))?;
    tell(&ends.good, &tried);
    Ok(())
}

/// The runs are believed, not the person; but he hears of it.
fn warn_of_contradiction(arguments: &Arguments, ends: &course::Ends, ledger: &Ledger) {
    let evidence = ledger.evidence();
    let defect = |v: &Version| evidence.get(v).and_then(|e| e.verdict.has_defect());
    let text = match (defect(&ends.good), defect(&ends.bad)) {
        (Some(true), Some(false)) => "they behave the other way round: were the two swapped?",
        (Some(true), _) => "the good end has the defect, too",
        (_, Some(false)) => "the bad end has not the defect, either",
        _ => return,
    };
    output::warn(&format!("--good {} --bad {}", ends.good, ends.bad), text);
    if let Some(scenario) = arguments.gateway().filter(|_| defect(&ends.good) == defect(&ends.bad)) {
        let (from, to) = ends.ordered();
        let command = format!("lastgood reproduce {scenario} --versions {from}..{to}");
        output::say(&format!("what came and went between the two shows in `{command}`"));
    }
}

fn tell(version: &Version, tried: &Tried) {
    output::say(&format!("{version}: {} ({})", tried.said.as_str(), tried.why));
}
