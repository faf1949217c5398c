//! Files that are newer than the log: it was restored from a backup, and they were not.

use std::path::Path;

use proto_events::GlobalPosition;
use uuid::Uuid;

use crate::{
    receiver::Receiver,
    world::{World, settings, stands, tenant, until},
};

fn file(world: &World, webhook_id: Uuid) -> std::path::PathBuf {
    world.files().join(format!("{}.{webhook_id}.json", tenant("acme")))
}

/// A world whose webhook took everything, and the file that says so.
async fn delivered(calls: usize) -> (World, Uuid) {
    let world = World::new();
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &receiver.url()).await;
    for _ in 0..calls {
        world.call("acme").await;
    }
    let running = world.deliverer(settings());
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    running.stop().await;
    (world, created.webhook.webhook_id)
}

/// The file of another log's webhook, as one of this.
async fn with_file_of(other: &Path, calls: usize) -> (Vec<u64>, Vec<u64>) {
    let world = World::new();
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &receiver.url()).await;
    for _ in 0..calls {
        world.call("acme").await;
    }
    std::fs::create_dir(world.files()).unwrap();
    std::fs::copy(other, file(&world, created.webhook.webhook_id)).unwrap();
    let running = world.deliverer(settings());
    let expected = world.expected_positions("acme", GlobalPosition::START).await;
    until("all are there", || receiver.got().len() >= expected.len()).await;
    // And on from there.
    world.call("acme").await;
    let expected = world.expected_positions("acme", GlobalPosition::START).await;
    until("what is new is there", || receiver.got().len() >= expected.len()).await;
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    running.stop().await;
    (receiver.positions(), expected)
}

#[tokio::test]
async fn a_place_past_the_end_of_the_log_does_not_count() {
    let (later, webhook_id) = delivered(10).await;
    let (got, expected) = with_file_of(&file(&later, webhook_id), 3).await;
    assert_eq!(got, expected);
}

/// The log has grown past it since, with other events.
#[tokio::test]
async fn a_place_in_another_history_does_not_count() {
    let (other, webhook_id) = delivered(3).await;
    let (got, expected) = with_file_of(&file(&other, webhook_id), 10).await;
    assert_eq!(got, expected);
}
