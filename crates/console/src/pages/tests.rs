//! Pages as a browser gets them, over an API that answers as the test says.

use axum::{
    Json, Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use vidimus_api_types::Execution;

use crate::Settings;

/// An execution with these members instead of its own.
pub(super) fn executed(with: Value) -> Execution {
    let mut execution = json!({
        "execution_id": "01890000-0000-7000-8000-000000000001", "position": 12, "agent": "mailer", "conversation": "talk 1", "request_id": null,
        "function": "mail.send", "origin": "proposed", "stage": "awaiting_approval", "status": "PendingApproval",
        "approval_status": "Pending", "outcome": "awaiting_approval", "deciding": null, "result_status": null,
        "waits_for": null, "reason_code": null, "reason": null, "requester": {"kind": "user", "id": "ana"},
        "initiated_by": {"kind": "agent", "id": "mailer"}, "started_by": null, "resolved_by": null,
        "arguments_digest": null, "policy_set": null, "matched_rules": [], "visible_tools": null, "grant": null,
        "redecisions": 0, "suspended": false, "approval": null, "resolution": null, "permit": null,
        "approval_deadline": null, "lease_expires_at": null, "created_at": "2026-01-15T09:00:00Z",
        "started_at": null, "finished_at": null, "resolved_at": "2026-01-15T09:59:00Z",
        "idempotency_key": null, "former_execution": null, "attempts": 1,
    });
    execution.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    serde_json::from_value(execution).unwrap()
}

const GRANT: &str = "00000000-0000-4000-8000-000000000001";

fn refused(status: StatusCode, code: &str, detail: &str) -> Response {
    let problem = json!({
        "type": "urn:vidimus:problem:x", "title": "x", "status": status.as_u16(), "code": code, "detail": detail,
        "retryable": false,
    });
    (status, Json(problem)).into_response()
}

fn grant() -> Value {
    json!({
        "id": GRANT, "status": "in_force", "scope": {"agent": "<script>alert(1)</script>", "function": "mail.send"},
        "max_uses": null, "uses": 0, "max_sum": null, "sum": "0", "expires_at": "2026-01-16T00:00:00Z",
        "reason": "trial", "created_at": "2026-01-15T00:00:00Z", "created_by": {"kind": "user", "id": "eve"},
        "last_used_at": null, "revoked_at": null, "revoked_by": null, "position": 9,
    })
}

/// An API whose only key has this role; the audit trail and one grant, which is revoked with the reason `over` alone.
fn api(role: &'static str) -> Router {
    let me = json!({
        "tenant": "acme", "actor": {"kind": "user", "id": "eve"}, "roles": [role], "now": "2026-01-15T00:00:00Z",
    });
    let list = json!({"items": [grant()], "next": null, "position": 9});
    let no_role = || refused(StatusCode::FORBIDDEN, "missing_role", "you do not have the role `auditor`");
    let unready = json!({
        "ready": false, "reasons": ["the audit view is being rebuilt: wait"], "position": 9, "relay": [],
        "views": [{"view": "audit", "lag": 9, "available": false}], "commands_over_nats": null,
    });
    let revoke = async move |Json(body): Json<Value>| match body == json!({"reason": "over"}) {
        true => Json(grant()).into_response(),
        false => refused(StatusCode::CONFLICT, "not_now", "the grant is <i>held</i>"),
    };
    Router::new()
        .route("/v1/me", get(async move || Json(me)))
        .route("/v1/audit", get(async move || no_role()))
        .route("/v1/grants", get(async move || Json(list)))
        .route(&format!("/v1/grants/{GRANT}"), delete(revoke))
        .route("/v1/notifications/stream", get(stream))
        .route("/readyz", get(async move || (StatusCode::SERVICE_UNAVAILABLE, Json(unready))))
}

/// Beats, without end, for who asks from 7 on.
async fn stream(uri: axum::http::Uri) -> Response {
    if uri.query() == Some("after=7") {
        let beats = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(": heartbeat\n\n"));
        return Body::from_stream(beats).into_response();
    }
    refused(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", "close another one")
}

/// Somebody who is signed in.
struct Browser {
    console: Router,
    cookie: String,
}

impl Browser {
    async fn signed_in(role: &'static str) -> Self {
        let console = crate::router(api(role), Settings::default());
        let mut browser = Self { console, cookie: String::new() };
        let (_, _, cookie) = browser.send(Method::POST, "/console/sign-in", "key=k").await;
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser
    }

    /// Status, body (or where it leads) and the cookie that was set.
    async fn send(&self, method: Method, path: &str, form: &str) -> (StatusCode, String, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        let response = self.console.clone().oneshot(request).await.unwrap();
        let header = |name| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (status, location, cookie) =
            (response.status(), header(header::LOCATION), header(header::SET_COOKIE));
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        (status, if location.is_empty() { body } else { location }, cookie)
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let (status, body, _) = self.send(Method::GET, path, "").await;
        (status, body)
    }

    /// Sends a form of this page.
    async fn post(&self, path: &str, form: &str) -> (StatusCode, String) {
        let (_, page) = self.get("/console/governance/grants").await;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let (status, body, _) = self.send(Method::POST, path, &format!("csrf={csrf}&{form}")).await;
        (status, body)
    }
}

#[tokio::test]
async fn who_may_not_read_the_audit_log_is_told_why_and_downloads_nothing() {
    let browser = Browser::signed_in("approver").await;
    let pages =
        ["/console/audit", "/console/audit?category=administrative", "/console/audit/export?format=csv"];
    for page in pages {
        let (status, body) = browser.get(page).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{page}");
        assert!(
            body.contains("you do not have the role `auditor`") && body.contains("missing_role"),
            "{page}"
        );
        assert!(!body.contains("<table"), "{page}");
    }
}

#[tokio::test]
async fn a_grant_is_revoked_by_a_form_and_a_refusal_is_shown_where_it_was_sent() {
    let browser = Browser::signed_in("admin").await;
    let (status, body) = browser.get("/console/governance/grants?done=grant_revoked").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("The grant is revoked.") && body.contains("Revoke the grant"));
    assert!(body.contains("&#60;script&#62;alert(1)") && !body.contains("<script>alert"));
    let revoke = format!("/console/governance/grants/{GRANT}/revoke");
    let done = "/console/governance/grants?done=grant_revoked".to_owned();
    assert_eq!(browser.post(&revoke, "reason=over").await, (StatusCode::SEE_OTHER, done));
    let (status, body) = browser.post(&revoke, "reason=").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(body.contains("the grant is &#60;i&#62;held") && body.contains("not_now"));
    let (status, body, _) = browser.send(Method::POST, &revoke, "csrf=x&reason=over").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains("form_not_yours"));
}

