//! The folding alone, without SQLite.

use std::collections::BTreeMap;

use proto_events::{
    Actor, AgentRegistered, AttemptEvent, ConversationRegistered, Digest, Event, ExecutionEvent,
    FunctionEvent, GlobalPosition, KeyCreated, KeyEvent, KeyRevoked, RegistryEvent, Role, StreamId,
    Timestamp, WebhookCreated, WebhookDeleted, WebhookEvent, WebhookFilter, WebhookParked, WebhookReplayed,
};
use uuid::Uuid;

use super::{AuditCategory, fold::said};
use crate::testing::{History, decoded, full_history};

/// The words before anything that differs from event to event.
fn beginning(event_type: &str) -> &'static str {
    match event_type {
        "initiated" => "",
        "allowed" => "allowed",
        "blocked" => "blocked (because_blocked): `the access says so`",
        "no_op" => "nothing to do",
        "confirmation_required" => "confirmation by user:",
        "confirmed" => "confirmed",
        "declined" => "declined: `for a reason`",
        "confirmation_expired" => "nobody confirmed until 2026-",
        "approval_required" => "approval by one reviewer required until 2026-",
        "approval_accepted" => "approved: `for a reason`",
        "approval_denied" => "denied: `too dear`",
        "approval_aborted" => "aborted with feedback: `ask first`",
        "approval_expired" => "nobody resolved the approval until 2026-",
        "permitted" => "permitted to run once until 2026-",
        "permit_expired" => "the permit was not used until 2026-",
        "in_progress" => "started; has to report until 2026-",
        "progressed" => "reported progress (50 %): `for a reason`",
        "succeeded" => "succeeded",
        "failed" => "failed: `tool said no ",
        "timed_out" => "timed out: `tool said no ",
        "skipped" => "skipped: `for a reason`",
        "cancelled" => "cancelled: `for a reason`",
        "result_unknown" => "did not report until 2026-",
        "settled" => "settled as succeeded: `seen in the ledger`",
        "reattempted" => "proposed again, ",
        "function_access_changed" => "access changed from ",
        "attempt_opened" => "attempt opened under idempotency key `key-",
        "key_created" => "key created for `service:billing` with roles `agent`, `approver`",
        "key_revoked" => "key revoked: `lost \\n it`",
        "agent_registered" => "agent registered as `Einkauf`",
        "conversation_registered" => "conversation registered",
        "webhook_created" => {
            "webhook 00000000-0000-0000-0000-000000000008 created for `https://example.com/hook`"
        }
        "webhook_deleted" => "webhook 00000000-0000-0000-0000-000000000008 deleted: `moved`",
        "webhook_parked" => {
            "webhook 00000000-0000-0000-0000-000000000008 parked at position 5 after 9 attempts: `status 500`"
        }
        "webhook_replayed" => {
            "webhook 00000000-0000-0000-0000-000000000008 set to what comes after position 4"
        }
        other => panic!("{other}"),
    }
}

pub(crate) const KEY: Uuid = Uuid::from_u128(7);

/// The settings that are of no function, which random histories do not have.
pub(crate) async fn add_settings(history: &mut History) {
    let (tenant, by) = ("acme".parse().unwrap(), Actor::user("admin"));
    let created = KeyCreated {
        key_id: KEY,
        actor: Actor::new(proto_events::ActorKind::Service, "billing"),
        roles: [Role::Approver, Role::Agent].into(),
        label: Some("staging".to_owned()),
        expires_at: None,
        secret_hash: Digest::new([1; 32]),
    };
    let revoked = KeyRevoked { key_id: KEY, reason: Some("lost \n it".to_owned()) };
    let agent = AgentRegistered { agent: "buyer".to_owned(), name: Some("Einkauf".to_owned()) };
    let conversation =
        ConversationRegistered { agent: "buyer".to_owned(), conversation: "thread-1".to_owned() };
    let key = vec![KeyEvent::Created(created), KeyEvent::Revoked(revoked)];
    history.append(&tenant, StreamId::key(KEY), &by, key.into_iter().map(Event::Key).collect()).await;
    let agent = Event::Registry(RegistryEvent::AgentRegistered(agent));
    history.append(&tenant, StreamId::agent("buyer"), &by, vec![agent]).await;
    let conversation = Event::Registry(RegistryEvent::ConversationRegistered(conversation));
    let stream = StreamId::conversation("buyer", "thread-1");
    history.append(&tenant, stream, &by, vec![conversation]).await;
    let webhooks = webhook_events().into_iter().map(Event::Webhook).collect();
    history.append(&tenant, StreamId::webhooks(), &by, webhooks).await;
}

