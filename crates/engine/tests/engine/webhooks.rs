//! Webhooks: made, parked, replayed, deleted; each tenant its own.

use std::sync::Arc;

use proto_events::{Actor, ActorKind, GlobalPosition, StreamId, WebhookFilter};
use uuid::Uuid;
use vidimus_engine::{
    Engine, EngineError, KeyPepper, NewWebhook, Park, Principal, RandomIds, Role, Settings, Webhook,
};
use vidimus_log::EventLog;

use crate::support::*;

fn engine(world: &World) -> Engine {
    Engine::with(Arc::clone(&world.log), Settings::default(), world.clock.clone(), world.ids.clone())
        .with_key_pepper(KeyPepper::new([0x5c; 32]))
}

fn new() -> NewWebhook {
    NewWebhook { url: "https://example.com/hook".to_owned(), ..NewWebhook::default() }
}

fn park(webhook: &Webhook) -> Park {
    let (position, reason) = (GlobalPosition::new(1), "status 500".to_owned());
    Park { replays: webhook.replays, position, reason, attempts: 3, since: T0 }
}

/// An administrator of another tenant.
fn eve() -> Principal {
    Principal::new("umbrella".parse().unwrap(), Actor::user("eve"), [Role::Admin])
}

#[tokio::test]
async fn a_webhook_is_made_parked_replayed_and_deleted() {
    let world = World::memory();
    let engine = engine(&world);
    let created = engine.create_webhook(&ada(), new()).await.unwrap();
    let id = created.webhook.webhook_id;
    assert_eq!((created.webhook.after, created.position), (GlobalPosition::START, world.log.tail()));
    assert_eq!((created.webhook.created_at, created.webhook.created_by.clone()), (T0, ada().actor));
    assert_eq!(engine.webhooks(&tenant()).await, Ok((vec![created.webhook.clone()], created.position)));
    let secret = engine.webhook_secret(&ada(), id).await.unwrap();
    assert_eq!(secret, created.secret, "always the same");
    let log = world.log.read_all(GlobalPosition::START, 10).await.unwrap();
    assert!(!String::from_utf8_lossy(&log[0].event.payload).contains(&secret.expose()[6..]), "on no record");

    world.clock.advance(HOUR);
    let parked = engine.park_webhook(&tenant(), id, park(&created.webhook)).await.unwrap();
    assert!(!parked.already);
    assert_eq!(parked.webhook.as_ref().unwrap().parked.as_ref().unwrap().at, T0.plus(HOUR));
    let again = engine.park_webhook(&tenant(), id, park(&created.webhook)).await.unwrap();
    assert_eq!((again.already, again.position), (true, parked.position));
    let events = world.stream(StreamId::webhooks()).await;
    assert_eq!(events[1].event.actor, Actor::new(ActorKind::System, "webhooks"));

    let replayed = engine.replay_webhook(&ada(), id, None).await.unwrap();
    let webhook = replayed.webhook.unwrap();
    assert_eq!((webhook.after, webhook.replays, webhook.parked), (GlobalPosition::START, 1, None));
    let late = engine.park_webhook(&tenant(), id, park(&created.webhook)).await.unwrap();
    assert!(late.already && late.webhook.unwrap().parked.is_none(), "somebody replayed it meanwhile");
    let past = engine.replay_webhook(&ada(), id, Some(world.log.tail().next())).await.unwrap_err();
    assert_eq!((past.code(), past.is_retryable()), ("position_unknown", false));

    let deleted = engine.delete_webhook(&ada(), id, Some("moved".to_owned())).await.unwrap();
    assert_eq!((deleted.webhook, deleted.already), (None, false));
    assert!(engine.delete_webhook(&ada(), id, None).await.unwrap().already);
    assert_eq!(engine.webhook(&tenant(), id).await, Ok(None));
    assert_eq!(engine.webhook_secret(&ada(), id).await.unwrap_err().code(), "webhook_not_found");
    let types: Vec<_> = world.stream(StreamId::webhooks()).await;
    let types: Vec<_> = types.iter().map(|event| &*event.event.event_type).collect();
    assert_eq!(types, ["webhook_created", "webhook_parked", "webhook_replayed", "webhook_deleted"]);
}

