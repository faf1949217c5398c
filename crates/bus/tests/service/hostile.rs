//! Whoever may send a command may send anything.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use futures_util::StreamExt as _;
use proto_events::BusCommand;
use tokio::sync::watch;
use vidimus_bus::{Credentials, Options, ServiceOptions};
use vidimus_tests::nats::Server;

use crate::support::{
    BOUND, Service, all, ask, ask_until_answered, nobody_answers, subject, there_are, until, within,
};

#[tokio::test]
async fn a_command_that_nobody_awaits_an_answer_to_is_not_done() {
    let server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    client.publish(subject(BusCommand::Propose), "unasked".into()).await.unwrap();
    ask(&client, subject(BusCommand::Propose), "asked").await;
    assert_eq!(service.stub.bodies(), ["asked"]);
}

#[tokio::test]
async fn nobody_has_the_service_write_where_streams_are_kept() {
    let server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    let mut written = client.subscribe("vidimus.v1.other.>").await.unwrap();
    let mut asked = client.subscribe("$JS.API.>").await.unwrap();
    for target in ["vidimus.v1.other.tool_execution.0.initiated", "$JS.API.STREAM.LIST"] {
        client.publish_with_reply(subject(BusCommand::Propose), target, "{}".into()).await.unwrap();
    }
    ask(&client, subject(BusCommand::Propose), "asked").await;
    assert_eq!(service.stub.bodies(), ["asked"]);
    let quiet = Duration::from_millis(200);
    assert!(tokio::time::timeout(quiet, written.next()).await.is_err());
    assert!(tokio::time::timeout(quiet, asked.next()).await.is_err());
}

/// A message with headers as they are, past every client.
fn send_raw(server: &Server, header: &[u8]) {
    send(server, "", header);
}

