//! One after the other, where a decision rests on those before it.
//!
//! History facts are folds of the log up to a position. Two calls of one conversation that are decided at the same time would
//! each miss the other; so decisions that read the same history go through one lane, from reading the facts to the durable
//! append. Lanes are shared by hash: two conversations may wait for each other, never decide wrongly.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
};

use proto_events::TenantId;
use tokio::sync::{Mutex, MutexGuard};

/// How many lanes there are.
const LANES: usize = 1024;

/// What a decision shares with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shared<'a> {
    /// The history of a conversation.
    Conversation(&'a str, &'a str),
    /// The history of an agent over all its conversations.
    Agent(&'a str),
    /// The history of the tenant.
    Tenant,
    /// The tenant's grants.
    Grants,
}

/// The lanes.
pub(crate) struct Lanes {
    hasher: RandomState,
    lanes: Vec<Mutex<()>>,
}

impl Default for Lanes {
    fn default() -> Self {
        let lanes = std::iter::repeat_with(|| Mutex::new(())).take(LANES).collect();
        Self { hasher: RandomState::new(), lanes }
    }
}

/// Lanes that are held; left when dropped.
pub(crate) struct Held<'a> {
    lanes: BTreeSet<usize>,
    _guards: Vec<MutexGuard<'a, ()>>,
}

impl Lanes {
    /// Waits for the lanes of everything that is shared. Always in the same order, so that two never wait for each other.
    pub(crate) async fn enter(&self, tenant: &TenantId, shared: &[Shared<'_>]) -> Held<'_> {
        let lanes = self.of(tenant, shared);
        let mut guards = Vec::with_capacity(lanes.len());
        for lane in lanes.iter().filter_map(|lane| self.lanes.get(*lane)) {
            guards.push(lane.lock().await);
        }
        Held { lanes, _guards: guards }
    }

    /// Whether everything that is shared is in lanes that are held.
    pub(crate) fn cover(&self, held: Option<&Held<'_>>, tenant: &TenantId, shared: &[Shared<'_>]) -> bool {
        let wanted = self.of(tenant, shared);
        wanted.is_empty() || held.is_some_and(|held| wanted.is_subset(&held.lanes))
    }

    fn of(&self, tenant: &TenantId, shared: &[Shared<'_>]) -> BTreeSet<usize> {
        let lane = |shared: &Shared<'_>| {
            usize::try_from(self.hasher.hash_one((tenant, shared)) % LANES as u64).unwrap_or(0)
        };
        shared.iter().map(lane).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn poll<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_same_history_waits_until_the_lane_is_left() {
        let (lanes, tenant): (Lanes, TenantId) = (Lanes::default(), "acme".parse().unwrap());
        let conversation = [Shared::Conversation("a", "c"), Shared::Tenant];
        let first = poll(lanes.enter(&tenant, &conversation)).unwrap();
        assert!(poll(lanes.enter(&tenant, &conversation)).is_none());
        assert!(poll(lanes.enter(&tenant, &conversation[..1])).is_none());
        assert!(lanes.cover(Some(&first), &tenant, &conversation[..1]));
        assert!(!lanes.cover(Some(&first), &tenant, &[Shared::Agent("another")]) || LANES == 1);
        assert!(!lanes.cover(None, &tenant, &conversation) && lanes.cover(None, &tenant, &[]));
        drop(first);
        assert!(poll(lanes.enter(&tenant, &conversation[..1])).is_some());
    }

    #[test]
    fn one_lane_that_is_wanted_twice_is_entered_once() {
        let (lanes, tenant): (Lanes, TenantId) = (Lanes::default(), "acme".parse().unwrap());
        assert!(poll(lanes.enter(&tenant, &[Shared::Grants, Shared::Grants])).is_some());
    }
}
