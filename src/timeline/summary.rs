//! What a log is, in constant memory: form, clock, version, counts, and the outcome of each server.

mod join;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::outcome::{Health, Outcome};
use crate::classify::{Event, Understood, VersionReader};
use crate::parse::{BySame, Clock, Dialect, LogLine, Passed, Stamp};
use crate::pattern::{Knowledge, Phase};
use crate::source::{Tally, server_in};

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
    /// How many client sessions follow each other in it, where it is more than one: all but the last are over, and what
    /// is said of a server is said of the last one in which it occurs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_sessions: Option<u32>,
    /// The versions of all client sessions of the log, where they are several, each once, as they first came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client_versions: Vec<String>,
    /// What the client says that it runs on, as Node names it: `linux`, `darwin`, `win32`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// How much of a clock it has: `full`, `time-of-day`, `none`.
    pub clock: &'static str,
    /// Lines that concern MCP.
    pub mcp_lines: u64,
    /// Those of them that a wording covers.
    pub mcp_lines_classified: u64,
    /// The servers, in the order in which they first appear.
    pub servers: Vec<ServerSummary>,
    /// The files that it was put together from, where it is more than one: lines are numbered in each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Part>,
    /// The lines of the file from which to which it reaches, where it is an excerpt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<(u64, u64)>,
}

/// One file of several that are one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its path.
    pub path: String,
    /// The server that it is about.
    pub server: Option<String>,
    /// Digest of its bytes.
    pub sha256: String,
    /// Number of lines.
    pub lines: u64,
}

impl Part {
    fn of((path, tally): (String, Tally)) -> Self {
        let server = server_in(&path).map(str::to_owned);
        Self { path, server, sha256: tally.sha256, lines: tally.lines }
    }
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
    /// A reader that has seen nothing, for the next session.
    blank: VersionReader,
    /// The versions of the sessions that the log tells apart, where it or the page around it says.
    of_sessions: BTreeMap<u32, SessionVersion>,
    session: u32,
    /// How many of the sessions that follow each other have any server, and which of them was the last.
    with_servers: (u32, Option<u32>),
    mcp_lines: u64,
    classified: u64,
    clock: Clock,
    first: Option<Stamp>,
    last: Option<Stamp>,
    last_line: u64,
    platform: Option<String>,
    /// In the order in which they first appear.
    servers: Vec<(Arc<str>, Server)>,
    by_name: BTreeMap<Arc<str>, usize>,
    /// The server of the line before: most lines are about the same.
    recent: usize,
    /// Whether events have nothing that a summary shows.
    plain: BySame<bool>,
}

/// What is known of the client version of one session.
#[derive(Debug)]
struct SessionVersion {
    reader: VersionReader,
    told: Option<String>,
}

impl SessionVersion {
    /// The version, and where it was read.
    fn value(&self) -> Option<(&str, &str)> {
        self.reader.version().or(self.told.as_deref().map(|v| (v, "banner")))
    }
}

#[derive(Debug, Default)]
struct Server {
    transport: Option<String>,
    place: Option<String>,
    healths: Healths,
}

/// What became of a server in the client sessions of a log. That which began last counts: what went before does not change
/// what can be used in the end.
#[derive(Debug, Default)]
struct Healths {
    /// The session of the last event, whether the log tells it apart from others, and what became of the server in it.
    now: Option<(u32, bool, Health)>,
    /// Those that may go on.
    others: BTreeMap<u32, Health>,
}

impl Healths {
    /// What became of the server so far in the session of an event.
    fn of(&mut self, event: &Event) -> &mut Health {
        if self.now.as_ref().is_none_or(|now| now.0 != event.session) {
            self.turn_to(event.session, event.apart);
        }
        let now = self.now.get_or_insert_with(|| (event.session, false, Health::default()));
        now.1 |= event.apart;
        &mut now.2
    }

    /// Of sessions that follow each other one that is left is over.
    fn turn_to(&mut self, session: u32, apart: bool) {
        if let Some((old, may_go_on, health)) = self.now.take()
            && (may_go_on || apart || session < old)
        {
            self.others.insert(old, health);
        }
        let health = self.others.remove(&session).unwrap_or_default();
        self.now = Some((session, apart, health));
    }

    fn last(&self) -> Health {
        let now = self.now.iter().map(|(session, _, health)| (session, health));
        let last = now.chain(self.others.iter().next_back()).max_by_key(|(session, _)| **session);
        last.map(|(_, health)| health.clone()).unwrap_or_default()
    }
}

