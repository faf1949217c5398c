//! Agents and conversations that were announced before they call.

mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Register, Subject};
pub use decide::decide;
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::State;
