//! What can be asked of a connection.

use proto_events::{Actor, ConnectionDescribed};

/// Describe a connection, or describe it anew. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Describe {
    /// The authenticated principal.
    pub by: Actor,
    /// What the catalogue shall say of it.
    pub description: ConnectionDescribed,
}
