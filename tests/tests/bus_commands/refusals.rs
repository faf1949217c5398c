//! What is refused over NATS is refused in the words of HTTP: each is asked both ways.

use proto_events::BusCommand as C;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    bed::{Answer, Bed, subject},
    support::{Options, TENANT, World, call},
};

const MAX_BODY: usize = 20_000;

/// A request, as both ways have it.
struct Case {
    command: C,
    execution: String,
    /// The execution in a path, where it is written in another way there.
    in_path: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// The body of a query, as HTTP has it.
    query: &'static str,
}

impl Case {
    fn new(command: C, execution: &str, key: &str) -> Self {
        let headers = vec![("Authorization", format!("Bearer {key}"))];
        Self { command, execution: execution.to_owned(), in_path: None, headers, body: vec![], query: "" }
    }

    fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    fn query(self, body: Value, query: &'static str) -> Self {
        Self { query, ..self.body(body.to_string()) }
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn without_key(self) -> Self {
        Self { headers: vec![], ..self }
    }

    fn in_path(self, in_path: &'static str) -> Self {
        Self { in_path: Some(in_path), ..self }
    }

    async fn over_nats(&self, bed: &Bed, tenant: &str) -> Answer {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let subject = subject(tenant, self.command, &self.execution);
        bed.ask_raw(&subject, &headers, self.body.clone().into()).await
    }

    async fn over_http(&self, bed: &Bed) -> Answer {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let execution = self.in_path.unwrap_or(&self.execution);
        bed.ask_http(self.command, execution, self.query, &headers, self.body.clone().into()).await
    }
}

/// The problem but for the request's id, which is each request's own.
#[track_caller]
fn problem(mut answer: Answer) -> (u16, String, String, Value) {
    let id = answer.json.as_object_mut().unwrap().remove("request_id").unwrap();
    assert_eq!(id, answer.header("x-request-id"));
    let header = |name| answer.header(name).to_owned();
    (answer.status, header("content-type"), header("retry-after"), answer.json)
}

#[track_caller]
fn assert_same(name: &str, nats: Answer, http: Answer, status: u16, code: &str) {
    assert_eq!((http.status, http.code()), (status, code), "{name}: {:#}", http.json);
    assert_eq!(nats.header("nats-service-error"), code, "{name}");
    assert_eq!(nats.header("nats-service-error-code"), status.to_string(), "{name}");
    assert_eq!(problem(nats), problem(http), "{name}");
}

async fn bed() -> (Bed, crate::bed::Service) {
    Bed::start_with(Options::with(|settings| settings.max_body_bytes = MAX_BODY)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_refused_as_over_http() {
    let (bed, _service) = bed().await;
    let execution = bed.propose(1).await;
    let approved = bed.propose(2).await;
    bed.ask(&bed.paul, C::Approve, &approved, json!({})).await.with(200);
    let nobodys = Uuid::from_u128(7).to_string();
    let (runtime, paul, petra) = (&*bed.runtime, &*bed.paul, &*bed.petra);
    let approve = || Case::new(C::Approve, &execution, paul);
    let propose = || Case::new(C::Propose, "", runtime);
    let list = || Case::new(C::ListApprovals, "", paul);
    let get = || Case::new(C::Get, &execution, runtime);
    let call = call(1).to_string();
    let large = json!({"comment": "x".repeat(MAX_BODY)}).to_string();
    let cases: Vec<(&str, Case, u16, &str)> = vec![
        ("no key", approve().without_key(), 401, "key_missing"),
        ("another scheme", approve().without_key().header("Authorization", "Basic x"), 401, "key_missing"),
        ("no key at all", Case::new(C::Approve, &execution, "secret"), 401, "key_invalid"),
        ("no key and nothing right", Case::new(C::Get, "x", "x").body("{"), 401, "key_invalid"),
        ("a missing role", Case::new(C::Approve, &execution, runtime), 403, "missing_role"),
        ("another missing role", Case::new(C::ListApprovals, "", runtime), 403, "missing_role"),
        ("not there, read", Case::new(C::Get, &nobodys, runtime), 404, "execution_not_found"),
        ("not there, decided", Case::new(C::Approve, &nobodys, paul), 404, "execution_not_found"),
        ("too late", Case::new(C::Approve, &approved, petra), 409, "already_accepted"),
        ("too early", Case::new(C::Start, &execution, runtime), 409, "awaiting_approval"),
        ("not theirs", Case::new(C::Confirm, &approved, &bed.rita), 403, "not_the_requester"),
        ("half a body", approve().body("{"), 400, "body_malformed"),
        ("more than a body", approve().body("{} {}"), 400, "body_malformed"),
        ("not UTF-8", approve().body(&b"{\"comment\": \"\xff\"}"[..]), 400, "body_malformed"),
        ("no object", approve().body("[]"), 422, "body_invalid"),
        ("an unknown field", approve().body("{\"actor\": \"root\"}"), 422, "body_invalid"),
        ("another type", approve().body("{\"comment\": 7}"), 422, "body_invalid"),
        ("no body", propose(), 422, "body_invalid"),
        ("too large", approve().body(large), 413, "body_too_large"),
        ("not JSON", approve().header("Content-Type", "text/plain").body("{}"), 415, "not_json"),
        ("no UUID", Case::new(C::Approve, "no-uuid", paul), 422, "path_invalid"),
        ("no UUID, read", Case::new(C::Get, "no-uuid", paul), 422, "path_invalid"),
        ("odd", Case::new(C::Deny, "ä%2F?#", paul).in_path("%C3%A4%252F%3F%23"), 422, "path_invalid"),
        (
            "two attempts",
            propose().header("Idempotency-Key", "a").header("Idempotency-Key", "b").body(&*call),
            422,
            "header_invalid",
        ),
        ("an attempt", propose().header("idempotency-key", "ä").body(&*call), 422, "header_invalid"),
        ("a wait", get().query(json!({"wait": "61s"}), "?wait=61s"), 422, "query_invalid"),
        ("an unknown parameter", get().query(json!({"who": "me"}), "?who=me"), 422, "query_invalid"),
        ("unknown of a list", list().query(json!({"who": "me"}), "?who=me"), 422, "query_invalid"),
        ("a kind", list().query(json!({"kind": "x y&z"}), "?kind=x%20y%26z"), 422, "query_invalid"),
        ("no number", list().query(json!({"limit": "ten"}), "?limit=ten"), 422, "query_invalid"),
        ("a negative one", list().query(json!({"limit": -1}), "?limit=-1"), 422, "query_invalid"),
        ("a limit", list().query(json!({"limit": 0}), "?limit=0"), 422, "invalid_limit"),
        ("a cursor", list().query(json!({"cursor": "x"}), "?cursor=x"), 422, "invalid_cursor"),
        (
            "twice",
            Case { query: "?limit=1&limit=2", ..list().body("{\"limit\": 1, \"limit\": 2}") },
            422,
            "query_invalid",
        ),
    ];
    for (name, case, status, code) in cases {
        let (nats, http) = tokio::join!(case.over_nats(&bed, TENANT), case.over_http(&bed));
        assert_same(name, nats, http, status, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_no_longer_good_is_refused_as_over_http() {
    let (bed, _service) = bed().await;
    let execution = bed.propose(1).await;
    let key_id: Uuid = bed.petra.split('.').nth(1).unwrap().parse().unwrap();
    let get = Case::new(C::Get, &execution, &bed.petra);
    assert_eq!(get.over_nats(&bed, TENANT).await.status, 200);
    bed.world.engine.revoke_key(&World::admin(TENANT), key_id, None).await.unwrap();
    assert_same("revoked", get.over_nats(&bed, TENANT).await, get.over_http(&bed).await, 401, "key_revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_tenant_is_no_key_and_tells_nothing() {
    let (bed, _service) = bed().await;
    let execution = bed.propose(1).await;
    // A key that is none is told so, in HTTP and over NATS, in the same words as one of another tenant.
    let mut unknown = bed.paul.clone();
    let last = if unknown.ends_with('A') { "E" } else { "A" };
    unknown.replace_range(unknown.len() - 1.., last);
    let expected = problem(Case::new(C::Approve, &execution, &unknown).over_http(&bed).await);
    assert_eq!((expected.0, &expected.3["code"]), (401, &json!("key_invalid")));

    let others = bed.world.key("globex", &[proto_events::Role::Approver], "user:paul").await;
    let answers = [
        Case::new(C::Approve, &execution, &unknown).over_nats(&bed, TENANT).await,
        Case::new(C::Approve, &execution, &others).over_nats(&bed, TENANT).await,
        // A tenant that is there, and one that is not.
        Case::new(C::Approve, &execution, &bed.paul).over_nats(&bed, "globex").await,
        Case::new(C::Approve, &execution, &bed.paul).over_nats(&bed, "nobody").await,
        Case::new(C::Get, &execution, &bed.paul).over_nats(&bed, "nobody").await,
    ];
    for answer in answers {
        assert_eq!(problem(answer), expected);
    }
    // Nothing was done, and the right tenant's key does it.
    let got = Case::new(C::Get, &execution, &bed.paul).over_nats(&bed, TENANT).await.with(200);
    assert_eq!(got["stage"], "awaiting_approval");
    assert_eq!(Case::new(C::Get, &execution, &others).over_nats(&bed, "globex").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_bus_has_is_refused_in_the_same_form() {
    let (bed, _service) = bed().await;
    let execution = bed.propose(1).await;
    let get = || Case::new(C::Get, &execution, &bed.runtime);
    let large = json!({"wait": "x".repeat(MAX_BODY)}).to_string();
    // A body of a command may have as much.
    let seventeen = format!("{{}}{}", " ".repeat(17 * 1024 - 2));
    let filled = Case::new(C::Approve, "no-uuid", &bed.paul).body(&*seventeen).over_nats(&bed, TENANT).await;
    assert_eq!(filled.code(), "path_invalid");
    for (name, case, status, code) in [
        ("a query that is no JSON", get().body("wait=1s"), 400, "body_malformed"),
        ("a query that is a list", get().body("[]"), 422, "body_invalid"),
        ("a parameter that is none", get().body("{\"wait\": null}"), 422, "body_invalid"),
        ("a parameter of many", get().body("{\"wait\": [\"1s\"]}"), 422, "body_invalid"),
        ("half a number", get().body("{\"wait\": 1.5}"), 422, "body_invalid"),
        ("a large query", get().body(large), 413, "body_too_large"),
        ("a query of 17 KiB", get().body(seventeen), 413, "body_too_large"),
        ("no header of HTTP", get().header("Idempotency-Key", "a\u{7}b"), 422, "header_invalid"),
    ] {
        let answer = case.over_nats(&bed, TENANT).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{name}: {:#}", answer.json);
        problem(answer);
        let without = case.without_key().over_nats(&bed, TENANT).await;
        assert_eq!(without.code(), "key_missing", "{name}: whoever has no key is told nothing else");
    }
}
