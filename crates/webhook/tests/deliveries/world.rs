//! An engine on a log in memory, calls on it, and deliverers that come and go.

use std::{path::PathBuf, sync::Arc, time::Duration};

use proto_events::{
    Access, Actor, CallRef, Event, GlobalPosition, Message, Redaction, Role, TenantId, WebhookFilter,
};
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;
use vidimus_domain::arguments::Arguments;
use vidimus_engine::{
    CreatedWebhook, Deliveries, Delivery, Engine, KeyPepper, NewWebhook, Principal, Proposal, Webhook,
};
use vidimus_log::{EventLog, MemoryLog};
use vidimus_webhook::{Deliverer, Settings};

/// How long to wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) directory: TempDir,
}

/// A deliverer at work.
pub(crate) struct Running {
    pub(crate) status: Deliveries,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }

    /// Ends it as a crash would: nothing more is written.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// May post to this machine; soon tries again.
pub(crate) fn settings() -> Settings {
    Settings {
        allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
        allow_http: true,
        first_pause: Duration::from_millis(2),
        longest_pause: Duration::from_millis(20),
        commit_every: Duration::ZERO,
        ..Settings::default()
    }
}

pub(crate) fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn principal(name: &str, actor: Actor, role: Role) -> Principal {
    Principal::new(tenant(name), actor, [role])
}

pub(crate) fn ada(name: &str) -> Principal {
    principal(name, Actor::user("ada"), Role::Admin)
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let what = format!("{what} ({})", std::panic::Location::caller());
    async move {
        let waiting = async {
            while !is_so() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "still not: {what}");
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Arc::new(MemoryLog::default()))
    }

    pub(crate) fn on(log: Arc<dyn EventLog>) -> Self {
        Self::of(Engine::new(log, vidimus_engine::Settings::default()))
    }

    pub(crate) fn of(engine: Engine) -> Self {
        let engine = Arc::new(engine.with_key_pepper(KeyPepper::new([7; 32])));
        Self { engine, directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn deliverer(&self, settings: Settings) -> Running {
        let deliverer = Deliverer::new(Arc::clone(&self.engine), self.files(), settings).unwrap();
        let (stop, stopped) = watch::channel(false);
        let status = deliverer.status();
        let task = tokio::spawn(async move { deliverer.run(stopped).await.unwrap() });
        Running { status, stop, task }
    }

    /// Where it is kept how far the webhooks are.
    pub(crate) fn files(&self) -> PathBuf {
        self.directory.path().join("webhooks")
    }

    pub(crate) async fn webhook(&self, name: &str, url: &str) -> CreatedWebhook {
        self.filtered(name, url, WebhookFilter::default()).await
    }

    pub(crate) async fn filtered(&self, name: &str, url: &str, filter: WebhookFilter) -> CreatedWebhook {
        let new = NewWebhook { url: url.to_owned(), filter, ..NewWebhook::default() };
        self.engine.create_webhook(&ada(name), new).await.unwrap()
    }

    pub(crate) async fn get(&self, name: &str, webhook_id: Uuid) -> Option<Webhook> {
        self.engine.webhook(&tenant(name), webhook_id).await.unwrap()?.webhook
    }

    /// A call that is blocked: two notifications, `INITIATED` and `BLOCKED`.
    pub(crate) async fn call_by(&self, name: &str, agent: &str) {
        self.call_of(name, agent, "crm.send_offer").await;
    }

    pub(crate) async fn call(&self, name: &str) {
        self.call_by(name, "assistant").await;
    }

    pub(crate) async fn call_of(&self, name: &str, agent: &str, function: &str) {
        let call = CallRef {
            agent: agent.to_owned(),
            conversation: format!("with {agent}"),
            request_id: None,
            function: function.parse().unwrap(),
        };
        let proposal = Proposal {
            call,
            arguments: Arguments::parse(br#"{"password":"p","to":"kim"}"#).unwrap(),
            requester: Some(Actor::user("rita")),
            idempotency_key: None,
            context: None,
            former_execution: None,
            asked_by: Vec::new(),
        };
        let runtime = principal(name, Actor::agent(agent), Role::Agent);
        self.engine.propose(&runtime, proposal).await.unwrap();
    }

    pub(crate) async fn set(&self, name: &str, function: &str, access: Access) {
        self.engine.set_access(&ada(name), function.parse().unwrap(), access, None).await.unwrap();
    }

    /// Every notification of the tenant after a position, as the bus carries it, with its position.
    pub(crate) async fn expected(&self, name: &str, after: GlobalPosition) -> Vec<(u64, Message)> {
        let mut expected = Vec::new();
        let mut subscription = vidimus_log::Subscription::new(Arc::clone(self.engine.log()), after);
        while let Some(batch) = subscription.next_available().await.unwrap() {
            for recorded in batch.iter().filter(|recorded| recorded.tenant == tenant(name)) {
                let new = &recorded.event;
                let event = Event::decode(&new.event_type, new.schema_version, &new.payload).unwrap();
                let message = Message::notification(recorded, &event, &Redaction::default()).unwrap();
                expected.extend(message.map(|message| (recorded.position.get(), message)));
            }
        }
        expected
    }

    pub(crate) async fn expected_positions(&self, name: &str, after: GlobalPosition) -> Vec<u64> {
        self.expected(name, after).await.into_iter().map(|(position, _)| position).collect()
    }
}

/// How the webhook stands, once it is so.
pub(crate) async fn stands(
    running: &Running,
    created: &CreatedWebhook,
    is_so: impl Fn(&Delivery) -> bool,
) -> Delivery {
    let mut found = None;
    until("the webhook stands so", || {
        found =
            running.status.of(&tenant("acme"), created.webhook.webhook_id).filter(|delivery| is_so(delivery));
        found.is_some()
    })
    .await;
    found.unwrap()
}
