//! What can be asked of a tenant's grants.

use proto_events::{Actor, GrantScope, Timestamp};
use uuid::Uuid;

/// A command, who gives it and when. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The authenticated principal.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
    /// Of which grant.
    pub grant_id: Uuid,
    /// What is asked.
    pub action: Action,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Give it.
    Create(Create),
    /// Take it back.
    Revoke {
        /// Why.
        reason: Option<String>,
    },
    /// Let a call through that it covers, as [`applicable`](super::applicable) said of the same state. The principal is
    /// whoever proposed the call.
    Use {
        /// The call's execution.
        execution_id: Uuid,
        /// The call's amount, where the catalogue names the argument.
        amount: Option<String>,
    },
}

/// A grant that shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// What it covers.
    pub scope: GrantScope,
    /// How many calls it lets through; `None`: as many as come.
    pub max_uses: Option<u32>,
    /// How much they may sum up to, as a decimal number in text; `None`: no matter.
    pub max_sum: Option<String>,
    /// From when on it is no longer good.
    pub expires_at: Timestamp,
    /// Why.
    pub reason: String,
}
