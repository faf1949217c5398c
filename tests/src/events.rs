//! Appends that are derived from a seed and a number: what they were can be told again at any time.

use bytes::Bytes;
use proto_events::{Actor, ExpectedVersion, NewEvent, StreamId, TenantId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use vidimus_log::{Append, StreamWrite};

use crate::rng::Rng;

/// Streams that many appends go to.
const SHARED_STREAMS: u64 = 40;

/// The tenant of everything.
pub fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

/// The stream with this number.
pub fn stream(number: u64) -> StreamId {
    StreamId::execution(Uuid::from_u128(u128::from(number) + 1))
}

/// What an event's id says about its append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Number of the append.
    pub append: u64,
    /// Which of its events.
    pub index: u64,
    /// How many events the append has.
    pub count: u64,
}

fn id(seed: u64, origin: Origin) -> Uuid {
    let Origin { append, index, count } = origin;
    let low = [(append, 48), (index, 32), (count, 16)];
    Uuid::from_u128(
        low.iter().fold(u128::from(seed as u32) << 96, |id, (part, at)| id | u128::from(*part) << at),
    )
}

/// Reads an id back.
pub fn origin(id: Uuid) -> Origin {
    let part = |at: u32, bits: u32| (id.as_u128() >> at) as u64 & ((1 << bits) - 1);
    Origin { append: part(48, 48), index: part(32, 16), count: part(16, 16) }
}

/// JSON text that hardly compresses.
fn payload(rng: &mut Rng, append: u64, bytes: u64) -> Bytes {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("{{\"append\":{append},\"filler\":\"").into_bytes();
    while (text.len() as u64) < bytes {
        let word = rng.next();
        text.extend((0..10).map(|letter| LETTERS[(word >> (letter * 6)) as usize % 64]));
    }
    text.extend(b"\"}");
    Bytes::from(text)
}

/// How many events each write has, and how large they are: single events, streams written together, large ones whose
/// block takes several parts.
fn shape(rng: &mut Rng, append: u64) -> Vec<(u64, ExpectedVersion, Vec<u64>)> {
    let shared = rng.below(SHARED_STREAMS);
    let fresh = 1_000 + append;
    let small = |rng: &mut Rng| rng.between(40, 800);
    match rng.below(100) {
        0..55 => vec![(shared, ExpectedVersion::Any, vec![small(rng)])],
        55..75 => vec![
            (shared, ExpectedVersion::Any, vec![small(rng), small(rng)]),
            (fresh, ExpectedVersion::NoStream, vec![small(rng)]),
            ((shared + 1) % SHARED_STREAMS, ExpectedVersion::Any, vec![small(rng)]),
        ],
        75..90 => {
            let count = rng.between(2, 40);
            vec![(shared, ExpectedVersion::Any, (0..count).map(|_| small(rng)).collect())]
        }
        90..98 => vec![(fresh, ExpectedVersion::NoStream, vec![rng.between(4_000, 40_000)])],
        _ => vec![
            (fresh, ExpectedVersion::NoStream, vec![rng.between(100_000, 300_000)]),
            (shared, ExpectedVersion::Any, vec![small(rng), rng.between(70_000, 120_000)]),
        ],
    }
}

/// The append with this number.
pub fn append(seed: u64, append: u64) -> Append {
    let mut rng = Rng::new(seed ^ append.wrapping_mul(0xa076_1d64_78bd_642f));
    let shape = shape(&mut rng, append);
    let count = shape.iter().map(|(_, _, sizes)| sizes.len() as u64).sum();
    let mut index = 0;
    let writes = shape
        .into_iter()
        .map(|(number, expected, sizes)| StreamWrite {
            stream: stream(number),
            expected,
            events: sizes
                .into_iter()
                .map(|bytes| {
                    let event = event(&mut rng, seed, Origin { append, index, count }, bytes);
                    index += 1;
                    event
                })
                .collect(),
        })
        .collect();
    Append { tenant: tenant(), writes }
}

fn event(rng: &mut Rng, seed: u64, origin: Origin, bytes: u64) -> NewEvent {
    NewEvent {
        event_id: id(seed, origin),
        event_type: "initiated".into(),
        schema_version: 1,
        recorded_at: Timestamp::from_micros(1_760_000_000_000_000 + origin.append as i64),
        actor: Actor::agent("load"),
        correlation_id: Uuid::from_u128(u128::from(origin.append)),
        causation_id: None,
        payload: payload(rng, origin.append, bytes),
    }
}

/// SHA-256 of a payload, in hexadecimal.
pub fn digest(payload: &[u8]) -> String {
    proto_events::Digest::new(Sha256::digest(payload).into()).to_string()
}
