//! Makes the runs, keeps what they leave, and reads it.
//!
//! A run leaves three files below the folder of logs: `SCENARIO/VERSION-N.log`, what the servers saw (`.seen.jsonl`) and
//! how it ended (`.run.json`). The last is written last: a run without it was not made. Everything a report says is read
//! from these files, so that newer patterns read older runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use semver::Version;
use serde_json::{Value, json};

use super::super::driving::{self, Run};
use super::super::knowledge::Loaded;
use super::super::reading::{Wish, read};
use super::super::stage::{self, Stage};
use super::super::supplying::tell;
use super::{Arguments, output};
use crate::bisect::drive::{End, Environment, Scratch};
use crate::bisect::registry::{Origin, Supply};
use crate::bisect::run::digest;
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::clause::hold;
use crate::gateway::matrix::{Found, Played, Trial};
use crate::gateway::{Record, Seen};
use crate::pattern::{ClientDef, Kind, Scenario};
use crate::timeline::Outcome;

/// A run to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// The scenario's place.
    pub(super) scenario: usize,
    /// The version.
    pub(super) version: Version,
    /// Which of the runs of this pair, from 1 on.
    pub(super) n: u32,
}

/// Everything that runs have in common.
pub(super) struct Bench<'a> {
    arguments: &'a Arguments,
    loaded: &'a Loaded,
    def: &'a ClientDef,
    supply: &'a Supply<'a>,
    scenarios: &'a [Scenario],
    digests: Vec<String>,
    /// Digest over how the client is run.
    client: String,
    /// Why runs could not be made, by their names.
    troubles: Mutex<BTreeMap<String, String>>,
    environment: Environment,
}

impl<'a> Bench<'a> {
    /// A bench for these arguments.
    pub(super) fn new(
        arguments: &'a Arguments,
        loaded: &'a Loaded,
        def: &'a ClientDef,
        supply: &'a Supply<'a>,
        scenarios: &'a [Scenario],
    ) -> Result<Self> {
        let ours: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        let text = |s: &Scenario| serde_json::to_vec(&s.def).unwrap_or_default();
        Ok(Self {
            arguments,
            loaded,
            def,
            supply,
            scenarios,
            digests: scenarios.iter().map(|s| digest(&[text(s)])).collect(),
            client: digest(&[serde_json::to_vec(def).unwrap_or_default()]),
            troubles: Mutex::default(),
            environment: Environment::new(&ours, &def.environment, &[])?,
        })
    }

    /// The scenarios, for the report.
    pub(super) fn played(&self) -> Vec<Played> {
        let one = |(scenario, sha256): (&Scenario, &String)| Played {
            id: scenario.id.clone(),
            about: scenario.def.about.clone(),
            server: scenario.def.servers.first().map(|s| s.name.clone()).unwrap_or_default(),
            sha256: sha256.clone(),
        };
        self.scenarios.iter().zip(&self.digests).map(one).collect()
    }

    /// All variables that runs get to know, as a consent shows them.
    pub(super) fn variables(&self) -> Vec<String> {
        let mut all = self.environment.names();
        for scenario in self.scenarios {
            all.extend(
                stage::shown(self.def, scenario).into_iter().filter(|v| !all.contains(v)).collect::<Vec<_>>(),
            );
        }
        all
    }

    /// The tools that clients may call without asking.
    pub(super) fn tools(&self) -> BTreeSet<String> {
        self.scenarios.iter().map(stage::tool).collect()
    }

    /// The runs that were not made yet, version by version: each is needed on this disk for as short as can be.
    pub(super) fn todo(&self, versions: &[Version]) -> Vec<Job> {
        self.jobs(versions).into_iter().filter(|job| self.made(job).is_none()).collect()
    }

    fn jobs(&self, versions: &[Version]) -> Vec<Job> {
        let mut all = Vec::new();
        for version in versions {
            for scenario in 0..self.scenarios.len() {
                let job = |n| Job { scenario, version: version.clone(), n };
                all.extend((1..=self.arguments.repeat).map(job));
            }
        }
        all
    }

    /// The name of a run, below the folder of logs.
    fn name(&self, job: &Job) -> String {
        let id = self.scenarios.get(job.scenario).map(|s| s.id.as_str()).unwrap_or_default();
        format!("{id}/{}-{}", job.version, job.n)
    }

