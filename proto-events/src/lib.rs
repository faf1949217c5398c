//! The contract of Vidimus: what is recorded, what is published, and under which names.
//!
//! Everything here is plain data. There is no clock, no runtime and no I/O, and nothing in this crate decides.
//!
//! * [`RecordedEvent`] is an event in its envelope, as the log keeps it.
//! * [`Event`] is the typed payload; [`Event::decode`] reads every version that ever existed.
//! * [`Notification`] is the public rendering of some events, [`CloudEvent`] that of each; [`Message`] is either on the bus,
//!   and [`Subject`] is where it goes there.
//! * [`BusCommand`] is what is asked over the bus.
//!
//! Old bytes are sacred: one golden file per event shape stands in `goldens/`; goldens are added, never edited. Any
//! change of a shape is a new version of it: a field more, even an optional one, or a variant more. The old version
//! is read by a step in [`UPCASTS`].

mod asyncapi;
mod call;
mod card;
mod catalogue;
mod cloud_event;
mod command;
mod decision;
mod digest;
mod envelope;
mod event;
mod identity;
mod json;
mod message;
mod notification;
#[cfg(feature = "openapi")]
mod openapi;
mod position;
mod redaction;
mod schema;
mod subject;
mod text;
mod timestamp;
mod upcast;

pub use asyncapi::{AsyncApiError, asyncapi};
pub use call::{ActivityReport, CallError, CallRef, Origin, ResultStatus, Timing};
pub use card::Card;
pub use catalogue::{Effect, FunctionDescription, RiskLevel, ToolType, Trust};
pub use cloud_event::CloudEvent;
pub use command::BusCommand;
pub use decision::{
    ApprovalNeed, ApprovalStage, Decision, Escalation, Facts, Layer, LayerFinding, Outcome, Requirement,
    Reviewers,
};
pub use digest::{ArgumentsDigest, Digest, InvalidDigest, LeafHash};
pub use envelope::{Actor, ActorKind, NewEvent, RecordedEvent};
pub use event::{
    Access, AgentRegistered, AgentScopesChanged, ApprovalAborted, ApprovalAccepted, ApprovalDenied,
    ApprovalEscalated, ApprovalReminded, ApprovalRequired, ApprovalVoted, ArgumentCondition, ArgumentTest,
    AttemptEvent, AttemptOpened, Blocked, CatalogueEvent, Commented, ConfirmationRequired, Confirmed,
    ConnectionDescribed, ConversationEvent, ConversationRegistered, Decided, Declined, DecodeError,
    Delegated, DelegationEnded, Event, ExecutionEvent, Expired, Finished, FreezeEvent, FreezeScope, Frozen,
    FunctionAccessChanged, FunctionDescribed, FunctionEvent, FunctionWithdrawn, GrantCreated, GrantEvent,
    GrantRevoked, GrantScope, GrantUsed, GroupChanged, InProgress, Initiated, KeyCreated, KeyEvent,
    KeyRevoked, PermitWithdrawn, Permitted, PolicyEvent, PolicySetActivated, PolicySetShadowed,
    PolicySetStored, Progressed, Reattempted, Redecided, RegistryEvent, ResultUnknown, Resumed,
    ReviewerEvent, Role, Settled, ShadowDiffered, Suspended, ToolSetRecorded, Unfrozen, UserSpoke,
    WebhookCreated, WebhookDeleted, WebhookEvent, WebhookFilter, WebhookParked, WebhookReplayed,
};
pub use identity::{FunctionName, InvalidName, StreamId, TenantId};
pub use json::{InvalidJson, Json};
pub use message::{Message, header};
pub use notification::{EventMessage, Notification, NotificationType, ToolExecutionApprovalRequest};
pub use position::{ExpectedVersion, GlobalPosition, StreamVersion};
pub use redaction::Redaction;
pub use schema::schemas;
pub use subject::{Step, Subject};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use upcast::{PayloadFields, UPCASTS, Upcast, upcast_with};
