//! What is so after an event happened.

use proto_events::AttemptEvent;

use super::State;

/// The state after `event`. Total.
#[must_use]
pub const fn evolve(_: State, event: &AttemptEvent) -> State {
    match event {
        AttemptEvent::Opened(opened) => State { last: Some(opened.execution_id) },
    }
}
