//! What can be asked of a function's access.

use proto_events::{Access, Actor, FunctionName, Timestamp};

/// Set the access to a function. Whether the principal may do that was looked up before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAccess {
    /// The authenticated principal.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
    /// The function.
    pub function: FunctionName,
    /// The access it shall have.
    pub to: Access,
    /// Why.
    pub reason: Option<String>,
}
