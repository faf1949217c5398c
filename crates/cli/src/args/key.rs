//! `vidimus key`

use clap::{Args as ClapArgs, Subcommand};
use proto_events::{Actor, ActorKind, Role, Timestamp};
use uuid::Uuid;

use super::{Span, named};

const KINDS: [ActorKind; 4] = [ActorKind::Agent, ActorKind::User, ActorKind::Service, ActorKind::System];

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key. Its secret is shown this once.
    Create(KeyCreate),
    /// Every key of the tenant, newest first, without secrets.
    List,
    /// Revoke a key, at once.
    Revoke {
        /// Its id.
        #[arg(value_parser = key_id)]
        id: Uuid,
        /// Why; goes on the audit trail.
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct KeyCreate {
    /// What its holder may do; can be given more than once.
    #[arg(long = "role", required = true, value_name = "ROLE", value_parser = named(&Role::ALL, Role::as_str))]
    pub(crate) roles: Vec<Role>,
    /// Who its holder is (`kind:id`, for example `user:alice`): the actor of all that is done with it. Without it, the key
    /// itself.
    #[arg(id = "holder", long = "actor", value_name = "KIND:ID", value_parser = actor)]
    pub(crate) actor: Option<Actor>,
    /// What people call it.
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// For how long it is good, for example `30d`.
    #[arg(long, value_name = "TIME")]
    pub(crate) expires_in: Option<Span>,
    /// Until when it is good (RFC 3339).
    #[arg(long, value_name = "TIME", conflicts_with = "expires_in")]
    pub(crate) expires_at: Option<Timestamp>,
    /// Only where `key-pepper` was lost: begin with a new one. Every older key stops working, for good.
    #[arg(long)]
    pub(crate) new_pepper: bool,
}

fn key_id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "a key's id is a UUID: copy it from `vidimus key list`".to_owned())
}

pub(super) fn actor(text: &str) -> Result<Actor, String> {
    let none = || {
        "an actor is `kind:id`, the kind one of `agent`, `user` and `service`, for example `user:alice`"
            .to_owned()
    };
    let (kind, id) = text.split_once(':').ok_or_else(none)?;
    let kind = KINDS.into_iter().find(|known| known.as_str() == kind).ok_or_else(none)?;
    Ok(Actor::new(kind, super::user(id)?))
}
