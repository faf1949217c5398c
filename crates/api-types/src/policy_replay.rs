//! Replay: past decisions derived again, and decided by a candidate.

use std::collections::BTreeMap;

use proto_events::{Digest, FunctionName, GlobalPosition, Outcome, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    given,
    policy::{PolicyFiles, files},
};

/// Lets a candidate decide on the calls of a span of time, without effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplayPolicy {
    /// The candidate's files by name.
    #[serde(deserialize_with = "files")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::policy::policy_files))]
    pub files: PolicyFiles,
    /// Only decisions from this instant on; without it, of the seven days before `until`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only decisions before this instant; without it, up to now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only decisions on calls of this conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub conversation: Option<String>,
    /// Whether the candidate also decides on calls that were handed in after the fact.
    #[serde(default)]
    pub recorded: bool,
    /// How many changes of each kind, and how many mismatches, are listed: 100 unless told otherwise. All are counted.
    #[serde(default, deserialize_with = "given::integer", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 1000))]
    pub limit: Option<u32>,
}

/// What a candidate would have decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyReplay {
    /// The candidate, as the digest of its files. It is not stored.
    pub candidate: Digest,
    /// Decisions from this instant on were looked at.
    pub since: Timestamp,
    /// Decisions before this instant were.
    pub until: Timestamp,
    /// What was found.
    #[serde(flatten)]
    pub report: ReplayReport,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayReport {
    /// Events that were read and make a difference to decisions.
    pub events: u64,
    /// Decisions that came out again as they are on record.
    pub rederived: u64,
    /// Decisions that did not.
    pub mismatched: u64,
    /// The first of them.
    pub mismatches: Vec<ReplayMismatch>,
    /// Decisions and calls that could not be evaluated, by reason.
    pub not_derived: BTreeMap<String, u64>,
    /// Decisions that the candidate decided on, those on calls handed in after the fact included.
    pub compared: u64,
    /// Of these, on calls that were handed in after the fact.
    pub after_the_fact: u64,
    /// What the candidate decided, by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// How many decisions went from which outcome to which.
    pub moves: Vec<ReplayMove>,
    /// What would change.
    pub changes: ReplayChanges,
    /// What would change, by function; under `null` those past 4,096 functions.
    pub functions: BTreeMap<String, ReplayFunction>,
    /// On how many decisions each rule matched, by its id: those that did on record or in the candidate, up to 4,096.
    pub rules: BTreeMap<String, ReplayRule>,
    /// On how many decisions rules past those matched.
    pub other_rules: ReplayRule,
    /// Whether rules read the history of agents or of the tenant.
    pub reads_beyond: bool,
    /// From where on nothing was looked at, where that is not the end of the span; `null` where everything was.
    pub stopped: Option<ReplayStopped>,
}

/// A decision that does not come out again as it is on record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayMismatch {
    /// The execution.
    pub execution_id: Uuid,
    /// Position of the decision.
    pub position: GlobalPosition,
    /// The function.
    pub function: FunctionName,
    /// What differs.
    pub differences: Vec<ReplayDifference>,
}

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayDifference {
    /// What: `outcome`, `requirement`, `findings`, `matched_rules`, `arguments_digest`, or a fact as `facts.<name>`.
    pub what: String,
    /// As it is on record.
    pub recorded: Value,
    /// As it was derived.
    pub derived: Value,
}

/// Decisions with one outcome on record and one in the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayMove {
    /// What was decided; `null` where the call was handed in after the fact: it ran.
    pub from: Option<Outcome>,
    /// What the candidate decides.
    pub to: Outcome,
    /// How many there are.
    pub calls: u64,
    /// How many of these are a change. The outcome may be the same and who is asked another.
    pub changed: u64,
}

/// How a decision would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplayChangeKind {
    /// It would be allowed, and was not.
    NewlyAllowed,
    /// It would be blocked, and was not.
    NewlyBlocked,
    /// It would be held, be held otherwise, or be no longer decided as there being nothing to do.
    Other,
}

/// A decision that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayChange {
    /// How.
    pub kind: ReplayChangeKind,
    /// The execution.
    pub execution_id: Uuid,
    /// Position of the decision; of the call where it was handed in after the fact.
    pub position: GlobalPosition,
    /// When.
    pub at: Timestamp,
    /// The agent.
    pub agent: String,
    /// The conversation.
    pub conversation: String,
    /// The function.
    pub function: FunctionName,
    /// Whether it is a decision again.
    pub again: bool,
    /// What was decided; absent where the call was handed in after the fact: it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Outcome>,
    /// What the candidate decides.
    pub to: Outcome,
    /// Why: the code of the deciding finding.
    pub code: String,
    /// Why, in words.
    pub reason: String,
    /// The candidate's rules that matched.
    pub rules: Vec<String>,
}

/// Changes of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayListed {
    /// How many there are.
    pub total: u64,
    /// The first of them, in order of the log.
    pub first: Vec<ReplayChange>,
}

/// All changes, the newly allowed first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayChanges {
    /// Allowed now, not before.
    pub newly_allowed: ReplayListed,
    /// Blocked now, not before.
    pub newly_blocked: ReplayListed,
    /// All others.
    pub other: ReplayListed,
}

impl ReplayChanges {
    /// How many there are.
    pub const fn total(&self) -> u64 {
        self.newly_allowed.total + self.newly_blocked.total + self.other.total
    }

    /// Those that are listed, newly allowed first, then newly blocked.
    pub fn listed(&self) -> impl Iterator<Item = &ReplayChange> {
        [&self.newly_allowed, &self.newly_blocked, &self.other].into_iter().flat_map(|listed| &listed.first)
    }
}

/// The changes of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayFunction {
    /// Decisions that were compared.
    pub compared: u64,
    /// Allowed now, not before.
    pub newly_allowed: u64,
    /// Blocked now, not before.
    pub newly_blocked: u64,
    /// All other changes.
    pub other: u64,
}

impl ReplayFunction {
    /// All changes.
    pub const fn changed(&self) -> u64 {
        self.newly_allowed + self.newly_blocked + self.other
    }
}

/// On how many of the decisions that were compared a rule matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayRule {
    /// Of those on record.
    pub on_record: ReplayRuleUses,
    /// Of those of the candidate.
    pub candidate: ReplayRuleUses,
}

/// On how many decisions a rule matched, by what it did there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayRuleUses {
    /// It let the call through.
    pub permits: u64,
    /// It let it wait for the requesting user.
    pub asks_confirmation: u64,
    /// It let it wait for reviewers.
    pub asks_approval: u64,
    /// It stopped it.
    pub forbids: u64,
    /// Its set cannot be read any more.
    pub unknown: u64,
}

/// Why a replay stopped before the end of its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplayStopReason {
    /// As many calls as may be were looked at.
    Calls,
    /// The time was up.
    Time,
}

/// Where a replay stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayStopped {
    /// Why.
    pub reason: ReplayStopReason,
    /// Position of the first decision that was not looked at; of the event that it had come to, where the time was up before.
    pub position: GlobalPosition,
    /// When that was recorded; `null` where no event was read.
    pub at: Option<Timestamp>,
}
