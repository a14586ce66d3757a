//! Packs: folders (or the embedded built-in one) of `pack.json`, `events/*.json`, `signatures/*.json`,
//! `scenarios/*.json` and `clauses/*.json`.
//!
//! Comes in: named texts. Goes out: [`Knowledge`]. Each file is read on its own: what is wrong with one becomes a
//! [`PackError`] with its line and column, and the rest goes on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use semver::{Version, VersionReq};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::catalogue::Catalogue;
use super::clause::{ClauseFile, ClientClause, ServerClause};
use super::event::{EventDef, EventFile, Scope};
use super::scenario::Scenario;
use super::signature::{SignatureDef, Status};
use super::versions::{Published, VersionFile};
use super::wording::Wording;

/// The label of the built-in pack, which is its id, too.
pub const BUILTIN: &str = "mcp";

/// Where a pack was read from, and its files: path inside the pack, and text.
pub type Folder = (String, Vec<(String, String)>);

/// The format of pack files that this build reads.
pub(super) const SCHEMA: u32 = 1;

/// The file of a pack that lists the published versions of the client.
const VERSIONS: &str = "versions.json";

/// `pack.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PackInfo {
    /// Version of the format.
    pub schema: u32,
    /// The pack's name.
    pub id: String,
    /// The pack's own version.
    #[cfg_attr(test, schemars(with = "String"))]
    pub version: Version,
    /// The versions of lastgood that can use it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub engine: VersionReq,
    /// SPDX licence expression.
    pub license: String,
    /// Who answers for it.
    pub maintainers: Vec<String>,
    /// What it is about.
    #[serde(default)]
    pub about: String,
    /// The public key of minisign that every archive of this pack is signed with from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How lines begin that concern MCP but no single server.
    #[serde(default)]
    pub mcp_heads: Vec<String>,
    /// Where a log names the client's version.
    #[serde(default)]
    pub version_marks: Vec<VersionMark>,
}

impl PackInfo {
    /// What the `pack.json` among the files of a pack says, if this build can use it.
    pub fn in_files(files: &[(String, String)]) -> Option<Self> {
        Self::in_texts(files)
    }

    fn in_texts(files: &[(impl AsRef<str>, impl AsRef<str>)]) -> Option<Self> {
        let (_, text) = files.iter().find(|(path, _)| path.as_ref() == "pack.json")?;
        serde_json::from_str(text.as_ref()).ok().filter(|info| refusal(info).is_none())
    }
}

/// A place where a log names the client's version: in a line of a certain shape, right behind `before`. What a server
/// printed, a tool answered or a person wrote may hold the same text, in a line of another shape.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VersionMark {
    /// The line that it stands in, as a wording.
    pub line: String,
    /// Where that line stands: after a server's head, or as a whole message.
    #[serde(default, skip_serializing_if = "Scope::is_server")]
    pub scope: Scope,
    /// The literal text before the version.
    pub before: String,
    /// `user-agent` or `banner`.
    pub source: String,
}

/// A pack as reports cite it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackId {
    /// The pack's name.
    pub id: String,
    /// The pack's version.
    pub version: String,
    /// Over the names and texts of its files, in order.
    pub sha256: String,
}

/// A file of a pack that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackError {
    /// The pack it belongs to, and the file inside it.
    pub file: String,
    /// 1-based, where known.
    pub line: Option<usize>,
    /// 1-based, where known.
    pub column: Option<usize>,
    /// What is wrong.
    pub problem: String,
}

impl std::fmt::Display for PackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// A signature with its place.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Its id: the name of its file.
    pub id: String,
    /// The pack it came from.
    pub pack: String,
    /// The folder that the pack was read from; the pack's name for the built-in one.
    pub source: String,
    /// Whether it is known to be in order: that of the built-in pack is, by the tests, and no other, whatever its name.
    pub checked: bool,
    /// What its file says.
    pub def: Arc<SignatureDef>,
    /// Whether an overlay switched it on or off; `None`: its status decides.
    pub switched: Option<bool>,
}

impl Signature {
    /// Whether it is looked for: what is in the sandbox, or replaced, is off unless it was switched on.
    pub fn is_on(&self) -> bool {
        self.switched.unwrap_or(matches!(self.def.status, Status::Stable | Status::Test))
    }
}

