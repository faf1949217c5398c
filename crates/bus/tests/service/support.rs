//! Whoever answers, and whoever asks.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_nats::{Client, HeaderMap, Message, RequestErrorKind};
use async_trait::async_trait;
use bytes::Bytes;
use proto_events::{BusCommand, Subject, TenantId};
use serde_json::Value;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::timeout,
};
use uuid::Uuid;
use vidimus_bus::{Bus, CommandReply, CommandRequest, CommandService, Commands, Options, ServiceOptions};
use vidimus_tests::nats::Server;

/// How long anything may take that a test waits for.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

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

/// Does what the body says, and remembers what came.
pub(crate) struct Stub {
    pub(crate) seen: Mutex<Vec<CommandRequest>>,
    /// Lets those go on whose body is `wait`.
    pub(crate) gate: Semaphore,
}

impl Default for Stub {
    fn default() -> Self {
        Self { seen: Mutex::default(), gate: Semaphore::new(0) }
    }
}

impl Stub {
    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.seen.lock().unwrap().iter().map(|request| request.body.clone()).collect()
    }
}

fn reply(status: u16, code: Option<&str>, body: impl Into<Bytes>) -> CommandReply {
    let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
    CommandReply { status, code: code.map(str::to_owned), headers, body: body.into() }
}

#[async_trait]
impl Commands for Stub {
    fn route(&self, command: BusCommand) -> (&'static str, &'static str) {
        ("POST", command.as_str())
    }

    async fn answer(&self, mut request: CommandRequest) -> CommandReply {
        // A copy: whoever has the body that came has its bytes' places.
        request.body = Bytes::copy_from_slice(&request.body);
        let body = request.body.clone();
        self.seen.lock().unwrap().push(request);
        match &*body {
            body if body.starts_with(b"wait") => {
                self.gate.acquire().await.unwrap().forget();
                reply(200, None, "waited")
            }
            b"panic" => panic!("something nobody thought of"),
            b"large" => reply(200, None, vec![b'x'; 100_000]),
            b"refuse" => reply(409, Some("too_late"), "{\"code\":\"too_late\"}"),
            b"odd" => {
                let mut odd = reply(418, Some("two\r\nlines"), "odd");
                odd.headers.push(("split".to_owned(), "one\r\nInjected: two".to_owned()));
                odd.headers.push(("no name".to_owned(), "value".to_owned()));
                odd
            }
            _ => reply(201, None, [b"done: ", &*body].concat()),
        }
    }
}

/// A service at work.
pub(crate) struct Service {
    pub(crate) stub: Arc<Stub>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) service: CommandService,
}

impl Service {
    /// Begins, and does not wait for a server.
    pub(crate) async fn begin(server: &Server, options: ServiceOptions) -> Self {
        Self::begin_as(Options::new(server.url()), options).await
    }

    pub(crate) async fn begin_as(connection: Options, options: ServiceOptions) -> Self {
        let bus = Bus::connect(connection.clone()).await.unwrap();
        let stub = Arc::new(Stub::default());
        let (stop, stopped) = watch::channel(false);
        let service = CommandService::new(Arc::clone(&stub) as Arc<dyn Commands>, options);
        let serving = tokio::spawn(service.clone().run(bus, connection, stopped));
        Self { stub, stop, serving, service }
    }

    pub(crate) async fn start(server: &Server, options: ServiceOptions) -> (Self, Client) {
        let service = Self::begin(server, options).await;
        let client = async_nats::connect(server.url()).await.unwrap();
        there_are(1, &client).await;
        (service, client)
    }

    pub(crate) async fn stopped(self) {
        self.stop.send_replace(true);
        within("the service stops", self.serving).await.unwrap();
    }
}

/// What all services answer to a verb of `$SRV`.
pub(crate) async fn all(client: &Client, verb: &str, services: usize) -> Vec<Value> {
    use futures_util::StreamExt as _;
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await.unwrap();
    client.publish_with_reply(format!("$SRV.{verb}.vidimus"), inbox, Bytes::new()).await.unwrap();
    let mut all = Vec::new();
    while let Ok(Some(answer)) = timeout(Duration::from_millis(500), answers.next()).await {
        if answer.status.is_none() {
            all.push(serde_json::from_slice(&answer.payload).unwrap());
        }
        if all.len() == services {
            break;
        }
    }
    all
}

/// Waits until so many services take every command: what says so comes after the subscriptions, on the same connection.
pub(crate) async fn there_are(services: usize, client: &Client) {
    until("the services are there", || async {
        let infos = all(client, "INFO", services).await;
        let whole = |info: &&Value| info["endpoints"].as_array().unwrap().len() == BusCommand::ALL.len();
        infos.iter().filter(whole).count() == services
    })
    .await;
}

pub(crate) fn subject(command: BusCommand) -> String {
    subject_of("acme", command)
}

pub(crate) fn subject_of(tenant: &str, command: BusCommand) -> String {
    let tenant: TenantId = tenant.parse().unwrap();
    let execution = command.names_execution().then_some(Uuid::from_u128(7));
    Subject::command(&tenant, command, execution).to_string()
}

pub(crate) async fn ask(client: &Client, subject: impl Into<String>, body: impl Into<Bytes>) -> Message {
    let request = async_nats::Request::new().payload(body.into()).timeout(Some(BOUND));
    client.send_request(subject.into(), request).await.unwrap()
}

/// Asks until somebody is there who answers.
pub(crate) async fn ask_until_answered(client: &Client, body: &'static str) -> Message {
    within("an answer", async {
        loop {
            let request =
                async_nats::Request::new().payload(body.into()).timeout(Some(Duration::from_secs(1)));
            if let Ok(answer) = client.send_request(subject(BusCommand::Propose), request).await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// Whether there is nobody; who is about to go may take a request and not answer it.
pub(crate) async fn nobody_answers(client: &Client, subject: String) -> bool {
    let request = async_nats::Request::new().timeout(Some(Duration::from_secs(1)));
    let asked = client.send_request(subject, request).await;
    asked.is_err_and(|error| error.kind() == RequestErrorKind::NoResponders)
}

/// A header of an answer; empty where there is none.
pub(crate) fn header<'a>(answer: &'a Message, name: &str) -> &'a str {
    answer
        .headers
        .as_ref()
        .and_then(|headers: &HeaderMap| headers.get(name))
        .map_or("", |value| value.as_str())
}

/// Status header, code and problem of a refusal of the transport, which says the same three times.
#[track_caller]
pub(crate) fn problem(answer: &Message) -> (u64, String, Value) {
    let problem: Value = serde_json::from_slice(&answer.payload).unwrap();
    let (status, code) = (problem["status"].as_u64().unwrap(), problem["code"].as_str().unwrap().to_owned());
    assert_eq!(header(answer, "content-type"), "application/problem+json");
    assert_eq!(header(answer, "Vidimus-Status"), status.to_string());
    assert_eq!(header(answer, "Nats-Service-Error-Code"), status.to_string());
    assert_eq!(header(answer, "Nats-Service-Error"), code);
    assert_eq!(problem["type"], format!("urn:vidimus:problem:{code}"));
    assert!(
        !problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty()
    );
    (status, code, problem)
}