/// What a summary shows of an event's fields.
#[derive(Debug, Default)]
struct Facts<'e> {
    /// Whether the event may have anything that a summary shows. Most have nothing.
    any: bool,
    platform: Option<&'e str>,
    transport: Option<&'e str>,
    url: Option<&'e str>,
}

impl<'e> Facts<'e> {
    fn of(event: &'e Event) -> Self {
        let mut facts = Self { any: true, ..Self::default() };
        // Of two fields of the same name the first counts.
        for (name, value) in event.fields.iter().rev() {
            match &**name {
                "platform" => facts.platform = value.as_str(),
                // Later lines may name it otherwise (`UNKNOWN connection closed`); how it is connected to is what counts.
                "transport" if event.phase() == Phase::Connect => facts.transport = value.as_str(),
                "url" => facts.url = value.as_str(),
                _ => {}
            }
        }
        facts
    }

    fn are_none(&self) -> bool {
        self.platform.is_none() && self.transport.is_none() && self.url.is_none()
    }
}

/// So many servers are looked through one by one: faster than spelling a name.
const NEAR: usize = 8;

/// The fields of events that a summary looks at.
pub const FIELDS: [&str; 5] = ["transport", "url", "session", "cause", "platform"];

impl Summary {
    /// For a new log.
    pub fn new(knowledge: &Knowledge) -> Self {
        Self {
            version: VersionReader::new(knowledge),
            blank: VersionReader::new(knowledge),
            of_sessions: BTreeMap::new(),
            session: 0,
            with_servers: (0, None),
            mcp_lines: 0,
            classified: 0,
            clock: Clock::None,
            first: None,
            last: None,
            last_line: 0,
            platform: None,
            servers: Vec::new(),
            by_name: BTreeMap::new(),
            recent: 0,
            plain: BySame::default(),
        }
    }

