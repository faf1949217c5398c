//! One connection of the catalogue: what comes before the dot of its functions' names.

mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::Describe;
pub use decide::{MAX_ENDPOINT_CHARS, decide};
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::State;
