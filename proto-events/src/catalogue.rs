//! What the catalogue says of a function.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{InvalidName, Json, json::present};

/// Declares an enum of stable names.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The name of every value.
            pub const NAMES: &'static [&'static str] = &[$($text,)+];

            /// Its stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| InvalidName {
                    what: $what,
                    grammar: concat!("one of these:" $(, " `", $text, "`")+),
                    name: text.chars().take(80).collect(),
                })
            }
        }
    };
}

named! {
    /// What kind of tool a function is.
    ToolType, "tool type" {
        /// Reads and returns evidence.
        Lookup = "lookup",
        /// Computes a result from what it is given or reads.
        Analysis = "analysis",
        /// Prepares something that a person accepts, or that can be taken back.
        Draft = "draft",
        /// Affects a record, a task, money, people or a connected system.
        Action = "action",
    }
}

named! {
    /// How much can go wrong.
    RiskLevel, "risk level" {
        /// Little.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// Much.
        High = "high",
        /// Too much to let it happen unseen.
        Critical = "critical",
    }
}

named! {
    /// What a function does to the world.
    Effect, "effect" {
        /// Nothing: it thinks or computes.
        None = "none",
        /// It reads.
        Read = "read",
        /// It reads at an address of the caller's choosing, and so tells that address something.
        EgressRead = "egress_read",
        /// It changes something that can be changed back.
        Write = "write",
        /// Something leaves: money, a message, an order.
        Send = "send",
        /// Something is gone afterwards.
        Destroy = "destroy",
        /// It changes or uses who may do what: passwords, log-ins, one-time codes.
        Auth = "auth",
    }
}

named! {
    /// Whether what a function returns can hold words of strangers.
    Trust, "trust" {
        /// Only what the tenant's own systems say.
        Trusted = "trusted",
        /// Also what others wrote: mail, web pages, reviews, files from elsewhere.
        Untrusted = "untrusted",
    }
}

/// What the catalogue says of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FunctionDescription {
    /// What it is for, in words; 1 to 5,000 characters.
    pub purpose: String,
    /// What kind of tool it is.
    pub tool_type: ToolType,
    /// What it does to the world.
    pub effect: Effect,
    /// How much can go wrong.
    pub risk: RiskLevel,
    /// Whether what it returns can hold words of strangers.
    pub results: Trust,
    /// JSON Schema (draft 2020-12) of the arguments; at most 64 KiB. Absent: any object.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub arguments_schema: Option<Json>,
    /// The scopes that the agent must have; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Members of arguments and results that are left out where many can read them, by name, at any depth; at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
    /// Members that the call's `context` must have, for example `site`; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_context: Vec<String>,
    /// How old the data may be that the call rests on (`context.data_as_of`), in seconds. Absent: of any age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_data_age_seconds: Option<u64>,
    /// Whether the call has to say what its result is for (`context.intended_use`: `evidence`, `analysis`, `draft` or
    /// `action`).
    #[serde(default)]
    pub intended_use_required: bool,
    /// Who reviews and answers for it: a group or a principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The argument that is a sum of money or another quantity, by JSON Pointer; what grants and history facts add up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
}
