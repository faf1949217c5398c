//! A server with a configuration of `deploy/nats/`, the hub's streams and commands, and the tenant `acme` at work.

use std::sync::{Arc, Mutex};

use async_nats::jetstream::{
    self,
    consumer::{self, PullConsumer},
};
use async_trait::async_trait;
use proto_events::{BusCommand, Message, NotificationType, Subject};
use tokio::sync::watch;
use uuid::Uuid;
use vidimus_bus::{
    Bus, CommandReply, CommandRequest, CommandService, Commands, ConsumerSpec, Credentials, Options,
    Publisher, ServiceOptions, StreamReader, StreamSpec, make_consumer,
};
use vidimus_tests::nats::Server;

use crate::user::{User, wait_for};

/// What a forged message says.
pub(crate) const FORGED: &str = "forged";
const TENANTS: [&str; 2] = ["acme", "umbrella"];
const STREAMS: [(&str, &str); 2] =
    [("VIDIMUS_NOTIFICATIONS", Subject::NOTIFICATIONS), ("VIDIMUS_RECORDED", Subject::RECORDED)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Accounts,
    Single,
}

impl Layout {
    /// The accounts of the sample configuration.
    pub(crate) fn accounts(self) -> &'static str {
        let whole = match self {
            Self::Accounts => include_str!("../../../deploy/nats/accounts.conf"),
            Self::Single => include_str!("../../../deploy/nats/single.conf"),
        };
        &whole[whole.find("# Who may do what").unwrap()..]
    }
}

