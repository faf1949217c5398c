//! `vidimus group`

use clap::Subcommand;
use proto_events::Actor;

use super::key::actor;

#[derive(Debug, Subcommand)]
pub(crate) enum Group {
    /// Say who is in a group of reviewers, all of them.
    Set {
        /// The group.
        group: String,
        /// Who is in it (`user:ID` or `service:ID`); nobody ends the group.
        #[arg(value_name = "KIND:ID", value_parser = actor)]
        members: Vec<Actor>,
    },
    /// The groups of reviewers.
    List,
}