/// Everything that is known, from all packs.
#[derive(Debug)]
pub struct Knowledge {
    /// The packs, in the order in which they were laid on top of each other.
    pub packs: Vec<PackId>,
    /// The events.
    pub catalogue: Catalogue,
    /// The signatures, by id.
    pub signatures: Vec<Signature>,
    /// How lines begin that concern MCP but no single server.
    pub mcp_heads: Vec<String>,
    /// Where a log names the client's version.
    pub version_marks: Vec<VersionMark>,
    /// The versions of the client that were published.
    pub published: Published,
    /// The scripted servers, by id.
    pub scenarios: Vec<Scenario>,
    /// What MCP asks of clients.
    pub client_clauses: Vec<ClientClause>,
    /// What MCP asks of servers.
    pub server_clauses: Vec<ServerClause>,
    /// Files that cannot be used.
    pub errors: Vec<PackError>,
}

/// The built-in pack: path inside the pack, and text.
pub fn builtin_files() -> &'static [(&'static str, &'static str)] {
    include!(concat!(env!("OUT_DIR"), "/pack_mcp.rs"))
}

/// The digest of the built-in pack, whole.
const BUILTIN_SHA256: &str = include_str!(concat!(env!("OUT_DIR"), "/pack_mcp_sha256.txt"));

/// The same as far as logs are read by it: without tests, samples, scenarios, clauses and the list of versions.
fn builtin_for_logs() -> &'static [(&'static str, &'static str)] {
    include!(concat!(env!("OUT_DIR"), "/pack_mcp_for_logs.rs"))
}

impl Knowledge {
    /// The built-in pack alone.
    pub fn builtin() -> Self {
        Self::load(&[])
    }

    /// The built-in pack with others on top: each a label and its files. Later packs add events, wordings and
    /// signatures; a signature of the same id replaces the earlier one, and a usable pack of the same id the whole
    /// earlier pack: that is how one is worked on, and how knowledge is newer than the program.
    pub fn load(more: &[Folder]) -> Self {
        Self::load_onto(builtin_files(), more)
    }

    /// The same as far as logs are read by it: the built-in pack without its tests, samples, scenarios, clauses and list of
    /// versions.
    pub fn load_for_logs(more: &[Folder]) -> Self {
        Self::load_onto(builtin_for_logs(), more)
    }

    fn load_onto(builtin: &[(&str, &str)], more: &[Folder]) -> Self {
        let mut all: Vec<(&str, Vec<(&str, &str)>)> = vec![(BUILTIN, builtin.to_vec())];
        for (label, files) in more {
            all.push((label, files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()));
        }
        let ids: Vec<Option<String>> =
            all.iter().map(|(_, files)| PackInfo::in_texts(files).map(|i| i.id)).collect();
        let mut gathered = Gathered::default();
        for (i, (label, files)) in all.into_iter().enumerate() {
            let replaced =
                |id: &Option<String>| id.is_some() && ids.iter().skip(i + 1).any(|later| later == id);
            if !ids.get(i).is_some_and(replaced) {
                let sha256 = if i == 0 { BUILTIN_SHA256.to_owned() } else { digest(files.iter().copied()) };
                gathered.checked = i == 0;
                gathered.add(label, files, sha256);
            }
        }
        gathered.finish()
    }

    /// A scenario by id.
    pub fn scenario(&self, id: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|s| s.id == id)
    }

    /// A signature by id.
    pub fn signature(&self, id: &str) -> Option<&Signature> {
        self.signatures.iter().find(|s| s.id == id)
    }
}

#[derive(Default)]
struct Gathered {
    /// Whether the signatures of the pack that is added are known to be in order.
    checked: bool,
    packs: Vec<PackId>,
    events: Vec<EventDef>,
    signatures: BTreeMap<String, Signature>,
    mcp_heads: Vec<String>,
    version_marks: Vec<VersionMark>,
    published: Published,
    scenarios: BTreeMap<String, Scenario>,
    clauses: (Vec<ClientClause>, Vec<ServerClause>),
    errors: Vec<PackError>,
}

