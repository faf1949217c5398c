//! The public rendering of some events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ApprovalRequired, ArgumentsDigest, Event, ExecutionEvent, FunctionName, Json, RecordedEvent, Redaction,
    Reviewers, Timestamp,
};

/// What a notification tells. The first six names are fixed from outside, to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NotificationType {
    /// The call was proposed, or handed in after the fact.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_INITIATED")]
    Initiated,
    /// It started, or reported progress.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_IN_PROGRESS")]
    InProgress,
    /// Reviewers have to approve.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_APPROVAL_REQUIRED")]
    ApprovalRequired,
    /// Approved.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_APPROVAL_ACCEPTED")]
    ApprovalAccepted,
    /// Denied.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_APPROVAL_DENIED")]
    ApprovalDenied,
    /// Aborted with feedback.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_APPROVAL_ABORTED")]
    ApprovalAborted,
    /// Nobody resolved the approval in time.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_APPROVAL_EXPIRED")]
    ApprovalExpired,
    /// The requesting user has to confirm.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_CONFIRMATION_REQUIRED")]
    ConfirmationRequired,
    /// The requesting user confirmed.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_CONFIRMED")]
    Confirmed,
    /// The requesting user declined.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_DECLINED")]
    Declined,
    /// Nobody confirmed in time.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_CONFIRMATION_EXPIRED")]
    ConfirmationExpired,
    /// It may not run.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_BLOCKED")]
    Blocked,
    /// There is nothing to do.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_NO_OP")]
    NoOp,
    /// It succeeded.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_COMPLETED")]
    Completed,
    /// It failed, timed out, was skipped or cancelled, or its permit ran out.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_FAILED")]
    Failed,
    /// It started and went silent.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_UNKNOWN")]
    Unknown,
    /// A reviewer accepted, and more have to.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_APPROVAL_VOTED")]
    ApprovalVoted,
    /// Nobody resolved it for so long that further reviewers were added.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_APPROVAL_ESCALATED")]
    ApprovalEscalated,
    /// Reviewers are reminded.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_APPROVAL_REMINDED")]
    ApprovalReminded,
    /// It was decided on again; what came of it is told next.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_REDECIDED")]
    Redecided,
    /// A freeze covers it: its deadline stands still.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_SUSPENDED")]
    Suspended,
    /// No freeze covers it any more: its deadline goes on.
    #[serde(rename = "NOTIFICATION_TOOL_EXECUTION_RESUMED")]
    Resumed,
}

impl NotificationType {
    /// Every type.
    pub const ALL: [Self; 22] = [
        Self::Initiated,
        Self::InProgress,
        Self::ApprovalRequired,
        Self::ApprovalAccepted,
        Self::ApprovalDenied,
        Self::ApprovalAborted,
        Self::ApprovalExpired,
        Self::ConfirmationRequired,
        Self::Confirmed,
        Self::Declined,
        Self::ConfirmationExpired,
        Self::Blocked,
        Self::NoOp,
        Self::Completed,
        Self::Failed,
        Self::Unknown,
        Self::ApprovalVoted,
        Self::ApprovalEscalated,
        Self::ApprovalReminded,
        Self::Redecided,
        Self::Suspended,
        Self::Resumed,
    ];

