//! Where an execution stands: in full, and in the two coarse words of the execution table.

use std::{fmt, str::FromStr};

use proto_events::{ExecutionEvent, ResultStatus};

/// Declares an enum whose variants have stable names.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| UnknownName(text.chars().take(80).collect()))
            }
        }
    };
}

/// A text that is none of the names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of the names")]
pub struct UnknownName(String);

named! {
    /// Where an execution stands, in full.
    Stage {
        /// On record, not decided yet; only between two events of one append.
        Initiated = "initiated",
        /// Nothing stands in its way, or only reviewers do: the permit, or the approval that is asked for, follows in the
        /// same append.
        Cleared = "cleared",
        /// Its permit was withdrawn; what it needs now follows in the same append.
        Reopened = "reopened",
        /// The requesting user has to confirm.
        AwaitingConfirmation = "awaiting_confirmation",
        /// Reviewers have to approve.
        AwaitingApproval = "awaiting_approval",
        /// It may be started, once.
        Permitted = "permitted",
        /// It runs.
        InProgress = "in_progress",
        /// It started and went silent; evidence has to settle it.
        Unknown = "unknown",
        /// It may not run.
        Blocked = "blocked",
        /// There is nothing to do.
        NoOp = "no_op",
        /// The requesting user declined.
        Declined = "declined",
        /// The requesting user did not confirm in time.
        ConfirmationExpired = "confirmation_expired",
        /// A reviewer denied it.
        Denied = "denied",
        /// A reviewer aborted it, with feedback.
        Aborted = "aborted",
        /// Nobody resolved the approval in time.
        ApprovalExpired = "approval_expired",
        /// Nobody used the permit in time.
        PermitExpired = "permit_expired",
        /// It ended well.
        Succeeded = "succeeded",
        /// It ended with an error.
        Failed = "failed",
        /// It ended without an answer in time.
        TimedOut = "timed_out",
        /// It was not run after all.
        Skipped = "skipped",
        /// It was called off.
        Cancelled = "cancelled",
        /// It was unknown, and evidence showed how it ended.
        Settled = "settled",
    }
}

impl Stage {
    /// Whether nothing can change it any more.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Initiated
            | Self::Cleared
            | Self::Reopened
            | Self::AwaitingConfirmation
            | Self::AwaitingApproval
            | Self::Permitted
            | Self::InProgress
            | Self::Unknown => false,
            Self::Blocked
            | Self::NoOp
            | Self::Declined
            | Self::ConfirmationExpired
            | Self::Denied
            | Self::Aborted
            | Self::ApprovalExpired
            | Self::PermitExpired
            | Self::Succeeded
            | Self::Failed
            | Self::TimedOut
            | Self::Skipped
            | Self::Cancelled
            | Self::Settled => true,
        }
    }

    /// Whether it is a stage only between two events of one append, so that a history that stops there is incomplete.
    pub const fn is_transitional(self) -> bool {
        matches!(self, Self::Initiated | Self::Cleared | Self::Reopened)
    }

    /// Whether it waits for people.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::AwaitingConfirmation | Self::AwaitingApproval)
    }

    /// Whether it waits for people or for its permit to be used: a freeze holds its deadline, a new policy decides on it
    /// again.
    pub const fn is_open(self) -> bool {
        self.is_waiting() || matches!(self, Self::Permitted)
    }

    /// The stage after `event` happened in stage `from` (`None`: nothing happened yet); `None` where `event` cannot
    /// happen there. `src/execution/tests/transitions.txt` has the same as a table.
    pub const fn after(from: Option<Self>, event: &ExecutionEvent) -> Option<Self> {
        use ExecutionEvent as E;
        Some(match (from, event) {
            (None, E::Initiated(_)) => Self::Initiated,

            // The decision: the first one, or a new one on a call that waits or whose permit was withdrawn.
            (Some(from), E::Allowed(_)) if from.is_decided_on() => Self::Cleared,
            (Some(from), E::Blocked(_)) if from.is_decided_on() => Self::Blocked,
            (Some(from), E::NoOp(_)) if from.is_decided_on() => Self::NoOp,
            (Some(from), E::ConfirmationRequired(_)) if from.is_decided_on() => Self::AwaitingConfirmation,
            // Also after the confirmation, and for the next stage of the approval.
            (Some(from), E::ApprovalRequired(_)) if from.is_decided_on() => Self::AwaitingApproval,
            (Some(Self::Cleared), E::ApprovalRequired(_)) => Self::AwaitingApproval,

            (Some(from), E::Redecided(_) | E::Suspended(_) | E::Resumed(_)) if from.is_open() => from,
            (Some(Self::Permitted), E::PermitWithdrawn(_)) => Self::Reopened,
            (Some(from), E::Commented(_)) if from.is_waiting() => from,

            (Some(Self::AwaitingConfirmation), E::Confirmed(_)) => Self::Cleared,
            (Some(Self::AwaitingConfirmation), E::Declined(_)) => Self::Declined,
            (Some(Self::AwaitingConfirmation), E::ConfirmationExpired(_)) => Self::ConfirmationExpired,

            (
                Some(Self::AwaitingApproval),
                E::ApprovalVoted(_) | E::ApprovalEscalated(_) | E::ApprovalReminded(_),
            ) => Self::AwaitingApproval,
            (Some(Self::AwaitingApproval), E::ApprovalAccepted(_)) => Self::Cleared,
            (Some(Self::AwaitingApproval), E::ApprovalDenied(_)) => Self::Denied,
            (Some(Self::AwaitingApproval), E::ApprovalAborted(_)) => Self::Aborted,
            (Some(Self::AwaitingApproval), E::ApprovalExpired(_)) => Self::ApprovalExpired,

            (Some(Self::Cleared), E::Permitted(_)) => Self::Permitted,
            (Some(Self::Permitted), E::PermitExpired(_)) => Self::PermitExpired,
            (Some(Self::Permitted), E::InProgress(_)) => Self::InProgress,
            (Some(Self::InProgress), E::Progressed(_)) => Self::InProgress,

            // Handed in after the fact, the end follows the beginning.
            (Some(Self::InProgress | Self::Initiated), E::Succeeded(_)) => Self::Succeeded,
            (Some(Self::InProgress | Self::Initiated), E::Failed(_)) => Self::Failed,
            (Some(Self::InProgress | Self::Initiated), E::TimedOut(_)) => Self::TimedOut,
            (Some(Self::InProgress | Self::Initiated), E::Skipped(_)) => Self::Skipped,
            (
                Some(
                    Self::Initiated
                    | Self::AwaitingConfirmation
                    | Self::AwaitingApproval
                    | Self::Permitted
                    | Self::InProgress,
                ),
                E::Cancelled(_),
            ) => Self::Cancelled,

            (Some(Self::InProgress), E::ResultUnknown(_)) => Self::Unknown,
            (Some(Self::Unknown), E::Settled(_)) => Self::Settled,

            (Some(stage), E::Reattempted(_)) => stage,
            _ => return None,
        })
    }

    /// Whether the event of a decision can follow.
    const fn is_decided_on(self) -> bool {
        matches!(self, Self::Initiated | Self::Reopened) || self.is_waiting()
    }
}

