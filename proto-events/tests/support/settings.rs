//! The samples of settings: access to functions, attempts, keys, the registry, webhooks.

use proto_events::*;
use uuid::{Uuid, uuid};

use super::{EXECUTION, Fill, at, digest, governance};

const KEY: Uuid = uuid!("019bc1d2-6b51-7d4e-8a32-5c8b7e6f9a01");
const WEBHOOK: Uuid = uuid!("019bc1d2-7c62-7e5f-9b43-6d9c8f7a0b12");

pub(super) fn events(fill: Fill) -> Vec<Event> {
    let [described, withdrawn] = governance::of_functions(fill);
    let changed = FunctionAccessChanged {
        function: "erp.create_purchase_order".parse().unwrap(),
        from: fill.some(Access::Enabled),
        to: Access::EnabledWithConfirmation,
        reason: fill.text("audit finding 12"),
    };
    let opened = AttemptOpened {
        idempotency_key: "order-2026-01-15-0001".to_owned(),
        execution_id: EXECUTION,
        function: "erp.create_purchase_order".parse().unwrap(),
        arguments_digest: fill.some(digest()),
    };
    vec![
        Event::Function(FunctionEvent::AccessChanged(changed)),
        Event::Function(described),
        Event::Function(withdrawn),
        Event::Attempt(AttemptEvent::Opened(opened)),
        Event::Key(KeyEvent::Created(key_created(fill))),
        Event::Key(KeyEvent::Revoked(KeyRevoked { key_id: KEY, reason: fill.text("the laptop was lost") })),
        Event::Registry(RegistryEvent::AgentRegistered(AgentRegistered {
            agent: "purchasing-agent".to_owned(),
            name: fill.text("Einkauf Süd"),
        })),
        Event::Registry(RegistryEvent::ConversationRegistered(ConversationRegistered {
            agent: "purchasing-agent".to_owned(),
            conversation: "thread_456".to_owned(),
        })),
        Event::Webhook(WebhookEvent::Created(webhook_created(fill))),
        Event::Webhook(WebhookEvent::Deleted(WebhookDeleted {
            webhook_id: WEBHOOK,
            reason: fill.text("the service moved"),
        })),
        Event::Webhook(WebhookEvent::Parked(WebhookParked {
            webhook_id: WEBHOOK,
            position: GlobalPosition::new(4711),
            reason: "answered with status 500".to_owned(),
            attempts: 97,
            since: at("2026-01-15T10:30:00Z"),
        })),
        Event::Webhook(WebhookEvent::Replayed(WebhookReplayed {
            webhook_id: WEBHOOK,
            after: GlobalPosition::new(4710),
        })),
    ]
}

fn webhook_created(fill: Fill) -> WebhookCreated {
    let types = [NotificationType::ApprovalRequired, NotificationType::ApprovalEscalated];
    WebhookCreated {
        webhook_id: WEBHOOK,
        url: "https://hooks.example.com/vidimus?channel=42".to_owned(),
        label: fill.text("chat bot"),
        filter: WebhookFilter {
            types: fill.some(types.to_vec()).unwrap_or_default(),
            agent: fill.text("purchasing-agent"),
            conversation: fill.text("thread_456"),
            function: fill.some("erp.create_purchase_order".parse().unwrap()),
        },
        starts_after: GlobalPosition::new(815),
    }
}

fn key_created(fill: Fill) -> KeyCreated {
    // Written in the order of the roles, whatever the order they came in.
    let roles = [Role::Admin, Role::Auditor, Role::Approver, Role::Agent];
    KeyCreated {
        key_id: KEY,
        actor: Actor::new(ActorKind::Service, KEY.to_string()),
        roles: roles.into_iter().take(if fill == Fill::Full { 4 } else { 1 }).collect(),
        label: fill.text("intervention service, staging"),
        expires_at: fill.some(at("2027-01-15T10:30:00Z")),
        secret_hash: digest(),
    }
}
