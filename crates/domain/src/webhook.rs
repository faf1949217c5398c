//! The webhooks of a tenant: created, parked when they cannot be delivered, replayed, deleted.
//!
//! All of a tenant's are one stream, so that the bound on how many there are is decided where one more is.

mod address;
mod command;
mod decide;
mod evolve;
mod rejection;
mod state;
#[cfg(test)]
mod tests;

pub use address::{MAX_URL_BYTES, address};
pub use command::{Action, Command, Create, Park};
pub use decide::{MAX_WEBHOOKS, decide};
pub use evolve::evolve;
pub use rejection::Rejection;
pub use state::{Happened, Parking, State, Webhook};
