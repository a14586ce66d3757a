//! The servers of a run where they are scripted: `--gateway SCENARIO`.

use std::ffi::OsString;
use std::path::PathBuf;

#[cfg(feature = "gateway")]
use super::super::super::stage::{self, Stage};
use crate::bisect::drive::Scratch;
use crate::error::Result;
use crate::pattern::{ClientDef, Scenario};

/// What scripted servers add to a run; they live as long as this.
#[derive(Default)]
pub(super) struct Scenery {
    /// The file that names the servers.
    pub(super) config: Option<PathBuf>,
    /// Variables of the scenario's file, over which everything else is laid.
    pub(super) variables: Vec<(OsString, OsString)>,
    /// What the client gets to know of the stub of the model's API.
    pub(super) environment: Vec<(OsString, OsString)>,
    #[cfg(feature = "gateway")]
    _stage: Option<Stage>,
}

/// Sets the stage for a run in `scratch`; without a scenario there is none.
#[cfg(feature = "gateway")]
pub(super) fn set(scenario: Option<&Scenario>, def: &ClientDef, scratch: &Scratch) -> Result<Scenery> {
    let Some(scenario) = scenario else { return Ok(Scenery::default()) };
    let stage = Stage::set(scenario, scratch)?;
    Ok(Scenery {
        config: Some(stage.config().to_owned()),
        variables: stage::variables(scenario),
        environment: stage.environment(def),
        _stage: Some(stage),
    })
}

/// Arguments of the client that let it use the tool without asking.
#[cfg(feature = "gateway")]
pub(super) fn arguments(scenario: Option<&Scenario>, def: &ClientDef) -> Vec<String> {
    scenario.map(|s| stage::arguments(def, s)).unwrap_or_default()
}

/// What a consent says of the variables, and the tool that the client may call.
#[cfg(feature = "gateway")]
pub(super) fn shown(scenario: &Scenario, def: &ClientDef) -> (Vec<String>, String) {
    (stage::shown(def, scenario), stage::tool(scenario))
}

/// There are no scripted servers in this build, and no option that asks for them.
#[cfg(not(feature = "gateway"))]
pub(super) fn set(_: Option<&Scenario>, _: &ClientDef, _: &Scratch) -> Result<Scenery> {
    Ok(Scenery::default())
}

/// None, for there are no scripted servers in this build.
#[cfg(not(feature = "gateway"))]
pub(super) fn arguments(_: Option<&Scenario>, _: &ClientDef) -> Vec<String> {
    Vec::new()
}

/// Nothing, for there are no scripted servers in this build.
#[cfg(not(feature = "gateway"))]
pub(super) fn shown(_: &Scenario, _: &ClientDef) -> (Vec<String>, String) {
    (Vec::new(), String::new())
}
