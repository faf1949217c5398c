//! Access to functions.

use proto_events::{Access, FunctionName, GlobalPosition};
use serde::{Deserialize, Serialize};

/// A function's access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunctionAccess {
    /// The function.
    pub function: FunctionName,
    /// Its access; `null` where it was never set, which blocks as `Disabled` does.
    pub access: Option<Access>,
    /// Position of the event that set it; 0 where it was never set.
    pub position: GlobalPosition,
    /// Only in the answer to setting it: whether it was different before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
}

/// Sets a function's access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetAccess {
    /// The access.
    pub access: Access,
    /// Why; goes on the audit trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}
