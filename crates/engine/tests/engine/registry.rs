//! Registering agents and conversations.

use proto_events::{Event, GlobalPosition, RegistryEvent, StreamId};
use vidimus_engine::{EngineError, Principal, Registered, Role};

use crate::support::*;

#[tokio::test]
async fn an_agent_is_registered_once_and_may_be_renamed() {
    let world = World::memory();
    let engine = &world.engine;
    assert_eq!(engine.is_agent_registered(&tenant(), "buyer").await, Ok(false));
    let register = async |name: Option<&str>| {
        engine.register_agent(&runtime(), "buyer".into(), name.map(str::to_owned)).await.unwrap()
    };
    let position = GlobalPosition::new;
    assert_eq!(register(None).await, Registered { position: position(1), already: false });
    assert_eq!(engine.is_agent_registered(&tenant(), "buyer").await, Ok(true));
    assert_eq!(register(None).await, Registered { position: position(1), already: true });
    assert_eq!(register(Some("Einkauf")).await, Registered { position: position(2), already: false });
    assert_eq!(register(Some("Einkauf")).await, Registered { position: position(2), already: true });
    assert_eq!(register(None).await, Registered { position: position(3), already: false });
    let events = world.stream(StreamId::agent("buyer")).await;
    let names: Vec<_> = events
        .iter()
        .map(|recorded| match event(recorded) {
            Event::Registry(RegistryEvent::AgentRegistered(registered)) => registered.name,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, [None, Some("Einkauf".to_owned()), None]);
    assert_eq!(events[0].event.actor, runtime().actor);
}

#[tokio::test]
async fn a_conversation_is_registered_once_under_its_agent() {
    let world = World::memory();
    let engine = &world.engine;
    let register = async |agent: &str, conversation: &str| {
        engine.register_conversation(&ada(), agent.into(), conversation.into()).await.unwrap()
    };
    assert_eq!(register("buyer", "c-1").await, Registered { position: world.log.tail(), already: false });
    assert!(register("buyer", "c-1").await.already);
    let is = async |agent: &str, conversation: &str| {
        engine.is_conversation_registered(&tenant(), agent, conversation).await.unwrap()
    };
    assert!(is("buyer", "c-1").await);
    assert!(!is("buyer", "c-2").await && !is("seller", "c-1").await && !is("buyerc", "-1").await);
    assert_eq!(
        engine.is_agent_registered(&tenant(), "buyer").await,
        Ok(false),
        "that is the caller's to ask"
    );
    assert!(!register("seller", "c-1").await.already);
}

#[tokio::test]
async fn another_tenant_has_a_registry_of_its_own() {
    let world = World::memory();
    let them = Principal { tenant: "umbrella".parse().unwrap(), ..runtime() };
    for principal in [runtime(), them.clone()] {
        let registered = world.engine.register_agent(&principal, "buyer".into(), None).await.unwrap();
        assert!(!registered.already);
    }
    world.engine.register_conversation(&runtime(), "buyer".into(), "c-1".into()).await.unwrap();
    assert_eq!(world.engine.is_conversation_registered(&them.tenant, "buyer", "c-1").await, Ok(false));
}

#[tokio::test]
async fn it_takes_an_agent_or_an_administrator_and_names() {
    let world = World::memory();
    for role in Role::ALL {
        let principal = Principal { roles: [role].into(), ..ada() };
        let agent = world.engine.register_agent(&principal, role.to_string(), None).await.map(drop);
        let conversation =
            world.engine.register_conversation(&principal, role.to_string(), "c".into()).await.map(drop);
        let expected = match role {
            Role::Agent | Role::Admin => Ok(()),
            Role::Approver | Role::Auditor => {
                Err(EngineError::MissingRole { actor: principal.actor, role: "agent" })
            }
        };
        assert_eq!((agent, conversation), (expected.clone(), expected), "{role}");
    }
    for bad in ["", "a\0b", &"x".repeat(256)] {
        let no = world.engine.register_agent(&runtime(), bad.into(), None).await.unwrap_err();
        assert_eq!((no.code(), no.is_retryable()), ("invalid_field", false));
        let no = world.engine.register_conversation(&runtime(), "a".into(), bad.into()).await.unwrap_err();
        assert_eq!(no.code(), "invalid_field");
        assert_eq!(world.engine.is_agent_registered(&tenant(), bad).await, Ok(false));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_register_the_same_at_once_register_it_once() {
    let world = World::memory();
    let tasks: Vec<_> = (0..30)
        .map(|_| {
            let engine = world.engine.clone();
            tokio::spawn(async move { engine.register_agent(&runtime(), "a".into(), None).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for task in tasks {
        new += u32::from(!task.await.unwrap().already);
    }
    assert_eq!((new, world.log.tail()), (1, GlobalPosition::new(1)));
}
