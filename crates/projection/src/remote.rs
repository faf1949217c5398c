//! The log, read on another machine from the stream that its recorded events are published on.

mod error;
mod follow;
mod message;
mod places;
mod recent;
mod scan;
mod source;

use std::sync::Arc;

use async_trait::async_trait;
pub use error::RemoteError;
use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use tokio::{sync::watch, task::JoinHandle};
use vidimus_bus::StreamReader;
use vidimus_log::{
    Append, AppendError, Appended, Broken, EventLog, ReadError, Refusal, StreamHead, TreeHead, VerifyReport,
};

use self::source::Source;

/// Most events of one read.
const READ_EVENTS: usize = 1024;

/// What is known of the copy's end.
#[derive(Clone, Debug, Default)]
struct Tail {
    position: GlobalPosition,
    /// Why it does not move on.
    broken: Option<Broken>,
    /// The stream was removed and made anew.
    replaced: bool,
}

/// A copy of the log for reading: [`Views`](crate::Views) can be built from it, and followed, on any machine that reaches
/// the stream of recorded events.
///
/// Every message is checked against the leaf hash that it names, and every position has to be there. What is missing or
/// altered is an error that names it, and never passed over; messages of others are. Appending to it is refused.
pub struct RemoteLog {
    source: Arc<Source>,
    follower: JoinHandle<()>,
}

impl RemoteLog {
    /// Looks where the stream ends, and follows it from there until this is dropped. What comes before is read when it is
    /// asked for.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub async fn open(reader: StreamReader) -> Result<Self, RemoteError> {
        let (source, end) = Source::open(reader).await?;
        let source = Arc::new(source);
        let follower = tokio::spawn(follow::run(Arc::clone(&source), end));
        Ok(Self { source, follower })
    }

    /// Ready when the stream was removed and made anew, so that this is a copy of nothing any more: it does not move, and
    /// has to be opened again. Views then recognise by themselves whether they are of the log that is there now.
    pub async fn replaced(&self) {
        let mut tail = self.source.tail.subscribe();
        if tail.wait_for(|tail| tail.replaced).await.is_err() {
            // The sender is the copy's own.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for RemoteLog {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

#[async_trait]
impl EventLog for RemoteLog {
    /// Always refused.
    async fn append(&self, _append: Append) -> Result<Appended, AppendError> {
        Err(Refusal::Copy.into())
    }

    fn tail(&self) -> GlobalPosition {
        self.source.tail.borrow().position
    }

    /// Of that part of the log that was read through this copy in order from its beginning, which its size says; a copy that
    /// goes on from the middle knows the tree of nothing.
    fn tree_head(&self) -> TreeHead {
        self.source.tree_head()
    }

    async fn wait_past(&self, position: GlobalPosition) -> Result<GlobalPosition, ReadError> {
        let mut tail: watch::Receiver<Tail> = self.source.tail.subscribe();
        let moved = |tail: &Tail| tail.position > position || tail.broken.is_some();
        let tail = tail.wait_for(moved).await.map_err(|_| Broken::Closed)?.clone();
        match tail.broken {
            Some(broken) if tail.position <= position => Err(broken.into()),
            _ => Ok(tail.position),
        }
    }

    /// Reads the whole stream: a copy has no index.
    async fn stream_head(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
    ) -> Result<Option<StreamHead>, ReadError> {
        scan::stream_head(self, tenant, stream).await
    }

    /// Reads the whole stream: a copy has no index.
    async fn read_stream(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        scan::read_stream(self, tenant, stream, from, limit.min(READ_EVENTS)).await
    }

    async fn read_all(&self, after: GlobalPosition, limit: usize) -> Result<Vec<RecordedEvent>, ReadError> {
        self.source.read_all(after, limit.min(READ_EVENTS)).await
    }

    async fn read_all_backwards(
        &self,
        before: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        scan::read_all_backwards(self, before, limit.min(READ_EVENTS)).await
    }

    async fn verify(&self) -> Result<VerifyReport, ReadError> {
        scan::verify(self).await
    }
}
