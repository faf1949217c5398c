//! A log, a relay that runs, and what has to be on the streams.

use std::{path::Path, sync::Arc, time::Duration};

use proto_events::{Event, GlobalPosition, Message, Redaction, header};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use vidimus_bus::{Bus, Options, Publisher, StreamSpec};
use vidimus_log::{EventLog, MemoryLog, ReadError};
use vidimus_projection::{Relay, RelaySettings, RelayStatus};

use crate::testing::History;

/// The machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Short, so that what is not answered does not hold up the tests; long enough for a busy server.
pub(crate) const ANSWER: Duration = Duration::from_secs(2);

pub(crate) fn history(seed: u64) -> History {
    History::new(Arc::new(MemoryLog::default()), seed)
}

pub(crate) fn settings() -> RelaySettings {
    let mut settings = RelaySettings::default();
    for spec in [&mut settings.notifications, &mut settings.recorded] {
        spec.max_bytes = 64 << 20;
    }
    settings
}

pub(crate) async fn bus(url: &str) -> Bus {
    Bus::connect(Options { timeout: ANSWER, ..Options::new(url) }).await.unwrap()
}

/// A relay that runs. It is aborted when dropped.
pub(crate) struct Running {
    pub(crate) relay: Relay,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ReadError>>,
}

impl Running {
    pub(crate) async fn start(
        url: &str,
        log: &Arc<dyn EventLog>,
        directory: &Path,
        settings: &RelaySettings,
    ) -> Self {
        Self::on(bus(url).await, log, directory, settings)
    }

    pub(crate) fn on(bus: Bus, log: &Arc<dyn EventLog>, directory: &Path, settings: &RelaySettings) -> Self {
        let relay = Relay::new(bus, Arc::clone(log), directory, settings.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let run = relay.clone();
        let task = tokio::spawn(async move { run.run(async { drop(stopped.await) }).await });
        Self { relay, stop, task }
    }

    /// Ends it in order.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }

    /// Ends it wherever it is.
    pub(crate) async fn abort(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    pub(crate) async fn wait(&self, what: &str, is: impl Fn(&[RelayStatus; 2]) -> bool) -> [RelayStatus; 2] {
        let until = Instant::now() + PATIENCE;
        loop {
            let status = self.relay.status();
            if is(&status) {
                return status;
            }
            assert!(Instant::now() < until, "{what}: {status:#?}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until both feeds are at the tail.
    pub(crate) async fn caught_up(&self) -> [RelayStatus; 2] {
        let done = |status: &RelayStatus| status.lag == 0 && status.trouble.is_none();
        self.wait("caught up", |status| status.iter().all(done)).await
    }

    /// Waits until both feeds have this trouble.
    pub(crate) async fn in_trouble(&self, code: &str) -> [RelayStatus; 2] {
        self.wait(code, |status| status.iter().all(|status| code_of(status) == Some(code))).await
    }
}

pub(crate) fn code_of(status: &RelayStatus) -> Option<&str> {
    status.trouble.as_ref().map(|trouble| trouble.code)
}

async fn expected(log: &Arc<dyn EventLog>) -> [Vec<Message>; 2] {
    let mut messages = [vec![], vec![]];
    let mut position = GlobalPosition::START;
    loop {
        let events = log.read_all(position, 1000).await.unwrap();
        let Some(last) = events.last() else { return messages };
        position = last.position;
        for recorded in &events {
            let new = &recorded.event;
            if let Ok(event) = Event::decode(&new.event_type, new.schema_version, &new.payload) {
                messages[0].extend(Message::notification(recorded, &event, &Redaction::default()).unwrap());
            }
            messages[1].push(Message::recorded(recorded).unwrap());
        }
    }
}

/// What is on a stream: sequence, then position, leaf hash and payload of what names an event.
type Stored = (u64, Option<(String, String, String)>);

pub(crate) async fn stored(bus: &Bus, spec: &StreamSpec) -> Vec<Stored> {
    let publisher = Publisher::open(bus, spec).await.unwrap();
    let mut stored = Vec::new();
    for sequence in publisher.first().max(1)..=publisher.last() {
        let message = publisher.get(sequence).await.unwrap().unwrap();
        assert_eq!(message.sequence, sequence);
        let named = message.header(header::POSITION).map(|position| {
            let payload = String::from_utf8(message.payload.to_vec()).unwrap();
            (position.to_owned(), message.header(header::LEAF_HASH).unwrap().to_owned(), payload)
        });
        stored.push((sequence, named));
    }
    stored
}

/// Both streams have the log: each event once, in order, none missing, to the letter. Answers how many messages of others
/// there are on each.
pub(crate) async fn assert_exactly_once(
    url: &str,
    log: &Arc<dyn EventLog>,
    settings: &RelaySettings,
) -> [usize; 2] {
    let bus = bus(url).await;
    let mut others = [0, 0];
    for ((spec, expected), others) in
        [&settings.notifications, &settings.recorded].into_iter().zip(expected(log).await).zip(&mut others)
    {
        assert!(!expected.is_empty());
        let all = stored(&bus, spec).await;
        let found: Vec<_> = all.iter().filter_map(|(_, named)| named.clone()).collect();
        *others = all.len() - found.len();
        let positions: Vec<_> = found.iter().map(|(position, ..)| position.parse::<u64>().unwrap()).collect();
        let value = |message: &Message, name| {
            message.headers.iter().find(|(known, _)| *known == name).unwrap().1.clone()
        };
        let wanted: Vec<_> = expected
            .iter()
            .map(|message| {
                let payload = String::from_utf8(message.payload.to_vec()).unwrap();
                (value(message, header::POSITION), value(message, header::LEAF_HASH), payload)
            })
            .collect();
        let in_order: Vec<_> = wanted.iter().map(|(position, ..)| position.parse::<u64>().unwrap()).collect();
        assert_eq!(positions, in_order, "{}", spec.name);
        assert!(found == wanted, "{}: a message is not to the letter", spec.name);
    }
    others
}

/// Appends for as long as `run` takes.
pub(crate) async fn under_load(mut history: History, run: impl Future<Output = ()>) -> History {
    let (stop, mut stopped) = oneshot::channel::<()>();
    let load = tokio::spawn(async move {
        while stopped.try_recv().is_err() {
            history.step().await;
            sleep(Duration::from_millis(2)).await;
        }
        history
    });
    run.await;
    stop.send(()).unwrap();
    load.await.unwrap()
}
