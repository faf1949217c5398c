//! The execution table: one row per execution.

mod fold;
mod payload;
mod query;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod view;

#[cfg(test)]
pub(crate) use query::select;
pub(crate) use query::{detail, page};
pub use row::{ExecutionDetail, ExecutionFilter, ExecutionRow, OriginKind, Progress};
pub(crate) use table::names;
pub(crate) use view::ExecutionsView;
