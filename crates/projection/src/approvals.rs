//! The approval queue: what waits for a human.

mod fold;
mod query;
mod reviewing;
mod row;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod view;

#[cfg(test)]
pub(crate) use query::select;
pub(crate) use query::{one, page};
#[cfg(test)]
pub(crate) use reviewing::can_vote;
pub use row::{
    ApprovalFilter, ApprovalKind, DueEscalation, Escalated, ForReviewer, PendingApproval, Reviewer, Vote,
};
pub(crate) use view::ApprovalsView;
