//! `patterns lint [PACK]`.

use clap::Args;

use super::subject::Subject;
use crate::cli::options::Output;
use crate::cli::{Exit, output};
use crate::error::Result;
use crate::pattern::lint::Grade;
use crate::report::patterns::{Linted, linted};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The pack: a folder or a .tar.gz [default: the built-in pack and those installed]
    #[arg(value_name = "PACK")]
    pack: Option<String>,
    /// Show what is not wrong but worth a look, too
    #[arg(long)]
    notes: bool,
    /// More pattern packs, below the one that is looked at (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let subject = Subject::of(arguments.pack.as_deref(), &arguments.patterns)?;
    let found: Vec<Linted> =
        subject.lints().into_iter().map(|(pack, lints)| Linted { pack: pack.to_owned(), lints }).collect();
    output::write(linted(&found, arguments.notes), &arguments.output)?;
    let wrong = found.iter().flat_map(|p| &p.lints).any(|l| l.grade == Grade::Fault);
    Ok(if wrong { Exit::Something } else { Exit::Nothing })
}
