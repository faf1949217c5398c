//! The log in memory: the contract without a disk.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use tokio::sync::watch;

use crate::{
    Append, AppendError, Appended, Broken, EventLog, Frontier, Limits, ReadError, StreamHead, TreeHead,
    VerifyReport,
    heads::Heads,
    record::decode_record,
    sequence::{Records, Sequencer, admitted_bytes},
    verify::Verifier,
};

struct State {
    events: Vec<RecordedEvent>,
    frontier: Frontier,
}

/// A log in memory. It keeps every promise of [`EventLog`] but durability.
pub struct MemoryLog {
    limits: Limits,
    heads: Heads,
    state: RwLock<State>,
    tail: watch::Sender<TreeHead>,
}

impl MemoryLog {
    /// An empty log.
    pub fn new(limits: Limits) -> Self {
        let frontier = Frontier::default();
        let (tail, _) = watch::channel(frontier.head());
        Self { limits, heads: Heads::new(), state: RwLock::new(State { events: Vec::new(), frontier }), tail }
    }

    fn read<T>(&self, read: impl FnOnce(&[RecordedEvent]) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner).events)
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new(Limits::DEFAULT)
    }
}

fn index(position: GlobalPosition) -> usize {
    usize::try_from(position.get()).unwrap_or(usize::MAX)
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        admitted_bytes(&append, &self.limits)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut sequencer = Sequencer::new(&self.heads, GlobalPosition::new(state.frontier.size()));
        let mut records = Records::with_capacity(0);
        let appended = sequencer.number(&append, &mut records)??;
        let mut bytes = Bytes::from(records.bytes);
        for leaf in records.leaves {
            let (event, len) = decode_record(&bytes, leaf).map_err(|error| Broken::Corrupt {
                position: GlobalPosition::new(state.frontier.size() + 1),
                reason: error.to_string(),
            })?;
            bytes.advance(len);
            state.frontier.push(leaf);
            state.events.push(event);
        }
        self.heads.publish(&sequencer.into_heads());
        self.tail.send_replace(state.frontier.head());
        Ok(appended)
    }

    fn tail(&self) -> GlobalPosition {
        GlobalPosition::new(self.tail.borrow().size)
    }

    fn tree_head(&self) -> TreeHead {
        *self.tail.borrow()
    }

    async fn wait_past(&self, position: GlobalPosition) -> Result<GlobalPosition, ReadError> {
        let mut tail = self.tail.subscribe();
        let head = tail.wait_for(|head| head.size > position.get()).await.map_err(|_| Broken::Closed)?;
        Ok(GlobalPosition::new(head.size))
    }

    async fn stream_head(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
    ) -> Result<Option<StreamHead>, ReadError> {
        Ok(self.heads.get(self.heads.key(tenant.as_str().as_bytes(), stream.as_str().as_bytes())))
    }

    async fn read_stream(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let limit = limit.min(self.limits.read_events);
        let wanted = |event: &&RecordedEvent| {
            event.tenant == *tenant && event.stream == *stream && event.version >= from
        };
        Ok(self.read(|events| events.iter().filter(wanted).take(limit).cloned().collect()))
    }

    async fn read_all(&self, after: GlobalPosition, limit: usize) -> Result<Vec<RecordedEvent>, ReadError> {
        let limit = limit.min(self.limits.read_events);
        Ok(self.read(|events| events.iter().skip(index(after)).take(limit).cloned().collect()))
    }

    async fn read_all_backwards(
        &self,
        before: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let limit = limit.min(self.limits.read_events);
        let end = index(before).saturating_sub(1);
        Ok(self.read(|events| {
            let end = end.min(events.len());
            events.iter().take(end).rev().take(limit).cloned().collect()
        }))
    }

    async fn verify(&self) -> Result<VerifyReport, ReadError> {
        let mut verifier = Verifier::default();
        self.read(|events| events.iter().for_each(|event| verifier.event(event)));
        Ok(verifier.finish(self.tree_head()))
    }
}