fn webhook_events() -> Vec<WebhookEvent> {
    let webhook_id = Uuid::from_u128(8);
    vec![
        WebhookEvent::Created(WebhookCreated {
            webhook_id,
            url: "https://example.com/hook".to_owned(),
            label: None,
            filter: WebhookFilter::default(),
            starts_after: GlobalPosition::START,
        }),
        WebhookEvent::Parked(WebhookParked {
            webhook_id,
            position: GlobalPosition::new(5),
            reason: "status 500".to_owned(),
            attempts: 9,
            since: Timestamp::from_micros(0),
        }),
        WebhookEvent::Replayed(WebhookReplayed { webhook_id, after: GlobalPosition::new(4) }),
        WebhookEvent::Deleted(WebhookDeleted { webhook_id, reason: Some("moved".to_owned()) }),
    ]
}

#[tokio::test]
async fn every_kind_of_event_has_its_entry() {
    let mut history = full_history(8, 6_000).await;
    add_settings(&mut history).await;
    let mut seen = BTreeMap::new();
    for decoded in decoded(&history.log).await {
        let recorded = &decoded.recorded;
        let said = said(recorded, &decoded.event);
        let (event_type, _) = decoded.event.event_type();
        *seen.entry(event_type).or_insert(0) += 1;
        let beginning = beginning(event_type);
        assert!(said.summary.starts_with(beginning), "{event_type}: {}", said.summary);
        match &decoded.event {
            Event::Execution(event) => {
                let call = event.call();
                assert_eq!(said.category, AuditCategory::Execution);
                assert_eq!(said.execution_id, recorded.stream.execution_id());
                assert_eq!(said.agent, Some(&*call.agent));
                assert_eq!(said.conversation, Some(&*call.conversation));
                assert_eq!(said.function, Some(&call.function));
            }
            Event::Function(FunctionEvent::AccessChanged(changed)) => {
                assert_eq!(said.category, AuditCategory::Administrative);
                assert_eq!((said.execution_id, said.agent, said.conversation), (None, None, None));
                assert_eq!(said.function, Some(&changed.function));
            }
            Event::Attempt(AttemptEvent::Opened(opened)) => {
                assert_eq!(said.category, AuditCategory::Execution);
                assert_eq!((said.execution_id, said.agent), (Some(opened.execution_id), None));
                assert_eq!(said.function, Some(&opened.function));
            }
            Event::Key(_) | Event::Webhook(_) => {
                assert_eq!(said.category, AuditCategory::Administrative);
                assert_eq!((said.execution_id, said.function), (None, None));
                assert_eq!((said.agent, said.conversation), (None, None));
            }
            Event::Registry(event) => {
                let conversation = match event {
                    RegistryEvent::AgentRegistered(_) => None,
                    RegistryEvent::ConversationRegistered(_) => Some("thread-1"),
                };
                assert_eq!(said.category, AuditCategory::Administrative);
                assert_eq!((said.execution_id, said.function), (None, None));
                assert_eq!((said.agent, said.conversation), (Some("buyer"), conversation));
            }
        }
    }
    let types = [
        ExecutionEvent::TYPES,
        FunctionEvent::TYPES,
        AttemptEvent::TYPES,
        KeyEvent::TYPES,
        RegistryEvent::TYPES,
        WebhookEvent::TYPES,
    ]
    .concat();
    assert_eq!(seen.len(), types.len(), "{seen:?}");
}
