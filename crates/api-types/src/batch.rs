//! Several approvals decided at once.

use proto_events::{ArgumentsDigest, Card, GlobalPosition};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(feature = "openapi")]
use crate::described::Words;
use crate::{Execution, given};

/// Decides several approvals: all of them, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DecideBatch {
    /// The decisions; no execution twice.
    #[serde(deserialize_with = "given::list::<BatchDecision, _, _>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 100))]
    pub decisions: Vec<BatchDecision>,
}

/// One decision of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchDecision {
    /// The execution.
    pub execution_id: Uuid,
    /// Digest of the arguments that the reviewer saw; checked where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
    /// The card that the reviewer saw, as the queue has it; checked where it is given, and on record with the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// What is decided.
    #[serde(deserialize_with = "given::object")]
    pub verdict: BatchVerdict,
}

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum BatchVerdict {
    /// It is approved.
    Approve {
        /// What the reviewer has to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
        comment: Option<String>,
        /// The stage of the approvals that the reviewer saw, from 0: `approval.stage` of the execution. Where it is given, the
        /// vote counts in that stage or not at all; without it, in the present one.
        #[serde(default, deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(maximum = 4_294_967_295_u32))]
        stage: Option<u32>,
    },
    /// It is denied.
    Deny {
        /// Why.
        #[cfg_attr(feature = "openapi", schema(value_type = Words))]
        reason: String,
    },
    /// It is aborted.
    Abort {
        /// What the agent should know or do instead.
        #[cfg_attr(feature = "openapi", schema(value_type = Words))]
        feedback: String,
    },
}

/// What became of the executions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecidedBatch {
    /// The executions, in the order of the decisions.
    pub items: Vec<Execution>,
    /// Position of the last event: a list that has reached it shows all of them.
    pub position: GlobalPosition,
}