#[tokio::test]
async fn only_administrators_and_of_their_own_tenant() {
    let world = World::memory();
    let engine = engine(&world);
    let created = engine.create_webhook(&ada(), new()).await.unwrap();
    let id = created.webhook.webhook_id;
    for nobody in [runtime(), paul()] {
        let noes = [
            engine.create_webhook(&nobody, new()).await.unwrap_err(),
            engine.delete_webhook(&nobody, id, None).await.unwrap_err(),
            engine.replay_webhook(&nobody, id, None).await.unwrap_err(),
            engine.webhook_secret(&nobody, id).await.unwrap_err(),
        ];
        assert!(noes.iter().all(|no| no.code() == "missing_role"), "{noes:?}");
    }
    let noes = [
        engine.delete_webhook(&eve(), id, None).await.unwrap_err(),
        engine.replay_webhook(&eve(), id, None).await.unwrap_err(),
        engine.webhook_secret(&eve(), id).await.unwrap_err(),
        engine.park_webhook(&eve().tenant, id, park(&created.webhook)).await.unwrap_err(),
    ];
    assert!(noes.iter().all(|no| no.code() == "webhook_not_found"), "{noes:?}");
    assert_eq!(engine.webhook(&eve().tenant, id).await, Ok(None));
    assert_eq!(engine.webhooks(&eve().tenant).await, Ok((vec![], GlobalPosition::START)));
    let bot = Principal::new(tenant(), Actor::agent("bot"), [Role::Admin]);
    let no = engine.create_webhook(&bot, new()).await.unwrap_err();
    assert_eq!(no.code(), "agent_cannot_manage_webhooks");
    assert_eq!(engine.webhook(&tenant(), id).await.unwrap().unwrap().webhook, Some(created.webhook));
}

/// Whoever decides on one more has counted them, also where many are made at once.
#[tokio::test]
async fn many_at_once_are_not_one_too_many() {
    let world = World::memory();
    let engine =
        Engine::with(Arc::clone(&world.log), Settings::default(), world.clock.clone(), Arc::new(RandomIds));
    let engine = Arc::new(engine.with_key_pepper(KeyPepper::new([0x5c; 32])));
    for _ in 0..95 {
        engine.create_webhook(&ada(), new()).await.unwrap();
    }
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let engine = Arc::clone(&engine);
        tasks.spawn(async move { engine.create_webhook(&ada(), new()).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    let mut noes = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(noes.all(|no| no.code() == "too_many_webhooks"));
    let (webhooks, _) = engine.webhooks(&tenant()).await.unwrap();
    assert_eq!(webhooks.len(), 100);
    assert!(webhooks.is_sorted_by(|one, two| one.webhook_id > two.webhook_id), "newest first");
}

#[tokio::test]
async fn they_are_read_once_and_then_only_when_their_stream_changed() {
    let world = World::memory();
    let hooked = Arc::new(Hooked::new(&world.log, |_| std::future::ready(Ok(()))));
    let log: Arc<dyn EventLog> = hooked.clone();
    let reading = Engine::with(log, Settings::default(), world.clock.clone(), world.ids.clone())
        .with_key_pepper(KeyPepper::new([0x5c; 32]));
    let writing = engine(&world);
    let created = writing.create_webhook(&ada(), new()).await.unwrap();
    let id = created.webhook.webhook_id;
    let reads = async |is_there: bool| {
        let before = hooked.reads();
        assert_eq!(reading.webhooks(&tenant()).await.unwrap().0.len(), usize::from(is_there));
        assert_eq!(reading.webhook(&tenant(), id).await.unwrap().is_some(), is_there);
        hooked.reads() - before
    };
    assert_eq!(reads(true).await, 2, "the events, and the empty page after them");
    for _ in 0..10 {
        assert_eq!(reads(true).await, 0);
    }
    assert_eq!(reading.webhooks(&eve().tenant).await.unwrap().0, []);
    // Whoever changes it decides on what is held, too.
    let before = hooked.reads();
    assert!(!reading.replay_webhook(&ada(), id, Some(GlobalPosition::START)).await.unwrap().already);
    assert_eq!(hooked.reads(), before);
    writing.delete_webhook(&ada(), id, None).await.unwrap();
    assert_eq!(reads(false).await, 2, "whoever appended");
    assert_eq!(reads(false).await, 0);
}

#[tokio::test]
async fn without_a_pepper_there_are_no_secrets() {
    let world = World::memory();
    let bare =
        Engine::with(Arc::clone(&world.log), Settings::default(), world.clock.clone(), world.ids.clone());
    let no = bare.create_webhook(&ada(), new()).await.unwrap_err();
    assert_eq!(no, EngineError::KeyPepperMissing);
    assert_eq!(world.log.tail(), GlobalPosition::START);
    assert!(bare.derive_webhook_secret(&tenant(), Uuid::nil()).is_err());
}

#[tokio::test]
async fn what_is_wrong_with_it_is_told() {
    let world = World::memory();
    let engine = engine(&world);
    for url in ["example.com", "https://user@example.com", "ftp://example.com"] {
        let no =
            engine.create_webhook(&ada(), NewWebhook { url: url.to_owned(), ..new() }).await.unwrap_err();
        assert_eq!(no.code(), "invalid_field", "{url}");
    }
    let filter = WebhookFilter { agent: Some(String::new()), ..WebhookFilter::default() };
    let no = engine.create_webhook(&ada(), NewWebhook { filter, ..new() }).await.unwrap_err();
    assert_eq!(no.code(), "invalid_field");
    assert_eq!(world.log.tail(), GlobalPosition::START);
}
