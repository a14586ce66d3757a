//! What a log is, in constant memory: form, clock, version, counts, and the outcome of each server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::outcome::{Health, Outcome};
use crate::classify::{Understood, VersionReader};
use crate::parse::{Clock, Dialect, LogLine, Stamp};
use crate::pattern::Knowledge;
use crate::source::Tally;

/// The `input` object of the contract.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// The path as the user wrote it.
    pub path: String,
    /// Digest of the bytes as they stand on disk.
    pub sha256: String,
    /// Number of lines.
    pub lines: u64,
    /// The form of the log.
    pub form: &'static str,
    /// The client's version, where known.
    pub client_version: Option<VersionRead>,
    /// The versions of all client sessions of the log, where they are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client_versions: Vec<String>,
    /// How much of a clock it has: `full`, `time-of-day`, `none`.
    pub clock: &'static str,
    /// Lines that concern MCP.
    pub mcp_lines: u64,
    /// Those of them that a wording covers.
    pub mcp_lines_classified: u64,
    /// The servers, in the order in which they first appear.
    pub servers: Vec<ServerSummary>,
}

/// A version and where it was read: `user-agent`, `banner`, `file-name`, `option`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionRead {
    /// The version.
    pub value: String,
    /// Where it was read.
    pub source: String,
}

/// One server of an `input`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerSummary {
    /// Its name.
    pub name: String,
    /// `http`, `stdio`, …, where the log tells.
    pub transport: Option<String>,
    /// What became of it.
    pub outcome: &'static str,
    /// Whether a connection was ever made.
    pub connected: bool,
    /// Whether its tools can be used at the end.
    pub tools_ready: bool,
    /// Calls answered.
    pub calls_ok: u64,
    /// Calls failed for good.
    pub calls_failed: u64,
    /// Connections made.
    pub connects: u64,
    /// Where it is: its URL, where the log tells.
    pub place: Option<String>,
}

/// Gathers an [`Input`] from the lines of a log.
#[derive(Debug)]
pub struct Summary {
    version: VersionReader,
    session: u32,
    mcp_lines: u64,
    classified: u64,
    clock: Clock,
    first: Option<Stamp>,
    last: Option<Stamp>,
    last_line: u64,
    servers: BTreeMap<Arc<str>, Server>,
    order: Vec<Arc<str>>,
}

#[derive(Debug, Default)]
struct Server {
    session: u32,
    transport: Option<String>,
    place: Option<String>,
    /// Of the current client session: what went before does not change what can be used in the end.
    health: Health,
    /// Sums over the sessions before.
    before: (u64, u64, u64),
}

impl Summary {
    /// For a new log.
    pub fn new(knowledge: &Knowledge) -> Self {
        Self {
            version: VersionReader::new(knowledge),
            session: 0,
            mcp_lines: 0,
            classified: 0,
            clock: Clock::None,
            first: None,
            last: None,
            last_line: 0,
            servers: BTreeMap::new(),
            order: Vec::new(),
        }
    }

    /// Takes a line and what became of it.
    pub fn see(&mut self, line: &LogLine<'_>, understood: &Understood) {
        if let Understood::Event(event) = understood
            && event.session > self.session
        {
            self.session = event.session;
            self.version.next_session();
        }
        self.version.see(line.message);
        self.last_line = line.number;
        if line.stamp.is_some() {
            self.first = self.first.or(line.stamp);
            self.last = line.stamp;
            self.clock = if self.clock == Clock::Full { Clock::Full } else { line.clock };
        }
        match understood {
            Understood::Outside => {}
            Understood::Unknown(unknown) => {
                self.mcp_lines += 1;
                if let Some(name) = &unknown.server {
                    self.server(name);
                }
            }
            Understood::Event(event) => {
                self.mcp_lines += 1;
                self.classified += 1;
                if let Some(name) = event.server.clone() {
                    self.server(&name).see(event);
                }
            }
        }
    }

    fn server(&mut self, name: &Arc<str>) -> &mut Server {
        if !self.servers.contains_key(name) {
            self.order.push(Arc::clone(name));
        }
        self.servers.entry(Arc::clone(name)).or_default()
    }

