//! The log's events, decoded, in batches that are bounded in number and, as far as can be foreseen, in bytes.

use std::sync::Arc;

use proto_events::{DecodeError, Event, GlobalPosition, RecordedEvent};
use vidimus_log::{EventLog, ReadError, Subscription};

/// An event in its envelope, and what its payload says.
#[derive(Clone, Debug)]
pub struct DecodedEvent {
    /// The event as recorded.
    pub recorded: RecordedEvent,
    /// Its payload.
    pub event: Event,
}

/// Why there are no further events.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// An event is not known to this version of the program, or does not have its shape.
    #[error("cannot read the event at position {position}: {reason}")]
    Undecodable {
        /// Its position.
        position: GlobalPosition,
        /// What is wrong with it, and what to do.
        reason: DecodeError,
    },
}

/// Most events of a batch.
const MAX_EVENTS: usize = 1024;
/// Events of the first batch, and the fewest that are asked for.
const MIN_EVENTS: usize = 32;
/// What a batch should have in payload bytes. The log bounds a read by number only, so the number that is asked for
/// follows the size of the events before.
const TARGET_BYTES: usize = 2 * 1024 * 1024;

/// Reads the log from a position on.
pub struct Feed {
    log: Arc<dyn EventLog>,
    position: GlobalPosition,
    limit: usize,
}

impl Feed {
    /// Everything after `position`.
    pub fn new(log: Arc<dyn EventLog>, position: GlobalPosition) -> Self {
        Self { log, position, limit: MIN_EVENTS }
    }

    fn subscription(&self) -> Subscription {
        Subscription::new(Arc::clone(&self.log), self.position).with_batch(self.limit)
    }

    /// The next events that are there already; `None` at the tail. Where an event cannot be decoded, those before it
    /// come first and the error comes next.
    ///
    /// # Errors
    /// See [`FeedError`]; the place is kept.
    pub async fn next_available(&mut self) -> Result<Option<Vec<DecodedEvent>>, FeedError> {
        let batch = self.subscription().next_available().await?;
        batch.map(|batch| self.decode(batch)).transpose()
    }

    /// The next events: waits until there is at least one. Dropping the future loses nothing.
    ///
    /// # Errors
    /// See [`FeedError`]; the place is kept.
    pub async fn next(&mut self) -> Result<Vec<DecodedEvent>, FeedError> {
        let batch = self.subscription().next().await?;
        self.decode(batch)
    }

    fn decode(&mut self, batch: Vec<RecordedEvent>) -> Result<Vec<DecodedEvent>, FeedError> {
        let bytes: usize = batch.iter().map(|recorded| recorded.event.payload.len()).sum();
        let fitting = TARGET_BYTES / (bytes / batch.len().max(1)).max(1);
        self.limit = fitting.min(self.limit * 4).clamp(MIN_EVENTS, MAX_EVENTS);
        let mut decoded = Vec::with_capacity(batch.len());
        for recorded in batch {
            let new = &recorded.event;
            match Event::decode(&new.event_type, new.schema_version, &new.payload) {
                Ok(event) => {
                    self.position = recorded.position;
                    decoded.push(DecodedEvent { recorded, event });
                }
                Err(reason) if decoded.is_empty() => {
                    return Err(FeedError::Undecodable { position: recorded.position, reason });
                }
                Err(_) => break,
            }
        }
        Ok(decoded)
    }
}
