//! The cases, one promise each.

use std::sync::Arc;

use proto_events::{ExpectedVersion, GlobalPosition, RecordedEvent, StreamVersion};

use super::{Factory, event, stream, tenant};
use crate::{
    Append, AppendError, Conflict, EventLog, Frontier, Limits, Refusal, StreamHead, StreamWrite,
    Subscription, encode_record, leaf_hash,
};

fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position.get()).collect()
}

fn versions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.version.get()).collect()
}

async fn add(log: &Arc<dyn EventLog>, to: u128, numbers: std::ops::Range<u64>) {
    let events = numbers.map(|number| event(number, 100)).collect();
    log.append(Append::to_stream(tenant("acme"), stream(to), ExpectedVersion::Any, events)).await.unwrap();
}

/// Nothing is there, nothing is found, the tree is the empty tree.
pub async fn an_empty_log_is_empty(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    assert_eq!(log.tail(), GlobalPosition::START);
    assert_eq!(log.tree_head(), Frontier::default().head());
    assert_eq!(log.read_all(GlobalPosition::START, 10).await.unwrap(), []);
    assert_eq!(log.read_all_backwards(GlobalPosition::new(10), 10).await.unwrap(), []);
    assert_eq!(log.stream_head(&tenant("acme"), &stream(1)).await.unwrap(), None);
    assert_eq!(log.read_stream(&tenant("acme"), &stream(1), StreamVersion::FIRST, 10).await.unwrap(), []);
    let report = log.verify().await.unwrap();
    assert_eq!((report.events, report.streams, report.is_clean()), (0, 0, true));
}

/// Positions count the log, versions count the stream, and what comes back is what was appended.
pub async fn events_are_numbered_without_gaps(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    add(&log, 1, 0..2).await;
    add(&log, 2, 2..3).await;
    add(&log, 1, 3..4).await;
    let all = log.read_all(GlobalPosition::START, 100).await.unwrap();
    assert_eq!(positions(&all), [1, 2, 3, 4]);
    assert_eq!(versions(&all), [0, 1, 0, 2]);
    let previous: Vec<_> = all.iter().map(|event| event.previous.map(GlobalPosition::get)).collect();
    assert_eq!(previous, [None, Some(1), None, Some(2)]);
    for (number, recorded) in (0..).zip(&all) {
        assert_eq!(recorded.event, event(number, 100));
        assert_eq!(recorded.tenant, tenant("acme"));
    }
    let one = log.read_stream(&tenant("acme"), &stream(1), StreamVersion::FIRST, 100).await.unwrap();
    assert_eq!(positions(&one), [1, 2, 4]);
    let head = StreamHead { version: StreamVersion::new(2), position: GlobalPosition::new(4) };
    assert_eq!(log.stream_head(&tenant("acme"), &stream(1)).await.unwrap(), Some(head));
    assert_eq!(log.tail(), GlobalPosition::new(4));
    let report = log.verify().await.unwrap();
    assert_eq!((report.events, report.streams, report.is_clean()), (4, 2, true));
}

/// Every expectation against every state of a stream; a conflict names what the stream is at.
pub async fn expected_versions_are_checked(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    add(&log, 1, 0..3).await;
    let exact = |version| ExpectedVersion::Exact(StreamVersion::new(version));
    let at = |version| Some(StreamVersion::new(version));
    // Stream 1 has versions 0 to 2; stream 9 has none.
    let cases = [
        (9, exact(0), Err(None)),
        (9, exact(3), Err(None)),
        (1, ExpectedVersion::NoStream, Err(at(2))),
        (1, exact(1), Err(at(2))),
        (1, exact(3), Err(at(2))),
        (1, exact(2), Ok(3)),
        (1, ExpectedVersion::Any, Ok(4)),
        (9, ExpectedVersion::NoStream, Ok(0)),
        (8, ExpectedVersion::Any, Ok(0)),
    ];
    for (to, expected, answer) in cases {
        let before = log.tail();
        let append = Append::to_stream(tenant("acme"), stream(to), expected, vec![event(50, 80)]);
        match (log.append(append).await, answer) {
            (Ok(appended), Ok(version)) => {
                assert_eq!(appended.written[0].version, at(version));
                assert_eq!((appended.first, appended.last), (before.next(), before.next()));
            }
            (Err(AppendError::Conflict(conflict)), Err(actual)) => {
                assert_eq!(conflict, Conflict { stream: stream(to), expected, actual });
                assert_eq!(log.tail(), before);
            }
            (seen, answer) => panic!("stream {to} at {expected}: {seen:?}, not {answer:?}"),
        }
    }
}

