//! Finds the scenarios that a user names: by id, or by the path of a file.

use std::path::Path;

use super::output;
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{Knowledge, Scenario, nearest};

/// A scenario by its id or by the path of its file.
pub(super) fn find(name: &str, knowledge: &Knowledge) -> Result<Scenario> {
    if let Some(known) = knowledge.scenario(name) {
        return Ok(known.clone());
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|e| e == "json") || path.is_file() {
        return read(path);
    }
    let near = nearest(name, knowledge.scenarios.iter().map(|s| s.id.as_str()));
    let cause = near.map_or_else(
        || "there is no such scenario".to_owned(),
        |near| format!("there is no such scenario; did you mean {near}?"),
    );
    let remedy = "see `lastgood gateway --list`, or name the file of one of your own";
    Err(Error::new(ErrorKind::Usage, name, cause, remedy))
}

/// A scenario in a file of its own.
fn read(path: &Path) -> Result<Scenario> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::input(path, e))?;
    let id = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let shown = path.display().to_string();
    Scenario::parse(&id, &shown, &text).map_err(|problems| {
        problems.iter().skip(1).for_each(|p| output::warn("scenario", &p.to_string()));
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        let (subject, cause) = first.split_once(": ").unwrap_or((&shown, &first));
        Error::new(ErrorKind::Pack, subject, cause, "mend it; patterns/README.md explains every field")
    })
}
