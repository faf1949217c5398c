//! A whole API in memory: a clock that stands, views that follow, and people with keys.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "this is for tests")]

mod decided;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use proto_events::{
    Access, Actor, ExpectedVersion, NewEvent, Outcome, Role, StreamId, StreamVersion, TenantId, Timestamp,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;
use vidimus_api::{Api, Settings};
use vidimus_engine::{Engine, Ids as _, KeyPepper, ManualClock, NewKey, Principal, RandomIds};
use vidimus_log::{Append, EventLog, MemoryLog};
use vidimus_projection::{Past, Views};

pub(crate) const T0: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
pub(crate) const FUNCTION: &str = "crm.send_offer";
/// A policy that lets everything through.
pub(crate) const PERMIT_ALL: &str = "@id(\"all\")\npermit (principal, action, resource);\n";

/// A key: its id, and what its holder sends.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: Uuid,
    pub(crate) secret: String,
}

/// The people of a tenant.
pub(crate) struct People {
    pub(crate) tenant: TenantId,
    /// The runtime that proposes and runs calls: the agent `assistant` itself.
    pub(crate) runtime: Key,
    /// A second one, of several agents: a service.
    pub(crate) other_runtime: Key,
    /// The user on whose behalf calls are; has the role `agent`.
    pub(crate) rita: Key,
    pub(crate) paul: Key,
    pub(crate) petra: Key,
    pub(crate) olga: Key,
    pub(crate) ada: Key,
}

pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) views: Views,
    pub(crate) router: Router,
    pub(crate) acme: People,
    _directory: TempDir,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body, where the status is this one.
    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// Status and code of a problem.
    #[track_caller]
    pub(crate) fn problem(self) -> (u16, String) {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{:#}", self.body);
        let code = self.body["code"].as_str().unwrap().to_owned();
        assert_eq!(self.body["status"], self.status.as_u16());
        assert_eq!(self.body["type"], format!("urn:vidimus:problem:{code}"));
        assert!(!self.body["detail"].as_str().unwrap().is_empty());
        (self.status.as_u16(), code)
    }

    /// The code of a problem, and the first field at fault.
    #[track_caller]
    pub(crate) fn at_fault(self) -> (u16, String, String) {
        let field = self.body["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
        let (status, code) = self.problem();
        (status, code, field)
    }
}

pub(crate) fn id(body: &Value) -> String {
    body["execution_id"].as_str().unwrap().to_owned()
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings { rate_limit: None, ..Settings::default() }).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
        let clock = Arc::new(ManualClock::at(T0));
        let engine = Engine::with(
            Arc::clone(&log),
            vidimus_engine::Settings::default(),
            Arc::clone(&clock) as Arc<dyn vidimus_engine::Clock>,
            Arc::new(RandomIds),
        );
        let engine = Arc::new(engine.with_key_pepper(KeyPepper::new([7; 32])));
        let directory = tempfile::tempdir().unwrap();
        let views = Views::open(&directory.path().join("views"), Arc::clone(&log)).await.unwrap();
        let past = Past::open(&directory.path().join("views-as-of"), log).unwrap();
        // Or the first queries are told that there are no views yet.
        views.catch_up().await.unwrap();
        let following = views.clone();
        tokio::spawn(async move { following.run(std::future::pending()).await.unwrap() });
        let router =
            vidimus_api::router(Api::new(Arc::clone(&engine), views.clone(), settings).with_past(past));
        let acme = people(&engine, "acme").await;
        Self { engine, clock, views, router, acme, _directory: directory }
    }

    /// The people of another tenant.
    pub(crate) async fn people(&self, tenant: &str) -> People {
        people(&self.engine, tenant).await
    }

    pub(crate) async fn key(
        &self,
        tenant: &TenantId,
        actor: Actor,
        roles: &[Role],
        ttl: Option<Duration>,
    ) -> Key {
        key(&self.engine, tenant, actor, roles, ttl).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        // A stream has no end.
        let body =
            if parts.headers.get(header::CONTENT_TYPE).is_some_and(|media| media == "text/event-stream") {
                Body::empty()
            } else {
                body
            };
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request with raw bytes as its body, said to be JSON.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        key: Option<&Key>,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", key.secret));
        }
        self.call(request.body(body.into()).unwrap()).await
    }

    /// Asks again, as that answer says to, while the views have not come to the position that is asked for: a busy machine takes
    /// longer than a client is let wait.
    pub(crate) async fn get(&self, key: &Key, path: &str) -> Answer {
        for _ in 0..11 {
            let answer = self.raw("GET", path, Some(key), Body::empty()).await;
            if answer.status != 503 || answer.body["code"] != "position_not_reached" {
                return answer;
            }
        }
        self.raw("GET", path, Some(key), Body::empty()).await
    }

    pub(crate) async fn post(&self, key: &Key, path: &str, body: Value) -> Answer {
        self.raw("POST", path, Some(key), body.to_string()).await
    }

    pub(crate) async fn put(&self, key: &Key, path: &str, body: Value) -> Answer {
        self.raw("PUT", path, Some(key), body.to_string()).await
    }

    pub(crate) async fn delete(&self, key: &Key, path: &str) -> Answer {
        self.raw("DELETE", path, Some(key), Body::empty()).await
    }

    /// A command on an execution.
    pub(crate) async fn command(&self, key: &Key, execution: &str, command: &str, body: Value) -> Answer {
        self.post(key, &format!("/v1/executions/{execution}/{command}"), body).await
    }

    pub(crate) async fn set(&self, access: Access) {
        self.put(&self.acme.ada, &format!("/v1/functions/{FUNCTION}"), json!({"access": access}))
            .await
            .with(200);
    }

    pub(crate) async fn propose(&self) -> Value {
        self.post(&self.acme.runtime, "/v1/executions", proposal()).await.with(201)
    }

    /// An execution whose decision is one that access alone does not lead to.
    pub(crate) async fn decided(&self, outcome: Outcome) -> Uuid {
        decided::decided(&self.engine, &self.acme.tenant, FUNCTION, outcome).await
    }

    /// Puts `count` events on the log that say once more how the access to the function was set.
    pub(crate) async fn fill(&self, count: usize) {
        let (tenant, log) = (&self.acme.tenant, self.engine.log());
        let stream = StreamId::function(&FUNCTION.parse().unwrap());
        let first = log.read_stream(tenant, &stream, StreamVersion::FIRST, 1).await.unwrap().remove(0).event;
        for filled in (0..count).step_by(4_000) {
            let copy = |_| NewEvent { event_id: self.fresh(), ..first.clone() };
            let events = (filled..count.min(filled + 4_000)).map(copy).collect();
            let append = Append::to_stream(tenant.clone(), stream.clone(), ExpectedVersion::Any, events);
            log.append(append).await.unwrap();
        }
    }

    fn fresh(&self) -> Uuid {
        RandomIds.fresh()
    }

    /// A call that runs.
    pub(crate) async fn started(&self) -> Value {
        let proposed = self.propose().await;
        self.command(&self.acme.runtime, &id(&proposed), "start", json!({})).await.with(200)
    }
}

