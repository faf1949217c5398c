//! What is so after an event happened.

use proto_events::{Digest, PolicyEvent};

use super::{Change, ChangeKind, Happened, MAX_HISTORY, Standing, State};

/// The state after an event. Total. What is stored, and what the set beside would have decided, changes nothing here.
#[must_use]
pub fn evolve(mut state: State, happened: Happened<'_>) -> State {
    let (kind, policy_set, reason) = match happened.event {
        PolicyEvent::Activated(activated) => (ChangeKind::InForce, activated.policy_set, &activated.reason),
        PolicyEvent::Shadowed(shadowed) => (ChangeKind::Shadow, shadowed.policy_set, &shadowed.reason),
        PolicyEvent::Stored(_) | PolicyEvent::ShadowDiffered(_) => return state,
    };
    let stands = |policy_set: Digest| Standing {
        policy_set,
        since: happened.at,
        by: happened.by.clone(),
        reason: reason.clone(),
    };
    let place = match kind {
        ChangeKind::InForce => &mut state.active,
        ChangeKind::Shadow => &mut state.candidate,
    };
    let former = place.as_ref().map(|standing| standing.policy_set);
    *place = policy_set.map(stands);
    if state.history.len() >= MAX_HISTORY {
        state.history.pop_front();
    }
    state.history.push_back(Change {
        kind,
        policy_set,
        former,
        at: happened.at,
        by: happened.by.clone(),
        reason: reason.clone(),
    });
    state
}
