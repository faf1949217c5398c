//! Search over function, conversation, agent, arguments, result and error.

use proto_events::{Actor, Outcome};
use uuid::Uuid;
use vidimus_domain::{arguments::Arguments, execution::Action};

use super::{Setup, all_executions, tenant};
use crate::{ExecutionFilter, ExecutionStatus, PageRequest};

async fn ids(setup: &Setup, search: &str) -> Vec<Uuid> {
    let filter = ExecutionFilter { search: Some(search.to_owned()), ..Default::default() };
    all_executions(&setup.views, &tenant(0), &filter).await.iter().map(|row| row.execution_id).collect()
}

async fn proposed(
    setup: &mut Setup,
    function: &str,
    conversation: &str,
    arguments: serde_json::Value,
) -> Uuid {
    let mut call = setup.history.call();
    call.function = function.parse().unwrap();
    call.conversation = conversation.to_owned();
    let arguments = Arguments::from_value(&arguments).unwrap();
    setup.history.propose_with(&tenant(0), call, Outcome::Allowed, arguments).await
}

/// Starts and ends an allowed call.
async fn ended(setup: &mut Setup, id: Uuid, report: vidimus_domain::execution::Report) {
    let state = setup.history.executions[&(tenant(0), id)].clone();
    let execution = state.execution().unwrap();
    let agent = Actor::agent(execution.call().agent.as_str());
    let permit_id = execution.permit.as_ref().unwrap().id;
    let lease = std::time::Duration::from_secs(60);
    let policy_set = execution.permit.as_ref().unwrap().policy_set.clone();
    let start = Action::Start { permit_id, arguments_digest: None, lease, policy_set };
    assert!(setup.history.command(&tenant(0), id, agent.clone(), start).await);
    setup.views.catch_up().await.unwrap();
    let end = if report.error.is_some() { Action::Fail(report) } else { Action::Succeed(report) };
    assert!(setup.history.command(&tenant(0), id, agent, end).await);
    setup.views.catch_up().await.unwrap();
}

