//! API keys: made, used, revoked; and everything that is no key.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proto_events::{Actor, ActorKind, Event, KeyEvent, StreamId};
use uuid::Uuid;
use vidimus_engine::{
    AuthenticateError, Authenticated, CreatedKey, Engine, EngineError, Ids as _, KeyPepper, KeyStatus,
    NewKey, Principal, RandomIds, Role, SequentialIds, Settings,
};
use vidimus_log::{AppendError, EventLog};

use crate::support::*;

const PEPPER: [u8; 32] = [0x5c; 32];

fn peppered(world: &World, log: &Arc<dyn EventLog>, pepper: [u8; 32]) -> Engine {
    Engine::with(Arc::clone(log), Settings::default(), world.clock.clone(), world.ids.clone())
        .with_key_pepper(KeyPepper::new(pepper))
}

fn engine(world: &World) -> Engine {
    peppered(world, &world.log, PEPPER)
}

fn with_roles<const N: usize>(roles: [Role; N]) -> NewKey {
    NewKey { roles: roles.into(), ..NewKey::default() }
}

async fn created(engine: &Engine, new: NewKey) -> CreatedKey {
    engine.create_key(&ada(), new).await.unwrap()
}

async fn refused(engine: &Engine, token: &str) -> AuthenticateError {
    engine.authenticate(token).await.unwrap_err()
}

