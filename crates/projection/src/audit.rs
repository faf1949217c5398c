//! The audit trail: one row per recorded event.

mod fold;
mod query;
mod row;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod view;

#[cfg(test)]
pub(crate) use query::select;
pub(crate) use query::{one, page};
pub use row::{AuditCategory, AuditEntry, AuditFilter, Direction};
pub(crate) use view::AuditView;
