//! The life of one tool call, from the proposal to its end.
//!
//! ```text
//! propose ─▶ initiated ─┬─ blocked | no_op
//!                       ├─ allowed ──────────────────────────────────────────────────────┐
//!                       ├─ confirmation_required ─▶ confirmed ─┬────────────────────────▶├─▶ permitted ─▶ in_progress
//!                       │        └▶ declined | expired         ▼                         │   (or permit_expired)
//!                       └─ approval_required (stage 0, 1, …) ◀─┘ ─▶ voted* ─▶ accepted ──┘
//!                                └▶ denied | aborted | expired
//!
//! in_progress ─▶ progressed* ─▶ succeeded | failed | timed_out | skipped | cancelled
//!             └▶ result_unknown ─▶ settled
//! ```
//!
//! While it waits for people, or for its permit to be used, a new decision can put it anywhere that the first one could
//! ([`Action::Redecide`]), and a freeze holds its deadline ([`Action::Suspend`]).

mod approval;
mod card;
mod command;
mod decide;
mod evolve;
mod limits;
mod looked_up;
mod rejection;
mod requirement;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use approval::{Approval, Vote};
pub use card::{CardContent, SeenCard, is_reason, sensitive_of};
pub use command::{Action, Command, Propose, Record, Report};
pub use decide::decide;
pub use evolve::evolve;
pub use limits::{
    MAX_ASKED_BY, MAX_COMMENTS, MAX_CONTEXT_BYTES, MAX_ERROR_CODE_CHARS, MAX_ERROR_MESSAGE_BYTES,
    MAX_ERROR_TYPE_CHARS, MAX_ESCALATIONS, MAX_NAMED, MAX_NEEDS, MAX_PROGRESS_EVENTS, MAX_QUORUM,
    MAX_RECORDED_CONTEXT_BYTES, MAX_REDECISIONS, MAX_REMINDERS, MAX_SENSITIVE, MAX_STACK_TRACE_CHARS,
    MAX_STAGES, MAX_TEXT_CHARS,
};
pub use looked_up::{FrozenBy, Reviewer, StandsInFor, Ttls};
pub use rejection::Rejection;
pub use requirement::requirement_of;
pub use state::{
    DeadlineKind, Execution, Happened, Permit, Resolution, State, Suspension, Verdict, deadline,
};
pub use status::{ApprovalStatus, ExecutionStatus, Stage};
