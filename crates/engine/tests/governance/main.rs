//! What governs calls: catalogue, freezes, policy, grants, reviewers, and what users say; from outside, on the log in memory,
//! and on the log on disk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]

mod catalogue;
mod conflicts;
mod conversations;
mod freezes;
mod grants;
#[path = "../engine/support/hooked.rs"]
mod hooked;
mod policies;
mod restart;
mod reviewers;
mod support;
mod tenants;
