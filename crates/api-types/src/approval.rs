//! The approval queue.

use proto_events::{
    Actor, ApprovalNeed, ArgumentsDigest, Card, FunctionName, GlobalPosition, Json, LayerFinding, Reviewers,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AsOf, Vote, stage::named};

named! {
    /// What a person is asked for.
    ApprovalKind {
        /// Reviewers have to approve.
        Approval = "approval",
        /// The requesting user has to confirm.
        Confirmation = "confirmation",
    }
}

/// A call that waits for an approval or a confirmation, with everything that is needed to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingApproval {
    /// Position of the event that asks.
    pub position: GlobalPosition,
    /// The execution's id.
    pub execution_id: Uuid,
    /// What is asked for.
    pub kind: ApprovalKind,
    /// The agent that wants to make the call.
    pub agent: String,
    /// The conversation that it was triggered in.
    pub conversation: String,
    /// The caller's id of the request.
    pub request_id: Option<String>,
    /// What is to be called.
    pub function: FunctionName,
    /// The arguments in canonical JSON (RFC 8785); where `redacted` names some, `[redacted]` stands in their place.
    pub arguments: Json,
    /// What is left out of the arguments (JSON Pointers, RFC 6901); the empty pointer: all of them.
    pub redacted: Vec<String>,
    /// SHA-256 of the canonical arguments: what an approval is bound to.
    pub arguments_digest: ArgumentsDigest,
    /// On whose behalf: who has to confirm, and never reviews.
    pub requester: Actor,
    /// Who proposed it.
    pub proposed_by: Actor,
    /// Who may approve, beside those that `escalated` has; `null` for a confirmation.
    pub reviewers: Option<Reviewers>,
    /// How many distinct people have to agree.
    pub quorum: u32,
    /// Which stage of the approvals it is, from 0; each begins without votes.
    pub stage: u32,
    /// How many stages there are.
    pub stages: u32,
    /// What the stage asks for, where it is more than `quorum` of `reviewers`: each has to be met.
    pub needs: Vec<ApprovalNeed>,
    /// Who accepted so far, in this stage.
    pub votes: Vec<Vote>,
    /// How many more have to accept.
    pub missing: u32,
    /// Whether the requester may review.
    pub self_review: bool,
    /// Who was added meanwhile.
    pub escalated: Vec<Escalated>,
    /// Who will be added, and when.
    pub escalations: Vec<DueEscalation>,
    /// When reviewers are reminded next.
    pub remind_at: Option<Timestamp>,
    /// How often they were.
    pub reminders: u32,
    /// How many comments were made on the call.
    pub comments: u64,
    /// Whether a freeze covers the call: nobody can resolve it, and its deadline stands still.
    pub suspended: bool,
    /// How often the call was decided on again.
    pub redecisions: u64,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// From when on it is too late.
    pub deadline: Timestamp,
    /// Stable code of why a person is asked.
    pub reason_code: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// The policy set that it was decided under.
    pub policy_set: Option<String>,
    /// The policy rules that matched.
    pub matched_rules: Vec<String>,
    /// All the reasons: what each layer found that asks for as much.
    pub reasons: Vec<LayerFinding>,
    /// What this shows, in digests: give it back with the decision, and it is about this or is refused. `digest` is the SHA-256
    /// of the canonical JSON (RFC 8785) of an object of `execution_id`, `kind`, `agent`, `conversation`, `function`, `arguments`,
    /// `redacted`, `arguments_digest`, `requester`, `proposed_by`, `stage`, `stages`, `quorum`, `reviewers`, `needs`,
    /// `self_review`, `reason_code`, `reason`, `reasons`, `policy_set`, `matched_rules` and `redecisions` as they are here.
    pub card: Card,
}

/// Reviewers that were added because nobody had resolved it for so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Escalated {
    /// When it was due.
    pub due: Timestamp,
    /// Who may resolve it since then, beside those that could before.
    pub reviewers: Reviewers,
}

/// Reviewers that will be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DueEscalation {
    /// When.
    pub at: Timestamp,
    /// Who may resolve it from then on, beside those that could before.
    pub reviewers: Reviewers,
}

/// Which pending approvals. The most urgent come first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct ApprovalQuery {
    /// Only what is asked for in this way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ApprovalKind>,
    /// Only what this user may resolve: not their own requests, but their own confirmations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolvable_by: Option<String>,
    /// `true`: only what the caller can still vote on, in their own name or in the place of somebody they stand in for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mine: Option<bool>,
    /// Only what a freeze covers (`true`) or does not cover (`false`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// Only of this agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Only of this conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Only of this function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// As it was then: after the event at this position, or at this instant. Not with `min_position`, nor with `mine`, which is of today.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub as_of: Option<AsOf>,
    /// Wait (at most 5 s) until the list has seen the event at this position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_position: Option<GlobalPosition>,
    /// How many items at most; 50 unless told otherwise.
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    #[cfg_attr(feature = "openapi", param(pattern = "^[0-9a-f]{44}$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
