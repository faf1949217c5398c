use proto_events::{Actor, Timestamp};
use uuid::Uuid;
use vidimus_projection::{QueryError, View};

use super::*;

fn told(error: EngineError) -> (u16, &'static str, Vec<String>) {
    let ApiError { status, code, errors, .. } = error.into();
    (status.as_u16(), code, errors.into_iter().map(|error| error.field).collect())
}

#[test]
fn a_field_is_at_fault_whatever_was_decided_on() {
    let no = InvalidField::Missing { field: "reason" };
    for error in [
        EngineError::from(execution::Rejection::from(no.clone())),
        function::Rejection::from(no.clone()).into(),
        attempt::Rejection::from(no.clone()).into(),
        key::Rejection::from(no.clone()).into(),
        registry::Rejection::from(no.clone()).into(),
        agent::Rejection::from(no.clone()).into(),
        connection::Rejection::from(no.clone()).into(),
        conversation::Rejection::from(no.clone()).into(),
        freeze::Rejection::from(no.clone()).into(),
        grant::Rejection::from(no.clone()).into(),
        policy::Rejection::from(no.clone()).into(),
        reviewer::Rejection::from(no.clone()).into(),
        webhook::Rejection::from(no).into(),
    ] {
        assert_eq!(told(error), (422, "text_missing", vec!["body.reason".to_owned()]));
    }
}

#[test]
fn a_decided_no_about_a_key_or_a_function_has_its_status() {
    let actor = Actor::agent("bot");
    let expires_at = Timestamp::from_micros(0);
    for (no, status, code, field) in [
        (key::Rejection::SystemActor { actor: actor.clone() }, 422, "system_actor", Some("body.actor")),
        (key::Rejection::RolesMissing, 422, "roles_missing", Some("body.roles")),
        (key::Rejection::ExpiryInThePast { expires_at }, 409, "expiry_in_the_past", Some("body.expires_at")),
        (
            key::Rejection::AgentCannotManageKeys { actor: actor.clone() },
            403,
            "agent_cannot_manage_keys",
            None,
        ),
        (key::Rejection::Exists { key_id: Uuid::nil() }, 409, "key_exists", None),
        (key::Rejection::NotFound, 404, "key_not_found", None),
    ] {
        let fields = field.into_iter().map(str::to_owned).collect();
        assert_eq!(told(no.into()), (status, code, fields));
    }
    let no = function::Rejection::AgentCannotSetAccess { actor };
    assert_eq!(told(no.into()), (403, "agent_cannot_set_access", vec![]));
}

#[test]
fn a_decided_no_about_a_webhook_has_its_status() {
    let position = proto_events::GlobalPosition::new(9);
    let tail = proto_events::GlobalPosition::new(8);
    for (no, status, code, field) in [
        (
            webhook::Rejection::AgentCannotManageWebhooks { actor: Actor::agent("bot") },
            403,
            "agent_cannot_manage_webhooks",
            None,
        ),
        (
            webhook::Rejection::AddressUnusable { problem: "is not" },
            409,
            "address_unusable",
            Some("body.url"),
        ),
        (webhook::Rejection::TooMany { max: 100 }, 409, "too_many_webhooks", None),
        (webhook::Rejection::PositionUnknown { position, tail }, 409, "position_unknown", Some("body.after")),
        (webhook::Rejection::Exists { webhook_id: Uuid::nil() }, 409, "webhook_exists", None),
        (webhook::Rejection::NotFound, 404, "webhook_not_found", None),
    ] {
        let fields = field.into_iter().map(str::to_owned).collect();
        assert_eq!(told(no.into()), (status, code, fields));
    }
}

#[test]
fn what_the_operating_system_says_is_not_told_to_the_caller() {
    let (view, reason) = (View::Executions, "disk I/O error in /srv/vidimus".to_owned());
    for (error, code) in [
        (QueryError::Storage { view, reason: reason.clone() }, "view_storage_failed"),
        (QueryError::Damaged { view, reason }, "view_damaged"),
    ] {
        let error = ApiError::from(error);
        assert_eq!((error.status.as_u16(), error.code), (503, code));
        assert_eq!(error.retry_after, Some(1));
        assert!(!error.detail.contains("disk") && !error.detail.contains("/srv"), "{}", error.detail);
    }
}

