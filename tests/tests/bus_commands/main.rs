//! Commands over NATS, end to end: a real server, a real API over a real log, asked by a bare client.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

mod bed;
#[path = "../../../crates/cli/src/commands_over_nats.rs"]
mod commands_over_nats;
#[path = "../../../crates/api/tests/harness/decided.rs"]
mod decided;
mod delivery;
mod headers;
mod lifecycle;
mod refusals;
#[path = "../../../crates/api/tests/support/mod.rs"]
mod support;
