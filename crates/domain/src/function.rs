//! One function: the access to it, and what the catalogue says of it.

mod command;
mod decide;
mod description;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Action, Command};
pub use decide::decide;
pub use description::{
    MAX_DATA_AGE_SECONDS, MAX_POINTER_BYTES, MAX_REQUIRED_CONTEXT, MAX_SCHEMA_BYTES, MAX_SCOPES,
    MAX_SENSITIVE, pointer, validate,
};
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::State;
