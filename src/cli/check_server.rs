//! `lastgood check-server --url URL`.

use clap::Args;

use super::options::Output;
use super::{Exit, knowledge, output};
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::probe::{Answered, Probe, Probed};
use crate::pattern::{Knowledge, Level};
use crate::report::{self, Checked};

const EXAMPLES: &str = "\
Examples:
  lastgood check-server --url http://127.0.0.1:8080/mcp
  lastgood check-server --url https://mcp.example/mcp --header 'Authorization: Bearer …'

It begins a session as a client does, asks what the clauses ask, and ends every session; it calls no tool. Headers go to
that server and nowhere else, and are in no report. Clauses of another revision than the negotiated one do not apply.

Exit status: 0 every MUST is kept and no client version breaks, 1 not so, 2 trouble, or a clause got no answer.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The server's address (Streamable HTTP)
    #[arg(long, value_name = "URL")]
    url: String,
    /// A header to send, `Name: value` (repeatable)
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    output::heed(&arguments.output);
    let loaded = knowledge::load(&arguments.patterns)?;
    let knowledge = &loaded.knowledge;
    let mut probe = Probe::new(address(&arguments.url)?, headers(&arguments.header)?);
    let begun = probe.begin().map_err(|why| {
        let remedy = "check the address; where it wants credentials, give them with --header";
        Error::new(ErrorKind::Input, "--url", why, remedy)
    });
    let probed = begun
        .map(|()| knowledge.server_clauses.iter().map(|clause| probe.test(clause)).collect::<Vec<Probed>>());
    probe.end();
    let probed = probed?;
    let checked =
        Checked { revision: probe.revision(), sessions: probe.has_sessions(), probed: &probed, knowledge };
    output::write(report::check_server(&checked), &arguments.output)?;
    let exit = exit(&probed, knowledge);
    loaded.end(exit)
}

fn address(url: &str) -> Result<&str> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(url);
    }
    let cause = "it is no http or https address";
    Err(Error::new(ErrorKind::Usage, "--url", cause, "give the address that clients are given"))
}

/// The value of a header may be a secret: errors say which one it is, and do not show it.
fn headers(all: &[String]) -> Result<Vec<(String, String)>> {
    let one = |text: &String| {
        let (name, value) = text.split_once(':').map(|(n, v)| (n.trim(), v.trim()))?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        (!name.is_empty() && name.chars().all(fits)).then(|| (name.to_ascii_lowercase(), value.to_owned()))
    };
    let refused = |at: usize| {
        let cause = format!("number {} of {} is no header", at + 1, all.len());
        Error::new(ErrorKind::Usage, "--header", cause, "write it as `Name: value`")
    };
    all.iter().enumerate().map(|(at, text)| one(text).ok_or_else(|| refused(at))).collect()
}

/// A clause that could not be asked is trouble, whatever the others say: nobody may take silence for a server that is well.
fn exit(probed: &[Probed], knowledge: &Knowledge) -> Exit {
    let must =
        |p: &&Probed| knowledge.server_clauses.iter().any(|c| c.id == p.clause && c.level == Level::Must);
    let wrong = probed.iter().filter(must).any(|p| p.right == Answered::Wrong);
    let breaks = probed.iter().any(|p| !p.breaks.is_empty());
    if probed.iter().any(|p| p.right == Answered::Not) {
        Exit::Trouble
    } else if wrong || breaks {
        Exit::Something
    } else {
        Exit::Nothing
    }
}
