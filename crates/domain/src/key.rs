//! One API key: created once, revoked at most once.

mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Action, Command, Create};
pub use decide::decide;
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::{Happened, Key, Revocation, State};
