//! The deciders of Vidimus: what may happen next, and what is so after it happened.
//!
//! Plain synchronous functions: `decide(&State, &Command) -> Result<Vec<Event>, Rejection>` and an `evolve` that folds
//! recorded events into a `State`. There is no clock, no randomness, no I/O and no runtime here: time, ids, access, the
//! policy decision and the reviewer's eligibility are looked up first and arrive as arguments.
//!
//! * [`execution`] is the life of one tool call; most of the crate.
//! * [`function`] is the access to one function: `Disabled`, `Enabled`, `EnabledWithConfirmation`.
//! * [`attempt`] links the attempts that were made under one idempotency key.
//! * [`key`] is one API key: who acts with it, what may be done with it, whether it is revoked.
//! * [`registry`] is the agents and conversations that were announced.
//! * [`webhook`] is a tenant's webhooks: where notifications are posted, and which of them are parked.
//! * [`access_policy`] is the decision on a call from the function's access alone.
//! * [`arguments`] is the canonical form (RFC 8785) of a call's arguments, and their digest.
//!
//! Deliberately absent: who is who (callers hand in authenticated principals), who may review (they hand in whether the
//! principal is eligible; only the rule that nobody reviews their own call is kept here), and when to retry.

pub mod access_policy;
pub mod arguments;
pub mod attempt;
pub mod execution;
pub mod field;
pub mod function;
pub mod key;
pub mod registry;
pub mod webhook;
