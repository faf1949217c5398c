//! Views on another machine: built from the stream of recorded events alone, equal to those beside the log.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

mod feed;
mod following;
mod reading;
mod unusable;