    /// The type's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "NOTIFICATION_TOOL_EXECUTION_INITIATED",
            Self::InProgress => "NOTIFICATION_TOOL_EXECUTION_IN_PROGRESS",
            Self::ApprovalRequired => "NOTIFICATION_TOOL_EXECUTION_APPROVAL_REQUIRED",
            Self::ApprovalAccepted => "NOTIFICATION_TOOL_EXECUTION_APPROVAL_ACCEPTED",
            Self::ApprovalDenied => "NOTIFICATION_TOOL_EXECUTION_APPROVAL_DENIED",
            Self::ApprovalAborted => "NOTIFICATION_TOOL_EXECUTION_APPROVAL_ABORTED",
            Self::ApprovalExpired => "NOTIFICATION_TOOL_EXECUTION_APPROVAL_EXPIRED",
            Self::ConfirmationRequired => "NOTIFICATION_TOOL_EXECUTION_CONFIRMATION_REQUIRED",
            Self::Confirmed => "NOTIFICATION_TOOL_EXECUTION_CONFIRMED",
            Self::Declined => "NOTIFICATION_TOOL_EXECUTION_DECLINED",
            Self::ConfirmationExpired => "NOTIFICATION_TOOL_EXECUTION_CONFIRMATION_EXPIRED",
            Self::Blocked => "NOTIFICATION_TOOL_EXECUTION_BLOCKED",
            Self::NoOp => "NOTIFICATION_TOOL_EXECUTION_NO_OP",
            Self::Completed => "NOTIFICATION_TOOL_EXECUTION_COMPLETED",
            Self::Failed => "NOTIFICATION_TOOL_EXECUTION_FAILED",
            Self::Unknown => "NOTIFICATION_TOOL_EXECUTION_UNKNOWN",
            Self::ApprovalVoted => "NOTIFICATION_TOOL_EXECUTION_APPROVAL_VOTED",
            Self::ApprovalEscalated => "NOTIFICATION_TOOL_EXECUTION_APPROVAL_ESCALATED",
            Self::ApprovalReminded => "NOTIFICATION_TOOL_EXECUTION_APPROVAL_REMINDED",
            Self::Redecided => "NOTIFICATION_TOOL_EXECUTION_REDECIDED",
            Self::Suspended => "NOTIFICATION_TOOL_EXECUTION_SUSPENDED",
            Self::Resumed => "NOTIFICATION_TOOL_EXECUTION_RESUMED",
        }
    }
}

/// A notification, with exactly the keys that subscribers know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notification {
    /// What it tells.
    #[serde(rename = "type")]
    pub kind: NotificationType,
    /// Id of the event that it renders.
    pub event_id: String,
    /// The conversation.
    pub thread_id: String,
    /// The caller's id of the request; `null` where it sent none.
    pub request_id: Option<String>,
    /// The message.
    pub event_message: EventMessage,
}

/// The message of a notification, with exactly the keys that subscribers know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventMessage {
    /// The agent.
    pub agent: Option<String>,
    /// What happened, in words; fixed text for the six types that are fixed from outside.
    pub content: String,
    /// Always `null`: collaborations are not ours.
    pub collaboration_id: Option<String>,
    /// Always `null`: collaborations are not ours.
    pub active_assistant_collaboration_required: Option<bool>,
    /// What is to be approved; filled on `..._APPROVAL_REQUIRED`, else `null`.
    pub tool_execution_approval_request: Option<ToolExecutionApprovalRequest>,
    /// When it was recorded: UTC, whole seconds, no zone (`2025-08-12T00:00:00`).
    pub timestamp: String,
}

/// All that is needed to decide on an approval without a further call. Ours, so it may grow: a reader passes over keys
/// that it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ToolExecutionApprovalRequest {
    /// The execution to approve, deny or abort.
    pub execution_id: Uuid,
    /// What is to be called.
    pub function: FunctionName,
    /// With which arguments; where `redacted` names some, `[redacted]` stands in their place.
    pub arguments: Json,
    /// What is left out of the arguments (JSON Pointers, RFC 6901), as it usually holds a secret; the empty pointer: all of
    /// them.
    #[serde(default)]
    pub redacted: Vec<String>,
    /// SHA-256 of the canonical arguments: what an approval is bound to.
    pub arguments_digest: ArgumentsDigest,
    /// On whose behalf, as `kind:id`; never a reviewer of this call.
    pub requester: String,
    /// Who may resolve it.
    pub reviewers: Reviewers,
    /// How many distinct reviewers have to accept.
    pub quorum: u32,
    /// From when on it is too late, RFC 3339.
    pub deadline: Timestamp,
    /// Why it has to be approved, in words.
    pub reason: String,
    /// Ids of the policy rules that matched.
    pub matched_rules: Vec<String>,
}

impl ToolExecutionApprovalRequest {
    fn of(event: &ApprovalRequired, redaction: &Redaction) -> Self {
        let (arguments, redacted) = redaction.with(&event.sensitive).apply(&event.arguments);
        Self {
            execution_id: event.execution_id,
            function: event.call.function.clone(),
            arguments,
            redacted,
            arguments_digest: event.decision.arguments_digest,
            requester: event.requester.to_string(),
            reviewers: event.reviewers.clone(),
            quorum: event.quorum,
            deadline: event.expires_at,
            reason: event.decision.deciding().map(|finding| finding.reason.clone()).unwrap_or_default(),
            matched_rules: event.decision.matched_rules.clone(),
        }
    }
}

