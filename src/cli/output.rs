//! Writes: the report to where it was asked for, errors to standard error.
#![allow(clippy::print_stderr)] // this is the one place that may

use std::io::{self, IsTerminal, Write};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::options::{Output, When};
use super::reading::threads;
use super::{clipboard, summary};
use crate::error::{Error, ErrorKind, Result};
use crate::redact::{self, Count, Redacted, Redactor};
use crate::render::{self, Format, Look};
use crate::report::Report;
use crate::source::{self, Log};

/// Columns where no terminal says otherwise.
const WIDTH: usize = 80;

/// Renders a report and writes it to all places asked for. A reader that closes the pipe early is no error.
pub(super) fn write(report: Report, output: &Output) -> Result<()> {
    let mut shown = Shown::of(report, output);
    let text = shown.rendered(output.format(), &look(output))?;
    if let Shown::Redacted(report) = &shown
        && output.redactions
    {
        tell_redactions(&report.counts());
    }
    match &output.file {
        Some(path) => std::fs::write(path, text).map_err(|e| cannot_write(path, &e))?,
        None => pipe(&text)?,
    }
    if output.github_summary {
        summary::append(&shown.rendered("markdown", &look(output))?)?;
    }
    if output.copy {
        let format = Some(output.format()).filter(|name| *name != "terminal").unwrap_or("markdown");
        clipboard::copy(&shown.rendered(format, &Look { colour: false, ..look(output) })?)?;
    }
    // The program is about to end: to give a report of many logs back piece by piece would only take time.
    mem::forget(shown);
    Ok(())
}

/// A report as it may be shown.
enum Shown {
    Whole(Report),
    Redacted(Box<Redacted>),
}

impl Shown {
    /// The report without what is secret, unless that is asked for.
    fn of(report: Report, output: &Output) -> Self {
        if output.no_redact {
            return Self::Whole(report);
        }
        Self::Redacted(Box::new(redact::report(report, threads())))
    }

    /// The report in a format.
    fn rendered(&mut self, name: &str, look: &Look) -> Result<String> {
        let Some(format) = render::by_name(name) else {
            return Err(Error::new(
                ErrorKind::Usage,
                "--format",
                "no such format",
                "see --help for the list",
            ));
        };
        match self {
            Self::Whole(report) => Ok((format.render)(report, look)),
            Self::Redacted(report) => safe(report, format, look),
        }
    }
}

/// A file that cannot be written.
pub(super) fn cannot_write(path: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Output, path, error.to_string(), "choose a place that can be written to")
}

/// The text without what is secret. It is looked through once more before anyone sees it.
fn safe(redacted: &mut Redacted, format: &Format, look: &Look) -> Result<String> {
    let render = |report: &Report| (format.render)(report, look);
    let text = render(&redacted.report);
    if let Err(leak) = redacted.check(&text, render) {
        let cause = format!("a secret was left in the report (rule {}), so it is not shown", leak.rule);
        let remedy = "please report this; `--no-redact` shows it to you alone";
        return Err(Error::new(ErrorKind::Secret, format!("--format {}", format.name), cause, remedy));
    }
    Ok(text)
}

/// Lists what was replaced: by rule, never the value.
pub(super) fn tell_redactions(counts: &[Count]) {
    if counts.is_empty() {
        eprintln!("lastgood: nothing was replaced");
    }
    for Count { rule, what, places, values } in counts {
        let places = format!("{places} {}", if *places == 1 { "place" } else { "places" });
        let values = format!("{values} {}", if *values == 1 { "value" } else { "values" });
        eprintln!("lastgood: replaced {rule}: {places}, {values} ({what})");
    }
}

/// Writes to standard output. A reader that closes the pipe early is no error.
pub(super) fn pipe(text: &str) -> Result<()> {
    clear();
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
    Look { width, colour, unicode, max_chars: output.max_chars, threads: threads() }
}

/// Flag before `NO_COLOR` (anything but nothing) before `CLICOLOR_FORCE` (nor 0) before what standard output is.
fn colour(when: When, terminal: bool) -> bool {
    let set = |name: &str, off: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != off);
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto if set("NO_COLOR", "") => false,
        When::Auto if set("CLICOLOR_FORCE", "0") => true,
        When::Auto => terminal && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
    }
}

/// Whether the locale can show more than ASCII; one that says nothing is taken to.
fn speaks_unicode() -> bool {
    let value =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    value.is_none_or(|v| v.to_ascii_lowercase().contains("utf"))
}

/// Tells an error. What is said of an input may hold what the input holds: the name of an entry of an archive.
pub(super) fn complain(error: &Error) {
    clear();
    match error.kind() {
        ErrorKind::Input => eprintln!("lastgood: {}", discreet(&error.to_string())),
        _ => eprintln!("lastgood: {error}"),
    }
}

/// Whether messages may tell all, as reports may with `--no-redact`.
static FRANK: AtomicBool = AtomicBool::new(false);

/// From now on messages hide what reports hide, and no more.
pub(super) fn heed(output: &Output) {
    FRANK.store(output.no_redact, Ordering::Relaxed);
}

/// A message on one line, harmless to a terminal, without what is secret. The user's own folder is `~`, so that a path
/// in it can still be used.
fn discreet(message: &str) -> String {
    let message = render::harmless(message);
    if FRANK.load(Ordering::Relaxed) {
        return message;
    }
    let home = ["HOME", "USERPROFILE"].iter().find_map(|name| std::env::var(name).ok());
    let message = match home.filter(|h| h.len() > 1) {
        Some(home) => message.replace(&home, "~"),
        None => message,
    };
    Redactor::new().text(&message)
}

/// The newest log of this machine's user; tells which it is.
pub(super) fn latest() -> Result<Log> {
    let (log, said) = source::latest()?;
    warn("--latest", &format!("{}, {said}", log.label));
    Ok(log)
}

/// Tells something that does not stop the run.
pub(super) fn warn(about: &str, message: &str) {
    clear();
    eprintln!("lastgood: {}", discreet(&format!("{about}: {message}")));
}

/// Tells how something goes on.
pub(super) fn say(text: &str) {
    clear();
    eprintln!("lastgood: {text}");
}

/// Asks a person; whatever is not yes is no. `None` where nobody is there to answer.
pub(super) fn ask(question: &str) -> Option<bool> {
    if !io::stdin().is_terminal() {
        return None;
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Tells how something goes on in a line that the next one overwrites; nothing where nobody looks on, and nothing where
/// that is what stands there.
pub(super) fn progress(text: &str) {
    static SHOWN: Mutex<String> = Mutex::new(String::new());
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if *shown != text && io::stderr().is_terminal() {
        eprint!("\r\x1b[2K{text}");
        text.clone_into(&mut shown);
    }
}

/// Takes the line of `progress` away.
pub(super) fn clear() {
    progress("");
}
