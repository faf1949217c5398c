//! The latest events in memory: whoever keeps up reads them here, and the stream is read once for all.

use std::collections::VecDeque;

use proto_events::{GlobalPosition, RecordedEvent};

/// Most events that are kept,
const MAX_EVENTS: usize = 4096;
/// and most bytes of their payloads.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The latest events, without a gap.
#[derive(Debug, Default)]
pub(super) struct Recent {
    events: VecDeque<RecordedEvent>,
    bytes: usize,
}

impl Recent {
    /// Adds what comes next.
    pub(super) fn extend(&mut self, events: impl IntoIterator<Item = RecordedEvent>) {
        for event in events {
            self.bytes += event.event.payload.len();
            self.events.push_back(event);
            while self.events.len() > MAX_EVENTS || (self.bytes > MAX_BYTES && self.events.len() > 1) {
                let oldest = self.events.pop_front();
                self.bytes -= oldest.map_or(0, |oldest| oldest.event.payload.len());
            }
        }
    }

    /// At most `limit` events after `after`; `None` if it does not reach back to there.
    pub(super) fn after(&self, after: GlobalPosition, limit: usize) -> Option<Vec<RecordedEvent>> {
        let first = self.events.front()?.position;
        let skipped = after.next().get().checked_sub(first.get())?;
        let skipped = usize::try_from(skipped).ok().filter(|skipped| *skipped < self.events.len())?;
        Some(self.events.range(skipped..).take(limit).cloned().collect())
    }
}
