//! The notifications of the recent past, for all who are at the tail.

use std::{
    collections::VecDeque,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use bytes::BytesMut;
use proto_events::{GlobalPosition, TenantId};

use super::{Filter, Rendered};

/// Most notifications that are held, however small.
const MAX_HELD: usize = 65_536;

struct Held {
    /// Of everything after this position, up to `upto`, the notifications are here.
    after: GlobalPosition,
    upto: GlobalPosition,
    notifications: VecDeque<Rendered>,
    bytes: usize,
}

impl Held {
    const fn after(position: GlobalPosition) -> Self {
        Self { after: position, upto: position, notifications: VecDeque::new(), bytes: 0 }
    }
}

/// A window on the log's end, bounded in bytes. It has no readers: each has a place of his own, and whose place the window
/// has left reads the log until he has caught up. So nobody is dropped, however slow, and nobody slows another.
pub(crate) struct Ring {
    max_bytes: usize,
    held: RwLock<Held>,
}

impl Ring {
    pub(crate) fn new(max_bytes: usize) -> Self {
        // Nobody follows the log yet: everything has to be read from it.
        let nothing = Held::after(GlobalPosition::new(u64::MAX));
        Self { max_bytes, held: RwLock::new(nothing) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew after `position`: whatever was before has to be read from the log.
    pub(crate) fn begin_after(&self, position: GlobalPosition) {
        *self.write() = Held::after(position);
    }

    /// Adds all notifications after what it held so far, up to `upto`.
    pub(crate) fn push(&self, notifications: Vec<Rendered>, upto: GlobalPosition) {
        let mut held = self.write();
        let held = &mut *held;
        held.upto = upto;
        held.bytes += notifications.iter().map(Rendered::size).sum::<usize>();
        held.notifications.extend(notifications);
        while held.bytes > self.max_bytes || held.notifications.len() > MAX_HELD {
            let Some(oldest) = held.notifications.pop_front() else { break };
            held.bytes -= oldest.size();
            held.after = oldest.position;
        }
    }

    /// Adds to `out` what `tenant` and `filter` want of what comes after `from`, at least one if there is one, and about
    /// `most` bytes. Answers up to where that is everything and how many it were; `None` where `from` is too far back.
    pub(crate) fn read_after(
        &self,
        from: GlobalPosition,
        tenant: &TenantId,
        filter: &Filter,
        most: usize,
        out: &mut BytesMut,
    ) -> Option<(GlobalPosition, u64)> {
        let held = self.read();
        if from < held.after {
            return None;
        }
        let (mut at, mut found) = (from, 0);
        let begin = held.notifications.partition_point(|rendered| rendered.position <= from);
        for rendered in held.notifications.range(begin..) {
            if rendered.tenant == *tenant && filter.wants(rendered) {
                if !out.is_empty() && out.len() + rendered.bytes.len() > most {
                    return Some((at, found));
                }
                out.extend_from_slice(&rendered.bytes);
                found += 1;
            }
            at = rendered.position;
        }
        Some((from.max(held.upto), found))
    }
}

#[cfg(test)]
mod tests {
    use proto_events::{
        Actor, LeafHash, NewEvent, RecordedEvent, Redaction, StreamId, StreamVersion, Timestamp,
    };
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn at(position: u64) -> GlobalPosition {
        GlobalPosition::new(position)
    }

    fn notification(position: u64, tenant: &str) -> Rendered {
        let execution_id = Uuid::from_u128(u128::from(position));
        let payload = json!({
            "execution_id": execution_id,
            "call": {"agent": "assistant", "conversation": "c", "function": "crm.send"},
            "permit_id": Uuid::nil(),
            "arguments_digest": "0".repeat(64),
            "lease_expires_at": "2025-08-12T00:00:00Z",
        });
        let recorded = RecordedEvent {
            position: at(position),
            tenant: tenant.parse().unwrap(),
            stream: StreamId::execution(execution_id),
            version: StreamVersion::FIRST,
            previous: None,
            leaf_hash: LeafHash::new([0; 32]),
            event: NewEvent {
                event_id: Uuid::nil(),
                event_type: "in_progress".into(),
                schema_version: 1,
                recorded_at: Timestamp::from_micros(0),
                actor: Actor::system("test"),
                correlation_id: Uuid::nil(),
                causation_id: None,
                payload: payload.to_string().into(),
            },
        };
        Rendered::of(&recorded, &Redaction::default()).unwrap().unwrap()
    }

    fn read(ring: &Ring, from: u64, tenant: &str, most: usize) -> Option<(u64, Vec<u64>)> {
        let mut out = BytesMut::new();
        let (upto, found) =
            ring.read_after(at(from), &tenant.parse().unwrap(), &Filter::default(), most, &mut out)?;
        let text = String::from_utf8(out.to_vec()).unwrap();
        let ids: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("id: ")).map(|id| id.parse().unwrap()).collect();
        assert_eq!(ids.len() as u64, found);
        Some((upto.get(), ids))
    }

    #[test]
    fn it_says_what_it_has_and_when_it_has_not() {
        let ring = Ring::new(1_000_000);
        assert_eq!(read(&ring, 0, "acme", 1_000), None, "nobody follows the log yet");
        ring.begin_after(at(10));
        assert_eq!(read(&ring, 9, "acme", 1_000), None);
        assert_eq!(read(&ring, 10, "acme", 1_000), Some((10, vec![])));
        assert_eq!(read(&ring, 12, "acme", 1_000), Some((12, vec![])), "ahead, by way of the log");
        ring.push(
            vec![notification(11, "acme"), notification(13, "umbrella"), notification(14, "acme")],
            at(16),
        );
        assert_eq!(read(&ring, 10, "acme", 10_000), Some((16, vec![11, 14])));
        assert_eq!(read(&ring, 11, "acme", 10_000), Some((16, vec![14])));
        assert_eq!(read(&ring, 10, "umbrella", 10_000), Some((16, vec![13])));
        assert_eq!(read(&ring, 16, "acme", 10_000), Some((16, vec![])));
        // One at least, however large, and from where it stopped the next.
        assert_eq!(read(&ring, 10, "acme", 1), Some((13, vec![11])));
        assert_eq!(read(&ring, 13, "acme", 1), Some((16, vec![14])));
    }

    #[test]
    fn it_forgets_what_is_too_much() {
        let size = notification(100, "acme").size();
        let ring = Ring::new(size * 5);
        ring.begin_after(at(99));
        ring.push((100..110).map(|position| notification(position, "acme")).collect(), at(110));
        assert_eq!(read(&ring, 103, "acme", 100_000), None);
        assert_eq!(read(&ring, 104, "acme", 100_000), Some((110, (105..110).collect())));
        let tiny = Ring::new(0);
        tiny.begin_after(at(99));
        tiny.push(vec![notification(100, "acme")], at(101));
        assert_eq!(read(&tiny, 99, "acme", 100_000), None);
        assert_eq!(read(&tiny, 100, "acme", 100_000), Some((101, vec![])));
    }
}
