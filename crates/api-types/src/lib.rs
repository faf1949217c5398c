//! What goes over the wire: the bodies, queries and errors of the HTTP API, for the server and for clients.
//!
//! Plain data. Requests refuse fields that they do not know; a client passes over fields of an answer that it does not
//! know, so that answers may grow. With the feature `openapi` every type describes itself.

mod approval;
mod as_of;
mod audit;
mod batch;
mod catalogue;
mod command;
#[cfg(feature = "openapi")]
mod described;
mod execution;
mod explanation;
mod freeze;
mod function;
mod given;
mod grant;
#[cfg(feature = "openapi")]
mod i_json;
mod insight;
mod key;
mod page;
mod permit;
mod policy;
mod policy_replay;
mod problem;
mod proof;
mod registry;
mod review;
mod reviewer;
mod signed_in;
mod stage;
mod submission;
mod webhook;

pub use approval::{ApprovalKind, ApprovalQuery, DueEscalation, Escalated, PendingApproval};
pub use as_of::{AsOf, InvalidAsOf};
pub use audit::{AuditCategory, AuditEntry, AuditQuery};
pub use batch::{BatchDecision, BatchVerdict, DecideBatch, DecidedBatch};
pub use catalogue::{
    AddMessage, AgentScopes, Connection, DescribeConnection, Message, MessageQuery, SetAgentScopes,
    ToolQuery, ToolSet, UserMessage, VisibleTool,
};
pub use command::{
    Abort, AddComment, Approve, Cancel, Complete, Confirm, Decline, Deny, Fail, FailureStatus, Progress,
    Revise, Revised, Settle, Start,
};
#[cfg(feature = "openapi")]
pub use described::{Amount, ConditionText, DecimalNumber, JsonPointer, Name, PlainName, Words};
pub use execution::{
    Execution, ExecutionQuery, GetQuery, OriginKind, Permit, Propose, Until, WaitsFor, WaitsForKind,
};
pub use explanation::{ConditionExplanation, Explanation, PolicyExplanation, RuleExplanation, Truth};
pub use freeze::{CreateFreeze, EndFreeze, EndedFreeze, Freeze};
pub use function::{DescribeFunction, Description, FunctionAccess, SetAccess, WithdrawFunction};
pub use given::object;
pub use grant::{CreateGrant, Grant, GrantStatus, RevokeGrant};
pub use insight::{
    Insight, InsightBlocked, InsightColumn, InsightQuery, InsightResolved, InsightReviewer, InsightRule,
};
pub use key::{CreateKey, CreatedKey, Key, KeyStatus, Me, RevokeKey};
pub use page::{EventQuery, FunctionQuery, ListQuery, NotificationQuery, Page, PageQuery};
pub use permit::{Jwk, JwkSet};
pub use policy::{
    ApplyPolicy, ClearPolicy, EndShadow, Policy, PolicyActivation, PolicyChange, PolicyFiles, PolicySet,
    ShadowPolicy,
};
pub use policy_replay::{
    PolicyReplay, ReplayChange, ReplayChangeKind, ReplayChanges, ReplayDifference, ReplayFunction,
    ReplayListed, ReplayMismatch, ReplayMove, ReplayPolicy, ReplayReport, ReplayRule, ReplayRuleUses,
    ReplayStopReason, ReplayStopped,
};
pub use problem::{FieldError, PROBLEM_JSON, PolicyFault, Problem};
pub use proof::{Checkpoint, ConsistencyProof, ConsistencyQuery, EventProof, ExecutionProof, ProofQuery};
pub use proto_events::{
    Access, ActivityReport, Actor, ActorKind, ApprovalNeed, ApprovalStage, ArgumentCondition, ArgumentTest,
    ArgumentsDigest, CallError, Decision, Digest, Effect, Escalation, FreezeScope, FunctionName,
    GlobalPosition, GrantScope, Json, Layer, LayerFinding, Notification, NotificationType, Outcome,
    RecordedEvent, Requirement, ResultStatus, Reviewers, RiskLevel, Role, StreamId, StreamVersion, TenantId,
    Timestamp, Timing, ToolType, Trust,
};
pub use registry::{Agent, AgentCall, RegisterAgent};
pub use review::{
    ApprovalProgress, AuditOutcome, CatalogueEntry, Deciding, LastComment, Resolution, Verdict, Vote,
};
pub use reviewer::{CreateDelegation, Delegation, DelegationStatus, EndedDelegation, Group, SetGroup};
pub use signed_in::SignedIn;
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
