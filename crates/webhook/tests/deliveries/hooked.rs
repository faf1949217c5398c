//! A log with a hook before every read that an endpoint makes.

use std::{future::Future, pin::Pin, sync::Arc};

use async_trait::async_trait;
use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use vidimus_log::{
    Append, AppendError, Appended, EventLog, MemoryLog, ReadError, StreamHead, TreeHead, VerifyReport,
};

type Outcome = Pin<Box<dyn Future<Output = Result<(), ReadError>> + Send>>;

/// How many events an endpoint asks for at once, and nobody else does.
pub(crate) const BATCH: usize = 256;

/// Passes everything on to a log in memory; before an endpoint's read it runs the hook, whose error is the answer.
pub(crate) struct Hooked {
    log: MemoryLog,
    hook: Box<dyn Fn() -> Outcome + Send + Sync>,
}

impl Hooked {
    pub(crate) fn log<F>(hook: impl Fn() -> F + Send + Sync + 'static) -> Arc<dyn EventLog>
    where
        F: Future<Output = Result<(), ReadError>> + Send + 'static,
    {
        let hook = Box::new(move || Box::pin(hook()) as Outcome);
        Arc::new(Self { log: MemoryLog::default(), hook })
    }
}

#[async_trait]
impl EventLog for Hooked {
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
        if limit == BATCH {
            (self.hook)().await?;
        }
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
