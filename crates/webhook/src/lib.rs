//! Webhooks: a tenant's notifications, posted to its endpoints, signed, in order, until they are taken.
//!
//! * [`Deliverer`] follows the log: one task an endpoint, each with a place of its own, kept in a file. One notification
//!   after the other: the next is posted when this one was taken. At least once; a receiver tells by `webhook-id`.
//! * What is not taken is posted again, with growing pauses, for a day ([`Settings::retry_for`]); then the webhook is
//!   parked, by an event on the log, and stands until somebody replays it.
//! * [`Guard`] says which addresses may be posted to: public ones, and those that the configuration allows. The address that
//!   was looked at is the one that is connected to.
//! * [`sign`] is the signature of [Standard Webhooks](https://www.standardwebhooks.com).
//!
//! Which webhooks there are is on the log ([`vidimus_engine::Engine::create_webhook`]). A file that is lost means that
//! notifications are posted again, from where the webhook began or was replayed, never that one is left out.

mod backoff;
mod checkpoint;
mod deliverer;
mod endpoint;
mod error;
mod guard;
mod notification;
mod resolver;
mod said;
mod sender;
mod settings;
mod signature;
mod tls;

pub use checkpoint::delivery_on_disk;
pub use deliverer::Deliverer;
pub use error::DelivererError;
pub use guard::Guard;
pub use ipnet::IpNet;
pub use settings::Settings;
pub use signature::{Signed, sign};