    /// The first clock of the log.
    pub fn first_stamp(&self) -> Option<Stamp> {
        self.first
    }

    /// The last clock of the log.
    pub fn last_stamp(&self) -> Option<Stamp> {
        self.last
    }

    /// The last line that began a record.
    pub fn last_line(&self) -> u64 {
        self.last_line
    }

    /// The outcome of a server.
    pub fn outcome(&self, server: &str) -> Outcome {
        self.servers.get(server).map_or(Outcome::Unknown, |s| s.health.outcome())
    }

    /// The finished object. `told` is a version that the user gave: it stands in where the log is silent, and the
    /// file's name where both are.
    pub fn finish(self, path: &str, dialect: &Dialect, tally: Tally, told: Option<&str>) -> Input {
        let read =
            |value: &str, source: &str| VersionRead { value: value.to_owned(), source: source.to_owned() };
        let in_log = self.version.version().map(|(v, s)| read(v, s));
        let in_name = || version_in_name(path).map(|v| read(&v, "file-name"));
        let client_version = in_log.or(told.map(|v| read(v, "option"))).or_else(in_name);
        let client_versions = Some(self.version.all()).filter(|all| all.len() > 1).unwrap_or_default();
        let form = if self.clock == Clock::None { dialect.form_without_clock } else { dialect.form };
        let Self { mut servers, order, .. } = self;
        let of = |name: Arc<str>| servers.remove(&name).map(|s| s.summary(&name));
        Input {
            path: path.to_owned(),
            sha256: tally.sha256,
            lines: tally.lines,
            form,
            client_version,
            client_versions,
            clock: self.clock.as_str(),
            mcp_lines: self.mcp_lines,
            mcp_lines_classified: self.classified,
            servers: order.into_iter().filter_map(of).collect(),
        }
    }
}

impl Server {
    fn see(&mut self, event: &crate::classify::Event) {
        if event.session != self.session {
            let h = std::mem::take(&mut self.health);
            self.before =
                (self.before.0 + h.calls_ok, self.before.1 + h.calls_failed, self.before.2 + h.connects);
            self.session = event.session;
        }
        self.health.see(event);
        if let Some(transport) =
            event.str("transport").filter(|t| t.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        {
            self.transport = Some(transport.to_owned());
        }
        if let Some(url) = event.str("url") {
            self.place = Some(url.to_owned());
        }
    }

    fn summary(self, name: &str) -> ServerSummary {
        let (ok, failed, connects) = self.before;
        ServerSummary {
            name: name.to_owned(),
            transport: self.transport,
            outcome: self.health.outcome().as_str(),
            connected: self.health.connected_once(),
            tools_ready: self.health.tools_ready(),
            calls_ok: ok + self.health.calls_ok,
            calls_failed: failed + self.health.calls_failed,
            connects: connects + self.health.connects,
            place: self.place,
        }
    }
}

/// The one version that a file's name holds, e.g. `2.1.147.log` or `debug-2.1.147-print.txt`.
pub fn version_in_name(path: &str) -> Option<String> {
    let name = Path::new(path).file_name()?.to_str()?;
    let runs = name.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let versions: Vec<String> = runs.filter_map(three_numbers).collect();
    (versions.len() == 1).then(|| versions.into_iter().next())?
}

fn three_numbers(run: &str) -> Option<String> {
    let parts: Vec<&str> = run.trim_matches('.').split('.').collect();
    let short = |p: &&str| !p.is_empty() && p.len() <= 4;
    (parts.len() == 3 && parts.iter().all(short)).then(|| parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::version_in_name;

    #[test]
    fn a_version_is_read_from_a_name_that_holds_exactly_one() {
        assert_eq!(version_in_name("logs/2.1.147.log"), Some("2.1.147".to_owned()));
        assert_eq!(version_in_name("debug-2.1.147-print.txt"), Some("2.1.147".to_owned()));
        assert_eq!(version_in_name("2.1.146-to-2.1.147.log"), None);
        assert_eq!(version_in_name("mcp-127.0.0.1.log"), None);
        assert_eq!(version_in_name("bad.log"), None);
    }
}
