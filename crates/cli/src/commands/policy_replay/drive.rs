//! Reads the log and hands it to replays on several threads.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use proto_events::{Event, RecordedEvent, TenantId};
use vidimus_engine::replay::{Replay, ReplayQuery, ReplayReport, Shard, shard};

use super::to_read;
use crate::{
    error::{Failure, Kind},
    source::Source,
};

/// Events that are handed over at a time.
const BATCH: usize = 256;
/// Batches that wait for each thread.
const WAITING: usize = 16;

type Batch = Vec<(RecordedEvent, Event)>;

/// A replay on a thread of its own.
struct Runner {
    batch: Batch,
    sender: SyncSender<Batch>,
    thread: JoinHandle<ReplayReport>,
}

impl Runner {
    fn start(query: Arc<ReplayQuery>) -> Self {
        let (sender, batches) = sync_channel(WAITING);
        let thread = thread::spawn(move || run(query, &batches));
        Self { batch: Vec::with_capacity(BATCH), sender, thread }
    }

    fn take(&mut self, recorded: RecordedEvent, event: Event) -> Result<(), Failure> {
        self.batch.push((recorded, event));
        if self.batch.len() < BATCH {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.sender.send(batch).map_err(|_| ended())
    }

    fn finish(self) -> Result<ReplayReport, Failure> {
        let Self { batch, sender, thread } = self;
        sender.send(batch).map_err(|_| ended())?;
        drop(sender);
        thread.join().map_err(|_| ended())
    }
}

fn run(query: Arc<ReplayQuery>, batches: &Receiver<Batch>) -> ReplayReport {
    let mut replay = Replay::new(query);
    for batch in batches {
        for (recorded, event) in batch {
            replay.push(recorded, event);
        }
    }
    replay.finish()
}

fn ended() -> Failure {
    io::Error::other("a thread of the replay ended: this is a fault of the program").into()
}

/// The event of a record.
pub(super) fn decode(recorded: &RecordedEvent) -> Result<Event, Failure> {
    let event = &recorded.event;
    Event::decode(&event.event_type, event.schema_version, &event.payload).map_err(|error| {
        Failure::new(
            Kind::Damaged,
            "unreadable_event",
            format!("event at position {}: {error}", recorded.position),
        )
    })
}

/// Replays the log on `threads` threads. From a server, the tenant is its key's. One thread alone sees the events of other
/// tenants, too, as the engine did.
pub(super) async fn replay(
    source: &Source,
    query: ReplayQuery,
    threads: usize,
) -> Result<ReplayReport, Failure> {
    let is_server = matches!(source, Source::Server(_));
    let range = to_read(&query);
    let mut runners: Vec<Runner> = Vec::new();
    let start = |tenant: &TenantId| {
        let query = Arc::new(ReplayQuery { tenant: tenant.clone(), ..query.clone() });
        (0..threads.max(1)).map(|_| Runner::start(Arc::clone(&query))).collect::<Vec<_>>()
    };
    let visit = |recorded: &RecordedEvent| {
        if runners.is_empty() {
            runners = start(if is_server { &recorded.tenant } else { &query.tenant });
        }
        if !is_server && threads > 1 && recorded.tenant != query.tenant {
            return Ok(());
        }
        let event = decode(recorded)?;
        // The text of an event is shared, not copied.
        match shard(&event, runners.len()) {
            Shard::None => {}
            Shard::One(one) => {
                if let Some(runner) = runners.get_mut(one) {
                    runner.take(recorded.clone(), event)?;
                }
            }
            Shard::All => {
                for runner in &mut runners {
                    runner.take(recorded.clone(), event.clone())?;
                }
            }
        }
        Ok(())
    };
    source.each_event(&range, visit).await?;
    let reports = runners.into_iter().map(Runner::finish).collect::<Result<Vec<_>, _>>()?;
    Ok(reports.into_iter().reduce(ReplayReport::merge).unwrap_or_default())
}
