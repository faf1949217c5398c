//! `vidimus log`

use clap::{Args as ClapArgs, Subcommand};
use proto_events::GlobalPosition;
use uuid::Uuid;

use super::{NamedLog, execution_id, position};

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
    /// Print size and root of the log, signed: keep it elsewhere, and it shows later that nothing was changed.
    Checkpoint {
        /// Print a proof (JSON) that the log begins with all that it was when it had so many events.
        #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u64).range(1..))]
        from: Option<u64>,
        /// Print the verifier key that checkpoints are signed with.
        #[arg(long, conflicts_with = "from")]
        key: bool,
        #[command(flatten)]
        log: NamedLog,
    },
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
