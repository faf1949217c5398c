//! What is so after an event happened.

use std::sync::Arc;

use proto_events::FunctionEvent;

use super::State;

/// The state after `event`. Total.
#[must_use]
pub fn evolve(state: State, event: &FunctionEvent) -> State {
    match event {
        FunctionEvent::AccessChanged(changed) => State { access: Some(changed.to), ..state },
        FunctionEvent::Described(described) => {
            State { description: Some(Arc::new(described.description.clone())), ..state }
        }
        FunctionEvent::Withdrawn(_) => State { description: None, ..state },
    }
}
