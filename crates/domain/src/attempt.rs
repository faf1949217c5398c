//! The attempts that were made under one idempotency key.
//!
//! The same key with other arguments (or another function) is a new attempt, linked to the former one. Which execution
//! an attempt has is derived from key, function and arguments ([`proto_events::CallRef::attempt_id`]), so going back to
//! earlier arguments lands on the earlier execution; the engine answers that from the execution and opens nothing.

mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use command::Open;
pub use decide::decide;
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::State;
