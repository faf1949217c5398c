//! The relay against real servers: whatever happens, each event is on its stream once, in the order of the log.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod cluster;
mod expiry;
mod faults;
mod harness;
mod places;
mod refusals;
#[allow(dead_code, unused_imports, reason = "made for the tests of the views; this needs less of it")]
#[path = "../../src/testing.rs"]
mod testing;
mod wire;

use vidimus_projection::{DecodedEvent, Feed};
