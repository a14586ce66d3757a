//! `lastgood redact PATH`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use clap::Args;

use super::{Exit, output};
use crate::error::{Error, ErrorKind, Result};
use crate::redact::LineRedactor;
use crate::source::{MAX_LINE, Source};

/// Stands at the end of a line that was longer than is kept.
const CUT: &str = " <the rest of this line is left out>";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The log; `-` is standard input
    #[arg(value_name = "PATH")]
    path: String,
    /// Write the log to this file instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    file: Option<String>,
    /// List on standard error what was replaced, and how often
    #[arg(long)]
    redactions: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let source = Source::open(&arguments.path)?;
    refuse_overwriting(arguments)?;
    let mut out: Box<dyn Write> = match &arguments.file {
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(|e| unwritable(path, &e))?)),
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let mut redactor = LineRedactor::new();
    let mut written = Ok(());
    source.each_line(&mut |_, line| {
        if written.is_ok() {
            let cut = if line.len() >= MAX_LINE { CUT } else { "" };
            written = writeln!(out, "{}{cut}", redactor.line(line));
        }
    })?;
    match written.and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            return Err(unwritable(arguments.file.as_deref().unwrap_or("standard output"), &e));
        }
        _ => {}
    }
    if arguments.redactions {
        output::tell_redactions(&redactor.counts());
    }
    Ok(Exit::Nothing)
}

/// A log that is read while it is written over would be lost.
fn refuse_overwriting(arguments: &Arguments) -> Result<()> {
    let place = |path: &str| fs::canonicalize(Path::new(path)).ok();
    let same = arguments.file.as_deref().and_then(place).is_some_and(|to| place(&arguments.path) == Some(to));
    if !same {
        return Ok(());
    }
    let cause = "it is the log itself, which would be lost";
    Err(Error::new(ErrorKind::Usage, format!("-o {}", arguments.path), cause, "write to another file"))
}

fn unwritable(path: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Output, path, error.to_string(), "choose a place that can be written to")
}
