//! Scripted MCP servers and a stub of the model's API, on loopback: a failure that anybody can have again, in a minute.
//!
//! Comes in: a [`ScenarioDef`](crate::pattern::ScenarioDef). Goes out: servers that do what it says, and a [`Record`] of
//! all that they saw: the truth from the other side. [`Script`] decides what is answered and touches nothing; `http` and
//! `stdio` carry it. They listen on loopback alone and end with their [`Gateway`].
//!
//! [`beside`] compares two records; [`clause`] holds a record against what MCP asks of clients; [`probe`] asks a server what MCP asks of servers.

pub mod beside;
pub mod clause;
mod config;
mod healthy;
mod http;
pub mod matrix;
mod model;
pub mod probe;
mod record;
mod script;
mod session;
pub mod stdio;

pub use config::{Child, mcp_config};
pub use http::{Gateway, Listen};
pub use model::{Model, tool_name};
pub use record::{Answered, Record, Seen};
pub use script::{Act, Answer, Asked, Body, Script, Stream};
