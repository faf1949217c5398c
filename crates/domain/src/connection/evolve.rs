//! What is so after an event happened.

use proto_events::CatalogueEvent;

use super::State;

/// The state after `event`. Total: what is no event of a connection changes nothing.
#[must_use]
pub fn evolve(state: State, event: &CatalogueEvent) -> State {
    match event {
        CatalogueEvent::ConnectionDescribed(described) => State { description: Some(described.clone()) },
        CatalogueEvent::ToolSetRecorded(_) | CatalogueEvent::AgentScopesChanged(_) => state,
    }
}
