//! What is so.

use proto_events::AttemptEvent;
use uuid::Uuid;

use super::evolve;

/// The state of one idempotency key's stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The execution of the attempt that was opened last: the *former execution* of the next one.
    pub last: Option<Uuid>,
}

impl State {
    /// The state after all of `events`, oldest first.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a AttemptEvent>) -> Self {
        events.into_iter().fold(Self::default(), evolve)
    }
}
