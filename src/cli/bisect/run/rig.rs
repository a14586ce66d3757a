//! Runs one version, reads its log, and says what it is.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use semver::Version;

use super::super::super::driving::{self, Run};
use super::super::super::knowledge::Loaded;
use super::super::super::output;
use super::super::super::reading::{Wish, read};
use super::super::super::scenario;
use super::super::super::supplying::tell;
use super::Arguments;
use super::course::Ends;
use super::scenery::{self, Scenery};
use crate::bisect::drive::{self, End, Environment, Ran, Scratch};
use crate::bisect::ledger::{Ledger, Said};
use crate::bisect::registry::{Client, Origin, Supply};
use crate::bisect::run::{Rig, Tried};
use crate::bisect::{Asked, Heard, Judge, Log, Sign, Word, bisect};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{ClientDef, Scenario};

/// Everything that runs have in common.
pub(super) struct Bench<'a> {
    arguments: &'a Arguments,
    loaded: &'a Loaded,
    def: &'a ClientDef,
    supply: &'a Supply<'a>,
    good: Version,
    rule: Option<usize>,
    anchor: OnceLock<Log>,
    environment: Environment,
    mcp_config: Option<PathBuf>,
    tools: String,
    scenario: Option<Scenario>,
    here: PathBuf,
    /// The good end did not end as a command does that cannot be run.
    command_runs: AtomicBool,
}

impl<'a> Bench<'a> {
    /// A bench for these arguments. Whatever is wrong with them is said before anything runs.
    pub(super) fn new(
        arguments: &'a Arguments,
        loaded: &'a Loaded,
        def: &'a ClientDef,
        supply: &'a Supply<'a>,
        ends: &Ends,
        rule: Option<usize>,
    ) -> Result<Self> {
        let ours: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        let named = |path: &PathBuf| fs::canonicalize(path).map_err(|e| Error::input(path, e));
        let here = std::env::current_dir().map_err(|e| Error::input(Path::new("."), e))?;
        let bench = Self {
            arguments,
            loaded,
            def,
            supply,
            good: ends.good.clone(),
            rule,
            anchor: OnceLock::new(),
            environment: Environment::new(&ours, &def.environment, &arguments.pass_env)?,
            mcp_config: arguments.mcp_config.as_ref().map(named).transpose()?,
            tools: allowed(arguments, def)?,
            scenario: arguments.gateway().map(|s| scenario::find(s, &loaded.knowledge)).transpose()?,
            here,
            command_runs: AtomicBool::new(false),
        };
        if let Some(path) = &arguments.against {
            bench.hold_against(path)?;
        }
        Ok(bench)
    }

    /// The names of all variables that runs get to know, those of a scenario with their values.
    pub(super) fn variables(&self) -> Vec<String> {
        let more = self.scenario.iter().flat_map(|s| scenery::shown(s, self.def).0);
        self.environment.names().into_iter().chain(more).collect()
    }

    /// The tool of the scenario, which the client may call without asking.
    pub(super) fn tool_of_scenario(&self) -> Option<String> {
        self.scenario.as_ref().map(|s| scenery::shown(s, self.def).1)
    }

    /// What is run, holes and all.
    pub(super) fn template(&self, version: &Version) -> Vec<String> {
        if !self.arguments.command.is_empty() {
            return self.arguments.command.clone();
        }
        let arguments = self.def.layout(version).map(|l| l.arguments.as_slice()).unwrap_or_default();
        let allow = self.def.allow.iter().filter(|_| self.arguments.allow_tools).cloned();
        let stub = scenery::arguments(self.scenario.as_ref(), self.def);
        driving::template(arguments, &allow.chain(stub).collect::<Vec<_>>())
    }

    /// The tools that the client may call without asking.
    pub(super) fn tools(&self) -> &str {
        &self.tools
    }

    /// What the client is asked for.
    pub(super) fn prompt(&self) -> &str {
        self.arguments.prompt.as_deref().unwrap_or(&self.def.prompt)
    }

    /// Whether logs are judged, and there is nothing yet to judge them by.
    pub(super) fn lacks_anchor(&self) -> bool {
        self.arguments.judges_logs() && self.rule.is_none() && self.anchor.get().is_none()
    }

