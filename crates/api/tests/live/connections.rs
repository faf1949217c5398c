//! Connections that are slow, silent, half-closed, gone, or too many.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Method;
use hyper_util::rt::{TokioExecutor, TokioIo};
use proto_events::{Access, Role};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

use crate::support::{Options, TENANT, World, call, request, send, until, within};

const SHORT: Duration = Duration::from_millis(100);

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.address).await.unwrap()
}

/// What comes until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = within("the server closes the connection", stream.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What comes until there is so much of it.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    within("an answer", async {
        while !String::from_utf8_lossy(&bytes).contains(end) {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "{}", String::from_utf8_lossy(&bytes));
        }
    })
    .await;
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn nothing_is_left(world: &World) {
    until("nothing is left", async || {
        let text = world.get("/metrics", "").await.expect(200).body;
        let of = |line| crate::support::metric(&text, line);
        // The one that asks is still there.
        of("vidimus_http_requests_in_flight ") == 1.0
            && of("vidimus_http_connections_open ") == 1.0
            && of("vidimus_waiters ") == 0.0
            && of("vidimus_notification_streams_open ") == 0.0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_to_come_in_time() {
    let world = World::start_with(Options::with(|settings| settings.header_timeout = SHORT)).await;
    for begin in ["", "G", "GET /healthz HTTP/1.1\r\nHo", "PRI * HT"] {
        let mut stream = connect(&world).await;
        stream.write_all(begin.as_bytes()).await.unwrap();
        assert_eq!(rest(&mut stream).await, "", "{begin:?}");
    }
    // Also the second one on a connection.
    let mut stream = connect(&world).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    read_until(&mut stream, "\"ok\"}").await;
    stream.write_all(b"GET /heal").await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
    nothing_is_left(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_be_idle_longer_than_a_head_may_take() {
    let settings = Options::with(|settings| {
        settings.header_timeout = SHORT;
        settings.idle_timeout = SHORT * 5;
    });
    let world = World::start_with(settings).await;
    let mut stream = connect(&world).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let began = Instant::now();
    assert!(rest(&mut stream).await.contains("200 OK"));
    assert!(began.elapsed() >= SHORT * 4, "{:?}", began.elapsed());
    nothing_is_left(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_to_come_in_time() {
    let world = World::start_with(Options::with(|settings| settings.body_timeout = SHORT)).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let mut stream = connect(&world).await;
    let head = format!(
        "POST /v1/executions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"agent\":"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("body_too_slow"), "{answer}");
    nothing_is_left(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_long_is_refused() {
    let world = World::start().await;
    let mut stream = connect(&world).await;
    let head = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    // It may hang up before all of it is written.
    let _ = stream.write_all(head.as_bytes()).await;
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    nothing_is_left(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_in_the_middle_leaves_nothing_behind() {
    let world = Arc::new(World::start().await);
    world.access(TENANT, Access::EnabledWithConfirmation).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let answer = world.propose(&key, 1).await;
    let id = answer["execution_id"].as_str().unwrap();
    let authorization = format!("Host: x\r\nAuthorization: Bearer {key}\r\n");
    let requests = [
        format!("POST /v1/executions HTTP/1.1\r\n{authorization}Content-Length: 100\r\n\r\n{{"),
        format!("POST /v1/executions HTTP/1.1\r\n{authorization}Transfer-Encoding: chunked\r\n\r\n5\r\n{{"),
        format!("GET /v1/executions/{id}?wait=60s HTTP/1.1\r\n{authorization}\r\n"),
        format!("GET /v1/notifications/stream HTTP/1.1\r\n{authorization}\r\n"),
    ];
    for (request, in_flight) in requests.iter().zip([2.0, 2.0, 2.0, 1.0]) {
        for half_closed in [true, false] {
            let mut stream = connect(&world).await;
            stream.write_all(request.as_bytes()).await.unwrap();
            until("it is being answered", async || {
                let text = world.get("/metrics", "").await.expect(200).body;
                crate::support::metric(&text, "vidimus_http_requests_in_flight ") == in_flight
                    && crate::support::metric(&text, "vidimus_http_connections_open ") == 2.0
            })
            .await;
            if half_closed {
                stream.shutdown().await.unwrap();
                rest(&mut stream).await;
            }
            drop(stream);
            nothing_is_left(&world).await;
        }
    }
    let text = world.get("/metrics", "").await.expect(200).body;
    let gone = "vidimus_http_requests_total{method=\"POST\",route=\"/v1/executions\",status=\"";
    let text = String::from_utf8_lossy(&text).into_owned();
    // A broken body is seen as one, or the request is gone before that.
    let broken = crate::support::metric(text.as_bytes(), &format!("{gone}499\"}}"))
        + crate::support::metric(text.as_bytes(), &format!("{gone}400\"}}"));
    assert_eq!(broken, 4.0, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_bounded_and_the_next_one_waits() {
    let world = World::start_with(Options::with(|settings| settings.max_connections = 2)).await;
    let (mut first, mut second) = (world.connect().await, world.connect().await);
    for connection in [&mut first, &mut second] {
        send(connection, Method::GET, "/healthz", "", &[], None).await.expect(200);
    }
    let mut third = connect(&world).await;
    third.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let figures = send(&mut first, Method::GET, "/metrics", "", &[], None).await.expect(200);
    assert_eq!(crate::support::metric(&figures.body, "vidimus_http_connections_open "), 2.0);
    drop(first);
    assert!(read_until(&mut third, "\"ok\"}").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_spoken_too() {
    let world = Arc::new(World::start().await);
    world.access(TENANT, Access::Enabled).await;
    let key = world.key(TENANT, &[Role::Agent], "agent:assistant").await;
    let io = TokioIo::new(connect(&world).await);
    let (sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), io).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut answers = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (mut sender, key) = (sender.clone(), key.clone());
        answers.spawn(async move {
            let request =
                request(Method::POST, "http://localhost/v1/executions", &key, &[], Some(call(number)));
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.status(), 201);
            response.into_body().collect().await.unwrap();
        });
    }
    while let Some(answer) = within("the answers", answers.join_next()).await {
        answer.unwrap();
    }
    // Open streams end when the server stops, also here.
    let mut sender = sender;
    let path = "http://localhost/v1/notifications/stream?after=0";
    let response = sender.send_request(request(Method::GET, path, &key, &[], None)).await.unwrap();
    let Ok(world) = Arc::try_unwrap(world) else { panic!("somebody still has the world") };
    world.stop().await;
    assert!(within("the stream ends", response.into_body().collect()).await.is_ok());
    drop(sender);
    within("the connection ends", connection).await.unwrap().unwrap();
}
