//! Options that several verbs share.

use clap::{Args, ValueEnum};

use crate::render::FORMATS;

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
    /// Leave secrets, hosts, user names and ids in the report
    #[arg(long)]
    pub(super) no_redact: bool,
    /// List on standard error what was replaced, and how often
    #[arg(long, conflicts_with = "no_redact")]
    pub(super) redactions: bool,
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
}

fn format_names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(
        FORMATS.iter().map(|f| clap::builder::PossibleValue::new(f.name).help(f.about)),
    )
}