named! {
    /// The coarse status of the execution table. The names are fixed from outside, to the letter.
    ExecutionStatus {
        /// Created, and waiting to run or to complete.
        Pending = "Pending",
        /// Completed; also: there was nothing to do.
        Success = "Success",
        /// Ended without success, or never ran.
        Failed = "Failed",
        /// A human has to confirm or approve.
        PendingApproval = "PendingApproval",
    }
}

impl ExecutionStatus {
    /// The coarse status of `stage`; `settled_as` is how a settled execution ended, as its `settled` event has it.
    pub const fn of(stage: Stage, settled_as: Option<ResultStatus>) -> Self {
        match stage {
            Stage::AwaitingConfirmation | Stage::AwaitingApproval => Self::PendingApproval,
            Stage::Initiated
            | Stage::Cleared
            | Stage::Reopened
            | Stage::Permitted
            | Stage::InProgress
            | Stage::Unknown => Self::Pending,
            Stage::Succeeded | Stage::NoOp => Self::Success,
            Stage::Settled => match settled_as {
                Some(ResultStatus::Succeeded) => Self::Success,
                _ => Self::Failed,
            },
            Stage::Blocked
            | Stage::Declined
            | Stage::ConfirmationExpired
            | Stage::Denied
            | Stage::Aborted
            | Stage::ApprovalExpired
            | Stage::PermitExpired
            | Stage::Failed
            | Stage::TimedOut
            | Stage::Skipped
            | Stage::Cancelled => Self::Failed,
        }
    }
}

named! {
    /// The approval status of the execution table. The names are fixed from outside, to the letter.
    ApprovalStatus {
        /// Accepted or confirmed; stays, whatever became of the call.
        Approved = "Approved",
        /// Denied, aborted, declined or expired; or called off, or blocked by a new decision, while it was waiting.
        Rejected = "Rejected",
        /// A human has to confirm or approve.
        Pending = "Pending",
        /// Neither approval nor confirmation was asked for.
        NotRequired = "Approval not required",
    }
}

impl ApprovalStatus {
    /// The approval status after `event`, where it was `self` before; it starts as [`ApprovalStatus::NotRequired`].
    #[must_use]
    pub const fn after(self, event: &ExecutionEvent) -> Self {
        use ExecutionEvent as E;
        match event {
            E::ConfirmationRequired(_) | E::ApprovalRequired(_) => Self::Pending,
            E::Confirmed(_) | E::ApprovalAccepted(_) => Self::Approved,
            E::Declined(_)
            | E::ConfirmationExpired(_)
            | E::ApprovalDenied(_)
            | E::ApprovalAborted(_)
            | E::ApprovalExpired(_) => Self::Rejected,
            E::Cancelled(_) | E::Blocked(_) if matches!(self, Self::Pending) => Self::Rejected,
            // A new decision asks nobody any more.
            E::Allowed(_) | E::NoOp(_) if matches!(self, Self::Pending) => Self::NotRequired,
            E::Initiated(_)
            | E::Allowed(_)
            | E::Blocked(_)
            | E::NoOp(_)
            | E::ApprovalVoted(_)
            | E::ApprovalEscalated(_)
            | E::ApprovalReminded(_)
            | E::Commented(_)
            | E::Redecided(_)
            | E::PermitWithdrawn(_)
            | E::Suspended(_)
            | E::Resumed(_)
            | E::Permitted(_)
            | E::PermitExpired(_)
            | E::InProgress(_)
            | E::Progressed(_)
            | E::Succeeded(_)
            | E::Failed(_)
            | E::TimedOut(_)
            | E::Skipped(_)
            | E::Cancelled(_)
            | E::ResultUnknown(_)
            | E::Settled(_)
            | E::Reattempted(_) => self,
        }
    }
}
