//! `lastgood gateway SCENARIO`.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use clap::Args;

use super::{Exit, knowledge, output, scenario};
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::{Gateway, Listen, Record, Script, stdio};
use crate::pattern::{Knowledge, Place, Scenario, ServerDef, Transport};

const EXAMPLES: &str = "\
Examples:
  lastgood gateway --list                       the scenarios there are
  lastgood gateway get-404                      a server whose GET is answered 404; its URL is the first line
  lastgood gateway get-404 --record seen.jsonl  and one line of JSON for each request that it gets
  lastgood gateway my-failure.json              a scenario of your own (patterns/README.md explains the fields)
  lastgood gateway --stdio stdio-crash          a server that is a child, for the `command` of a configuration

It listens on loopback alone, and ends when you end it. Beside the servers is a stub of the model's API, at /v1/: a test
double that calls one tool and ends.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A scenario by its id, or the file of one
    #[arg(value_name = "SCENARIO", required_unless_present = "list")]
    scenario: Option<String>,
    /// List the scenarios
    #[arg(long)]
    list: bool,
    /// Be a server that is spoken to over standard input and output
    #[arg(long)]
    stdio: bool,
    /// Which of the scenario's servers to be, with --stdio [default: the first that is a child]
    #[arg(long, value_name = "NAME", requires = "stdio")]
    server: Option<String>,
    /// Write one line of JSON for each request to this file; what it holds already stays
    #[arg(long, value_name = "FILE")]
    record: Option<String>,
    /// The port [default: any that is free]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    patterns: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit> {
    let knowledge = knowledge::load(&arguments.patterns)?.whole()?.knowledge;
    let Some(name) = arguments.scenario.as_deref().filter(|_| !arguments.list) else {
        return list(&knowledge);
    };
    let scenario = scenario::find(name, &knowledge)?;
    let record = Record::new(arguments.record.as_deref().map(open).transpose()?);
    if arguments.stdio {
        let server = child(&scenario, arguments.server.as_deref())?;
        return be_child(server, &record);
    }
    serve(arguments, &scenario, record)
}

fn list(knowledge: &Knowledge) -> Result<Exit> {
    let width = knowledge.scenarios.iter().map(|s| s.id.len()).max().unwrap_or_default();
    let lines: Vec<String> =
        knowledge.scenarios.iter().map(|s| format!("{:width$}  {}", s.id, s.def.about)).collect();
    output::pipe(&(lines.join("\n") + "\n"))?;
    Ok(Exit::Nothing)
}

fn open(path: &str) -> Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(Path::new(path));
    file.map_err(|e| output::cannot_write(path, &e))
}

fn serve(arguments: &Arguments, scenario: &Scenario, record: Record) -> Result<Exit> {
    let spoken_to = |s: &&ServerDef| s.transport != Transport::Stdio && s.place == Place::Here;
    let servers: Vec<&ServerDef> = scenario.def.servers.iter().filter(spoken_to).collect();
    if servers.is_empty() {
        let cause = "none of its servers listens at an address";
        let remedy = "be one of them with --stdio, or drive a client against them with `lastgood reproduce`";
        return Err(Error::new(ErrorKind::Usage, &scenario.id, cause, remedy));
    }
    let record = record.telling(|why| {
        output::warn("--record", &format!("{why}; requests are missing in it: make room, and begin again"));
    });
    let gateway = Gateway::start(&scenario.def, Listen { port: arguments.port }, record).map_err(|e| {
        let remedy = "choose another port, or leave --port out for any that is free";
        Error::new(ErrorKind::Run, format!("--port {}", arguments.port), e.to_string(), remedy)
    })?;
    let urls: Vec<String> = servers.iter().map(|s| gateway.url(&s.name)).collect();
    output::pipe(&(urls.join("\n") + "\n"))?;
    output::say(&format!("{}: {}", scenario.id, scenario.def.about));
    output::say(&format!("the stub of the model's API, a test double, is at {}/v1/", gateway.origin()));
    if let Some(proxy) = gateway.proxy() {
        output::say(&format!("its proxy is at {proxy}: set HTTP_PROXY to that"));
    }
    if let Some(authority) = gateway.authority() {
        output::say(&format!(
            "the certificate of its authority, for clients that are to trust it, is at {authority}"
        ));
    }
    gateway.wait();
    Ok(Exit::Nothing)
}

fn child<'s>(scenario: &'s Scenario, name: Option<&str>) -> Result<&'s ServerDef> {
    let wanted = |s: &&ServerDef| name.is_none_or(|n| s.name == n) && s.transport == Transport::Stdio;
    scenario.def.servers.iter().find(wanted).ok_or_else(|| {
        let cause = "it has no such server that is a child";
        Error::new(ErrorKind::Usage, &scenario.id, cause, "leave --stdio out, or take a scenario of a child")
    })
}

/// Ends with the status that the script says, in the middle of whatever else goes on: that is how a child dies.
#[allow(clippy::exit)]
fn be_child(server: &ServerDef, record: &Record) -> Result<Exit> {
    let (out, err) = (Arc::new(Mutex::new(io::stdout())), Arc::new(Mutex::new(io::stderr())));
    let end = |status: u8| std::process::exit(i32::from(status));
    stdio::serve(&mut Script::new(server), record, io::stdin().lock(), (out, err), &end);
    record.error().map_or(Ok(Exit::Nothing), |cause| {
        Err(Error::new(ErrorKind::Output, "--record", cause, "make room, or choose another file"))
    })
}
