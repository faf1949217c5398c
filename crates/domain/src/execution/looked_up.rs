//! What is looked up before a command is decided on, beside the execution itself.

use std::{collections::BTreeSet, time::Duration};

use proto_events::{Actor, FreezeScope, Timestamp};
use uuid::Uuid;

/// The freeze that covers a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenBy {
    /// The freeze.
    pub freeze_id: Uuid,
    /// What it covers.
    pub scope: FreezeScope,
    /// Why.
    pub reason: String,
    /// When it began.
    pub since: Timestamp,
}

/// What a principal may review as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviewer {
    /// Whether it has the role of an approver; without it, it reviews nothing, in nobody's place.
    pub approver: bool,
    /// Whether it has the role of an administrator, who may break the glass.
    pub admin: bool,
    /// The groups that it is in.
    pub groups: BTreeSet<String>,
    /// In whose place it may review now: the delegations in force, in the order in which they are tried.
    pub stands_in_for: Vec<StandsInFor>,
}

/// Somebody in whose place a principal reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandsInFor {
    /// Who.
    pub actor: Actor,
    /// The groups that they are in.
    pub groups: BTreeSet<String>,
}

/// How long people have, and how long a permit waits, where the decision does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttls {
    /// How long the requester has to confirm.
    pub confirmation: Duration,
    /// How long reviewers have to resolve a stage of the approval.
    pub approval: Duration,
    /// How long the permit may wait to be used.
    pub permit: Duration,
}