fn send(server: &Server, user: &str, header: &[u8]) {
    let address = server.url().replace("nats://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    let headers = [b"NATS/1.0\r\n", header, b"\r\n\r\n"].concat();
    let head = format!(
        "CONNECT {{\"verbose\":false,\"headers\":true{user}}}\r\nHPUB {} _INBOX.x {} {}\r\n",
        subject(BusCommand::Propose),
        headers.len(),
        headers.len()
    );
    stream.write_all(&[head.as_bytes(), &headers, b"\r\nPING\r\n"].concat()).unwrap();
    let mut said = String::new();
    while !said.contains("PONG") {
        let mut some = [0; 4096];
        let read = stream.read(&mut some).unwrap();
        assert!(read > 0, "{said}");
        said.push_str(&String::from_utf8_lossy(&some[..read]));
    }
}

#[tokio::test]
async fn headers_that_are_not_utf_8_cost_a_connection_and_no_more() {
    let server = Server::start();
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    send_raw(&server, b"X: \xff\xfe");
    assert_eq!(&*ask_until_answered(&client, "again").await.payload, b"done: again");
    assert!(!service.serving.is_finished());
}

/// The client's own task ends in a panic then.
#[tokio::test]
async fn whoever_ends_connections_in_a_loop_does_not_keep_others_from_their_answers() {
    const COMMANDS: usize = 30;
    const ATTACKS: usize = 10;
    let server = Arc::new(Server::start());
    let (service, client) = Service::start(&server, ServiceOptions::default()).await;
    // It has begun before, and is answered after: on another connection.
    let asked = client.clone();
    let long = tokio::spawn(async move { ask(&asked, subject(BusCommand::Get), "wait").await });
    until("it runs", || async { service.stub.bodies().len() == 1 }).await;
    let id = async || all(&client, "PING", 1).await.first().map(|ping| ping["id"].clone());
    let before = id().await;
    let (sent, attacks) = watch::channel(0);
    let attacked = Arc::clone(&server);
    let attacker = tokio::task::spawn_blocking(move || {
        // Until nobody counts them.
        while !sent.is_closed() {
            send_raw(&attacked, b"X: a\rb");
            sent.send_modify(|sent| *sent += 1);
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    until("another is there", async || id().await.is_some_and(|id| Some(id) != before)).await;
    let mut answered = 0;
    while answered < COMMANDS || *attacks.borrow() < ATTACKS {
        assert_eq!(&*ask_until_answered(&client, "victim").await.payload, b"done: victim");
        answered += 1;
    }
    drop(attacks);
    within("the attacker ends", attacker).await.unwrap();
    assert!(!service.serving.is_finished());
    there_are(1, &client).await;
    service.stub.gate.add_permits(1);
    assert_eq!(&*within("an answer", long).await.unwrap().payload, b"waited");
    service.stopped().await;
}

#[tokio::test]
async fn what_runs_when_the_connection_ends_has_its_time_when_the_service_is_told_to_stop() {
    let server = Server::start();
    let options = ServiceOptions { drain_timeout: 2 * BOUND, ..ServiceOptions::default() };
    let (service, client) = Service::start(&server, options).await;
    let asked = client.clone();
    let long = tokio::spawn(async move { ask(&asked, subject(BusCommand::Get), "wait").await });
    until("it runs", || async { service.stub.bodies().len() == 1 }).await;
    send_raw(&server, b"X: a\rb");
    assert_eq!(&*ask_until_answered(&client, "again").await.payload, b"done: again");
    service.stop.send_replace(true);
    until("nothing more is taken", || nobody_answers(&client, subject(BusCommand::Propose))).await;
    assert!(!service.serving.is_finished(), "it waits for what runs");
    service.stub.gate.add_permits(1);
    assert_eq!(&*within("an answer", long).await.unwrap().payload, b"waited");
    within("the service stops", service.serving).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_missing_for_a_moment_costs_that_moment() {
    let key = nkeys::KeyPair::new_user();
    let server = Server::start_with(&format!(
        "authorization {{ users: [ {{ nkey: {} }}, {{ user: other, password: secret }} ] }}\n",
        key.public_key()
    ));
    let (file, seed) = (server.directory().join("seed"), key.seed().unwrap());
    std::fs::write(&file, &seed).unwrap();
    let credentials = Credentials::NkeyFile(file.clone());
    let connection = Options { credentials, ..Options::new(server.url()) };
    let service = Service::begin_as(connection, ServiceOptions::default()).await;
    let other = async_nats::ConnectOptions::with_user_and_password("other".into(), "secret".into());
    let client = other.connect(server.url()).await.unwrap();
    there_are(1, &client).await;
    let status = || service.service.status();
    assert_eq!((status().serving, status().trouble), (true, None));

    std::fs::remove_file(&file).unwrap();
    send(&server, ",\"user\":\"other\",\"pass\":\"secret\"", b"X: a\rb");
    until("it says what is missing", || async {
        status().trouble.is_some_and(|trouble| trouble.code == "nats_file_unusable")
    })
    .await;
    let reason = status().trouble.unwrap().reason;
    assert!(!status().serving && reason.contains("seed"), "{reason}");
    std::fs::write(&file, &seed).unwrap();
    until("it serves again", || async { status().serving }).await;
    there_are(1, &client).await;
    assert_eq!(&*ask(&client, subject(BusCommand::Propose), "again").await.payload, b"done: again");
    assert_eq!(status().trouble, None);
    service.stopped().await;
}

#[tokio::test]
async fn it_says_that_there_is_no_server_and_that_there_is_one_again() {
    let mut server = Server::start();
    let (service, _client) = Service::start(&server, ServiceOptions::default()).await;
    assert!(service.service.status().serving);
    for _ in 0..2 {
        server.kill();
        until("it says so", || async {
            let status = service.service.status();
            !status.serving && status.trouble.is_some_and(|trouble| trouble.code == "nats_unavailable")
        })
        .await;
        server.start_again();
        until("it serves", || async { service.service.status().serving }).await;
    }
}
