//! Where versions of the client come from, as options and the environment say.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use semver::Version;

use super::output;
use crate::bisect::registry::{Cache, Npmrc, Registry, Supply, Told};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::ClientDef;
use crate::report::size;

/// Where versions come from.
#[derive(Debug, Args)]
pub(super) struct Supplying {
    /// Take what is cached or installed, and open no connection
    #[arg(long)]
    pub(super) offline: bool,
    /// How large the cache may grow, in GB; what was used longest ago goes first
    #[arg(long, value_name = "GB", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1000))]
    cache_size: u64,
}

/// The environment as text; what is no text names no registry and no folder of ours.
pub(super) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}

/// How the client is fetched and run.
pub(super) fn client() -> Result<ClientDef> {
    ClientDef::builtin().ok_or_else(|| {
        let cause = "what this build knows of the client is broken";
        Error::new(ErrorKind::Pack, "client.json", cause, "report this")
    })
}

impl Supplying {
    /// The supply that these options ask for.
    pub(super) fn supply<'d>(&self, def: &'d ClientDef) -> Result<Supply<'d>> {
        let environment = environment();
        let cache = Cache::place(&environment).map(|root| Cache::new(root, self.cache_size * 1_000_000_000));
        let registry = if self.offline { None } else { Some(Registry::new(npmrc(&environment))?) };
        Ok(Supply::new(def, cache, registry, &environment))
    }
}

/// What is on this disk, and nothing else.
pub(super) fn on_this_disk(def: &ClientDef) -> Supply<'_> {
    let environment = environment();
    let cache = Cache::place(&environment).map(|root| Cache::new(root, u64::MAX));
    Supply::new(def, cache, None, &environment)
}

/// The versions that the registry has today, with their days.
pub(super) fn released(def: &ClientDef) -> Result<BTreeMap<Version, Option<String>>> {
    let environment = environment();
    let supply = Supply::new(def, None, Some(Registry::new(npmrc(&environment))?), &environment);
    supply.released().unwrap_or_else(|| Ok(BTreeMap::new()))
}

/// npm's settings: of the user, then of the project, then of the environment, each laid over the one before.
fn npmrc(environment: &BTreeMap<String, String>) -> Npmrc {
    let of =
        |name: &str| environment.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone());
    let home = of("HOME").or_else(|| of("USERPROFILE"));
    let user = of("npm_config_userconfig").or_else(|| home.map(|h| format!("{h}/.npmrc")));
    let mut npmrc = Npmrc::default();
    for (path, name) in
        [(of("npm_config_globalconfig"), None), (user, Some("~/.npmrc")), (Some(".npmrc".to_owned()), None)]
    {
        let Some(path) = path else { continue };
        if let Ok(text) = std::fs::read_to_string(Path::new(&path)) {
            npmrc.add_file(name.unwrap_or(&path), &text, environment);
        }
    }
    npmrc.add_environment(environment);
    npmrc
}

/// Tells how fetching goes: a line that moves where a person looks on, else one line a version.
pub(super) fn tell(told: Told<'_>) {
    match told {
        Told::Waiting(version) => {
            output::say(&format!("{version}: another lastgood is fetching it; waiting"));
        }
        Told::Bytes(version, so_far, of) => output::progress(&bar(version, so_far, of)),
        Told::Unpacking(version) => output::progress(&format!("{version}: unpacking")),
        Told::Evicted(version) => output::say(&format!("{version}: removed from the cache to make room")),
    }
}

fn bar(version: &Version, so_far: u64, of: Option<u64>) -> String {
    const WIDTH: u64 = 24;
    match of.filter(|of| *of > 0) {
        Some(of) => {
            let full = (so_far.min(of) * WIDTH / of) as usize;
            let bar = format!("{}{}", "#".repeat(full), ".".repeat(WIDTH as usize - full));
            format!("{version}: [{bar}] {} of {}", size(so_far), size(of))
        }
        None => format!("{version}: {}", size(so_far)),
    }
}
