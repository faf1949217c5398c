//! A world that is served over HTTP and over NATS, and somebody who asks either.

use std::collections::BTreeMap;

use async_nats::{Client, HeaderMap, Message, Request};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use proto_events::{Access, BusCommand, Role};
use serde_json::Value;
use tokio::{sync::watch, task::JoinHandle};
use vidimus_api::commands::route;
use vidimus_bus::{Bus, ServiceOptions};
use vidimus_tests::nats::Server;

use crate::{
    commands_over_nats,
    support::{BOUND, Options, TENANT, World, until, within},
};

/// What was answered, by whichever way.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// By names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) json: Value,
}

impl Answer {
    fn of(status: u16, headers: impl Iterator<Item = (String, String)>, body: &[u8]) -> Self {
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Self { status, headers, json: serde_json::from_slice(body).unwrap_or(Value::Null) }
    }

    fn of_message(message: &Message) -> Self {
        let headers = message.headers.iter().flat_map(HeaderMap::iter);
        let headers: Vec<_> =
            headers.map(|(name, values)| (name.to_string(), values[0].to_string())).collect();
        let status = headers.iter().find(|(name, _)| name == "Vidimus-Status").unwrap().1.parse().unwrap();
        Self::of(status, headers.into_iter(), &message.payload)
    }

    /// A header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.json);
        self.json
    }

    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// A service at work.
pub(crate) struct Service {
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) serving: JoinHandle<()>,
}

pub(crate) struct Bed {
    pub(crate) nats: Server,
    pub(crate) world: World,
    pub(crate) client: Client,
    pub(crate) runtime: String,
    pub(crate) rita: String,
    pub(crate) paul: String,
    pub(crate) petra: String,
}

impl Bed {
    /// Whatever is proposed has to be approved; one service.
    pub(crate) async fn start() -> (Self, Service) {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> (Self, Service) {
        let nats = Server::start();
        let world = World::start_with(options).await;
        world.access(TENANT, Access::EnabledWithConfirmation).await;
        let client = async_nats::connect(nats.url()).await.unwrap();
        let key = async |role, actor| world.key(TENANT, &[role], actor).await;
        let bed = Self {
            runtime: key(Role::Agent, "service:runtime").await,
            rita: key(Role::Agent, "user:rita").await,
            paul: key(Role::Approver, "user:paul").await,
            petra: key(Role::Approver, "user:petra").await,
            nats,
            world,
            client,
        };
        let service = bed.serve().await;
        until("commands are taken", async || {
            let asked = Request::new().timeout(Some(BOUND));
            bed.client.send_request(subject(TENANT, BusCommand::ListApprovals, ""), asked).await.is_ok()
        })
        .await;
        (bed, service)
    }

    /// One more service on the same API, with a connection of its own.
    pub(crate) async fn serve(&self) -> Service {
        let options = vidimus_bus::Options::new(self.nats.url());
        let bus = Bus::connect(options.clone()).await.unwrap();
        let (_, service) = commands_over_nats::service(self.world.api.clone(), ServiceOptions::default());
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(service.run(bus, options, stopped));
        Service { stop, serving }
    }

    /// Asks over NATS, with a key.
    pub(crate) async fn ask(&self, key: &str, command: BusCommand, execution: &str, body: Value) -> Answer {
        let authorization = format!("Bearer {key}");
        let headers = [("Authorization", &*authorization)];
        self.ask_raw(&subject(TENANT, command, execution), &headers, body.to_string().into()).await
    }

    pub(crate) async fn ask_raw(&self, subject: &str, headers: &[(&str, &str)], body: Bytes) -> Answer {
        let request = Request::new().headers(header_map(headers)).payload(body).timeout(Some(BOUND));
        let answer = self.client.send_request(subject.to_owned(), request).await;
        Answer::of_message(&answer.unwrap_or_else(|error| panic!("{subject}: {error}")))
    }

    /// Asks over HTTP what is asked over NATS: `query` is what the body of a query says.
    pub(crate) async fn ask_http(
        &self,
        command: BusCommand,
        execution: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let (method, path) = route(command);
        let path = format!("{}{query}", path.replace("{execution_id}", execution));
        let is_get = method == "GET";
        let mut request =
            hyper::Request::builder().method(method).uri(&path).header(hyper::header::HOST, "localhost");
        let said = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !is_get && !said {
            request = request.header(hyper::header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(if is_get { Bytes::new() } else { body })).unwrap();
        let mut connection = self.world.connect().await;
        let response = within(&path, connection.send_request(request)).await.unwrap();
        let (parts, body) = response.into_parts();
        let headers = parts.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Answer::of(parts.status.as_u16(), headers, &body.collect().await.unwrap().to_bytes())
    }

    /// Proposes a call over NATS; the execution's id.
    pub(crate) async fn propose(&self, number: u64) -> String {
        let call = crate::support::call(number);
        id(&self.ask(&self.runtime, BusCommand::Propose, "", call).await.with(201))
    }
}

pub(crate) fn id(body: &Value) -> String {
    body["execution_id"].as_str().unwrap().to_owned()
}

pub(crate) fn header_map(headers: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, *value);
    }
    map
}

pub(crate) fn subject(tenant: &str, command: BusCommand, execution: &str) -> String {
    let about = if command.names_execution() { format!(".{execution}") } else { String::new() };
    format!("vidimus.v1.{tenant}.command.{}{about}", command.as_str())
}
