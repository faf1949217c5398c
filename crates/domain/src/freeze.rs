//! The freezes of a tenant: who stopped what, and that it goes on.
//!
//! All of a tenant's are one stream, so that a decision on a call is guarded against a freeze that begins meanwhile.

mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Action, Command};
pub use decide::{MAX_FREEZES, decide};
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::{Freeze, Happened, MAX_ENDED, State};
