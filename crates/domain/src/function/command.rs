//! What can be asked of a function.

use proto_events::{Access, Actor, FunctionDescription, FunctionName, Timestamp};

/// A command, who gives it and when. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The authenticated principal.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
    /// The function.
    pub function: FunctionName,
    /// What is asked.
    pub action: Action,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Set the access to it.
    SetAccess {
        /// The access it shall have.
        to: Access,
        /// Why.
        reason: Option<String>,
    },
    /// Describe it, or describe it anew. Whether its argument schema compiles was looked up before.
    Describe(FunctionDescription),
    /// Describe it no longer.
    Withdraw {
        /// Why.
        reason: Option<String>,
    },
}
