//! The queue over an API that says what these tests want it to say.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::view::tests::{ID, item_json};

/// What was sent to the API: method, path, body.
type Sent = Arc<Mutex<Vec<(String, Value)>>>;

const OTHER: &str = "01890000-0000-7000-8000-000000000002";

fn problem(status: u16, code: &str, field: &str) -> Response {
    let body = json!({
        "type": format!("urn:vidimus:problem:{code}"), "title": "Conflict", "status": status, "code": code,
        "detail": "it is over", "retryable": false, "errors": [{"field": field, "detail": "it is over"}],
    });
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

/// An API with two cards, where the other one was denied a moment ago.
fn api(sent: Sent) -> Router {
    Router::new().fallback(move |request: Request| {
        let sent = Arc::clone(&sent);
        async move {
            let (parts, body) = request.into_parts();
            let path = parts.uri.path().to_owned();
            let is_post = parts.method == axum::http::Method::POST;
            let body = to_bytes(body, 1 << 20).await.unwrap();
            if is_post {
                sent.lock().unwrap().push((path.clone(), serde_json::from_slice(&body).unwrap()));
            }
            let answer = match path.as_str() {
                "/v1/me" => json!({"tenant": "acme", "actor": {"kind": "user", "id": "ben"},
                                   "roles": ["approver"], "now": "2026-01-15T10:00:00Z"}),
                "/v1/approvals" if parts.uri.query().unwrap_or_default().contains("kind=confirmation") => {
                    json!({"items": [], "next": null, "position": 9})
                }
                "/v1/approvals" => {
                    let one = item_json(json!({"stage": 2, "stages": 3}));
                    let other = item_json(json!({"execution_id": OTHER}));
                    json!({"items": [one, other], "next": null, "position": 9})
                }
                "/v1/approvals/decisions" => return problem(409, "already_denied", "body.decisions[1]"),
                path if is_post && path.contains(OTHER) => return problem(409, "already_denied", "body"),
                _ if is_post => json!({"position": 41}),
                _ => return problem(404, "execution_not_found", "path"),
            };
            answer.to_string().into_response()
        }
    })
}

struct Browser {
    pages: Router,
    cookie: String,
    csrf: String,
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 22).await.unwrap().to_vec()).unwrap()
}

impl Browser {
    async fn sign_in(sent: &Sent) -> Self {
        let pages = crate::router(api(Arc::clone(sent)), crate::Settings::default());
        let mut browser = Self { pages, cookie: String::new(), csrf: String::new() };
        let answer = browser.post("/console/sign-in", &[("key", "k")]).await;
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        let page = text(browser.get("/console/approvals").await).await;
        let (_, after) = page.split_once("name=\"csrf\" value=\"").unwrap();
        browser.csrf = after.split('"').next().unwrap().to_owned();
        browser
    }

    async fn ask(&self, request: axum::http::request::Builder, body: String) -> Response {
        let request = request.header(header::HOST, "localhost").header(header::COOKIE, &self.cookie);
        self.pages.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
    }

    async fn get(&self, address: &str) -> Response {
        self.ask(Request::get(address), String::new()).await
    }

    async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Response {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let form = form.append_pair("csrf", &self.csrf).extend_pairs(fields).finish();
        let request =
            Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request, form).await
    }
}

