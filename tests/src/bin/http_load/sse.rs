//! Acknowledgement to client, over server-sent events.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    sync::Notify,
    time::{Instant, MissedTickBehavior},
};

use vidimus_tests::measure::{Measured, median, now};

use crate::{
    connection::{Connection, post},
    propose::proposal,
    server::Server,
};

/// Recorded events that one proposal of an enabled function makes.
const EVENTS_PER_PROPOSAL: f64 = 3.0;

/// Reads the ids of a stream and when they came, until it is told to stop.
async fn read(mut stream: TcpStream, stop: Arc<Notify>) -> Vec<(u64, std::time::Instant)> {
    let (mut buffer, mut received) = (Vec::with_capacity(64 * 1024), Vec::new());
    loop {
        tokio::select! {
            read = stream.read_buf(&mut buffer) => assert_ne!(read.unwrap(), 0, "the stream ended"),
            () = stop.notified() => return received,
        }
        let at = now();
        let mut rest = &buffer[..];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            if let Some(id) = rest[..end].strip_prefix(b"id: ").or_else(|| rest[..end].strip_prefix(b"id:")) {
                received.push((std::str::from_utf8(id).unwrap().trim().parse().unwrap(), at));
            }
            rest = &rest[end + 1..];
        }
        let kept = buffer.len() - rest.len();
        buffer.drain(..kept);
    }
}

async fn measure(server: &Server, subscribers: usize, rate: f64, seconds: Duration) -> (Measured, u64, u64) {
    let request = format!(
        "GET /v1/notifications/stream HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\n\r\n",
        server.key
    );
    let stop = Arc::new(Notify::new());
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..subscribers {
        let mut stream = Connection::open(&server.address).await.stream(request.as_bytes()).await;
        // The head is there: nothing that comes from now on is missed.
        let mut head = Vec::new();
        while !head.windows(4).any(|window| window == b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut head).await.unwrap(), 0, "{}", String::from_utf8_lossy(&head));
        }
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        readers.spawn(read(stream, Arc::clone(&stop)));
    }
    let mut connection = Connection::open(&server.address).await;
    let request = post("/v1/executions", &server.key, &proposal("live"));
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(EVENTS_PER_PROPOSAL / rate));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (began, mut acknowledged) = (now(), Vec::new());
    while began.elapsed() < seconds {
        ticks.tick().await;
        let answer = connection.ask(&request).await;
        let at = now();
        assert_eq!(answer.status, 201);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        acknowledged.push((body["position"].as_u64().unwrap(), at));
    }
    let events = acknowledged.len() as f64 * EVENTS_PER_PROPOSAL / began.elapsed().as_secs_f64();
    assert!(events > rate * 0.9, "the server took only {events:.0} events/s");
    // What is still on its way has a second to come; what comes later than that would show as missing.
    tokio::time::sleep_until(Instant::now() + Duration::from_secs(1)).await;
    stop.notify_waiters();
    let (mut micros, mut received, mut fewest) = (Vec::new(), 0, u64::MAX);
    for of_one in readers.join_all().await {
        fewest = fewest.min(of_one.len() as u64);
        received += of_one.len() as u64;
        for (id, at) in of_one {
            let index = acknowledged.partition_point(|(position, _)| *position < id);
            if let Some((_, acknowledged_at)) = acknowledged.get(index) {
                let late = at.saturating_duration_since(*acknowledged_at);
                micros.push(u32::try_from(late.as_micros()).unwrap());
            }
        }
    }
    (Measured::of(began.elapsed().as_secs_f64(), micros), received, fewest)
}

/// Rounds of it.
pub(crate) async fn run(seconds: Duration, rounds: usize, subscribers: usize, rate: f64) {
    let server = Server::start();
    let mut measured = Vec::new();
    for _ in 0..rounds {
        let (one, received, fewest) = measure(&server, subscribers, rate, seconds).await;
        assert_eq!(received, fewest * subscribers as u64, "a subscriber missed something");
        measured.push(one);
    }
    let of = median(measured);
    println!(
        "{subscribers} subscribers, {rate:.0} recorded events/s: {:.0} notifications/s delivered; acknowledgement to client p50 {:.2} ms, p99 {:.2} ms",
        of.rate,
        of.millis(0.5),
        of.millis(0.99)
    );
}
