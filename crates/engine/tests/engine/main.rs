//! The engine from outside: every command, on the log in memory, and on the log on disk where durability matters.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]

mod access;
mod attempts;
mod contention;
mod deadlines;
mod errors;
mod governed;
mod keeper;
mod keys;
mod proofs;
mod propose;
mod record;
mod registry;
mod replays;
mod restart;
mod reviews;
mod runs;
mod support;
mod tenants;
mod webhooks;
