//! The append-only log: what every implementation promises ([`EventLog`]), and the two that there are.
//!
//! * [`SledLog`] keeps the log in a directory, on sled, durable when answered.
//! * [`MemoryLog`] keeps it in memory, for tests of everything above the log.
//!
//! Both pass one conformance suite (feature `conformance`). Nothing outside the module `sled_log::store` names sled.

mod block;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod error;
#[cfg(test)]
mod golden;
mod heads;
#[cfg(feature = "hooked")]
mod hooked;
mod limits;
mod memory;
mod merkle;
mod proof;
mod record;
mod sequence;
mod sled_log;
mod subscription;
mod verify;

pub use contract::{Append, Appended, EventLog, StreamHead, StreamWrite, Written};
pub use error::{AppendError, Broken, Conflict, OpenError, ProofError, ReadError, Refusal, Unavailable};
#[cfg(feature = "hooked")]
pub use hooked::Hooked;
pub use limits::Limits;
pub use memory::MemoryLog;
pub use merkle::{Frontier, TreeHead, leaf_hash};
pub use proof::{ConsistencyProof, InclusionProof, InclusionProofs, MAX_PROVED, Subtree};
pub use record::{RecordError, decode_record, encode_record};
pub use sled_log::{LogStats, SledLog, SledLogOptions};
pub use subscription::Subscription;
pub use verify::{Finding, VerifyReport};
