//! What a copy answers by reading: it has no index.

use std::collections::HashSet;

use proto_events::{GlobalPosition, RecordedEvent, StreamId, StreamVersion, TenantId};
use vidimus_log::{Broken, EventLog, Finding, Frontier, ReadError, StreamHead, VerifyReport};

use super::{READ_EVENTS, RemoteLog};

/// Shows every event to `visit`, until that has seen enough.
async fn each(log: &RemoteLog, mut visit: impl FnMut(RecordedEvent) -> bool + Send) -> Result<(), ReadError> {
    let mut after = GlobalPosition::START;
    loop {
        let batch = log.read_all(after, READ_EVENTS).await?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = last.position;
        if !batch.into_iter().all(&mut visit) {
            return Ok(());
        }
    }
}

pub(super) async fn stream_head(
    log: &RemoteLog,
    tenant: &TenantId,
    stream: &StreamId,
) -> Result<Option<StreamHead>, ReadError> {
    let mut head = None;
    each(log, |event| {
        if event.tenant == *tenant && event.stream == *stream {
            head = Some(StreamHead { version: event.version, position: event.position });
        }
        true
    })
    .await?;
    Ok(head)
}

pub(super) async fn read_stream(
    log: &RemoteLog,
    tenant: &TenantId,
    stream: &StreamId,
    from: StreamVersion,
    limit: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let mut found = Vec::new();
    each(log, |event| {
        if found.len() < limit && event.tenant == *tenant && event.stream == *stream && event.version >= from
        {
            found.push(event);
        }
        found.len() < limit
    })
    .await?;
    Ok(found)
}

pub(super) async fn read_all_backwards(
    log: &RemoteLog,
    before: GlobalPosition,
    limit: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let end = before.get().saturating_sub(1).min(log.tail().get());
    let count = end.min(u64::try_from(limit).unwrap_or(u64::MAX));
    let (mut after, mut found) = (GlobalPosition::new(end - count), Vec::new());
    while after.get() < end {
        let left = usize::try_from(end - after.get()).unwrap_or(usize::MAX);
        let batch = log.read_all(after, left).await?;
        let Some(last) = batch.last() else { break };
        after = last.position;
        found.extend(batch);
    }
    found.reverse();
    Ok(found)
}

/// Reading checks every leaf hash and that no position is missing; what is left is to grow the tree. Past the first damage
/// nothing can be said.
pub(super) async fn verify(log: &RemoteLog) -> Result<VerifyReport, ReadError> {
    let (mut frontier, mut streams, mut findings) = (Frontier::default(), HashSet::new(), Vec::new());
    let read = each(log, |event| {
        frontier.push(event.leaf_hash);
        streams.insert((event.tenant, event.stream));
        true
    })
    .await;
    match read {
        Err(ReadError::Broken(Broken::Copy { position, reason })) => {
            findings.push(Finding { position, code: "damaged", what: reason });
        }
        read => read?,
    }
    Ok(VerifyReport {
        events: frontier.size(),
        streams: streams.len() as u64,
        blocks: 0,
        tail: log.tail(),
        root: frontier.root(),
        findings_total: findings.len() as u64,
        findings,
    })
}
