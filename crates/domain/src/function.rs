//! The access to one function.

mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::SetAccess;
pub use decide::decide;
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::State;
