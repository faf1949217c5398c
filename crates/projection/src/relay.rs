//! The relay: what is on the log, on NATS, in the order of the log and each once.
//!
//! Two feeds, each on a stream of its own: the *notifications*, and the *recorded events* (every event of the log). Each feed
//! is a task with a publisher and a checkpoint, so that one stream that is full does not hold up the other.
//!
//! There is no outbox: the log is one. And the stream itself says how far it is, as what is on it names its event (position
//! and leaf hash), and one writer puts it there in order behind the fence of the last sequence. So on each start and after
//! each error the stream is opened again and read backwards from its end to the last message that is an event of this log,
//! and the feed goes on after that event. Messages of somebody else are passed over.
//!
//! | what is found | what is done |
//! |---|---|
//! | no stream | it is made; everything is published from the start of the log |
//! | a last message of this log | on after its event |
//! | … and messages of somebody else behind it | on after its event, behind them; they are counted |
//! | … and behind it a copy of an older one of this log | the copy is somebody else's, if the checkpoint's message is there |
//! | a last message that names an event which this log does not have | `relay_other_history`: nothing is published |
//! | nothing of this log, and no checkpoint of this stream | everything from the start |
//! | nothing of this log, as the checkpoint's message has expired | on after the checkpoint |
//! | … and the checkpoint is not of this log | `relay_other_history` |
//! | the stream ends before the checkpoint (its server lost the end) | what the stream says counts |
//! | the stream was deleted and made anew | another time of making: the checkpoint does not count; everything from the start |
//! | the checkpoint is lost or damaged | as without: nothing rests on it but what has expired |
//!
//! Where messages expired after the checkpoint was written, and before anybody looked, they are published again: those on the
//! stream are still each there once.

mod board;
mod checkpoint;
mod feed;
mod follower;
mod place;
mod source;
mod status;
mod walk;

use std::{path::Path, sync::Arc};

use board::Board;
use feed::FeedKind;
use follower::Follower;
use proto_events::{Redaction, Subject};
pub use status::{RelayStatus, RelayTrouble};
use tokio::{sync::watch, task::JoinSet};
use vidimus_bus::{Bus, StreamSpec};
use vidimus_log::{Broken, EventLog, Limits, ReadError};

/// What stands around a payload of the log in the largest message: envelope, headers, subject.
const ENVELOPE_BYTES: usize = 64 * 1024;
/// The largest message: a larger one would block everything behind it, so a server that takes less is refused.
const MESSAGE_BYTES: usize = Limits::DEFAULT.event_bytes + ENVELOPE_BYTES;
/// What a stream holds unless told otherwise.
const STREAM_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Where the relay publishes to, and what it leaves out.
#[derive(Clone, Debug)]
pub struct RelaySettings {
    /// The stream of notifications.
    pub notifications: StreamSpec,
    /// The stream of recorded events.
    pub recorded: StreamSpec,
    /// What is left out of notifications. Recorded events are published as they are.
    pub redaction: Redaction,
}

impl Default for RelaySettings {
    /// The streams that `vidimus` makes unless told otherwise: 4 GiB each, for ever, on one server.
    fn default() -> Self {
        Self {
            notifications: stream("VIDIMUS_NOTIFICATIONS", Subject::NOTIFICATIONS, "notifications"),
            recorded: stream("VIDIMUS_RECORDED", Subject::RECORDED, "recorded events"),
            redaction: Redaction::default(),
        }
    }
}

fn stream(name: &str, subjects: &str, what: &str) -> StreamSpec {
    StreamSpec {
        name: name.to_owned(),
        subjects: subjects.to_owned(),
        description: format!("Vidimus: {what} in the order of the log, each once"),
        max_bytes: STREAM_BYTES,
        max_age: None,
        replicas: 1,
        message_bytes: MESSAGE_BYTES,
    }
}

/// Follows the log and publishes its two feeds. Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    bus: Bus,
    log: Arc<dyn EventLog>,
    feeds: [Arc<Board>; 2],
}

impl Relay {
    /// The relay of `log`; its checkpoints are files in `directory`.
    pub fn new(bus: Bus, log: Arc<dyn EventLog>, directory: &Path, settings: RelaySettings) -> Self {
        let RelaySettings { notifications, recorded, redaction } = settings;
        let feeds = [
            Board::new(FeedKind::Notifications(redaction), notifications, directory),
            Board::new(FeedKind::Recorded, recorded, directory),
        ];
        Self { shared: Arc::new(Shared { bus, log, feeds: feeds.map(Arc::new) }) }
    }

    /// Publishes until `shutdown` is ready. Nothing of NATS ends it: it looks again, for ever. To be run once at a time.
    ///
    /// # Errors
    /// The log cannot be read any more.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ReadError> {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for board in &self.shared.feeds {
            let Shared { bus, log, .. } = &*self.shared;
            let follower = Follower::new(bus.clone(), Arc::clone(log), Arc::clone(board));
            tasks.spawn(follower.run(stopped.clone()));
        }
        tokio::pin!(shutdown);
        loop {
            let ended = tokio::select! {
                () = &mut shutdown, if !*stopped.borrow() => {
                    stop.send_replace(true);
                    continue;
                }
                ended = tasks.join_next() => ended,
            };
            match ended {
                None => return Ok(()),
                Some(Ok(ended)) => ended?,
                Some(Err(error)) => {
                    let reason = format!("a task of the relay ended ({error})");
                    return Err(ReadError::Broken(Broken::Storage { reason }));
                }
            }
        }
    }

    /// How the feeds stand: notifications, then recorded events.
    pub fn status(&self) -> [RelayStatus; 2] {
        let tail = self.shared.log.tail();
        self.shared.feeds.each_ref().map(|board| board.status(tail))
    }
}
