//! The deciders of Vidimus: what may happen next, and what is so after it happened.
//!
//! Plain synchronous functions: `decide(&State, &Command) -> Result<Vec<Event>, Rejection>` and an `evolve` that folds
//! recorded events into a `State`. There is no clock, no randomness, no I/O and no runtime here: time, ids, access, the
//! policy decision and the reviewer's eligibility are looked up first and arrive as arguments.
//!
//! * [`execution`] is the life of one tool call; most of the crate.
//! * [`function`] is one function: the access to it, and what the catalogue says of it.
//! * [`connection`] is one connection of the catalogue.
//! * [`agent`] is what one agent may do: its scopes.
//! * [`attempt`] links the attempts that were made under one idempotency key.
//! * [`key`] is one API key: who acts with it, what may be done with it, whether it is revoked.
//! * [`registry`] is the agents and conversations that were announced.
//! * [`conversation`] is what is said in a conversation.
//! * [`webhook`] is a tenant's webhooks: where notifications are posted, and which of them are parked.
//! * [`freeze`] is a tenant's kill switches.
//! * [`policy`] is which policy set is in force, and which is evaluated beside it.
//! * [`grant`] is a tenant's approvals given in advance, and how much of each is used.
//! * [`reviewer`] is a tenant's groups of reviewers, and who stands in for whom.
//! * [`arguments`] is the canonical form (RFC 8785) of a call's arguments, and their digest.
//!
//! Deliberately absent: who is who (callers hand in authenticated principals), who may review (they hand in what the
//! principal is as a reviewer; only the rule that nobody reviews their own call is kept here), and when to retry.

pub mod agent;
pub mod arguments;
pub mod attempt;
pub mod connection;
pub mod conversation;
pub mod execution;
pub mod field;
pub mod freeze;
pub mod function;
pub mod grant;
pub mod key;
pub mod policy;
pub mod registry;
pub mod reviewer;
pub mod webhook;
