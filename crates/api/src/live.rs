//! What is live: one task follows the log and wakes those who wait.
//!
//! Nothing here is a truth. Who was woken reads the log (or the ring, which holds what was just read from it), and who
//! was not woken, because the server was started again meanwhile, asks again.

mod audience;
mod follow;
mod notification;
mod ring;
mod waiters;

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use proto_events::{RecordedEvent, Redaction};
use tokio::sync::Semaphore;

pub(crate) use self::{
    audience::{Audience, Signal},
    follow::follow,
    notification::{Filter, Rendered},
    ring::Ring,
    waiters::Waiters,
};
use crate::{Settings, limits::Slots};

/// Streams that read history at the same time; the rest wait for their turn, so that the memory of it is bounded.
const HISTORY_READERS: usize = 8;

/// What is live in one server.
pub(crate) struct Live {
    pub(crate) waiters: Waiters,
    pub(crate) ring: Ring,
    pub(crate) audience: Audience,
    pub(crate) streams: Slots,
    pub(crate) history: Semaphore,
    redaction: Redaction,
    failure: OnceLock<String>,
    /// The furthest event without a notification because it cannot be read: up to here it was said.
    unreadable: AtomicU64,
}

impl Live {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            waiters: Waiters::new(settings.max_waiters),
            ring: Ring::new(settings.live_bytes),
            audience: Audience::default(),
            streams: Slots::new(settings.max_streams),
            history: Semaphore::new(HISTORY_READERS),
            redaction: settings.redaction.clone(),
            failure: OnceLock::new(),
            unreadable: AtomicU64::new(0),
        }
    }

    /// The notification of a recorded event, if it has one. One that this program cannot read, as of a newer program, has
    /// none: it is one tenant's, and the others, and what comes after it, are not to wait for a newer program.
    pub(crate) fn rendered(&self, recorded: &RecordedEvent) -> Option<Rendered> {
        Rendered::of(recorded, &self.redaction).unwrap_or_else(|error| {
            let position = recorded.position.get();
            // Once, and not for each stream that reads it.
            if self.unreadable.fetch_max(position, Ordering::Relaxed) < position {
                tracing::error!(%error, position, "an event has no notification, as it cannot be read");
            }
            None
        })
    }

    /// Why nobody is woken any more, if that is so.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// From here on nobody is woken; the streams end.
    pub(crate) fn fail(&self, reason: impl ToString) {
        let reason = reason.to_string();
        tracing::error!(reason, "what is live has ended: streams and long polls are not woken any more");
        // The first reason is the one to know.
        let _ = self.failure.set(reason);
        self.audience.signal_all();
    }
}
