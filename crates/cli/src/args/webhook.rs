//! `vidimus webhook`

use clap::{Args as ClapArgs, Subcommand};
use proto_events::{FunctionName, GlobalPosition, NotificationType};
use uuid::Uuid;

use super::{named, position};

#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// Have the tenant's notifications posted to an address.
    Create(Box<WebhookCreate>),
    /// Every webhook of the tenant, newest first, and how its deliveries stand.
    List,
    /// One webhook, and how its deliveries stand.
    Show {
        /// Its id.
        #[arg(value_parser = webhook_id)]
        id: Uuid,
    },
    /// What the deliveries of a webhook are signed with.
    Secret {
        /// Its id.
        #[arg(value_parser = webhook_id)]
        id: Uuid,
    },
    /// Delete a webhook: nothing is posted there any more.
    Delete {
        /// Its id.
        #[arg(value_parser = webhook_id)]
        id: Uuid,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Deliver again, or at last: from a position on, or, where the webhook is parked, what was not taken.
    Replay {
        /// Its id.
        #[arg(value_parser = webhook_id)]
        id: Uuid,
        /// Deliver what comes after this position; 0 for all of history.
        #[arg(long, value_name = "POSITION", value_parser = position)]
        after: Option<GlobalPosition>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WebhookCreate {
    /// Where notifications are posted.
    pub(crate) url: String,
    /// What people call it.
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// Only notifications of this type; can be given more than once.
    #[arg(long = "type", value_name = "TYPE", value_parser = named(&NotificationType::ALL, NotificationType::as_str))]
    pub(crate) types: Vec<NotificationType>,
    /// Only of this agent.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// Only of this conversation.
    #[arg(long)]
    pub(crate) conversation: Option<String>,
    /// Only of this function (`connection.function`).
    #[arg(long)]
    pub(crate) function: Option<FunctionName>,
    /// Deliver what comes after this position, 0 for all of history; without it, what comes from now on.
    #[arg(long, value_name = "POSITION", value_parser = position)]
    pub(crate) after: Option<GlobalPosition>,
}

fn webhook_id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "a webhook's id is a UUID: copy it from `vidimus webhook list`".to_owned())
}
