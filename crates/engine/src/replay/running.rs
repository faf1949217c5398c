//! Which replays run in this process: one a tenant, and a few in all.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use proto_events::TenantId;

use crate::EngineError;

/// Most replays that run at a time, over all tenants: each takes a thread, and as much memory as the history of its tenant.
pub const MOST_RUNNING: usize = 2;

/// The tenants whose replays run.
#[derive(Debug, Default)]
pub(crate) struct Running(Arc<Mutex<HashSet<TenantId>>>);

/// The place that a running replay has; given back when dropped.
#[derive(Debug)]
pub struct Place {
    tenant: TenantId,
    running: Arc<Mutex<HashSet<TenantId>>>,
}

impl Place {
    /// Whose replay it is.
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.tenant);
    }
}

impl Running {
    /// Takes the tenant's place.
    pub(crate) fn take(&self, tenant: &TenantId) -> Result<Place, EngineError> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.contains(tenant) {
            return Err(EngineError::ReplayRunning);
        }
        if running.len() >= MOST_RUNNING {
            return Err(EngineError::TooManyReplays { max: MOST_RUNNING });
        }
        running.insert(tenant.clone());
        Ok(Place { tenant: tenant.clone(), running: Arc::clone(&self.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_one_place_and_all_have_two() {
        let running = Running::default();
        let take = |name: &str| running.take(&name.parse().unwrap());
        let acme = take("acme").unwrap();
        assert_eq!(take("acme").unwrap_err().code(), "replay_running");
        let other = take("other").unwrap();
        assert_eq!(take("third").unwrap_err().code(), "too_many_replays");
        assert!(take("third").unwrap_err().is_retryable() && take("acme").unwrap_err().is_retryable());
        drop(acme);
        let third = take("third").unwrap();
        assert_eq!((other.tenant().as_str(), third.tenant().as_str()), ("other", "third"));
        assert_eq!(take("acme").unwrap_err().code(), "too_many_replays");
    }
}