fn write(to: u128, expected: ExpectedVersion, numbers: std::ops::Range<u64>) -> StreamWrite {
    StreamWrite { stream: stream(to), expected, events: numbers.map(|number| event(number, 90)).collect() }
}

/// An append to several streams: one stale expectation and none of it happens.
pub async fn an_append_happens_whole_or_not_at_all(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    add(&log, 1, 0..1).await;
    let writes = vec![write(2, ExpectedVersion::NoStream, 1..3), write(1, ExpectedVersion::NoStream, 3..4)];
    let refused = log.append(Append { tenant: tenant("acme"), writes }).await;
    assert!(matches!(refused, Err(AppendError::Conflict(conflict)) if conflict.stream == stream(1)));
    assert_eq!(log.tail(), GlobalPosition::new(1));
    assert_eq!(log.stream_head(&tenant("acme"), &stream(2)).await.unwrap(), None);
    let writes = vec![
        write(2, ExpectedVersion::NoStream, 1..3),
        write(1, ExpectedVersion::Exact(StreamVersion::FIRST), 3..4),
    ];
    let appended = log.append(Append { tenant: tenant("acme"), writes }).await.unwrap();
    assert_eq!((appended.first.get(), appended.last.get()), (2, 4));
    let versions: Vec<_> = appended.written.iter().map(|written| written.version.unwrap().get()).collect();
    assert_eq!(versions, [1, 1]);
    let all = log.read_all(GlobalPosition::START, 10).await.unwrap();
    let streams: Vec<_> = all.iter().map(|event| event.stream.clone()).collect();
    assert_eq!(streams, [stream(1), stream(2), stream(2), stream(1)]);
}

/// A write without events is a condition: the append happens only if that stream is as expected.
pub async fn a_guard_binds_an_append_to_a_stream_it_does_not_write(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    add(&log, 1, 0..1).await;
    let guarded = |expected| Append {
        tenant: tenant("acme"),
        writes: vec![write(2, ExpectedVersion::Any, 1..2), write(1, expected, 0..0)],
    };
    let stale = log.append(guarded(ExpectedVersion::NoStream)).await;
    assert!(matches!(stale, Err(AppendError::Conflict(_))));
    let appended = log.append(guarded(ExpectedVersion::Exact(StreamVersion::FIRST))).await.unwrap();
    let versions: Vec<_> = appended.written.iter().map(|written| written.version).collect();
    assert_eq!(versions, [Some(StreamVersion::FIRST), Some(StreamVersion::FIRST)]);
    assert_eq!(log.tail(), GlobalPosition::new(2));
}

/// Over a limit, empty, a stream twice: a named refusal, and nothing was appended.
pub async fn refusals_append_nothing(make: Factory<'_>) {
    let limits = Limits { event_bytes: 1000, append_events: 4, append_bytes: 2600, ..Limits::DEFAULT };
    let log = make(limits);
    let append = |writes| Append { tenant: tenant("acme"), writes };
    let sized = |sizes: &[usize]| {
        let events = sizes.iter().map(|size| event(1, *size)).collect();
        append(vec![StreamWrite { stream: stream(1), expected: ExpectedVersion::Any, events }])
    };
    let too_large = |what, size, limit| Refusal::TooLarge { what, size, limit };
    let any = ExpectedVersion::Any;
    let mut long_actor = event(1, 100);
    long_actor.actor.id = "x".repeat(256).into();
    let record = 96 + 4 + stream(1).as_str().len() + "initiated".len() + "conformance".len();
    let cases = [
        (append(vec![]), Refusal::Empty),
        (append(vec![write(1, any, 0..0)]), Refusal::Empty),
        (append(vec![write(1, any, 0..1), write(1, any, 1..2)]), Refusal::StreamTwice(stream(1))),
        (sized(&[1001]), too_large("an event's payload in bytes", 1001, 1000)),
        (sized(&[100; 5]), too_large("the number of events in the append", 5, 4)),
        (sized(&[900, 900, 900]), too_large("the append in bytes", 3 * (900 + record), 2600)),
        (
            Append::to_stream(tenant("acme"), stream(1), any, vec![long_actor]),
            too_large("an actor's id in bytes", 256, 255),
        ),
    ];
    for (append, refusal) in cases {
        assert_eq!(log.append(append).await, Err(AppendError::Refused(refusal)));
        assert_eq!(log.tail(), GlobalPosition::START);
    }
    log.append(sized(&[1000, 900])).await.unwrap();
}

