//! Waiting for a decision, through whatever happens meanwhile.

use std::time::Duration;

use tokio::time::Instant;
use vidimus_client::types::{Stage, Until};

use crate::support::{ID, Server, Step, execution, ok, problem, say};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn it_waits_through_breaks_refusals_and_early_answers() {
    let waiting = || ok(&execution("awaiting_approval"));
    let server = Server::start([
        waiting(),
        Step::Break,
        say(502, "", "<html>"),
        problem(503, "shutting_down", Some(0)),
        problem(429, "rate_limited", Some(0)),
        waiting(),
        ok(&execution("permitted")),
    ])
    .await;
    let decided = server.client().wait(ID, LONG, Until::Decided).await.unwrap();
    assert_eq!(decided.stage, Stage::Permitted);
    let lines = server.lines();
    assert_eq!(lines.len(), 7);
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with(&format!("GET /v1/executions/{ID}?wait=30000ms&until=decided"))),
        "{lines:?}"
    );
}

#[tokio::test]
async fn it_waits_for_the_end() {
    let steps = ["permitted", "in_progress", "unknown", "settled"].map(|stage| ok(&execution(stage)));
    let server = Server::start(steps).await;
    let over = server.client().wait(ID, Duration::MAX, Until::Finished).await.unwrap();
    assert_eq!((over.stage, server.requests().len()), (Stage::Settled, 4));
}

#[tokio::test]
async fn when_the_time_is_over_it_says_how_it_stands() {
    let server = Server::start(std::iter::repeat_n(ok(&execution("awaiting_approval")), 10_000)).await;
    let asked = Instant::now();
    let stands = server.client().wait(ID, Duration::from_millis(300), Until::Decided).await.unwrap();
    assert_eq!(stands.stage, Stage::AwaitingApproval);
    assert!(asked.elapsed() >= Duration::from_millis(300) && asked.elapsed() < Duration::from_secs(10));
    assert!(server.requests().len() < 100, "a server that does not wait is not asked without pause");
    // No time at all: one look.
    let server = Server::start([ok(&execution("awaiting_approval"))]).await;
    server.client().wait(ID, Duration::ZERO, Until::Decided).await.unwrap();
    assert_eq!(server.lines(), [format!("GET /v1/executions/{ID}?until=decided")]);
}

#[tokio::test]
async fn a_no_ends_it_and_trouble_does_when_the_time_is_over() {
    let server = Server::start([problem(404, "execution_not_found", None)]).await;
    assert_eq!(
        server.client().wait(ID, LONG, Until::Decided).await.unwrap_err().code(),
        "execution_not_found"
    );
    let server = Server::start(std::iter::repeat_n(Step::Break, 10_000)).await;
    let error = server.client().wait(ID, Duration::from_millis(200), Until::Decided).await.unwrap_err();
    assert_eq!(error.code(), "connection_broken");
}
