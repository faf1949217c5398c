//! Reading a stream of a real server by sequence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    time::Duration,
};

use async_nats::{HeaderMap, jetstream};
use vidimus_bus::{Bus, Credentials, Options, ReadError, StreamReader};
use vidimus_tests::nats::{Cluster, Server};

const STREAM: &str = "FEED";

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .unwrap_or_else(|_| panic!("this takes too long: {what}"))
}

async fn context(url: &str) -> jetstream::Context {
    let servers: Vec<async_nats::ServerAddr> = url.split(',').map(|url| url.parse().unwrap()).collect();
    jetstream::new(
        async_nats::ConnectOptions::new().retry_on_initial_connect().connect(servers).await.unwrap(),
    )
}

/// Makes the stream, as soon as the server can.
async fn make(
    context: &jetstream::Context,
    replicas: usize,
    allow_direct: bool,
) -> jetstream::stream::Stream {
    let config = jetstream::stream::Config {
        name: STREAM.to_owned(),
        subjects: vec!["feed.>".to_owned()],
        num_replicas: replicas,
        allow_direct,
        ..jetstream::stream::Config::default()
    };
    within("the stream", async {
        loop {
            match context.create_stream(config.clone()).await {
                Ok(stream) => return stream,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    })
    .await
}

/// Messages `1..=count`, each with its number as header, subject and payload.
async fn fill(context: &jetstream::Context, numbers: std::ops::RangeInclusive<u64>, padding: usize) {
    let mut sent = Vec::new();
    for number in numbers {
        let mut headers = HeaderMap::new();
        headers.insert("Number", number.to_string());
        headers.append("Twice", "first");
        headers.append("Twice", "second");
        let payload = format!("{number} {}", "x".repeat(padding)).into();
        let ack = context.publish_with_headers(format!("feed.{number}"), headers, payload).await.unwrap();
        sent.push(ack);
    }
    for ack in sent {
        within("an acknowledgement", ack.into_future()).await.unwrap();
    }
}

async fn bus(url: &str) -> Bus {
    Bus::connect(Options::new(url)).await.unwrap()
}

async fn sequences(reader: &StreamReader, from: u64, limit: usize) -> Vec<u64> {
    reader.read(from, limit).await.unwrap().iter().map(|message| message.sequence).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_read_in_order_from_any_sequence() {
    let server = Server::start();
    let context = context(&server.url()).await;
    let stream = make(&context, 1, true).await;
    let reader = StreamReader::open(&bus(&server.url()).await, STREAM).await.unwrap();
    let empty = reader.state().await.unwrap();
    assert_eq!((empty.last, reader.read(1, 10).await.unwrap()), (0, vec![]));

    fill(&context, 1..=2_500, 0).await;
    let message = reader.get(7).await.unwrap().unwrap();
    assert_eq!((message.sequence, message.subject.as_str(), &*message.payload), (7, "feed.7", &b"7 "[..]));
    let mut headers = message.headers.clone();
    headers.sort();
    let expected = [("Number", "7"), ("Twice", "first")];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    assert_eq!(sequences(&reader, 0, 3).await, [1, 2, 3]);
    assert_eq!(sequences(&reader, 2_499, 10).await, [2_499, 2_500]);
    assert_eq!(sequences(&reader, 2_501, 10).await, [0; 0]);
    assert_eq!(sequences(&reader, 1, 5_000).await, (1..=1_024).collect::<Vec<_>>(), "an answer is bounded");

    for removed in [1, 2, 10, 2_500] {
        stream.delete_message(removed).await.unwrap();
    }
    assert_eq!(sequences(&reader, 1, 3).await, [3, 4, 5]);
    assert_eq!(sequences(&reader, 9, 2).await, [9, 11]);
    assert_eq!((reader.get(10).await.unwrap(), reader.get(2_500).await.unwrap()), (None, None));
    let state = reader.state().await.unwrap();
    assert_eq!((state.first, state.last, state.created), (3, 2_500, empty.created));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_bounded_in_bytes_and_has_a_message_however_large() {
    let server = Server::start();
    let context = context(&server.url()).await;
    make(&context, 1, true).await;
    fill(&context, 1..=40, 900_000).await;
    let reader = StreamReader::open(&bus(&server.url()).await, STREAM).await.unwrap();
    let (mut next, mut answers) = (1, 0);
    while next <= 40 {
        let messages = reader.read(next, 1_000).await.unwrap();
        let bytes: usize = messages.iter().map(|message| message.payload.len()).sum();
        assert!(!messages.is_empty() && bytes < 6_000_000, "{bytes}");
        assert_eq!(messages[0].sequence, next);
        (next, answers) = (next + messages.len() as u64, answers + 1);
    }
    assert!(answers >= 7, "{answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_waited_for_through_a_restart() {
    let mut server = Server::start();
    let context = context(&server.url()).await;
    make(&context, 1, true).await;
    let reader = StreamReader::open(&bus(&server.url()).await, STREAM).await.unwrap();
    assert_eq!(reader.wait(1, 10).await.unwrap(), [], "a wait has an end");
    let waiting = reader.clone();
    let waiting = tokio::spawn(async move {
        loop {
            if let Ok(messages) = waiting.wait(1, 10).await
                && !messages.is_empty()
            {
                return messages;
            }
        }
    });
    server.kill();
    server.start_again();
    fill(&context, 1..=1, 0).await;
    let messages = within("the message", waiting).await.unwrap();
    assert_eq!(messages[0].sequence, 1);
    server.kill();
    let error = reader.read(1, 1).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("nats_unavailable", true), "{error}");
    server.start_again();
    within("the server", async { while reader.read(1, 1).await.is_err() {} }).await;
    assert_eq!(sequences(&reader, 1, 5).await, [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_on_three_servers_is_read_whichever_answers() {
    let mut cluster = Cluster::start();
    let context = context(&cluster.url()).await;
    make(&context, 3, true).await;
    fill(&context, 1..=300, 10).await;
    let bus = bus(&cluster.url()).await;
    let reader = within("the reader", async {
        loop {
            match StreamReader::open(&bus, STREAM).await {
                Ok(reader) => return reader,
                Err(error) => assert!(error.is_retryable(), "{error}"),
            }
        }
    })
    .await;
    let all = async |reader: &StreamReader| {
        let mut next = 1;
        while next <= 300 {
            match reader.read(next, 70).await {
                Ok(messages) => {
                    for message in messages {
                        assert_eq!(message.sequence, next);
                        next += 1;
                    }
                }
                Err(error) => assert!(error.is_retryable(), "{error}"),
            }
        }
    };
    within("reading", all(&reader)).await;
    cluster.servers[0].kill();
    within("reading from two", all(&reader)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_stream_from_being_read_has_a_name() {
    let server = Server::start();
    let context = context(&server.url()).await;
    make(&context, 1, false).await;
    let bus = bus(&server.url()).await;
    let error = StreamReader::open(&bus, "NOT_THERE").await.unwrap_err();
    assert_eq!(error, ReadError::Missing { stream: "NOT_THERE".to_owned() });
    assert_eq!((error.code(), error.is_retryable()), ("nats_stream_missing", false));
    for name in ["", "no name", "a.b", "*", ">"] {
        let error = StreamReader::open(&bus, name).await.unwrap_err();
        assert_eq!(error.code(), "nats_stream_missing", "{name}");
    }
    let error = StreamReader::open(&bus, STREAM).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("nats_stream_unfit", false));
    assert!(error.to_string().contains("nats stream edit FEED --allow-direct"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_permissions_deny_is_said() {
    let [all, none, some] = [(); 3].map(|()| nkeys::KeyPair::new_user());
    let server = Server::start_with(&format!(
        r#"authorization {{ users: [
            {{ nkey: {} }},
            {{ nkey: {}, permissions: {{ publish: {{ deny: ">" }}, subscribe: ["_INBOX.>"] }} }},
            {{ nkey: {}, permissions: {{
                publish: ["$JS.API.STREAM.INFO.FEED", "$JS.API.DIRECT.GET.FEED"], subscribe: ["_INBOX.>"] }} }},
        ] }}"#,
        all.public_key(),
        none.public_key(),
        some.public_key()
    ));
    let client =
        async_nats::ConnectOptions::with_nkey(all.seed().unwrap()).connect(server.url()).await.unwrap();
    let context = jetstream::new(client);
    make(&context, 1, true).await;
    fill(&context, 1..=3, 0).await;
    let bus = async |user: &nkeys::KeyPair| {
        let file = server.directory().join("seed");
        std::fs::write(&file, user.seed().unwrap()).unwrap();
        let credentials = Credentials::NkeyFile(file);
        Bus::connect(Options { credentials, ..Options::new(server.url()) }).await.unwrap()
    };
    let error = StreamReader::open(&bus(&none).await, STREAM).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("nats_not_permitted", false), "{error}");
    let text = error.to_string().to_lowercase();
    assert!(text.contains("permissions violation") && text.contains("direct.get.feed"), "{error}");
    // The two that the error names are enough.
    let reader = StreamReader::open(&bus(&some).await, STREAM).await.unwrap();
    assert_eq!(sequences(&reader, 1, 9).await, [1, 2, 3]);
}

/// Past every client: they take no such header, and give none.
fn send_raw(server: &Server, subject: &str, header: &str) {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("nats://")).unwrap();
    let headers = format!("NATS/1.0\r\n{header}\r\n\r\n");
    let size = headers.len();
    write!(
        stream,
        "CONNECT {{\"verbose\":false,\"headers\":true}}\r\nHPUB {subject} {size} {size}\r\n{headers}\r\nPING\r\n"
    )
    .unwrap();
    assert!(BufReader::new(stream).lines().any(|line| line.unwrap().starts_with("PONG")));
}

/// A message that the client of NATS panics over ends the connection, and no more than that.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ended_for_good_is_made_anew() {
    let server = Server::start();
    let context = context(&server.url()).await;
    make(&context, 1, true).await;
    fill(&context, 1..=3, 0).await;
    send_raw(&server, "feed.4", "X: a\rb");
    fill(&context, 5..=6, 0).await;
    let bus = Bus::connect(Options { timeout: Duration::from_secs(2), ..Options::new(server.url()) });
    let bus = bus.await.unwrap();
    let (reader, other) = (StreamReader::open(&bus, STREAM).await.unwrap(), bus.clone());
    for _ in 0..3 {
        let error = reader.read(4, 1).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("nats_unavailable", true), "{error}");
        assert!(
            error.to_string().contains("a message from sequence 4 on has a header that is none"),
            "{error}"
        );
        // It may take a moment to be seen.
        within("another connection", async { while reader.read(5, 1).await.is_err() {} }).await;
        assert_eq!(sequences(&reader, 5, 9).await, [5, 6]);
        assert_eq!(StreamReader::open(&other, STREAM).await.unwrap().state().await.unwrap().last, 6);
    }
}
