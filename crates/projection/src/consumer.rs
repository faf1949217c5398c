//! What anything that follows the log is, and how it is driven.
//!
//! Delivery is at least once: after a crash a consumer is given events again that it saw before. A consumer commits
//! its checkpoint together with its effect and passes over what is at or before it, which makes it exactly once. A view
//! commits both in one transaction. The relay keeps the same discipline in a loop of its own: it publishes what this program
//! cannot decode too, and finds out from the stream where it is.

mod feed;
mod projector;
mod standing;

use std::sync::Arc;

use async_trait::async_trait;
pub use feed::{DecodedEvent, Feed, FeedError};
pub use projector::Projector;
use proto_events::{GlobalPosition, LeafHash};
use serde::Serialize;
pub(crate) use standing::Standing;

/// How far a consumer is: the last position whose effect is committed, and which event of which log that was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The position; [`GlobalPosition::START`] where nothing was applied yet.
    pub position: GlobalPosition,
    /// Leaf hash of the event there; `None` at the start.
    pub leaf_hash: Option<LeafHash>,
}

/// Something that follows the log.
#[async_trait]
pub trait Consumer: Send {
    /// Why it did not move on.
    type Error: From<FeedError> + Send;

    /// How far it is.
    fn checkpoint(&self) -> Checkpoint;

    /// Applies events and commits the checkpoint with their effect, all or none. The events are consecutive; those at
    /// or before the checkpoint were applied before and are passed over.
    ///
    /// # Errors
    /// Nothing happened, and the checkpoint is as it was.
    async fn apply(&mut self, events: Arc<Vec<DecodedEvent>>) -> Result<(), Self::Error>;

    /// What to wait for before it is given more, once it has all there was. A consumer that pays by the batch rather than by
    /// the event lets some gather.
    async fn gather(&mut self) {}
}
