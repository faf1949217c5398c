//! What needs a real server: long polls, streams, connections, time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

mod connections;
mod operations;
mod requests;
mod stopping;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod waiting;
