//! Where an execution stands: in full, and in the coarse words of the execution table.

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have stable names.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:tt,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use named;

named! {
    /// Where an execution stands, in full.
    Stage {
        /// On record, not decided yet.
        Initiated = "initiated",
        /// Nothing stands in its way, or only reviewers do; what it needs follows.
        Cleared = "cleared",
        /// Its permit was withdrawn; what it needs now follows.
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
    /// Whether a person still has to decide: what a long poll waits for the end of.
    pub const fn awaits_decision(self) -> bool {
        matches!(
            self,
            Self::Initiated
                | Self::Cleared
                | Self::Reopened
                | Self::AwaitingConfirmation
                | Self::AwaitingApproval
        )
    }

    /// Whether nothing can change it any more.
    pub const fn is_terminal(self) -> bool {
        !matches!(
            self,
            Self::Initiated
                | Self::Cleared
                | Self::Reopened
                | Self::AwaitingConfirmation
                | Self::AwaitingApproval
                | Self::Permitted
                | Self::InProgress
                | Self::Unknown
        )
    }
}

named! {
    /// The coarse status of the execution table.
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

named! {
    /// The approval status of the execution table.
    ApprovalStatus {
        /// Accepted or confirmed.
        Approved = "Approved",
        /// Denied, aborted, declined or expired; or called off while it was waiting.
        Rejected = "Rejected",
        /// A human has to confirm or approve.
        Pending = "Pending",
        /// Neither approval nor confirmation was asked for.
        NotRequired = "Approval not required",
    }
}
