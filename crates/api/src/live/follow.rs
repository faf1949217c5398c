//! Following the log.

use std::{collections::HashSet, time::Duration};

use proto_events::{GlobalPosition, RecordedEvent, StreamId, TenantId};
use tokio::time::{Instant, sleep, sleep_until};

use super::Live;
use crate::state::Api;

/// Events that are looked at in one go: few enough not to hold up what else runs on the thread.
const BATCH: usize = 128;
/// How long to wait before the log is read again after that did not work.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// To wake one stream and let it write costs about so much. With many streams news is gathered for as long as handing out
/// the news before took, so that handing it out never takes more than about one of the threads.
const COST_OF_A_STREAM: Duration = Duration::from_micros(20);
/// Never gathered for longer than this.
const LONGEST_GATHERING: Duration = Duration::from_millis(20);
/// So few streams are woken for everything.
const FEW_STREAMS: usize = 16;

/// Tenants for which there is something new that was not said yet.
struct News {
    tenants: HashSet<TenantId>,
    told: Instant,
}

impl News {
    /// When it is to be told; `None` where there is none.
    fn due(&self, streams: usize) -> Option<Instant> {
        let gathering = match u32::try_from(streams) {
            Ok(streams) if streams as usize > FEW_STREAMS => COST_OF_A_STREAM.saturating_mul(streams),
            Ok(_) => Duration::ZERO,
            Err(_) => LONGEST_GATHERING,
        };
        (!self.tenants.is_empty()).then(|| self.told + gathering.min(LONGEST_GATHERING))
    }

    fn tell(&mut self, live: &Live) {
        live.audience.signal(&self.tenants, |signal| signal.news += 1);
        self.tenants.clear();
        self.told = Instant::now();
    }
}

/// Follows the log from `position` on, for ever; whatever comes after that wakes whoever waits for it. Ends where the log
/// cannot be followed any more, which [`Live::failure`] says.
pub(crate) async fn follow(api: Api, mut position: GlobalPosition) {
    let (log, live) = (api.engine().log(), api.live());
    let mut news = News { tenants: HashSet::new(), told: Instant::now() };
    loop {
        let due = news.due(live.streams.taken());
        let moved = tokio::select! {
            biased;
            () = at(due) => {
                news.tell(live);
                continue;
            }
            moved = log.wait_past(position) => moved,
        };
        let batch = match moved {
            Ok(_) => log.read_all(position, BATCH).await,
            Err(error) => Err(error),
        };
        match batch {
            Ok(batch) => position = take(live, &batch, &mut news.tenants).unwrap_or(position),
            Err(error) if error.is_retryable() => {
                tracing::warn!(%error, "what is live has to wait");
                sleep(RETRY_AFTER).await;
            }
            Err(error) => return live.fail(error),
        }
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Wakes those who wait for one of these executions, and puts the notifications into the ring. Answers how far that is.
fn take(live: &Live, batch: &[RecordedEvent], tenants: &mut HashSet<TenantId>) -> Option<GlobalPosition> {
    let last = batch.last()?;
    for recorded in batch {
        if let Some(execution_id) = recorded.stream.execution_id() {
            live.waiters.wake(&recorded.tenant, execution_id, recorded.position);
        }
        if recorded.stream.category() == StreamId::KEY {
            live.audience.signal([&recorded.tenant], |signal| signal.keys += 1);
        }
    }
    if live.streams.taken() == 0 {
        // Nobody to render for. Whoever comes from here on reads this from the log.
        live.ring.begin_after(last.position);
        // And whoever came since that was looked at may have looked at the ring before it began anew, and waits.
        live.audience.signal_all();
        return Some(last.position);
    }
    let mut notifications = Vec::with_capacity(batch.len());
    for rendered in batch.iter().filter_map(|recorded| live.rendered(recorded)) {
        if !tenants.contains(&rendered.tenant) {
            tenants.insert(rendered.tenant.clone());
        }
        notifications.push(rendered);
    }
    live.ring.push(notifications, last.position);
    Some(last.position)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proto_events::{Actor, LeafHash, NewEvent, StreamVersion, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::{
        Settings,
        live::{Filter, Signal},
    };

    fn recorded(position: u64, stream: StreamId, event_type: &str, payload: String) -> RecordedEvent {
        RecordedEvent {
            position: GlobalPosition::new(position),
            tenant: "acme".parse().unwrap(),
            stream,
            version: StreamVersion::FIRST,
            previous: None,
            leaf_hash: LeafHash::new([0; 32]),
            event: NewEvent {
                event_id: Uuid::nil(),
                event_type: event_type.to_owned().into(),
                schema_version: 1,
                recorded_at: Timestamp::from_micros(0),
                actor: Actor::system("test"),
                correlation_id: Uuid::nil(),
                causation_id: None,
                payload: payload.into(),
            },
        }
    }

    fn in_progress(position: u64) -> RecordedEvent {
        let payload = serde_json::json!({
            "execution_id": Uuid::nil(),
            "call": {"agent": "assistant", "conversation": "c", "function": "crm.send"},
            "permit_id": Uuid::nil(),
            "arguments_digest": "0".repeat(64),
            "lease_expires_at": "2025-08-12T00:00:00Z",
        });
        recorded(position, StreamId::execution(Uuid::nil()), "in_progress", payload.to_string())
    }

    #[test]
    fn whoever_comes_while_there_is_nobody_is_told() {
        let (live, mut news) = (Live::new(&Settings::default()), HashSet::new());
        // Its place is counted, but not yet when the follower looked.
        let mut signal = live.audience.join(&"acme".parse().unwrap());
        assert_eq!(take(&live, &[in_progress(7)], &mut news), Some(GlobalPosition::new(7)));
        assert!(signal.has_changed().unwrap());
        assert_eq!(*signal.borrow_and_update(), Signal { news: 1, keys: 0 });
        let revoked = recorded(8, StreamId::key(Uuid::nil()), "key_revoked", String::new());
        take(&live, &[revoked], &mut news);
        assert_eq!(*signal.borrow_and_update(), Signal { news: 2, keys: 1 });
        assert!(news.is_empty());
    }

    #[test]
    fn an_event_that_cannot_be_read_has_no_notification() {
        let (live, mut news) = (Live::new(&Settings::default()), HashSet::new());
        let tenant = "acme".parse().unwrap();
        let unknown = |position| {
            recorded(position, StreamId::execution(Uuid::nil()), "of_a_newer_program", "{}".to_owned())
        };
        // It is the same whether somebody watches or not.
        assert_eq!(take(&live, &[unknown(7)], &mut news), Some(GlobalPosition::new(7)));
        assert!(live.streams.take());
        let batch = [unknown(8), in_progress(9), unknown(10)];
        assert_eq!(take(&live, &batch, &mut news), Some(GlobalPosition::new(10)));
        assert_eq!(live.failure(), None);
        assert_eq!(news, HashSet::from(["acme".parse().unwrap()]));
        let mut out = BytesMut::new();
        let read = |out: &mut _| {
            live.ring.read_after(GlobalPosition::new(7), &tenant, &Filter::default(), 10_000, out)
        };
        assert_eq!(read(&mut out), Some((GlobalPosition::new(10), 1)));
        assert!(out.starts_with(b"id: 9\n"));
    }
}
