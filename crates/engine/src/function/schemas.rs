//! Argument schemas, ready to check arguments.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use proto_events::{StreamId, StreamVersion, TenantId};
use vidimus_policy::ArgumentSchema;

/// Most schemas that are held at a time.
const MAX_HELD: NonZeroUsize = match NonZeroUsize::new(1_024) {
    Some(max) => max,
    None => NonZeroUsize::MIN,
};

/// A schema, and the version of the function's stream that it was made at.
type Made = (StreamVersion, Arc<ArgumentSchema>);

/// Schemas by tenant and function's stream; the one that was asked for longest ago makes room.
pub(crate) struct Schemas(Mutex<LruCache<(TenantId, StreamId), Made>>);

impl Default for Schemas {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_HELD)))
    }
}

impl Schemas {
    /// The schema, if it was made from what the stream said at `version`.
    pub(super) fn get(
        &self,
        key: &(TenantId, StreamId),
        version: StreamVersion,
    ) -> Option<Arc<ArgumentSchema>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (made_at, schema) = held.get(key)?;
        (*made_at == version).then(|| Arc::clone(schema))
    }

    pub(super) fn put(&self, key: (TenantId, StreamId), version: StreamVersion, schema: Arc<ArgumentSchema>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.put(key, (version, schema));
    }
}
