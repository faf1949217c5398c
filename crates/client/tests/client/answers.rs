//! Answers of every kind: problems, and what is no answer of ours.

use vidimus_client::{
    Client, ClientError, TransportKind,
    types::{Access, CreateKey, SetAccess, ToolExecutionCreate},
};

use crate::support::{ID, KEY, Server, Step, execution, ok, problem, say, short};

fn submission() -> ToolExecutionCreate {
    let body = r#"{"tool_name":"t","tool_kind":"webhook","invocation_source":"system","outcome":"succeeded","duration_ms":1,"started_at":"2026-01-01T00:00:00Z","finished_at":"2026-01-01T00:00:01Z"}"#;
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn a_problem_says_everything() {
    let server = Server::start([problem(422, "field_blank", None)]).await;
    let error = server.client().execution(ID).await.unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("field_blank", "because: do this"));
    let problem = error.problem().unwrap();
    assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "body.agent"));
}

#[tokio::test]
async fn the_errors_of_the_submission_are_problems_too() {
    let list = r#"{"detail":[{"loc":["body","tool_name"],"msg":"is missing","type":"missing"}]}"#;
    let server = Server::start([
        say(204, "", ""),
        say(404, "content-type: application/json\r\n", r#"{"detail":"no such call"}"#),
        say(422, "content-type: application/json\r\n", list),
        Step::Break,
    ])
    .await;
    let client = server.client();
    let submit = async || client.submit_tool_execution(ID, ID, &submission(), None).await;
    submit().await.unwrap();
    let error = submit().await.unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("not_found", "no such call"));
    let error = submit().await.unwrap_err();
    assert_eq!(error.code(), "validation_failed");
    assert_eq!(error.to_string(), "`body.tool_name`: is missing");
    assert_eq!(error.problem().unwrap().errors[0].field, "body.tool_name");
    submit().await.unwrap_err();
    assert_eq!(server.requests().len(), 4, "a second one would be a second record");
    assert_eq!(server.lines()[0], format!("POST /v1/agents/{ID}/calls/{ID}/tool-executions"));
}

#[tokio::test]
async fn a_submission_with_a_key_is_handed_in_again_under_the_same_key() {
    let server = Server::start([Step::Break, say(204, "", "")]).await;
    let key = Some("ticket-4711/turn-3");
    server.client().submit_tool_execution(ID, ID, &submission(), key).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.headers.get("idempotency-key").map(String::as_str) == key));
}

