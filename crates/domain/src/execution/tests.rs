//! The decider, from several sides: every answer in a table, lifecycles as text, random sequences, every code.

mod answers;
mod card;
mod codes;
mod details;
mod fixtures;
mod held;
mod interleavings;
mod properties;
mod requirements;
mod scenarios;
mod transitions;
