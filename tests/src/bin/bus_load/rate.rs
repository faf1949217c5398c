//! The highest rate that is kept up: appends as fast as they go, until a subscriber has every event of both streams.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proto_events::Subject;
use vidimus_tests::measure::now;

use crate::{
    bare::Bare,
    sample,
    subscriber::{assert_all, subscribe},
    world::{World, append, server},
};

/// Writers that each wait for their answer.
const WRITERS: u64 = 64;

/// Answers events a second appended, and the same until the subscriber had the last of them.
async fn vidimus(executions: u64) -> (f64, f64) {
    let ((server, _store), world) = (server(), World::new());
    let events = executions * sample::EVENTS;
    let relay = world.relay(&server.url()).await;
    let recorded = subscribe(&server.url(), Subject::RECORDED, events).await;
    let notified = subscribe(&server.url(), Subject::NOTIFICATIONS, events).await;
    let (next, began) = (Arc::new(AtomicU64::new(0)), now());
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let (log, next) = (Arc::clone(&world.log), Arc::clone(&next));
        writers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= executions {
                    return;
                }
                append(&log, number).await;
            }
        });
    }
    writers.join_all().await;
    let appended = events as f64 / began.elapsed().as_secs_f64();
    for receiving in [recorded, notified] {
        let received = receiving.await.unwrap();
        assert_all(&received, 1, events);
    }
    let delivered = events as f64 / began.elapsed().as_secs_f64();
    relay.stop().await;
    (appended, delivered)
}

/// Answers events a second, published to both streams until the subscriber had the last of them.
async fn bare(executions: u64) -> f64 {
    let ((server, _store), world) = (server(), World::new());
    for number in 0..executions {
        world.append(number).await;
    }
    let [notifications, recorded] = world.messages().await;
    let publisher = Bare::new(&server.url()).await;
    let events = recorded.len() as u64;
    let receiving = [
        subscribe(&server.url(), Subject::RECORDED, events).await,
        subscribe(&server.url(), Subject::NOTIFICATIONS, events).await,
    ];
    let began = now();
    tokio::join!(publisher.publish_all(&notifications), publisher.publish_all(&recorded));
    for receiving in receiving {
        assert_eq!(receiving.await.unwrap().len() as u64, events);
    }
    events as f64 / began.elapsed().as_secs_f64()
}

/// Rounds of both in turn.
pub(crate) async fn run(seconds: Duration, rounds: usize) {
    // About so many are taken in a second on two cores; the figure is what was measured, not this.
    let executions = (seconds.as_secs_f64() * 4000.0) as u64;
    let mut measured = Vec::new();
    for _ in 0..rounds {
        let (appended, delivered) = vidimus(executions).await;
        measured.push((delivered, appended, bare(executions).await));
    }
    measured.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (delivered, appended, bare) = measured[measured.len() / 2];
    println!(
        "{} events on both streams, none lost: appended {appended:.0}/s, delivered {delivered:.0}/s; bare {bare:.0}/s; ratio {:.2}",
        executions * sample::EVENTS,
        delivered / bare
    );
}
