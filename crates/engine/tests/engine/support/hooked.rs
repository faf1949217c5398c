//! A log with a hook before every append: to be first, to fail, to never answer.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use proto_events::{ExpectedVersion, GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use vidimus_log::{
    Append, AppendError, Appended, Conflict, EventLog, ReadError, StreamHead, TreeHead, Unavailable,
    VerifyReport,
};

type Outcome = Pin<Box<dyn Future<Output = Result<(), AppendError>> + Send>>;

/// Passes everything on to a log; before append number `n` (from 0) it runs the hook, whose error is the answer.
pub(crate) struct Hooked {
    log: Arc<dyn EventLog>,
    hook: Box<dyn Fn(usize) -> Outcome + Send + Sync>,
    appends: AtomicUsize,
    reads: AtomicUsize,
}

impl Hooked {
    pub(crate) fn new<F>(log: &Arc<dyn EventLog>, hook: impl Fn(usize) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), AppendError>> + Send + 'static,
    {
        let hook = Box::new(move |n| Box::pin(hook(n)) as Outcome);
        Self { log: Arc::clone(log), hook, appends: AtomicUsize::new(0), reads: AtomicUsize::new(0) }
    }

    /// The first `times` appends answer with the error.
    pub(crate) fn failing(log: &Arc<dyn EventLog>, times: usize, error: AppendError) -> Self {
        Self::new(log, move |n| std::future::ready(if n < times { Err(error.clone()) } else { Ok(()) }))
    }

    /// How many appends were tried.
    pub(crate) fn appends(&self) -> usize {
        self.appends.load(Ordering::SeqCst)
    }

    /// How many reads of a stream were tried.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

pub(crate) fn conflict() -> AppendError {
    let stream = "execution-1".parse().unwrap();
    Conflict { stream, expected: ExpectedVersion::NoStream, actual: Some(StreamVersion::FIRST) }.into()
}

pub(crate) fn overloaded() -> AppendError {
    Unavailable::Overloaded { what: "appends", waiting: 9 }.into()
}

#[async_trait]
impl EventLog for Hooked {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        (self.hook)(self.appends.fetch_add(1, Ordering::SeqCst)).await?;
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
