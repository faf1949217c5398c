//! The grants of a tenant: approvals given in advance, for a scope, a time, a number of calls and a sum.
//!
//! All of a tenant's are one stream. A call that a grant lets through writes its use into that stream in the append that
//! decides on the call, so that two calls can never share what is left for one. [`applicable`] finds the grant for a call,
//! [`Action::Use`] is its use.

mod applicable;
mod command;
mod condition;
mod decide;
mod decimal;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use applicable::{amount_at, applicable};
pub use command::{Action, Command, Create};
pub use condition::{MAX_CONDITIONS, MAX_CONDITIONS_BYTES, MAX_VALUE_CHARS, MAX_VALUES, is_met};
pub use decide::{MAX_AHEAD, MAX_GRANTS, decide};
pub use decimal::{MAX_DIGITS, MAX_FRACTION_DIGITS, amount};
pub use evolve::evolve;
pub use rejection::Rejection;
pub use rust_decimal::Decimal;
pub use state::{Grant, Happened, MAX_ENDED, Revocation, Standing, State};