/// The same stream id in two tenants is two streams.
pub async fn streams_of_two_tenants_do_not_meet(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    for (name, number) in [("acme", 0), ("globex", 1)] {
        let append =
            Append::to_stream(tenant(name), stream(1), ExpectedVersion::NoStream, vec![event(number, 60)]);
        log.append(append).await.unwrap();
    }
    for (name, position) in [("acme", 1), ("globex", 2)] {
        let events = log.read_stream(&tenant(name), &stream(1), StreamVersion::FIRST, 10).await.unwrap();
        assert_eq!(positions(&events), [position]);
        assert_eq!(events[0].tenant, tenant(name));
    }
    assert_eq!(log.stream_head(&tenant("initech"), &stream(1)).await.unwrap(), None);
}

/// Many writers race for each version of one stream; each version has one winner, and the others are told.
pub async fn concurrent_writers_of_one_stream_have_one_winner_each(make: Factory<'_>) {
    const WRITERS: u64 = 8;
    const ROUNDS: u64 = 20;
    let log = make(Limits::DEFAULT);
    let writers = (0..WRITERS).map(|writer| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut won = 0;
            for round in 0..ROUNDS {
                let expected = ExpectedVersion::after(round.checked_sub(1).map(StreamVersion::new));
                let append = Append::to_stream(
                    tenant("acme"),
                    stream(1),
                    expected,
                    vec![event(round * WRITERS + writer, 70)],
                );
                match log.append(append).await {
                    Ok(_) => won += 1,
                    Err(AppendError::Conflict(conflict)) => {
                        assert!(conflict.actual >= Some(StreamVersion::new(round)))
                    }
                    Err(error) => panic!("{error}"),
                }
                // Everybody goes on only when this version has its winner.
                log.wait_past(GlobalPosition::new(round)).await.unwrap();
            }
            won
        })
    });
    let mut won = 0;
    for writer in writers.collect::<Vec<_>>() {
        won += writer.await.unwrap();
    }
    assert_eq!(won, ROUNDS);
    let events = log.read_stream(&tenant("acme"), &stream(1), StreamVersion::FIRST, 100).await.unwrap();
    assert_eq!(versions(&events), (0..ROUNDS).collect::<Vec<_>>());
    assert_eq!(log.tail(), GlobalPosition::new(ROUNDS));
}

/// Subscriptions that begin before, within and after history see every later event once, in order.
pub async fn subscriptions_go_from_history_into_live_without_a_gap(make: Factory<'_>) {
    const EVENTS: u64 = 400;
    let log = make(Limits::DEFAULT);
    add(&log, 0, 0..100).await;
    let readers: Vec<_> = [(0, 7), (0, 4096), (50, 3), (100, 64), (200, 64)]
        .into_iter()
        .map(|(after, batch)| {
            let after = GlobalPosition::new(after);
            let mut subscription = Subscription::new(Arc::clone(&log), after).with_batch(batch);
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while subscription.position().get() < EVENTS {
                    let events = subscription.next().await.unwrap();
                    assert!((1..=batch).contains(&events.len()));
                    seen.extend(positions(&events));
                }
                assert_eq!(seen, (after.get() + 1..=EVENTS).collect::<Vec<_>>());
            })
        })
        .collect();
    for number in 100..EVENTS {
        add(&log, u128::from(number % 5), number..number + 1).await;
    }
    for reader in readers {
        reader.await.unwrap();
    }
    let mut at_the_tail = Subscription::new(Arc::clone(&log), log.tail());
    assert_eq!(at_the_tail.next_available().await.unwrap(), None);
}

/// A reader that does not read does not keep a writer from writing, and loses nothing.
pub async fn a_slow_reader_stalls_nobody(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    add(&log, 1, 0..1).await;
    let mut slow = Subscription::new(Arc::clone(&log), GlobalPosition::START).with_batch(1);
    assert_eq!(positions(&slow.next().await.unwrap()), [1]);
    for number in 0..50 {
        let events = (0..100).map(|index| event(number * 100 + index, 2000)).collect();
        let append = Append::to_stream(tenant("acme"), stream(2), ExpectedVersion::Any, events);
        log.append(append).await.unwrap();
    }
    for position in 2..=5001 {
        assert_eq!(positions(&slow.next().await.unwrap()), [position]);
    }
}

