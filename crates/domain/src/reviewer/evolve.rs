//! What is so after an event happened.

use std::sync::Arc;

use proto_events::ReviewerEvent;

use super::{Delegation, Happened, MAX_ENDED, State};

/// The state after an event. Total: what cannot have been decided changes nothing.
#[must_use]
pub fn evolve(mut state: State, happened: Happened<'_>) -> State {
    match happened.event {
        ReviewerEvent::GroupChanged(changed) => {
            if changed.members.is_empty() {
                state.groups.remove(&changed.group);
            } else {
                let members = changed.members.iter().cloned().collect();
                state.groups.insert(changed.group.clone(), Arc::new(members));
            }
        }
        ReviewerEvent::Delegated(delegated) => {
            // What is over makes room: nothing else would ever take it out.
            state.delegations.retain(|_, delegation| happened.at < delegation.ends_at);
            state.delegations.entry(delegated.delegation_id).or_insert_with(|| Delegation {
                delegation_id: delegated.delegation_id,
                from: delegated.from.clone(),
                to: delegated.to.clone(),
                starts_at: delegated.starts_at,
                ends_at: delegated.ends_at,
                reason: delegated.reason.clone(),
                created_at: happened.at,
                created_by: happened.by.clone(),
            });
        }
        ReviewerEvent::DelegationEnded(ended) => {
            if state.delegations.remove(&ended.delegation_id).is_some() {
                if state.ended.len() >= MAX_ENDED {
                    state.ended.pop_front();
                }
                state.ended.push_back(ended.delegation_id);
            }
        }
    }
    state
}
