//! Policy sets as they were stored, made ready when a decision asks for them.

use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

use lru::LruCache;
use proto_events::{Digest, PolicySetStored};
use vidimus_policy::{PolicySet, PolicySource};

/// Most bytes of stored sets that are kept; a decision under a set past it cannot be derived again.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// Most sets that are ready at a time.
const MAX_READY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);

/// The sets of a tenant.
pub(super) struct Sets {
    stored: HashMap<Digest, Arc<PolicySetStored>>,
    bytes: usize,
    ready: LruCache<Digest, Option<Arc<PolicySet>>>,
}

impl Default for Sets {
    fn default() -> Self {
        Self { stored: HashMap::new(), bytes: 0, ready: LruCache::new(MAX_READY) }
    }
}

impl Sets {
    pub(super) fn store(&mut self, stored: &PolicySetStored) {
        let bytes: usize = stored.files.iter().map(|(name, text)| name.len() + text.len()).sum();
        if self.bytes + bytes <= MAX_BYTES && !self.stored.contains_key(&stored.policy_set) {
            self.bytes += bytes;
            self.stored.insert(stored.policy_set, Arc::new(stored.clone()));
        }
    }

    /// The set of this digest; nothing where it is not kept, its bytes are not what the digest is of, or this program cannot
    /// use what an earlier one took.
    pub(super) fn get(&mut self, digest: Digest) -> Option<Arc<PolicySet>> {
        if let Some(known) = self.ready.get(&digest) {
            return known.clone();
        }
        let stored = self.stored.get(&digest);
        let source = stored.and_then(|stored| PolicySource::new(stored.files.clone()).ok());
        let source = source.filter(|source| source.digest() == digest);
        let set = source.and_then(|source| PolicySet::parse(&source).ok()).map(Arc::new);
        self.ready.put(digest, set.clone());
        set
    }
}