    /// Holds all logs against one that was kept.
    pub(super) fn take_anchor(&self, log: &str) -> Result<()> {
        let path = self.log_path(log);
        self.hold_against(&path.to_string_lossy())
    }

    fn hold_against(&self, path: &str) -> Result<()> {
        let log = self.read(path)?;
        if log.input.servers.is_empty() {
            let cause = "no line of it concerns an MCP server, so nothing can be worse than it";
            return Err(Error::new(
                ErrorKind::Input,
                path,
                cause,
                "give a log of a run in which the server worked",
            ));
        }
        let _ = self.anchor.set(log);
        Ok(())
    }

    /// Runs the good end for its log alone, which all others are held against.
    pub(super) fn run_anchor(&self, version: &Version) -> Result<Tried> {
        let (ran, log) = self.execute(version)?;
        let Some(log) = log else {
            let cause = format!("it wrote no log ({})", ended(&ran));
            let remedy =
                "see that it runs by hand; without its log there is nothing to hold the others against";
            return Err(Error::new(ErrorKind::Run, version.to_string(), cause, remedy));
        };
        self.take_anchor(&log)?;
        if let Some(anchor) = self.anchor.get() {
            check_version(version, anchor)?;
        }
        let tried = self.tried(version, &ran, Some(log))?;
        if tried.said != Said::Good {
            let cause = format!("this end is no good one to hold the others against ({})", tried.why);
            let remedy = "name a version that works, or judge by --signature";
            return Err(Error::new(ErrorKind::Run, version.to_string(), cause, remedy));
        }
        Ok(tried)
    }

    /// A log that a ledger names, where it is.
    pub(super) fn log_path(&self, log: &str) -> PathBuf {
        self.arguments.state.parent().unwrap_or(Path::new("")).join(log)
    }

