//! What of a feed outlives its errors: what it is, and how it stands.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use proto_events::GlobalPosition;
use vidimus_bus::StreamSpec;

use super::{FeedKind, RelayStatus, RelayTrouble};

#[derive(Default)]
struct Standing {
    position: GlobalPosition,
    published: u64,
    foreign: u64,
    trouble: Option<RelayTrouble>,
}

pub(super) struct Board {
    pub(super) kind: FeedKind,
    pub(super) spec: StreamSpec,
    /// The file of its checkpoint.
    pub(super) file: PathBuf,
    standing: Mutex<Standing>,
    /// The furthest event that has no message because it cannot be read: up to here it was said.
    unreadable: AtomicU64,
}

impl Board {
    pub(super) fn new(kind: FeedKind, spec: StreamSpec, directory: &Path) -> Self {
        let file = directory.join(format!("relay-{}.json", kind.name()));
        Self { kind, spec, file, standing: Mutex::default(), unreadable: AtomicU64::new(0) }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self, tail: GlobalPosition) -> RelayStatus {
        let Standing { position, published, foreign, trouble } = &*self.standing();
        RelayStatus {
            feed: self.kind.name(),
            stream: self.spec.name.clone(),
            position: *position,
            lag: tail.get().saturating_sub(position.get()),
            published: *published,
            foreign: *foreign,
            trouble: trouble.clone(),
        }
    }

    /// Everything up to here is on the stream.
    pub(super) fn reached(&self, position: GlobalPosition) {
        self.standing().position = position;
    }

    pub(super) fn published(&self, messages: usize) {
        self.standing().published += messages as u64;
    }

    pub(super) fn foreign(&self, messages: u64) {
        if messages > 0 {
            self.standing().foreign += messages;
            let stream = &self.spec.name;
            tracing::warn!(
                stream,
                messages,
                "somebody else writes to this stream: its subjects are to be written by Vidimus alone"
            );
        }
    }

    /// Something keeps it from moving on. That is said once, and not at each attempt.
    pub(super) fn trouble(&self, trouble: RelayTrouble) {
        let RelayTrouble { code, reason, .. } = &trouble;
        let mut standing = self.standing();
        if standing.trouble.as_ref().is_none_or(|known| known.code != *code) {
            let (feed, stream) = (self.kind.name(), &self.spec.name);
            tracing::warn!(feed, stream, code, reason, "the relay waits");
        }
        standing.trouble = Some(trouble);
    }

    /// It moves on.
    pub(super) fn moves(&self) {
        if self.standing().trouble.take().is_some() {
            tracing::info!(feed = self.kind.name(), stream = self.spec.name, "the relay goes on");
        }
    }

    /// An event has no message, as it cannot be read. That is said once, however often it is read.
    pub(super) fn unreadable(&self, position: GlobalPosition, reason: &str) {
        if self.unreadable.fetch_max(position.get(), Ordering::Relaxed) < position.get() {
            let feed = self.kind.name();
            tracing::error!(feed, %position, reason, "an event has no message on NATS");
        }
    }
}
