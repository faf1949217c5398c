//! A real server on a loopback port, on a log on disk, with views and deadlines running.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails like a test")]

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Method, Request,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use proto_events::{Access, Actor, GlobalPosition, Role};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use vidimus_api::{Api, Settings};
use vidimus_engine::{Clock, DeadlineKeeper, Engine, KeyPepper, NewKey, Principal, RandomIds, SystemClock};
use vidimus_log::{EventLog, SledLog, SledLogOptions};
use vidimus_projection::{Past, Views};

/// How long anything may take that a test waits for.
pub(crate) const BOUND: Duration = Duration::from_secs(30);
pub(crate) const TENANT: &str = "acme";
pub(crate) const FUNCTION: &str = "crm.send_offer";

/// Waits, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(BOUND, future).await.unwrap_or_else(|_| panic!("this takes too long: {what}"))
}

/// Asks until it is so, but not for ever.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    within(what, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// How a world is to be.
pub(crate) struct Options {
    pub(crate) settings: Settings,
    pub(crate) engine: vidimus_engine::Settings,
    pub(crate) log: SledLogOptions,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether the views follow the log.
    pub(crate) views: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            settings: Settings { rate_limit: None, ..Settings::default() },
            engine: vidimus_engine::Settings::default(),
            log: SledLogOptions::default(),
            clock: Arc::new(SystemClock),
            views: true,
        }
    }
}

impl Options {
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut options = Self::default();
        change(&mut options.settings);
        options
    }
}

/// A running server and what it runs on.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) api: Api,
    pub(crate) engine: Arc<Engine>,
    pub(crate) views: Views,
    pub(crate) log: Arc<SledLog>,
    directory: Arc<TempDir>,
    stop: watch::Sender<bool>,
    server: JoinSet<std::io::Result<()>>,
    background: JoinSet<()>,
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; `null` where it is none.
    pub(crate) json: Value,
    pub(crate) body: Bytes,
}

impl Response {
    /// The header as text; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// The problem's code.
    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

impl World {
    /// A world as it is by default, but without a rate limit.
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        Self::start_on(Arc::new(TempDir::new().unwrap()), options).await
    }

