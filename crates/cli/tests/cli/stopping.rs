//! The end of a server: asked for, insisted on, and by a kill.
#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    time::Duration,
};

use proto_events::{Actor, ExpectedVersion, NewEvent, StreamId, Timestamp};
use vidimus_client::{
    Client, RetryPolicy,
    types::{Approve, Stage, Until},
};
use vidimus_log::{Append, EventLog as _, SledLog, SledLogOptions};

use crate::{
    serving::{LONG, answer, pending, refund},
    support::{Place, wait_for},
};

/// Streams end, who waits is answered how it stands, nothing that was accepted is lost, and the data is left closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_stop_ends_what_is_open() {
    for name in ["-TERM", "-INT"] {
        let (place, agent, alice) = Place::governed();
        let mut server = place.serve();
        let id = pending(&server.client(&agent), 1).await.execution_id;
        let mut poll = server.send("GET", &format!("/v1/executions/{id}?wait=60s"), Some(&agent), "");
        let stream = server.send("GET", "/v1/notifications/stream?after=0", Some(&alice), "");
        let mut stream = BufReader::new(stream);
        let mut seen = String::new();
        while !seen.contains("APPROVAL_REQUIRED") {
            assert_ne!(stream.read_line(&mut seen).unwrap(), 0, "{seen}");
        }
        server.signal(name);
        let mut text = String::new();
        poll.read_to_string(&mut text).unwrap();
        let (status, stands) = answer(&text);
        assert_eq!((status, stands["stage"].as_str()), (200, Some("awaiting_approval")));
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        let done = server.ended();
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(done.err.contains("stopped") && !done.err.contains("ERROR"), "{}", done.err);
        place.verify();
    }
}

/// A request that does not end holds up the stop, but not the second one.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_signal_stops_at_once() {
    for (name, code) in [("-TERM", 143), ("-INT", 130)] {
        let (place, agent, _) = Place::governed();
        let mut server = place.serve_with(["--listen", "127.0.0.1:0", "--drain", "60s"]);
        // Answered before the signals: so the connection below is accepted before them, too.
        let mut stuck = server.send("POST", "/v1/executions", Some(&agent), "");
        let _ = stuck.read(&mut [0; 1]);
        let mut stuck = std::net::TcpStream::connect(server.address()).unwrap();
        let head = format!(
            "POST /v1/executions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {agent}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{{"
        );
        std::io::Write::write_all(&mut stuck, head.as_bytes()).unwrap();
        // Answered after it: so its head is read by now, or as good as.
        server.client(&agent).propose(&refund(1)).await.unwrap();
        server.signal(name);
        wait_for("the server to begin to stop", || {
            server.errors().contains("once more stops at once").then_some(())
        });
        server.signal(name);
        let done = server.ended();
        assert_eq!(done.code, Some(code), "{}", done.err);
        assert_eq!(place.json(["log", "verify"])["findings_total"], 0);
    }
}

/// Stale answers are worse than none: what cannot follow the log any more ends the server, and says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_parts_fail_stops_and_says_why() {
    let place = Place::new();
    place.key(&["--role", "auditor"]);
    let log = SledLog::open(&place.data().join("log"), SledLogOptions::default()).unwrap();
    let event = NewEvent {
        event_id: uuid::Uuid::from_u128(1),
        event_type: "from_the_future".into(),
        schema_version: 1,
        recorded_at: Timestamp::from_micros(1),
        actor: Actor::user("tomorrow"),
        correlation_id: uuid::Uuid::from_u128(2),
        causation_id: None,
        payload: bytes::Bytes::from_static(b"{}"),
    };
    let stream = StreamId::execution(uuid::Uuid::from_u128(3));
    let append = Append::to_stream("default".parse().unwrap(), stream, ExpectedVersion::Any, vec![event]);
    log.append(append).await.unwrap();
    log.close();
    let done = place.run(["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(done.code, Some(5), "{}", done.err);
    done.says("from_the_future").says("stopping, as a part of the server failed").says("stopped");
}

/// All who wait ask again by themselves, and get the one decision that there is.
#[tokio::test(flavor = "multi_thread")]
async fn callers_wait_through_a_kill_of_the_server() {
    let (place, agent, alice) = Place::governed();
    let mut server = place.serve();
    let address = server.address().to_owned();
    // What is lost is tried again soon; what waits is not to count as a storm.
    let retries = RetryPolicy { longest_pause: Duration::from_millis(500), ..RetryPolicy::default() };
    let client = Client::builder(&server.url, &agent).retries(retries).build().unwrap();
    let id = pending(&client, 7).await.execution_id;
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.wait(id, 2 * LONG, Until::Decided).await })
        })
        .collect();
    let metrics = server.client("none");
    let mut waiters = String::new();
    while !waiters.contains(" 50") {
        tokio::task::yield_now().await;
        let text = metrics.metrics().await.unwrap();
        waiters = text.lines().filter(|line| line.contains("waiter") && !line.starts_with('#')).collect();
    }
    server.kill();
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()));

    let mut server = place.serve_with(["--listen", &address]);
    assert_eq!(server.address(), address);
    let approved = server.client(&alice).approve(id, &Approve::default()).await.unwrap();
    let permit = approved.permit.unwrap().permit_id;
    for waiting in waiting {
        let decided = waiting.await.unwrap().unwrap();
        assert_eq!((decided.stage, decided.permit.unwrap().permit_id), (Stage::Permitted, permit));
    }
    // Proposed again, it is the same attempt, with the same decision.
    let again = client.propose(&refund(7)).await.unwrap();
    assert_eq!((again.execution_id, again.already), (id, Some(true)));
    server.stop();
    place.verify();
}
