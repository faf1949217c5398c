//! Random appends, held against a model that fits on one screen.

use proto_events::{ExpectedVersion, GlobalPosition, NewEvent, StreamVersion};

use super::{Factory, event, stream, tenant};
use crate::{Append, AppendError, Limits, StreamWrite};

/// A small generator (xorshift64*), so that a seed gives the same run everywhere.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }
}

const STREAMS: u64 = 6;
const TENANTS: [&str; 2] = ["acme", "globex"];

/// Runs 300 random appends, some stale, some over several streams, and compares every answer and then the whole log.
pub async fn random_appends_agree_with_a_model(make: Factory<'_>, seed: u64) {
    let log = make(Limits::DEFAULT);
    let mut random = Random::new(seed);
    let mut model: Vec<(&str, u64, NewEvent)> = Vec::new();
    let count = |model: &[(&str, u64, NewEvent)], name: &str, to: u64| {
        model.iter().filter(|(tenant, stream, _)| *tenant == name && *stream == to).count() as u64
    };
    for number in 0..300 {
        let name = TENANTS[random.below(2) as usize];
        let mut writes = Vec::new();
        let (mut passes, mut events) = (true, Vec::new());
        for to in 0..STREAMS {
            if random.below(3) > 0 {
                continue;
            }
            let len = count(&model, name, to);
            let expected = match random.below(8) {
                0 => ExpectedVersion::Any,
                1 => ExpectedVersion::NoStream,
                2 => ExpectedVersion::Exact(StreamVersion::new(random.below(len + 2))),
                _ => ExpectedVersion::after(len.checked_sub(1).map(StreamVersion::new)),
            };
            passes &= match expected {
                ExpectedVersion::Any => true,
                ExpectedVersion::NoStream => len == 0,
                ExpectedVersion::Exact(version) => version.get() + 1 == len,
            };
            let added: Vec<_> =
                (0..random.below(4)).map(|_| event(number, random.below(3000) as usize)).collect();
            events.extend(added.iter().map(|added| (name, to, added.clone())));
            writes.push(StreamWrite { stream: stream(u128::from(to)), expected, events: added });
        }
        let answer = log.append(Append { tenant: tenant(name), writes }).await;
        match answer {
            Ok(appended) => {
                assert!(passes && !events.is_empty(), "seed {seed}, append {number} should not pass");
                assert_eq!(appended.first.get(), model.len() as u64 + 1);
                model.extend(events);
                assert_eq!(appended.last.get(), model.len() as u64);
            }
            Err(AppendError::Refused(_)) => assert!(events.is_empty(), "seed {seed}, append {number}"),
            Err(AppendError::Conflict(_)) => assert!(!passes, "seed {seed}, append {number} should pass"),
            Err(error) => panic!("seed {seed}, append {number}: {error}"),
        }
    }
    let all = log.read_all(GlobalPosition::START, usize::MAX).await.unwrap();
    assert_eq!(all.len(), model.len(), "seed {seed}");
    for (recorded, (name, to, event)) in all.iter().zip(&model) {
        assert_eq!(recorded.tenant.as_str(), *name);
        assert_eq!(recorded.stream, stream(u128::from(*to)));
        assert_eq!(recorded.event, *event);
    }
    for name in TENANTS {
        for to in 0..STREAMS {
            let events = log
                .read_stream(&tenant(name), &stream(u128::from(to)), StreamVersion::FIRST, usize::MAX)
                .await
                .unwrap();
            let expected: Vec<_> =
                model.iter().filter(|(t, s, _)| *t == name && *s == to).map(|(_, _, event)| event).collect();
            assert_eq!(events.iter().map(|event| &event.event).collect::<Vec<_>>(), expected, "seed {seed}");
        }
    }
    assert!(log.verify().await.unwrap().is_clean(), "seed {seed}");
}
