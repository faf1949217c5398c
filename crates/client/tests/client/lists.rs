//! Paths, queries and pages.

use vidimus_client::types::{Access, EventQuery, ExecutionQuery, GlobalPosition, SetAccess, Stage};

use crate::support::{ID, Server, execution, ok, problem};

fn page(stages: &[&str], next: &str) -> String {
    let items: Vec<_> = stages.iter().map(|stage| execution(stage)).collect();
    format!(r#"{{"items":[{}],"next":{next},"position":9}}"#, items.join(","))
}

#[tokio::test]
async fn a_list_is_gone_through_page_by_page() {
    let server = Server::start([
        ok(&page(&["permitted", "blocked"], r#""c/1+&ü""#)),
        problem(503, "overloaded", Some(0)),
        ok(&page(&[], r#""c2""#)),
        ok(&page(&["denied"], "null")),
    ])
    .await;
    let query = ExecutionQuery {
        agent: Some("a b&c=ü".to_owned()),
        stage: Some(Stage::AwaitingApproval),
        min_position: Some(GlobalPosition::new(7)),
        from: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        limit: Some(2),
        ..ExecutionQuery::default()
    };
    let all = server.client().all_executions(query).all().await.unwrap();
    assert_eq!(
        all.iter().map(|item| item.stage).collect::<Vec<_>>(),
        [Stage::Permitted, Stage::Blocked, Stage::Denied]
    );
    let start = "GET /v1/executions?agent=a+b%26c%3D%C3%BC&stage=awaiting_approval&from=2026-01-01T00%3A00%3A00Z&min_position=7&limit=2";
    let second = format!("{start}&cursor=c%2F1%2B%26%C3%BC");
    assert_eq!(server.lines(), [start.to_owned(), second.clone(), second, format!("{start}&cursor=c2")]);
}

#[tokio::test]
async fn events_go_on_after_a_position_and_those_of_one_execution_at_a_version() {
    let empty = |next: &str| ok(&format!(r#"{{"items":[],"next":{next},"position":9}}"#));
    let answers = [r#""17""#, "null", r#""2""#, "null", r#""nonsense""#].map(empty);
    let server = Server::start(answers).await;
    let client = server.client();
    let query = EventQuery { after: Some(GlobalPosition::new(3)), limit: None };
    assert!(client.all_events(query.clone()).all().await.unwrap().is_empty());
    assert!(client.all_execution_events(ID).all().await.unwrap().is_empty());
    assert_eq!(client.all_events(query).all().await.unwrap_err().code(), "unexpected_answer");
    let expected = [
        "GET /v1/events?after=3".to_owned(),
        "GET /v1/events?after=17".to_owned(),
        format!("GET /v1/executions/{ID}/events"),
        format!("GET /v1/executions/{ID}/events?cursor=2"),
        "GET /v1/events?after=3".to_owned(),
    ];
    assert_eq!(server.lines(), expected);
}

/// A function's name may hold almost anything.
#[tokio::test]
async fn a_name_stays_one_segment_of_the_path() {
    let answer = r#"{"function":"a.b","access":"Disabled","position":1,"changed":true}"#;
    let server = Server::start([ok(answer), ok(answer)]).await;
    let client = vidimus_client::Client::new(&format!("{}/behind/", server.url), "k").unwrap();
    let body = SetAccess { access: Access::Disabled, reason: None };
    client.set_function_access(&"web.a/../b?c#d%2Fü e".parse().unwrap(), &body).await.unwrap();
    client.function(&"web...".parse().unwrap()).await.unwrap();
    assert_eq!(
        server.lines(),
        ["PUT /behind/v1/functions/web.a%2F..%2Fb%3Fc%23d%252F%C3%BC%20e", "GET /behind/v1/functions/web..."]
    );
    assert_eq!(server.requests()[0].body, r#"{"access":"Disabled"}"#);
}
