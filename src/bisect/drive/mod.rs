//! Runs a program apart from everything of the user's: one run, one scratch home, one process group.
//!
//! Comes in: an [`Order`]: the command, what it may know of the environment, how long it may take. Goes out: a [`Ran`]:
//! how it ended, what it said last, and its log. Whatever it started is ended with it. It never reads or writes the
//! user's own configuration, and passes no variable that is not on the list or named.

mod child;
mod command;
mod environment;
mod scratch;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use command::{Said, Words, said};
pub use environment::Environment;
pub use scratch::Scratch;

use crate::error::{Error, ErrorKind, Result};

/// More than this a client does not say before it is ended.
const MAX_SAID: u64 = 16 << 20;

/// A larger log is the work of a client that went mad.
const MAX_LOG: u64 = 512 << 20;

/// How much of what was said is kept.
const TAIL: u64 = 2000;

/// What is to be run.
#[derive(Debug)]
pub struct Order<'a> {
    /// The program and its arguments.
    pub command: &'a [OsString],
    /// Where it starts.
    pub folder: &'a Path,
    /// All that it gets to know.
    pub environment: &'a [(OsString, OsString)],
    /// How long it may take.
    pub timeout: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// By itself, with this status.
    Exit(i32),
    /// By a signal, or in another way that is not its own doing.
    Signal(i32),
    /// It took too long and was ended.
    TimedOut,
    /// It wrote too much and was ended.
    TooMuch,
}

/// A run.
#[derive(Debug)]
pub struct Ran {
    /// How it ended.
    pub end: End,
    /// How long it took.
    pub took: Duration,
    /// The end of what it said, without control characters.
    pub said: String,
    /// Its log, if it wrote one; it goes with the [`Scratch`].
    pub log: Option<PathBuf>,
}

/// Runs an order in a scratch home. An error means that it could not be started.
pub fn run(order: &Order<'_>, scratch: &Scratch, logs: Option<&str>) -> Result<Ran> {
    let start = Instant::now();
    let limits = [(scratch.out(), MAX_SAID), (scratch.log(), MAX_LOG)];
    let end = child::run(order, &scratch.out(), &limits).map_err(|e| unstartable(order, &e))?;
    Ok(Ran { end, took: start.elapsed(), said: scratch.tail(TAIL), log: scratch.found_log(logs) })
}

fn unstartable(order: &Order<'_>, error: &io::Error) -> Error {
    let program = order.command.first().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "check the path; it is looked for from where you stand",
        io::ErrorKind::PermissionDenied => "make it executable",
        _ => "check that it runs by hand",
    };
    Error::new(ErrorKind::Run, program, error.to_string(), remedy)
}