    async fn start_on(directory: Arc<TempDir>, options: Options) -> Self {
        let log = Arc::new(SledLog::open(&directory.path().join("log"), options.log).unwrap());
        let as_log: Arc<dyn EventLog> = Arc::clone(&log) as Arc<dyn EventLog>;
        let engine = Engine::with(Arc::clone(&as_log), options.engine, options.clock, Arc::new(RandomIds));
        let engine = Arc::new(engine.with_key_pepper(KeyPepper::new([7; 32])));
        let views = Views::open(&directory.path().join("views"), Arc::clone(&as_log)).await.unwrap();
        let past = Past::open(&directory.path().join("views-as-of"), as_log).unwrap();
        let (stop, stopped) = watch::channel(false);
        let mut background = JoinSet::new();
        if options.views {
            let (views, mut stopped) = (views.clone(), stopped.clone());
            background.spawn(async move {
                let until = async move { drop(stopped.wait_for(|stop| *stop).await) };
                views.run(until).await.unwrap();
            });
        }
        let (keeper, until) = (DeadlineKeeper::new(Arc::clone(&engine)), stopped.clone());
        background.spawn(async move { keeper.run(until).await.unwrap() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let api = Api::new(Arc::clone(&engine), views.clone(), options.settings).with_past(past);
        let mut server = JoinSet::new();
        server.spawn(vidimus_api::serve(listener, api.clone(), stopped));
        Self { address, api, engine, views, log, directory, stop, server, background }
    }

    /// Tells the server to stop; does not wait for it.
    pub(crate) fn tell_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops everything, in order, and closes the log.
    pub(crate) async fn stop(mut self) -> Arc<TempDir> {
        self.tell_to_stop();
        within("the server stops", self.server.join_next()).await.unwrap().unwrap().unwrap();
        while within("what runs beside it stops", self.background.join_next()).await.is_some() {}
        let log = Arc::clone(&self.log);
        tokio::task::spawn_blocking(move || log.close()).await.unwrap();
        Arc::clone(&self.directory)
    }

    /// The same data, served anew.
    pub(crate) async fn restart(self, options: Options) -> Self {
        let directory = self.stop().await;
        Self::start_on(directory, options).await
    }

    /// Somebody who may do everything in a tenant, past the server.
    pub(crate) fn admin(tenant: &str) -> Principal {
        Principal::new(tenant.parse().unwrap(), Actor::user("ada"), Role::ALL)
    }

    /// A key of a tenant, for `actor` (`kind:id`).
    pub(crate) async fn key(&self, tenant: &str, roles: &[Role], actor: &str) -> String {
        let (kind, id) = actor.split_once(':').unwrap();
        let actor: Actor = serde_json::from_value(json!({"kind": kind, "id": id})).unwrap();
        let roles: BTreeSet<_> = roles.iter().copied().collect();
        let new = NewKey { actor: Some(actor), roles, ..NewKey::default() };
        let created = self.engine.create_key(&Self::admin(tenant), new).await.unwrap();
        created.secret.expose().to_owned()
    }

    /// The access of a tenant to the function.
    pub(crate) async fn access(&self, tenant: &str, access: Access) {
        let function = FUNCTION.parse().unwrap();
        self.engine.set_access(&Self::admin(tenant), function, access, None).await.unwrap();
    }

    pub(crate) async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    /// A request on a connection of its own.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<Value>,
    ) -> Response {
        self.request_with(method, path, key, &[], body).await
    }

    pub(crate) async fn request_with(
        &self,
        method: Method,
        path: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Response {
        let mut connection = self.connect().await;
        within(path, send(&mut connection, method, path, key, headers, body)).await
    }

    pub(crate) async fn get(&self, path: &str, key: &str) -> Response {
        self.request(Method::GET, path, key, None).await
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: Value) -> Response {
        self.request(Method::POST, path, key, Some(body)).await
    }

    /// Proposes a call; the answer.
    pub(crate) async fn propose(&self, key: &str, number: u64) -> Value {
        self.post("/v1/executions", key, call(number)).await.expect(201).json
    }

    /// A stream of notifications.
    pub(crate) async fn stream(&self, query: &str, key: &str, headers: &[(&str, &str)]) -> Sse {
        self.try_stream(query, key, headers).await.unwrap_or_else(|response| panic!("{response:?}"))
    }

    pub(crate) async fn try_stream(
        &self,
        query: &str,
        key: &str,
        headers: &[(&str, &str)],
    ) -> Result<Sse, Response> {
        let mut connection = self.connect().await;
        let path = format!("/v1/notifications/stream{query}");
        let request = request(Method::GET, &path, key, headers, None);
        let response = within("a stream's head", connection.send_request(request)).await.unwrap();
        if response.status() != 200 {
            return Err(whole(response).await);
        }
        let headers = response.headers().clone();
        Ok(Sse { headers, body: response.into_body(), buffer: BytesMut::new(), _connection: connection })
    }

    /// The figure of this line's beginning in `/metrics`; 0 where there is none.
    pub(crate) async fn metric(&self, line: &str) -> f64 {
        let response = self.get("/metrics", "").await.expect(200);
        metric(&response.body, line)
    }

    pub(crate) fn log_tail(&self) -> GlobalPosition {
        self.log.tail()
    }
}

pub(crate) fn metric(text: &[u8], line: &str) -> f64 {
    let text = std::str::from_utf8(text).unwrap();
    let lines = text.lines().filter_map(|of| of.strip_prefix(line));
    lines.filter_map(|rest| rest.trim().parse::<f64>().ok()).sum()
}

/// A call to propose.
pub(crate) fn call(number: u64) -> Value {
    json!({
        "agent": "assistant",
        "conversation": format!("conversation-{number}"),
        "request_id": format!("request-{number}"),
        "function": FUNCTION,
        "arguments": {"number": number},
    })
}

pub(crate) fn request(
    method: Method,
    path: &str,
    key: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    if !key.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match body {
        None => Bytes::new(),
        Some(body) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            body.to_string().into()
        }
    };
    request.body(Full::new(body)).unwrap()
}

/// One request on a connection.
pub(crate) async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    method: Method,
    path: &str,
    key: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Response {
    connection.ready().await.unwrap();
    whole(connection.send_request(request(method, path, key, headers, body)).await.unwrap()).await
}

async fn whole(response: hyper::Response<Incoming>) -> Response {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Response { status: parts.status.as_u16(), headers: parts.headers, json, body }
}

/// An open stream of notifications.
pub(crate) struct Sse {
    pub(crate) headers: HeaderMap,
    body: Incoming,
    buffer: BytesMut,
    _connection: SendRequest<Full<Bytes>>,
}

/// One block of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block {
    pub(crate) id: Option<u64>,
    pub(crate) data: Option<String>,
    pub(crate) other: Vec<String>,
}

impl Block {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.data.as_ref().unwrap()).unwrap()
    }

    fn of(text: &str) -> Self {
        let mut block = Self::default();
        for line in text.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => block.id = Some(id.parse().unwrap()),
                Some(("data", data)) => {
                    assert!(block.data.replace(data.to_owned()).is_none(), "one line of data: {text}");
                }
                _ => block.other.push(line.to_owned()),
            }
        }
        block
    }
}

impl Sse {
    /// The next block; `None` where the stream ended cleanly.
    pub(crate) async fn block(&mut self) -> Option<Block> {
        within("the next block of a stream", async {
            loop {
                if let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                    let block = self.buffer.split_to(end + 2);
                    return Some(Block::of(std::str::from_utf8(&block[..end]).unwrap()));
                }
                let frame = self.body.frame().await?.unwrap();
                self.buffer.extend_from_slice(&frame.into_data().unwrap());
            }
        })
        .await
    }

    /// The next notification with its position; `None` where the stream ended cleanly.
    pub(crate) async fn next(&mut self) -> Option<(u64, Value)> {
        loop {
            let block = self.block().await?;
            if block.data.is_some() {
                return Some((block.id.unwrap(), block.json()));
            }
        }
    }

    /// The next `count` notifications.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<(u64, Value)> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            taken.push(self.next().await.unwrap());
        }
        taken
    }
}
