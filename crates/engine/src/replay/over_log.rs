//! A replay over the engine's own log, bounded, beside the engine's work.
//!
//! The log is read on the async side, a page at a time; one thread of its own decodes, folds and decides. It ends with whoever
//! asked: when the future is dropped, the thread is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use proto_events::{GlobalPosition, RecordedEvent, TenantId, Timestamp};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::{JoinError, spawn_blocking},
    time::{Instant, timeout_at},
};
use vidimus_policy::PolicySet;

use super::{Place, Replay, ReplayQuery, ReplayReport};
use crate::{Engine, EngineError, PolicyFiles, engine::decode};

/// Events that are read at a time.
const PAGE: usize = 512;
/// Pages that wait for the thread.
const WAITING: usize = 4;

/// The longest that a replay may be let run.
const MOST_TIME: Duration = Duration::from_secs(3600);

/// What a replay may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayBounds {
    /// Decisions, and calls that were handed in after the fact.
    pub calls: u64,
    /// Time, for reading the log and deciding. A decision that was begun is made.
    pub time: Duration,
}

impl Default for ReplayBounds {
    fn default() -> Self {
        Self { calls: 50_000, time: Duration::from_secs(30) }
    }
}

/// Tells the thread that whoever asked is gone.
struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Engine {
    /// The tenant's place among the replays that run, which [`Engine::replay`] takes.
    ///
    /// # Errors
    /// `replay_running` while one of the tenant runs; `too_many_replays` while as many as may be run. Both pass by themselves.
    pub fn replay_place(&self, tenant: &TenantId) -> Result<Place, EngineError> {
        self.replays.take(tenant)
    }

    /// A candidate, ready to be replayed. It is put on no record.
    ///
    /// # Errors
    /// `policy_invalid` with every fault and its place, and the codes of [`vidimus_policy::SourceError`].
    pub async fn candidate(
        &self,
        tenant: &TenantId,
        files: PolicyFiles,
    ) -> Result<Arc<PolicySet>, EngineError> {
        self.check(tenant, files).await
    }

    /// Replays the decisions of the tenant that has `place`, whichever `query` names: within `bounds`, aside from async threads,
    /// and only for as long as the future is there. It reads the tenant's events alone. The log is read from its beginning, as
    /// what a decision rests on may be as old as that, and up to the first event past the range.
    ///
    /// # Errors
    /// The log's errors.
    pub async fn replay(
        &self,
        place: Place,
        query: ReplayQuery,
        bounds: ReplayBounds,
    ) -> Result<ReplayReport, EngineError> {
        let until = Instant::now() + bounds.time.min(MOST_TIME);
        let max_calls = bounds.calls.min(query.max_calls);
        let query = Arc::new(ReplayQuery { tenant: place.tenant().clone(), max_calls, ..query });
        let gone = Arc::new(AtomicBool::new(false));
        let leaving = Leaving(Arc::clone(&gone));
        let (sender, pages) = channel(WAITING);
        let replayed = Arc::clone(&query);
        let thread = spawn_blocking(move || {
            // Given back by the thread, not before it has ended.
            let _place = place;
            run(replayed, pages, || Instant::now() < until && !gone.load(Ordering::Relaxed))
        });
        let read = self.read_for(&query, &sender, until).await;
        drop(sender);
        read?;
        let report = thread.await.map_err(|error: JoinError| EngineError::ReplayEnded(error.to_string()))?;
        drop(leaving);
        report
    }

    /// Hands the tenant's events on up to the end of the range, the tail or the time, or until nobody takes them.
    async fn read_for(
        &self,
        query: &ReplayQuery,
        sender: &Sender<Vec<RecordedEvent>>,
        until: Instant,
    ) -> Result<(), EngineError> {
        let (mut after, tail) = (GlobalPosition::START, self.log.tail().min(query.until));
        let is_past = |at: Timestamp| query.to_time.is_some_and(|to| to <= at);
        while after < tail {
            let Ok(page) = timeout_at(until, self.log.read_all(after, PAGE)).await else { return Ok(()) };
            let page = page?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.position;
            // Events are nearly in the order of time; past the first that is too late nothing is looked for, as for `as_of`.
            let end = page.iter().position(|event| event.position > tail || is_past(event.event.recorded_at));
            let is_end = end.is_some();
            let mut events = page;
            events.truncate(end.unwrap_or(events.len()));
            events.retain(|event| event.tenant == query.tenant);
            let is_taken = match timeout_at(until, sender.send(events)).await {
                Ok(sent) => sent.is_ok(),
                Err(_) => false,
            };
            if is_end || !is_taken {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn run(
    query: Arc<ReplayQuery>,
    mut pages: Receiver<Vec<RecordedEvent>>,
    goes_on: impl Fn() -> bool,
) -> Result<ReplayReport, EngineError> {
    let mut replay = Replay::new(query);
    while let Some(page) = pages.blocking_recv() {
        for recorded in page {
            if !goes_on() || replay.is_full() {
                return Ok(replay.finish_while(goes_on));
            }
            let event = decode(&recorded)?;
            replay.push(recorded, event);
        }
    }
    Ok(replay.finish_while(goes_on))
}
