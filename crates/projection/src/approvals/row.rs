//! What the approval queue shows, and what can be asked of it.

use proto_events::{
    Actor, ApprovalNeed, ArgumentsDigest, Card, FunctionName, GlobalPosition, Json, LayerFinding, Redaction,
    Reviewers, StreamVersion, TenantId, Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vidimus_domain::execution::CardContent;

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
    /// The arguments in canonical JSON; where `redacted` names some, `[redacted]` stands in their place.
    pub arguments: Json,
    /// What is left out of the arguments (JSON Pointers, RFC 6901); the empty pointer: all of them.
    pub redacted: Vec<String>,
    /// Their digest: what an approval is bound to.
    pub arguments_digest: ArgumentsDigest,
    /// On whose behalf: who has to confirm, and does not review (but where `self_review` says so).
    pub requester: Actor,
    /// Who proposed it.
    pub proposed_by: Actor,
    /// Who may approve, beside those that `escalated` has; none for a confirmation.
    pub reviewers: Option<Reviewers>,
    /// How many distinct people have to agree.
    pub quorum: u32,
    /// Which stage of the approvals it is, from 0; each begins without votes.
    pub stage: u32,
    /// How many stages there are.
    pub stages: u32,
    /// What the stage asks for: each has to be met, and a vote counts for each that the person fits.
    pub needs: Vec<ApprovalNeed>,
    /// Who accepted so far, in this stage, the earliest first.
    pub votes: Vec<Vote>,
    /// How many more have to accept.
    pub missing: u32,
    /// Whether the requester may review.
    pub self_review: bool,
    /// Who was added meanwhile, the earliest first.
    pub escalated: Vec<Escalated>,
    /// Who will be added, and when, the earliest first.
    pub escalations: Vec<DueEscalation>,
    /// After how many seconds reviewers are reminded, again and again.
    pub remind_after_seconds: Option<u64>,
    /// When they are reminded next.
    pub remind_at: Option<Timestamp>,
    /// How often they were.
    pub reminders: u32,
    /// How many comments were made on the call.
    pub comments: u64,
    /// A freeze covers the call: nobody can resolve it, and its deadline, reminders and escalations stand still.
    pub suspended: bool,
    /// How often the call was decided on again.
    pub redecisions: u64,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// From when on it is too late, as it is now. While it is suspended, as it was when that began.
    pub deadline: Timestamp,
    /// Stable code of why a human is asked.
    pub reason_code: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// The policy set that it was decided under.
    pub policy_set: Option<String>,
    /// The policy rules that matched.
    pub matched_rules: Vec<String>,
    /// What each layer found that asks for as much: all the reasons, the deciding one among them.
    pub reasons: Vec<LayerFinding>,
    /// Members that the catalogue calls sensitive, by name: those that are left out of the arguments.
    pub sensitive: Vec<String>,
}

impl PendingApproval {
    /// The card that it is shown as. `redaction`: what the server leaves out.
    pub fn card(&self, redaction: &Redaction) -> Card {
        let content = CardContent {
            execution_id: self.execution_id,
            kind: match self.kind {
                ApprovalKind::Approval => "approval",
                ApprovalKind::Confirmation => "confirmation",
            },
            agent: &self.agent,
            conversation: &self.conversation,
            function: &self.function,
            arguments: &self.arguments,
            redacted: &self.redacted,
            arguments_digest: self.arguments_digest,
            requester: &self.requester,
            proposed_by: &self.proposed_by,
            stage: self.stage,
            stages: self.stages,
            quorum: self.quorum,
            reviewers: self.reviewers.as_ref(),
            needs: &self.needs,
            self_review: self.self_review,
            reason_code: self.reason_code.as_deref(),
            reason: self.reason.as_deref(),
            reasons: &self.reasons,
            policy_set: self.policy_set.as_deref(),
            matched_rules: &self.matched_rules,
            redecisions: self.redecisions,
        };
        content.card(&self.sensitive, redaction)
    }
}

/// One acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who accepted.
    pub by: Actor,
    /// In whose place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
    /// The groups that the reviewer was in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What the reviewer said. At most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The card that the reviewer saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// The needs of the stage that it counts for, by their places from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts_for: Vec<usize>,
}

/// Reviewers that were added because nobody had resolved it for so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// When it was due.
    pub due: Timestamp,
    /// Who may resolve it since then, beside those that could before.
    pub reviewers: Reviewers,
}

/// Reviewers that will be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueEscalation {
    /// When, as it is now; while it is suspended, as it was when that began.
    pub at: Timestamp,
    /// Who may resolve it from then on, beside those that could before.
    pub reviewers: Reviewers,
}

/// Somebody who reviews, with the groups that they are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// The principal.
    pub actor: Actor,
    /// Their groups; at most [`Reviewer::MAX_GROUPS`], the rest counts for nothing.
    pub groups: Vec<String>,
}

impl Reviewer {
    /// Most groups of one reviewer that count.
    pub const MAX_GROUPS: usize = 64;
}

/// For whom a queue is: who would vote, and in whose place they can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForReviewer {
    /// Who would vote.
    pub reviewer: Reviewer,
    /// In whose place they can; at most [`ForReviewer::MAX_STANDS_IN_FOR`], the rest counts for nothing.
    pub stands_in_for: Vec<Reviewer>,
}

impl ForReviewer {
    /// Most people that one stands in for.
    pub const MAX_STANDS_IN_FOR: usize = 16;
}

/// Which pending approvals; what is `None` does not matter. The most urgent come first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovalFilter {
    /// What is asked for.
    pub kind: Option<ApprovalKind>,
    /// What this principal may resolve as far as the call is concerned: approvals that it did not ask for itself
    /// (neither as requester, nor as who proposed it, nor as the agent), and its own confirmations.
    pub resolvable_by: Option<Actor>,
    /// What this person can still vote on, in their own name or in the place of somebody they stand in for: approvals that ask
    /// for them or one of their groups, do not have their vote yet, and that they did not ask for themselves. Also while a
    /// freeze covers the call. That they have the role of an approver is for others to see to.
    pub for_reviewer: Option<ForReviewer>,
    /// Whether a freeze covers the call.
    pub suspended: Option<bool>,
    /// On this principal's behalf.
    pub requester: Option<Actor>,
    /// The agent.
    pub agent: Option<String>,
    /// The conversation.
    pub conversation: Option<String>,
    /// The function's full name.
    pub function: Option<String>,
}