/// What a catalogue says of the function.
pub(crate) fn described() -> Value {
    json!({
        "purpose": "Sends an offer to a customer.",
        "tool_type": "lookup",
        "effect": "read",
        "risk": "low",
        "results": "trusted",
    })
}

/// A call on behalf of Rita.
pub(crate) fn proposal() -> Value {
    json!({
        "agent": "assistant",
        "conversation": "conv-1",
        "function": FUNCTION,
        "arguments": {"to": "kim@example.com", "amount": 100},
        "requester": {"kind": "user", "id": "rita"},
    })
}

async fn people(engine: &Engine, tenant: &str) -> People {
    let tenant: TenantId = tenant.parse().unwrap();
    let key = async |actor: Actor, role: Role| key(engine, &tenant, actor, &[role], None).await;
    People {
        runtime: key(Actor::agent("assistant"), Role::Agent).await,
        other_runtime: key(Actor::service("other"), Role::Agent).await,
        rita: key(Actor::user("rita"), Role::Agent).await,
        paul: key(Actor::user("paul"), Role::Approver).await,
        petra: key(Actor::user("petra"), Role::Approver).await,
        olga: key(Actor::user("olga"), Role::Auditor).await,
        ada: key(Actor::user("ada"), Role::Admin).await,
        tenant,
    }
}

async fn key(engine: &Engine, tenant: &TenantId, actor: Actor, roles: &[Role], ttl: Option<Duration>) -> Key {
    let root = Principal::new(tenant.clone(), Actor::user("root"), [Role::Admin]);
    let new = NewKey {
        actor: Some(actor),
        roles: BTreeSet::from_iter(roles.iter().copied()),
        label: None,
        expires_at: ttl.map(|ttl| engine.now().plus(ttl)),
    };
    let created = engine.create_key(&root, new).await.unwrap();
    Key { id: created.key.key_id, secret: created.secret.expose().to_owned() }
}
