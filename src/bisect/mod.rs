//! Which client version broke it: last good, first bad, and how that is known.
//!
//! Comes in: what logs, runs and people say of versions, and the list of published versions. Goes out: a [`Table`] of
//! versions in which the verdict and how it is known are two columns, and the [`Boundary`]s between them. What is
//! inferred never becomes tested, and a boundary with untried versions beside it is a range, never one version.
//!
//! `logs` hears what existing logs testify; no network, nothing is run. [`search`] decides what to run next, and is a
//! function of its arguments; [`ledger`] keeps what was run and marked. [`registry`] fetches versions, [`drive`] runs one
//! apart from everything of the user's, and [`run`] drives a search with them.

mod choose;
pub mod drive;
mod judge;
pub mod ledger;
mod logs;
mod range;
pub mod registry;
pub mod run;
pub mod search;
mod table;

pub use choose::{Choice, choose};
pub use judge::{Log, Sign, Testimony, Word, by_behaviour, side};
pub use logs::{Asked, Bisection, Heard, Judge, LeftOut, bisect};
pub use range::{Candidates, candidates, next_of};
pub use table::{
    Basis, Boundary, BoundaryKind, Ending, Evidence, KnownBy, Row, Runs, Table, VersionVerdict, table,
};
