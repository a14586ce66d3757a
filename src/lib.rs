//! `lastgood` tells why a client of the Model Context Protocol that worked yesterday fails today.
//!
//! Data moves one way, through rooms in this order; a room imports only rooms above it
//! (`tests/suite/layering.rs` reads the `use` lines and fails on any other):
//!
//! ```text
//! source ─▶ parse ─▶ normalize ─▶ classify ─▶ timeline ─┬▶ align ─────┐
//!                                    ▲                  ├▶ diagnose ──┼─▶ report ─▶ redact ─▶ render ─▶ bytes
//!           pattern (knowledge as data) ────────────────┴▶ bisect ────┤
//!                                                        └▶ gateway ┘
//! cli: reads arguments, calls the rooms left to right, writes the bytes, sets the exit status
//! ```
//!
//! `share` does a room's work on several threads. `gateway` plays scripted MCP servers for clients that `bisect` drives; it is
//! there with the feature of its name.
//!
//! The Rust API is not stable. The stable faces are the command line, the JSON documents (`schema`) and the
//! pack format (`patterns/README.md`).
#![forbid(unsafe_code)]

pub mod align;
pub mod bisect;
pub mod classify;
pub mod cli;
pub mod diagnose;
pub mod error;
#[cfg(feature = "gateway")]
pub mod gateway;
pub mod normalize;
pub mod parse;
pub mod pattern;
pub mod redact;
pub mod render;
pub mod report;
pub mod share;
pub mod source;
pub mod timeline;
