//! What is tried again, and what is not.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::{net::TcpListener, time::Instant};
use vidimus_client::{
    Client, ClientError, RetryPolicy, TransportKind,
    types::{Approve, Cancel, CreateKey, Deny, Progress, Start},
};

use crate::support::{ID, KEY, Server, Step, call, execution, fast, ok, problem, say};

fn permitted() -> Step {
    ok(&execution("permitted"))
}

#[tokio::test]
async fn a_retry_has_the_same_key() {
    let trouble = [Step::Break, problem(503, "overloaded", Some(0)), say(502, "", "<html>"), permitted()];
    let server = Server::start(trouble).await;
    let answer = server.client().propose(&call(Some("k-1"))).await.unwrap();
    assert_eq!(answer.execution_id, ID);
    assert_eq!(answer.arguments.unwrap().as_str(), r#"{"b": 1.0,"a":"\u00e4"}"#, "as it was sent");
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    for request in &requests {
        assert_eq!(request.line, "POST /v1/executions");
        assert_eq!(request.headers["authorization"], format!("Bearer {KEY}"));
        assert_eq!(request.body, requests[0].body);
        assert!(request.body.contains(r#""idempotency_key":"k-1""#), "{}", request.body);
    }
}

#[tokio::test]
async fn a_drawn_key_is_kept_and_the_next_proposal_has_another() {
    let server = Server::start([Step::Break, permitted(), permitted()]).await;
    let drawn = AtomicU64::new(0);
    let draw = move || format!("drawn-{}", drawn.fetch_add(1, Ordering::Relaxed));
    let client = server.builder().idempotency_keys(draw).build().unwrap();
    client.propose(&call(None)).await.unwrap();
    client.propose(&call(None)).await.unwrap();
    let keys = |text: &str| -> Vec<bool> {
        server.requests().iter().map(|request| request.body.contains(text)).collect()
    };
    assert_eq!(keys(r#""drawn-0""#), [true, true, false]);
    assert_eq!(keys(r#""drawn-1""#), [false, false, true]);
}

#[tokio::test]
async fn what_would_happen_twice_is_sent_again_only_where_nothing_was_done() {
    // It may have been received.
    for trouble in [Step::Break, say(502, "", ""), say(504, "", ""), problem(500, "storage_failed", None)] {
        let server = Server::start([trouble, permitted()]).await;
        server.client().propose(&call(None)).await.unwrap_err();
        assert_eq!(server.requests().len(), 1, "{:?}", server.lines());
    }
    // The server says that nothing was done.
    let server = Server::start([
        problem(503, "overloaded", Some(0)),
        problem(429, "rate_limited", Some(0)),
        permitted(),
    ])
    .await;
    server.client().propose(&call(None)).await.unwrap();
    assert_eq!(server.requests().len(), 3);

    let server = Server::start([Step::Break, Step::Break, Step::Break]).await;
    let client = server.client();
    client.progress(ID, &Progress::default()).await.unwrap_err();
    let key = CreateKey { roles: [].into(), actor: None, label: None, expires_at: None };
    client.create_key(&key).await.unwrap_err();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn commands_that_answer_already_are_sent_again() {
    let trouble = || [Step::Break, say(504, "", ""), permitted()];
    let server = Server::start([trouble(), trouble(), trouble(), trouble()].concat()).await;
    let client = server.client();
    client.start(ID, &Start::default()).await.unwrap();
    client.approve(ID, &Approve::default()).await.unwrap();
    client.deny(ID, &Deny { reason: "no".to_owned(), card: None }).await.unwrap();
    client.cancel(ID, &Cancel::default()).await.unwrap();
    assert_eq!(server.requests().len(), 12);
}

#[tokio::test]
async fn a_no_is_not_asked_for_again() {
    for (status, code) in
        [(401, "key_invalid"), (403, "missing_role"), (404, "execution_not_found"), (409, "blocked")]
    {
        let server = Server::start([problem(status, code, None), permitted()]).await;
        let error = server.client().execution(ID).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable(), error.was_not_done()), (code, false, true));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn retries_are_bounded() {
    let server = Server::start(std::iter::repeat_n(Step::Break, 100)).await;
    let error = server.client().execution(ID).await.unwrap_err();
    assert_eq!(error.code(), "connection_broken");
    assert_eq!(server.requests().len(), 1 + RetryPolicy::default().retries);
    let never = server.builder().retries(RetryPolicy::NEVER).build().unwrap();
    never.execution(ID).await.unwrap_err();
    assert_eq!(server.requests().len(), 2 + RetryPolicy::default().retries);
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let server = Server::start([problem(429, "rate_limited", Some(1)), permitted()]).await;
    let asked = Instant::now();
    server.client().execution(ID).await.unwrap();
    assert!(asked.elapsed() >= Duration::from_secs(1));

    // Longer than this caller waits: told at once.
    let server = Server::start([problem(503, "storage_full", Some(3600)), permitted()]).await;
    let error = server.client().execution(ID).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("storage_full", true));
    let ClientError::Problem { retry_after, .. } = error else { panic!("{error}") };
    assert_eq!(retry_after, Some(Duration::from_secs(3600)));
    assert_eq!(server.requests().len(), 1);

    // A date, or anything else, is no number of seconds.
    let dated = say(503, "retry-after: Fri, 31 Dec 1999 23:59:59 GMT\r\n", "{}");
    let server = Server::start([dated, permitted()]).await;
    server.client().execution(ID).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_whatever_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}");
    let client = Client::builder(&url, KEY).retries(fast()).build().unwrap();
    let error = client.propose(&call(None)).await.unwrap_err();
    assert!(matches!(error, ClientError::Transport { kind: TransportKind::Unreachable, .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(error.is_retryable() && error.was_not_done());

    // It comes while the client tries.
    let patient =
        RetryPolicy { retries: 200, longest_pause: Duration::from_millis(50), ..RetryPolicy::default() };
    let client = Client::builder(&url, KEY).retries(patient).build().unwrap();
    let proposed = tokio::spawn(async move { client.propose(&call(None)).await });
    tokio::task::yield_now().await;
    let server = Server::on(TcpListener::bind(address).await.unwrap(), [permitted()]);
    proposed.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 1);
}
