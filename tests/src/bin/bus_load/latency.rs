//! From the durable append to a subscriber, at a steady rate.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use proto_events::Subject;
use tokio::time::MissedTickBehavior;
use vidimus_tests::measure::{Measured, median, now};

use crate::{
    bare::Bare,
    sample,
    subscriber::{assert_all, subscribe},
    world::{World, server},
};

fn ticks(rate: f64) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(sample::EVENTS as f64 / rate));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    ticks
}

fn measured(sent: &HashMap<u64, Instant>, received: Vec<(u64, Instant)>, seconds: f64) -> Measured {
    let late = |(position, at): (u64, Instant)| {
        // It may well be there before the writer has its answer.
        u32::try_from(at.saturating_duration_since(sent[&position]).as_micros()).unwrap()
    };
    Measured::of(seconds, received.into_iter().map(late).collect())
}

/// The log with its relay; answers receipt after the append's answer, and after its beginning.
async fn vidimus(executions: u64, rate: f64) -> (Measured, Measured) {
    let ((server, _store), world) = (server(), World::new());
    let relay = world.relay(&server.url()).await;
    // The first event waits for streams to be made; it is not measured.
    world.append(u64::from(u32::MAX)).await;
    relay.caught_up().await;
    let receiving = subscribe(&server.url(), Subject::RECORDED, executions * sample::EVENTS).await;
    let (mut begun, mut answered, mut ticks, began) = (HashMap::new(), HashMap::new(), ticks(rate), now());
    for number in 0..executions {
        ticks.tick().await;
        let at = now();
        let last = world.append(number).await.get();
        for position in last + 1 - sample::EVENTS..=last {
            begun.insert(position, at);
            answered.insert(position, now());
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let received = receiving.await.unwrap();
    // The first execution was before the subscriber.
    assert_all(&received, sample::EVENTS + 1, (executions + 1) * sample::EVENTS);
    relay.stop().await;
    (measured(&answered, received.clone(), seconds), measured(&begun, received, seconds))
}

/// The bare publisher; answers receipt after the beginning of the publish.
async fn bare(executions: u64, rate: f64) -> Measured {
    let ((server, _store), world) = (server(), World::new());
    for number in 0..executions {
        world.append(number).await;
    }
    let [_, messages] = world.messages().await;
    let publisher = Bare::new(&server.url()).await;
    let receiving = subscribe(&server.url(), Subject::RECORDED, messages.len() as u64).await;
    let (mut sent, mut ticks, began) = (HashMap::new(), ticks(rate), now());
    let mut publishing = tokio::task::JoinSet::new();
    for (three, at) in
        messages.chunks(sample::EVENTS as usize).zip((1_u64..).step_by(sample::EVENTS as usize))
    {
        ticks.tick().await;
        for (message, position) in three.iter().cloned().zip(at..) {
            sent.insert(position, now());
            let publisher = publisher.clone();
            publishing.spawn(async move { publisher.publish(&message).await });
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    publishing.join_all().await;
    let mut received = receiving.await.unwrap();
    received.retain(|(position, _)| sent.contains_key(position));
    measured(&sent, received, seconds)
}

/// Rounds of both in turn.
pub(crate) async fn run(rate: f64, seconds: Duration, rounds: usize) {
    let executions = (rate * seconds.as_secs_f64() / sample::EVENTS as f64) as u64;
    let (mut after_answer, mut after_call, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (answer, call) = vidimus(executions, rate).await;
        after_answer.push(answer);
        after_call.push(call);
        alone.push(bare(executions, rate).await);
    }
    let told = |what: &str, rounds| {
        let of: Measured = median(rounds);
        println!(
            "{what}: {:.0} events/s, p50 {:.2} ms, p99 {:.2} ms",
            of.rate,
            of.millis(0.5),
            of.millis(0.99)
        );
    };
    told("append answered to receipt", after_answer);
    told("append asked to receipt", after_call);
    told("bare publish to receipt", alone);
}
