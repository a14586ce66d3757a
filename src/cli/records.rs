//! The records of `gateway --record` that belong to the two logs of a `diff`.
//!
//! A record that cannot be read, or of which a line is broken, is told and left out: what is missing in it may be what
//! would clear a client. The logs are compared all the same.

use std::collections::BTreeSet;

use super::options::Subject;
use crate::align::Diff;
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::{Record, Seen};
use crate::report::{self, RecordSide, Records, Report};
use crate::source::Source;
use crate::timeline::Input;

/// A record, read.
struct Read {
    path: String,
    sha256: String,
    seen: Vec<Seen>,
}

/// What was asked for of the records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The record of the good side.
    pub(super) good: Option<&'a str>,
    /// The record of the bad side.
    pub(super) bad: Option<&'a str>,
    /// The servers that are asked for.
    pub(super) subject: &'a Subject,
    /// Whether equal requests are shown, too.
    pub(super) all: bool,
}

/// The report with what the servers saw, and whether every record could be read. The logs come with their names.
pub(super) fn beside(
    report: Report,
    asked: Asked<'_>,
    diff: &Diff,
    logs: ((&Input, &str), (&Input, &str)),
) -> (Report, bool) {
    if asked.good.is_none() && asked.bad.is_none() {
        return (report, true);
    }
    let mut errors = Vec::new();
    let mut read = |path: Option<&str>| match path.map(read_record)? {
        Ok(read) => Some(narrowed(read, asked.subject)),
        Err(error) => {
            errors.push((error.subject().to_owned(), error.message()));
            None
        }
    };
    let (good, bad) = (read(asked.good), read(asked.bad));
    for (path, message) in &errors {
        super::output::warn(path, message);
    }
    let paths: Vec<&str> = [&good, &bad].into_iter().flatten().map(|r| r.path.as_str()).collect();
    let mut names = report::labels(&paths).into_iter();
    let names = [good.as_ref().and_then(|_| names.next()), bad.as_ref().and_then(|_| names.next())];
    let records = Records {
        diff,
        good: shown(good.as_ref(), names[0].as_deref(), logs.0),
        bad: shown(bad.as_ref(), names[1].as_deref(), logs.1),
        errors: &errors,
        all: asked.all,
    };
    (report::with_records(report, &records), errors.is_empty())
}

fn shown<'a>(
    read: Option<&'a Read>,
    name: Option<&'a str>,
    log: (&'a Input, &'a str),
) -> Option<RecordSide<'a>> {
    let (read, name) = read.zip(name)?;
    Some(RecordSide {
        path: &read.path,
        name,
        sha256: &read.sha256,
        seen: &read.seen,
        log: log.0,
        log_name: log.1,
    })
}

/// Leaves only what was asked for. A record calls a server as its scenario does: where it has but one, that is meant.
fn narrowed(mut read: Read, subject: &Subject) -> Read {
    let own = |s: &Seen| s.server.clone().filter(|name| name != "model");
    let servers: BTreeSet<String> = read.seen.iter().filter_map(own).collect();
    if !subject.server.is_empty() {
        read.seen.retain(|s| own(s).is_some_and(|name| servers.len() == 1 || subject.wants(&name)));
    }
    read
}

fn read_record(path: &str) -> Result<Read> {
    let mut source = Source::open(path)?;
    let mut text = String::new();
    while let Some((_, line)) = source.next_line()? {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    let sha256 = source.finish()?.sha256;
    let remedy = "give the file that `lastgood gateway --record` wrote, or the `.seen.jsonl` that `lastgood reproduce` keeps";
    let refused = |cause: String| Error::new(ErrorKind::Input, path, cause, remedy);
    let seen = Record::parse(&text).map_err(refused)?;
    if seen.is_empty() {
        return Err(refused("it holds no request".to_owned()));
    }
    Ok(Read { path: path.to_owned(), sha256, seen })
}
