//! A log with many events: filling, reopening, replaying, its size in memory and on disk.

use std::{path::Path, sync::Arc};

use proto_events::{Event, ExpectedVersion, GlobalPosition, NewEvent, StreamId, TenantId};
use serde::Serialize;
use vidimus_log::{Append, AppendError, EventLog, SledLog, SledLogOptions, Subscription};

use super::{Clock, Failure, sample};

/// What a log with many events costs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct History {
    pub(crate) events: u64,
    pub(crate) streams: u64,
    pub(crate) bytes_per_event: f64,
    pub(crate) fill_events_per_second: f64,
    pub(crate) peak_memory_mib: f64,
    pub(crate) disk_bytes_per_byte: f64,
    pub(crate) reopen_seconds: f64,
    pub(crate) replay_events_per_second: f64,
    pub(crate) replay_decoded_events_per_second: f64,
    pub(crate) verify_events_per_second: f64,
}

const IN_FLIGHT: usize = 512;

/// Bytes of a recorded event: payload and envelope.
fn recorded_bytes(tenant: &TenantId, stream: &StreamId, event: &NewEvent) -> u64 {
    let texts = tenant.as_str().len() + stream.as_str().len() + event.event_type.len() + event.actor.id.len();
    (96 + texts + event.payload.len()) as u64
}

/// Appends `events` events, `per_stream` to a stream (at most five), 512 appends in flight; the bytes of the recorded events.
pub(super) async fn fill(
    log: &Arc<SledLog>,
    tenant: &TenantId,
    events: u64,
    per_stream: usize,
) -> Result<u64, Failure> {
    fill_seeded(log, tenant, events, per_stream, 42).await
}

pub(super) async fn fill_seeded(
    log: &Arc<SledLog>,
    tenant: &TenantId,
    events: u64,
    per_stream: usize,
    seed: u64,
) -> Result<u64, Failure> {
    let mut random = sample::Random::new(seed);
    let mut in_flight = tokio::task::JoinSet::<Result<(), AppendError>>::new();
    let (mut made, mut bytes) = (0, 0);
    while made < events {
        let (stream, mut events) = sample::execution(&mut random);
        events.truncate(per_stream);
        made += events.len() as u64;
        bytes += events.iter().map(|event| recorded_bytes(tenant, &stream, event)).sum::<u64>();
        let append = Append::to_stream(tenant.clone(), stream, ExpectedVersion::NoStream, events);
        let log = Arc::clone(log);
        in_flight.spawn(async move { log.append(append).await.map(drop) });
        while in_flight.len() >= IN_FLIGHT {
            if let Some(done) = in_flight.join_next().await {
                done??;
            }
        }
    }
    while let Some(done) = in_flight.join_next().await {
        done??;
    }
    Ok(bytes)
}

async fn replay(log: &Arc<SledLog>, decode: bool) -> Result<u64, Failure> {
    let log: Arc<dyn EventLog> = Arc::<SledLog>::clone(log);
    let mut subscription = Subscription::new(log, GlobalPosition::START);
    let mut events = 0;
    while let Some(batch) = subscription.next_available().await? {
        for recorded in &batch {
            if decode {
                let event = &recorded.event;
                Event::decode(&event.event_type, event.schema_version, &event.payload)?;
            }
            events += 1;
        }
    }
    Ok(events)
}

/// Fills a log, closes it, opens it again, reads it twice and verifies it.
pub(crate) async fn history(directory: &Path, events: u64, per_stream: usize) -> Result<History, Failure> {
    let tenant: TenantId = "bench".parse()?;
    let folder = directory.join("history");
    let clock = Clock;
    let log = Arc::new(SledLog::open(&folder, SledLogOptions::default())?);
    let started = clock.now();
    let bytes = fill(&log, &tenant, events, per_stream).await?;
    let fill_seconds = started.elapsed().as_secs_f64();
    let peak_memory_mib = super::peak_memory_mib();
    drop(log);
    let started = clock.now();
    let log = Arc::new(SledLog::open(&folder, SledLogOptions::default())?);
    let reopen_seconds = started.elapsed().as_secs_f64();
    let stats = log.stats()?;
    let rate = |seconds: f64| stats.events as f64 / seconds;
    let mut rates = Vec::new();
    for decode in [false, true] {
        let started = clock.now();
        let read = replay(&log, decode).await?;
        if read != stats.events {
            return Err(format!("read {read} events of {}", stats.events).into());
        }
        rates.push(rate(started.elapsed().as_secs_f64()));
    }
    let started = clock.now();
    if !log.verify().await?.is_clean() {
        return Err("the log does not verify".into());
    }
    let verify_seconds = started.elapsed().as_secs_f64();
    drop(log);
    std::fs::remove_dir_all(&folder)?;
    Ok(History {
        events: stats.events,
        streams: stats.streams,
        bytes_per_event: bytes as f64 / stats.events as f64,
        fill_events_per_second: rate(fill_seconds),
        peak_memory_mib,
        disk_bytes_per_byte: stats.bytes_on_disk as f64 / bytes as f64,
        reopen_seconds,
        replay_events_per_second: rates[0],
        replay_decoded_events_per_second: rates[1],
        verify_events_per_second: rate(verify_seconds),
    })
}
