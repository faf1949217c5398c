//! The binary as a user and a script meet it: exit codes, what is on standard output, what is on standard error.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

mod bad_lines;
mod damage;
mod functions;
mod held;
mod import;
mod interrupt;
mod log;
mod queries;
mod support;
mod usage;
mod views;
