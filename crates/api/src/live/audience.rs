//! Who is to be told that there is something new for a tenant.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use proto_events::TenantId;
use tokio::sync::watch;

/// What happened in a tenant: how often there was something new, and how often something about a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) news: u64,
    pub(crate) keys: u64,
}

/// The tenants that somebody watches. There is one signal for all who watch a tenant: it says *that* there is news, and
/// everybody looks for himself, from his own place.
#[derive(Default)]
pub(crate) struct Audience(Mutex<HashMap<TenantId, watch::Sender<Signal>>>);

impl Audience {
    fn watched(&self) -> MutexGuard<'_, HashMap<TenantId, watch::Sender<Signal>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a tenant, until [`leave`](Self::leave).
    pub(crate) fn join(&self, tenant: &TenantId) -> watch::Receiver<Signal> {
        self.watched().entry(tenant.clone()).or_default().subscribe()
    }

    /// Watches no more. Without this the tenant would be kept for ever.
    pub(crate) fn leave(&self, tenant: &TenantId, receiver: watch::Receiver<Signal>) {
        let mut watched = self.watched();
        drop(receiver);
        if watched.get(tenant).is_some_and(|signal| signal.receiver_count() == 0) {
            watched.remove(tenant);
        }
    }

    /// Tells those who watch one of `tenants`.
    pub(crate) fn signal<'a>(
        &self,
        tenants: impl IntoIterator<Item = &'a TenantId>,
        change: fn(&mut Signal),
    ) {
        let watched = self.watched();
        for signal in tenants.into_iter().filter_map(|tenant| watched.get(tenant)) {
            signal.send_modify(change);
        }
    }

    /// Tells everybody.
    pub(crate) fn signal_all(&self) {
        for signal in self.watched().values() {
            signal.send_modify(|signal| signal.news += 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_held_as_long_as_somebody_watches_it() {
        let (audience, tenant) = (Audience::default(), "acme".parse().unwrap());
        let (mut one, mut two) = (audience.join(&tenant), audience.join(&tenant));
        audience.signal([&tenant, &"umbrella".parse().unwrap()], |signal| signal.news += 1);
        for receiver in [&mut one, &mut two] {
            assert!(receiver.has_changed().unwrap());
            assert_eq!(*receiver.borrow_and_update(), Signal { news: 1, keys: 0 });
        }
        audience.leave(&tenant, one);
        assert_eq!(audience.watched().len(), 1);
        audience.signal_all();
        assert!(two.has_changed().unwrap());
        audience.leave(&tenant, two);
        assert!(audience.watched().is_empty());
    }
}
