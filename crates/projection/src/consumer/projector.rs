//! Driving one consumer along the log.

use std::sync::Arc;

use proto_events::GlobalPosition;
use vidimus_log::EventLog;

use super::{Consumer, Feed};

/// Runs one consumer: from its checkpoint through history into live.
pub struct Projector<C> {
    log: Arc<dyn EventLog>,
    consumer: C,
}

impl<C: Consumer> Projector<C> {
    /// The projector of `consumer`.
    pub fn new(log: Arc<dyn EventLog>, consumer: C) -> Self {
        Self { log, consumer }
    }

    /// The consumer.
    pub const fn consumer(&self) -> &C {
        &self.consumer
    }

    fn feed(&self) -> Feed {
        Feed::new(Arc::clone(&self.log), self.consumer.checkpoint().position)
    }

    /// Applies what there is up to the tail and answers the position reached.
    ///
    /// # Errors
    /// See [`Consumer::Error`]; what was applied before stays applied.
    pub async fn catch_up_to_tail(&mut self) -> Result<GlobalPosition, C::Error> {
        let mut feed = self.feed();
        while let Some(events) = feed.next_available().await? {
            self.consumer.apply(Arc::new(events)).await?;
        }
        Ok(self.consumer.checkpoint().position)
    }

    /// Applies what there is and what comes, until `shutdown` is ready; a batch that was begun is finished first.
    ///
    /// # Errors
    /// See [`Consumer::Error`]; running it again goes on from the checkpoint.
    pub async fn run(&mut self, shutdown: impl Future<Output = ()> + Send) -> Result<(), C::Error> {
        tokio::pin!(shutdown);
        let mut feed = self.feed();
        loop {
            let mut events = tokio::select! {
                biased;
                () = &mut shutdown => return Ok(()),
                events = feed.next() => events?,
            };
            // What is there now, however much that is; what comes meanwhile gathers.
            let target = self.log.tail();
            loop {
                self.consumer.apply(Arc::new(events)).await?;
                if self.consumer.checkpoint().position >= target {
                    break;
                }
                events = tokio::select! {
                    biased;
                    () = &mut shutdown => return Ok(()),
                    events = feed.next() => events?,
                };
            }
            tokio::select! {
                biased;
                () = &mut shutdown => return Ok(()),
                () = self.consumer.gather() => {}
            }
        }
    }
}
