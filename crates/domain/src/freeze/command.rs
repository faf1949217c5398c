//! What can be asked of a tenant's freezes.

use proto_events::{Actor, FreezeScope, Timestamp};
use uuid::Uuid;

/// A command, who gives it and when. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The authenticated principal.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
    /// What is asked.
    pub action: Action,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begin a freeze.
    Freeze {
        /// Its id.
        freeze_id: Uuid,
        /// What it covers.
        scope: FreezeScope,
        /// Why.
        reason: String,
    },
    /// End a freeze.
    Unfreeze {
        /// Which.
        freeze_id: Uuid,
        /// Why.
        reason: Option<String>,
    },
}
