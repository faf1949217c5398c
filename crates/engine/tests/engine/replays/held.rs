//! A log whose readers wait.

use std::sync::Arc;

use async_trait::async_trait;
use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use tokio::sync::watch;
use vidimus_log::{Append, AppendError, Appended, EventLog, ReadError, StreamHead, TreeHead, VerifyReport};

/// Passes everything on to a log; reads of all of it wait while they are held.
pub(super) struct Held {
    log: Arc<dyn EventLog>,
    held: watch::Sender<bool>,
}

impl Held {
    pub(super) fn new(log: &Arc<dyn EventLog>) -> Self {
        Self { log: Arc::clone(log), held: watch::Sender::new(true) }
    }

    pub(super) fn let_go(&self) {
        self.held.send_replace(false);
    }
}

#[async_trait]
impl EventLog for Held {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.log.append(append).await
    }

    fn tail(&self) -> GlobalPosition {
        self.log.tail()
    }

    fn tree_head(&self) -> TreeHead {
        self.log.tree_head()
    }

    async fn wait_past(&self, position: GlobalPosition) -> Result<GlobalPosition, ReadError> {
        self.log.wait_past(position).await
    }

    async fn stream_head(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
    ) -> Result<Option<StreamHead>, ReadError> {
        self.log.stream_head(tenant, stream).await
    }

    async fn read_stream(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.log.read_stream(tenant, stream, from, limit).await
    }

    async fn read_all(&self, after: GlobalPosition, limit: usize) -> Result<Vec<RecordedEvent>, ReadError> {
        self.held.subscribe().wait_for(|held| !held).await.unwrap();
        self.log.read_all(after, limit).await
    }

    async fn read_all_backwards(
        &self,
        before: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.log.read_all_backwards(before, limit).await
    }

    async fn verify(&self) -> Result<VerifyReport, ReadError> {
        self.log.verify().await
    }
}
