//! Writes: the report to where it was asked for, errors to standard error.
#![allow(clippy::print_stderr)] // this is the one place that may

use std::io::{self, IsTerminal, Write};

use super::options::{Output, When};
use super::{clipboard, summary};
use crate::error::{Error, ErrorKind, Result};
use crate::render::{self, Look};
use crate::report::Report;
use crate::source::{self, Log};

/// Columns where no terminal says otherwise.
const WIDTH: usize = 80;

/// Renders a report and writes it to all places asked for. A reader that closes the pipe early is no error.
pub(super) fn write(report: &Report, output: &Output) -> Result<()> {
    let text = rendered(report, output.format(), &look(output))?;
    match &output.file {
        Some(path) => std::fs::write(path, text).map_err(|e| cannot_write(path, &e))?,
        None => pipe(&text)?,
    }
    if output.github_summary {
        summary::append(&rendered(report, "markdown", &look(output))?)?;
    }
    if output.copy {
        let format = Some(output.format()).filter(|name| *name != "terminal").unwrap_or("markdown");
        clipboard::copy(&rendered(report, format, &Look { colour: false, ..look(output) })?)?;
    }
    Ok(())
}

fn rendered(report: &Report, format: &str, look: &Look) -> Result<String> {
    match render::by_name(format) {
        Some(format) => Ok((format.render)(report, look)),
        None => Err(Error::new(ErrorKind::Usage, "--format", "no such format", "see --help for the list")),
    }
}

/// A file that cannot be written.
pub(super) fn cannot_write(path: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Output, path, error.to_string(), "choose a place that can be written to")
}

fn pipe(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Output, "standard output", e.to_string(), "check where it leads"))
        }
        _ => Ok(()),
    }
}

fn look(output: &Output) -> Look {
    let terminal = output.file.is_none() && io::stdout().is_terminal();
    let measured = || terminal_size::terminal_size().filter(|_| terminal).map(|(w, _)| usize::from(w.0));
    let width = output.width.map(usize::from).or_else(measured).unwrap_or(WIDTH).max(40);
    let (colour, unicode) = (colour(output.color, terminal), !output.ascii && speaks_unicode());
    Look { width, colour, unicode, max_chars: output.max_chars }
}

/// Flag before `NO_COLOR` before `CLICOLOR_FORCE` before what standard output is.
fn colour(when: When, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto if set("NO_COLOR") => false,
        When::Auto if set("CLICOLOR_FORCE") => true,
        When::Auto => terminal && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
    }
}

/// Whether the locale can show more than ASCII; one that says nothing is taken to.
fn speaks_unicode() -> bool {
    let value =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    value.is_none_or(|v| v.to_ascii_lowercase().contains("utf"))
}

/// Tells an error.
pub(super) fn complain(error: &Error) {
    eprintln!("lastgood: {error}");
}

/// The newest log of this machine's user; tells which it is.
pub(super) fn latest() -> Result<Log> {
    let (log, said) = source::latest()?;
    warn("--latest", &format!("{}, {said}", log.label));
    Ok(log)
}

/// Tells something that does not stop the run.
pub(super) fn warn(about: &str, message: &str) {
    eprintln!("lastgood: {about}: {message}");
}
