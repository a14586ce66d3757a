//! The event catalogue as it stands in a pack's `events/*.json`: what a line means, whatever a version calls it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One file of `events/`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EventFile {
    /// Version of the format of this file; an unknown one refuses the file.
    pub schema: u32,
    /// What the events of the file have in common; equals the file's name.
    pub family: String,
    /// The events.
    pub events: Vec<EventDef>,
}

/// An event: one meaning, in every wording that a client version gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EventDef {
    /// Dotted name, e.g. `session.expired`.
    pub id: String,
    /// The part of a server's life that it belongs to.
    pub phase: Phase,
    /// Whether a difference in it is a difference in behaviour.
    pub class: Class,
    /// What it does to the outcome of its server.
    #[serde(default, skip_serializing_if = "Effect::is_none")]
    pub effect: Effect,
    /// Whether its place among the events of other phases means anything.
    #[serde(default, skip_serializing_if = "Order::is_free")]
    pub order: Order,
    /// Fields whose values make two such events different for alignment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity: Vec<String>,
    /// Events directly after which this one is a mere consequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aftermath_of: Vec<String>,
    /// Events of which the one that came right before is this one's cause: its id becomes the field `after`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// What it means, in one sentence.
    pub says: String,
    /// Fields computed from other fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derive: Vec<Derive>,
    /// The ways in which versions say it.
    pub wordings: Vec<WordingDef>,
}

/// A field computed from another: the first needle that the text of `from` contains gives the value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Derive {
    /// The field that is searched.
    pub from: String,
    /// The field that is set.
    pub field: String,
    /// Needles and values, most telling first.
    pub contains: Vec<(String, Value)>,
}

/// One wording: a literal text with typed holes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WordingDef {
    /// The text, e.g. `Closing transport ({reason:text})`.
    pub text: String,
    /// Where it stands: after a server's head, or as a whole message.
    #[serde(default, skip_serializing_if = "Scope::is_server")]
    pub scope: Scope,
    /// The only level it occurs at, if that is what tells it from another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Whether it repeats an event that another wording just told.
    #[serde(default, skip_serializing_if = "is_false")]
    pub echo: bool,
    /// Fields that this wording implies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, Value>,
    /// The client versions in which it was seen.
    pub seen: Vec<String>,
    /// Real lines in this wording.
    pub samples: Vec<String>,
    /// Whether the samples were made from documents instead of taken from a log.
    #[serde(default, skip_serializing_if = "is_false")]
    pub synthetic: bool,
}

/// The part of a server's life that an event belongs to. Renderers colour by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The client as a whole: start, configuration.
    Client,
    /// From the first attempt to connected or failed.
    Connect,
    /// Session ids, teardown, reconnects.
    Session,
    /// The optional GET stream and the connection under it.
    Stream,
    /// Listing of tools, prompts and resources.
    Tools,
    /// Calls of tools.
    Call,
    /// Tokens, OAuth.
    Auth,
    /// The server's process: standard error, exit.
    Stdio,
    /// What the client itself ends.
    Shutdown,
}

/// Whether a difference in an event is a difference in behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// What the two sides did.
    Lifecycle,
    /// How this version words its set-up.
    Detail,
}

impl Class {
    /// The word of the JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lifecycle => "lifecycle",
            Self::Detail => "detail",
        }
    }
}

/// What an event does to the outcome of its server: the closed set that `timeline` folds over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// A new client session begins.
    ClientStart,
    /// A connection is being tried.
    Attempt,
    /// The server answered `initialize`, or what stands for it.
    Connected,
    /// The attempt ended without a connection.
    ConnectFailed,
    /// The server wants credentials that the client has not.
    NeedsAuth,
    /// The session or transport is gone.
    Lost,
    /// The connection was closed: by the client's own shutdown, or in mid-life.
    Closed,
    /// A reconnect begins.
    Recovering,
    /// No further attempt will be made.
    GaveUp,
    /// The tools of the server cannot be had.
    ToolsLost,
    /// The tools of the server were listed.
    ToolsListed,
    /// A call was sent.
    Call,
    /// A call was answered.
    CallOk,
    /// A call failed.
    CallFailed,
    /// A failed call is tried again.
    CallRetried,
    /// The client aborted its own stream.
    Aborted,
}

impl Effect {
    #[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Whether an event's place among concurrent events means anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// It may swap places with events of other phases.
    #[default]
    Free,
    /// A barrier: nothing passes it without being a difference.
    Fixed,
}

impl Order {
    #[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
    fn is_free(&self) -> bool {
        *self == Self::Free
    }
}

/// Where a wording stands in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// After `MCP server "NAME":`.
    #[default]
    Server,
    /// The whole message.
    Global,
}

impl Scope {
    #[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
    pub(super) fn is_server(&self) -> bool {
        *self == Self::Server
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
fn is_false(b: &bool) -> bool {
    !*b
}
