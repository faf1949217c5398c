//! The client against a server that does as it is told, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

mod answers;
#[cfg(feature = "tls")]
mod https;
mod lists;
mod retries;
mod streams;
mod support;
mod waits;
