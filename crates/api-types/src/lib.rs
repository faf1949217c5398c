//! What goes over the wire: the bodies, queries and errors of the HTTP API, for the server and for clients.
//!
//! Plain data. Requests refuse fields that they do not know; a client passes over fields of an answer that it does not
//! know, so that answers may grow. With the feature `openapi` every type describes itself.

mod approval;
mod audit;
mod execution;
mod function;
mod given;
#[cfg(feature = "openapi")]
mod i_json;
mod key;
mod page;
mod problem;
mod registry;
mod stage;
mod submission;
mod webhook;

pub use approval::{ApprovalKind, ApprovalQuery, PendingApproval};
pub use audit::{AuditCategory, AuditEntry, AuditQuery};
pub use execution::{
    Abort, Approve, Cancel, Complete, Confirm, Decline, Deny, Execution, ExecutionQuery, Fail, FailureStatus,
    GetQuery, OriginKind, Permit, Progress, Propose, Settle, Start, Until, WaitsFor, WaitsForKind,
};
pub use function::{FunctionAccess, SetAccess};
pub use given::object;
pub use key::{CreateKey, CreatedKey, Key, KeyStatus, RevokeKey};
pub use page::{EventQuery, ListQuery, NotificationQuery, Page, PageQuery};
pub use problem::{FieldError, PROBLEM_JSON, Problem};
pub use proto_events::{
    Access, ActivityReport, Actor, ActorKind, ArgumentsDigest, CallError, Decision, FunctionName,
    GlobalPosition, Json, Notification, NotificationType, Outcome, RecordedEvent, ResultStatus, Reviewers,
    Role, StreamId, StreamVersion, TenantId, Timestamp, Timing,
};
pub use registry::{Agent, AgentCall, RegisterAgent};
pub use stage::{ApprovalStatus, ExecutionStatus, Stage};
pub use submission::{
    InvocationSource, SubmissionError, SubmissionErrorDetail, ToolExecutionCreate, ToolKind, ToolOutcome,
    ValidationItem,
};
pub use webhook::{
    CreateWebhook, CreatedWebhook, DeleteWebhook, DeletedWebhook, ReplayWebhook, Webhook, WebhookFailing,
    WebhookFailure, WebhookFilter, WebhookSecret, WebhookStatus,
};

/// The longest bounded wait that a request may ask for, in seconds.
pub const MAX_WAIT_SECONDS: u64 = 60;

/// The header that names an attempt, so that a retry of it gets the earlier answer; 1 to 255 characters.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