#[tokio::test]
async fn words_are_found_wherever_they_are_also_those_of_a_result_that_came_later() {
    let mut setup = Setup::empty(51).await;
    setup.views.catch_up().await.unwrap();
    let first = proposed(
        &mut setup,
        "erp.pay_invoice",
        "thread-alpha",
        serde_json::json!({"to": "Müller & Söhne", "n": 4711}),
    )
    .await;
    let second = proposed(
        &mut setup,
        "mail.send",
        "thread-beta",
        serde_json::json!({"body": "hello\nmüller", "削除": [1, null]}),
    )
    .await;
    setup.views.catch_up().await.unwrap();

    assert_eq!(ids(&setup, "pay").await, [first]);
    assert_eq!(ids(&setup, "ERP.pay_invoice").await, [first]);
    assert_eq!(ids(&setup, "thread").await, [second, first]);
    assert_eq!(ids(&setup, "thread-beta").await, [second]);
    assert_eq!(ids(&setup, "muller").await, [second, first]);
    assert_eq!(ids(&setup, "MÜLLER 4711").await, [first]);
    assert_eq!(ids(&setup, "mull*").await, [second, first]);
    assert_eq!(ids(&setup, "mull").await, Vec::<Uuid>::new());
    assert_eq!(ids(&setup, "削").await, [second]);
    assert_eq!(ids(&setup, "hello pay").await, Vec::<Uuid>::new());

    let mut report = setup.history.report(false);
    report.result =
        Some(proto_events::Json::from_text(r#"{"note": "Überwiesen \u00e0 Paris"}"#.to_owned()).unwrap());
    ended(&mut setup, first, report).await;
    let mut report = setup.history.report(true);
    report.result = None;
    report.error.as_mut().unwrap().message = "mailbox overflowing".to_owned();
    ended(&mut setup, second, report).await;

    assert_eq!(ids(&setup, "uberwiesen a paris").await, [first]);
    assert_eq!(ids(&setup, "muller paris pay").await, [first]);
    assert_eq!(ids(&setup, "overflowing e42").await, [second]);
    assert_eq!(ids(&setup, "  ").await, [second, first]);
    let filter = ExecutionFilter {
        search: Some("thread".into()),
        status: Some(ExecutionStatus::Failed),
        function: Some("mail.send".into()),
        ..Default::default()
    };
    let rows = all_executions(&setup.views, &tenant(0), &filter).await;
    assert_eq!(rows.iter().map(|row| row.execution_id).collect::<Vec<_>>(), [second]);
    assert_eq!(setup.views.verify().await.unwrap(), []);
}

#[tokio::test]
async fn what_is_left_out_is_found_by_nobody() {
    let mut setup = Setup::empty(53).await;
    let call = setup.history.call();
    let arguments =
        Arguments::from_value(&serde_json::json!({"iban": "DE4711", "to": {"name": "mira"}})).unwrap();
    let decision = crate::testing::decision(Outcome::Allowed, &arguments);
    let sensitive = vec!["iban".to_owned(), "balance".to_owned()];
    let id = setup.history.propose_decided(&tenant(0), call, arguments, decision, sensitive).await;
    setup.views.catch_up().await.unwrap();
    assert_eq!(ids(&setup, "mira").await, [id]);
    assert_eq!(ids(&setup, "iban").await, [id]);
    assert_eq!(ids(&setup, "DE4711").await, Vec::<Uuid>::new());
    let mut report = setup.history.report(false);
    report.result = proto_events::Json::from_text(r#"{"balance":90210,"paid":true}"#.to_owned()).ok();
    ended(&mut setup, id, report).await;
    assert_eq!(ids(&setup, "paid").await, [id]);
    assert_eq!(ids(&setup, "90210").await, Vec::<Uuid>::new());
    let detail = setup.views.execution(&tenant(0), id).await.unwrap().unwrap();
    let text = |json: &Option<proto_events::Json>| json.as_ref().unwrap().as_str().to_owned();
    assert_eq!(text(&detail.arguments), r#"{"iban":"[redacted]","to":{"name":"mira"}}"#);
    assert_eq!(text(&detail.result), r#"{"balance":"[redacted]","paid":true}"#);
    assert_eq!(detail.redacted_arguments, ["/iban"]);
    assert_eq!(detail.redacted_result, ["/balance"]);
    assert_eq!(detail.row.input_summary.as_deref(), Some(r#"iban: "[redacted]", to: {"name":"mira"}"#));
    let state = setup.history.executions[&(tenant(0), id)].clone();
    assert_eq!(detail.row.arguments_digest, state.execution().unwrap().arguments_digest(), "of all of them");
    let directory = setup.directory.path();
    for view in crate::View::ALL {
        let bytes = std::fs::read(directory.join(format!("{view}.sqlite"))).unwrap();
        for secret in ["DE4711", "90210"] {
            let there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!there, "{secret} is in the file of the {view} view");
        }
    }
}

#[tokio::test]
async fn no_text_breaks_the_search() {
    let setup = Setup::grown(52, 300).await;
    let hostile = [
        "\"",
        "\"\"",
        "*",
        "NEAR(",
        "NEAR(a b, 2)",
        "AND",
        "a AND",
        "OR NOT",
        "word:invoice",
        "{word}: x",
        "^invoice",
        "invoice\"*",
        "-invoice",
        "(",
        ")",
        "a+b",
        "'; DROP TABLE executions; --",
        "\u{0}",
        "\u{E000}61",
        "%",
        "_",
        "😀",
        "e\u{301}",
        "\u{202e}",
        "invoice*invoice*",
        "ÄÖ*",
        "?1",
        ":x",
        "@y",
        "$z",
        "\\",
        "a\"b",
    ];
    for text in hostile {
        let filter = ExecutionFilter { search: Some(text.to_owned()), ..Default::default() };
        match setup.views.executions(&tenant(0), &filter, &PageRequest::first(1000)).await {
            Ok(_) => {}
            Err(error) => assert_eq!(error.code(), "invalid_search", "{text:?}: {error}"),
        }
    }
    for text in ["x".repeat(10_000), "y ".repeat(5_000), "\"".repeat(10_000)] {
        let filter = ExecutionFilter { search: Some(text), ..Default::default() };
        let error = setup.views.executions(&tenant(0), &filter, &PageRequest::default()).await.unwrap_err();
        assert_eq!(error.code(), "invalid_search");
        assert!(error.to_string().len() < 300, "{error}");
    }
    assert_eq!(ids(&setup, "invoice").await.len(), ids(&setup, "\"invoice\"").await.len());
}
