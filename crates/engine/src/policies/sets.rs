//! Policy sets, ready to decide with.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use proto_events::{Digest, TenantId};
use vidimus_policy::PolicySet;

/// Most sets that are held at a time.
pub(super) const MAX_HELD: NonZeroUsize = match NonZeroUsize::new(64) {
    Some(max) => max,
    None => NonZeroUsize::MIN,
};

/// Sets by tenant and digest; the one that was asked for longest ago makes room. A digest names the same bytes for ever, so
/// that what is held never ages; it is held by tenant, so that nobody learns which sets another one has.
pub(crate) struct PolicySets {
    held: Mutex<LruCache<(TenantId, Digest), Arc<PolicySet>>>,
    /// One at a time is made ready: of many calls at once that ask for the same set, one does it.
    pub(super) making: tokio::sync::Mutex<()>,
}

impl Default for PolicySets {
    fn default() -> Self {
        Self { held: Mutex::new(LruCache::new(MAX_HELD)), making: tokio::sync::Mutex::default() }
    }
}

impl PolicySets {
    pub(super) fn get(&self, tenant: &TenantId, policy_set: Digest) -> Option<Arc<PolicySet>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&(tenant.clone(), policy_set)).cloned()
    }

    pub(super) fn put(&self, tenant: &TenantId, policy_set: Digest, set: Arc<PolicySet>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.put((tenant.clone(), policy_set), set);
    }
}
