//! What is so: the freezes in force.

use std::collections::{BTreeMap, VecDeque};

use proto_events::{Actor, FreezeEvent, FreezeScope, FunctionName, Timestamp};
use uuid::Uuid;

use super::evolve;

/// How many of the freezes that ended are remembered: to end one of them again changes nothing, any older one is unknown.
pub const MAX_ENDED: usize = 1_000;

/// An event of a freeze and what its envelope says about it: who caused it, and when it was decided.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The envelope's `actor`.
    pub by: &'a Actor,
    /// The envelope's `recorded_at`.
    pub at: Timestamp,
    /// The event.
    pub event: &'a FreezeEvent,
}

/// A freeze in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// Its id.
    pub freeze_id: Uuid,
    /// What it covers.
    pub scope: FreezeScope,
    /// Why.
    pub reason: String,
    /// When it began.
    pub since: Timestamp,
    /// Who began it.
    pub by: Actor,
}

/// The state of the stream of a tenant's freezes; by default that of a stream without events. No scope is frozen twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub(super) tenant: Option<Freeze>,
    pub(super) agents: BTreeMap<String, Freeze>,
    pub(super) functions: BTreeMap<FunctionName, Freeze>,
    /// The ids of those that ended, the last at the back.
    pub(super) ended: VecDeque<Uuid>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = Happened<'a>>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }

    /// The state after `events`, which `by` caused at `at`.
    #[must_use]
    pub fn then(self, by: &Actor, at: Timestamp, events: &[FreezeEvent]) -> Self {
        events.iter().fold(self, |state, event| evolve(state, Happened { by, at, event }))
    }

    /// The freeze that covers a call: the tenant's before the agent's before the function's. A scope is frozen once at a
    /// time, so that there is never a choice of two.
    pub fn covering(&self, agent: &str, function: &FunctionName) -> Option<&Freeze> {
        self.tenant.as_ref().or_else(|| self.agents.get(agent)).or_else(|| self.functions.get(function))
    }

    /// Every freeze in force: the tenant's, then agents' by name, then functions' by name.
    pub fn in_force(&self) -> impl Iterator<Item = &Freeze> {
        self.tenant.iter().chain(self.agents.values()).chain(self.functions.values())
    }

    /// How many are in force.
    pub fn len(&self) -> usize {
        usize::from(self.tenant.is_some()) + self.agents.len() + self.functions.len()
    }

    /// Whether none is in force.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The freeze in force with this id.
    pub fn get(&self, freeze_id: Uuid) -> Option<&Freeze> {
        self.in_force().find(|freeze| freeze.freeze_id == freeze_id)
    }

    /// The freeze in force of exactly this scope.
    pub fn of(&self, scope: &FreezeScope) -> Option<&Freeze> {
        match scope {
            FreezeScope::Tenant => self.tenant.as_ref(),
            FreezeScope::Agent { agent } => self.agents.get(agent),
            FreezeScope::Function { function } => self.functions.get(function),
        }
    }

    /// Whether the freeze with this id ended, as far as that is remembered.
    pub fn has_ended(&self, freeze_id: Uuid) -> bool {
        self.ended.contains(&freeze_id)
    }
}
