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
mod cloud_event;
mod command;
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
pub use call::{
    ActivityReport, CallError, CallRef, Decision, Facts, Layer, LayerFinding, Origin, Outcome, ResultStatus,
    Reviewers, Timing,
};
pub use cloud_event::CloudEvent;
pub use command::BusCommand;
pub use digest::{ArgumentsDigest, Digest, InvalidDigest, LeafHash};
pub use envelope::{Actor, ActorKind, NewEvent, RecordedEvent};
pub use event::{
    Access, AgentRegistered, ApprovalAborted, ApprovalAccepted, ApprovalDenied, ApprovalRequired,
    AttemptEvent, AttemptOpened, Blocked, ConfirmationRequired, Confirmed, ConversationRegistered, Decided,
    Declined, DecodeError, Event, ExecutionEvent, Expired, Finished, FunctionAccessChanged, FunctionEvent,
    InProgress, Initiated, KeyCreated, KeyEvent, KeyRevoked, Permitted, Progressed, Reattempted,
    RegistryEvent, ResultUnknown, Role, Settled, WebhookCreated, WebhookDeleted, WebhookEvent, WebhookFilter,
    WebhookParked, WebhookReplayed,
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