impl Gathered {
    fn add(&mut self, label: &str, mut files: Vec<(&str, &str)>, sha256: String) {
        files.sort_unstable();
        let info = files.iter().find(|(p, _)| *p == "pack.json");
        let Some(info) = info.and_then(|(p, text)| self.read::<PackInfo>(label, p, text)) else {
            if info.is_none() {
                self.errors.push(problem(
                    label,
                    "pack.json",
                    "the pack has no pack.json; add one (see patterns/README.md)",
                ));
            }
            return;
        };
        if let Some(refusal) = refusal(&info) {
            self.errors.push(problem(label, "pack.json", &refusal));
            return;
        }
        self.packs.push(PackId { id: info.id.clone(), version: info.version.to_string(), sha256 });
        self.mcp_heads.extend(info.mcp_heads);
        for mark in info.version_marks {
            match Wording::compile(&mark.line) {
                Ok(_) => self.version_marks.push(mark),
                Err(cause) => {
                    self.errors.push(problem(label, "pack.json", &format!("`{}`: {cause}", mark.line)));
                }
            }
        }
        for (path, text) in files {
            match path.split_once('/') {
                None if path == VERSIONS => self.add_versions(label, path, text),
                Some(("events", _)) => self.add_events(label, path, text),
                Some(("signatures", name)) => self.add_signature(label, &info.id, path, name, text),
                Some(("scenarios", name)) => self.add_scenario(label, path, name, text),
                Some(("clauses", _)) => self.add_clauses(label, path, text),
                _ => {}
            }
        }
    }

    fn add_events(&mut self, label: &str, path: &str, text: &str) {
        let Some(file) = self.read::<EventFile>(label, path, text) else { return };
        if file.schema != SCHEMA {
            self.errors.push(problem(label, path, &unknown_schema(file.schema)));
            return;
        }
        for def in file.events {
            match self.events.iter_mut().find(|e| e.id == def.id) {
                Some(known) => known.wordings.extend(def.wordings),
                None => self.events.push(def),
            }
        }
    }

    fn add_signature(&mut self, label: &str, pack: &str, path: &str, name: &str, text: &str) {
        let Some(def) = self.read::<SignatureDef>(label, path, text) else { return };
        if def.schema != SCHEMA {
            self.errors.push(problem(label, path, &unknown_schema(def.schema)));
            return;
        }
        let id = name.trim_end_matches(".json").to_owned();
        self.signatures.insert(
            id.clone(),
            Signature {
                id,
                pack: pack.to_owned(),
                source: label.to_owned(),
                checked: self.checked,
                def: Arc::new(def),
                switched: None,
            },
        );
    }

    fn add_scenario(&mut self, label: &str, path: &str, name: &str, text: &str) {
        match Scenario::parse(name.trim_end_matches(".json"), &format!("{label}/{path}"), text) {
            Ok(scenario) => drop(self.scenarios.insert(scenario.id.clone(), scenario)),
            Err(problems) => self.errors.extend(problems),
        }
    }

    /// A clause of an id that is known replaces that one.
    fn add_clauses(&mut self, label: &str, path: &str, text: &str) {
        let Some(file) = self.read::<ClauseFile>(label, path, text) else { return };
        if file.schema != SCHEMA {
            self.errors.push(problem(label, path, &unknown_schema(file.schema)));
            return;
        }
        let (client, server) = &mut self.clauses;
        client.retain(|c| !file.client.iter().any(|n| n.id == c.id));
        server.retain(|c| !file.server.iter().any(|n| n.id == c.id));
        client.extend(file.client);
        server.extend(file.server);
    }

    fn add_versions(&mut self, label: &str, path: &str, text: &str) {
        let Some(file) = self.read::<VersionFile>(label, path, text) else { return };
        if file.schema == SCHEMA {
            self.published.extend(file);
        } else {
            self.errors.push(problem(label, path, &unknown_schema(file.schema)));
        }
    }

