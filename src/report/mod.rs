//! The report: what to say, in what order. A plain value; renderers see nothing else.
//!
//! Comes in: the results of `timeline`, `align` and `diagnose`. Goes out: a [`Report`] made of a closed set of
//! [`Block`] shapes, and the document that scripts read. It decides what is said and how much; how it looks
//! is decided in `render`.

mod again;
mod bisect;
mod block;
#[cfg(feature = "gateway")]
mod check_server;
mod diagnosis;
mod diff;
mod document;
mod fetched;
mod finding;
mod form;
mod log;
pub mod patterns;
#[cfg(feature = "gateway")]
mod records;
#[cfg(feature = "gateway")]
mod reproduction;
mod show;
mod surroundings;
mod timeline;
mod versions;
mod words;

pub use again::{Again, with_again};
pub use bisect::{Bisected, JudgedBy, Standing, bisect, ledger, standing};
pub use block::{Block, Cell, Change, Fact, Finding, Lives, Report, Row, Span, Table, Tone};
#[cfg(feature = "gateway")]
pub use check_server::{Checked, check_server};
pub use diagnosis::{Diagnosed, diagnosis};
pub use diff::{Compared, DiffSide, diff};
pub use fetched::{Fetched, fetched, size};
pub use form::{Answer, Field};
pub use log::Log;
#[cfg(feature = "gateway")]
pub use records::{RecordSide, Records, with_records};
#[cfg(feature = "gateway")]
pub use reproduction::{Reproduced, reproduction};
pub use timeline::{TimelineView, timeline};
pub use versions::{VersionList, renewed, versions};
pub use words::labels;
