//! Streams that are full, gone, of another shape, or denied.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_nats::jetstream::{self, stream::Config};
use serde_json::json;
use tokio::time::Instant;
use vidimus_bus::{Bus, OpenError, Options, Publisher, StreamSpec};
use vidimus_tests::nats::Server;

use crate::{bus, messages, spec};

async fn operator(server: &Server) -> jetstream::Context {
    jetstream::new(async_nats::connect(server.url()).await.unwrap())
}

#[tokio::test]
async fn a_full_stream_says_so_and_takes_more_when_it_is_larger() {
    let server = Server::start();
    let bus = bus(&server.url()).await;
    let small = StreamSpec { max_bytes: 20_000, ..spec() };
    let mut publisher = Publisher::open(&bus, &small).await.unwrap();
    publisher.publish(&messages(1..=10)).await.unwrap();
    for more in [messages(11..=200), messages(11..=1010)] {
        let error = publisher.publish(&more).await.unwrap_err();
        assert_eq!(
            (error.published, error.code(), error.is_retryable()),
            (0, "nats_stream_full", false),
            "{error}"
        );
        assert!(error.to_string().contains("`nats stream edit FEED --max-bytes …`"), "{error}");
    }
    let mut one = 11;
    let error = loop {
        match publisher.publish(&messages(one..=one)).await {
            Ok(()) => one += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), "nats_stream_full", "{error}");
    assert_eq!(Publisher::open(&bus, &small).await.unwrap().last(), one - 1);
    let operator = operator(&server).await;
    let mut stream = operator.get_stream("FEED").await.unwrap();
    let config = Config { max_bytes: 1 << 20, ..stream.info().await.unwrap().config.clone() };
    operator.update_stream(config).await.unwrap();
    publisher.publish(&messages(one..=200)).await.unwrap();
    assert_eq!(Publisher::open(&bus, &small).await.unwrap().last(), 200);
}

#[tokio::test]
async fn a_stream_that_is_gone_is_unavailable_and_made_at_the_next_opening() {
    let server = Server::start();
    let bus = bus(&server.url()).await;
    let mut publisher = Publisher::open(&bus, &spec()).await.unwrap();
    publisher.publish(&messages(1..=10)).await.unwrap();
    operator(&server).await.delete_stream("FEED").await.unwrap();
    for more in [messages(11..=11), messages(11..=20)] {
        assert_eq!(publisher.publish(&more).await.unwrap_err().code(), "nats_unavailable");
    }
    let again = Publisher::open(&bus, &spec()).await.unwrap();
    assert_eq!(again.last(), 0);
    assert_ne!(again.created(), publisher.created());
}

#[tokio::test]
async fn a_stream_of_another_shape_and_one_that_cannot_be_made_are_refused_with_what_to_do() {
    let server = Server::start();
    let bus = bus(&server.url()).await;
    let operator = operator(&server).await;
    let taken = Config {
        name: "TAKEN".to_owned(),
        subjects: vec!["vidimus.v1.acme.>".to_owned()],
        ..Config::default()
    };
    operator.create_stream(taken).await.unwrap();
    let open = async |spec: StreamSpec| match Publisher::open(&bus, &spec).await {
        Ok(_) => panic!("it opened"),
        Err(error) => (error.code(), error.to_string(), error.is_retryable()),
    };
    let (code, reason, retryable) = open(spec()).await;
    assert_eq!((code, retryable), ("nats_stream_not_made", false));
    assert!(reason.contains("another stream takes these subjects"), "{reason}");
    let (code, reason, _) = open(StreamSpec { name: "TAKEN".to_owned(), ..spec() }).await;
    assert_eq!(code, "nats_stream_unfit");
    assert!(reason.contains("its subjects have to be `vidimus.v1.*.tool_execution.>`"), "{reason}");
    operator.delete_stream("TAKEN").await.unwrap();
    let (code, reason, _) = open(StreamSpec { name: "a.b".to_owned(), ..spec() }).await;
    assert_eq!(code, "nats_stream_not_made");
    assert!(reason.contains("choose another one"), "{reason}");
    let (code, reason, _) = open(StreamSpec { replicas: 3, ..spec() }).await;
    assert_eq!(code, "nats_stream_not_made");
    assert!(reason.contains("not as many servers"), "{reason}");
    let (code, reason, _) = open(StreamSpec { message_bytes: 2 << 20, ..spec() }).await;
    assert_eq!(code, "nats_max_payload_too_small");
    assert!(reason.contains("takes at most 1048576 bytes"), "{reason}");
}

