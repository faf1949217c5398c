//! What the log on sled promises beyond the contract: its bounds, its end, its figures.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use proto_events::{
    Actor, ExpectedVersion, GlobalPosition, NewEvent, StreamId, StreamVersion, TenantId, Timestamp,
};
use tokio::time::timeout;
use uuid::Uuid;
use vidimus_log::{
    Append, AppendError, Appended, Broken, EventLog, Limits, OpenError, ReadError, SledLog, SledLogOptions,
    Subscription, Unavailable,
};

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

fn stream(number: u64) -> StreamId {
    StreamId::execution(Uuid::from_u128(u128::from(number)))
}

fn event(number: u64, bytes: usize) -> NewEvent {
    NewEvent {
        event_id: Uuid::from_u128(u128::from(number) + 1),
        event_type: "initiated".into(),
        schema_version: 1,
        recorded_at: Timestamp::from_micros(1_760_000_000_000_000),
        actor: Actor::agent("planner"),
        correlation_id: Uuid::from_u128(7),
        causation_id: None,
        payload: Bytes::from(format!("{{\"filler\":\"{}\"}}", "x".repeat(bytes))),
    }
}

/// One event to a stream of its own.
fn append(number: u64, bytes: usize) -> Append {
    Append::to_stream(tenant(), stream(number), ExpectedVersion::NoStream, vec![event(number, bytes)])
}

fn open(directory: &Path, limits: Limits, recent_bytes: usize) -> SledLog {
    SledLog::open(directory, SledLogOptions { limits, recent_bytes, ..SledLogOptions::default() }).unwrap()
}

