//! Where a notification goes on the bus.

use std::fmt;

use uuid::Uuid;

use crate::{NotificationType, TenantId};

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
        })
    }

    /// The step's tokens, joined by dots.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// `vidimus.v1.<tenant>.tool_execution.<execution id>.<step>`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject(String);

impl Subject {
    /// The subject of one notification.
    pub fn new(tenant: &TenantId, execution: Uuid, notification: NotificationType) -> Self {
        let step = Step::of(notification).as_str();
        Self(format!("vidimus.v1.{tenant}.tool_execution.{execution}.{step}"))
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