#[tokio::test]
async fn a_stream_without_a_session_is_not_to_be_asked_for_again() {
    let browser = Browser::signed_in("approver").await;
    let (status, body) = browser.get("/console/live").await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "close another one"),
        "as the API says"
    );
    let nobody = Browser { cookie: String::new(), ..browser };
    let (status, body) = nobody.get("/console/live").await;
    assert_eq!((status, body.as_str()), (StatusCode::NO_CONTENT, ""));
}

#[tokio::test]
async fn a_stream_ends_with_the_session() {
    let browser = Browser::signed_in("auditor").await;
    let request = Request::get("/console/live?after=7").header(header::COOKIE, &browser.cookie);
    let stream = browser.console.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let mut stream = stream.into_body().into_data_stream();
    for _ in 0..3 {
        assert_eq!(stream.next().await.unwrap().unwrap(), ": heartbeat\n\n");
    }
    let (_, page) = browser.get("/console/governance/grants").await;
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    browser.send(Method::POST, "/console/sign-out", &format!("csrf={csrf}")).await;
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn who_may_only_read_is_offered_no_form() {
    let browser = Browser::signed_in("auditor").await;
    let (status, body) = browser.get("/console/governance/grants").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!body.contains("Revoke the grant") && !body.contains("/console/governance/keys"));
}

#[tokio::test]
async fn a_server_that_is_not_ready_says_so_on_a_page() {
    let browser = Browser::signed_in("approver").await;
    let (status, body) = browser.get("/console/governance/health").await;
    assert_eq!(status, StatusCode::OK);
    let said = ["Not ready", "the audit view is being rebuilt: wait", "View audit", "Being rebuilt"];
    for said in said {
        assert!(body.contains(said), "{said}");
    }
    assert!(!body.contains("/console/governance/webhooks"), "an approver may not see them");
}
