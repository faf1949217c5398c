//! Following the log: in one go, and for as long as a server runs.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use async_trait::async_trait;
use proto_events::GlobalPosition;
use tokio::{sync::watch, task::JoinSet, time::Instant};

use super::Views;
use crate::{Checkpoint, Consumer, DecodedEvent, ProjectionError, Projector, view::Slot};

/// How long to wait before what failed is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// While events gather for a view, so many times as long passes as applying the last ones took: under load a transaction,
/// which costs much whatever is in it, is not spent on every append, and the views leave the machine to the commands. Whoever
/// waits for a position ends it.
const GATHER_TIMES: u32 = 4;
/// For so long at least and at most. The first event after a silence is applied at once.
const GATHER_FOR: RangeInclusive<Duration> = Duration::from_millis(5)..=Duration::from_millis(200);
/// A view that is so many events behind, and further from the tail than from the start, is built anew: that is faster.
const REBUILD_LAG: u64 = 50_000;

/// A view as a consumer of the log.
struct ViewConsumer {
    slot: Arc<Slot>,
    /// What applying took since events gathered last.
    spent: Duration,
}

#[async_trait]
impl Consumer for ViewConsumer {
    type Error = ProjectionError;

    fn checkpoint(&self) -> Checkpoint {
        self.slot.checkpoint.borrow().unwrap_or_default()
    }

    async fn apply(&mut self, events: Arc<Vec<DecodedEvent>>) -> Result<(), ProjectionError> {
        let began = Instant::now();
        let applied = self.slot.apply(events).await;
        self.spent = self.spent.saturating_add(began.elapsed());
        applied
    }

    async fn gather(&mut self) {
        let spent = std::mem::take(&mut self.spent);
        let pause = spent.saturating_mul(GATHER_TIMES).clamp(*GATHER_FOR.start(), *GATHER_FOR.end());
        // Either way it goes on.
        let _ = tokio::time::timeout(pause, self.slot.wanted.notified()).await;
    }
}

impl Views {
    fn projector(&self, slot: &Arc<Slot>) -> Projector<ViewConsumer> {
        Projector::new(Arc::clone(&self.log), ViewConsumer { slot: Arc::clone(slot), spent: Duration::ZERO })
    }

    /// Builds those views that are missing, damaged or far behind.
    async fn build_where_needed(&self) -> Result<(), ProjectionError> {
        let mut writers = Vec::new();
        for slot in self.slots.iter() {
            let writer = Arc::clone(&slot.writer).lock_owned().await;
            let at = writer.as_ref().map_or(0, |writer| writer.standing().checkpoint.position.get());
            let lag = self.log.tail().get().saturating_sub(at);
            if slot.has_to_be_built(writer.as_ref()) || lag > REBUILD_LAG.max(at) {
                writers.push((Arc::clone(slot), writer));
            }
        }
        if !writers.is_empty() {
            self.build(writers).await?;
        }
        Ok(())
    }

    /// Brings every view to the log's tail (rebuilding those that have to be) and answers the position reached.
    ///
    /// # Errors
    /// See [`ProjectionError`]; the first of the views that failed, the others moved on.
    pub async fn catch_up(&self) -> Result<GlobalPosition, ProjectionError> {
        match self.catch_up_once().await {
            // Now it is known to be damaged, and built anew.
            Err(ProjectionError::Damaged { .. }) => self.catch_up_once().await,
            other => other,
        }
    }

    async fn catch_up_once(&self) -> Result<GlobalPosition, ProjectionError> {
        self.build_where_needed().await?;
        let [executions, approvals, audit] = &*self.slots;
        let (mut executions, mut approvals, mut audit) =
            (self.projector(executions), self.projector(approvals), self.projector(audit));
        let (executions, approvals, audit) = tokio::join!(
            executions.catch_up_to_tail(),
            approvals.catch_up_to_tail(),
            audit.catch_up_to_tail()
        );
        Ok(executions?.min(approvals?).min(audit?))
    }

    /// Follows the log until `shutdown` is ready: catches up, then applies what comes. Each view on its own, so that
    /// one that fails holds up no other; a view that turns out to be damaged is rebuilt.
    ///
    /// # Errors
    /// The first error that trying again does not help with; what is retryable is retried.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ProjectionError> {
        let (stop, stopped) = watch::channel(false);
        let mut views = JoinSet::new();
        for slot in self.slots.iter() {
            views.spawn(follow(self.clone(), Arc::clone(slot), stopped.clone()));
        }
        tokio::pin!(shutdown);
        let mut failed = None;
        loop {
            tokio::select! {
                () = &mut shutdown, if !*stop.borrow() => {
                    stop.send_replace(true);
                }
                joined = views.join_next() => match joined {
                    None => break,
                    Some(Ok(Err(error))) => {
                        stop.send_replace(true);
                        failed.get_or_insert(error);
                    }
                    Some(Ok(Ok(()))) => {}
                    Some(Err(error)) => {
                        tracing::error!(%error, "following the log ended without an answer");
                        stop.send_replace(true);
                    }
                },
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

async fn follow(
    views: Views,
    slot: Arc<Slot>,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), ProjectionError> {
    while !*stopped.borrow() {
        let mut until = stopped.clone();
        let interrupted = async {
            tokio::select! {
                // An error says that the sender is gone, which is the end as well.
                _ = until.wait_for(|stop| *stop) => {}
                () = slot.damage.notified() => {}
            }
        };
        let followed = async {
            views.build_where_needed().await?;
            views.projector(&slot).run(interrupted).await
        };
        match followed.await {
            Ok(()) => {}
            Err(error) if error.is_retryable() => {
                tracing::warn!(view = %slot.view, %error, "trying again in a moment");
                let _ = tokio::time::timeout(RETRY_AFTER, stopped.wait_for(|stop| *stop)).await;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
