//! Payloads of the events of function access.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FunctionName, InvalidName};

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
