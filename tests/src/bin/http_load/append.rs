//! The log's own appends: three events to a fresh stream, as a proposal makes, by concurrent writers.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use proto_events::{Actor, ExpectedVersion, NewEvent, StreamId, Timestamp};
use uuid::Uuid;
use vidimus_log::{Append, EventLog as _, SledLog, SledLogOptions, StreamWrite};

use vidimus_tests::measure::{Measured, now};

/// Payload bytes of each event: what a proposal's three events have on average.
const PAYLOAD_BYTES: usize = 420;

fn append(number: u128) -> Append {
    let filler = "x".repeat(PAYLOAD_BYTES - 20);
    let event = |index: u128| NewEvent {
        event_id: Uuid::from_u128(number * 4 + index),
        event_type: "initiated".into(),
        schema_version: 1,
        recorded_at: Timestamp::from_micros(0),
        actor: Actor::agent("bench"),
        correlation_id: Uuid::from_u128(number),
        causation_id: None,
        payload: Bytes::from(format!("{{\"n\":{number},\"f\":\"{filler}\"}}")),
    };
    let stream = StreamId::execution(Uuid::from_u128(number + 1));
    let write =
        StreamWrite { stream, expected: ExpectedVersion::NoStream, events: (0..3).map(event).collect() };
    Append { tenant: "bench".parse().unwrap(), writes: vec![write] }
}

/// Appends by `writers` for so long.
pub(crate) async fn run(writers: usize, seconds: Duration) -> Measured {
    let directory = tempfile::Builder::new().prefix(".http-load").tempdir_in(".").unwrap();
    let log = Arc::new(SledLog::open(&directory.path().join("log"), SledLogOptions::default()).unwrap());
    let (began, mut tasks) = (now(), tokio::task::JoinSet::new());
    for writer in 0..writers {
        let log = Arc::clone(&log);
        tasks.spawn(async move {
            let mut micros = Vec::new();
            while began.elapsed() < seconds {
                let append = append(((writer as u128) << 64) + micros.len() as u128);
                let asked = now();
                log.append(append).await.unwrap();
                micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap());
            }
            micros
        });
    }
    let micros = tasks.join_all().await.concat();
    Measured::of(began.elapsed().as_secs_f64(), micros)
}
