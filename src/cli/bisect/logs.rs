//! `lastgood bisect logs PATH...`.

use clap::Args;

use super::super::knowledge::{self, Loaded};
use super::super::options::{Output, Subject};
use super::super::reading::{Wish, read};
use super::super::{Exit, output};
use crate::bisect::{Asked, Choice, Judge, Log, Sign, bisect, choose};
use crate::diagnose::{Compiled, Diagnosis};
use crate::error::{Error, ErrorKind, Result};
use crate::parse;
use crate::report::{self, Bisected, JudgedBy};
use crate::source::{Source, logs_in};
use crate::timeline::Summary;

const EXAMPLES: &str = "\
Examples:
  lastgood bisect logs logs/                              which version broke it, and which one fixed it?
  lastgood bisect logs logs/ --signature get-404-session-expiry-loop
  lastgood bisect logs logs/ --against good.log           no known failure: by behaviour alone

Exit status: 0 found between tested neighbours, 1 no boundary, 2 trouble, 3 a range only, 4 not monotone, \
5 flaky below the asked confidence.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Logs, or folders of them; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// The known failure to judge by [default: the one that splits the logs best]
    #[arg(long, value_name = "ID", conflicts_with = "against")]
    signature: Option<String>,
    /// Judge by behaviour alone: bad is what `diff` calls regressed against this log
    #[arg(long, value_name = "GOOD")]
    against: Option<String>,
    /// How sure a boundary at a flaky version must be, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 95, value_parser = clap::value_parser!(u8).range(50..=99))]
    confidence: u8,
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    output: Output,
}

pub(in crate::cli) fn run(arguments: &Arguments) -> Result<Exit> {
    let loaded = knowledge::load(&arguments.subject.patterns)?;
    let asked_for = arguments.signature.as_deref().map(|id| index_of(id, &loaded)).transpose()?;
    let against = arguments.against.as_deref().map(|path| anchor(path, arguments, &loaded)).transpose()?;
    let (logs, errors) = gather(arguments, &loaded);
    let logs: Vec<Log> = against.into_iter().chain(logs).collect();
    refuse_emptiness(arguments, &logs, &errors)?;
    let asked = Asked {
        servers: &arguments.subject.server,
        published: &loaded.knowledge.published,
        confidence: f64::from(arguments.confidence) / 100.0,
    };
    let catalogue = &loaded.knowledge.catalogue;
    let open = asked_for.is_none() && arguments.against.is_none();
    let chosen = open.then(|| choose(&loaded.rules, catalogue, &logs, asked)).flatten();
    let (judge, judged_by) = judge(arguments, &loaded, asked_for, chosen.as_ref(), &logs);
    let bisection = bisect(&logs, judge, asked);
    let report = report::bisect(&Bisected {
        bisection: &bisection,
        logs: &logs,
        judged_by,
        driven: false,
        confidence: asked.confidence,
        knowledge: &loaded.knowledge,
        rules: &loaded.rules,
        errors: &errors,
    });
    output::write(report, &arguments.output)?;
    loaded.end(if errors.is_empty() { super::exit(bisection.table.ending) } else { Exit::Trouble })
}

/// What the logs are judged by, and how that came about.
fn judge<'a>(
    arguments: &Arguments,
    loaded: &'a Loaded,
    asked_for: Option<usize>,
    chosen: Option<&'a Choice>,
    logs: &'a [Log],
) -> (Judge<'a>, JudgedBy<'a>) {
    if let Some(good) = logs.first().filter(|_| arguments.against.is_some()) {
        return (Judge::Against(good), JudgedBy::Against(good));
    }
    let index = asked_for.or(chosen.map(|c| c.index));
    let rule = index.and_then(|index| Some((index, loaded.rules.get(index)?)));
    let Some((index, rule)) = rule else { return (Judge::Nothing, JudgedBy::Nothing) };
    let judge = Judge::Signature(Sign { rule, index, catalogue: &loaded.knowledge.catalogue });
    (judge, chosen.map_or(JudgedBy::Asked(rule), |c| JudgedBy::Best(rule, &c.others)))
}

