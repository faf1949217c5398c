//! What is so after an event happened.

use proto_events::RegistryEvent;

use super::State;

/// The state after `event`: what was registered last. Total.
#[must_use]
pub fn evolve(_: State, event: &RegistryEvent) -> State {
    match event {
        RegistryEvent::AgentRegistered(registered) => State::Registered { name: registered.name.clone() },
        RegistryEvent::ConversationRegistered(_) => State::Registered { name: None },
    }
}
