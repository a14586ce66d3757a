//! `patterns overrides [ID off|on|severity S]`: what this user wants otherwise than the packs.

use clap::{Args, ValueEnum};

use super::subject::signature;
use crate::cli::diagnose::Least;
use crate::cli::options::Output;
use crate::cli::{Exit, knowledge, output};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::{Kind, Overlay, Override, Severity, Status};
use crate::report::patterns::{Moved, moved};
use crate::source::Store;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The signature; without it all overrides are shown
    #[arg(value_name = "ID", requires = "change")]
    id: Option<String>,
    /// What is to be with it; `reset` drops what was said
    #[arg(value_name = "CHANGE", value_enum)]
    change: Option<Change>,
    /// The severity, for `severity`
    #[arg(value_name = "SEVERITY", value_enum, required_if_eq("change", "severity"))]
    severity: Option<Least>,
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Change {
    Off,
    On,
    Severity,
    Reset,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let Some(store) = Store::of_user() else {
        let cause = "the environment names no folder for data of this user";
        return Err(Error::new(ErrorKind::Usage, "patterns", cause, "set LASTGOOD_HOME to a folder"));
    };
    let text = store.overrides().unwrap_or_else(|| "{}".to_owned());
    let mut overlay = Overlay::parse(&text).map_err(|problem| {
        Error::new(ErrorKind::Pack, "overrides.json", problem, "mend it, or take it away")
    })?;
    if let (Some(id), Some(change)) = (&arguments.id, arguments.change) {
        let id = alter(&mut overlay, id, change, arguments)?;
        store.write_overrides(&overlay.text())?;
        return tell(&overlay, Some(&id), arguments);
    }
    tell(&overlay, None, arguments)
}

fn alter(overlay: &mut Overlay, id: &str, change: Change, arguments: &Arguments) -> Result<String> {
    let knowledge = knowledge::known(&arguments.patterns)?;
    // What a pack once had may be dropped, though no pack has it now.
    if change == Change::Reset {
        overlay.change(id, |o| *o = Override::default());
        return Ok(id.to_owned());
    }
    let signature = signature(&knowledge, id)?;
    let severity = arguments.severity.map(Severity::from);
    if signature.def.kind == Kind::Benign && severity.is_some_and(|s| s > Severity::Info) {
        let cause = "it is no fault at all, and stays `info`";
        return Err(Error::new(ErrorKind::Usage, id, cause, "leave its severity"));
    }
    let sleeps = matches!(signature.def.status, Status::Sandbox | Status::Deprecated);
    overlay.change(&signature.id, |o| match change {
        Change::Off => o.off = Some(true),
        Change::On => o.off = sleeps.then_some(false),
        Change::Severity => o.severity = severity,
        Change::Reset => {}
    });
    Ok(signature.id.clone())
}

fn tell(overlay: &Overlay, changed: Option<&str>, arguments: &Arguments) -> Result<Exit> {
    let words = |o: Override| {
        let off = o.off.map(|off| if off { "off" } else { "on" }.to_owned());
        let severity =
            o.severity.and_then(|s| serde_json::json!(s).as_str().map(|s| format!("severity {s}")));
        off.into_iter().chain(severity).collect::<Vec<_>>().join(", ")
    };
    let all: Vec<String> = overlay.entries().map(|(id, o)| format!("{id}: {}", words(o))).collect();
    let title = match (changed, all.len()) {
        (Some(id), _) => format!("{id} is changed"),
        (None, 0) => "nothing is overridden".to_owned(),
        (None, n) => format!("{n} overridden"),
    };
    let done = Moved { title, groups: vec![("overrides", all)], remarks: Vec::new() };
    output::write(moved(&done), &arguments.output)?;
    Ok(Exit::Nothing)
}
