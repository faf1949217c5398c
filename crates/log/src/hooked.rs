//! A log with hooks, for the tests of whoever stands on one: to be first, to wait, to fail.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};

use crate::{Append, AppendError, Appended, EventLog, ReadError, StreamHead, TreeHead, VerifyReport};

type Told<E> = Pin<Box<dyn Future<Output = Result<(), E>> + Send>>;
type BeforeAppend = Box<dyn Fn(usize) -> Told<AppendError> + Send + Sync>;
type BeforeRead = Box<dyn Fn(GlobalPosition, usize) -> Told<ReadError> + Send + Sync>;

/// Passes everything on to a log, once the hook that is before it, if any, has ended; the hook's error is the answer.
pub struct Hooked {
    log: Arc<dyn EventLog>,
    before_append: Option<BeforeAppend>,
    before_read: Option<BeforeRead>,
    appends: AtomicUsize,
    reads: AtomicUsize,
}

impl Hooked {
    /// Without a hook yet.
    pub fn over(log: Arc<dyn EventLog>) -> Self {
        let (appends, reads) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { log, before_append: None, before_read: None, appends, reads }
    }

    /// With this hook before append number `n`, from 0.
    pub fn new<F>(log: &Arc<dyn EventLog>, hook: impl Fn(usize) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), AppendError>> + Send + 'static,
    {
        let before_append: BeforeAppend = Box::new(move |n| Box::pin(hook(n)));
        Self { before_append: Some(before_append), ..Self::over(Arc::clone(log)) }
    }

    /// The first `times` appends answer with the error.
    pub fn failing(log: &Arc<dyn EventLog>, times: usize, error: AppendError) -> Self {
        Self::new(log, move |n| std::future::ready(if n < times { Err(error.clone()) } else { Ok(()) }))
    }

    /// With this hook before each read of the whole log forwards, which it is told as it is asked for.
    #[must_use]
    pub fn before_read<F>(self, hook: impl Fn(GlobalPosition, usize) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), ReadError>> + Send + 'static,
    {
        let before_read: BeforeRead = Box::new(move |after, limit| Box::pin(hook(after, limit)));
        Self { before_read: Some(before_read), ..self }
    }

    /// How many appends were tried.
    pub fn appends(&self) -> usize {
        self.appends.load(Ordering::SeqCst)
    }

    /// How many reads of a stream were tried.
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl EventLog for Hooked {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let number = self.appends.fetch_add(1, Ordering::SeqCst);
        if let Some(hook) = &self.before_append {
            hook(number).await?;
        }
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
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.log.read_stream(tenant, stream, from, limit).await
    }

    async fn read_all(&self, after: GlobalPosition, limit: usize) -> Result<Vec<RecordedEvent>, ReadError> {
        if let Some(hook) = &self.before_read {
            hook(after, limit).await?;
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
