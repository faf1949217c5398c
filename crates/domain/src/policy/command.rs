//! What can be asked.

use proto_events::{Actor, Digest, Timestamp};

/// A command, who gives it and when. Whether the principal may do that, and whether the set is one, was looked up before.
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
    /// Put a set in force.
    Activate {
        /// The set; `None`: no set is in force any more.
        policy_set: Option<Digest>,
        /// Only if this is what is in force now (`Some(None)`: no set); `None`: whatever is.
        expected_former: Option<Option<Digest>>,
        /// Why.
        reason: Option<String>,
    },
    /// Evaluate a set beside the one in force, without effect.
    Shadow {
        /// The set; `None`: none any more.
        policy_set: Option<Digest>,
        /// Why.
        reason: Option<String>,
    },
}
