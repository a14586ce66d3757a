//! End-to-end tests: one binary, one module a concern.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)] // a test that cannot go on fails where it stands

mod bisect;
#[cfg(feature = "gateway")]
mod check_server;
mod cli;
mod corpus;
#[cfg(all(unix, feature = "net"))]
mod drive;
mod endure;
#[cfg(all(unix, feature = "net"))]
mod fake;
#[cfg(all(unix, feature = "net"))]
mod fetch;
mod forms;
#[cfg(feature = "gateway")]
mod gateway;
mod golden;
mod hostile;
mod html;
mod laws;
mod layering;
mod packed;
mod packs;
mod patterns;
mod program;
#[cfg(feature = "gateway")]
mod records;
mod redaction;
#[cfg(all(feature = "gateway", unix))]
mod reproduce;
mod skim;
#[cfg(feature = "net")]
mod trust;
