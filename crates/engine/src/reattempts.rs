//! Counts retries between two `reattempted` events, so that a storm of them is a few events.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use proto_events::TenantId;
use uuid::Uuid;

/// Most executions that are counted at a time, about 10 MiB. Past it, counting begins anew from what is on record: the
/// count on record says "at least".
const MAX_COUNTED: usize = 65_536;

/// How often each attempt was proposed again, ever. Totals, not what came since the last event: of several retries at
/// once one puts all of them on record, and the others must not add them a second time.
#[derive(Default)]
pub(crate) struct Reattempts(Mutex<HashMap<(TenantId, Uuid), u64>>);

impl Reattempts {
    /// Counts one more than there were, `on_record` at least.
    pub(crate) fn count(&self, tenant: &TenantId, execution_id: Uuid, on_record: u64) {
        let mut totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), execution_id);
        if totals.len() >= MAX_COUNTED && !totals.contains_key(&key) {
            totals.clear();
        }
        let total = totals.entry(key).or_default();
        *total = on_record.max(*total).saturating_add(1);
    }

    /// How many there were, as far as this process counted.
    pub(crate) fn total(&self, tenant: &TenantId, execution_id: Uuid) -> u64 {
        let totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        totals.get(&(tenant.clone(), execution_id)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_go_on_from_the_record_and_never_past_their_bound() {
        let (reattempts, tenant) = (Reattempts::default(), "acme".parse().unwrap());
        reattempts.count(&tenant, Uuid::nil(), 512);
        reattempts.count(&tenant, Uuid::nil(), 512);
        assert_eq!(reattempts.total(&tenant, Uuid::nil()), 514);
        for id in 1..MAX_COUNTED as u128 {
            reattempts.count(&tenant, Uuid::from_u128(id), 0);
        }
        reattempts.count(&tenant, Uuid::nil(), 512);
        assert_eq!(reattempts.total(&tenant, Uuid::nil()), 515, "full, but no new execution");
        reattempts.count(&tenant, Uuid::max(), 8);
        assert_eq!(reattempts.0.lock().unwrap().len(), 1);
        assert_eq!(reattempts.total(&tenant, Uuid::max()), 9);
        assert_eq!(reattempts.total(&tenant, Uuid::nil()), 0);
    }
}