impl Notification {
    /// The notification of a recorded event; `None` for events that are on record only.
    pub fn of(recorded: &RecordedEvent, event: &Event, redaction: &Redaction) -> Option<Self> {
        let Event::Execution(event) = event else { return None };
        let (kind, content) = kind_and_content(event)?;
        let call = event.call();
        let approval_request = match event {
            ExecutionEvent::ApprovalRequired(required) => {
                Some(ToolExecutionApprovalRequest::of(required, redaction))
            }
            _ => None,
        };
        Some(Self {
            kind,
            event_id: recorded.event.event_id.to_string(),
            thread_id: call.conversation.clone(),
            request_id: call.request_id.clone(),
            event_message: EventMessage {
                agent: Some(call.agent.clone()),
                content,
                collaboration_id: None,
                active_assistant_collaboration_required: None,
                tool_execution_approval_request: approval_request,
                timestamp: recorded.event.recorded_at.to_notification_text(),
            },
        })
    }
}

fn kind_and_content(event: &ExecutionEvent) -> Option<(NotificationType, String)> {
    use ExecutionEvent as E;
    use NotificationType as N;
    let because = |what: &str, why: &str| format!("{what}: {why}");
    Some(match event {
        E::Allowed(_) | E::Permitted(_) | E::Reattempted(_) | E::Commented(_) | E::PermitWithdrawn(_) => {
            return None;
        }
        E::Initiated(_) => (N::Initiated, "tool execution started".to_owned()),
        E::InProgress(_) | E::Progressed(_) => (N::InProgress, "tool execution in progress".to_owned()),
        E::ApprovalRequired(_) => (N::ApprovalRequired, "tool execution requires approval".to_owned()),
        E::ApprovalAccepted(_) => (N::ApprovalAccepted, "tool execution approved".to_owned()),
        E::ApprovalDenied(_) => (N::ApprovalDenied, "tool execution denied".to_owned()),
        E::ApprovalAborted(_) => (N::ApprovalAborted, "tool execution aborted with feedback".to_owned()),
        E::ApprovalExpired(_) => (N::ApprovalExpired, "tool execution approval expired".to_owned()),
        E::ConfirmationRequired(_) => {
            (N::ConfirmationRequired, "tool execution requires confirmation".to_owned())
        }
        E::Confirmed(_) => (N::Confirmed, "tool execution confirmed".to_owned()),
        E::Declined(declined) => (
            N::Declined,
            declined.reason.as_ref().map_or_else(
                || "tool execution declined".to_owned(),
                |reason| because("tool execution declined", reason),
            ),
        ),
        E::ConfirmationExpired(_) => {
            (N::ConfirmationExpired, "tool execution confirmation expired".to_owned())
        }
        E::Blocked(blocked) => (N::Blocked, because("tool execution blocked", &blocked.reason)),
        E::NoOp(_) => (N::NoOp, "tool execution needs no action".to_owned()),
        E::Succeeded(_) => (N::Completed, "tool execution completed".to_owned()),
        E::Failed(_) => (N::Failed, "tool execution failed".to_owned()),
        E::TimedOut(_) => (N::Failed, "tool execution timed out".to_owned()),
        E::Skipped(_) => (N::Failed, "tool execution skipped".to_owned()),
        E::Cancelled(_) => (N::Failed, "tool execution cancelled".to_owned()),
        E::PermitExpired(_) => {
            (N::Failed, "tool execution permit expired before the call started".to_owned())
        }
        E::ApprovalVoted(_) => {
            (N::ApprovalVoted, "tool execution approved by one of several reviewers".to_owned())
        }
        E::ApprovalEscalated(_) => (N::ApprovalEscalated, "tool execution approval escalated".to_owned()),
        E::ApprovalReminded(_) => (N::ApprovalReminded, "tool execution approval still required".to_owned()),
        E::Redecided(_) => (N::Redecided, "tool execution decided on again".to_owned()),
        E::Suspended(_) => (N::Suspended, "tool execution suspended by a freeze".to_owned()),
        E::Resumed(_) => (N::Resumed, "tool execution resumed".to_owned()),
        E::ResultUnknown(_) => (N::Unknown, "tool execution result unknown".to_owned()),
        E::Settled(settled) => (
            match settled.status {
                crate::ResultStatus::Succeeded => N::Completed,
                crate::ResultStatus::Unknown => N::Unknown,
                _ => N::Failed,
            },
            format!("tool execution settled as {}", settled.status.as_str()),
        ),
    })
}
