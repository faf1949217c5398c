//! Servers that come and go, services that stop.

use std::time::Duration;

use proto_events::BusCommand;
use tokio::time::Instant;
use vidimus_bus::ServiceOptions;
use vidimus_tests::nats::Server;

use crate::support::{
    BOUND, Service, all, ask, ask_until_answered, nobody_answers, subject, there_are, until, within,
};

#[tokio::test]
async fn it_begins_before_there_is_a_server() {
    let mut server = Server::start();
    server.kill();
    let service = Service::begin(&server, ServiceOptions::default()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!service.serving.is_finished());
    server.start_again();
    let client = async_nats::connect(server.url()).await.unwrap();
    there_are(1, &client).await;
    assert_eq!(&*ask(&client, subject(BusCommand::Propose), "{}").await.payload, b"done: {}");
}

#[tokio::test]
async fn it_is_there_again_when_the_server_is() {
    let mut server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    for _ in 0..3 {
        server.kill();
        server.start_again();
        assert_eq!(&*ask_until_answered(&client, "again").await.payload, b"done: again");
    }
    assert!(!service.serving.is_finished());
    service.stopped().await;
}

#[tokio::test]
async fn told_to_stop_it_takes_nothing_more_and_what_runs_is_answered() {
    let server = Server::start();
    let options = ServiceOptions { drain_timeout: 2 * BOUND, ..ServiceOptions::default() };
    let (service, client) = Service::start(&server, options).await;
    let running: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { ask(&client, subject(BusCommand::Get), "wait").await })
        })
        .collect();
    until("they run", || async { service.stub.bodies().len() == 10 }).await;
    service.stop.send_replace(true);
    until("nothing more is taken", || nobody_answers(&client, subject(BusCommand::Propose))).await;
    assert!(!service.serving.is_finished(), "it waits for what runs");
    service.stub.gate.add_permits(10);
    for answer in running {
        assert_eq!(&*within("an answer", answer).await.unwrap().payload, b"waited");
    }
    service.stopped().await;
    assert!(all(&client, "PING", 1).await.is_empty());
}

#[tokio::test]
async fn what_does_not_end_is_given_up() {
    let server = Server::start();
    let options = ServiceOptions { drain_timeout: Duration::from_millis(100), ..ServiceOptions::default() };
    let (service, client) = Service::start(&server, options).await;
    let asked = client.clone();
    tokio::spawn(async move { ask(&asked, subject(BusCommand::Get), "wait").await });
    until("it runs", || async { service.stub.bodies().len() == 1 }).await;
    service.stopped().await;
}

#[tokio::test]
async fn it_stops_without_a_server_too() {
    let mut server = Server::start();
    let options = ServiceOptions { drain_timeout: 2 * BOUND, ..ServiceOptions::default() };
    let (service, _) = Service::start(&server, options.clone()).await;
    server.kill();
    let began = Instant::now();
    service.stopped().await;
    // One that never had one.
    Service::begin(&server, options).await.stopped().await;
    assert!(began.elapsed() < BOUND);
}

#[tokio::test]
async fn a_service_whose_future_is_dropped_leaves_nothing_behind() {
    let server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    service.serving.abort();
    until("nobody says that there is one", || nobody_answers(&client, "$SRV.PING.vidimus".to_owned())).await;
    until("nobody takes commands", || nobody_answers(&client, subject(BusCommand::Propose))).await;
}

#[tokio::test]
async fn without_a_sender_it_stops() {
    let server = Server::start();
    let (service, _client) = Service::start(&server, ServiceOptions::default()).await;
    drop(service.stop);
    within("the service stops", service.serving).await.unwrap();
}
