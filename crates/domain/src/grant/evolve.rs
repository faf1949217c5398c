//! What is so after an event happened.

use std::sync::Arc;

use proto_events::{GrantCreated, GrantEvent};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Grant, Happened, MAX_ENDED, Revocation, State, amount};

/// The state after an event. Total: what cannot have been decided changes nothing.
#[must_use]
pub fn evolve(mut state: State, happened: Happened<'_>) -> State {
    match happened.event {
        GrantEvent::Created(created) => {
            // What expired meanwhile makes room: nothing else would ever take it out.
            let over = state.open.values().filter(|grant| grant.expires_at <= happened.at);
            for grant_id in over.map(|grant| grant.grant_id).collect::<Vec<_>>() {
                end(&mut state, grant_id);
            }
            if state.get(created.grant_id).is_none() {
                state.open.insert(created.grant_id, Arc::new(grant(created, happened)));
            }
        }
        GrantEvent::Used(used) => {
            let Some(grant) = state.open.get_mut(&used.grant_id) else { return state };
            let grant = Arc::make_mut(grant);
            let used_amount = used.amount.as_deref().and_then(amount).unwrap_or_default();
            grant.uses = grant.uses.saturating_add(1);
            grant.sum = grant.sum.saturating_add(used_amount).normalize();
            grant.last_used_at = Some(happened.at);
            if grant.is_used_up() {
                end(&mut state, used.grant_id);
            }
        }
        GrantEvent::Revoked(revoked) => {
            let (at, by, reason) = (happened.at, happened.by.clone(), revoked.reason.clone());
            let revocation = Revocation { at, by, reason };
            let known = state.open.get_mut(&revoked.grant_id);
            let known = known
                .or_else(|| state.ended.iter_mut().rev().find(|grant| grant.grant_id == revoked.grant_id));
            if let Some(grant) = known {
                Arc::make_mut(grant).revoked.get_or_insert(revocation);
            }
            end(&mut state, revoked.grant_id);
        }
    }
    state
}

fn grant(created: &GrantCreated, happened: Happened<'_>) -> Grant {
    Grant {
        grant_id: created.grant_id,
        scope: created.scope.clone(),
        max_uses: created.max_uses,
        // A sum that cannot be read lets nothing through.
        max_sum: created.max_sum.as_deref().map(|sum| amount(sum).unwrap_or_default()),
        expires_at: created.expires_at,
        reason: created.reason.clone(),
        created_at: happened.at,
        created_by: happened.by.clone(),
        uses: 0,
        sum: Decimal::ZERO,
        last_used_at: None,
        revoked: None,
    }
}

/// Remembers one that is no longer good.
fn end(state: &mut State, grant_id: Uuid) {
    if let Some(grant) = state.open.remove(&grant_id) {
        if state.ended.len() >= MAX_ENDED {
            state.ended.pop_front();
        }
        state.ended.push_back(grant);
    }
}
