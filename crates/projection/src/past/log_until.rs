//! The log as it was when it ended at a position.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use vidimus_log::{
    Append, AppendError, Appended, EventLog, ReadError, Refusal, StreamHead, TreeHead, VerifyReport,
};

/// Events of a stream that are read at once.
const PAGE: usize = 256;

/// A log that ends at a position of another one, for good: what was there then is what a view of that time is built from.
pub(super) struct LogUntil {
    log: Arc<dyn EventLog>,
    end: GlobalPosition,
    /// The furthest position that was read.
    read: Arc<AtomicU64>,
}

impl LogUntil {
    /// `log` up to and with the event at `end`, which it has. `read` follows the furthest position that was handed out.
    pub(super) fn new(log: Arc<dyn EventLog>, end: GlobalPosition, read: Arc<AtomicU64>) -> Self {
        Self { log, end, read }
    }

    fn before_end(&self, events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
        events.into_iter().take_while(|recorded| recorded.position <= self.end).collect()
    }
}

#[async_trait]
impl EventLog for LogUntil {
    async fn append(&self, _: Append) -> Result<Appended, AppendError> {
        Err(Refusal::Copy.into())
    }

    fn tail(&self) -> GlobalPosition {
        self.end
    }

    /// That of the whole log: no view asks for it, and that of a beginning would have to be computed from its first event on.
    fn tree_head(&self) -> TreeHead {
        self.log.tree_head()
    }

    async fn wait_past(&self, position: GlobalPosition) -> Result<GlobalPosition, ReadError> {
        if position < self.end {
            return Ok(self.end);
        }
        // What is past does not move on.
        std::future::pending().await
    }

    async fn stream_head(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
    ) -> Result<Option<StreamHead>, ReadError> {
        match self.log.stream_head(tenant, stream).await? {
            Some(head) if head.position > self.end => {}
            head => return Ok(head),
        }
        let (mut head, mut from) = (None, StreamVersion::FIRST);
        loop {
            let events = self.read_stream(tenant, stream, from, PAGE).await?;
            let Some(last) = events.last() else { return Ok(head) };
            head = Some(StreamHead { version: last.version, position: last.position });
            from = last.version.next();
        }
    }

    async fn read_stream(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        from: StreamVersion,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        // Versions ascend with positions.
        Ok(self.before_end(self.log.read_stream(tenant, stream, from, limit).await?))
    }

    async fn read_all(&self, after: GlobalPosition, limit: usize) -> Result<Vec<RecordedEvent>, ReadError> {
        let left = usize::try_from(self.end.get().saturating_sub(after.get())).unwrap_or(usize::MAX);
        let limit = limit.min(left);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let events = self.log.read_all(after, limit).await?;
        if let Some(last) = events.last() {
            self.read.fetch_max(last.position.get(), Ordering::Relaxed);
        }
        Ok(events)
    }

    async fn read_all_backwards(
        &self,
        before: GlobalPosition,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.log.read_all_backwards(before.min(self.end.next()), limit).await
    }

    /// That of the whole log, which a damaged event past the end makes no less damaged.
    async fn verify(&self) -> Result<VerifyReport, ReadError> {
        self.log.verify().await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proto_events::ExpectedVersion;
    use vidimus_log::MemoryLog;

    use super::*;
    use crate::testing::History;

    fn at(position: u64) -> GlobalPosition {
        GlobalPosition::new(position)
    }

    fn positions(events: &[RecordedEvent]) -> Vec<u64> {
        events.iter().map(|recorded| recorded.position.get()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_where_it_is_cut_however_it_is_read() {
        let mut history = History::new(Arc::new(MemoryLog::default()), 3);
        history.grow(200).await;
        let (whole, read) = (Arc::clone(&history.log), Arc::new(AtomicU64::new(0)));
        let log = LogUntil::new(Arc::clone(&whole), at(100), Arc::clone(&read));
        assert_eq!(log.tail(), at(100));
        assert_eq!(positions(&log.read_all(at(97), 50).await.unwrap()), [98, 99, 100]);
        assert_eq!(read.load(Ordering::Relaxed), 100);
        assert_eq!(positions(&log.read_all(at(10), 2).await.unwrap()), [11, 12]);
        assert_eq!(read.load(Ordering::Relaxed), 100, "the furthest");
        assert!(log.read_all(at(100), 50).await.unwrap().is_empty());
        assert!(log.read_all(at(150), 50).await.unwrap().is_empty());
        assert_eq!(positions(&log.read_all_backwards(at(1_000), 2).await.unwrap()), [100, 99]);
        assert_eq!(positions(&log.read_all_backwards(at(50), 2).await.unwrap()), [49, 48]);
        assert_eq!(log.wait_past(at(99)).await.unwrap(), at(100));
        let waited = tokio::time::timeout(Duration::from_secs(3600), log.wait_past(at(100))).await;
        assert!(waited.is_err(), "it moved");
        // Every stream, to the event: those that go on past the end, those that end before, those that begin after.
        let all = whole.read_all(at(0), 10_000).await.unwrap();
        let mut kinds = [0; 3];
        for recorded in &all {
            let (tenant, stream) = (&recorded.tenant, &recorded.stream);
            let of = |other: &&RecordedEvent| other.tenant == *tenant && other.stream == *stream;
            let (before, after): (Vec<_>, Vec<_>) =
                all.iter().filter(of).partition(|other| other.position <= at(100));
            kinds[usize::from(before.is_empty()) + 2 * usize::from(after.is_empty())] += 1;
            let expected =
                before.last().map(|last| StreamHead { version: last.version, position: last.position });
            assert_eq!(log.stream_head(tenant, stream).await.unwrap(), expected);
            let read = log.read_stream(tenant, stream, StreamVersion::FIRST, 10_000).await.unwrap();
            assert_eq!(read.iter().collect::<Vec<_>>(), before);
        }
        assert!(kinds.iter().all(|kind| *kind > 0), "{kinds:?}");
        let last = all.last().unwrap();
        let append = Append::to_stream(
            last.tenant.clone(),
            last.stream.clone(),
            ExpectedVersion::Any,
            vec![last.event.clone()],
        );
        assert_eq!(log.append(append).await.unwrap_err(), AppendError::Refused(Refusal::Copy));
        assert_eq!(whole.tail(), last.position);
    }
}
