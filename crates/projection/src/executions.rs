//! The execution table: one row per execution.

mod cells;
mod filter;
mod fold;
mod folded;
mod functions;
mod glance;
mod payload;
mod query;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use cells::{names, read};
#[cfg(test)]
pub(crate) use query::select_unsettled;
pub(crate) use query::{detail, page, select, unsettled};
pub use row::{AuditOutcome, ExecutionDetail, ExecutionFilter, ExecutionRow, OriginKind, Progress, Verdict};
pub(crate) use view::ExecutionsView;
