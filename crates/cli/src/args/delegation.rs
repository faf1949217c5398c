//! `vidimus delegation`

use clap::{Args as ClapArgs, Subcommand};
use proto_events::Timestamp;
use uuid::Uuid;

use super::{Span, user};

#[derive(Debug, Subcommand)]
pub(crate) enum Delegation {
    /// Let somebody decide in another's place for a time.
    Create(DelegationCreate),
    /// The delegations that are not over.
    List,
    /// End a delegation before its time.
    End {
        /// Its id.
        #[arg(value_parser = delegation_id)]
        id: Uuid,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DelegationCreate {
    /// Which user is absent; you, unless told otherwise.
    #[arg(long, value_name = "USER", value_parser = user)]
    pub(crate) from: Option<String>,
    /// Which user decides in their place.
    #[arg(long, value_name = "USER", value_parser = user)]
    pub(crate) to: String,
    /// From when on (RFC 3339); from now on unless told otherwise.
    #[arg(long, value_name = "TIME")]
    pub(crate) starts_at: Option<Timestamp>,
    /// For how long from its start, for example `14d`; at most 90 days.
    #[arg(long = "for", value_name = "TIME", required_unless_present = "ends_at")]
    pub(crate) lasts: Option<Span>,
    /// Until when (RFC 3339).
    #[arg(long, value_name = "TIME", conflicts_with = "lasts")]
    pub(crate) ends_at: Option<Timestamp>,
    /// Why; goes on the audit trail.
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

fn delegation_id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "a delegation's id is a UUID: copy it from `vidimus delegation list`".to_owned())
}