/// The parts of a token: `vidimus_<tenant>`, key id, secret.
fn parts(created: &CreatedKey) -> [String; 3] {
    let parts: Vec<_> = created.secret.expose().split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

#[tokio::test]
async fn a_key_is_who_it_was_made_for_until_it_is_revoked() {
    let world = World::memory();
    let engine = engine(&world);
    let new = NewKey {
        actor: Some(Actor::user("paul")),
        label: Some("paul's laptop".to_owned()),
        ..with_roles([Role::Approver, Role::Auditor])
    };
    let CreatedKey { key, secret } = created(&engine, new).await;
    assert_eq!((key.tenant.clone(), key.actor.clone()), (tenant(), Actor::user("paul")));
    assert_eq!((key.created_at, key.created_by.clone()), (T0, ada().actor));
    assert_eq!((key.revoked_at, key.status_at(world.clock_now())), (None, KeyStatus::Active));
    assert_eq!((key.label.as_deref(), key.position), (Some("paul's laptop"), world.log.tail()));
    assert_eq!(engine.key(&tenant(), key.key_id).await, Ok(Some(key.clone())));

    let principal = Principal::new(tenant(), Actor::user("paul"), [Role::Approver, Role::Auditor]);
    let authenticated = Authenticated { principal, key_id: key.key_id };
    for _ in 0..3 {
        assert_eq!(engine.authenticate(secret.expose()).await, Ok(authenticated.clone()));
    }

    world.clock.advance(HOUR);
    let (revoked, already) =
        engine.revoke_key(&ada(), key.key_id, Some("laptop lost".to_owned())).await.unwrap();
    assert!(!already);
    assert_eq!((revoked.revoked_at, revoked.revoked_by.clone()), (Some(T0.plus(HOUR)), Some(ada().actor)));
    assert_eq!((revoked.status_at(T0), revoked.position), (KeyStatus::Revoked, world.log.tail()));
    let no = refused(&engine, secret.expose()).await;
    assert_eq!(no, AuthenticateError::Revoked { at: T0.plus(HOUR) });
    assert_eq!((no.code(), no.is_unauthenticated()), ("key_revoked", true));

    world.clock.advance(HOUR);
    assert_eq!(engine.revoke_key(&ada(), key.key_id, None).await, Ok((revoked.clone(), true)));
    assert_eq!(engine.key(&tenant(), key.key_id).await, Ok(Some(revoked)));
    let types: Vec<_> = world.stream(StreamId::key(key.key_id)).await;
    let types: Vec<_> = types.iter().map(|event| &*event.event.event_type).collect();
    assert_eq!(types, ["key_created", "key_revoked"]);
}

#[tokio::test]
async fn an_expired_key_is_refused_from_its_expiry_on() {
    let world = World::memory();
    let engine = engine(&world);
    let expires_at = T0.plus(HOUR);
    let new = NewKey { expires_at: Some(expires_at), ..with_roles([Role::Agent]) };
    let CreatedKey { key, secret } = created(&engine, new).await;
    world.clock.advance(HOUR - MICRO);
    assert!(engine.authenticate(secret.expose()).await.is_ok(), "one microsecond left");
    assert_eq!(key.status_at(world.clock_now()), KeyStatus::Active);
    world.clock.advance(MICRO);
    let no = refused(&engine, secret.expose()).await;
    assert_eq!((no.clone(), no.code()), (AuthenticateError::Expired { at: expires_at }, "key_expired"));
    assert_eq!(key.status_at(world.clock_now()), KeyStatus::Expired);
    engine.revoke_key(&ada(), key.key_id, None).await.unwrap();
    assert_eq!(refused(&engine, secret.expose()).await.code(), "key_revoked", "that says more");

    let late = NewKey { expires_at: Some(world.clock_now()), ..with_roles([Role::Agent]) };
    let no = engine.create_key(&ada(), late).await.unwrap_err();
    assert_eq!((no.code(), no.is_retryable()), ("expiry_in_the_past", false));
}

#[tokio::test]
async fn what_is_no_token_is_nobody() {
    let world = World::memory();
    let engine = engine(&world);
    let key = created(&engine, with_roles([Role::Admin])).await;
    let other = created(&engine, with_roles([Role::Admin])).await;
    let token = key.secret.expose();
    let [tenant, id, secret] = parts(&key);
    let [_, other_id, other_secret] = parts(&other);
    let mut flipped = URL_SAFE_NO_PAD.decode(&secret).unwrap();
    flipped[31] ^= 1;
    let flipped = URL_SAFE_NO_PAD.encode(flipped);
    for (unknown, why) in [
        (format!("{tenant}.{id}.{flipped}"), "one bit of the secret"),
        (format!("{tenant}.{id}.{other_secret}"), "another key's secret"),
        (format!("{tenant}.{other_id}.{secret}"), "another key's id"),
        (format!("{tenant}.{}.{secret}", Uuid::nil().simple()), "no key's id"),
        (format!("vidimus_umbrella.{id}.{secret}"), "another tenant"),
        (format!("vidimus_Acme.{id}.{secret}"), "the tenant in another spelling"),
    ] {
        let no = refused(&engine, &unknown).await;
        assert_eq!((no.clone(), no.code()), (AuthenticateError::Unknown, "key_invalid"), "{why}");
        assert!(!format!("{no} {no:?}").contains(&secret), "an error does not repeat what it was given");
    }
    for cut in 0..token.len() {
        assert_eq!(refused(&engine, &token[..cut]).await, AuthenticateError::Malformed, "{cut} bytes");
    }
    let huge = token.repeat(10 * 1024 * 1024 / token.len() + 1);
    for malformed in [&*huge, &".".repeat(140), &format!("Bearer {token}"), &token.to_uppercase(), "🗝️"]
    {
        let no = refused(&engine, malformed).await;
        assert_eq!((no.clone(), no.code()), (AuthenticateError::Malformed, "key_invalid"));
        assert!(no.is_unauthenticated());
    }
    assert!(engine.authenticate(token).await.is_ok(), "all that changed nothing");
}

#[tokio::test]
async fn a_revocation_that_another_engine_puts_on_the_log_counts_at_once() {
    let world = World::memory();
    let (one, other) = (engine(&world), engine(&world));
    let CreatedKey { key, secret } = created(&one, with_roles([Role::Agent])).await;
    for engine in [&one, &other] {
        assert!(engine.authenticate(secret.expose()).await.is_ok(), "both hold it now");
    }
    let (_, already) = other.revoke_key(&ada(), key.key_id, None).await.unwrap();
    assert!(!already);
    for engine in [&one, &other] {
        assert_eq!(refused(engine, secret.expose()).await.code(), "key_revoked");
    }
    assert!(one.revoke_key(&ada(), key.key_id, None).await.unwrap().1, "one sees it too");
}

#[tokio::test]
async fn a_key_is_read_once_and_then_only_when_its_stream_changed() {
    let world = World::memory();
    let hooked = Arc::new(Hooked::new(&world.log, |_| std::future::ready(Ok(()))));
    let log: Arc<dyn EventLog> = hooked.clone();
    let engine = peppered(&world, &log, PEPPER);
    let CreatedKey { key, secret } = created(&engine, with_roles([Role::Agent])).await;
    let [tenant, _, text] = parts(&created(&engine, with_roles([Role::Agent])).await);
    let reads = async |token: &str| {
        let before = hooked.reads();
        let _ = engine.authenticate(token).await;
        hooked.reads() - before
    };
    assert_eq!(reads(secret.expose()).await, 2, "the events, and the empty page after them");
    for _ in 0..10 {
        assert_eq!(reads(secret.expose()).await, 0);
    }
    assert_eq!(reads(&format!("{tenant}.{}.{text}", Uuid::nil().simple())).await, 0, "no stream, no read");
    engine.revoke_key(&ada(), key.key_id, None).await.unwrap();
    assert_eq!(reads(secret.expose()).await, 2);
    assert_eq!(reads(secret.expose()).await, 0, "that it is revoked is held, too");
}

#[tokio::test]
async fn who_acts_where_nobody_is_named() {
    let world = World::memory();
    let engine = engine(&world);
    for (roles, kind) in [
        (vec![Role::Agent], ActorKind::Agent),
        (vec![Role::Agent, Role::Auditor], ActorKind::Service),
        (vec![Role::Admin], ActorKind::Service),
        (vec![Role::Approver, Role::Auditor], ActorKind::Service),
    ] {
        let new = NewKey { roles: roles.into_iter().collect(), ..NewKey::default() };
        let key = created(&engine, new).await.key;
        assert_eq!(key.actor, Actor::new(kind, key.key_id.hyphenated().to_string()));
    }
}

#[tokio::test]
async fn it_takes_an_administrator_who_is_no_agent() {
    let world = World::memory();
    let engine = engine(&world);
    let key = created(&engine, with_roles([Role::Agent])).await.key;
    let tail = world.log.tail();
    for role in [Role::Agent, Role::Approver, Role::Auditor] {
        let principal = Principal { roles: [role].into(), ..ada() };
        let missing = EngineError::MissingRole { actor: ada().actor, role: "admin" };
        let create = engine.create_key(&principal, with_roles([Role::Admin])).await;
        assert_eq!(create.map(drop), Err(missing.clone()));
        assert_eq!(engine.revoke_key(&principal, key.key_id, None).await, Err(missing));
    }
    let agent = Principal { actor: Actor::agent("assistant"), ..ada() };
    let create = engine.create_key(&agent, with_roles([Role::Approver])).await.map(drop);
    assert_eq!(create.unwrap_err().code(), "agent_cannot_manage_keys");
    let no = engine.revoke_key(&agent, key.key_id, None).await.unwrap_err();
    assert_eq!(no.code(), "agent_cannot_manage_keys");
    assert_eq!(world.log.tail(), tail);
}

#[tokio::test]
async fn another_tenants_key_is_none() {
    let world = World::memory();
    let engine = engine(&world);
    let CreatedKey { key, secret } = created(&engine, with_roles([Role::Agent])).await;
    let them = Principal { tenant: "umbrella".parse().unwrap(), ..ada() };
    for id in [key.key_id, Uuid::nil()] {
        let no = engine.revoke_key(&them, id, None).await.unwrap_err();
        assert_eq!((no.code(), no.is_retryable()), ("key_not_found", false));
        assert_eq!(engine.key(&them.tenant, id).await, Ok(None));
    }
    assert!(engine.authenticate(secret.expose()).await.is_ok());
}

#[tokio::test]
async fn the_last_administrators_key_can_be_revoked_by_itself() {
    let world = World::memory();
    let engine = engine(&world);
    let CreatedKey { key, secret } = created(&engine, with_roles([Role::Admin])).await;
    let principal = engine.authenticate(secret.expose()).await.unwrap().principal;
    let (revoked, _) = engine.revoke_key(&principal, key.key_id, None).await.unwrap();
    assert_eq!(revoked.revoked_by, Some(key.actor));
    assert_eq!(refused(&engine, secret.expose()).await.code(), "key_revoked");
}

#[tokio::test]
async fn without_the_pepper_there_are_no_keys_and_with_another_none_fits() {
    let world = World::memory();
    let with = engine(&world);
    let CreatedKey { key, secret } = created(&with, with_roles([Role::Agent])).await;
    let tail = world.log.tail();
    let no = world.engine.create_key(&ada(), with_roles([Role::Agent])).await.map(drop).unwrap_err();
    assert_eq!((no.clone(), no.code()), (EngineError::KeyPepperMissing, "key_pepper_missing"));
    assert_eq!(world.log.tail(), tail);
    let no = refused(&world.engine, secret.expose()).await;
    assert_eq!((no.code(), no.is_unauthenticated()), ("key_pepper_missing", false));
    let another = peppered(&world, &world.log, [0; 32]);
    assert_eq!(refused(&another, secret.expose()).await, AuthenticateError::Unknown);
    // Who it is can be seen, and revoked, without the pepper.
    assert!(world.engine.revoke_key(&ada(), key.key_id, None).await.is_ok());
}

#[tokio::test]
async fn the_secret_is_in_no_event_and_in_no_debug_output() {
    let world = World::memory();
    let engine = engine(&world);
    let created = created(&engine, with_roles([Role::Admin])).await;
    let [_, _, text] = parts(&created);
    let raw = URL_SAFE_NO_PAD.decode(&text).unwrap();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    engine.revoke_key(&ada(), created.key.key_id, Some("why".to_owned())).await.unwrap();
    let pepper: String = PEPPER.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut shown = format!("{created:?} {:?} {:?}", created.secret, KeyPepper::new(PEPPER));
    let events = world.log.read_all(proto_events::GlobalPosition::START, 100).await.unwrap();
    assert_eq!(events.len(), 2);
    for recorded in &events {
        shown += std::str::from_utf8(&recorded.event.payload).unwrap();
        shown += &format!("{recorded:?}");
        assert!(!recorded.event.payload.windows(raw.len()).any(|window| window == raw));
    }
    for secret in [&*text, &hex, &format!("{raw:?}"), &pepper, &format!("{PEPPER:?}"), "92, 92"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let Event::Key(KeyEvent::Created(event)) = event(&events[0]) else { panic!() };
    assert!(shown.contains(&event.secret_hash.to_string()));
    assert!(!shown.contains(created.secret.expose()));
}

#[tokio::test]
async fn who_was_first_is_looked_at_again() {
    let inner = World::memory();
    let key = created(&engine(&inner), with_roles([Role::Agent])).await.key;
    let first = Arc::new(engine(&inner));
    let hooked = Hooked::new(&inner.log, move |n| {
        let (first, id) = (Arc::clone(&first), key.key_id);
        async move {
            if n == 0 {
                first.revoke_key(&ada(), id, Some("first".to_owned())).await.unwrap();
            }
            Ok::<_, AppendError>(())
        }
    });
    let log: Arc<dyn EventLog> = Arc::new(hooked);
    let (_, already) = peppered(&inner, &log, PEPPER)
        .revoke_key(&ada(), key.key_id, Some("second".to_owned()))
        .await
        .unwrap();
    assert!(already);
    assert_eq!(inner.stream(StreamId::key(key.key_id)).await.len(), 2);
}

#[tokio::test]
async fn keys_are_the_same_after_the_log_was_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let ids = Arc::new(RandomIds);
    let open = || {
        let clock = Arc::new(vidimus_engine::ManualClock::at(T0));
        Engine::with(sled(directory.path()), Settings::default(), clock, ids.clone())
            .with_key_pepper(KeyPepper::new(PEPPER))
    };
    let (good, bad) = {
        let engine = open();
        let good = created(&engine, with_roles([Role::Agent])).await;
        let bad = created(&engine, with_roles([Role::Agent])).await;
        engine.revoke_key(&ada(), bad.key.key_id, None).await.unwrap();
        assert_ne!(parts(&good)[2], parts(&bad)[2]);
        (good, bad)
    };
    let engine = open();
    let authenticated = engine.authenticate(good.secret.expose()).await.unwrap();
    assert_eq!((authenticated.principal.actor, authenticated.key_id), (good.key.actor, good.key.key_id));
    assert_eq!(refused(&engine, bad.secret.expose()).await.code(), "key_revoked");
}

#[test]
fn secrets_are_drawn_and_not_repeated() {
    let (one, two) = (RandomIds.secret(), RandomIds.secret());
    assert_ne!(one, two);
    assert_ne!(one, [0; 32]);
    let ids = SequentialIds::default();
    assert_ne!(ids.secret(), ids.secret());
    assert_eq!(SequentialIds::default().secret(), SequentialIds::default().secret());
    assert_eq!(KeyPepper::draw(&SequentialIds::default()).expose(), &SequentialIds::default().secret());
}
