//! `vidimus log`

use clap::{Args as ClapArgs, Subcommand};
use proto_events::GlobalPosition;
use uuid::Uuid;

use super::{execution_id, position};

#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Read everything and recompute numbering, digests, leaf hashes and the tree. Names what is damaged.
    Verify,
    /// Print recorded events of all tenants (with `--server`: of yours) as JSON Lines, in log order.
    Export(Range),
    /// Play history again, a line an event, for people. Only of the tenant.
    Replay {
        /// Only this execution.
        #[arg(long, value_name = "ID", value_parser = execution_id)]
        execution: Option<Uuid>,
        /// Only this conversation.
        #[arg(long)]
        conversation: Option<String>,
        #[command(flatten)]
        range: Range,
    },
    /// Figures about the log.
    Stats,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Range {
    /// Only after this position.
    #[arg(long, default_value = "0", value_name = "POSITION", value_parser = position)]
    pub(crate) after: GlobalPosition,
    /// Only up to this position, with it.
    #[arg(long, value_name = "POSITION", value_parser = position)]
    pub(crate) until: Option<GlobalPosition>,
}
