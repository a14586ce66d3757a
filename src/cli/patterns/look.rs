//! `patterns list`, `show` and `explain`: looking at signatures, changing nothing.

use clap::Args;
use semver::Version;

use super::subject::signature;
use crate::classify::{Classifier, Event, Understood};
use crate::cli::options::{Output, version};
use crate::cli::{Exit, knowledge, output};
use crate::diagnose::{self, Compiled, End, Vocabulary, compile, diagnose_case};
use crate::error::{Error, ErrorKind, Result};
use crate::parse;
use crate::pattern::{Expect, Knowledge, Signature};
use crate::report::patterns::{self, Explained, Page};
use crate::source::Source;
use crate::timeline::Summary;

#[derive(Debug, Args)]
pub(super) struct List {
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The signature; a revision behind it, as reports write it, is left out
    #[arg(value_name = "ID")]
    id: String,
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The signature
    #[arg(value_name = "ID")]
    id: String,
    /// The log; `-` is standard input
    #[arg(value_name = "LOG")]
    log: String,
    /// The client's version, where the log does not say
    #[arg(long, value_name = "V", value_parser = version)]
    client_version: Option<String>,
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn list(arguments: &List) -> Result<Exit> {
    let knowledge = knowledge::known(&arguments.patterns)?;
    knowledge.errors.iter().for_each(|e| output::warn("pack", &e.to_string()));
    output::write(patterns::list(&knowledge), &arguments.output)?;
    Ok(Exit::Nothing)
}

pub(super) fn show(arguments: &Show) -> Result<Exit> {
    let knowledge = knowledge::known(&arguments.patterns)?;
    let signature = signature(&knowledge, &arguments.id)?;
    let rule = compiled(signature, &knowledge)?;
    let case = signature.def.tests.iter().find(|t| t.expect == Expect::Match);
    let found = case.map(|c| (c, diagnose_case(c, std::slice::from_ref(&rule), &knowledge)));
    let proof = found.as_ref().and_then(|(case, diagnosis)| Some((*case, diagnosis.findings.first()?)));
    let page = patterns::page(&Page { signature, proof, knowledge: &knowledge });
    output::write(page, &arguments.output)?;
    Ok(Exit::Nothing)
}

pub(super) fn explain(arguments: &Explain) -> Result<Exit> {
    let knowledge = knowledge::known(&arguments.patterns)?;
    let signature = signature(&knowledge, &arguments.id)?;
    let rule = compiled(signature, &knowledge)?;
    let mut classifier = Classifier::new(&knowledge);
    let mut summary = Summary::new(&knowledge);
    let mut events: Vec<Event> = Vec::new();
    let (dialect, tally) = parse::read(Source::open(&arguments.log)?, &mut |line| {
        let understood = classifier.line(line);
        summary.see(line, &understood);
        if let Understood::Event(event) = understood {
            events.push(event.clone());
        }
    })?;
    let (stamp, line) = (summary.last_stamp(), summary.last_line());
    let input = summary.finish(&arguments.log, dialect, tally, arguments.client_version.as_deref());
    let client = input.client_version.as_ref().and_then(|v| Version::parse(&v.value).ok());
    let attempts = diagnose::explain(&rule, &events, End { stamp, line, client: client.as_ref() });
    let applies = rule.applicability(client.as_ref()).is_some();
    let told = Explained { signature, input: &input, attempts: &attempts, applies };
    output::write(patterns::explained(&told), &arguments.output)?;
    Ok(Exit::Nothing)
}

fn compiled(signature: &Signature, knowledge: &Knowledge) -> Result<Compiled> {
    let words = Vocabulary::new(knowledge.catalogue.events().iter().map(|e| &**e));
    compile(signature, &words).map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        let remedy = format!("see `lastgood patterns lint {}`", signature.source);
        Error::new(ErrorKind::Pack, signature.id.as_str(), first, remedy)
    })
}