    /// Takes a line and what became of it.
    pub fn see(&mut self, line: &LogLine<'_>, understood: &Understood<'_>) {
        if let Understood::Event(event) = understood
            && event.session > self.session
            && !event.apart
        {
            self.version.next_session(self.session);
            self.session = event.session;
        }
        if line.session.is_none() {
            self.version.see(line);
        }
        self.outside(line);
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
                if event.apart {
                    self.see_session(event, line);
                }
                let facts = self.facts(event);
                if let Some(platform) = facts.platform {
                    put(&mut self.platform, platform);
                }
                if let Some(name) = &event.server {
                    let session = Some(event.session).filter(|_| !event.apart);
                    if session.is_some() && session != self.with_servers.1 {
                        self.with_servers = (self.with_servers.0 + 1, session);
                    }
                    self.server(name).see(event, &facts);
                }
            }
        }
    }

    /// What a summary shows of an event. Of lines that say the same it is remembered if that is nothing: a look at each field is a look far into memory.
    fn facts<'e>(&mut self, event: &'e Event) -> Facts<'e> {
        let known = event.same.and_then(|same| self.plain.get(same)).copied();
        let plain = known.unwrap_or_else(|| Facts::of(event).are_none() && Health::is_plain(event));
        if let Some(same) = event.same.filter(|_| known.is_none()) {
            self.plain.put(same, plain);
        }
        if plain { Facts::default() } else { Facts::of(event) }
    }

    /// Takes a line that concerns nobody: its clock alone matters.
    pub fn outside(&mut self, line: &LogLine<'_>) {
        self.last_line = line.number;
        if line.stamp.is_some() {
            self.first = self.first.or(line.stamp);
            self.last = line.stamp;
            self.clock = if self.clock == Clock::Full { Clock::Full } else { line.clock };
        }
    }

    /// Takes lines that concern nobody, all at once.
    pub fn pass(&mut self, passed: &Passed<'_>) {
        self.last_line = passed.last().1;
        if passed.last().0.is_some() {
            self.first = self.first.or(passed.first().0);
            self.last = passed.last().0;
            self.clock = Clock::Full;
        }
    }

    fn see_session(&mut self, event: &Event, line: &LogLine<'_>) {
        let Self { of_sessions, blank, .. } = self;
        let known = of_sessions
            .entry(event.session)
            .or_insert_with(|| SessionVersion { reader: blank.clone(), told: None });
        known.reader.see(line);
        if let Some(version) = line.session.and_then(|s| s.version).filter(|_| known.told.is_none()) {
            known.told = Some(version.to_owned());
        }
    }

    /// The client versions of the sessions that the log tells apart, as far as known.
    pub fn versions(&self) -> Vec<(u32, String)> {
        self.told_apart().collect()
    }

    /// The client version of a session that was just over, as far as known.
    pub fn version_of_ended(&self, session: u32) -> Option<&str> {
        self.version.of_ended(session)
    }

    fn told_apart(&self) -> impl Iterator<Item = (u32, String)> {
        self.of_sessions.iter().filter_map(|(s, v)| Some((*s, v.value()?.0.to_owned())))
    }

    fn server(&mut self, name: &Arc<str>) -> &mut Server {
        let recent = self.servers.get(self.recent).is_some_and(|(known, _)| Arc::ptr_eq(known, name));
        if !recent {
            let near = self.servers.iter().take(NEAR).position(|(known, _)| Arc::ptr_eq(known, name));
            self.recent = near.or_else(|| self.by_name.get(name).copied()).unwrap_or_else(|| {
                self.by_name.insert(Arc::clone(name), self.servers.len());
                self.servers.push((Arc::clone(name), Server::default()));
                self.servers.len() - 1
            });
        }
        &mut self.servers[self.recent].1
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
        let known = self.by_name.get(server).and_then(|at| self.servers.get(*at));
        known.map_or(Outcome::Unknown, |(_, s)| s.health().outcome())
    }

    /// The finished object. `told` is a version that the user gave: it stands in where the log is silent, and the
    /// file's name where both are.
    pub fn finish(self, path: &str, dialect: &Dialect, tally: Tally, told: Option<&str>) -> Input {
        let read =
            |value: &str, source: &str| VersionRead { value: value.to_owned(), source: source.to_owned() };
        let mut of_sessions = self.of_sessions.values().rev();
        let in_log = of_sessions.find_map(SessionVersion::value).or_else(|| self.version.version());
        let in_log = in_log.map(|(v, s)| read(v, s));
        let in_name = || version_in_name(path).map(|v| read(&v, "file-name"));
        let client_version = in_log.or(told.map(|v| read(v, "option"))).or_else(in_name);
        let mut all = self.version.all();
        let mut known: BTreeSet<String> = all.iter().cloned().collect();
        all.extend(self.told_apart().map(|(_, v)| v).filter(|v| known.insert(v.clone())));
        let client_versions = Some(all).filter(|all| all.len() > 1).unwrap_or_default();
        let form = if self.clock == Clock::None { dialect.form_without_clock } else { dialect.form };
        Input {
            path: path.to_owned(),
            sha256: tally.sha256,
            lines: tally.lines,
            form,
            client_version,
            client_sessions: Some(self.with_servers.0).filter(|n| *n > 1),
            client_versions,
            platform: self.platform,
            clock: self.clock.as_str(),
            mcp_lines: self.mcp_lines,
            mcp_lines_classified: self.classified,
            servers: self.servers.into_iter().map(|(name, s)| s.summary(&name)).collect(),
            files: tally.parts.into_iter().map(Part::of).collect(),
            excerpt: None,
        }
    }
}

impl Server {
    fn see(&mut self, event: &Event, facts: &Facts<'_>) {
        let health = self.healths.of(event);
        if !facts.any {
            return health.see_plain(event);
        }
        health.see(event);
        if let Some(transport) = facts.transport
            && !self.transport.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(transport))
        {
            self.transport = Some(transport.to_ascii_lowercase());
        }
        if let Some(url) = facts.url {
            put(&mut self.place, url);
        }
    }

    fn health(&self) -> Health {
        self.healths.last()
    }

    fn summary(self, name: &str) -> ServerSummary {
        let health = self.health();
        ServerSummary {
            name: name.to_owned(),
            outcome: health.outcome().as_str(),
            connected: health.connected_once(),
            tools_ready: health.tools_ready(),
            calls_ok: health.calls_ok,
            calls_failed: health.calls_failed,
            connects: health.connects,
            transport: self.transport,
            place: self.place,
        }
    }
}

/// Writes a text where another may stand already.
fn put(place: &mut Option<String>, text: &str) {
    if place.as_deref() != Some(text) {
        *place = Some(text.to_owned());
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
