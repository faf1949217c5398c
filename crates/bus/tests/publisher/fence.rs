//! What gets past the fence, and what does not.

use async_nats::jetstream;
use proto_events::{Message, header};
use vidimus_bus::{Bus, PublishError, PublishFailure, Publisher};
use vidimus_tests::nats::Server;

use crate::{bus, message, messages, spec};

async fn positions(bus: &Bus) -> Vec<String> {
    let publisher = Publisher::open(bus, &spec()).await.unwrap();
    let mut positions = Vec::new();
    for sequence in 1..=publisher.last() {
        let message = publisher.get(sequence).await.unwrap().unwrap();
        positions.push(message.header(header::POSITION).unwrap_or("other").to_owned());
    }
    positions
}

fn numbers(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn messages_are_stored_in_order_in_batches_of_any_size() {
    let server = Server::start();
    let bus = bus(&server.url()).await;
    let mut publisher = Publisher::open(&bus, &spec()).await.unwrap();
    assert_eq!((publisher.first(), publisher.last()), (1, 0));
    assert_eq!(publisher.get(1).await.unwrap(), None);
    publisher.publish(&[]).await.unwrap();
    publisher.publish(&messages(1..=1)).await.unwrap();
    publisher.publish(&messages(2..=3)).await.unwrap();
    publisher.publish(&messages(4..=1203)).await.unwrap();
    assert_eq!(publisher.last(), 1203);
    let created = publisher.created();
    let again = Publisher::open(&bus, &spec()).await.unwrap();
    assert_eq!((again.first(), again.last(), again.created()), (1, 1203, created));
    assert_eq!(positions(&bus).await, numbers(1..=1203));
    let stored = again.get(2).await.unwrap().unwrap();
    let sent = message(2, 200);
    assert_eq!(
        (stored.sequence, &*stored.subject, &stored.payload),
        (2, sent.subject.as_str(), &sent.payload)
    );
    assert_eq!(stored.header("Nats-Msg-Id"), Some("acme/2"));
    assert_eq!(stored.header("Nats-Expected-Last-Msg-Id"), None);
}

#[tokio::test]
async fn large_messages_go_in_small_batches() {
    let server = Server::start();
    let bus = bus(&server.url()).await;
    let mut publisher = Publisher::open(&bus, &spec()).await.unwrap();
    let all: Vec<Message> = (1..=20).map(|number| message(number, 600_000)).collect();
    publisher.publish(&all).await.unwrap();
    assert_eq!(publisher.last(), 20);
    let too_large = [message(21, 100), message(22, 720_896), message(23, 100)];
    let error = publisher.publish(&too_large).await.unwrap_err();
    assert_eq!((error.published, error.code(), error.is_retryable()), (1, "nats_message_too_large", false));
    assert!(error.to_string().starts_with("the message `acme/22` has 721"), "{error}");
    assert_eq!(positions(&bus).await, numbers(1..=21));
}

/// A stranger's message between two of a window of single publishes takes the place of one of them, and the next is stored
/// behind it: a number is no proof of what comes before. A batch has one fence, before its first message.
#[tokio::test]
async fn a_stranger_in_between_keeps_a_batch_out_as_a_whole() {
    let server = Server::start();
    let bus = bus(&server.url()).await;
    let mut publisher = Publisher::open(&bus, &spec()).await.unwrap();
    publisher.publish(&messages(1..=3)).await.unwrap();
    let stranger = jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let subject = message(1, 1).subject.to_string();
    stranger.publish(subject.clone(), "mine".into()).await.unwrap().await.unwrap();
    for batch in [messages(4..=4), messages(4..=5), messages(4..=600)] {
        let error = publisher.publish(&batch).await.unwrap_err();
        assert_eq!((error.published, error.code(), error.is_retryable()), (0, "nats_fenced", true));
    }
    let mut again = Publisher::open(&bus, &spec()).await.unwrap();
    again.publish(&messages(4..=600)).await.unwrap();
    let mut expected = numbers(1..=3);
    expected.push("other".to_owned());
    expected.extend(numbers(4..=600));
    assert_eq!(positions(&bus).await, expected);
}

#[tokio::test]
async fn of_two_writers_of_the_same_only_one_gets_it_in() {
    let server = Server::start();
    let bus = bus(&server.url()).await;
    let mut first = Publisher::open(&bus, &spec()).await.unwrap();
    let mut second = Publisher::open(&bus, &spec()).await.unwrap();
    let all = messages(1..=200);
    let (one, other) = tokio::join!(first.publish(&all), second.publish(&all));
    let errors: Vec<PublishError> = [one, other].into_iter().filter_map(Result::err).collect();
    assert_eq!(errors.iter().map(PublishError::code).collect::<Vec<_>>(), ["nats_fenced"]);
    assert_eq!(positions(&bus).await, numbers(1..=200));
    // What is there already, at the right end of the stream.
    let mut third = Publisher::open(&bus, &spec()).await.unwrap();
    for again in [&all[..1], &all[..2]] {
        let error = third.publish(again).await.unwrap_err();
        assert!(matches!(error.failure, PublishFailure::Fenced { .. }), "{error}");
    }
    assert_eq!(positions(&bus).await, numbers(1..=200));
}

#[tokio::test]
async fn what_is_not_acknowledged_is_there_or_not_and_the_fence_lets_it_in_once() {
    let server = Server::start();
    let bus = bus(&server.url()).await;
    let mut publisher = Publisher::open(&bus, &spec()).await.unwrap();
    publisher.publish(&messages(1..=5)).await.unwrap();
    server.freeze();
    let error = publisher.publish(&messages(6..=20)).await.unwrap_err();
    assert_eq!((error.published, error.code(), error.is_retryable()), (0, "nats_unavailable", true));
    server.thaw();
    loop {
        let Ok(mut again) = Publisher::open(&bus, &spec()).await else { continue };
        match again.last() {
            20 => break,
            5 => drop(again.publish(&messages(6..=20)).await),
            other => panic!("a batch is whole or not there, and the stream ends at {other}"),
        }
    }
    assert_eq!(positions(&bus).await, numbers(1..=20));
}