    fn file(&self, job: &Job, ending: &str) -> PathBuf {
        self.arguments.logs.join(format!("{}.{ending}", self.name(job)))
    }

    /// What a run left, if it was made with the scenario and the client's definition as they are now, and was not ended by
    /// a shorter timeout.
    fn made(&self, job: &Job) -> Option<Value> {
        let text = fs::read_to_string(self.file(job, "run.json")).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let says = |key: &str| value.get(key).and_then(Value::as_str);
        let same = says("scenario_sha256") == self.digests.get(job.scenario).map(String::as_str)
            && says("client_sha256") == Some(&self.client);
        let had = value.get("timed_out_after").and_then(Value::as_u64);
        (same && had.is_none_or(|had| had >= self.arguments.timeout)).then_some(value)
    }

    /// Makes runs, several at once. The first trouble that concerns all of them ends it; what was made stays.
    pub(super) fn run_all(&self, todo: &[Job]) -> Result<()> {
        let queue: Mutex<VecDeque<&Job>> = Mutex::new(todo.iter().collect());
        let (done, trouble) = (AtomicUsize::new(0), Mutex::new(None));
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let work = || {
            while let Some(job) = next() {
                output::progress(&format!(
                    "{} of {}: {}",
                    done.load(Ordering::Relaxed) + 1,
                    todo.len(),
                    self.name(job)
                ));
                if let Err(error) = self.make(job) {
                    queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
                    trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        };
        thread::scope(|all| (0..self.arguments.jobs).for_each(|_| drop(all.spawn(work))));
        output::clear();
        trouble.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    fn make(&self, job: &Job) -> Result<()> {
        let place = self.file(job, "run.json");
        let folder = place.parent().map(PathBuf::from).unwrap_or_default();
        fs::create_dir_all(&folder).map_err(|e| output::cannot_write(&folder.display().to_string(), &e))?;
        let left = match self.play(job) {
            Ok(left) => left,
            // A version that is not to be had, or does not start here, is a fact of its own and no reason to stop.
            Err(error)
                if matches!(error.kind(), ErrorKind::Absent | ErrorKind::Run)
                    || self.is_out_of_reach(job) =>
            {
                output::warn(&self.name(job), &error.message());
                let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
                troubles.insert(self.name(job), error.message());
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        fs::write(&place, format!("{left:#}\n"))
            .map_err(|e| output::cannot_write(&place.display().to_string(), &e))
    }

    /// Whether a version would have to be fetched, and may not be: the others are at hand, or not, on their own account.
    fn is_out_of_reach(&self, job: &Job) -> bool {
        self.arguments.supplying.offline && self.supply.origin(&job.version) == Origin::Registry
    }

    /// Runs a version on a stage of its own.
    fn play(&self, job: &Job) -> Result<Value> {
        let scenario = self.scenarios.get(job.scenario).ok_or_else(|| gone(job))?;
        let client = self.supply.get(&job.version, &tell)?;
        let scratch = Scratch::new()?;
        let stage = Stage::set(scenario, &scratch)?;
        let ran = Run {
            client: &client,
            scratch: &scratch,
            template: &driving::template(&client.layout.arguments, &stage::arguments(self.def, scenario)),
            prompt: &self.def.prompt,
            tools: "",
            mcp_config: Some(stage.config()),
            folder: None,
            variables: stage::variables(scenario),
            environment: &self.environment,
            stub: stage.environment(self.def),
            timeout: self.arguments.timeout(),
        }
        .make()?;
        stage.keep(&self.file(job, "seen.jsonl"))?;
        let kept = self.file(job, "log");
        let copied = ran.log.as_ref().map_or(Ok(0), |log| fs::copy(log, &kept));
        copied.map_err(|e| output::cannot_write(&kept.display().to_string(), &e))?;
        Ok(json!({
            "scenario_sha256": self.digests.get(job.scenario), "version": job.version.to_string(), "log": ran.log.is_some(),
            "ended": driving::ended(&ran), "whole": ran.end == End::Exit(0), "ms": ran.took.as_millis() as u64,
            "said": ran.said, "client_sha256": self.client,
            "timed_out_after": (ran.end == End::TimedOut).then_some(self.arguments.timeout),
        }))
    }

    /// All runs that were made, read.
    pub(super) fn trials(&self, versions: &[Version]) -> Result<Vec<Trial>> {
        self.jobs(versions).iter().map(|job| self.trial(job)).collect()
    }

    fn trial(&self, job: &Job) -> Result<Trial> {
        let scenario = self.scenarios.get(job.scenario).ok_or_else(|| gone(job))?;
        let name = self.name(job);
        let mut trial = Trial {
            scenario: scenario.id.clone(),
            version: job.version.clone(),
            n: job.n,
            log: None,
            seen: format!("{name}.seen.jsonl"),
            ended: String::new(),
            problem: None,
            servers: Vec::new(),
            findings: Vec::new(),
            calls: (0, 0),
            clauses: Vec::new(),
        };
        let Some(left) = self.made(job) else {
            let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
            let why = troubles.get(&name).map(|why| format!(": {why}")).unwrap_or_default();
            trial.problem = Some(format!("it could not be run{why}"));
            return Ok(trial);
        };
        left.get("ended").and_then(Value::as_str).unwrap_or_default().clone_into(&mut trial.ended);
        self.read_log(job, &left, &mut trial);
        let record = fs::read_to_string(self.file(job, "seen.jsonl")).map_err(|e| e.to_string());
        let seen = match record.and_then(|text| Record::parse(&text)) {
            Ok(seen) => seen,
            Err(why) => {
                let again = self.again(job);
                let told = format!("the record of what the servers saw is not whole: {why}; {again}");
                trial.problem.get_or_insert(told);
                return Ok(trial);
            }
        };
        trial.calls = calls(&seen);
        let server = scenario.def.servers.first().map(|s| s.name.as_str()).unwrap_or_default();
        let whole = left.get("whole").and_then(Value::as_bool) == Some(true);
        let clauses = self.loaded.knowledge.client_clauses.iter().filter(|c| c.scenario == scenario.id);
        trial.clauses = clauses.map(|c| hold(c, &seen, server, whole)).collect();
        Ok(trial)
    }

    /// How a run that was made is made once more.
    fn again(&self, job: &Job) -> String {
        format!("delete {}.run.json to have it run again", self.name(job))
    }

    /// What a log says; a log that proves another version says nothing.
    fn read_log(&self, job: &Job, left: &Value, trial: &mut Trial) {
        let path = self.file(job, "log");
        if left.get("log").and_then(Value::as_bool) != Some(true) {
            let said = left.get("said").and_then(Value::as_str).unwrap_or_default();
            let last = said.lines().next_back().unwrap_or("nothing");
            trial.problem = Some(format!("it wrote no log ({}; it last said: {last})", trial.ended));
            return;
        }
        trial.log = Some(format!("{}.log", self.name(job)));
        let version = job.version.to_string();
        let wish = Wish { diagnosis: true, version: Some(&version), ..Wish::default() };
        let reading = match read(&path.to_string_lossy(), self.loaded, wish) {
            Ok(reading) => reading,
            Err(error) => {
                let cause = error.message();
                let again = self.again(job);
                trial.problem = Some(format!("its log cannot be read: {cause}, or {again}"));
                return;
            }
        };
        let told = reading.input.client_version.as_ref().map(|v| v.value.clone()).unwrap_or_default();
        if told != version {
            trial.problem = Some(format!("{told} ran instead: its log says so"));
            return;
        }
        trial.servers =
            reading.input.servers.iter().map(|s| (s.name.clone(), Outcome::of_word(s.outcome))).collect();
        let findings = reading.diagnosis.findings.iter().filter(|f| f.kind != Kind::Benign);
        trial.findings = findings
            .map(|f| Found {
                id: f.id.clone(),
                severity: f.severity,
                server: f.server.as_deref().map(str::to_owned),
            })
            .collect();
    }
}

/// The calls that were answered well, and all.
fn calls(seen: &[Seen]) -> (usize, usize) {
    let all = seen.iter().filter(|s| s.rpc.as_deref() == Some("tools/call"));
    (all.clone().filter(|s| s.is_good_call()).count(), all.count())
}

fn gone(job: &Job) -> Error {
    Error::new(ErrorKind::Run, job.version.to_string(), "its scenario is gone", "report this")
}
