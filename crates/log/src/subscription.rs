//! Reading from a position through history into live.

use std::sync::Arc;

use proto_events::{GlobalPosition, RecordedEvent};

use crate::{EventLog, ReadError};

/// A catch-up subscription: every event after a position, in order, none twice, none left out, without end.
///
/// The reader keeps its own place, so a slow one slows nobody and there is no seam between history and live: it reads
/// what there is, and only where that is nothing it waits for the tail to move.
pub struct Subscription {
    log: Arc<dyn EventLog>,
    position: GlobalPosition,
    limit: usize,
}

impl Subscription {
    /// Most events that one batch has, unless told otherwise.
    pub const DEFAULT_BATCH: usize = 1024;

    /// Everything after `position`.
    pub fn new(log: Arc<dyn EventLog>, position: GlobalPosition) -> Self {
        Self { log, position, limit: Self::DEFAULT_BATCH }
    }

    /// Batches of at most `limit` events (at least 1).
    #[must_use]
    pub fn with_batch(mut self, limit: usize) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// The last position that was handed out.
    pub const fn position(&self) -> GlobalPosition {
        self.position
    }

    /// The next events: waits until there is at least one. Dropping the future loses nothing.
    ///
    /// # Errors
    /// See [`ReadError`]; the place is kept, so asking again goes on from there.
    pub async fn next(&mut self) -> Result<Vec<RecordedEvent>, ReadError> {
        loop {
            if let Some(batch) = self.next_available().await? {
                return Ok(batch);
            }
            self.log.wait_past(self.position).await?;
        }
    }

    /// The next events that are there already; `None` at the tail.
    ///
    /// # Errors
    /// See [`ReadError`]; the place is kept, so asking again goes on from there.
    pub async fn next_available(&mut self) -> Result<Option<Vec<RecordedEvent>>, ReadError> {
        let batch = self.log.read_all(self.position, self.limit).await?;
        let Some(last) = batch.last() else { return Ok(None) };
        self.position = last.position;
        Ok(Some(batch))
    }
}
