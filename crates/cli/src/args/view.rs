//! `vidimus view`

use clap::{Subcommand, ValueEnum};
use vidimus_projection::View;

#[derive(Debug, Subcommand)]
pub(crate) enum ViewCommand {
    /// Build views anew from the log; all of them unless some are named.
    Rebuild {
        /// Which.
        #[arg(value_enum)]
        views: Vec<ViewName>,
    },
    /// Figures about the views, with their lag.
    Stats,
    /// Compare the views with the log, row for row.
    Verify,
}

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewName {
    Executions,
    Approvals,
    Audit,
}

impl From<ViewName> for View {
    fn from(name: ViewName) -> Self {
        match name {
            ViewName::Executions => Self::Executions,
            ViewName::Approvals => Self::Approvals,
            ViewName::Audit => Self::Audit,
        }
    }
}
