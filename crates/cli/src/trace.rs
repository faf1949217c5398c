//! Decisions for recorded calls: what an engine would have decided, from what it could have known.
//!
//! Of a line only the fields are read that an engine may know ([`line`]): there is no field for a label in the types. Each
//! conversation is decided alone, with a history of its own; see `docs/reference/trace.md`.

mod conversation;
mod error;
mod known;
mod line;
mod pool;

pub(crate) use conversation::decide;
pub(crate) use error::TraceError;
pub(crate) use known::Known;
pub(crate) use line::{Grouper, Job};
pub(crate) use pool::{Counts, Ended, run};

#[cfg(test)]
mod tests;
