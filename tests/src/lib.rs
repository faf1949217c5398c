//! Faults of the machine below the log: killed processes, lost power, full disks, flipped bits, cut files.
//!
//! Two small programs do the work in processes of their own, so that a fault cannot take the test along:
//! `append_load` appends and says what was answered, `log_probe` opens a log and says everything it sees.
//! Events are derived from a seed ([`events`]), so what was acknowledged can be held against what is there to the byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "support code of tests reports by panicking, like a test"
)]

pub mod check;
pub mod child;
pub mod events;
pub mod files;
pub mod filling;
pub mod fixture;
pub mod measure;
pub mod nats;
pub mod probe;
pub mod replay;
pub mod rng;
pub mod shim;
pub mod trace;
