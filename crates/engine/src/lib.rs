//! The engine: looks up what a decision needs, lets the domain decide, appends, and retries on a conflict.
//!
//! It is the only place with a clock and a source of ids; both are handed in, so that a test holds them. Rules live in
//! `vidimus-domain`; what is durable is the log's business.
//!
//! * [`Engine`] has one method for each command.
//! * [`Engine::authenticate`] tells who an API key's token is; who has none is handed in as a [`Principal`].
//! * [`Deliveries`] is how the deliveries of webhooks stand, as whoever makes them says.
//! * [`replay`] derives past decisions again, and has another policy set decide on the same calls.
//! * [`DeadlineKeeper`] follows the log and does what time does: expire what waits too long, mark as unknown what
//!   started and went silent.

mod agents;
mod batch;
mod cache;
mod catalogue;
mod checkpoint;
mod clock;
mod conversations;
mod deadlines;
mod engine;
mod error;
mod execution;
mod explain;
mod folded;
mod follower;
mod freezes;
mod function;
mod govern;
mod grants;
mod history;
mod ids;
mod keys;
mod lanes;
mod looked_up;
mod permit_token;
mod policies;
mod principal;
mod proof;
mod propose;
mod reattempts;
mod record;
mod redecide;
mod registry;
pub mod replay;
mod reviewers;
mod revise;
mod webhooks;

pub use agents::AgentScopes;
pub use batch::{BatchItem, BatchVerdict, MAX_BATCH};
pub use catalogue::ConnectionAnswer;
pub use checkpoint::{CheckpointOrigin, Consistency, OriginError, SignedCheckpoint};
pub use clock::{Clock, ManualClock, SystemClock};
pub use conversations::{UserMessage, UserMessagePage};
pub use deadlines::{DeadlineKeeper, Due};
pub use engine::{Engine, Settings};
pub use error::EngineError;
pub use execution::{Answer, Completion, Seen};
pub use explain::Explanation;
pub use follower::{ToolSet, VisibleTool};
pub use freezes::{EndAnswer, FreezeAnswer};
pub use function::{AccessAnswer, FunctionAnswer};
pub use grants::{GrantAnswer, KnownGrant, NewGrant};
pub use history::{EventPage, ExecutionEventPage};
pub use ids::{Ids, RandomIds, SequentialIds};
pub use keys::{AuthenticateError, Authenticated, CreatedKey, Key, KeyPepper, KeySecret, KeyStatus, NewKey};
pub use policies::{PolicyAnswer, PolicyChange, PolicyFiles};
pub use principal::Principal;
pub use proof::{ExecutionProof, MAX_PROVED, ProvedEvent};
pub use propose::Proposal;
pub use proto_events::Role;
pub use record::FinishedCall;
pub use registry::Registered;
pub use reviewers::{DelegationAnswer, GroupAnswer, Groups, KnownDelegation, NewDelegation};
pub use revise::Revised;
pub use vidimus_domain::{
    freeze::Freeze,
    grant::{Grant, Standing as GrantStanding},
    policy::{Change, ChangeKind, Standing as PolicyStanding, State as PolicyState},
    reviewer::Delegation,
    webhook::{Park, Parking, Webhook},
};
pub use vidimus_log::ProofError;
pub use vidimus_policy::{ArgumentSchemaError, PolicyError, PolicyErrors, SourceError};
pub use webhooks::{
    CreatedWebhook, Deliveries, Delivery, Failing, Failure, NewWebhook, Totals, WebhookAnswer, WebhookSecret,
};
