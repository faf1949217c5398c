//! A log with a history, and a stream on a real server that its events are published on.

use std::{collections::VecDeque, path::Path, sync::Arc, time::Duration};

use async_nats::{HeaderMap, jetstream};
use proto_events::{
    Access, Actor, CallRef, GlobalPosition, Message, RecordedEvent, ResultStatus, Role, TenantId,
};
use uuid::Uuid;
use vidimus_bus::{Bus, Options, StreamReader};
use vidimus_domain::{arguments::Arguments, execution::Report};
use vidimus_engine::{Completion, Engine, Principal, Proposal, Settings};
use vidimus_log::{EventLog, MemoryLog};
use vidimus_projection::{RemoteError, RemoteLog, View, Views};
use vidimus_tests::nats::Server;

const STREAM: &str = "VIDIMUS_RECORDED";
const FUNCTIONS: [(&str, Access); 3] = [
    ("crm.send_offer", Access::Enabled),
    ("erp.pay", Access::EnabledWithConfirmation),
    ("erp.delete", Access::Disabled),
];

/// Waits, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .unwrap_or_else(|_| panic!("this takes too long: {what}"))
}

/// A log that things happen on, in two tenants.
pub(crate) struct History {
    pub(crate) log: Arc<dyn EventLog>,
    engine: Engine,
    calls: u64,
}

impl History {
    pub(crate) fn new() -> Self {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
        Self { engine: Engine::new(Arc::clone(&log), Settings::default()), log, calls: 0 }
    }

    /// With so many events, or a few more.
    pub(crate) async fn of(events: u64) -> Self {
        let mut history = Self::new();
        history.grow(events).await;
        history
    }

    pub(crate) async fn grow(&mut self, events: u64) {
        while self.log.tail().get() < events {
            self.call().await;
        }
    }

    /// One call, of one kind after the other.
    async fn call(&mut self) {
        let number = self.calls;
        self.calls += 1;
        let tenant: TenantId = ["acme", "globex"][(number % 2) as usize].parse().unwrap();
        let principal = |actor, role| Principal::new(tenant.clone(), actor, [role]);
        let (name, access) = FUNCTIONS[(number / 2 % 3) as usize];
        if number < 6 {
            let admin = principal(Actor::user("ada"), Role::Admin);
            self.engine.set_access(&admin, name.parse().unwrap(), access, None).await.unwrap();
        }
        let agent = principal(Actor::service("runtime"), Role::Agent);
        let paul = principal(Actor::user("paul"), Role::Approver);
        let proposal = Proposal {
            call: CallRef {
                agent: format!("agent-{}", number % 5),
                conversation: format!("conversation-{}", number / 9),
                request_id: None,
                function: name.parse().unwrap(),
            },
            arguments: Arguments::parse(format!(r#"{{"number":{number},"note":"Café \u00e9"}}"#).as_bytes())
                .unwrap(),
            requester: Some(Actor::user("rita")),
            idempotency_key: number.is_multiple_of(4).then(|| format!("key-{number}")),
            context: None,
            former_execution: None,
            asked_by: Vec::new(),
        };
        let answer = self.engine.propose(&agent, proposal).await.unwrap();
        let id = answer.execution_id;
        let answer = match (access, number % 7) {
            (Access::EnabledWithConfirmation, 0 | 1) => {
                self.engine.deny(&paul, id, "no".to_owned(), None).await.unwrap()
            }
            // Some wait for ever.
            (Access::EnabledWithConfirmation, 2 | 3) => return,
            (Access::EnabledWithConfirmation, _) => {
                self.engine.approve(&paul, id, None, None, None).await.unwrap()
            }
            _ => answer,
        };
        let permit = answer.state.execution().unwrap().permit.as_ref().map(|permit| permit.id);
        if let Some(permit) = permit {
            self.engine.start(&agent, id, permit, None).await.unwrap();
            let status = [ResultStatus::Succeeded, ResultStatus::Failed][(number % 2) as usize];
            let completion = Completion { status, report: Report::default() };
            self.engine.complete(&agent, id, completion).await.unwrap();
        }
    }

    /// The events after `after`, up to and with `upto`.
    pub(crate) async fn events(&self, after: u64, upto: u64) -> Vec<RecordedEvent> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        while let Some(left) = (upto - after).checked_sub(events.len() as u64).filter(|left| *left > 0) {
            let at = GlobalPosition::new(upto - left);
            events.extend(self.log.read_all(at, left as usize).await.unwrap());
        }
        events
    }

    /// Views beside the log, at its tail.
    pub(crate) async fn views(&self, directory: &Path) -> Views {
        let views = Views::open(directory, Arc::clone(&self.log)).await.unwrap();
        views.catch_up().await.unwrap();
        views
    }
}

/// The stream on its server.
pub(crate) struct Feed {
    pub(crate) server: Server,
    context: jetstream::Context,
}

impl Feed {
    pub(crate) async fn start() -> Self {
        let server = Server::start();
        let options = async_nats::ConnectOptions::new().retry_on_initial_connect();
        let client = options.connect(server.url()).await.unwrap();
        let feed = Self { server, context: jetstream::new(client) };
        feed.make().await;
        feed
    }

