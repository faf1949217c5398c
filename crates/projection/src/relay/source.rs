//! The log as messages of a feed, in batches.

use std::sync::Arc;

use proto_events::{GlobalPosition, Message, RecordedEvent};
use tokio::task::yield_now;
use vidimus_log::{EventLog, Subscription};

use super::{board::Board, feed::Unrendered, follower::Stop};
use crate::Checkpoint;

/// Most events of a batch; the log bounds its bytes.
const BATCH: usize = 1_000;
/// Events that are rendered in one go: few enough not to hold up what else runs on the thread.
const IN_ONE_GO: usize = 64;

/// Messages, and how far the log is published once they are stored.
pub(super) struct Batch {
    pub(super) messages: Vec<Message>,
    /// Position of the event of the last message.
    pub(super) last: Option<GlobalPosition>,
    pub(super) reached: Checkpoint,
}

pub(super) struct Source {
    board: Arc<Board>,
    subscription: Subscription,
    /// What ended the last batch early; it is told with the next one.
    stopped: Option<Stop>,
}

impl Source {
    /// Everything after `position`.
    pub(super) fn new(board: Arc<Board>, log: Arc<dyn EventLog>, position: GlobalPosition) -> Self {
        let subscription = Subscription::new(log, position).with_batch(BATCH);
        Self { board, subscription, stopped: None }
    }

    /// Up to here it was read.
    pub(super) const fn position(&self) -> GlobalPosition {
        self.subscription.position()
    }

    /// The next batch of what is there; `None` at the tail. Who drops the future before it is ready begins anew.
    pub(super) async fn next_available(&mut self) -> Result<Option<Batch>, Stop> {
        if let Some(stop) = self.stopped.take() {
            return Err(stop);
        }
        match self.subscription.next_available().await? {
            Some(events) => self.render(&events).await.map(Some),
            None => Ok(None),
        }
    }

    async fn render(&mut self, events: &[RecordedEvent]) -> Result<Batch, Stop> {
        let mut batch =
            Batch { messages: Vec::with_capacity(events.len()), last: None, reached: Checkpoint::default() };
        for (index, recorded) in events.iter().enumerate() {
            if index > 0 && index.is_multiple_of(IN_ONE_GO) {
                yield_now().await;
            }
            match self.board.kind.message(recorded, &self.board.spec) {
                Ok(Some(message)) => {
                    batch.messages.push(message);
                    batch.last = Some(recorded.position);
                }
                Ok(None) => {}
                Err(Unrendered::Passed(reason)) => self.board.unreadable(recorded.position, &reason),
                Err(Unrendered::Stopped(trouble)) if index == 0 => return Err(Stop::Trouble(trouble)),
                Err(Unrendered::Stopped(trouble)) => {
                    self.stopped = Some(Stop::Trouble(trouble));
                    break;
                }
            }
            batch.reached = Checkpoint { position: recorded.position, leaf_hash: Some(recorded.leaf_hash) };
        }
        Ok(batch)
    }
}
