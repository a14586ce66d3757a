//! Known failures: signatures are run over the events of a log, and what they find is proven by its lines.
//!
//! Comes in: signatures, compiled once against a [`Vocabulary`] of events, and the events of one log, in order.
//! Goes out: a [`Diagnosis`]: for each signature and server one of four answers, with a [`Finding`] or the reason why
//! it cannot be told. One pass, whatever the number of signatures, in memory that the log cannot blow up. No wording,
//! no version and no advice stands here: those are the packs'.
//!
//! The semantics that authors of signatures rely on are in `patterns/README.md`; `oracle` holds the engine to them.

mod answer;
mod check;
mod clock;
mod compile;
mod condition;
mod doubt;
#[cfg(fuzzing)]
mod drawn;
mod duration;
mod engine;
mod explain;
mod keys;
mod lint;
mod order;
mod past;
mod plan;
mod record;
mod register;
mod residue;
mod says;
mod sessions;
mod state;
mod trail;
mod trial;
mod vocabulary;
mod watch;

#[cfg(any(test, fuzzing))]
#[allow(clippy::unwrap_used)] // a test that cannot go on fails where it stands
#[cfg_attr(fuzzing, allow(dead_code))] // fuzzing needs a part of what the tests need
mod fixture;
mod gate;
#[cfg(any(test, fuzzing))]
#[allow(clippy::unwrap_used, clippy::print_stdout)] // as above
#[cfg_attr(fuzzing, allow(unused_imports))] // as above
mod oracle;
#[cfg(any(test, fuzzing))]
mod random;
#[cfg(test)]
mod semantics;

pub use answer::{Applicability, Diagnosis, Escalated, Evidence, Finding, Inconclusive, Proof, Silence};
pub use compile::{Compiled, Problem, compile};
#[cfg(fuzzing)]
pub use drawn::against_oracle;
pub use engine::End;
pub use explain::{Attempt, Stop, explain};
pub use lint::lint;
pub use order::order;
pub use plan::Plans;
pub use sessions::{Engine, fields, run};
pub use trial::{
    Fate, Mutant, Noise, OnTrial, Proven, TrialOutcome, Verdict, diagnose_case, events_of, is_loud, prove,
    trial,
};
pub use vocabulary::Vocabulary;
