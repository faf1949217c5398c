//! Payloads of the events of API keys.

use std::{collections::BTreeSet, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Actor, Digest, InvalidName, Timestamp};

/// What a principal may do in its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Propose calls, run them, report on them.
    Agent,
    /// Resolve approvals, settle unknown results.
    Approver,
    /// Read everything of the tenant.
    Auditor,
    /// Change access, keys and settings.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Approver, Self::Auditor, Self::Admin];

    /// The role's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| InvalidName {
            what: "role",
            grammar: "`agent`, `approver`, `auditor` or `admin`",
            name: text.chars().take(80).collect(),
        })
    }
}

/// An API key was created. Who and when: the envelope.
///
/// The secret is in no event: `secret_hash` is a hash of it under a key of the installation's own (the pepper), so that
/// whoever reads or writes the log alone can neither check nor make a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyCreated {
    /// The key.
    pub key_id: Uuid,
    /// Who acts with it.
    pub actor: Actor,
    /// What may be done with it; never none.
    #[schemars(length(min = 1))]
    pub roles: BTreeSet<Role>,
    /// What it is for, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// From when on it is no longer good; absent where it does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// HMAC-SHA256 of the secret under the installation's pepper.
    pub secret_hash: Digest,
}

/// An API key was revoked: from now on it is no longer good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyRevoked {
    /// The key.
    pub key_id: Uuid,
    /// Why, if the administrator said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
