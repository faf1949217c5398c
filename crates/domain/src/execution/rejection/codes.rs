//! The stable code of every rejection.

use super::Rejection;
use crate::field::InvalidField;

/// Declares the code of every variant, and the list of all codes beside it.
macro_rules! codes {
    ($($variant:ident = $code:literal,)+) => {
        impl Rejection {
            /// Every code that [`Rejection::code`] can answer.
            pub const ALL_CODES: &'static [&'static str] = &[
                InvalidField::ALL_CODES[0], InvalidField::ALL_CODES[1], InvalidField::ALL_CODES[2], $($code,)+
            ];

            /// The stable code.
            pub const fn code(&self) -> &'static str {
                match self {
                    Self::Field(field) => field.code(),
                    $(Self::$variant { .. } => $code,)+
                }
            }
        }
    };
}

codes! {
    NotFound = "execution_not_found",
    IdTaken = "execution_id_taken",
    DecisionMismatch = "decision_mismatch",
    Incomplete = "incomplete_history",
    AwaitingConfirmation = "awaiting_confirmation",
    AwaitingApproval = "awaiting_approval",
    NoConfirmationAsked = "no_confirmation_asked",
    NoApprovalAsked = "no_approval_asked",
    NotTheRequester = "not_the_requester",
    AgentCannotConfirm = "agent_cannot_confirm",
    RequesterCannotReview = "requester_cannot_review",
    AgentCannotReview = "agent_cannot_review",
    NotAReviewer = "not_a_reviewer",
    AlreadyVoted = "already_voted",
    VoteNotNeeded = "vote_not_needed",
    StageMismatch = "stage_mismatch",
    BreakGlassNotAllowed = "break_glass_not_allowed",
    Frozen = "frozen",
    StandsStill = "stands_still",
    SystemOnly = "system_only",
    NothingToEscalate = "nothing_to_escalate",
    NothingToRedecide = "nothing_to_redecide",
    TooManyRedecisions = "too_many_redecisions",
    CannotComment = "cannot_comment",
    NotWaiting = "not_waiting",
    TooManyComments = "too_many_comments",
    ArgumentsMismatch = "arguments_mismatch",
    CardChanged = "card_changed",
    TooLate = "too_late",
    NotDue = "not_due",
    NothingToExpire = "nothing_to_expire",
    Blocked = "blocked",
    NothingToDo = "nothing_to_do",
    AlreadyConfirmed = "already_confirmed",
    AlreadyDeclined = "already_declined",
    AlreadyAccepted = "already_accepted",
    AlreadyDenied = "already_denied",
    AlreadyAborted = "already_aborted",
    AlreadyExpired = "already_expired",
    PermitMismatch = "permit_mismatch",
    PermitStale = "permit_stale",
    NotStarted = "not_started",
    AlreadyStarted = "already_started",
    NotTheAgent = "not_the_agent",
    NotTheExecutor = "not_the_executor",
    NotYoursToCancel = "not_yours_to_cancel",
    TooMuchProgress = "too_much_progress",
    ResultUnknown = "must_be_settled",
    NothingToSettle = "nothing_to_settle",
    SettledAsUnknown = "settled_as_unknown",
    CannotSettle = "cannot_settle",
    AlreadyFinished = "already_finished",
    ResultDiffers = "result_differs",
    AlreadyCancelled = "already_cancelled",
    AlreadySettled = "already_settled",
}
