//! What happens to servers and to the relay's own process.

use std::time::Duration;

use tokio::time::sleep;
use vidimus_tests::nats::Server;

use crate::{
    harness::{Running, assert_exactly_once, history, settings, under_load},
    testing::Random,
    wire::Wire,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_at_the_start_has_everything_once_it_is() {
    let mut server = Server::start();
    server.stop();
    let (mut history, directory, settings) = (history(1), tempfile::tempdir().unwrap(), settings());
    history.grow(300).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    let status = running.in_trouble("nats_unavailable").await;
    let reason = &status[0].trouble.as_ref().unwrap().reason;
    assert!(reason.starts_with("NATS is not there: no server answers at this address"), "{reason}");
    assert_eq!((status[0].lag, status[1].published), (history.events, 0));
    server.start_again();
    let status = running.caught_up().await;
    assert_eq!(status[1].published, history.events);
    assert_eq!(status.each_ref().map(|status| status.feed), ["notifications", "recorded"]);
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_under_load_ends_with_everything_once() {
    let mut server = Server::start();
    let (history, directory, settings) = (history(2), tempfile::tempdir().unwrap(), settings());
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    let mut history = under_load(history, async {
        for round in 1..=3 {
            let published = |status: &vidimus_projection::RelayStatus| status.published;
            let before = running.relay.status().each_ref().map(published);
            running
                .wait("it moves on", |now| {
                    now.iter().zip(before).all(|(now, before)| now.published > before + 50)
                })
                .await;
            server.kill();
            running.in_trouble("nats_unavailable").await;
            server.start_again();
            if round < 3 {
                running.wait("it goes on", |status| status.iter().all(|s| s.trouble.is_none())).await;
            }
        }
    })
    .await;
    history.grow(history.events + 20).await;
    running.caught_up().await;
    running.stop().await;
    // The same store in another process, and another relay.
    server.stop();
    server.start_again();
    let again = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    history.grow(history.events + 20).await;
    again.caught_up().await;
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_aborted_anywhere_publishes_nothing_twice_and_leaves_nothing_out() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(3), tempfile::tempdir().unwrap(), settings());
    let mut random = Random::new(7);
    for round in 0..40 {
        history.grow(history.events + random.below(60)).await;
        let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
        if round % 4 == 0 {
            running.caught_up().await;
        }
        history.grow(history.events + random.below(20)).await;
        // Anywhere: between opening, looking, publishing, the acknowledgement, the checkpoint.
        sleep(Duration::from_micros(random.below(12_000))).await;
        running.abort().await;
    }
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    running.caught_up().await;
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_acknowledgements_make_nothing_twice() {
    let server = Server::start();
    let (history, directory, settings) = (history(4), tempfile::tempdir().unwrap(), settings());
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    let history = under_load(history, async {
        for _ in 0..4 {
            running
                .wait("it publishes", |status| status.iter().all(|s| s.trouble.is_none() && s.published > 0))
                .await;
            server.freeze();
            running.in_trouble("nats_unavailable").await;
            server.thaw();
        }
    })
    .await;
    running.caught_up().await;
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_writes_in_between_displaces_nothing() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(5), tempfile::tempdir().unwrap(), settings());
    history.grow(20).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    running.caught_up().await;
    let mut stranger = Wire::connect(&server.url());
    let history = under_load(history, async {
        for number in 0..400 {
            stranger.publish("vidimus.v1.acme.tool_execution.x.y", &number.to_string());
            stranger.publish("vidimus.v1.acme.recorded.x.y", &number.to_string());
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    running.caught_up().await;
    running.stop().await;
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [400, 400]);
    // From the start, without a checkpoint, and behind a stranger.
    stranger.publish("vidimus.v1.acme.recorded.x.y", "the last");
    let elsewhere = tempfile::tempdir().unwrap();
    let again = Running::start(&server.url(), &history.log, elsewhere.path(), &settings).await;
    let status = again.caught_up().await;
    assert_eq!(status.each_ref().map(|status| status.published), [0, 0]);
    assert!(status[1].foreign >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_counted_once_however_often_the_stream_is_looked_at() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(6), tempfile::tempdir().unwrap(), settings());
    history.grow(50).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    running.caught_up().await;
    let mut stranger = Wire::connect(&server.url());
    for _ in 0..3 {
        for _ in 0..5 {
            stranger.publish("vidimus.v1.acme.recorded.x.y", "mine");
        }
        history.grow(history.events + 20).await;
        running.caught_up().await;
    }
    assert_eq!(running.caught_up().await.each_ref().map(|status| status.foreign), [0, 15]);
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 15]);
}

/// The client of NATS cannot take such a header: on a stream it is a stranger's, and among the answers the connection's end.
#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_none_neither_holds_up_the_relay_nor_ends_it() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(7), tempfile::tempdir().unwrap(), settings());
    history.grow(20).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    running.caught_up().await;
    let none = [("X", "a\rb")];
    let mut stranger = Wire::connect(&server.url());
    let mut attacker = Wire::connect(&server.url());
    for round in 1..=3 {
        stranger.publish_with_headers("vidimus.v1.acme.recorded.x.y", &none);
        history.grow(history.events + 20).await;
        let status = running.caught_up().await;
        assert_eq!(status.each_ref().map(|status| status.foreign), [0, round]);
        let listening = std::thread::spawn(move || (attacker.next_inbox(), attacker));
        while !listening.is_finished() {
            history.grow(history.events + 1).await;
            sleep(Duration::from_millis(10)).await;
        }
        let inbox;
        (inbox, attacker) = listening.join().unwrap();
        attacker.publish_with_headers(&inbox, &none);
        history.grow(history.events + 20).await;
        running.caught_up().await;
    }
    running.stop().await;
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 3]);
}
