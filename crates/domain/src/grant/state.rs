//! What is so: the grants, and how much of each is used.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use proto_events::{Actor, FunctionName, GrantEvent, GrantScope, Timestamp};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Rejection, decide::used, evolve};

/// How many of the grants that are no longer good are remembered; any older one is unknown.
pub const MAX_ENDED: usize = 1_000;

/// An event of a grant and what its envelope says about it: who caused it, and when it was decided.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The envelope's `actor`.
    pub by: &'a Actor,
    /// The envelope's `recorded_at`.
    pub at: Timestamp,
    /// The event.
    pub event: &'a GrantEvent,
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub grant_id: Uuid,
    /// What it covers.
    pub scope: GrantScope,
    /// How many calls it lets through; `None`: as many as come.
    pub max_uses: Option<u32>,
    /// How much they may sum up to; `None`: no matter.
    pub max_sum: Option<Decimal>,
    /// From when on it is no longer good.
    pub expires_at: Timestamp,
    /// Why it was given.
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Actor,
    /// How many calls it let through.
    pub uses: u64,
    /// What their amounts sum up to, of those that have one.
    pub sum: Decimal,
    /// When it let the last call through.
    pub last_used_at: Option<Timestamp>,
    /// How it was taken back, if it was.
    pub revoked: Option<Revocation>,
}

/// How a grant was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Why, if they said.
    pub reason: Option<String>,
}

/// Whether a grant is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is.
    InForce,
    /// It was taken back.
    Revoked,
    /// Nothing is left of it.
    UsedUp,
    /// Its time is over.
    Expired,
}

impl Standing {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Revoked => "revoked",
            Self::UsedUp => "used_up",
            Self::Expired => "expired",
        }
    }
}

impl Grant {
    /// Whether it is good at `at`.
    pub fn standing(&self, at: Timestamp) -> Standing {
        if self.revoked.is_some() {
            Standing::Revoked
        } else if self.is_used_up() {
            Standing::UsedUp
        } else if at >= self.expires_at {
            Standing::Expired
        } else {
            Standing::InForce
        }
    }

    /// Whether as many calls as it lets through, or as much as they may sum up to, are used.
    pub(super) fn is_used_up(&self) -> bool {
        self.max_uses.is_some_and(|max| self.uses >= u64::from(max))
            || self.max_sum.is_some_and(|max| self.sum >= max)
    }
}

/// The state of the stream of a tenant's grants; by default that of a stream without events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Those that were good when the last event happened, by id; each is shared, as one use changes one of them.
    pub(super) open: BTreeMap<Uuid, Arc<Grant>>,
    /// Those that no longer were, the last at the back.
    pub(super) ended: VecDeque<Arc<Grant>>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = Happened<'a>>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }

    /// The state after `events`, which `by` caused at `at`.
    #[must_use]
    pub fn then(self, by: &Actor, at: Timestamp, events: &[GrantEvent]) -> Self {
        events.iter().fold(self, |state, event| evolve(state, Happened { by, at, event }))
    }

    /// The grant with this id, whether it is good or not.
    pub fn get(&self, grant_id: Uuid) -> Option<&Grant> {
        self.shared(grant_id).map(Arc::as_ref)
    }

    /// The same, to be kept without copying it.
    pub fn shared(&self, grant_id: Uuid) -> Option<&Arc<Grant>> {
        let ended = || self.ended.iter().rev().find(|grant| grant.grant_id == grant_id);
        self.open.get(&grant_id).or_else(ended)
    }

    /// Those that are good at `at`, by id.
    pub fn in_force(&self, at: Timestamp) -> impl Iterator<Item = &Grant> {
        self.open.values().map(Arc::as_ref).filter(move |grant| grant.standing(at) == Standing::InForce)
    }

    /// Whether a call that used the grant with this id may still stand on it at `at`: that it is used up, by this call or by
    /// others, takes nothing back.
    pub fn may_be_kept(&self, grant_id: Uuid, at: Timestamp) -> bool {
        self.get(grant_id).is_some_and(|grant| {
            matches!(grant.standing(at), Standing::InForce | Standing::UsedUp) && at < grant.expires_at
        })
    }

    /// Whether a call of this agent and function could use a grant, whatever its arguments are and whatever time it is.
    pub fn covers_any(&self, agent: &str, function: &FunctionName) -> bool {
        self.open.values().any(|grant| grant.scope.agent == agent && grant.scope.function == *function)
    }

    /// The events that use a grant for a call: the same as deciding on [`Action::Use`](super::Action::Use).
    ///
    /// # Errors
    /// When it is not good, or too little is left of it.
    pub fn use_up(
        &self,
        grant_id: Uuid,
        execution_id: Uuid,
        amount: Option<String>,
        at: Timestamp,
    ) -> Result<Vec<GrantEvent>, Rejection> {
        used(self, at, grant_id, execution_id, amount.as_deref())
    }

    /// Every grant that is known: those that are good, and those that lately were.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Grant>> {
        self.open.values().chain(&self.ended)
    }
}
