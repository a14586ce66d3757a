//! End-to-end tests: one binary, one module a concern.

mod cli;
mod corpus;
mod golden;
mod laws;
mod layering;
mod packs;
mod program;
