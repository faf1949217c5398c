//! Streams that forget: what has expired cannot be read back.

use std::time::Duration;

use proto_events::GlobalPosition;
use tokio::time::{Instant, sleep};
use vidimus_projection::RelaySettings;
use vidimus_tests::nats::Server;

use crate::{
    harness::{PATIENCE, Running, bus, history, settings, stored},
    wire::Wire,
};

fn forgetful() -> RelaySettings {
    let mut settings = settings();
    settings.notifications.max_age = Some(Duration::from_secs(1));
    settings.recorded.max_age = Some(Duration::from_secs(1));
    settings
}

async fn forgotten(server: &Server, settings: &RelaySettings) {
    let mut operator = Wire::connect(&server.url());
    let until = Instant::now() + PATIENCE;
    for spec in [&settings.notifications, &settings.recorded] {
        while operator.info(&spec.name)["state"]["messages"] != 0 {
            assert!(Instant::now() < until);
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_everything_has_expired_it_goes_on_after_the_checkpoint() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(31), tempfile::tempdir().unwrap(), forgetful());
    history.grow(100).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    running.caught_up().await;
    running.stop().await;
    forgotten(&server, &settings).await;
    let before = history.events;
    history.grow(before + 30).await;
    let again = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    let status = again.caught_up().await;
    assert_eq!(status[1].published, history.events - before);
    assert_eq!(status[1].position, GlobalPosition::new(history.events));
    // Also behind a stranger.
    again.stop().await;
    forgotten(&server, &settings).await;
    Wire::connect(&server.url()).publish("vidimus.v1.acme.recorded.x.y", "mine");
    let before = history.events;
    history.grow(before + 30).await;
    let again = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    assert_eq!(again.caught_up().await[1].published, history.events - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_everything_has_expired_and_no_checkpoint_is_left_it_begins_again() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(32), tempfile::tempdir().unwrap(), forgetful());
    history.grow(100).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    running.caught_up().await;
    running.stop().await;
    forgotten(&server, &settings).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let mut lasting = settings.clone();
    lasting.recorded.max_age = None;
    Wire::connect(&server.url()).edit(&lasting.recorded.name, |config| config["max_age"] = 0.into());
    let again = Running::start(&server.url(), &history.log, elsewhere.path(), &lasting).await;
    assert_eq!(again.caught_up().await[1].published, history.events);
    let positions: Vec<u64> = stored(&bus(&server.url()).await, &lasting.recorded)
        .await
        .into_iter()
        .map(|(_, named)| named.unwrap().0.parse().unwrap())
        .collect();
    assert_eq!(positions, (1..=history.events).collect::<Vec<_>>());
}
