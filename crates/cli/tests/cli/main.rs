//! The binary as a user and a script meet it: exit codes, what is on standard output, what is on standard error.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

mod answering;
mod as_of;
mod bad_lines;
mod config;
mod damage;
mod demo;
mod functions;
mod governing;
mod held;
mod history;
mod import;
mod interrupt;
mod keys;
mod log;
mod nats;
mod nats_config;
mod projecting;
mod proofs;
mod queries;
mod references;
mod refusals;
mod reviewing;
mod serving;
mod stopping;
mod support;
mod usage;
mod views;
mod watching;
mod webhooks;
