//! What leaves the machine: a report, or a log, without what is secret or somebody's.
//!
//! Comes in: a [`Report`], or the lines of a log. Goes out: the same with each secret replaced by a stand-in
//! (`<host-1>`, `<chat, 17 characters>`) that is the same for the same value, so that "the session id of line 12 is
//! that of line 90" stays visible; how often each rule had something to hide; and, for a finished text, whether
//! anything is left in it. What is a secret is said in [`RULES`]. It refuses to be clever about harm: what looks
//! like a secret is hidden. Event ids, verdicts, versions, durations, ports, line numbers, error codes, names of
//! servers and tools stay.

mod book;
mod check;
mod find;
mod hosts;
mod known;
mod lines;
mod pattern;
mod pick;
mod random;
mod redactor;
mod rules;
mod server_output;
mod shape;
mod suspects;
mod texts;
mod together;
mod url;
mod view;
mod walk;

pub use check::{Leak, Redacted};
pub use lines::LineRedactor;
pub use redactor::{Count, Redactor};
pub use rules::{Mark, RULES, Rule};

use crate::report::Report;

/// Redacts a report, on so many threads.
pub fn report(report: Report, threads: usize) -> Redacted {
    Redacted::of(report, threads)
}