pub(super) fn index_of(id: &str, loaded: &Loaded) -> Result<usize> {
    let found = loaded.rules.iter().position(|r| r.id() == id);
    found.ok_or_else(|| {
        let cause = match loaded.knowledge.signature(id) {
            Some(_) => "this signature is switched off (it is in the sandbox, or replaced)".to_owned(),
            None => "there is no such signature".to_owned(),
        };
        let like: Vec<&str> =
            loaded.rules.iter().map(Compiled::id).filter(|r| r.contains(id)).take(3).collect();
        let remedy = match like.as_slice() {
            [] => "leave the option out: the one that splits the logs best is taken".to_owned(),
            some => format!("did you mean {}?", some.join(" or ")),
        };
        Error::new(ErrorKind::Usage, format!("--signature {id}"), cause, remedy)
    })
}

/// The log to compare with: it must be there, and some server must have worked in it.
fn anchor(path: &str, arguments: &Arguments, loaded: &Loaded) -> Result<Log> {
    let log = one(path, arguments, loaded)?;
    if log.input.servers.is_empty() {
        let cause = "no line of it concerns an MCP server, so nothing can be worse than it";
        return Err(Error::new(
            ErrorKind::Input,
            path,
            cause,
            "give a log of a run in which the server worked",
        ));
    }
    Ok(log)
}

fn one(path: &str, arguments: &Arguments, loaded: &Loaded) -> Result<Log> {
    if std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() == 0) {
        return empty(path, loaded);
    }
    // The signatures are not told the version: a range of versions must not vouch for itself.
    let wish = Wish { lives: true, diagnosis: true, untold: true, ..Wish::default() };
    let reading = read(path, loaded, wish)?;
    let subject = &arguments.subject;
    let mut log = Log {
        input: reading.input,
        start: reading.start,
        lives: reading.lives,
        diagnosis: reading.diagnosis,
    };
    log.lives.retain(|l| subject.wants(&l.server));
    log.input.servers.retain(|s| subject.wants(&s.name));
    Ok(log)
}

/// An empty log: other verbs refuse it, but here it says that its version was tried, and that this decided nothing.
fn empty(path: &str, loaded: &Loaded) -> Result<Log> {
    let (dialect, _) = parse::read(Source::from_text(path, "\n"), &mut |_| {})?;
    let tally = Source::from_text(path, "").each_line(&mut |_, _| {})?;
    let input = Summary::new(&loaded.knowledge).finish(path, dialect, tally, None);
    Ok(Log { input, start: None, lives: Vec::new(), diagnosis: Diagnosis::default() })
}

fn gather(arguments: &Arguments, loaded: &Loaded) -> (Vec<Log>, Vec<(String, String)>) {
    let (mut logs, mut errors) = (Vec::new(), Vec::new());
    for path in &arguments.paths {
        let found = match logs_in(path) {
            Ok(found) => found,
            Err(error) => {
                errors.push((path.clone(), error.message()));
                continue;
            }
        };
        for path in found {
            match one(&path, arguments, loaded) {
                Ok(log) => logs.push(log),
                Err(error) => errors.push((path, error.message())),
            }
        }
    }
    for (path, message) in &errors {
        output::warn(path, message);
    }
    (logs, errors)
}

/// "No boundary" would be a lie where there is nothing to judge.
fn refuse_emptiness(arguments: &Arguments, logs: &[Log], errors: &[(String, String)]) -> Result<()> {
    if logs.is_empty() || (arguments.against.is_some() && logs.len() == 1) {
        let cause =
            if errors.is_empty() { "there is no log to judge" } else { "none of the logs can be read" };
        let subject = arguments.paths.join(" ");
        return Err(Error::new(
            ErrorKind::Input,
            subject,
            cause,
            "name logs of several versions of the client",
        ));
    }
    let absent = arguments
        .subject
        .server
        .iter()
        .find(|name| logs.iter().all(|l| l.input.servers.iter().all(|s| s.name != **name)));
    match absent {
        Some(name) => {
            let cause = "none of the logs has such a server";
            let remedy = "see `lastgood timeline LOG` for the names";
            Err(Error::new(ErrorKind::Usage, format!("--server {name}"), cause, remedy))
        }
        None => Ok(()),
    }
}
