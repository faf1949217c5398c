//! Where a stream is: deleted, of another log, with and without a checkpoint.

use std::sync::Arc;

use tokio::time::sleep;
use vidimus_log::EventLog;
use vidimus_tests::nats::Server;

use crate::{
    harness::{Running, assert_exactly_once, history, settings},
    wire::Wire,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_deleted_while_it_runs_gets_everything_again() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(11), tempfile::tempdir().unwrap(), settings());
    history.grow(200).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    running.caught_up().await;
    let mut operator = Wire::connect(&server.url());
    operator.delete(&settings.recorded.name);
    operator.delete(&settings.notifications.name);
    history.grow(history.events + 30).await;
    running.caught_up().await;
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
    running.stop().await;
    // And while it does not run.
    operator.delete(&settings.recorded.name);
    let again = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    let status = again.caught_up().await;
    assert_eq!(status.each_ref().map(|status| status.published), [0, history.events]);
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_messages_of_another_log_nothing_is_published() {
    let server = Server::start();
    let (mut first, mut second) = (history(12), history(13));
    let (directory, settings) = (tempfile::tempdir().unwrap(), settings());
    first.grow(100).await;
    let running = Running::start(&server.url(), &first.log, directory.path(), &settings).await;
    running.caught_up().await;
    running.stop().await;
    // One that differs, one that is behind; with the checkpoints of the first and without.
    second.grow(200).await;
    let empty: Arc<dyn EventLog> = Arc::new(vidimus_log::MemoryLog::default());
    let elsewhere = tempfile::tempdir().unwrap();
    for (log, directory) in [
        (&second.log, directory.path()),
        (&second.log, elsewhere.path()),
        (&empty, directory.path()),
        (&empty, elsewhere.path()),
    ] {
        let running = Running::start(&server.url(), log, directory, &settings).await;
        let status = running.in_trouble("relay_other_history").await;
        let reason = &status[1].trouble.as_ref().unwrap().reason;
        assert!(reason.contains("of a log that is not this one"), "{reason}");
        assert_eq!(status.each_ref().map(|status| status.published), [0, 0]);
        running.stop().await;
    }
    assert_exactly_once(&server.url(), &first.log, &settings).await;
    // The first one goes on as if nothing had been.
    let running = Running::start(&server.url(), &first.log, directory.path(), &settings).await;
    first.grow(first.events + 20).await;
    running.caught_up().await;
    assert_exactly_once(&server.url(), &first.log, &settings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_lost_or_damaged_does_no_harm() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(14), tempfile::tempdir().unwrap(), settings());
    let file = directory.path().join("relay-recorded.json");
    let mut old = Vec::new();
    for round in 0..5 {
        history.grow(history.events + 40).await;
        let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
        let before = history.events;
        history.grow(before + 10).await;
        running.caught_up().await;
        running.stop().await;
        let text = std::fs::read(&file).unwrap();
        assert!(!directory.path().join("relay-recorded.json.new").exists());
        match round {
            0 => old = text,
            1 => std::fs::remove_file(&file).unwrap(),
            2 => std::fs::write(&file, &text[..text.len() / 2]).unwrap(),
            // Of a backup: older than the stream.
            3 => std::fs::write(&file, &old).unwrap(),
            _ => {}
        }
    }
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_an_older_message_is_not_taken_for_the_place() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(15), tempfile::tempdir().unwrap(), settings());
    history.grow(100).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    running.caught_up().await;
    running.stop().await;
    let third = history.log.read_all(proto_events::GlobalPosition::new(2), 1).await.unwrap().remove(0);
    let leaf_hash = third.leaf_hash.to_string();
    let mut stranger = Wire::connect(&server.url());
    stranger.publish_with_headers(
        "vidimus.v1.acme.recorded.x.y",
        &[("Vidimus-Position", "3"), ("Vidimus-Leaf-Hash", &leaf_hash)],
    );
    let again = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    let before = history.events;
    history.grow(before + 20).await;
    let status = again.caught_up().await;
    assert_eq!((status[1].published, status[1].foreign), (history.events - before, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_has_no_notification_and_is_recorded_all_the_same() {
    let server = Server::start();
    let (mut history, directory, settings) = (history(16), tempfile::tempdir().unwrap(), settings());
    history.grow(40).await;
    history.append_unknown(&"acme".parse().unwrap(), "of_a_newer_program", 1).await;
    history.append_unknown(&"acme".parse().unwrap(), "initiated", 9).await;
    history.events += 2;
    history.grow(80).await;
    let running = Running::start(&server.url(), &history.log, directory.path(), &settings).await;
    let status = running.caught_up().await;
    assert_eq!(status[1].published, history.events);
    assert_eq!(assert_exactly_once(&server.url(), &history.log, &settings).await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_closed_ends_the_relay_and_nothing_else_does() {
    let server = Server::start();
    let (data, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = vidimus_log::SledLog::open(data.path(), Default::default()).unwrap();
    let log = Arc::new(log);
    let shared: Arc<dyn EventLog> = log.clone();
    let mut history = crate::testing::History::new(shared, 17);
    history.grow(60).await;
    let relay = vidimus_projection::Relay::new(
        crate::harness::bus(&server.url()).await,
        log.clone(),
        directory.path(),
        settings(),
    );
    let run = relay.clone();
    let task = tokio::spawn(async move { run.run(std::future::pending()).await });
    while relay.status().iter().any(|status| status.lag > 0) {
        sleep(std::time::Duration::from_millis(5)).await;
    }
    log.close();
    let error = tokio::time::timeout(crate::harness::PATIENCE, task).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.code(), "log_closed");
}