#[test]
fn a_batch_says_which_decision_is_refused_and_why() {
    let id = Uuid::nil();
    let batch =
        |error: EngineError| told(EngineError::Batch { index: 3, execution_id: id, error: Box::new(error) });
    let at = |field: &str| vec![field.to_owned()];
    assert_eq!(batch(Rejection::NotFound.into()), (404, "execution_not_found", at("body.decisions[3]")));
    let no = InvalidField::Missing { field: "reason" };
    let refused = batch(Rejection::from(no).into());
    assert_eq!(refused, (422, "text_missing", at("body.decisions[3].verdict.reason")));
    assert_eq!(batch(EngineError::Contention { tries: 3 }).0, 503);
}

#[test]
fn what_a_form_cannot_say_is_a_conflict() {
    let invalid = |field| InvalidField::Invalid { field, problem: "is not" };
    for (error, field) in [
        (EngineError::from(connection::Rejection::from(invalid("endpoint"))), "body.endpoint"),
        (grant::Rejection::from(invalid("max_sum")).into(), "body.max_sum"),
        (conversation::Rejection::from(invalid("text")).into(), "body.text"),
        (policy::Rejection::from(invalid("files")).into(), "body.files"),
        (function::Rejection::from(invalid("arguments_schema")).into(), "body.arguments_schema"),
        (reviewer::Rejection::from(invalid("from")).into(), "body.from"),
    ] {
        assert_eq!(told(error), (409, "invalid_field", vec![field.to_owned()]));
    }
    let other = grant::Rejection::from(invalid("scope.agent")).into();
    assert_eq!(told(other), (422, "invalid_field", vec!["body.scope.agent".to_owned()]));
}

/// What only the system's own commands are told, or what is drawn by the server and so is never taken.
const NEVER_ANSWERED: [&str; 18] = [
    "decision_mismatch",
    "delegation_exists",
    "freeze_exists",
    "grant_amount_unreadable",
    "grant_exists",
    "grant_expired",
    "grant_revoked",
    "grant_sum_exceeded",
    "grant_used_up",
    "incomplete_history",
    "key_exists",
    "not_due",
    "nothing_to_escalate",
    "nothing_to_expire",
    "nothing_to_redecide",
    "stands_still",
    "system_only",
    "too_many_redecisions",
];

#[test]
fn the_reference_lists_every_code_of_a_decided_no() {
    const REFERENCE: &str = include_str!("../../../../docs/reference/http.md");
    let (_, errors) = REFERENCE.split_once("## Errors").unwrap();
    let (errors, _) = errors.split_once("## Limits").unwrap();
    let is_listed = |code: &str| errors.contains(&format!("`{code}`"));
    let all = [
        execution::Rejection::ALL_CODES,
        function::Rejection::ALL_CODES,
        key::Rejection::ALL_CODES,
        connection::Rejection::ALL_CODES,
        conversation::Rejection::ALL_CODES,
        freeze::Rejection::ALL_CODES,
        grant::Rejection::ALL_CODES,
        policy::Rejection::ALL_CODES,
        reviewer::Rejection::ALL_CODES,
        webhook::Rejection::ALL_CODES,
    ];
    for code in all.into_iter().flatten() {
        assert_eq!(is_listed(code), !NEVER_ANSWERED.contains(code), "`{code}`: list it where it is answered");
    }
}

#[test]
fn views_of_the_past_that_are_being_built_say_when_to_ask_again() {
    use vidimus_projection::PastError;
    let at = proto_events::GlobalPosition::new;
    let building = PastError::Building { position: at(9), done: 3, of: 9 };
    let other = PastError::BuildingOther { position: at(5), other: at(9), done: 3, of: 9 };
    for error in [building, other] {
        let answer = ApiError::from(error);
        assert_eq!((answer.status().as_u16(), answer.code()), (503, "as_of_building"));
        assert!(answer.detail().contains("3 of 9 events"), "{}", answer.detail());
        let response = answer.into_response();
        assert_eq!(response.headers()[axum::http::header::RETRY_AFTER], "1");
    }
    // What went wrong inside is for an operator.
    let reason = "/srv/data is full".to_owned();
    let failed = ApiError::from(PastError::Failed { position: at(9), code: "storage_failed", reason });
    assert_eq!((failed.status().as_u16(), failed.code()), (503, "storage_failed"));
    assert!(!failed.detail().contains("/srv"), "{}", failed.detail());
}
