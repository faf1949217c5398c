//! Streams as states, held with where each ended when it was read last: what came since is all that is read.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use proto_events::{Event, RecordedEvent, StreamId, StreamVersion, TenantId};
use vidimus_log::StreamHead;

use crate::{Engine, EngineError, engine::Loaded};

/// The states of streams, by tenant and stream; the one that was asked for longest ago makes room. What is held here is an
/// earlier or the present state, whoever appended; which of the two, the log's own end of the stream tells.
pub(crate) struct Folded<S>(Mutex<LruCache<Stream, Read<S>>>);

type Stream = (TenantId, StreamId);
type Read<S> = (StreamHead, Arc<S>);

impl<S> Folded<S> {
    /// Holds at most `max` streams.
    pub(crate) fn new(max: usize) -> Self {
        Self(Mutex::new(LruCache::new(NonZeroUsize::new(max).unwrap_or(NonZeroUsize::MIN))))
    }

    fn get(&self, tenant: &TenantId, stream: &StreamId) -> Option<Read<S>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&(tenant.clone(), stream.clone())).cloned()
    }

    fn put(&self, tenant: &TenantId, stream: &StreamId, head: StreamHead, state: Arc<S>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), stream.clone());
        // Who read later may have been here first.
        if held.peek(&key).is_none_or(|(known, _)| known.version < head.version) {
            held.put(key, (head, state));
        }
    }
}

impl Engine {
    /// What a stream says, from what is held of it and the events since.
    pub(crate) async fn load_folded<S: Clone + Default>(
        &self,
        held: &Folded<S>,
        tenant: &TenantId,
        stream: &StreamId,
        evolve: fn(S, &RecordedEvent, &Event) -> S,
    ) -> Result<Loaded<Arc<S>>, EngineError> {
        let Some(head) = self.log.stream_head(tenant, stream).await? else {
            return Ok(Loaded { state: Arc::default(), head: None });
        };
        let (from, known) = match held.get(tenant, stream) {
            // Or later: somebody appended, and read, since the end was asked for.
            Some((known, state)) if known.version >= head.version => {
                return Ok(Loaded { state, head: Some(known) });
            }
            Some((known, state)) => (known.version.next(), state),
            None => (StreamVersion::FIRST, Arc::default()),
        };
        let Loaded { state, head } =
            self.fold(tenant, stream, from, Arc::unwrap_or_clone(known), evolve).await?;
        let state = Arc::new(state);
        if let Some(head) = head {
            held.put(tenant, stream, head, Arc::clone(&state));
        }
        Ok(Loaded { state, head })
    }
}

#[cfg(test)]
mod tests {
    use proto_events::GlobalPosition;
    use uuid::Uuid;

    use super::*;

    fn head(version: u64) -> StreamHead {
        StreamHead { version: StreamVersion::new(version), position: GlobalPosition::new(version + 1) }
    }

    #[test]
    fn the_later_state_stays_and_the_bound_holds() {
        let (held, tenant): (Folded<u8>, TenantId) = (Folded::new(2), "acme".parse().unwrap());
        let stream = |id: u128| StreamId::key(Uuid::from_u128(id));
        held.put(&tenant, &stream(1), head(1), Arc::new(7));
        held.put(&tenant, &stream(1), head(0), Arc::new(6));
        assert_eq!(held.get(&tenant, &stream(1)), Some((head(1), Arc::new(7))));
        held.put(&tenant, &stream(1), head(2), Arc::new(8));
        assert_eq!(held.get(&tenant, &stream(1)), Some((head(2), Arc::new(8))));
        assert_eq!(held.get(&"umbrella".parse().unwrap(), &stream(1)), None);
        held.put(&tenant, &stream(2), head(0), Arc::new(1));
        assert!(held.get(&tenant, &stream(1)).is_some(), "asked for last");
        held.put(&tenant, &stream(3), head(0), Arc::new(1));
        assert_eq!(held.get(&tenant, &stream(2)), None, "asked for longest ago");
        assert!(held.get(&tenant, &stream(1)).is_some() && held.get(&tenant, &stream(3)).is_some());
    }
}
