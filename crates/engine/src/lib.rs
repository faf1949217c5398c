//! The engine: looks up what a decision needs, lets the domain decide, appends, and retries on a conflict.
//!
//! It is the only place with a clock and a source of ids; both are handed in, so that a test holds them. Rules live in
//! `vidimus-domain`; what is durable is the log's business.
//!
//! * [`Engine`] has one method for each command.
//! * [`Engine::authenticate`] tells who an API key's token is; who has none is handed in as a [`Principal`].
//! * [`Deliveries`] is how the deliveries of webhooks stand, as whoever makes them says.
//! * [`DeadlineKeeper`] follows the log and does what time does: expire what waits too long, mark as unknown what
//!   started and went silent.

mod cache;
mod clock;
mod deadlines;
mod engine;
mod error;
mod execution;
mod function;
mod history;
mod ids;
mod keys;
mod principal;
mod propose;
mod reattempts;
mod record;
mod registry;
mod webhooks;

pub use clock::{Clock, ManualClock, SystemClock};
pub use deadlines::{DeadlineKeeper, Due};
pub use engine::{Engine, Settings};
pub use error::EngineError;
pub use execution::{Answer, Completion};
pub use function::AccessAnswer;
pub use history::{EventPage, ExecutionEventPage};
pub use ids::{Ids, RandomIds, SequentialIds};
pub use keys::{AuthenticateError, Authenticated, CreatedKey, Key, KeyPepper, KeySecret, KeyStatus, NewKey};
pub use principal::Principal;
pub use propose::Proposal;
pub use proto_events::Role;
pub use record::FinishedCall;
pub use registry::Registered;
pub use vidimus_domain::webhook::{Park, Parking, Webhook};
pub use webhooks::{
    CreatedWebhook, Deliveries, Delivery, Failing, Failure, NewWebhook, Totals, WebhookAnswer, WebhookSecret,
};