#[tokio::test]
async fn what_permissions_deny_is_told_at_once_and_is_no_time_out() {
    let server = Server::start_with(
        r#"authorization { users: [
            { user: "a", password: "p@:/%", permissions: { publish: ["$JS.API.>"] } },
            { user: "b", password: "p", permissions: { publish: ["$JS.API.STREAM.INFO.>", "vidimus.>"] } },
            { user: "c", password: "p", permissions: { subscribe: ["_INBOX_c.>"] } } ] }
        "#,
    );
    // The answer would be waited for much longer than a test may take.
    let timeout = Duration::from_secs(600);
    let of = async |user: &str, inbox_prefix: Option<String>| {
        let url = server.url().replace("nats://", &format!("nats://{user}@"));
        Bus::connect(Options { timeout, inbox_prefix, ..Options::new(url) }).await.unwrap()
    };
    let began = Instant::now();
    let refusal = async |bus: &Bus| match Publisher::open(bus, &spec()).await {
        Err(OpenError::NotPermitted { reason, .. }) => reason,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it opened"),
    };
    assert!(refusal(&of("b:p", None).await).await.contains("Publish to \"$JS.API.STREAM.CREATE.FEED\""));
    // Answers that may not be received.
    let deaf = of("c:p", None).await;
    for _ in 0..2 {
        assert!(refusal(&deaf).await.contains("Subscription to \"_INBOX."));
    }
    assert!(Publisher::open(&of("c:p", Some("_INBOX_c".to_owned())).await, &spec()).await.is_ok());
    let mut publisher = Publisher::open(&of("a:p%40%3A%2F%25", None).await, &spec()).await.unwrap();
    for batch in [messages(1..=1), messages(1..=1000), messages(1..=2)] {
        let error = publisher.publish(&batch).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("nats_not_permitted", false));
        assert!(
            error.to_string().contains("Permissions Violation for Publish to \"vidimus.v1.acme."),
            "{error}"
        );
    }
    assert!(began.elapsed() < timeout);
}

/// As much of a server as says its version; it keeps what it is told.
fn server_of(version: &str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    let info =
        json!({"server_id": "S", "version": version, "max_payload": 1_048_576, "headers": true, "proto": 1});
    let told = Arc::new(Mutex::new(String::new()));
    let tells = Arc::clone(&told);
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = write!(stream, "INFO {info}\r\n");
            let Ok(mut answers) = stream.try_clone() else { return };
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if line.starts_with("PING") {
                    let _ = answers.write_all(b"PONG\r\n");
                }
                tells.lock().unwrap().push_str(&line);
            }
        }
    });
    (url, told)
}

#[tokio::test]
async fn a_server_that_takes_no_batches_is_told_by_its_version_before_anything_is_made() {
    for (version, expected) in [
        ("2.11.9", "nats_server_too_old"),
        ("2.9.25", "nats_server_too_old"),
        ("1.12.0", "nats_server_too_old"),
        ("2.12.0", "nats_unavailable"),
        ("3.0.0-beta.1", "nats_unavailable"),
    ] {
        let (url, told) = server_of(version);
        let error = Publisher::open(&bus(&url).await, &spec()).await.err().unwrap();
        assert_eq!((error.code(), error.is_retryable()), (expected, true), "{version}: {error}");
        let is_old = expected == "nats_server_too_old";
        assert_eq!(error.to_string().contains(version), is_old, "{error}");
        assert_eq!(told.lock().unwrap().contains("$JS.API"), !is_old, "{version}");
    }
}
