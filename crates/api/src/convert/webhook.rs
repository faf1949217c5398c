//! Webhooks.

use proto_events::GlobalPosition;
use vidimus_api_types as wire;
use vidimus_engine::{CreatedWebhook, Delivery, Failing, NewWebhook, Parking, Webhook, WebhookAnswer};

/// The webhook that a request asks for.
pub fn new_webhook(create: wire::CreateWebhook) -> NewWebhook {
    let wire::CreateWebhook { url, label, filter, after } = create;
    let wire::WebhookFilter { types, agent, conversation, function } = filter;
    let filter = proto_events::WebhookFilter { types, agent, conversation, function };
    NewWebhook { url, label, filter, after }
}

/// A webhook, where the log ends at `tail`. `delivery`: how its deliveries stand, where that is known.
pub fn webhook(webhook: Webhook, delivery: Option<Delivery>, tail: GlobalPosition) -> wire::Webhook {
    let proto_events::WebhookFilter { types, agent, conversation, function } = webhook.filter;
    let parked = webhook.parked.as_ref();
    let known = delivery.as_ref();
    let delivered = parked.map(Parking::delivered).or_else(|| known.map(|delivery| delivery.position));
    let failing = match (parked, known.and_then(|delivery| delivery.failing.as_ref())) {
        (Some(parking), _) => Some(given_up(parking)),
        (None, failing) => failing.map(retrying),
    };
    let last_failure = match (known.and_then(|delivery| delivery.last_failure.clone()), parked) {
        (Some(failure), _) => Some(wire::WebhookFailure { at: failure.at, reason: failure.reason }),
        (None, Some(parking)) => {
            Some(wire::WebhookFailure { at: parking.at, reason: parking.reason.clone() })
        }
        (None, None) => None,
    };
    wire::Webhook {
        id: webhook.webhook_id,
        status: match (parked, &failing) {
            (Some(_), _) => wire::WebhookStatus::Parked,
            (None, Some(_)) => wire::WebhookStatus::Retrying,
            (None, None) => wire::WebhookStatus::Active,
        },
        url: webhook.url,
        label: webhook.label,
        filter: wire::WebhookFilter { types, agent, conversation, function },
        delivered,
        lag: delivered.map(|delivered| tail.get().saturating_sub(delivered.get())),
        failing,
        last_success_at: known.and_then(|delivery| delivery.last_success_at),
        last_failure,
        parked_at: parked.map(|parking| parking.at),
        created_at: webhook.created_at,
        created_by: webhook.created_by,
    }
}

fn given_up(parking: &Parking) -> wire::WebhookFailing {
    let Parking { position, attempts, since, .. } = *parking;
    wire::WebhookFailing { position, attempts, since, next_attempt_at: None }
}

fn retrying(failing: &Failing) -> wire::WebhookFailing {
    let Failing { position, attempts, since, next_attempt_at } = *failing;
    wire::WebhookFailing { position, attempts, since, next_attempt_at: Some(next_attempt_at) }
}

/// A webhook that was just made, with its secret.
pub fn created_webhook(created: CreatedWebhook, tail: GlobalPosition) -> wire::CreatedWebhook {
    wire::CreatedWebhook { secret: created.secret.expose(), webhook: webhook(created.webhook, None, tail) }
}

/// A webhook that is no more.
pub const fn deleted_webhook(id: uuid::Uuid, answer: &WebhookAnswer) -> wire::DeletedWebhook {
    wire::DeletedWebhook { id, position: answer.position }
}
