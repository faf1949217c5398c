//! The life of one tool call, from the proposal to its end.
//!
//! ```text
//! propose ─▶ initiated ─┬─ blocked | no_op
//!                       ├─ allowed ──────────────────────────────────────────────────┐
//!                       ├─ confirmation_required ─▶ confirmed | declined | expired   ├─▶ permitted ─▶ in_progress
//!                       └─ approval_required ─▶ accepted | denied | aborted | expired┘      (or permit_expired)
//!
//! in_progress ─▶ progressed* ─▶ succeeded | failed | timed_out | skipped | cancelled
//!             └▶ result_unknown ─▶ settled
//! ```

mod command;
mod decide;
mod evolve;
mod limits;
mod rejection;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use command::{Action, Command, Propose, Record, Report};
pub use decide::decide;
pub use evolve::evolve;
pub use limits::{
    MAX_CONTEXT_BYTES, MAX_ERROR_CODE_CHARS, MAX_ERROR_MESSAGE_BYTES, MAX_ERROR_TYPE_CHARS,
    MAX_PROGRESS_EVENTS, MAX_RECORDED_CONTEXT_BYTES, MAX_STACK_TRACE_CHARS, MAX_TEXT_CHARS,
};
pub use rejection::Rejection;
use state::deadline_of;
pub use state::{DeadlineKind, Execution, Happened, Permit, Resolution, State, Verdict, deadline};
pub use status::{ApprovalStatus, ExecutionStatus, Stage};