    fn read<T: DeserializeOwned>(&mut self, label: &str, path: &str, text: &str) -> Option<T> {
        match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(e) => {
                let at = |n: usize| (n > 0).then_some(n);
                self.errors.push(PackError {
                    file: format!("{label}/{path}"),
                    line: at(e.line()),
                    column: at(e.column()),
                    problem: without_position(&e.to_string()),
                });
                None
            }
        }
    }

    fn finish(mut self) -> Knowledge {
        let (catalogue, problems) = Catalogue::compile(self.events);
        self.errors.extend(problems.into_iter().map(|(event, text, why)| PackError {
            file: format!("event {event}"),
            line: None,
            column: None,
            problem: format!("wording `{text}`: {why}"),
        }));
        Knowledge {
            packs: self.packs,
            catalogue,
            signatures: self.signatures.into_values().collect(),
            mcp_heads: self.mcp_heads,
            version_marks: self.version_marks,
            published: self.published,
            scenarios: self.scenarios.into_values().collect(),
            client_clauses: self.clauses.0,
            server_clauses: self.clauses.1,
            errors: self.errors,
        }
    }
}

/// Why this build cannot use a pack, if it cannot.
pub(super) fn refusal(info: &PackInfo) -> Option<String> {
    if info.schema != SCHEMA {
        return Some(unknown_schema(info.schema));
    }
    let engine = Version::parse(env!("CARGO_PKG_VERSION")).ok()?;
    let fits = info.engine.matches(&engine);
    (!fits).then(|| {
        format!(
            "the pack asks for lastgood {}, this is {engine}; update lastgood or take an older pack",
            info.engine
        )
    })
}

pub(super) fn unknown_schema(schema: u32) -> String {
    format!("schema {schema} is not known to this version, which reads schema {SCHEMA}; update lastgood")
}

fn problem(label: &str, path: &str, what: &str) -> PackError {
    PackError { file: format!("{label}/{path}"), line: None, column: None, problem: what.to_owned() }
}

/// `serde_json` ends its messages with the position, which the error carries already.
pub(super) fn without_position(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(head, _)| head).to_owned()
}

/// SHA-256 over names and texts, in order. Over what findings are made of. Three things are no part of it, for they decide
/// no finding: the list of versions, which changes with every release of the client and is cited by its own day; scenarios,
/// whose records cite them; and clauses.
pub(super) fn digest<'f>(files: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let mut hash = Sha256::new();
    let decides =
        |path: &str| path != VERSIONS && !path.starts_with("scenarios/") && !path.starts_with("clauses/");
    let mut files: Vec<(&str, &str)> = files.filter(|(path, _)| decides(path)).collect();
    files.sort_unstable();
    for (path, text) in files {
        hash.update((path.len() as u64).to_le_bytes());
        hash.update(path);
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{BUILTIN_SHA256, Knowledge, builtin_files, digest};

    #[test]
    fn the_digest_that_is_embedded_is_that_of_the_files() {
        assert_eq!(digest(builtin_files().iter().copied()), BUILTIN_SHA256);
    }

    #[test]
    fn for_logs_the_pack_lacks_nothing_that_a_finding_is_made_of() {
        let (whole, lean) = (Knowledge::load(&[]), Knowledge::load_for_logs(&[]));
        assert!(lean.errors.is_empty() && lean.signatures.iter().all(|s| s.def.tests.is_empty()));
        let signatures = |k: &Knowledge| {
            let mut all = k.signatures.clone();
            all.iter_mut().for_each(|s| Arc::make_mut(&mut s.def).tests.clear());
            format!("{all:?}")
        };
        let events = |k: &Knowledge| {
            let mut all: Vec<_> = k.catalogue.events().iter().map(|e| (**e).clone()).collect();
            for wording in all.iter_mut().flat_map(|e| &mut e.wordings) {
                (wording.samples, wording.seen) = (Vec::new(), Vec::new());
            }
            format!("{all:?}")
        };
        assert_eq!(signatures(&whole), signatures(&lean));
        assert_eq!(events(&whole), events(&lean));
        assert_eq!(format!("{:?}", whole.packs), format!("{:?}", lean.packs));
        assert_eq!(whole.mcp_heads, lean.mcp_heads);
    }

    #[test]
    fn no_pack_but_the_built_in_one_is_known_to_be_in_order_whatever_its_name() {
        let files = builtin_files().iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
        let theirs = Knowledge::load(&[(super::BUILTIN.to_owned(), files)]);
        assert!(theirs.signatures.iter().all(|s| !s.checked) && !theirs.signatures.is_empty());
        assert!(Knowledge::builtin().signatures.iter().all(|s| s.checked));
    }
}
