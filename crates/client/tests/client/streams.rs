//! Notifications, through breaks of the connection.

use std::time::Duration;

use vidimus_client::{
    RetryPolicy,
    types::{GlobalPosition, NotificationQuery, NotificationType},
};

use crate::support::{Server, Step, fast, problem, say, short};

const HEAD: &str = "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

fn data(kind: &str) -> String {
    format!(
        r#"{{"type":"NOTIFICATION_TOOL_EXECUTION_{kind}","eventId":"e","threadId":"c","requestId":null,"eventMessage":{{"agent":"a","content":"x","collaborationId":null,"activeAssistantCollaborationRequired":null,"toolExecutionApprovalRequest":null,"timestamp":"2026-01-01T00:00:00"}}}}"#
    )
}

fn event(position: u64, kind: &str) -> String {
    format!("id: {position}\ndata: {}\n\n", data(kind))
}

fn stream(blocks: &[String]) -> Step {
    Step::Pieces(std::iter::once(HEAD.to_owned()).chain(blocks.iter().cloned()).collect())
}

fn at(position: u64) -> GlobalPosition {
    GlobalPosition::new(position)
}

#[tokio::test]
async fn it_goes_on_after_the_last_position_it_was_told() {
    let first = event(5, "INITIATED");
    let (half, other) = first.split_at(first.len() / 2);
    let server = Server::start([
        // In pieces, with comments, with the other line ends; then it breaks off in the middle of an event.
        stream(&[
            ": hello\r\n\r\n".to_owned(),
            half.to_owned(),
            other.replace('\n', "\r\n"),
            "id: 6\ndata: {\"ty".to_owned(),
        ]),
        // A heartbeat says how far it is.
        stream(&["id: 9\n\n".to_owned()]),
        Step::Break,
        problem(503, "too_many_streams", Some(0)),
        // What was there before the break comes twice.
        stream(&[event(5, "INITIATED"), event(9, "BLOCKED"), event(12, "COMPLETED")]),
    ])
    .await;
    let query = NotificationQuery { agent: Some("a".to_owned()), ..NotificationQuery::default() };
    let mut notifications = server.client().notifications(query, Some(at(3)));
    let first = notifications.next().await.unwrap();
    assert_eq!((first.position, first.notification.kind), (at(5), NotificationType::Initiated));
    let second = notifications.next().await.unwrap();
    assert_eq!((second.position, second.notification.kind), (at(12), NotificationType::Completed));
    assert_eq!(notifications.position(), Some(at(12)));
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.line == "GET /v1/notifications/stream?agent=a"));
    let told: Vec<_> = requests.iter().map(|request| request.headers["last-event-id"].as_str()).collect();
    assert_eq!(told, ["3", "5", "9", "9", "9"]);
}

#[tokio::test]
async fn without_a_position_it_names_none() {
    let server = Server::start([stream(&[event(7, "NO_OP")])]).await;
    let query = NotificationQuery { after: Some(at(0)), ..NotificationQuery::default() };
    server.client().notifications(query, None).next().await.unwrap();
    assert_eq!(server.lines(), ["GET /v1/notifications/stream?after=0"]);
    assert!(!server.requests()[0].headers.contains_key("last-event-id"));
}

#[tokio::test]
async fn silence_is_a_break() {
    let silent = Step::Hang(format!("{HEAD}{}", event(1, "INITIATED")));
    let server = Server::start([silent, stream(&[event(2, "COMPLETED")])]).await;
    let client = server.builder().timeouts(short()).build().unwrap();
    let mut notifications = client.notifications(NotificationQuery::default(), None);
    assert_eq!(notifications.next().await.unwrap().position, at(1));
    assert_eq!(notifications.next().await.unwrap().position, at(2));
    assert_eq!(server.requests()[1].headers["last-event-id"], "1");
}

#[tokio::test]
async fn a_no_ends_it() {
    let server = Server::start([
        stream(&[event(1, "INITIATED")]),
        problem(401, "key_revoked", None),
        stream(&[event(2, "COMPLETED")]),
    ])
    .await;
    let mut notifications = server.client().notifications(NotificationQuery::default(), None);
    notifications.next().await.unwrap();
    assert_eq!(notifications.next().await.unwrap_err().code(), "key_revoked");
    // Whoever asks again gets on.
    assert_eq!(notifications.next().await.unwrap().position, at(2));
}

#[tokio::test]
async fn an_outage_is_told_when_it_gets_long() {
    let server = Server::start(std::iter::repeat_n(Step::Break, 10_000)).await;
    let policy = RetryPolicy { longest_outage: Duration::from_millis(100), ..fast() };
    let client = server.builder().retries(policy).build().unwrap();
    let error = client.notifications(NotificationQuery::default(), None).next().await.unwrap_err();
    assert_eq!(error.code(), "connection_broken");
    assert!(server.requests().len() > 5);
    // A server that is there, but ends every stream at once, is no better.
    let server = Server::start(std::iter::repeat_n(stream(&[]), 10_000)).await;
    let client = server.builder().retries(policy).build().unwrap();
    let error = client.notifications(NotificationQuery::default(), None).next().await.unwrap_err();
    assert!(error.to_string().contains("ended it"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_passed_over() {
    let server = Server::start([
        stream(&["id: 1\ndata: nonsense\n\n".to_owned(), event(2, "COMPLETED")]),
        say(200, "", "<html>no stream"),
        stream(&["id: 3\ndata: \u{fffd}x\n\n".to_owned()]),
    ])
    .await;
    let mut notifications = server.client().notifications(NotificationQuery::default(), None);
    assert_eq!(notifications.next().await.unwrap_err().code(), "unexpected_answer");
    assert_eq!(notifications.next().await.unwrap().position, at(2));
    assert_eq!(notifications.next().await.unwrap_err().code(), "unexpected_answer");
    assert_eq!(notifications.position(), Some(at(3)));
}

#[tokio::test]
async fn an_event_without_end_is_not_kept() {
    let endless = || {
        let head = [HEAD.to_owned(), "id: 1\ndata: ".to_owned()];
        Step::Pieces(head.into_iter().chain(std::iter::repeat_n("x".repeat(1024), 100)).collect())
    };
    let server = Server::start([endless()]).await;
    let client = server.builder().max_answer_bytes(20_000).build().unwrap();
    let error = client.notifications(NotificationQuery::default(), None).next().await.unwrap_err();
    assert!(error.to_string().contains("larger than 20000 bytes"), "{error}");
    // Many events that are small are no large one.
    let many: Vec<String> = (1..=200).map(|position| event(position, "IN_PROGRESS")).collect();
    let server = Server::start([stream(&many)]).await;
    let client = server.builder().max_answer_bytes(20_000).build().unwrap();
    let mut notifications = client.notifications(NotificationQuery::default(), None);
    for position in 1..=200 {
        assert_eq!(notifications.next().await.unwrap().position, at(position));
    }
}

/// `select!` drops the future of the branch that was not taken.
#[tokio::test]
async fn dropping_the_future_loses_nothing() {
    let many: Vec<String> = (1..=50).map(|position| event(position, "IN_PROGRESS")).collect();
    let server = Server::start([stream(&many)]).await;
    let mut notifications = server.client().notifications(NotificationQuery::default(), None);
    let mut positions = Vec::new();
    while positions.len() < 50 {
        tokio::select! {
            biased;
            notified = notifications.next() => positions.push(notified.unwrap().position.get()),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(positions, (1..=50).collect::<Vec<_>>());
}
