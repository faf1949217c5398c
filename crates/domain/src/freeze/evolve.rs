//! What is so after an event happened.

use proto_events::{FreezeEvent, FreezeScope};

use super::{Freeze, Happened, MAX_ENDED, State};

/// The state after an event. Total: what cannot have been decided changes nothing.
#[must_use]
pub fn evolve(mut state: State, happened: Happened<'_>) -> State {
    match happened.event {
        FreezeEvent::Frozen(frozen) => {
            let freeze = || Freeze {
                freeze_id: frozen.freeze_id,
                scope: frozen.scope.clone(),
                reason: frozen.reason.clone(),
                since: happened.at,
                by: happened.by.clone(),
            };
            match &frozen.scope {
                FreezeScope::Tenant => {
                    state.tenant.get_or_insert_with(freeze);
                }
                FreezeScope::Agent { agent } => {
                    state.agents.entry(agent.clone()).or_insert_with(freeze);
                }
                FreezeScope::Function { function } => {
                    state.functions.entry(function.clone()).or_insert_with(freeze);
                }
            }
        }
        FreezeEvent::Unfrozen(unfrozen) => {
            let Some(scope) = state.get(unfrozen.freeze_id).map(|freeze| freeze.scope.clone()) else {
                return state;
            };
            match &scope {
                FreezeScope::Tenant => state.tenant = None,
                FreezeScope::Agent { agent } => drop(state.agents.remove(agent)),
                FreezeScope::Function { function } => drop(state.functions.remove(function)),
            }
            if state.ended.len() >= MAX_ENDED {
                state.ended.pop_front();
            }
            state.ended.push_back(unfrozen.freeze_id);
        }
    }
    state
}
