//! `patterns test [PACK]`.

use clap::Args;

use super::subject::Subject;
use crate::cli::knowledge::Loaded;
use crate::cli::options::Output;
use crate::cli::reading::{Wish, read};
use crate::cli::{Exit, output};
use crate::diagnose::{Finding, is_loud, prove};
use crate::error::Result;
use crate::report::patterns::{self, Tested};
use crate::source::logs_in;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The pack: a folder or a .tar.gz [default: the built-in pack and those installed]
    #[arg(value_name = "PACK")]
    pack: Option<String>,
    /// A log, or a folder of them, in which nothing of a warning or worse may be found (repeatable)
    #[arg(long, value_name = "PATH")]
    good: Vec<String>,
    /// More pattern packs, below the one that is tested (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let subject = Subject::of(arguments.pack.as_deref(), &arguments.patterns)?;
    let (rules, unusable) = subject.rules();
    let on_trial = subject.on_trial();
    let verdict = prove(&rules, &subject.knowledge, &on_trial);
    let loaded = Loaded::new(subject.knowledge, rules, None);
    let judged = |f: &Finding| on_trial.signatures.contains(&f.id);
    let good = noise_in(&arguments.good, &loaded, judged)?;
    let tested = Tested { verdict: &verdict, unusable: &unusable, good: &good, knowledge: &loaded.knowledge };
    output::write(patterns::tested(&tested), &arguments.output)?;
    Ok(if tested.is_ok() { Exit::Nothing } else { Exit::Something })
}

/// What is found in logs in which nothing may be.
fn noise_in(
    paths: &[String],
    loaded: &Loaded,
    judged: impl Fn(&Finding) -> bool,
) -> Result<Vec<(String, Vec<Finding>)>> {
    let mut all = Vec::new();
    for path in paths {
        for log in logs_in(path)? {
            let reading = read(&log, loaded, Wish { diagnosis: true, ..Wish::default() })?;
            let found = reading.diagnosis.findings.into_iter();
            all.push((log, found.filter(|f| judged(f) && is_loud(f, &loaded.knowledge)).collect()));
        }
    }
    Ok(all)
}
