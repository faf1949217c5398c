//! Figures about the views.

use proto_events::GlobalPosition;
use serde::Serialize;

use crate::{Checkpoint, View};

/// Figures about one view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ViewStats {
    /// The view.
    pub view: View,
    /// Whether it answers queries; not while it has to be rebuilt and there is no old one.
    pub available: bool,
    /// How far it is.
    pub checkpoint: Checkpoint,
    /// Tail of the log minus checkpoint, in events.
    pub lag: u64,
    /// How many rows it has.
    pub rows: u64,
    /// Bytes of its files.
    pub bytes_on_disk: u64,
}

/// Figures about the views.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ViewsStats {
    /// Executions on record.
    pub executions: u64,
    /// Approvals and confirmations that are pending.
    pub approvals_pending: u64,
    /// Entries of the audit trail.
    pub audit_entries: u64,
    /// The position that every view has reached.
    pub position: GlobalPosition,
    /// Tail of the log minus `position`, in events.
    pub lag: u64,
    /// Each view.
    pub views: Vec<ViewStats>,
}

impl ViewsStats {
    /// The figures that follow from those of `views`.
    pub(super) fn of(views: Vec<ViewStats>) -> Self {
        let rows = |view| views.iter().filter(|stats| stats.view == view).map(|stats| stats.rows).sum();
        Self {
            executions: rows(View::Executions),
            approvals_pending: rows(View::Approvals),
            audit_entries: rows(View::Audit),
            position: views.iter().map(|stats| stats.checkpoint.position).min().unwrap_or_default(),
            lag: views.iter().map(|stats| stats.lag).max().unwrap_or_default(),
            views,
        }
    }
}
