//! How the client is fetched and run: `patterns/client.json`.
//!
//! Comes in: that file, embedded; a pack of somebody else's cannot bring one, for it would decide what is run. Goes out: [`ClientDef`]: which package holds a version on which platform, what of it is
//! needed, and with which arguments it writes a debug log. Facts alone; it fetches and runs nothing.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::login::LoginDef;

const BUILTIN: &str = include_str!("../../patterns/client.json");

/// `client.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientDef {
    /// Version of the format.
    pub schema: u32,
    /// The package whose versions are the client's.
    pub package: String,
    /// What the client is asked for where nobody says.
    pub prompt: String,
    /// The arguments that let it call tools without asking; `{tools}` is filled in.
    pub allow: Vec<String>,
    /// What all tools of a server are called there; `{server}` is filled in.
    pub tools: String,
    /// `OS/ARCHITECTURE` as Rust names them, with `-musl` behind the system where that is its C library, to the name that
    /// packages give the platform.
    pub platforms: BTreeMap<String, String>,
    /// Where an installer leaves versions, below the home folder; `{version}` is filled in.
    pub installed: Vec<String>,
    /// Variables that every run gets.
    pub environment: BTreeMap<String, String>,
    /// The only variables that a scenario may set, for a scenario is a file of somebody's and the client runs with them.
    pub scenario_environment: Vec<String>,
    /// How it is told to use a stub of the model's API in place of the model.
    pub stub: StubDef,
    /// Variables that tell it of the proxy of a scenario; `{proxy}` is where that is.
    pub proxy: BTreeMap<String, String>,
    /// How it stores that a user has logged in to a server.
    pub login: LoginDef,
    /// How it is packed, by version.
    pub layouts: Vec<Layout>,
}

/// How the client is told to use a stub of the model's API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StubDef {
    /// Variables; `{model}` is where the stub is.
    pub environment: BTreeMap<String, String>,
    /// Further arguments; `{tool}` is the tool that the stub calls.
    pub arguments: Vec<String>,
}

/// How some versions are packed and run. `{platform}` and `{exe}` (`.exe` where programs are called so) are filled in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The versions.
    pub versions: VersionReq,
    /// The package that holds what is run.
    pub package: String,
    /// The program that runs the entry, from `PATH`; without it the entry is a program of its own.
    #[serde(default)]
    pub runtime: Option<String>,
    /// The file that is run.
    pub entry: String,
    /// What is taken out of the package: a file, `*.EXTENSION` at its top, or `FOLDER/`.
    pub take: Vec<String>,
    /// The arguments; `{prompt}`, `{log}` and `{mcp_config}` are filled in.
    pub arguments: Vec<String>,
    /// The folder below the home in which the log is, where it cannot be told a place.
    #[serde(default)]
    pub logs: Option<String>,
}

impl ClientDef {
    /// What this build knows of the client; `None` only if its own file is broken, which a test rules out.
    pub fn builtin() -> Option<Self> {
        serde_json::from_str(BUILTIN).ok()
    }

    /// How `version` is packed.
    pub fn layout(&self, version: &Version) -> Option<&Layout> {
        self.layouts.iter().find(|l| l.versions.matches(version))
    }

    /// All tools of these servers, as `{tools}` takes them. The client writes `_` for what a tool's name cannot hold.
    pub fn tools_of<'s>(&self, servers: impl Iterator<Item = &'s str>) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let of =
            |server: &str| self.tools.replace("{server}", &server.chars().map(plain).collect::<String>());
        servers.map(of).collect::<Vec<_>>().join(",")
    }

    /// What packages call a platform.
    pub fn platform(&self, system: &str, architecture: &str) -> Option<&str> {
        self.platforms.get(&format!("{system}/{architecture}")).map(String::as_str)
    }
}

impl Layout {
    /// Whether the file at `path`, below the top of the package, is needed.
    pub fn takes(&self, path: &str, exe: &str) -> bool {
        self.take.iter().map(|t| t.replace("{exe}", exe)).any(|take| match take.strip_prefix('*') {
            Some(end) => !path.contains('/') && path.ends_with(end),
            None if take.ends_with('/') => path.starts_with(&take),
            None => path == take,
        })
    }
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::ClientDef;

    #[test]
    fn the_runtime_changes_with_the_first_version_that_is_a_program_of_its_own() {
        let client = ClientDef::builtin().unwrap();
        let of = |v: &str| client.layout(&Version::parse(v).unwrap()).unwrap();
        assert_eq!(of("2.1.112").runtime.as_deref(), Some("node"));
        assert_eq!(of("2.1.113").runtime, None);
        assert!(of("1.0.3").logs.is_some() && of("2.1.147").logs.is_none());
        assert_eq!(client.platform("linux-musl", "aarch64"), Some("linux-arm64-musl"));
        assert_eq!(client.platform("plan9", "mips"), None);
    }

    #[test]
    fn all_tools_of_a_server_are_named_as_the_client_does() {
        let client = ClientDef::builtin().unwrap();
        assert_eq!(client.tools_of(["my-http-mcp", "a b.c_d"].into_iter()), "mcp__my-http-mcp,mcp__a_b_c_d");
    }

    #[test]
    fn only_what_is_named_is_taken_out_of_a_package() {
        let client = ClientDef::builtin().unwrap();
        let native = client.layout(&Version::new(2, 1, 147)).unwrap();
        assert!(
            native.takes("claude", "")
                && !native.takes("claude", ".exe")
                && native.takes("claude.exe", ".exe")
        );
        assert!(!native.takes("README.md", "") && !native.takes("vendor/claude", ""));
        let script = client.layout(&Version::new(2, 1, 100)).unwrap();
        assert!(
            script.takes("cli.js", "")
                && script.takes("yoga.wasm", "")
                && script.takes("vendor/rg/x64/rg", "")
        );
        assert!(
            !script.takes("sub/yoga.wasm", "")
                && !script.takes("cli.js.map", "")
                && !script.takes("install.cjs", "")
        );
    }
}
