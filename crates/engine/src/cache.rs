//! Streams as they were read last, for those that every request asks for.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use proto_events::{StreamId, StreamVersion, TenantId};

/// Most streams that are held at a time. Past it, all are forgotten and read again.
const MAX_HELD: usize = 65_536;

/// What streams say, by tenant and stream, each with where the stream ended when it was read: if it ends elsewhere now, which
/// the log has in memory, what is held here does not count. So it is never older than the log, whoever appended. It never
/// holds a stream that does not exist.
pub(crate) struct Cache<V>(Mutex<HashMap<(TenantId, StreamId), (StreamVersion, V)>>);

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Cache<V> {
    /// What the stream says, if it was read when it ended at `version`.
    pub(crate) fn get(&self, tenant: &TenantId, stream: &StreamId, version: StreamVersion) -> Option<V> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, value) = held.get(&(tenant.clone(), stream.clone()))?;
        (*read_at == version).then(|| value.clone())
    }

    /// Keeps what the stream says, as it was read when it ended at `version`.
    pub(crate) fn put(&self, tenant: &TenantId, stream: &StreamId, version: StreamVersion, value: V) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), stream.clone());
        if held.len() >= MAX_HELD && !held.contains_key(&key) {
            held.clear();
        }
        held.insert(key, (version, value));
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_was_read_at_another_version_does_not_count_and_the_bound_holds() {
        let (cache, tenant): (Cache<u8>, TenantId) = (Cache::default(), "acme".parse().unwrap());
        let stream = |id: u128| StreamId::key(Uuid::from_u128(id));
        let (first, second) = (StreamVersion::FIRST, StreamVersion::new(1));
        cache.put(&tenant, &stream(0), first, 7);
        assert_eq!(cache.get(&tenant, &stream(0), first), Some(7));
        assert_eq!(cache.get(&tenant, &stream(0), second), None);
        assert_eq!(cache.get(&"Acme".parse().unwrap(), &stream(0), first), None);
        cache.put(&tenant, &stream(0), second, 8);
        assert_eq!(cache.get(&tenant, &stream(0), first), None);
        for id in 1..MAX_HELD as u128 {
            cache.put(&tenant, &stream(id), first, 7);
        }
        cache.put(&tenant, &stream(0), first, 7);
        assert_eq!(cache.len(), MAX_HELD, "full, but no new stream");
        cache.put(&tenant, &stream(u128::MAX), first, 7);
        assert_eq!(cache.len(), 1);
    }
}
