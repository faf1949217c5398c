//! Where messages go on the bus.

use std::fmt;

use uuid::Uuid;

use crate::{BusCommand, NotificationType, RecordedEvent, TenantId};

/// What a subject ends in: the step of the lifecycle. Every token is whole, so that
/// `vidimus.v1.acme.tool_execution.*.approval.>` matches every approval step and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step(&'static str);

impl Step {
    /// The step that notifications of this type go to.
    pub const fn of(notification: NotificationType) -> Self {
        use NotificationType as N;
        Self(match notification {
            N::Initiated => "initiated",
            N::InProgress => "in_progress",
            N::ApprovalRequired => "approval.required",
            N::ApprovalAccepted => "approval.accepted",
            N::ApprovalDenied => "approval.denied",
            N::ApprovalAborted => "approval.aborted",
            N::ApprovalExpired => "approval.expired",
            N::ConfirmationRequired => "confirmation.required",
            N::Confirmed => "confirmation.given",
            N::Declined => "confirmation.declined",
            N::ConfirmationExpired => "confirmation.expired",
            N::Blocked => "blocked",
            N::NoOp => "no_op",
            N::Completed => "completed",
            N::Failed => "failed",
            N::Unknown => "unknown",
            N::ApprovalVoted => "approval.voted",
            N::ApprovalEscalated => "approval.escalated",
            N::ApprovalReminded => "approval.reminded",
            N::Redecided => "redecided",
            N::Suspended => "suspended",
            N::Resumed => "resumed",
        })
    }

    /// The step's tokens, joined by dots.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// A subject of the bus. Every one begins with `vidimus.v1.<tenant>`, and each part of it is a whole token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject(String);

impl Subject {
    /// Every notification of every tenant.
    pub const NOTIFICATIONS: &'static str = "vidimus.v1.*.tool_execution.>";
    /// Every recorded event of every tenant.
    pub const RECORDED: &'static str = "vidimus.v1.*.recorded.>";

    /// One notification: `vidimus.v1.<tenant>.tool_execution.<execution id>.<step>`.
    pub fn notification(tenant: &TenantId, execution: Uuid, notification: NotificationType) -> Self {
        let step = Step::of(notification).as_str();
        Self(format!("vidimus.v1.{tenant}.tool_execution.{execution}.{step}"))
    }

    /// One recorded event: `vidimus.v1.<tenant>.recorded.<stream>.<type>`.
    pub fn recorded(recorded: &RecordedEvent) -> Self {
        let RecordedEvent { tenant, stream, event, .. } = recorded;
        Self(format!("vidimus.v1.{tenant}.recorded.{stream}.{}", event.event_type))
    }

    /// A command: `vidimus.v1.<tenant>.command.<command>`, and where it is about one execution, `.<execution id>`.
    pub fn command(tenant: &TenantId, command: BusCommand, execution: Option<Uuid>) -> Self {
        let name = command.as_str();
        Self(execution.map_or_else(
            || format!("vidimus.v1.{tenant}.command.{name}"),
            |execution| format!("vidimus.v1.{tenant}.command.{name}.{execution}"),
        ))
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