/// Answers each command with its tenant's name, and notes it.
#[derive(Clone, Default)]
struct Answering(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Commands for Answering {
    fn route(&self, _: BusCommand) -> (&'static str, &'static str) {
        ("POST", "/")
    }

    async fn answer(&self, request: CommandRequest) -> CommandReply {
        let CommandRequest { tenant, command, body, .. } = request;
        let said = String::from_utf8_lossy(&body).into_owned();
        self.0.lock().unwrap().push(format!("{tenant} {} {said}", command.as_str()));
        let body = format!("{tenant}: answer to {said}").into();
        CommandReply { status: 200, code: None, headers: Vec::new(), body }
    }
}

pub(crate) struct Stage {
    server: Server,
    hub: User,
    reader: Bus,
    answering: Answering,
    _stop: watch::Sender<bool>,
    published: Mutex<Vec<String>>,
}

impl Stage {
    /// As the user `vidimus`, who has to be permitted what that takes.
    pub(crate) async fn start(layout: Layout) -> Self {
        let wild = "\"tenant_umbrella\": {\n    users: [\n";
        let accounts = layout.accounts().replace(wild, &format!("{wild}{{ user: wild, password: wild }}\n"));
        let server = Server::start_with(&accounts);
        let hub = User::connect(&server.url(), "vidimus").await;
        let file = format!("{}/fixtures/nats/vidimus.nk", env!("CARGO_MANIFEST_DIR"));
        let options =
            Options { credentials: Credentials::NkeyFile(file.into()), ..Options::new(server.url()) };
        let bus = Bus::connect(options.clone()).await.unwrap();
        for stream in STREAMS {
            Publisher::open(&bus, &spec_of(stream)).await.unwrap();
        }
        if layout == Layout::Accounts {
            for (stream, _) in STREAMS {
                for tenant in TENANTS {
                    let spec = consumer_of(stream, tenant);
                    assert_eq!(make_consumer(&bus, &spec).await, Ok(true));
                    assert_eq!(make_consumer(&bus, &spec).await, Ok(false));
                }
            }
        }
        let answering = Answering::default();
        let (stop, stopped) = watch::channel(false);
        let service = CommandService::new(Arc::new(answering.clone()), ServiceOptions::default());
        tokio::spawn(service.run(bus.clone(), options, stopped));
        let stage = Self { server, hub, reader: bus, answering, _stop: stop, published: Mutex::default() };
        stage.serves().await;
        stage
    }

    /// Another connection of the server's may write and read back as well.
    pub(crate) async fn writes_and_reads_back(&self) {
        let mut publisher = Publisher::open(&self.reader, &spec_of(STREAMS[0])).await.unwrap();
        let tenant = "acme".parse().unwrap();
        let message = |number: u128| Message {
            subject: Subject::notification(&tenant, Uuid::from_u128(number), NotificationType::Initiated),
            id: number.to_string(),
            headers: Vec::new(),
            payload: number.to_string().into(),
        };
        publisher.publish(&[message(1), message(2)]).await.unwrap();
        assert_eq!(publisher.get(2).await.unwrap().unwrap().payload, "2");
        let reader = StreamReader::open(&self.reader, STREAMS[0].0).await.unwrap();
        assert_eq!(reader.read(1, 10).await.unwrap().len(), 2);
        assert_eq!(reader.get(1).await.unwrap().unwrap().payload, "1");
    }

    /// Waits until the commands are served.
    async fn serves(&self) {
        let operator = self.user("acme-operator").await;
        let answered = || operator.payloads().iter().any(|seen| seen.starts_with("acme: "));
        let mut asked = 0;
        while !answered() {
            asked += 1;
            assert!(asked < 6_000, "nobody serves the commands; {:?}", self.hub.refusals());
            operator.ask("vidimus.v1.acme.command.propose", "ready").await;
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        wait_for("the answers", || {
            let answers = operator.payloads().iter().filter(|seen| seen.starts_with("acme: ")).count();
            (answers == self.asked().len()).then_some(())
        })
        .await;
        self.forget_asked();
    }

    pub(crate) async fn user(&self, name: &str) -> User {
        User::connect(&self.server.url(), name).await
    }

    pub(crate) async fn acme(&self) -> Acme {
        Acme::begin(self).await
    }

    /// A notification and a recorded event of each tenant, on the streams.
    pub(crate) async fn publish_both(&self, name: &str) {
        let context = jetstream::new(self.hub.client.clone());
        for tenant in TENANTS {
            for (subject, what) in [
                (format!("vidimus.v1.{tenant}.tool_execution.{name}.initiated"), "notification"),
                (format!("vidimus.v1.{tenant}.recorded.execution-{name}.initiated"), "recorded"),
            ] {
                let payload = format!("{tenant}: {what} {name}");
                context.publish(subject, payload.clone().into()).await.unwrap().await.unwrap();
                self.published.lock().unwrap().push(payload);
            }
        }
    }

    /// What the commands were asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.answering.0.lock().unwrap().clone()
    }

    pub(crate) fn forget_asked(&self) {
        self.answering.0.lock().unwrap().clear();
    }

    /// The streams have what was published and nothing else, each in order; they and their consumers are as they were made.
    pub(crate) async fn streams_are_untouched(&self, layout: Layout) {
        let published = self.published.lock().unwrap().clone();
        for ((stream, subjects), what) in STREAMS.into_iter().zip(["notification", "recorded"]) {
            let reader = StreamReader::open(&self.reader, stream).await.unwrap();
            let stored = reader.read(1, 1_000).await.unwrap();
            let stored: Vec<_> =
                stored.iter().map(|message| String::from_utf8_lossy(&message.payload).into_owned()).collect();
            let meant: Vec<_> = published.iter().filter(|payload| payload.contains(what)).cloned().collect();
            assert_eq!(stored, meant, "on {stream}");
            let context = jetstream::new(self.hub.client.clone());
            let info = context.get_stream(stream).await.unwrap().cached_info().clone();
            assert_eq!(info.config.subjects, [subjects]);
            assert_eq!(info.state.consumer_count, if layout == Layout::Accounts { 2 } else { 0 });
            assert_eq!((info.state.first_sequence, info.state.last_sequence), (1, meant.len() as u64));
        }
    }

    /// Waits until all of `count` messages of a consumer are answered for.
    pub(crate) async fn answered_for(&self, stream: &str, consumer: &str, count: u64) {
        for _ in 0..6_000 {
            let info = self.consumer_info(stream, consumer).await;
            if info.ack_floor.consumer_sequence == count && info.num_ack_pending == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{consumer} of {stream} has not answered for {count}");
    }

    async fn consumer_info(&self, stream: &str, consumer: &str) -> consumer::Info {
        let context = jetstream::new(self.hub.client.clone());
        let found: PullConsumer = context.get_consumer_from_stream(consumer, stream).await.unwrap();
        found.cached_info().clone()
    }
}

fn spec_of((name, subjects): (&str, &str)) -> StreamSpec {
    StreamSpec {
        name: name.to_owned(),
        subjects: subjects.to_owned(),
        description: "of a test".to_owned(),
        max_bytes: 1 << 24,
        max_age: None,
        replicas: 1,
        message_bytes: 1 << 16,
    }
}

fn consumer_of(stream: &str, tenant: &str) -> ConsumerSpec {
    let subject = if stream == STREAMS[0].0 { "tool_execution" } else { "recorded" };
    ConsumerSpec {
        stream: stream.to_owned(),
        name: format!("{tenant}_monitor"),
        filter: format!("vidimus.v1.{tenant}.{subject}.>"),
        description: "of a test".to_owned(),
    }
}

/// The tenant that is to be left alone.
pub(crate) struct Acme {
    monitor: User,
    operator: User,
    auditor: User,
    pending: Option<jetstream::Message>,
    asked: Vec<String>,
}

impl Acme {
    async fn begin(stage: &Stage) -> Self {
        let user = |role: &str| format!("acme-{role}");
        let [monitor, operator, auditor] = [user("monitor"), user("operator"), user("auditor")];
        let monitor = stage.user(&monitor).await;
        let operator = stage.user(&operator).await;
        let auditor = stage.user(&auditor).await;
        monitor.listen("vidimus.v1.acme.tool_execution.>").await;
        auditor.listen("vidimus.v1.acme.recorded.>").await;
        operator.listen("_INBOX_acme.operator.known").await;
        Self { monitor, operator, auditor, pending: None, asked: Vec::new() }
    }

    /// An inbox that it listens on, in case somebody knew it.
    pub(crate) fn inbox(&self) -> String {
        "_INBOX_acme.operator.known".to_owned()
    }

    /// It sees what is new, and its commands are answered.
    pub(crate) async fn goes_on(&mut self, stage: &Stage, name: &str) {
        self.monitor.sees(&format!("acme: notification {name}")).await;
        self.auditor.sees(&format!("acme: recorded {name}")).await;
        self.operator.ask("vidimus.v1.acme.command.propose", name).await;
        self.operator.sees(&format!("acme: answer to {name}")).await;
        self.asked.push(format!("acme propose {name}"));
        assert_eq!(stage.hub.refusals(), [""; 0]);
    }

    /// The subject by which it would answer for a message that it has.
    pub(crate) async fn takes_one_and_does_not_answer(&mut self, layout: Layout) -> Option<String> {
        if layout == Layout::Single {
            return None;
        }
        let consumer = self.monitor.consumer("VIDIMUS_NOTIFICATIONS", "acme_monitor").await;
        let message = User::next(&consumer).await.unwrap();
        let subject = message.reply.as_ref().unwrap().to_string();
        self.pending = Some(message);
        Some(subject)
    }

    /// Where it would hurt if answers to another tenant went there.
    pub(crate) fn targets(&self, pending: Option<&str>) -> Vec<String> {
        let mut targets: Vec<String> = [
            "vidimus.v1.acme.tool_execution.first.approval.accepted",
            "vidimus.v1.acme.recorded.execution-first.initiated",
            "vidimus.v1.acme.command.propose",
            "$JS.API.STREAM.PURGE.VIDIMUS_NOTIFICATIONS",
            "$JS.API.CONSUMER.DELETE.VIDIMUS_NOTIFICATIONS.acme_monitor",
        ]
        .map(str::to_owned)
        .to_vec();
        targets.push(self.inbox());
        targets.extend(pending.map(str::to_owned));
        targets
    }

    pub(crate) async fn answers_for_what_is_pending(&mut self, stage: &Stage, layout: Layout) {
        stage.streams_are_untouched(layout).await;
        let Some(message) = self.pending.take() else { return };
        let info = stage.consumer_info("VIDIMUS_NOTIFICATIONS", "acme_monitor").await;
        assert_eq!((info.num_ack_pending, info.ack_floor.consumer_sequence, info.num_redelivered), (1, 0, 0));
        message.double_ack().await.unwrap();
        stage.answered_for("VIDIMUS_NOTIFICATIONS", "acme_monitor", 1).await;
    }

    pub(crate) async fn has_seen_nothing_but_its_own(&self, stage: &Stage) {
        let names = ["first", "second"];
        let expected = |what: &str| names.map(|name| format!("acme: {what} {name}"));
        assert_eq!(self.monitor.payloads(), expected("notification"));
        assert_eq!(self.auditor.payloads(), expected("recorded"));
        assert_eq!(self.operator.payloads(), expected("answer to"));
        let asked: Vec<_> = stage.asked().into_iter().filter(|asked| asked.starts_with("acme ")).collect();
        assert_eq!(asked, self.asked);
    }
}
