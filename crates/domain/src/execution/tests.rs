//! The decider, from four sides: every answer in a table, lifecycles as text, random sequences, every code.

mod answers;
mod codes;
mod details;
mod fixtures;
mod properties;
mod scenarios;
mod transitions;