/// Many appends at once, one stream each. Answers which were refused; everything else has to be in the log, once.
async fn flood(limits: Limits, appends: u64, bytes: usize) -> u64 {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(open(directory.path(), limits, 1 << 20));
    let tasks: Vec<_> = (0..appends)
        .map(|number| {
            let log = Arc::clone(&log);
            tokio::spawn(async move { (number, log.append(append(number, bytes)).await) })
        })
        .collect();
    let (mut passed, mut refused) = (Vec::new(), 0);
    for task in tasks {
        let (number, answer) = task.await.unwrap();
        let there = log.read_stream(&tenant(), &stream(number), StreamVersion::FIRST, 9).await.unwrap();
        match answer {
            Ok(Appended { first, last, .. }) => {
                assert_eq!(first, last);
                assert_eq!(there.iter().map(|event| event.position).collect::<Vec<_>>(), [first]);
                passed.push(first.get());
            }
            Err(error @ AppendError::Unavailable(Unavailable::Overloaded { what: "appends", .. })) => {
                assert!(error.is_retryable());
                assert_eq!(there, []);
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    passed.sort_unstable();
    assert_eq!(passed, (1..=appends - refused).collect::<Vec<_>>());
    assert_eq!(log.tail().get(), appends - refused);
    let report = log.verify().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.events, appends - refused);
    // There is room again when nothing waits.
    log.append(append(appends, bytes)).await.unwrap();
    refused
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_and_loses_nothing() {
    let refused = flood(Limits { queued_appends: 1, ..Limits::DEFAULT }, 400, 100).await;
    assert!((1..400).contains(&refused), "{refused} were refused");
    assert_eq!(flood(Limits::DEFAULT, 400, 100).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_wait_are_bounded_and_one_append_of_any_size_passes_an_empty_queue() {
    let refused = flood(Limits { queued_bytes: 1, ..Limits::DEFAULT }, 400, 2000).await;
    assert!((1..400).contains(&refused), "{refused} were refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_that_wait_for_the_disk_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { waiting_reads: 1, ..Limits::DEFAULT };
    let log = Arc::new(open(directory.path(), limits, 0));
    for number in 0..20 {
        log.append(append(number, 60_000)).await.unwrap();
    }
    let readers: Vec<_> = (0..50)
        .map(|_| {
            let log = Arc::clone(&log);
            tokio::spawn(async move { log.read_all(GlobalPosition::START, 20).await })
        })
        .collect();
    let (mut answered, mut refused) = (0, 0);
    for reader in readers {
        match reader.await.unwrap() {
            Ok(events) => {
                assert_eq!(events.len(), 20);
                answered += 1;
            }
            Err(error @ ReadError::Unavailable(Unavailable::Overloaded { what: "reads", .. })) => {
                assert!(error.is_retryable());
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(answered > 0 && refused > 0, "{answered} answered, {refused} refused");
    // One that is given up does not count for ever.
    for _ in 0..50 {
        let _ = timeout(Duration::ZERO, log.read_all(GlobalPosition::START, 20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(log.read_all(GlobalPosition::START, 20).await.unwrap().len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_holds_a_bounded_number_of_bytes_and_at_least_one_event() {
    for (read_bytes, recent_bytes, most) in
        [(1, 0, 1), (1, 1 << 24, 1), (300_000, 0, 4), (300_000, 1 << 24, 4)]
    {
        let directory = tempfile::tempdir().unwrap();
        let log = open(directory.path(), Limits { read_bytes, ..Limits::DEFAULT }, recent_bytes);
        for number in 0..12 {
            let append =
                Append::to_stream(tenant(), stream(1), ExpectedVersion::Any, vec![event(number, 100_000)]);
            log.append(append).await.unwrap();
        }
        let (mut forwards, mut backwards, mut of_stream) = (vec![], vec![], vec![]);
        loop {
            let after = GlobalPosition::new(forwards.len() as u64);
            let page = log.read_all(after, 100).await.unwrap();
            assert!(page.len() <= most);
            forwards.extend(page.iter().map(|event| event.position.get()));
            let before = GlobalPosition::new(13 - backwards.len() as u64);
            let page = log.read_all_backwards(before, 100).await.unwrap();
            assert!(page.len() <= most);
            backwards.extend(page.iter().map(|event| event.position.get()));
            let from = StreamVersion::new(of_stream.len() as u64);
            let page = log.read_stream(&tenant(), &stream(1), from, 100).await.unwrap();
            assert!(page.len() <= most);
            of_stream.extend(page.iter().map(|event| event.position.get()));
            if page.is_empty() {
                break;
            }
        }
        let all: Vec<u64> = (1..=12).collect();
        while backwards.len() < 12 {
            let before = GlobalPosition::new(13 - backwards.len() as u64);
            backwards.extend(
                log.read_all_backwards(before, 100).await.unwrap().iter().map(|event| event.position.get()),
            );
        }
        backwards.reverse();
        assert_eq!((&of_stream, &backwards), (&all, &all));
        assert_eq!(forwards, all[..forwards.len()]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_answers_what_waits_and_then_everything_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(open(directory.path(), Limits::DEFAULT, 1 << 20));
    log.append(append(0, 100)).await.unwrap();
    let tasks: Vec<_> = (1..300)
        .map(|number| {
            let log = Arc::clone(&log);
            tokio::spawn(async move { log.append(append(number, 500)).await })
        })
        .collect();
    let waiter = {
        let log = Arc::clone(&log);
        tokio::spawn(async move { log.wait_past(GlobalPosition::new(u64::MAX)).await })
    };
    let subscriber = {
        let log: Arc<dyn EventLog> = Arc::clone(&log) as _;
        tokio::spawn(async move {
            let mut subscription = Subscription::new(log, GlobalPosition::START);
            loop {
                if let Err(error) = subscription.next().await {
                    return (error, subscription.position());
                }
            }
        })
    };
    tokio::time::sleep(Duration::from_millis(2)).await;
    let closing =
        [Arc::clone(&log), Arc::clone(&log)].map(|log| tokio::task::spawn_blocking(move || log.close()));
    for closing in closing {
        closing.await.unwrap();
    }
    let mut passed = 1;
    for task in tasks {
        match timeout(Duration::from_secs(10), task).await.unwrap().unwrap() {
            Ok(_) => passed += 1,
            Err(error) => assert_eq!(error, AppendError::Broken(Broken::Closed)),
        }
    }
    let closed = ReadError::Broken(Broken::Closed);
    assert_eq!(closed.code(), "log_closed");
    assert_eq!(timeout(Duration::from_secs(10), waiter).await.unwrap().unwrap(), Err(closed.clone()));
    assert_eq!(timeout(Duration::from_secs(10), subscriber).await.unwrap().unwrap().0, closed);
    // The tail is still told; everything else is over, also what could be answered from memory.
    assert_eq!(log.tail().get(), passed);
    let start = GlobalPosition::START;
    assert_eq!(log.append(append(900, 1)).await, Err(AppendError::Broken(Broken::Closed)));
    assert_eq!(log.read_all(start, 9).await, Err(closed.clone()));
    assert_eq!(log.read_all(log.tail(), 9).await, Err(closed.clone()));
    assert_eq!(log.read_all_backwards(log.tail(), 9).await, Err(closed.clone()));
    assert_eq!(log.read_stream(&tenant(), &stream(0), StreamVersion::FIRST, 9).await, Err(closed.clone()));
    assert_eq!(log.stream_head(&tenant(), &stream(0)).await, Err(closed.clone()));
    assert_eq!(log.wait_past(start).await, Err(closed.clone()));
    assert_eq!(log.verify().await, Err(closed));
    // Whoever closed it does not have to drop it before it is opened again.
    let again = open(directory.path(), Limits::DEFAULT, 0);
    assert_eq!(again.tree_head(), log.tree_head());
    assert!(again.verify().await.unwrap().is_clean());
    again.append(append(900, 1)).await.unwrap();
    drop(log);
    assert_eq!(again.tail().get(), passed + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_has_one_process_and_says_which() {
    let directory = tempfile::tempdir().unwrap();
    let options = SledLogOptions { holder: "process 1 (a test)".to_owned(), ..SledLogOptions::default() };
    let log = SledLog::open(directory.path(), options.clone()).unwrap();
    let second = SledLog::open(directory.path(), options.clone()).err().unwrap();
    assert!(
        matches!(&second, OpenError::Locked { holder, .. } if holder == "process 1 (a test)"),
        "{second}"
    );
    assert_eq!(second.code(), "data_locked");
    drop(log);
    SledLog::open(directory.path(), options).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_that_nobody_waits_for_any_more_leave_the_log_whole() {
    const APPENDS: u64 = 300;
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(open(directory.path(), Limits::DEFAULT, 1 << 20));
    let mut answered = Vec::new();
    for number in 0..APPENDS {
        let append = Append {
            tenant: tenant(),
            writes: vec![
                vidimus_log::StreamWrite {
                    stream: stream(number),
                    expected: ExpectedVersion::NoStream,
                    events: vec![event(number, 200), event(number, 300)],
                },
                vidimus_log::StreamWrite {
                    stream: stream(1_000_000),
                    expected: ExpectedVersion::Any,
                    events: vec![event(number, 50)],
                },
            ],
        };
        // Some are given up before they are polled a second time, some a moment later.
        let patience = Duration::from_micros(number % 5 * 150);
        if let Ok(answer) = timeout(patience, log.append(append)).await {
            answer.unwrap();
            answered.push(number);
        }
    }
    // What was handed in before this is done when this is answered.
    log.append(append(2_000_000, 10)).await.unwrap();
    let mut there = 0;
    for number in 0..APPENDS {
        let events = log.read_stream(&tenant(), &stream(number), StreamVersion::FIRST, 9).await.unwrap();
        assert!(events.len() == 2 || events.is_empty(), "append {number} happened in part");
        assert!(!events.is_empty() || !answered.contains(&number), "append {number} was answered");
        there += events.len() as u64 / 2;
    }
    let shared = log.stream_head(&tenant(), &stream(1_000_000)).await.unwrap().unwrap();
    assert_eq!(shared.version.get() + 1, there);
    assert_eq!(log.tail().get(), 3 * there + 1);
    assert!(log.verify().await.unwrap().is_clean());
    let head = log.tree_head();
    drop(log);
    let log = open(directory.path(), Limits::DEFAULT, 0);
    assert_eq!(log.tree_head(), head);
    assert!(log.verify().await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_those_of_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), Limits::DEFAULT, 0);
    let empty = log.stats().unwrap();
    assert_eq!((empty.events, empty.streams), (0, 0));
    for number in 0..30 {
        let append = Append::to_stream(
            tenant(),
            stream(number % 7),
            ExpectedVersion::Any,
            vec![event(number, 10), event(number, 90)],
        );
        log.append(append).await.unwrap();
    }
    let stats = log.stats().unwrap();
    assert_eq!((stats.events, stats.streams, stats.root), (60, 7, log.tree_head().root));
    assert!(stats.bytes_on_disk > 0);
    let report = log.verify().await.unwrap();
    assert_eq!((report.events, report.streams, report.root), (60, 7, stats.root));
    drop(log);
    let log = open(directory.path(), Limits::DEFAULT, 0);
    let again = log.stats().unwrap();
    assert_eq!((again.events, again.streams, again.root), (60, 7, stats.root));
}

/// Nothing of a proof is kept: it comes from the blocks, whoever wrote them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_opened_again_proves_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let at = GlobalPosition::new;
    let log = open(directory.path(), Limits::DEFAULT, 0);
    for number in 0..200 {
        log.append(append(number, 300)).await.unwrap();
    }
    let positions = [at(1), at(64), at(65), at(128), at(199), at(200)];
    let included = log.inclusion_proofs(&positions, 200).await.unwrap();
    let consistent = log.consistency_proof(77, 200).await.unwrap();
    assert_eq!(included.head, log.tree_head());
    drop(log);
    let log = open(directory.path(), Limits::DEFAULT, 0);
    log.append(append(200, 300)).await.unwrap();
    assert_eq!(log.inclusion_proofs(&positions, 200).await.unwrap(), included);
    assert_eq!(log.consistency_proof(77, 200).await.unwrap(), consistent);
    let now = log.consistency_proof(200, 201).await.unwrap();
    assert_eq!((now.old, now.new), (included.head, log.tree_head()));
    log.close();
    let closed = log.inclusion_proofs(&positions, 200).await.unwrap_err();
    assert_eq!((closed.code(), closed.is_retryable()), ("log_closed", false));
}
