//! The approval queue: what waits for a human.

mod fold;
mod query;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod view;

#[cfg(test)]
pub(crate) use query::select;
pub(crate) use query::{one, page};
pub use row::{ApprovalFilter, ApprovalKind, PendingApproval};
pub(crate) use view::ApprovalsView;
