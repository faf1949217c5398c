//! What is so after an event happened.

use proto_events::WebhookEvent;

use super::{Happened, Parking, State, Webhook};

/// The state after an event. Total: what cannot have been decided changes nothing.
#[must_use]
pub fn evolve(mut state: State, happened: Happened<'_>) -> State {
    match happened.event {
        WebhookEvent::Created(created) => {
            let webhook_id = created.webhook_id;
            if state.deleted.contains(&webhook_id) {
                return state;
            }
            state.webhooks.entry(webhook_id).or_insert_with(|| Webhook {
                webhook_id,
                url: created.url.clone(),
                label: created.label.clone(),
                filter: created.filter.clone(),
                after: created.starts_after,
                replays: 0,
                parked: None,
                created_at: happened.at,
                created_by: happened.by.clone(),
            });
        }
        WebhookEvent::Deleted(deleted) => {
            if state.webhooks.remove(&deleted.webhook_id).is_some() {
                state.deleted.insert(deleted.webhook_id);
            }
        }
        WebhookEvent::Parked(parked) => {
            if let Some(webhook) = state.webhooks.get_mut(&parked.webhook_id) {
                webhook.parked.get_or_insert_with(|| Parking {
                    at: happened.at,
                    position: parked.position,
                    reason: parked.reason.clone(),
                    attempts: parked.attempts,
                    since: parked.since,
                });
            }
        }
        WebhookEvent::Replayed(replayed) => {
            if let Some(webhook) = state.webhooks.get_mut(&replayed.webhook_id) {
                webhook.after = replayed.after;
                webhook.replays = webhook.replays.saturating_add(1);
                webhook.parked = None;
            }
        }
    }
    state
}