/// Somebody else may have set it again in between: repeating it would undo that.
#[tokio::test]
async fn a_setting_that_may_have_taken_effect_is_not_repeated() {
    let server = Server::start([Step::Break]).await;
    let body = SetAccess { access: Access::Enabled, reason: None };
    let error = server.client().set_function_access(&"mail.send".parse().unwrap(), &body).await.unwrap_err();
    assert_eq!(
        (error.code(), error.was_not_done(), server.requests().len()),
        ("connection_broken", false, 1)
    );
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_asked_for_again_where_that_does_no_harm() {
    let cut = Step::Say(format!("HTTP/1.1 200 X\r\ncontent-length: 5000\r\n\r\n{}", execution("permitted")));
    let server = Server::start([cut.clone(), ok(&execution("permitted")), cut]).await;
    let client = server.client();
    client.execution(ID).await.unwrap();
    assert_eq!(server.requests().len(), 2);
    let key = CreateKey { roles: [].into(), actor: None, label: None, expires_at: None };
    let error = client.create_key(&key).await.unwrap_err();
    assert_eq!((error.code(), error.was_not_done()), ("connection_broken", false));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn what_is_no_answer_of_ours_is_told_and_quoted() {
    for (step, status) in [
        (ok("<html>\u{1b}[2J hello"), 200),
        (ok(""), 200),
        (ok(r#"{"execution_id":7}"#), 200),
        (say(404, "content-type: text/html\r\n", "<h1>nothing here</h1>"), 404),
        (say(500, "", ""), 500),
        (say(301, "location: http://127.0.0.1:1/elsewhere\r\n", ""), 301),
    ] {
        let server = Server::start([step, ok(&execution("permitted"))]).await;
        let error = server.client().execution(ID).await.unwrap_err();
        assert!(matches!(error, ClientError::Unexpected { status: got, .. } if got == status), "{error:?}");
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
        assert_eq!((error.code(), server.requests().len()), ("unexpected_answer", 1));
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_are_told() {
    let server = Server::start([Step::Say("SSH-2.0-OpenSSH_9\r\n".to_owned())]).await;
    let client = server.builder().retries(vidimus_client::RetryPolicy::NEVER).build().unwrap();
    let error = client.execution(ID).await.unwrap_err();
    assert!(matches!(error, ClientError::Transport { kind: TransportKind::Broken, .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let declared = Step::Hang("HTTP/1.1 200 X\r\ncontent-length: 99999999999\r\n\r\n".to_owned());
    let head = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    let endless = Step::Pieces(std::iter::once(head).chain(std::iter::repeat_n(chunk, 100)).collect());
    let error = Step::Hang("HTTP/1.1 500 X\r\ncontent-length: 99999999999\r\n\r\n".to_owned());
    for step in [declared, endless, error] {
        let server = Server::start([step]).await;
        let client = server.builder().max_answer_bytes(10_000).build().unwrap();
        let error = client.execution(ID).await.unwrap_err();
        assert_eq!(error.code(), "unexpected_answer");
        assert!(error.to_string().contains("larger than"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let server = Server::start([
        Step::Hang(String::new()),
        Step::Hang("HTTP/1.1 200 X\r\ncontent-length: 5000\r\n\r\n{\"ex".to_owned()),
    ])
    .await;
    let client =
        server.builder().timeouts(short()).retries(vidimus_client::RetryPolicy::NEVER).build().unwrap();
    assert_eq!(client.execution(ID).await.unwrap_err().code(), "timed_out");
    let error = client.execution(ID).await.unwrap_err();
    assert!(error.to_string().contains("silent"), "{error}");
    assert_eq!(error.code(), "connection_broken");
}

#[tokio::test]
async fn whether_it_is_ready_is_asked_once() {
    let not_yet =
        r#"{"ready":false,"reasons":["the audit view is being rebuilt: wait"],"position":7,"views":[]}"#;
    let server = Server::start([
        say(503, "content-type: application/json\r\n", not_yet),
        say(200, "", "ok"),
        say(200, "", "m 1\n"),
    ])
    .await;
    let client = server.client();
    let readiness = client.ready().await.unwrap();
    assert_eq!((readiness.ready, readiness.reasons.len(), readiness.position.get()), (false, 1, 7));
    client.health().await.unwrap();
    assert_eq!(client.metrics().await.unwrap(), "m 1\n");
    assert_eq!(server.lines(), ["GET /readyz", "GET /healthz", "GET /metrics"]);
}

#[test]
fn addresses_and_keys_that_are_none_are_refused() {
    for url in
        ["", "localhost:7878", "127.0.0.1:7878", "ftp://a", "http://", "http://a/?x=1", "http://a/#x", "/v1"]
    {
        let error = Client::new(url, KEY).unwrap_err();
        assert_eq!(error.code(), "client_unusable", "{url}");
        assert!(error.to_string().contains(&format!("`{url}`")), "{error}");
    }
    let error = Client::new("http://me:hunter2@a", KEY).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let error = Client::new("http://a", "line\nbreak").unwrap_err();
    assert!(!error.to_string().contains("break"), "{error}");
    Client::new("https://a.example/behind/a/path/", KEY).unwrap();
}

#[test]
fn the_key_does_not_show() {
    let builder = Client::builder("http://a", KEY);
    let shown = format!("{builder:?}");
    let client = builder.build().unwrap();
    let shown = format!("{shown} {client:?} {:?}", client.notifications(Default::default(), None));
    assert!(!shown.contains("c2VjcmV0") && shown.contains("http://a"), "{shown}");
}
