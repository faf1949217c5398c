//! What the approval queue shows, and what can be asked of it.

use proto_events::{
    Actor, ArgumentsDigest, FunctionName, GlobalPosition, Json, Reviewers, StreamVersion, TenantId, Timestamp,
};
use serde::Serialize;
use uuid::Uuid;

/// What a human is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// Reviewers have to approve.
    Approval,
    /// The requesting user has to confirm.
    Confirmation,
}

/// A call that waits for an approval or a confirmation, with everything that is needed to decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PendingApproval {
    /// Position of the event that asks.
    pub position: GlobalPosition,
    /// Version of that event in the execution's stream.
    pub version: StreamVersion,
    /// The tenant.
    pub tenant: TenantId,
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
    /// The arguments in canonical JSON.
    pub arguments: Json,
    /// Their digest: what an approval is bound to.
    pub arguments_digest: ArgumentsDigest,
    /// On whose behalf: who has to confirm, and never reviews.
    pub requester: Actor,
    /// Who proposed it.
    pub proposed_by: Actor,
    /// Who may approve; none for a confirmation.
    pub reviewers: Option<Reviewers>,
    /// How many distinct people have to agree.
    pub quorum: u32,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// From when on it is too late.
    pub deadline: Timestamp,
    /// Stable code of why a human is asked.
    pub reason_code: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// The policy set that it was decided under.
    pub policy_set: Option<String>,
    /// The policy rules that matched.
    pub matched_rules: Vec<String>,
}

/// Which pending approvals; what is `None` does not matter. The most urgent come first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// What is asked for.
    pub kind: Option<ApprovalKind>,
    /// What this principal may resolve as far as the call is concerned: approvals that it did not ask for itself
    /// (neither as requester, nor as who proposed it, nor as the agent), and its own confirmations.
    pub resolvable_by: Option<Actor>,
    /// On this principal's behalf.
    pub requester: Option<Actor>,
    /// The agent.
    pub agent: Option<String>,
    /// The conversation.
    pub conversation: Option<String>,
    /// The function's full name.
    pub function: Option<String>,
}
