//! Sets the stage for one run of a client: scripted servers, the stub of the model, and the files that name them.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::output;
use crate::bisect::drive::Scratch;
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::{self, Child, Gateway, Listen, Record};
use crate::pattern::{ClientDef, LoginState, Scenario};

/// Servers that live as long as one run.
pub(super) struct Stage {
    gateway: Gateway,
    config: PathBuf,
    record: PathBuf,
}

impl Stage {
    /// Servers and files for a run in `scratch`.
    pub(super) fn set(scenario: &Scenario, scratch: &Scratch) -> Result<Self> {
        let folder = scratch.temporary();
        let [file, record, config] =
            ["scenario.json", "seen.jsonl", "mcp.json"].map(|name| folder.join(format!("lastgood-{name}")));
        written(&file, serde_json::to_vec(&scenario.def).unwrap_or_default())?;
        let kept = OpenOptions::new().append(true).create(true).open(&record);
        let kept = kept.map_err(|e| unwritable(&record, &e))?;
        let failed = |what: &str, e: &io::Error| {
            let remedy = "see that loopback is up, and that ports and file descriptors are left";
            let subject = format!("scenario {}", scenario.id);
            Error::new(ErrorKind::Run, subject, format!("{what}: {e}"), remedy)
        };
        let gateway = Gateway::start(&scenario.def, Listen::default(), Record::new(Some(kept)));
        let gateway = gateway.map_err(|e| failed("its servers cannot listen on loopback", &e))?;
        let program = std::env::current_exe().map_err(|e| failed("this program cannot find itself", &e))?;
        let nothing = folder.join("does-not-exist");
        let child = Child { program: &program, scenario: &file, record: &record, nothing: &nothing };
        let servers = gateway::mcp_config(&scenario.def, &gateway, child);
        let servers = servers.map_err(|e| failed("no port could be tried", &e))?;
        written(&config, servers.to_string().into_bytes())?;
        store_logins(scenario, scratch, &servers)?;
        Ok(Self { gateway, config, record })
    }

    /// The file that names the servers.
    pub(super) fn config(&self) -> &Path {
        &self.config
    }

    /// Where the client finds the stub of the model's API, and the proxy if there is one; nothing is laid over these.
    pub(super) fn environment(&self, def: &ClientDef) -> Vec<(OsString, OsString)> {
        let (model, proxy) = (self.gateway.origin(), self.gateway.proxy());
        let stub = def.stub.environment.iter().map(|(n, v)| (n.into(), v.replace("{model}", &model).into()));
        let through = proxy.iter().flat_map(|at| {
            def.proxy.iter().map(move |(n, v)| (OsString::from(n), OsString::from(v.replace("{proxy}", at))))
        });
        stub.chain(through).collect()
    }

    /// Keeps what the servers saw at `place`; all of it or none.
    pub(super) fn keep(&self, place: &Path) -> Result<()> {
        let lost = |cause: String| {
            let remedy = "make room for temporary files, and run the same command again to go on";
            Error::new(ErrorKind::Output, self.record.display().to_string(), cause, remedy)
        };
        self.gateway.record().error().map_or(Ok(()), |cause| Err(lost(cause)))?;
        let copied = fs::copy(&self.record, place);
        copied.map(drop).map_err(|e| output::cannot_write(&place.display().to_string(), &e))
    }
}

/// Writes the logins of the scenario into the scratch home, where the client looks for its own.
fn store_logins(scenario: &Scenario, scratch: &Scratch, config: &Value) -> Result<()> {
    let stored = scenario.def.servers.iter().filter(|s| s.login == Some(LoginState::Expired));
    let servers: Vec<(&str, &Value)> =
        stored.map(|s| (s.name.as_str(), &config["mcpServers"][s.name.as_str()])).collect();
    let Some(login) = ClientDef::builtin().map(|def| def.login).filter(|_| !servers.is_empty()) else {
        return Ok(());
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_millis() as i64);
    let place = scratch.home().join(&login.file);
    place.parent().map_or(Ok(()), fs::create_dir_all).map_err(|e| unwritable(&place, &e))?;
    written(&place, login.ran_out(&servers, now).to_string().into_bytes())
}

fn written(place: &Path, bytes: Vec<u8>) -> Result<()> {
    fs::write(place, bytes).map_err(|e| unwritable(place, &e))
}

fn unwritable(place: &Path, error: &io::Error) -> Error {
    let remedy = "free some space there, or name another folder with TMPDIR";
    Error::new(ErrorKind::Run, place.display().to_string(), error.to_string(), remedy)
}

/// The variables of the scenario's file. They come first: what isolates a run, and the stub, are laid over them.
pub(super) fn variables(scenario: &Scenario) -> Vec<(OsString, OsString)> {
    scenario.def.environment.iter().map(|(n, v)| (n.into(), v.into())).collect()
}

/// What a consent says of them: those of the file with their values, and the names of the stub's and of the proxy's.
pub(super) fn shown(def: &ClientDef, scenario: &Scenario) -> Vec<String> {
    let own = scenario.def.environment.iter().map(|(name, value)| format!("{name}={value}"));
    let proxy = def.proxy.keys().filter(|_| scenario.def.proxy.is_some());
    own.chain(def.stub.environment.keys().chain(proxy).cloned()).collect()
}

/// The tool that the stub calls, and the client lets it.
pub(super) fn tool(scenario: &Scenario) -> String {
    gateway::tool_name(&scenario.def)
}

/// Arguments of the client that let it use the tool without asking.
pub(super) fn arguments(def: &ClientDef, scenario: &Scenario) -> Vec<String> {
    let tool = tool(scenario);
    def.stub.arguments.iter().map(|word| word.replace("{tool}", &tool)).collect()
}
