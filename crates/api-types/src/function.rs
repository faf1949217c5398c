//! Functions: access to them, and what the catalogue says of them.

use proto_events::{
    Access, Effect, FunctionDescription, FunctionName, GlobalPosition, Json, RiskLevel, ToolType, Trust,
};
use serde::{Deserialize, Serialize};

#[cfg(feature = "openapi")]
use crate::described::{JsonPointer, Name, Words};
use crate::given;

/// A function: its access, and what the catalogue says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FunctionAccess {
    /// The function.
    pub function: FunctionName,
    /// Its access; `null` where it was never set, which blocks as `Disabled` does.
    pub access: Option<Access>,
    /// What the catalogue says of it; absent where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Position of the last event about it; 0 where there is none.
    pub position: GlobalPosition,
    /// Only in the answer to a command: whether it was different before.
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

/// Describes a function in the catalogue; what it said of it before no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DescribeFunction {
    /// What it is for, in words.
    #[cfg_attr(feature = "openapi", schema(value_type = Words))]
    pub purpose: String,
    /// What kind of tool it is.
    pub tool_type: ToolType,
    /// What it does to the world.
    pub effect: Effect,
    /// How much can go wrong.
    pub risk: RiskLevel,
    /// Whether what it returns can hold words of strangers.
    pub results: Trust,
    /// JSON Schema (draft 2020-12) of the arguments; at most 64 KiB. Without it, any object.
    #[serde(default, deserialize_with = "given::json_object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub arguments_schema: Option<Json>,
    /// The scopes that the agent must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeSet<Name>, max_items = 32))]
    pub scopes: Vec<String>,
    /// Members of arguments and results that are left out where many can read them, by name, at any depth.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeSet<Name>, max_items = 64))]
    pub sensitive: Vec<String>,
    /// Members that the call's `context` must have, for example `site`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeSet<Name>, max_items = 32))]
    pub required_context: Vec<String>,
    /// How old the data may be that the call rests on (`context.data_as_of`), in seconds. Without it, of any age.
    #[serde(default, deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 315_360_000))]
    pub max_data_age_seconds: Option<u64>,
    /// Whether the call has to say what its result is for (`context.intended_use`: `evidence`, `analysis`, `draft` or
    /// `action`).
    #[serde(default)]
    pub intended_use_required: bool,
    /// Who reviews and answers for it: `user:ID`, `service:ID`, or the name of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Name>))]
    pub owner: Option<String>,
    /// The argument that is a sum of money or another quantity; what grants and history facts add up.
    #[serde(default, deserialize_with = "given::optional_pointer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<JsonPointer>))]
    pub amount: Option<String>,
}

impl From<DescribeFunction> for FunctionDescription {
    fn from(given: DescribeFunction) -> Self {
        Self {
            purpose: given.purpose,
            tool_type: given.tool_type,
            effect: given.effect,
            risk: given.risk,
            results: given.results,
            arguments_schema: given.arguments_schema,
            scopes: given.scopes,
            sensitive: given.sensitive,
            required_context: given.required_context,
            max_data_age_seconds: given.max_data_age_seconds,
            intended_use_required: given.intended_use_required,
            owner: given.owner,
            amount: given.amount,
        }
    }
}

impl From<FunctionDescription> for DescribeFunction {
    fn from(of: FunctionDescription) -> Self {
        Self {
            purpose: of.purpose,
            tool_type: of.tool_type,
            effect: of.effect,
            risk: of.risk,
            results: of.results,
            arguments_schema: of.arguments_schema,
            scopes: of.scopes,
            sensitive: of.sensitive,
            required_context: of.required_context,
            max_data_age_seconds: of.max_data_age_seconds,
            intended_use_required: of.intended_use_required,
            owner: of.owner,
            amount: of.amount,
        }
    }
}

/// What the catalogue says of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Description {
    /// What it is for, in words.
    pub purpose: String,
    /// What kind of tool it is.
    pub tool_type: ToolType,
    /// What it does to the world.
    pub effect: Effect,
    /// How much can go wrong.
    pub risk: RiskLevel,
    /// Whether what it returns can hold words of strangers.
    pub results: Trust,
    /// JSON Schema (draft 2020-12) of the arguments; `null`: any object.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub arguments_schema: Option<Json>,
    /// The scopes that the agent must have.
    pub scopes: Vec<String>,
    /// Members of arguments and results that are left out where many can read them, by name, at any depth.
    pub sensitive: Vec<String>,
    /// Members that the call's `context` must have.
    pub required_context: Vec<String>,
    /// How old the data may be that the call rests on (`context.data_as_of`), in seconds; `null`: of any age.
    pub max_data_age_seconds: Option<u64>,
    /// Whether the call has to say what its result is for (`context.intended_use`).
    pub intended_use_required: bool,
    /// Who reviews and answers for it: `user:ID`, `service:ID`, or the name of a group.
    pub owner: Option<String>,
    /// The argument that is a sum of money or another quantity, by JSON Pointer.
    pub amount: Option<String>,
}

impl From<FunctionDescription> for Description {
    fn from(of: FunctionDescription) -> Self {
        Self {
            purpose: of.purpose,
            tool_type: of.tool_type,
            effect: of.effect,
            risk: of.risk,
            results: of.results,
            arguments_schema: of.arguments_schema,
            scopes: of.scopes,
            sensitive: of.sensitive,
            required_context: of.required_context,
            max_data_age_seconds: of.max_data_age_seconds,
            intended_use_required: of.intended_use_required,
            owner: of.owner,
            amount: of.amount,
        }
    }
}

/// Takes a function's description out of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WithdrawFunction {
    /// Why; goes on the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}
