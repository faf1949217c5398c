//! Deliverers that end in the middle, and files that are lost.

use proto_events::GlobalPosition;
use vidimus_engine::CreatedWebhook;
use vidimus_webhook::delivery_on_disk;

use crate::{
    receiver::{Receiver, Reply},
    world::{World, ada, settings, stands, tenant, until},
};

/// What comes twice comes at a seam: in each run, what it begins with is no later than what follows the run before.
fn without_seams(positions: &[u64]) -> Vec<u64> {
    let mut once: Vec<u64> = Vec::new();
    for position in positions {
        match once.last() {
            Some(last) if position <= last => assert!(once.contains(position), "{position} comes too late"),
            _ => once.push(*position),
        }
    }
    once
}

#[tokio::test]
async fn a_crash_in_the_middle_loses_nothing() {
    let world = World::new();
    let receiver = Receiver::start().await;
    world.webhook("acme", &receiver.url()).await;
    for _ in 0..50 {
        world.call("acme").await;
    }
    let expected = world.expected_positions("acme", GlobalPosition::START).await;
    for crash in 1..=4 {
        let running = world.deliverer(settings());
        let before = receiver.got().len();
        until("some more are there", || receiver.got().len() >= before + 15).await;
        running.kill().await;
        // All that was taken but the last was written.
        let first = receiver.positions()[before];
        assert!(crash == 1 || first > expected[0], "run {crash} began with {first}");
    }
    let running = world.deliverer(settings());
    until("the last is there", || receiver.positions().contains(&expected[99])).await;
    assert_eq!(without_seams(&receiver.positions()), expected);
    running.stop().await;
}

/// A place that runs ahead of what was taken would leave out what was refused when the process ended.
#[tokio::test]
async fn a_crash_while_it_is_refused_leaves_nothing_out() {
    let world = World::new();
    let receiver = Receiver::start().await;
    world.webhook("acme", &receiver.url()).await;
    for _ in 0..10 {
        world.call("acme").await;
    }
    let expected = world.expected_positions("acme", GlobalPosition::START).await;
    for refused in [expected[0], expected[7], expected[8], expected[19]] {
        receiver.answers(move |got| Reply::Status(if got.position() < refused { 200 } else { 500 }));
        let before = receiver.got().len();
        let running = world.deliverer(settings());
        let times = || receiver.positions()[before..].iter().filter(|got| **got == refused).count();
        until("it is refused for the third time", || times() >= 3).await;
        running.kill().await;
        receiver.answers(|_| Reply::Status(500));
        let before = receiver.got().len();
        let running = world.deliverer(settings());
        until("it is tried again", || receiver.got().len() > before).await;
        assert_eq!(receiver.positions()[before], refused, "the next run begins with it");
        running.kill().await;
    }
}

#[tokio::test]
async fn a_stop_repeats_nothing() {
    let world = World::new();
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &receiver.url()).await;
    for _ in 0..3 {
        let running = world.deliverer(settings());
        world.call("acme").await;
        stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
        running.stop().await;
        let on_disk = delivery_on_disk(&world.files(), &tenant("acme"), &created.webhook);
        assert_eq!(on_disk.position, world.engine.tail());
    }
    assert_eq!(receiver.positions(), world.expected_positions("acme", GlobalPosition::START).await);
}

/// The day counts from the first attempt, whoever made it.
#[tokio::test]
async fn what_was_tried_before_a_restart_counts_after_it() {
    let world = World::new();
    let receiver = Receiver::start().await;
    receiver.answers(|_| Reply::Status(500));
    let created = world.webhook("acme", &receiver.url()).await;
    world.call("acme").await;
    let failing = async |running: &crate::world::Running, attempts: u32| {
        let is_so = |delivery: &vidimus_engine::Delivery| {
            delivery.failing.as_ref().is_some_and(|failing| failing.attempts >= attempts)
        };
        stands(running, &created, is_so).await.failing.unwrap()
    };
    let running = world.deliverer(settings());
    let before = failing(&running, 3).await;
    running.stop().await;
    let running = world.deliverer(settings());
    let after = failing(&running, before.attempts + 1).await;
    assert_eq!((after.since, after.position), (before.since, before.position));
    running.stop().await;
}

#[tokio::test]
async fn a_file_that_is_lost_means_again_and_never_too_little() {
    let world = World::new();
    let receiver = Receiver::start().await;
    let CreatedWebhook { webhook, .. } = world.webhook("acme", &receiver.url()).await;
    let file = world.files().join(format!("acme.{}.json", webhook.webhook_id));
    world.call("acme").await;
    let all = world.expected_positions("acme", GlobalPosition::START).await;
    let mut sent = 0;
    for damage in [None, Some(""), Some("{\"version\":1}")] {
        let running = world.deliverer(settings());
        until("all are there", || receiver.got().len() == sent + all.len()).await;
        running.stop().await;
        assert_eq!(receiver.positions()[sent..], all);
        sent = receiver.got().len();
        match damage {
            None => std::fs::remove_file(&file).unwrap(),
            Some(text) => std::fs::write(&file, text).unwrap(),
        }
    }
    // After a replay, from there.
    let after = Some(GlobalPosition::new(all[0]));
    world.engine.replay_webhook(&ada("acme"), webhook.webhook_id, after).await.unwrap();
    let running = world.deliverer(settings());
    until("what comes after is there", || receiver.got().len() > sent).await;
    assert_eq!(receiver.positions()[sent..], all[1..]);
    running.stop().await;
}

/// A replay that nobody saw before the process ended: the file is of the run before it, and does not count.
#[tokio::test]
async fn a_replay_while_nothing_runs_counts() {
    let world = World::new();
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &receiver.url()).await;
    world.call("acme").await;
    let running = world.deliverer(settings());
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    running.stop().await;
    let all = receiver.positions();
    world
        .engine
        .replay_webhook(&ada("acme"), created.webhook.webhook_id, Some(GlobalPosition::START))
        .await
        .unwrap();
    let running = world.deliverer(settings());
    until("all are there again", || receiver.got().len() == 2 * all.len()).await;
    assert_eq!(receiver.positions(), [&*all, &*all].concat());
    running.stop().await;
}
