//! Freezes: the kill switch.

use proto_events::{Actor, FreezeScope, FunctionName, GlobalPosition, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::given;
#[cfg(feature = "openapi")]
use crate::{described::Name, described::Words};

/// Freezes a tenant, an agent or a function: nothing of it is allowed, confirmed, approved or started until it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateFreeze {
    /// What is frozen.
    #[serde(deserialize_with = "given::into::<GivenFreezeScope, _, _>")]
    #[cfg_attr(feature = "openapi", schema(value_type = GivenFreezeScope))]
    pub scope: FreezeScope,
    /// Why; goes on the audit trail, and to whoever is held up.
    #[cfg_attr(feature = "openapi", schema(value_type = Words))]
    pub reason: String,
}

/// What a request freezes.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub(crate) enum GivenFreezeScope {
    /// Every call of the tenant.
    Tenant {},
    /// The calls of one agent.
    Agent {
        /// The agent.
        #[cfg_attr(feature = "openapi", schema(value_type = Name))]
        agent: String,
    },
    /// The calls of one function.
    Function {
        /// The function.
        function: FunctionName,
    },
}

impl From<GivenFreezeScope> for FreezeScope {
    fn from(given: GivenFreezeScope) -> Self {
        match given {
            GivenFreezeScope::Tenant {} => Self::Tenant,
            GivenFreezeScope::Agent { agent } => Self::Agent { agent },
            GivenFreezeScope::Function { function } => Self::Function { function },
        }
    }
}

/// A freeze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Freeze {
    /// Its id.
    pub id: Uuid,
    /// What is frozen.
    pub scope: FreezeScope,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Who froze it.
    pub by: Actor,
    /// Position of the last event about the tenant's freezes.
    pub position: GlobalPosition,
    /// Only in the answer to a command: whether it was so before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<bool>,
}

/// Ends a freeze.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EndFreeze {
    /// Why; goes on the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}

/// A freeze that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndedFreeze {
    /// Its id.
    pub id: Uuid,
    /// Position of the last event about the tenant's freezes.
    pub position: GlobalPosition,
}
