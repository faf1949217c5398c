//! `vidimus freeze`

use clap::{ArgGroup, Args as ClapArgs, Subcommand};
use proto_events::FunctionName;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(crate) enum Freeze {
    /// Stop a tenant, an agent or a function: nothing of it is allowed, confirmed, approved or started.
    Create(FreezeCreate),
    /// The freezes in force.
    List,
    /// End a freeze; deadlines go on.
    End {
        /// Its id.
        #[arg(value_parser = freeze_id)]
        id: Uuid,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("what").required(true).args(["everything", "agent", "function"]))]
pub(crate) struct FreezeCreate {
    /// Every call of the tenant.
    #[arg(long)]
    pub(crate) everything: bool,
    /// The calls of this agent.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// The calls of this function (`connection.function`).
    #[arg(long)]
    pub(crate) function: Option<FunctionName>,
    /// Why; goes on the audit trail, and to whoever is held up.
    #[arg(long)]
    pub(crate) reason: String,
}

fn freeze_id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "a freeze's id is a UUID: copy it from `vidimus freeze list`".to_owned())
}
