//! What runs are judged by, and what makes two searches comparable.

use std::path::{Path, PathBuf};

use super::super::super::knowledge::Loaded;
use super::super::super::scenario;
use super::Arguments;
use super::course::Ends;
use crate::bisect::ledger::Begin;
use crate::bisect::run::digest;
use crate::error::{Error, Result};

/// What runs are judged by, in words.
pub(super) fn by(arguments: &Arguments) -> String {
    match (&arguments.signature, &arguments.against) {
        (Some(id), _) => id.clone(),
        (None, Some(log)) => format!("behaviour, against {log}"),
        (None, None) if arguments.command.is_empty() => {
            "behaviour, against the log of the good end".to_owned()
        }
        (None, None) => "the exit status of the command".to_owned(),
    }
}

/// The beginning of this search. Its digest is over all that decides what a run says: the command, the servers, the
/// signature or log, the prompt, the time, and the platform.
pub(super) fn begin(
    arguments: &Arguments,
    loaded: &Loaded,
    ends: &Ends,
    rule: Option<usize>,
) -> Result<Begin> {
    let mut parts: Vec<Vec<u8>> =
        [std::env::consts::OS, std::env::consts::ARCH].map(|p| p.as_bytes().to_vec()).to_vec();
    parts.push(arguments.timeout.to_string().into());
    parts.push(arguments.command.len().to_string().into());
    parts.extend(arguments.command.iter().map(|word| word.clone().into_bytes()));
    for path in
        arguments.mcp_config.iter().map(PathBuf::as_path).chain(arguments.against.iter().map(Path::new))
    {
        parts.push(std::fs::read(path).map_err(|e| Error::input(path, e))?);
    }
    if let Some(name) = arguments.gateway() {
        let scenario = scenario::find(name, &loaded.knowledge)?;
        parts.push(serde_json::to_vec(&scenario.def).unwrap_or_default());
    }
    parts.push(arguments.prompt.clone().unwrap_or_default().into());
    if arguments.allow_tools {
        parts.push(b"tools allowed".to_vec());
    }
    let names = [&arguments.subject.server, &arguments.pass_env];
    parts.extend(names.iter().map(|all| all.join("\n").into_bytes()));
    if let Some(rule) = rule.and_then(|index| loaded.rules.get(index)) {
        parts.push(format!("{}@{}", rule.id(), rule.def().rev).into());
    }
    let probe = digest(&parts);
    Ok(Begin::new(ends.good.clone(), ends.bad.clone(), by(arguments), probe))
}
