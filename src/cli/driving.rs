//! Makes one run of a version: the words of its command filled in, the variables laid over each other, a scratch home.
//!
//! The same for a search and for a matrix, so that what the one finds the other finds again.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::bisect::drive::{self, End, Environment, Order, Ran, Scratch, Words};
use crate::bisect::registry::Client;
use crate::error::Result;

/// What one run is made with.
pub(super) struct Run<'a> {
    /// The version.
    pub(super) client: &'a Client<'a>,
    /// Where it lives.
    pub(super) scratch: &'a Scratch,
    /// The command, holes and all.
    pub(super) template: &'a [String],
    /// What the client is asked for.
    pub(super) prompt: &'a str,
    /// The tools that it may call without asking.
    pub(super) tools: &'a str,
    /// The file that names its servers.
    pub(super) mcp_config: Option<&'a Path>,
    /// Where it starts; without it, where nothing is.
    pub(super) folder: Option<&'a Path>,
    /// Variables of a scenario's file, over which all else is laid.
    pub(super) variables: Vec<(OsString, OsString)>,
    /// The variables of every run.
    pub(super) environment: &'a Environment,
    /// Variables that nothing is laid over.
    pub(super) stub: Vec<(OsString, OsString)>,
    /// How long it may take.
    pub(super) timeout: Duration,
}

impl Run<'_> {
    /// Makes it.
    pub(super) fn make(self) -> Result<Ran> {
        let (log, home, version) = (self.scratch.log(), self.scratch.home(), self.client.version.to_string());
        let words = Words {
            client: &self.client.command,
            version: &version,
            log: &log,
            home: &home,
            mcp_config: self.mcp_config,
            prompt: self.prompt,
            tools: self.tools,
        };
        let project = self.scratch.project();
        let environment = [self.variables, self.environment.of(self.scratch), self.stub].concat();
        let order = Order {
            command: &words.fill(self.template),
            folder: self.folder.unwrap_or(&project),
            environment: &environment,
            timeout: self.timeout,
        };
        drive::run(&order, self.scratch, self.client.layout.logs.as_deref())
    }
}

/// The command of the client itself: the arguments of its layout, and then `more`.
pub(super) fn template(arguments: &[String], more: &[String]) -> Vec<String> {
    [&["{client}".to_owned()], arguments, more].concat()
}

/// How a run ended, in words.
pub(super) fn ended(ran: &Ran) -> String {
    match ran.end {
        End::Exit(code) => format!("exit status {code}"),
        End::Signal(signal) => format!("ended by signal {signal}"),
        End::TimedOut => format!("ended after {} s, which is all it may take", ran.took.as_secs()),
        End::TooMuch => "ended because it wrote without end".to_owned(),
    }
}
