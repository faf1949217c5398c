//! What a view knows of all events up to its checkpoint.

use proto_events::{RecordedEvent, Timestamp};

use crate::Checkpoint;

/// Every position that is a multiple of this goes on record with the latest time so far: enough to turn a time range
/// into a range of positions.
const TIMES_EVERY: u64 = 256;

/// The checkpoint and what goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) checkpoint: Checkpoint,
    /// Rows of the view.
    pub(crate) rows: u64,
    /// The latest `recorded_at` so far.
    pub(crate) latest_at: Timestamp,
    /// By how many microseconds an event's `recorded_at` was ever before the latest one then: 0 unless a clock was set
    /// back.
    pub(crate) skew: u64,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            checkpoint: Checkpoint::default(),
            rows: 0,
            latest_at: Timestamp::from_micros(i64::MIN),
            skew: 0,
        }
    }
}

impl Standing {
    /// Moves on to `recorded`, the event after the checkpoint. Answers the latest time so far where it goes on record.
    pub(crate) fn pass(&mut self, recorded: &RecordedEvent) -> Option<Timestamp> {
        let at = recorded.event.recorded_at;
        self.checkpoint = Checkpoint { position: recorded.position, leaf_hash: Some(recorded.leaf_hash) };
        self.skew =
            self.skew.max(self.latest_at.as_micros().saturating_sub(at.as_micros()).try_into().unwrap_or(0));
        self.latest_at = self.latest_at.max(at);
        recorded.position.get().is_multiple_of(TIMES_EVERY).then_some(self.latest_at)
    }
}
