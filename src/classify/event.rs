//! `Event`: one line, understood. Owned from here on; before this point there are only borrowed bytes.

use std::sync::Arc;

use serde_json::Value;

use crate::parse::{Same, Stamp};
use crate::pattern::{Class, Effect, EventDef, Phase};

/// One line of a log that a wording of the catalogue covers.
#[derive(Debug, Clone)]
pub struct Event {
    /// What it means.
    pub def: Arc<EventDef>,
    /// The 1-based line of the input on which it begins.
    pub line: u64,
    /// When it was written, where the log says.
    pub stamp: Option<Stamp>,
    /// The client session of the log that it belongs to, from 0. Signatures and lives never cross it.
    pub session: u32,
    /// The server it is about; `None` for the client as a whole.
    pub server: Option<Arc<str>>,
    /// What its holes held, what its wording implies and what was derived, in that order of precedence.
    pub fields: Arc<Vec<(Arc<str>, Value)>>,
    /// The message as it stands, without stamp, level and server.
    pub text: Arc<str>,
    /// Whether it only repeats the event before it in other words.
    pub echo: bool,
    /// Whether its session may interleave with others: one that is left is not over.
    pub apart: bool,
    /// Whether lines were left out since the event before it: no time may be measured across.
    pub gap: bool,
    /// What lines have that say the same, where that was found out.
    pub same: Option<Same>,
}

impl Event {
    /// The event's id, e.g. `session.expired`.
    pub fn id(&self) -> &str {
        &self.def.id
    }

    /// The phase of the server's life it belongs to.
    pub fn phase(&self) -> Phase {
        self.def.phase
    }

    /// What it does to the outcome of its server.
    pub fn effect(&self) -> Effect {
        self.def.effect
    }

    /// Whether a difference in it is a difference in behaviour.
    pub fn is_lifecycle(&self) -> bool {
        self.def.class == Class::Lifecycle && !self.echo
    }

    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// A field as a whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.field(name).and_then(Value::as_i64)
    }

    /// A field as text.
    pub fn str(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_str)
    }
}
