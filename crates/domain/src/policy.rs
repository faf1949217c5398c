//! Which policy set is in force in a tenant, and which is evaluated beside it.
//!
//! The sets themselves are stored under their digests, each in a stream of its own: [`store`]. What is in force is one
//! stream, so that a decision on a call is guarded against a change meanwhile.

mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Action, Command};
pub use decide::{MAX_POLICY_BYTES, decide, store};
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::{Change, ChangeKind, Happened, MAX_HISTORY, Standing, State};
