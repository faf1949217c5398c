//! `vidimus approval`

use clap::Subcommand;
use proto_events::ArgumentsDigest;
use uuid::Uuid;

use super::{PageArgs, execution_id};

#[derive(Debug, Subcommand)]
pub(crate) enum Approval {
    /// The approval queue, most urgent first.
    List {
        /// Only what this user may resolve: not their own requests, but their own confirmations.
        #[arg(long = "for", value_name = "USER")]
        reviewer: Option<String>,
        /// Only of this agent.
        #[arg(long)]
        agent: Option<String>,
        /// Only of this function.
        #[arg(long)]
        function: Option<String>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Approve a call. Shows what it is, and approves exactly that.
    Approve {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// What you have to say; goes on the audit trail.
        #[arg(long)]
        comment: Option<String>,
        /// Digest of the arguments that you saw; without it, of those that are shown now.
        #[arg(long, value_name = "SHA256")]
        digest: Option<ArgumentsDigest>,
    },
    /// Deny a call.
    Deny {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: String,
    },
    /// Abort a call, and tell the agent what to know or do instead.
    Abort {
        /// The execution's id.
        #[arg(value_parser = execution_id)]
        id: Uuid,
        /// What the agent should know or do instead.
        #[arg(long)]
        feedback: String,
    },
}
