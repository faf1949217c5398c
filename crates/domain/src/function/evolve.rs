//! What is so after an event happened.

use proto_events::FunctionEvent;

use super::State;

/// The state after `event`. Total.
#[must_use]
pub const fn evolve(_: State, event: &FunctionEvent) -> State {
    match event {
        FunctionEvent::AccessChanged(changed) => State { access: Some(changed.to) },
    }
}
