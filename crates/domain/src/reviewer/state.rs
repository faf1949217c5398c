//! What is so: the groups and the delegations.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use proto_events::{Actor, ReviewerEvent, Timestamp};
use uuid::Uuid;

use super::evolve;

/// How many of the delegations that were ended are remembered: to end one of them again changes nothing, any older one is
/// unknown.
pub const MAX_ENDED: usize = 1_000;

/// An event of a reviewer and what its envelope says about it: who caused it, and when it was decided.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The envelope's `actor`.
    pub by: &'a Actor,
    /// The envelope's `recorded_at`.
    pub at: Timestamp,
    /// The event.
    pub event: &'a ReviewerEvent,
}

/// Somebody decides in another's place for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Its id.
    pub delegation_id: Uuid,
    /// Whose approvals.
    pub from: Actor,
    /// Who decides in their place.
    pub to: Actor,
    /// From when on.
    pub starts_at: Timestamp,
    /// Until when: the first instant that is too late.
    pub ends_at: Timestamp,
    /// Why, if they said.
    pub reason: Option<String>,
    /// When it was put on record.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Actor,
}

impl Delegation {
    /// Whether it holds at `at`.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.starts_at <= at && at < self.ends_at
    }
}

/// The state of the stream of a tenant's reviewers; by default that of a stream without events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The members of each group by its name; none is empty.
    pub groups: BTreeMap<String, Arc<BTreeSet<Actor>>>,
    /// The delegations that were not over when the last event happened, by id.
    pub(super) delegations: BTreeMap<Uuid, Delegation>,
    /// The ids of those that were ended, the last at the back.
    pub(super) ended: VecDeque<Uuid>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = Happened<'a>>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }

    /// The state after `events`, which `by` caused at `at`.
    #[must_use]
    pub fn then(self, by: &Actor, at: Timestamp, events: &[ReviewerEvent]) -> Self {
        events.iter().fold(self, |state, event| evolve(state, Happened { by, at, event }))
    }

    /// The groups that somebody is in.
    pub fn groups_of(&self, actor: &Actor) -> BTreeSet<String> {
        let theirs = self.groups.iter().filter(|(_, members)| members.contains(actor));
        theirs.map(|(group, _)| group.clone()).collect()
    }

    /// In whose place somebody decides at `at`, each once, in order; without themself. Whoever decides in another's place
    /// does not pass that on.
    pub fn stands_in_for(&self, actor: &Actor, at: Timestamp) -> Vec<Actor> {
        let theirs = self.delegations.values().filter(|held| held.to == *actor && held.is_in_force(at));
        let absent: BTreeSet<&Actor> = theirs.map(|delegation| &delegation.from).collect();
        absent.into_iter().cloned().collect()
    }

    /// The delegations that are not over at `at`, those to come among them, by id.
    pub fn delegations(&self, at: Timestamp) -> impl Iterator<Item = &Delegation> {
        self.delegations.values().filter(move |delegation| at < delegation.ends_at)
    }

    /// The delegation with this id, unless it was ended or is long over.
    pub fn delegation(&self, delegation_id: Uuid) -> Option<&Delegation> {
        self.delegations.get(&delegation_id)
    }

    /// Whether the delegation with this id was ended, as far as that is remembered.
    pub fn has_ended(&self, delegation_id: Uuid) -> bool {
        self.ended.contains(&delegation_id)
    }
}
