//! `vidimus project`
#![cfg(unix)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout},
    sync::Arc,
};

use proto_events::{GlobalPosition, Message, Subject};
use serde_json::Value;
use vidimus_bus::{Bus, Options, Publisher, StreamSpec};
use vidimus_log::{EventLog, SledLog, SledLogOptions};
use vidimus_projection::{View, Views};
use vidimus_tests::nats::Server;

use crate::support::{Place, SAMPLE, ended, lines, signal, wait_for};

fn log_of(place: &Place) -> Arc<SledLog> {
    Arc::new(SledLog::open(&place.data().join("log"), SledLogOptions::default()).unwrap())
}

/// Puts what the place has after `after` on the stream; answers the tail.
async fn publish(place: &Place, server: &Server, after: u64) -> u64 {
    publish_up_to(place, server, after, u64::MAX).await
}

/// Puts what the place has after `after` and up to `upto` on the stream; answers the last.
async fn publish_up_to(place: &Place, server: &Server, after: u64, upto: u64) -> u64 {
    let log = log_of(place);
    let bus = Bus::connect(Options::new(server.url())).await.unwrap();
    let spec = StreamSpec {
        name: "VIDIMUS_RECORDED".to_owned(),
        subjects: Subject::RECORDED.to_owned(),
        description: String::new(),
        max_bytes: 1 << 30,
        max_age: None,
        replicas: 1,
        message_bytes: 100_000,
    };
    let mut publisher = loop {
        match Publisher::open(&bus, &spec).await {
            Ok(publisher) => break publisher,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    };
    let mut at = GlobalPosition::new(after);
    loop {
        let limit = usize::try_from(upto - at.get()).unwrap().min(200);
        let events = log.read_all(at, limit).await.unwrap();
        let Some(last) = events.last() else { break };
        at = last.position;
        let messages: Vec<_> = events.iter().map(|event| Message::recorded(event).unwrap()).collect();
        publisher.publish(&messages).await.unwrap();
    }
    log.close();
    at.get()
}

fn remove_stream(server: &Server) {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("nats://")).unwrap();
    let remove = "PUB $JS.API.STREAM.DELETE.VIDIMUS_RECORDED answer 0\r\n\r\n";
    write!(stream, "CONNECT {{\"verbose\":false}}\r\nSUB answer 1\r\n{remove}").unwrap();
    let removed = BufReader::new(stream).lines().any(|line| line.unwrap().contains("\"success\":true"));
    assert!(removed, "the server closed the connection");
}

/// The views in `directory` are those of the place's log, row for row, and at its tail.
async fn assert_views(place: &Place, directory: &Path) {
    let log = log_of(place);
    let here = Views::open(&place.path("compared"), Arc::<SledLog>::clone(&log)).await.unwrap();
    here.catch_up().await.unwrap();
    let there = Views::open(directory, Arc::<SledLog>::clone(&log)).await.unwrap();
    assert_eq!(there.position(), log.tail(), "they are kept, not built anew");
    for view in View::ALL {
        assert_eq!(there.digest(view).await.unwrap(), here.digest(view).await.unwrap(), "{view}");
    }
    drop((here, there));
    log.close();
}

fn project(place: &Place, server: &Server, more: &[&str]) -> Vec<String> {
    let (url, views) = (server.url(), place.path("there").display().to_string());
    let args = ["project", "--from", &url, "--views", &views];
    args.into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
}

