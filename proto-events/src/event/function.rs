//! Payloads of the events of function access.

use std::{collections::BTreeSet, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Digest, FunctionDescription, FunctionName, InvalidName};

/// Access to a function. Names as people write them in the connection's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Access {
    /// Not available to agents.
    Disabled,
    /// Can run without an approval step.
    Enabled,
    /// Can be proposed, but has to be approved before it runs.
    EnabledWithConfirmation,
}

impl Access {
    /// The access's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "Disabled",
            Self::Enabled => "Enabled",
            Self::EnabledWithConfirmation => "EnabledWithConfirmation",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Access {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        [Self::Disabled, Self::Enabled, Self::EnabledWithConfirmation]
            .into_iter()
            .find(|access| access.as_str() == text)
            .ok_or_else(|| InvalidName {
                what: "access",
                grammar: "`Disabled`, `Enabled` or `EnabledWithConfirmation`",
                name: text.chars().take(80).collect(),
            })
    }
}

/// The access to a function was set. Who and when: the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionAccessChanged {
    /// The function.
    pub function: FunctionName,
    /// What it was before; absent where it was never set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Access>,
    /// What it is now.
    pub to: Access,
    /// Why, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The catalogue describes a function, or describes it anew. Who and when: the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionDescribed {
    /// The function.
    pub function: FunctionName,
    /// What it says.
    pub description: FunctionDescription,
}

/// The catalogue no longer describes a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionWithdrawn {
    /// The function.
    pub function: FunctionName,
    /// Why, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The catalogue describes a connection: what comes before the dot of its functions' names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionDescribed {
    /// The connection; 1 to 64 ASCII letters, digits, `_` and `-`.
    pub connection: String,
    /// What it is for; 1 to 5,000 characters.
    pub purpose: String,
    /// Where it goes, without credentials; at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A set of tools that an agent could see, kept once under its digest; decisions name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolSetRecorded {
    /// SHA-256 of the canonical JSON (RFC 8785) of `functions`.
    pub tool_set: Digest,
    /// The functions, in order of their names; at most 4,096.
    pub functions: Vec<FunctionName>,
}

/// What an agent may do is set: it sees and may call the functions whose scopes are all among these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentScopesChanged {
    /// The agent.
    pub agent: String,
    /// Its scopes, in order; at most 256.
    pub scopes: BTreeSet<String>,
}
