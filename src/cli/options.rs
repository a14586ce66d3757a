//! Options that several verbs share.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use semver::Version;

use crate::error::{Error, ErrorKind};
use crate::render::{FORMATS, MAX_CHARS, MIN_CHARS};

/// How the report looks, and where it goes.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// How to write the report
    #[arg(long, value_name = "FORMAT", default_value = "terminal", value_parser = format_names())]
    pub(super) format: String,
    /// Write the report to this file instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub(super) file: Option<String>,
    /// When to use colour (`NO_COLOR` and `CLICOLOR_FORCE` are obeyed)
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(super) color: When,
    /// Columns of the terminal report [default: those of the terminal, 80 where there is none]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=400))]
    pub(super) width: Option<u16>,
    /// Draw with ASCII characters alone
    #[arg(long)]
    pub(super) ascii: bool,
    /// Characters that a report to be pasted may have (markdown, logs, form)
    #[arg(long, value_name = "N", default_value_t = MAX_CHARS, value_parser = max_chars)]
    pub(super) max_chars: usize,
    /// Print this part of the report alone: `logs` is the plain text for a form's log field
    #[arg(long, value_enum, default_value_t = Section::All, value_name = "SECTION")]
    pub(super) section: Section,
    /// Print the fields of the client's bug form, filled in as far as the logs prove them
    #[arg(long, conflicts_with = "section")]
    pub(super) form: bool,
    /// Put the report on the clipboard, too, through the terminal (OSC 52); as Markdown, unless another --format is given
    #[arg(long)]
    pub(super) copy: bool,
    /// Append the report as Markdown to the step summary of GitHub Actions, too
    #[arg(long)]
    pub(super) github_summary: bool,
    /// Leave secrets, hosts, user names and ids in the report
    #[arg(long)]
    pub(super) no_redact: bool,
    /// List on standard error what was replaced, and how often
    #[arg(long, conflicts_with = "no_redact")]
    pub(super) redactions: bool,
}

impl Output {
    /// The name of the format that all these ask for.
    pub(super) fn format(&self) -> &str {
        match self.section {
            _ if self.form => "form",
            Section::Logs => "logs",
            Section::All => &self.format,
        }
    }

    /// Whether what is written shows the digests of logs.
    pub(super) fn shows_digests(&self) -> bool {
        self.format() == "json"
    }
}

/// A part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Section {
    /// All of it.
    All,
    /// What belongs into a field for logs.
    Logs,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// Where a person looks on.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What is known, and about whom.
#[derive(Debug, Args)]
pub(super) struct Subject {
    /// More pattern packs, on top of the built-in one (repeatable)
    #[arg(long, value_name = "DIR")]
    pub(super) patterns: Vec<String>,
    /// Only this server (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(super) server: Vec<String>,
}

impl Subject {
    /// Whether a server is asked for.
    pub(super) fn wants(&self, server: &str) -> bool {
        self.server.is_empty() || self.server.iter().any(|s| s == server)
    }

    /// Refuses a server that is asked for and not `there`: the answer would be about nothing.
    pub(super) fn refuse_strangers<'n>(
        &self,
        there: impl Iterator<Item = &'n str>,
    ) -> crate::error::Result<()> {
        let there: BTreeSet<&str> = there.collect();
        let Some(name) = self.server.iter().find(|s| !there.contains(s.as_str())) else { return Ok(()) };
        // A log may hold anything: names are shown quoted, with whatever a terminal would obey escaped.
        let known: Vec<String> = there.iter().map(|s| format!("{s:?}")).collect();
        let remedy = match known.as_slice() {
            [] => "no line names any server: was one configured, and `--debug` on?".to_owned(),
            known => format!("there are {}", known.join(", ")),
        };
        Err(Error::new(
            ErrorKind::Usage,
            format!("--server {name:?}"),
            "no log has a server of that name",
            remedy,
        ))
    }
}

/// A version of the client, as the user names it.
pub(super) fn version(text: &str) -> Result<String, String> {
    let named = Version::parse(text.trim().trim_start_matches('v'));
    named.map(|v| v.to_string()).map_err(|_| "a version is three numbers, e.g. 2.1.147".to_owned())
}

fn max_chars(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "it is no number".to_owned())?;
    if number >= MIN_CHARS { Ok(number) } else { Err(format!("the least is {MIN_CHARS}")) }
}

fn format_names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(
        FORMATS.iter().map(|f| clap::builder::PossibleValue::new(f.name).help(f.about)),
    )
}