    /// A history with so many events, and all of them on the stream.
    pub(crate) async fn of(events: u64) -> (Self, History) {
        let (feed, history) = (Self::start().await, History::of(events).await);
        feed.publish_up_to(&history, 0).await;
        (feed, history)
    }

    async fn make(&self) {
        let config = jetstream::stream::Config {
            name: STREAM.to_owned(),
            subjects: vec!["vidimus.v1.*.recorded.>".to_owned()],
            allow_direct: true,
            ..jetstream::stream::Config::default()
        };
        within("a stream", async {
            while self.context.create_stream(config.clone()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Removes the stream, and makes it anew.
    pub(crate) async fn replace(&self) {
        self.context.delete_stream(STREAM).await.unwrap();
        self.make().await;
    }

    pub(crate) async fn delete(&self, sequence: u64) {
        assert!(self.context.get_stream(STREAM).await.unwrap().delete_message(sequence).await.unwrap());
    }

    /// Removes what comes before `sequence`, as a limit on age would.
    pub(crate) async fn expire_before(&self, sequence: u64) {
        let stream = self.context.get_stream(STREAM).await.unwrap();
        stream.purge().sequence(sequence).await.unwrap();
    }

    pub(crate) async fn send(&self, messages: impl IntoIterator<Item = Message>) {
        let mut sent = VecDeque::new();
        for message in messages {
            let mut headers = HeaderMap::new();
            for (name, value) in message.headers {
                headers.insert(name, value);
            }
            let subject = message.subject.as_str().to_owned();
            let ack = self.context.publish_with_headers(subject, headers, message.payload);
            sent.push_back(ack.await.unwrap().into_future());
            if sent.len() > 1_000 {
                acknowledged(sent.pop_front()).await;
            }
        }
        for ack in sent {
            acknowledged(Some(ack)).await;
        }
    }

    /// Publishes what the history has after `after`.
    pub(crate) async fn publish_up_to(&self, history: &History, after: u64) {
        let events = history.events(after, history.log.tail().get()).await;
        self.send(events.iter().map(|event| Message::recorded(event).unwrap())).await;
    }

    /// Messages of somebody else, which happen to be there.
    pub(crate) async fn send_foreign(&self, count: usize) {
        for number in 0..count {
            let mut headers = HeaderMap::new();
            match number % 3 {
                0 => {}
                1 => headers.insert("Vidimus-Position", "7"),
                _ => headers.insert("content-type", "application/cloudevents+json"),
            }
            let payload = format!("not ours {number}").into();
            let ack = self.context.publish_with_headers("vidimus.v1.acme.recorded.x.y", headers, payload);
            ack.await.unwrap().await.unwrap();
        }
    }

    pub(crate) async fn reader(&self) -> StreamReader {
        let bus = Bus::connect(Options::new(self.server.url())).await.unwrap();
        StreamReader::open(&bus, STREAM).await.unwrap()
    }

    pub(crate) async fn try_remote(&self) -> Result<Arc<RemoteLog>, RemoteError> {
        RemoteLog::open(self.reader().await).await.map(Arc::new)
    }

    pub(crate) async fn remote(&self) -> Arc<RemoteLog> {
        self.try_remote().await.unwrap()
    }
}

async fn acknowledged<E: std::fmt::Debug, T>(ack: Option<impl Future<Output = Result<T, E>>>) {
    if let Some(ack) = ack {
        within("the acknowledgement of a message", ack).await.unwrap();
    }
}

/// Every view of the one is the other's, row for row.
pub(crate) async fn assert_equal(ours: &Views, theirs: &Views) {
    for view in View::ALL {
        assert_eq!(ours.digest(view).await.unwrap(), theirs.digest(view).await.unwrap(), "{view}");
    }
    let rows = async |views: &Views| {
        let stats = views.stats().await.unwrap();
        (stats.executions, stats.approvals_pending, stats.audit_entries, stats.position)
    };
    let ours = rows(ours).await;
    assert_eq!(ours, rows(theirs).await);
    assert!(ours.0 > 0 && ours.1 > 0 && ours.2 > 0);
}

/// An id that nothing has.
pub(crate) fn nobody() -> Uuid {
    Uuid::from_u128(42)
}
