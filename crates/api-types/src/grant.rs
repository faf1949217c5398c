//! Grants: pre-approvals with a scope and an end.

use proto_events::{
    Actor, ArgumentCondition, ArgumentTest, FunctionName, GlobalPosition, GrantScope, Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(feature = "openapi")]
use crate::described::{Amount, ConditionText, DecimalNumber, JsonPointer, Name, Words};
use crate::{given, stage::named};

/// Gives a grant: calls that it covers need no approval until it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateGrant {
    /// What it covers.
    #[serde(deserialize_with = "given::into::<GivenGrantScope, _, _>")]
    #[cfg_attr(feature = "openapi", schema(value_type = GivenGrantScope))]
    pub scope: GrantScope,
    /// How many calls it lets through; without it, as many as come.
    #[serde(default, deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 4_294_967_295_u32))]
    pub max_uses: Option<u32>,
    /// How much they may sum up to, in the amount that the catalogue names; without it, that does not matter.
    #[serde(default, deserialize_with = "given::amount", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Amount>))]
    pub max_sum: Option<String>,
    /// From when on it is no longer good.
    pub expires_at: Timestamp,
    /// Why; goes on the audit trail.
    #[cfg_attr(feature = "openapi", schema(value_type = Words))]
    pub reason: String,
}

/// What a request lets a grant cover.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenGrantScope {
    /// The agent.
    #[cfg_attr(feature = "openapi", schema(value_type = Name))]
    agent: String,
    /// The function.
    function: FunctionName,
    /// Only of this conversation.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Name>))]
    conversation: Option<String>,
    /// Only with arguments that meet all of these.
    #[serde(default, deserialize_with = "given::list::<GivenCondition, _, _>")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<GivenCondition>, max_items = 32))]
    conditions: Vec<ArgumentCondition>,
}

/// A condition on one argument.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenCondition {
    /// The argument.
    #[serde(deserialize_with = "given::pointer")]
    #[cfg_attr(feature = "openapi", schema(value_type = JsonPointer))]
    pointer: String,
    /// What it must be.
    #[serde(deserialize_with = "given::into::<GivenTest, _, _>")]
    #[cfg_attr(feature = "openapi", schema(value_type = GivenTest))]
    test: ArgumentTest,
}

/// What an argument must be.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub(crate) enum GivenTest {
    /// One of these texts.
    OneOf {
        /// The texts.
        #[cfg_attr(
            feature = "openapi",
            schema(value_type = Vec<ConditionText>, min_items = 1, max_items = 64)
        )]
        values: Vec<String>,
    },
    /// A number that is at most this.
    AtMost {
        /// The most.
        #[serde(deserialize_with = "given::decimal")]
        #[cfg_attr(feature = "openapi", schema(value_type = DecimalNumber))]
        number: String,
    },
    /// A text that begins with this.
    StartsWith {
        /// The beginning.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 1024, pattern = "[^\\s\\x85]"))]
        text: String,
    },
    /// Absent.
    Absent {},
}

impl From<GivenGrantScope> for GrantScope {
    fn from(GivenGrantScope { agent, function, conversation, conditions }: GivenGrantScope) -> Self {
        Self { agent, function, conversation, conditions }
    }
}

impl From<GivenCondition> for ArgumentCondition {
    fn from(GivenCondition { pointer, test }: GivenCondition) -> Self {
        Self { pointer, test }
    }
}

impl From<GivenTest> for ArgumentTest {
    fn from(given: GivenTest) -> Self {
        match given {
            GivenTest::OneOf { values } => Self::OneOf { values },
            GivenTest::AtMost { number } => Self::AtMost { number },
            GivenTest::StartsWith { text } => Self::StartsWith { text },
            GivenTest::Absent {} => Self::Absent,
        }
    }
}

named! {
    /// Whether a grant lets anything through.
    GrantStatus {
        /// It does.
        InForce = "in_force",
        /// As many calls as it lets through came.
        UsedUp = "used_up",
        /// Its time is over.
        Expired = "expired",
        /// It was revoked.
        Revoked = "revoked",
    }
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// Its id.
    pub id: Uuid,
    /// Whether it lets anything through.
    pub status: GrantStatus,
    /// What it covers.
    pub scope: GrantScope,
    /// How many calls it lets through; `null`: as many as come.
    pub max_uses: Option<u32>,
    /// How many it let through.
    pub uses: u64,
    /// How much they may sum up to; `null`: that does not matter.
    pub max_sum: Option<String>,
    /// How much they summed up to: those of which the catalogue names the amount.
    pub sum: String,
    /// From when on it is no longer good.
    pub expires_at: Timestamp,
    /// Why it was given.
    pub reason: String,
    /// When it was given.
    pub created_at: Timestamp,
    /// Who gave it.
    pub created_by: Actor,
    /// When it let the last call through.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<Actor>,
    /// Position of the last event about the tenant's grants.
    pub position: GlobalPosition,
    /// Only in the answer to a command: whether it was so before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<bool>,
}

/// Revokes a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RevokeGrant {
    /// Why; goes on the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    pub reason: Option<String>,
}
