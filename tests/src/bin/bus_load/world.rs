//! A NATS server, and a log with a relay to it.

use std::sync::Arc;

use proto_events::{Event, ExpectedVersion, GlobalPosition, Message, RecordedEvent, Redaction, TenantId};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use vidimus_bus::{Bus, Options};
use vidimus_log::{Append, EventLog, SledLog, SledLogOptions, Subscription};
use vidimus_projection::{Relay, RelaySettings};
use vidimus_tests::nats;

use crate::sample;

/// The tenant of everything.
pub(crate) fn tenant() -> TenantId {
    "bench".parse().unwrap()
}

/// A folder on the disk that the data would be on, not in memory.
pub(crate) fn folder() -> TempDir {
    tempfile::Builder::new().prefix(".bus-load").tempdir_in(".").unwrap()
}

/// A server whose store is on the same disk as the log.
pub(crate) fn server() -> (nats::Server, TempDir) {
    let store = folder();
    let path = store.path().canonicalize().unwrap();
    (nats::Server::start_with(&format!("jetstream {{ store_dir: \"{}\" }}\n", path.display())), store)
}

/// A log.
pub(crate) struct World {
    pub(crate) log: Arc<dyn EventLog>,
    directory: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = folder();
        let log = SledLog::open(&directory.path().join("log"), SledLogOptions::default()).unwrap();
        Self { log: Arc::new(log), directory }
    }

    /// Appends the execution with this number; answers the position of its last event, when it is durable.
    pub(crate) async fn append(&self, number: u64) -> GlobalPosition {
        append(&self.log, number).await
    }

    /// Relays to a server until it is stopped.
    pub(crate) async fn relay(&self, url: &str) -> Relaying {
        let bus = Bus::connect(Options::new(url)).await.unwrap();
        let directory = self.directory.path().join("relay");
        let relay = Relay::new(bus, Arc::clone(&self.log), &directory, RelaySettings::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = relay.clone();
        let task = tokio::spawn(async move {
            running.run(async { stopped.await.unwrap_or(()) }).await.unwrap();
        });
        Relaying { relay, stop, task }
    }

    /// Every message of the log: notifications and recorded events.
    pub(crate) async fn messages(&self) -> [Vec<Message>; 2] {
        let (mut notifications, mut recorded) = (Vec::new(), Vec::new());
        let mut subscription = Subscription::new(Arc::clone(&self.log), GlobalPosition::START);
        while let Some(batch) = subscription.next_available().await.unwrap() {
            for event in batch {
                notifications.extend(notification(&event));
                recorded.push(Message::recorded(&event).unwrap());
            }
        }
        [notifications, recorded]
    }
}

/// Appends the execution with this number to `log`.
pub(crate) async fn append(log: &Arc<dyn EventLog>, number: u64) -> GlobalPosition {
    let (stream, events) = sample::execution(number);
    let append = Append::to_stream(tenant(), stream, ExpectedVersion::NoStream, events);
    log.append(append).await.unwrap().last
}

fn notification(recorded: &RecordedEvent) -> Option<Message> {
    let new = &recorded.event;
    let event = Event::decode(&new.event_type, new.schema_version, &new.payload).unwrap();
    Message::notification(recorded, &event, &Redaction::default()).unwrap()
}

/// A relay at work.
pub(crate) struct Relaying {
    relay: Relay,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Relaying {
    /// Waits until both feeds have all of the log.
    pub(crate) async fn caught_up(&self) {
        while self.relay.status().iter().any(|feed| feed.lag > 0) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap();
    }
}
