//! Payloads of the events of executions and attempts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Actor, ArgumentsDigest, CallError, CallRef, Decision, FunctionName, Json, Origin, ResultStatus,
    Reviewers, Timestamp, Timing, json::present,
};

/// The call was proposed, or handed in after the fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Initiated {
    /// The call.
    pub call: CallRef,
    /// The execution's id; also in the stream's name.
    pub execution_id: Uuid,
    /// Proposed here, or handed in after the fact.
    pub origin: Origin,
    /// The arguments in canonical JSON (RFC 8785); absent where a call handed in after the fact came without.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub arguments: Option<Json>,
    /// SHA-256 of the canonical arguments; absent where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
    /// On whose behalf: never a reviewer of this call. The proposing principal where none is named.
    pub requester: Actor,
    /// Others on the asking side, never reviewers of this call either: who proposed the attempts that this one is instead
    /// of. At most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked_by: Vec<Actor>,
    /// The caller's idempotency key, if it sent one; at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The earlier attempt under the same key with other arguments, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_execution: Option<Uuid>,
    /// What the caller said about the circumstances, for people and policy.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub context: Option<Json>,
    /// Members of arguments and result that the catalogue calls sensitive, by name; left out where many can read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
}

/// A decision that asks nobody: allowed, or nothing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// The call.
    pub call: CallRef,
    /// The decision.
    pub decision: Decision,
}

/// The decision: it may not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blocked {
    /// The call.
    pub call: CallRef,
    /// The decision.
    pub decision: Decision,
    /// Stable code of the reason.
    pub code: String,
    /// The reason in words.
    pub reason: String,
    /// What would have to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_requirement: Option<String>,
    /// Who can do something about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_owner: Option<String>,
}

/// The decision: the requesting user has to confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmationRequired {
    /// The call.
    pub call: CallRef,
    /// The decision.
    pub decision: Decision,
    /// The arguments to confirm, in canonical JSON.
    pub arguments: Json,
    /// Who has to confirm.
    pub requester: Actor,
    /// From when on it is too late.
    pub expires_at: Timestamp,
    /// Members of the arguments that the catalogue calls sensitive, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
}

/// The decision: reviewers have to approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalRequired {
    /// The call.
    pub call: CallRef,
    /// The execution's id.
    pub execution_id: Uuid,
    /// The decision.
    pub decision: Decision,
    /// The arguments to approve, in canonical JSON.
    pub arguments: Json,
    /// On whose behalf: never a reviewer of this call.
    pub requester: Actor,
    /// Who may resolve it.
    pub reviewers: Reviewers,
    /// How many distinct reviewers have to accept.
    pub quorum: u32,
    /// From when on it is too late.
    pub expires_at: Timestamp,
    /// Which stage of the requirement this is, from 0; each stage is asked for with an event of its own.
    #[serde(default)]
    pub stage: u32,
    /// Members of the arguments that the catalogue calls sensitive, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
}

/// Nobody resolved the approval for so long that further reviewers were added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalEscalated {
    /// The call.
    pub call: CallRef,
    /// Which escalation of the requirement, from 0.
    pub level: u32,
    /// When it was due.
    pub due: Timestamp,
    /// Who may resolve it from now on, beside those that could before.
    pub reviewers: Reviewers,
}

/// Reviewers were reminded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalReminded {
    /// The call.
    pub call: CallRef,
    /// Which reminder, from 1.
    pub count: u32,
    /// When it was due.
    pub due: Timestamp,
}

/// Somebody commented on a call that waits. Who: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commented {
    /// The call.
    pub call: CallRef,
    /// What they said.
    pub text: String,
}

/// A call that waited, or had a permit, was decided on again. What came of it, where something did, is the next event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Redecided {
    /// The call.
    pub call: CallRef,
    /// The new decision.
    pub decision: Decision,
    /// What changed, for example `policy_set_activated`.
    pub cause: String,
}

/// A permit that was not used is no longer good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PermitWithdrawn {
    /// The call.
    pub call: CallRef,
    /// The permit.
    pub permit_id: Uuid,
    /// Why, for example `policy_set_activated`.
    pub cause: String,
}

/// A freeze covers a call that waits or has a permit: its deadline stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suspended {
    /// The call.
    pub call: CallRef,
    /// The freeze.
    pub freeze_id: Uuid,
    /// From when on the deadline stands still: when the freeze began.
    pub since: Timestamp,
}

/// No freeze covers the call any more: its deadline goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {
    /// The call.
    pub call: CallRef,
    /// The deadline as it is now: as much later as it stood still.
    pub deadline: Timestamp,
}

/// A deadline passed: of a confirmation, an approval or a permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expired {
    /// The call.
    pub call: CallRef,
    /// The deadline that passed.
    pub deadline: Timestamp,
}

/// The permit: exactly these arguments may run, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Permitted {
    /// The call.
    pub call: CallRef,
    /// The permit's id; `start` has to name it.
    pub permit_id: Uuid,
    /// The arguments that may run.
    pub arguments_digest: ArgumentsDigest,
    /// The policy set that the permit was given under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_set: Option<String>,
    /// From when on it is too late to start.
    pub expires_at: Timestamp,
}

/// The call started; its permit is used up. Who runs it: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InProgress {
    /// The call.
    pub call: CallRef,
    /// The permit that was used.
    pub permit_id: Uuid,
    /// By when it has to report, or it counts as unknown.
    pub lease_expires_at: Timestamp,
}

/// The running call reported that it is alive; its lease is renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progressed {
    /// The call.
    pub call: CallRef,
    /// What it is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How far it is, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// By when it has to report again.
    pub lease_expires_at: Timestamp,
}

/// The call ended; how, says the event's type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finished {
    /// The call.
    pub call: CallRef,
    /// What the tool returned.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub result: Option<Json>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CallError>,
    /// Why it was cancelled or skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it ran, as its runtime measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
}

/// It started and went silent: nobody knows how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResultUnknown {
    /// The call.
    pub call: CallRef,
    /// The lease that ran out.
    pub lease_expired_at: Timestamp,
}

/// Evidence showed how an unknown call ended. Who settled it: the envelope's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settled {
    /// The call.
    pub call: CallRef,
    /// How it ended; never `unknown`.
    pub status: ResultStatus,
    /// What shows it.
    pub evidence: String,
    /// What the tool returned, if the evidence has it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub result: Option<Json>,
}

/// The same attempt was proposed again and got the earlier answer. A storm of retries is counted: an event is written
/// when the count has doubled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reattempted {
    /// The call.
    pub call: CallRef,
    /// How often so far, at least.
    pub count: u64,
}

/// A new attempt was made under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptOpened {
    /// The key; at most 255 characters.
    pub idempotency_key: String,
    /// The attempt's execution.
    pub execution_id: Uuid,
    /// What is to be called.
    pub function: FunctionName,
    /// With which arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments_digest: Option<ArgumentsDigest>,
}