    /// What judges logs, where something does.
    pub(super) fn judge(&self) -> Option<Judge<'_>> {
        if let Some(index) = self.rule {
            let rule = self.loaded.rules.get(index)?;
            return Some(Judge::Signature(Sign { rule, index, catalogue: &self.loaded.knowledge.catalogue }));
        }
        self.anchor.get().map(Judge::Against)
    }

    /// The log that all others are held against.
    pub(super) fn anchor(&self) -> Option<&Log> {
        self.anchor.get()
    }

    /// Reads a log, its version untold: a range of versions must not vouch for itself.
    pub(super) fn read(&self, path: &str) -> Result<Log> {
        let wish = Wish { lives: true, diagnosis: true, ..Wish::default() };
        let reading = read(path, self.loaded, Wish { untold: true, ..wish })?;
        let subject = &self.arguments.subject;
        let (start, diagnosis) = (reading.start, reading.diagnosis);
        let mut log = Log { input: reading.input, start, lives: reading.lives, diagnosis };
        log.lives.retain(|l| subject.wants(&l.server));
        log.input.servers.retain(|s| subject.wants(&s.name));
        Ok(log)
    }

    /// What one log says.
    pub(super) fn hear(&self, log: Log, judge: Judge<'_>) -> (Log, Option<Heard>, Option<String>) {
        let asked = Asked {
            servers: &self.arguments.subject.server,
            published: &self.loaded.knowledge.published,
            confidence: self.arguments.confidence(),
        };
        let logs = [log];
        let mut bisection = bisect(&logs, judge, asked);
        let [log] = logs;
        let left_out = bisection.left_out.pop().map(|l| l.why);
        (log, bisection.heard.pop(), left_out)
    }

    /// Runs a version and keeps its log: the name that the ledger gives it.
    fn execute(&self, version: &Version) -> Result<(Ran, Option<String>)> {
        let client = self.supply.get(version, &tell)?;
        let scratch = Scratch::new()?;
        let scenery = scenery::set(self.scenario.as_ref(), self.def, &scratch)?;
        output::progress(&format!("{version}: running"));
        let ran = self.run_on(&client, &scratch, &scenery)?;
        output::clear();
        let log = ran.log.as_ref().map(|log| self.keep(version, log)).transpose()?;
        Ok((ran, log))
    }

    fn run_on(&self, client: &Client<'_>, scratch: &Scratch, scenery: &Scenery) -> Result<Ran> {
        let own = scenery.config.as_deref().or(self.mcp_config.as_deref());
        Run {
            client,
            scratch,
            template: &self.template(&client.version),
            prompt: self.prompt(),
            tools: &self.tools,
            mcp_config: own,
            // A command is the user's own and starts where he stands, as git's does; the client starts where nothing is.
            folder: (!self.arguments.command.is_empty()).then_some(&*self.here),
            variables: scenery.variables.clone(),
            environment: &self.environment,
            stub: scenery.environment.clone(),
            timeout: self.arguments.timeout(),
        }
        .make()
    }

    /// Copies a log out of the scratch folder, under a name that no other run has.
    fn keep(&self, version: &Version, log: &Path) -> Result<String> {
        let state = &self.arguments.state;
        let folder = format!("{}.logs", state.file_stem().unwrap_or_default().to_string_lossy());
        let place = state.parent().unwrap_or(Path::new("")).join(&folder);
        let copy = || -> io::Result<String> {
            fs::create_dir_all(&place)?;
            for n in 1.. {
                let name = format!("{version}-{n}.log");
                match fs::OpenOptions::new().write(true).create_new(true).open(place.join(&name)) {
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(e) => return Err(e),
                    Ok(mut file) => {
                        io::copy(&mut fs::File::open(log)?, &mut file)?;
                        return Ok(format!("{folder}/{name}"));
                    }
                }
            }
            Err(io::Error::other("all names are taken"))
        };
        copy().map_err(|e| {
            let remedy =
                "make room, or choose another place with --state; run the same command again to go on";
            Error::new(ErrorKind::Output, place.display().to_string(), e.to_string(), remedy)
        })
    }

    /// The verdict of a run.
    fn tried(&self, version: &Version, ran: &Ran, log: Option<String>) -> Result<Tried> {
        if let Some(said) = self.exit_status(version, ran)?
            && (!self.arguments.judges_logs() || said == Said::Skip)
        {
            let checked = self.read_back(version, log.as_deref())?;
            let why =
                if checked { ended(ran) } else { format!("{}; no log says which version ran", ended(ran)) };
            return Ok(Tried { said, why, log });
        }
        let Some(name) = &log else {
            return Ok(Tried { said: Said::Skip, why: format!("it wrote no log ({})", ended(ran)), log });
        };
        let read = match self.read(&self.log_path(name).to_string_lossy()) {
            Ok(read) => read,
            Err(error) => {
                let why = format!("its log cannot be read: {}", error.message());
                return Ok(Tried { said: Said::Skip, why, log });
            }
        };
        if !check_version(version, &read)? {
            let why = "its log does not say which version ran".to_owned();
            return Ok(Tried { said: Said::Skip, why, log });
        }
        let (said, why) = self.judged(read, ran);
        Ok(Tried { said, why, log })
    }

    /// What the exit status of a COMMAND says; nothing for the client itself.
    fn exit_status(&self, version: &Version, ran: &Ran) -> Result<Option<Said>> {
        if self.arguments.command.is_empty() {
            return Ok(None);
        }
        let said = drive::said(ran.end);
        if *version == self.good && said != drive::Said::Doubtful {
            self.command_runs.store(true, Ordering::Relaxed);
        }
        match said {
            drive::Said::Good => Ok(Some(Said::Good)),
            drive::Said::Bad => Ok(Some(Said::Bad)),
            drive::Said::Skip => Ok(Some(Said::Skip)),
            drive::Said::Doubtful if self.command_runs.load(Ordering::Relaxed) => Ok(Some(Said::Bad)),
            drive::Said::Doubtful => {
                let cause = format!("the command cannot be run ({})", ended(ran));
                let remedy = "check its path, that it is executable, and what it calls";
                Err(Error::new(ErrorKind::Run, self.arguments.command.join(" "), cause, remedy))
            }
            drive::Said::Abort => {
                let cause = format!("the command asks to stop ({})", ended(ran));
                let remedy = "what was run is kept; run this again to go on";
                Err(Error::new(ErrorKind::Run, version.to_string(), cause, remedy))
            }
        }
    }

    /// Whether a log tells that the right version ran; where it tells of another, all ends.
    fn read_back(&self, version: &Version, log: Option<&str>) -> Result<bool> {
        let Some(log) = log else { return Ok(false) };
        match self.read(&self.log_path(log).to_string_lossy()) {
            Ok(read) => check_version(version, &read),
            Err(_) => Ok(false),
        }
    }

    fn judged(&self, read: Log, ran: &Ran) -> (Said, String) {
        let Some(judge) = self.judge() else {
            return (Said::Inconclusive, "there is nothing to judge by".to_owned());
        };
        let (_, heard, left_out) = self.hear(read, judge);
        let Some(testimony) = heard.map(|h| h.testimony) else {
            return (Said::Inconclusive, left_out.unwrap_or_default());
        };
        match testimony.word {
            Word::Bad => (Said::Bad, testimony.why),
            Word::Unclear => (Said::Inconclusive, testimony.why),
            Word::Good => match ran.end {
                End::Exit(_) => (Said::Good, testimony.why),
                _ => (Said::Inconclusive, format!("{}, but {}", testimony.why, ended(ran))),
            },
        }
    }
}

