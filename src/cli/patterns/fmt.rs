//! `patterns fmt DIR [--check]`.

use std::path::Path;

use clap::Args;

use crate::cli::options::Output;
use crate::cli::{Exit, output};
use crate::error::{Error, ErrorKind, Result};
use crate::pattern::canonical;
use crate::report::patterns::{Moved, moved};
use crate::source::files_of_pack;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The pack's folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: String,
    /// Change nothing; the exit status is 1 if something would be changed
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let folder = Path::new(&arguments.folder);
    let (mut changed, mut broken) = (Vec::new(), Vec::new());
    for (path, text) in files_of_pack(folder)? {
        match canonical(&path, &text) {
            Ok(new) if new == text => {}
            Ok(new) => {
                if !arguments.check {
                    write(&folder.join(&path), &new)?;
                }
                changed.push(path);
            }
            Err(problem) => broken.push(format!("{path}: {problem}")),
        }
    }
    let exit = match () {
        () if !broken.is_empty() => Exit::Trouble,
        () if arguments.check && !changed.is_empty() => Exit::Something,
        () => Exit::Nothing,
    };
    let title = match (changed.len(), arguments.check) {
        (0, _) => "nothing to change".to_owned(),
        (n, true) => format!("{n} would be changed"),
        (n, false) => format!("{n} changed"),
    };
    let groups = vec![("changed", changed), ("does not parse", broken)];
    output::write(moved(&Moved { title, groups, remarks: Vec::new() }), &arguments.output)?;
    Ok(exit)
}

/// Writes a file of a pack.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).and_then(|()| std::fs::write(path, text)).map_err(|e| {
        let remedy = "choose a folder that can be written to";
        Error::new(ErrorKind::Output, path.display().to_string(), e.to_string(), remedy)
    })
}
