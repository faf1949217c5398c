//! One view: which it is, what it does with events, and the one who writes it.

mod build;
mod slot;
mod writer;

use std::fmt;

pub(crate) use build::{Plan, build};
use rusqlite::Connection;
use serde::Serialize;
pub(crate) use slot::{Slot, blocking, opened};
pub(crate) use writer::Writer;

use crate::{
    DecodedEvent,
    approvals::ApprovalsView,
    audit::AuditView,
    executions::ExecutionsView,
    sql::{Schema, SqlError},
};

/// One of the views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The execution table.
    Executions,
    /// The approval queue.
    Approvals,
    /// The audit trail.
    Audit,
}

impl View {
    /// Every view.
    pub const ALL: [Self; 3] = [Self::Executions, Self::Approvals, Self::Audit];

    /// The view's stable name; also of its file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executions => "executions",
            Self::Approvals => "approvals",
            Self::Audit => "audit",
        }
    }

    /// What it does with events, with nothing in memory yet.
    pub(crate) fn projection(self) -> Box<dyn SqlView> {
        match self {
            Self::Executions => Box::<ExecutionsView>::default(),
            Self::Approvals => Box::<ApprovalsView>::default(),
            Self::Audit => Box::<AuditView>::default(),
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a view does with events.
pub(crate) trait SqlView: Send {
    /// Its tables.
    fn schema(&self) -> &'static Schema;

    /// Changes the rows within `txn` as the consecutive `events` ask, and answers how many there are more (or fewer).
    fn apply(&mut self, txn: &Connection, events: &[&DecodedEvent]) -> Result<i64, SqlError>;

    /// The last `apply` was not committed: forget what is in memory.
    fn forget(&mut self);
}
