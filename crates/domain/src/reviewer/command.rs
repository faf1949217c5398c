//! What can be asked of a tenant's reviewers.

use proto_events::{Actor, Timestamp};
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
    /// Say who is in a group.
    SetGroup {
        /// The group.
        group: String,
        /// Everybody who is in it; nobody: there is no such group any more.
        members: Vec<Actor>,
    },
    /// Let somebody decide in another's place for a time.
    Delegate {
        /// The delegation's id.
        delegation_id: Uuid,
        /// Whose approvals.
        from: Actor,
        /// Who decides in their place.
        to: Actor,
        /// From when on; what is over counts as now.
        starts_at: Timestamp,
        /// Until when.
        ends_at: Timestamp,
        /// Why.
        reason: Option<String>,
        /// Whether the principal is an administrator, who delegates for anybody.
        is_admin: bool,
    },
    /// End a delegation before its time.
    EndDelegation {
        /// Which.
        delegation_id: Uuid,
        /// Whether the principal is an administrator, who ends anybody's.
        is_admin: bool,
    },
}
