//! Commands over NATS, the transport alone: a real server, and somebody who answers as a test wants it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

mod answers;
mod coming_and_going;
mod hostile;
mod service_api;
mod support;
