//! The step summary of GitHub Actions.
//!
//! Comes in: the report as Markdown. Goes out: that text, at the end of the file that `GITHUB_STEP_SUMMARY` names.
//! Outside of a workflow there is no such file, which is told and is no error.

use std::fs::OpenOptions;
use std::io::Write;

use super::output::{cannot_write, warn};
use crate::error::Result;

/// The variable in which the runner names the file.
const VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// Appends a page.
pub(super) fn append(page: &str) -> Result<()> {
    let Some(path) = std::env::var(VARIABLE).ok().filter(|path| !path.is_empty()) else {
        warn("--github-summary", &format!("{VARIABLE} is not set, so there is no summary to write to"));
        return Ok(());
    };
    let file = OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(format!("{page}\n").as_bytes()));
    written.map_err(|e| cannot_write(&path, &e))
}