#[tokio::test]
async fn what_was_seen_goes_with_the_decision_and_a_reload_does_nothing_twice() {
    let sent = Sent::default();
    let browser = Browser::sign_in(&sent).await;
    let address = format!("/console/approvals/{ID}?show=all&done=x");
    let seen = [("stage", "2"), ("digest", "d"), ("card", r#"{"v": 1}"#)];
    let fields = |more: &[(&'static str, &'static str)]| [&seen[..], more].concat();
    let answer = browser.post(&address, &fields(&[("verdict", "approve"), ("words", "")])).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let to = format!("/console/approvals?show=all&done={ID}&min_position=41");
    assert_eq!(answer.headers()[header::LOCATION], to.as_str());
    browser.post(&address, &fields(&[("verdict", "deny"), ("words", "no")])).await;
    browser.post(&address, &fields(&[("verdict", "abort"), ("words", "ask first")])).await;
    browser.post(&address, &fields(&[("verdict", "comment"), ("words", "hm")])).await;
    let revise = [("verdict", "revise"), ("arguments", "{\"a\": 1}"), ("feedback", "less")];
    browser.post(&address, &fields(&revise)).await;
    let malformed = [("verdict", "revise"), ("arguments", "{\"a\""), ("feedback", "less")];
    let answer = browser.post(&address, &fields(&malformed)).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(answer).await.contains("{&#34;a&#34;</textarea>"), "what was typed is there to be mended");
    let card = json!({"v": 1});
    let at = |command: &str| format!("/v1/executions/{ID}/{command}");
    assert_eq!(
        *sent.lock().unwrap(),
        [
            (at("approve"), json!({"arguments_digest": "d", "stage": 2, "card": card})),
            (at("deny"), json!({"reason": "no", "card": card})),
            (at("abort"), json!({"feedback": "ask first", "card": card})),
            (at("comments"), json!({"text": "hm"})),
            (at("revise"), json!({"arguments": {"a": 1}, "feedback": "less", "card": card})),
        ]
    );
}

#[tokio::test]
async fn a_refusal_is_at_its_card_and_of_several_none_is_decided() {
    let sent = Sent::default();
    let browser = Browser::sign_in(&sent).await;
    let fields = [("stage", "0"), ("verdict", "approve"), ("words", "go on")];
    let answer = browser.post(&format!("/console/approvals/{OTHER}?show=all"), &fields).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = text(answer).await;
    let (_, card) = page.split_once(&format!(" id=\"{OTHER}\"")).unwrap();
    assert!(
        card.contains("Not done: it is over <code>already_denied</code>")
            && card.contains("go on</textarea>")
    );
    let card_of = |name: &str, id: &str| format!("{name}.{id}");
    let fields = [
        ("pick", ID),
        ("pick", OTHER),
        (&card_of("stage", ID), "2"),
        (&card_of("card", ID), "{\"v\":1}"),
        (&card_of("digest", OTHER), "d"),
        ("verdict", "approve"),
        ("words", "all good"),
    ];
    let answer = browser.post("/console/approvals/decisions", &fields).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = text(answer).await;
    assert!(page.contains(&format!("Nothing was decided, for none of the 2: {OTHER} was refused.")));
    assert_eq!(page.matches(" checked>").count(), 3, "what was chosen stays chosen, and the keys are on");
    assert!(page.contains("all good</textarea>"));
    let approve = |stage: Value| json!({"kind": "approve", "comment": "all good", "stage": stage});
    let mut second = approve(Value::Null);
    second.as_object_mut().unwrap().remove("stage");
    let decisions = json!([
        {"execution_id": ID, "card": {"v": 1}, "verdict": approve(2.into())},
        {"execution_id": OTHER, "arguments_digest": "d", "verdict": second},
    ]);
    let (path, body) = sent.lock().unwrap().last().unwrap().clone();
    assert_eq!((path.as_str(), body), ("/v1/approvals/decisions", json!({"decisions": decisions})));
}

#[tokio::test]
async fn a_form_without_the_token_of_the_session_decides_nothing() {
    let sent = Sent::default();
    let mut browser = Browser::sign_in(&sent).await;
    browser.csrf = "guessed".into();
    let fields = [("verdict", "approve"), ("pick", ID)];
    for address in [format!("/console/approvals/{ID}"), "/console/approvals/decisions".to_owned()] {
        assert_eq!(browser.post(&address, &fields).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(browser.get(&address).await.status(), StatusCode::SEE_OTHER);
    }
    assert!(sent.lock().unwrap().is_empty());
}