/// The tools that the client may call without asking: all of the servers of its configuration, if any.
fn allowed(arguments: &Arguments, def: &ClientDef) -> Result<String> {
    let Some(path) = arguments.mcp_config.as_ref().filter(|_| arguments.allow_tools) else {
        return Ok(String::new());
    };
    let text = fs::read(path).map_err(|e| Error::input(path, e))?;
    let config: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let servers = config.get("mcpServers").and_then(serde_json::Value::as_object);
    let servers = servers.filter(|all| !all.is_empty()).ok_or_else(|| {
        let cause = "it names no server, so no tool can be allowed";
        let remedy = "give a file with `mcpServers`, or leave --allow-tools out";
        Error::new(ErrorKind::Usage, path.display().to_string(), cause, remedy)
    })?;
    Ok(def.tools_of(servers.keys().map(String::as_str)))
}

/// Whether a log proves that this version wrote it; where it proves another, all ends.
fn check_version(version: &Version, log: &Log) -> Result<bool> {
    // The name of the file is our own: it proves nothing.
    let told = log.input.client_version.as_ref().filter(|v| v.source.as_str() != "file-name");
    let Some(told) = told else { return Ok(false) };
    if told.value == version.to_string() {
        return Ok(true);
    }
    let cause = format!("{} ran instead: its log says so", told.value);
    let remedy = "nothing of this run counts; let the command run `{client}`, and nothing else";
    Err(Error::new(ErrorKind::Run, version.to_string(), cause, remedy))
}

impl Rig for Bench<'_> {
    fn run(&self, version: &Version) -> Result<Tried> {
        let (ran, log) = match self.execute(version) {
            Ok(done) => done,
            Err(error) if self.is_of_this_version(&error) => {
                return Ok(Tried { said: Said::Skip, why: error.message(), log: None });
            }
            Err(error) => return Err(error),
        };
        self.tried(version, &ran, log)
    }

    fn is_at_hand(&self, version: &Version) -> bool {
        self.supply.origin(version) != Origin::Registry
    }

    fn fetch_ahead(&self, version: &Version) {
        let _ = self.supply.get(version, &|_| {});
    }
}

impl Bench<'_> {
    /// A version that is not to be had, or does not start on this machine, is skipped; all else concerns every version.
    fn is_of_this_version(&self, error: &Error) -> bool {
        let own = self.template(&self.good).first().is_some_and(|w| w == "{client}");
        match error.kind() {
            ErrorKind::Absent => true,
            ErrorKind::Run => own && Path::new(error.subject()).is_absolute(),
            _ => false,
        }
    }

    /// What an earlier session found out about the command.
    pub(super) fn remember(&self, ledger: &Ledger) {
        let ran = ledger.evidence().get(&self.good).is_some_and(|e| e.runs.good > 0);
        self.command_runs.fetch_or(ran, Ordering::Relaxed);
    }
}

/// How a run ended, in words, with the last line that it said.
fn ended(ran: &Ran) -> String {
    let how = driving::ended(ran);
    match ran.said.lines().rfind(|l| !l.trim().is_empty()) {
        Some(last) if ran.end != End::Exit(0) => {
            format!("{how}, and last said: {}", last.trim().chars().take(120).collect::<String>())
        }
        _ => how,
    }
}