/// Reads lines until the views are where the stream ends, which is at `tail`.
fn reached(out: &mut BufReader<ChildStdout>, tail: u64) {
    loop {
        let mut line = String::new();
        assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended before {tail}");
        let at: Value = serde_json::from_str(&line).unwrap();
        let (position, lag) = (at["position"].as_u64().unwrap(), at["lag"].as_u64().unwrap());
        assert_eq!(at["tail"], position + lag);
        if position == tail {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_built_from_the_stream_once_and_brought_up_later() {
    let (place, server) = (Place::with_sample(), Server::start());
    let tail = publish(&place, &server, 0).await;
    let done = place.run(project(&place, &server, &["--once"])).ok();
    assert_eq!(done.out.lines().last(), Some(&*format!("position {tail}, which is all there is")));
    assert_views(&place, &place.path("there")).await;

    let more = place.file("more.jsonl", lines(0..300));
    place.run(["import", more.to_str().unwrap()]).ok();
    let more = publish(&place, &server, tail).await;
    assert!(more > tail);
    let done = place.run(project(&place, &server, &["--once", "--output", "json"])).ok();
    let said = done.json_lines();
    assert_eq!((said[0]["position"].as_u64(), said[0]["tail"].as_u64()), (Some(tail), Some(more)));
    assert_eq!(said.last().unwrap(), &serde_json::json!({"position": more, "tail": more, "lag": 0}));
    assert_views(&place, &place.path("there")).await;
}

/// Starts it and answers what it prints.
fn started(place: &Place, server: &Server) -> (Child, BufReader<ChildStdout>) {
    let mut child = place.spawn(project(place, server, &["--output", "json"]));
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_follows_until_it_is_told_to_stop() {
    for name in ["-TERM", "-INT"] {
        let (place, server) = (Place::with_sample(), Server::start());
        let tail = publish(&place, &server, 0).await;
        let (child, mut out) = started(&place, &server);
        reached(&mut out, tail);
        place.run(["import", place.file("more.jsonl", lines(0..50)).to_str().unwrap()]).ok();
        let tail = publish(&place, &server, tail).await;
        reached(&mut out, tail);
        // Nobody else may write there meanwhile.
        place.run(project(&place, &server, &["--once"])).failed(6, "views_locked");
        signal(&child, name);
        ended(child).ok();
        assert_views(&place, &place.path("there")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_a_server_and_says_so_once_and_comes_back_to_one() {
    let (place, mut server) = (Place::with_sample(), Server::start());
    let tail = publish(&place, &server, 0).await;
    server.stop();
    let mut child = place.spawn(project(&place, &server, &["--output", "json"]));
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (mut stderr, mut errors) = (BufReader::new(child.stderr.take().unwrap()), String::new());
    while !errors.contains("nats_unavailable") {
        assert_ne!(stderr.read_line(&mut errors).unwrap(), 0, "{errors}");
    }
    let errors = std::thread::spawn(move || errors + &std::io::read_to_string(stderr).unwrap());
    server.start_again();
    reached(&mut out, tail);
    server.kill();
    server.start_again();
    place.run(["import", place.file("more.jsonl", lines(0..50)).to_str().unwrap()]).ok();
    let tail = publish(&place, &server, tail).await;
    reached(&mut out, tail);
    signal(&child, "-TERM");
    assert_eq!(ended(child).code, Some(0));
    let errors = errors.join().unwrap();
    assert!(errors.contains("trying again") && !errors.contains("panicked"), "{errors}");
    assert!(errors.matches("nats_unavailable").count() <= 2, "{errors}");
    assert_views(&place, &place.path("there")).await;
}

/// A stream that was removed is filled again from the log, and until then it is shorter than the views are.
#[tokio::test(flavor = "multi_thread")]
async fn views_are_kept_while_the_stream_is_filled_again() {
    let (place, server) = (Place::with_sample(), Server::start());
    let tail = publish(&place, &server, 0).await;
    let mut child = place.spawn(project(&place, &server, &["--output", "json"]));
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (mut stderr, mut errors) = (BufReader::new(child.stderr.take().unwrap()), String::new());
    reached(&mut out, tail);
    remove_stream(&server);
    publish_up_to(&place, &server, 0, tail / 2).await;
    while !errors.contains("views_ahead") {
        assert_ne!(stderr.read_line(&mut errors).unwrap(), 0, "{errors}");
    }
    assert!(errors.contains(&format!("has not come to position {tail} yet")), "{errors}");
    publish(&place, &server, tail / 2).await;
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let at: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(at, serde_json::json!({"position": tail, "tail": tail, "lag": 0}), "nothing is built anew");
    signal(&child, "-TERM");
    assert_eq!(ended(child).code, Some(0));
    let errors = errors + &std::io::read_to_string(stderr).unwrap();
    assert_eq!(errors.matches("views_ahead").count(), 1, "{errors}");
    assert_views(&place, &place.path("there")).await;

    remove_stream(&server);
    publish_up_to(&place, &server, 0, tail - 1).await;
    place.run(project(&place, &server, &["--once"])).failed(7, "views_ahead").says("remove the directory");
    assert_views(&place, &place.path("there")).await;
    let mut waiting = place.spawn(project(&place, &server, &[]));
    let mut stderr = BufReader::new(waiting.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    assert!(line.contains("views_ahead"), "{line}");
    signal(&waiting, "-TERM");
    assert_eq!(ended(waiting).code, Some(0));
}

#[test]
fn what_cannot_be_is_said_with_an_exit_code() {
    let (place, mut server) = (Place::new(), Server::start());
    let once = |more: &[&str]| place.run(project(&place, &server, &[&["--once"], more].concat()));
    once(&[]).failed(3, "nats_stream_missing").says("there is no stream `VIDIMUS_RECORDED`");
    once(&["--stream", "a b"]).failed(3, "nats_stream_missing");
    once(&["--nats-creds", "no.creds"]).failed(2, "nats_file_unusable").says("no.creds");
    once(&["--server", "http://127.0.0.1:1"]).failed(2, "not_through_a_server");
    let done = once(&["--nats-creds", "a", "--nats-nkey", "b"]);
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    place.run(["project", "--from", "ftp://host", "--views", "v"]).failed(2, "nats_url_invalid");

    place.run(["import", SAMPLE]).ok();
    let views = place.data().join("views").display().to_string();
    let of_data = ["project", "--from", &server.url(), "--views", &views];
    place.run(of_data).failed(2, "views_of_data");
    let file = place.file("file", "").display().to_string();
    place.run(["project", "--from", &server.url(), "--views", &file]).failed(1, "storage_failed");

    server.stop();
    let done = place.run(project(&place, &server, &["--once"]));
    assert_eq!((done.code, done.out.as_str()), (Some(7), ""), "{}", done.err);
    assert!(done.err.contains("error[nats_unavailable]: "), "{}", done.err);
}

#[test]
fn ctrl_c_ends_it_while_it_waits_for_a_server() {
    let (place, mut server) = (Place::new(), Server::start());
    server.stop();
    for (more, code) in [(&[][..], 0), (&["--once"][..], 130)] {
        let child = place.spawn(project(&place, &server, more));
        // From there on a signal is its own.
        wait_for("the directory of the views", || place.path("there/project.lock").exists().then_some(()));
        signal(&child, "-INT");
        let done = ended(child);
        assert_eq!((done.code, done.out.as_str()), (Some(code), ""), "{}", done.err);
        std::fs::remove_file(place.path("there/project.lock")).unwrap();
    }
}
