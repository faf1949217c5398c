//! Stopping: nothing accepted is lost, nothing open holds it up for long.

use std::time::Duration;

use hyper::Method;
use proto_events::{Access, Role};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

use crate::support::{Options, TENANT, World, call, send, until, within};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_without_end_ends() {
    let world = World::start().await;
    world.access(TENANT, Access::EnabledWithConfirmation).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let answer = world.propose(&key, 1).await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(world.stream("?after=0", &key, &[]).await);
    }
    let mut waits = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let mut connection = world.connect().await;
        let path = format!("/v1/executions/{}?wait=60s", answer["execution_id"].as_str().unwrap());
        let key = key.clone();
        waits.spawn(async move { send(&mut connection, Method::GET, &path, &key, &[], None).await });
    }
    until("they wait", async || world.metric("vidimus_waiters ").await == 10.0).await;
    let mut idle = world.connect().await;
    send(&mut idle, Method::GET, "/healthz", "", &[], None).await.expect(200);
    let address = world.address;
    let began = Instant::now();
    world.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5), "well before anything is closed by force");
    for mut stream in streams {
        assert!(stream.next().await.is_some() && stream.next().await.is_some());
        assert_eq!(stream.next().await, None);
    }
    while let Some(answer) = within("a waiter is answered", waits.join_next()).await {
        assert_eq!(answer.unwrap().expect(200).json["stage"], "awaiting_approval");
    }
    assert!(idle.ready().await.is_err());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_is_finished() {
    let world = World::start().await;
    world.access(TENANT, Access::Enabled).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let body = call(1).to_string();
    let head = format!(
        "POST /v1/executions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.len(),
        &body[..10]
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    until("it is being answered", async || world.metric("vidimus_http_requests_in_flight ").await == 2.0)
        .await;
    let (engine, address) = (world.engine.clone(), world.address);
    let stopped = tokio::spawn(world.stop());
    until("nothing more is accepted", async || TcpStream::connect(address).await.is_err()).await;
    stream.write_all(&body.as_bytes()[10..]).await.unwrap();
    let mut answer = String::new();
    within("the answer", stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains("connection: close"), "{answer}");
    within("the server stops", stopped).await.unwrap();
    drop(engine);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_end_in_time_is_closed() {
    let world =
        World::start_with(Options::with(|settings| settings.drain_timeout = Duration::from_millis(200)))
            .await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "POST /v1/executions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 10\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    until("it is being answered", async || world.metric("vidimus_http_requests_in_flight ").await == 2.0)
        .await;
    world.stop().await;
    let mut answer = Vec::new();
    let _ = within("the connection is closed", stream.read_to_end(&mut answer)).await;
    assert!(answer.is_empty());
}
