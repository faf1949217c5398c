//! Every endpoint: what it answers when all is well, and its main ways of saying no.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

#[path = "../harness/mod.rs"]
mod harness;

mod as_of;
mod cards;
mod catalogue;
mod decisions;
mod freezes;
mod functions;
mod grants;
mod input;
mod keys;
mod lists;
mod notifications;
mod policy;
mod proofs;
mod propose;
mod replays;
mod reviewers;
mod reviews;
mod runs;
mod shown;
mod signed_in;
mod stages;
mod webhooks;
