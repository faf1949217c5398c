//! Counts retries between two `reattempted` events, so that a storm of them is a few events.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use proto_events::TenantId;
use uuid::Uuid;

/// Most executions that are counted at a time. Past it, counting begins anew: the count on record says "at least".
const MAX_COUNTED: usize = 65_536;

#[derive(Default)]
pub(crate) struct Reattempts(Mutex<HashMap<(TenantId, Uuid), u64>>);

impl Reattempts {
    /// Counts one more; how many there were since the last that is on record.
    pub(crate) fn count(&self, tenant: &TenantId, execution_id: Uuid) -> u64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_COUNTED {
            counts.clear();
        }
        let count = counts.entry((tenant.clone(), execution_id)).or_default();
        *count += 1;
        *count
    }

    /// `seen` of them are on record now.
    pub(crate) fn recorded(&self, tenant: &TenantId, execution_id: Uuid, seen: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), execution_id);
        let left = counts.get(&key).map_or(0, |count| count.saturating_sub(seen));
        if left == 0 {
            counts.remove(&key);
        } else {
            counts.insert(key, left);
        }
    }
}
