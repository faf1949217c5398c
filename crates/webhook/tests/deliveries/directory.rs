//! Whatever is in the directory of the files, the deliverer goes on.

use proto_events::GlobalPosition;
use vidimus_webhook::delivery_on_disk;

use crate::{
    receiver::Receiver,
    world::{World, settings, stands, tenant, until},
};

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let world = World::new();
    let receiver = Receiver::start().await;
    world.webhook("acme", &receiver.url()).await;
    world.call("acme").await;
    std::fs::create_dir_all(world.files().join("lost+found")).unwrap();
    std::fs::write(world.files().join("README"), "mine").unwrap();
    let running = world.deliverer(settings());
    until("all are there", || receiver.got().len() == 2).await;
    running.stop().await;
    assert!(world.files().join("lost+found").is_dir());
    assert_eq!(std::fs::read_to_string(world.files().join("README")).unwrap(), "mine");
}

/// Nothing is delivered that would be delivered again at every start.
#[tokio::test]
async fn a_directory_that_cannot_be_used_is_waited_for() {
    let world = World::new();
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &receiver.url()).await;
    world.call("acme").await;
    std::fs::write(world.files(), "in the way").unwrap();
    let running = world.deliverer(settings());
    // Meanwhile others begin and come to an end.
    let (elsewhere, other) = (World::new(), Receiver::start().await);
    elsewhere.webhook("acme", &other.url()).await;
    elsewhere.call("acme").await;
    let beside = elsewhere.deliverer(settings());
    until("the others have all", || other.got().len() == 2).await;
    beside.stop().await;
    assert_eq!(receiver.got(), []);
    std::fs::remove_file(world.files()).unwrap();
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    running.stop().await;
    assert_eq!(receiver.positions(), world.expected_positions("acme", GlobalPosition::START).await);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_holds_up_its_webhook_alone() {
    let world = World::new();
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    let created = world.webhook("acme", &receiver.url()).await;
    world.webhook("acme", &other.url()).await;
    world.call("acme").await;
    let file = world.files().join(format!("acme.{}.json", created.webhook.webhook_id));
    std::fs::create_dir_all(&file).unwrap();
    let running = world.deliverer(settings());
    let at = stands(&running, &created, |delivery| delivery.last_failure.is_some()).await;
    assert_eq!(at.last_failure.unwrap().reason, "the server cannot read where the webhook stands");
    until("the other goes on", || other.got().len() == 2).await;
    assert_eq!(receiver.got(), []);
    std::fs::remove_dir(&file).unwrap();
    until("it goes on, too", || receiver.got().len() == 2).await;
    running.stop().await;
}

#[tokio::test]
async fn a_directory_that_is_removed_meanwhile_is_made_again() {
    let world = World::new();
    let receiver = Receiver::start().await;
    let created = world.webhook("acme", &receiver.url()).await;
    world.call("acme").await;
    let running = world.deliverer(settings());
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    std::fs::remove_dir_all(world.files()).unwrap();
    world.call("acme").await;
    stands(&running, &created, |delivery| delivery.position >= world.engine.tail()).await;
    running.stop().await;
    let on_disk = delivery_on_disk(&world.files(), &tenant("acme"), &created.webhook);
    assert_eq!(on_disk.position, world.engine.tail());
}