/// An append as large as is allowed, between small ones, comes back to the byte.
pub async fn appends_at_the_limits_are_kept_to_the_byte(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    let limits = Limits::DEFAULT;
    add(&log, 1, 0..1).await;
    let large: Vec<_> = (10..13).map(|number| event(number, 300 * 1024)).collect();
    let append = Append::to_stream(tenant("acme"), stream(2), ExpectedVersion::NoStream, large.clone());
    log.append(append).await.unwrap();
    let one = event(20, limits.event_bytes);
    let append = Append::to_stream(tenant("acme"), stream(3), ExpectedVersion::NoStream, vec![one.clone()]);
    log.append(append).await.unwrap();
    add(&log, 1, 1..2).await;
    let all = log.read_all(GlobalPosition::START, 100).await.unwrap();
    let events: Vec<_> = all.iter().map(|event| event.event.clone()).collect();
    assert_eq!(events[1..4], large[..]);
    assert_eq!(events[4], one);
    assert_eq!(positions(&all), [1, 2, 3, 4, 5, 6]);
    let mut backwards = log.read_all_backwards(GlobalPosition::new(u64::MAX), 100).await.unwrap();
    backwards.reverse();
    assert_eq!(backwards, all);
    assert!(log.verify().await.unwrap().is_clean());
}

/// The leaf hash is that of the record, and the tree head is that of the leaf hashes.
pub async fn leaf_hashes_and_tree_are_those_of_the_records(make: Factory<'_>) {
    let log = make(Limits::DEFAULT);
    let mut frontier = Frontier::default();
    for number in 0..70 {
        add(&log, u128::from(number % 3), number..number + 1 + number % 4).await;
        let head = log.tree_head();
        let after = GlobalPosition::new(frontier.size());
        for event in log.read_all(after, 100).await.unwrap() {
            assert_eq!(event.leaf_hash, leaf_hash(&encode_record(&event)));
            frontier.push(event.leaf_hash);
        }
        assert_eq!(frontier.head(), head);
    }
    let report = log.verify().await.unwrap();
    assert_eq!((report.root, report.events, report.is_clean()), (frontier.root(), frontier.size(), true));
}

/// Limits, places past the end, reading backwards in pieces.
pub async fn reads_respect_their_bounds(make: Factory<'_>) {
    let log = make(Limits { read_events: 20, ..Limits::DEFAULT });
    for number in 0..30 {
        add(&log, u128::from(number % 2), number..number + 1).await;
    }
    let at = GlobalPosition::new;
    assert_eq!(log.read_all(at(0), 0).await.unwrap(), []);
    assert_eq!(log.read_all(at(30), 5).await.unwrap(), []);
    assert_eq!(log.read_all(at(u64::MAX), 5).await.unwrap(), []);
    assert_eq!(positions(&log.read_all(at(0), 1000).await.unwrap()), (1..=20).collect::<Vec<_>>());
    assert_eq!(positions(&log.read_all(at(28), 1000).await.unwrap()), [29, 30]);
    assert_eq!(positions(&log.read_all_backwards(at(4), 2).await.unwrap()), [3, 2]);
    assert_eq!(positions(&log.read_all_backwards(at(3), 9).await.unwrap()), [2, 1]);
    assert_eq!(log.read_all_backwards(at(1), 9).await.unwrap(), []);
    assert_eq!(log.read_all_backwards(at(0), 9).await.unwrap(), []);
    let acme = tenant("acme");
    let stream_at = |from, limit| {
        let (log, acme) = (Arc::clone(&log), acme.clone());
        async move {
            let events = log.read_stream(&acme, &stream(1), StreamVersion::new(from), limit).await.unwrap();
            versions(&events)
        }
    };
    assert_eq!(stream_at(3, 4).await, [3, 4, 5, 6]);
    assert_eq!(stream_at(13, 9).await, [13, 14]);
    assert_eq!(stream_at(15, 9).await, [0_u64; 0]);
    assert_eq!(stream_at(0, 0).await, [0_u64; 0]);
}
