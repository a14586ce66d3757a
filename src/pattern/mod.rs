//! What lastgood knows, as data: events, wordings and signatures, loaded from packs.
//!
//! Comes in: the built-in pack and folders given with `--patterns`. Goes out: a [`Knowledge`] with compiled
//! wordings and checked signatures, and one [`PackError`] for each file that cannot be used, with line and
//! column. One bad file never takes the others down. This room knows nothing of logs.

mod canon;
mod catalogue;
mod clause;
mod client;
mod event;
mod fields;
mod finder;
pub mod lint;
mod login;
mod nearest;
mod overlay;
mod pack;
mod scenario;
mod schema;
mod server;
mod signature;
mod versions;
mod wording;

pub use canon::canonical;
pub use catalogue::{Catalogue, Recognized, Scratch};
pub use clause::{AnswerDef, AskDef, BreakDef, ClauseFile, ClientClause, Level, SeenDef, ServerClause};
pub use client::{ClientDef, Layout, StubDef};
pub use event::{Class, Derive, Effect, EventDef, EventFile, Order, Phase, Scope, WordingDef};
pub use fields::{Picked, Wanted};
pub use login::LoginDef;
pub use nearest::nearest;
pub use overlay::{Overlay, Override};
pub use pack::{
    BUILTIN, Folder, Knowledge, PackError, PackId, PackInfo, Signature, VersionMark, builtin_files,
};
pub use scenario::{
    ErrorDef, LoginState, ModelDef, Place, RuleDef, Scenario, ScenarioDef, ServerDef, SessionWord, StreamDef,
    ThenDef, Transport, WhenDef,
};
pub use server::HealthyDef;
pub use signature::{
    AppliesTo, AtEnd, Count, Escalation, Expect, Kind, Outside, Reference, Rule, Says, Severity,
    SignatureDef, Status, Step, TestCase,
};
pub use versions::{Publication, Published, VersionFile};
pub use wording::{Hole, Piece, Wording};
