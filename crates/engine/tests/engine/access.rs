//! Setting the access to a function.

use proto_events::{Access, Actor, Event, FunctionEvent, GlobalPosition, StreamId};
use vidimus_engine::{AccessAnswer, EngineError, Principal, Role};

use crate::support::*;

#[tokio::test]
async fn it_takes_an_administrator() {
    let world = World::memory();
    for role in [Role::Agent, Role::Approver, Role::Auditor] {
        let principal = Principal { roles: [role].into(), ..ada() };
        let error = world.engine.set_access(&principal, function(), Access::Enabled, None).await.unwrap_err();
        assert_eq!(error, EngineError::MissingRole { actor: Actor::user("ada"), role: "admin" });
        assert_eq!((error.code(), error.is_retryable()), ("missing_role", false));
    }
    let agent = Principal { actor: Actor::agent("assistant"), ..ada() };
    let error = world.engine.set_access(&agent, function(), Access::Enabled, None).await.unwrap_err();
    assert_eq!(error.code(), "agent_cannot_set_access", "whatever its roles");
    let error = world.engine.set_access(&ada(), function(), Access::Enabled, Some("x".repeat(5001))).await;
    assert_eq!(error.unwrap_err().code(), "text_too_long");
    assert_eq!(world.log.tail(), GlobalPosition::START);
}

#[tokio::test]
async fn who_when_and_from_what_is_on_record() {
    let world = World::memory();
    let unset = world.engine.access(&tenant(), &function()).await.unwrap();
    assert_eq!((unset.access, unset.position), (None, GlobalPosition::START));
    for to in [Access::Enabled, Access::Disabled] {
        world.clock.advance(HOUR);
        let answer = world.engine.set_access(&ada(), function(), to, Some("audit".into())).await.unwrap();
        let position = world.log.tail();
        assert_eq!(answer, AccessAnswer { function: function(), access: Some(to), position, already: false });
    }
    let events = world.stream(StreamId::function(&function())).await;
    let changes: Vec<_> = events
        .iter()
        .map(|recorded| match event(recorded) {
            Event::Function(FunctionEvent::AccessChanged(changed)) => {
                assert_eq!((changed.function, changed.reason.as_deref()), (function(), Some("audit")));
                (recorded.event.actor.to_string(), recorded.event.recorded_at, changed.from, changed.to)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let (ada, one, two) = ("user:ada".to_owned(), T0.plus(HOUR), T0.plus(HOUR).plus(HOUR));
    assert_eq!(
        changes,
        [(ada.clone(), one, None, Access::Enabled), (ada, two, Some(Access::Enabled), Access::Disabled)]
    );
}

#[tokio::test]
async fn the_same_again_changes_nothing() {
    let world = World::memory();
    let first = world.engine.set_access(&ada(), function(), Access::Enabled, None).await.unwrap();
    world.propose().await;
    let tail = world.log.tail();
    let again =
        world.engine.set_access(&ada(), function(), Access::Enabled, Some("again".into())).await.unwrap();
    assert_eq!(again, AccessAnswer { already: true, ..first });
    assert_eq!(world.log.tail(), tail);
    assert_eq!(world.engine.access(&tenant(), &function()).await.unwrap(), again);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_at_once_form_one_chain() {
    let world = World::memory();
    let tasks: Vec<_> = (0..30)
        .map(|n| {
            let engine = world.engine.clone();
            let to = [Access::Enabled, Access::Disabled, Access::EnabledWithConfirmation][n % 3];
            tokio::spawn(async move { engine.set_access(&ada(), function(), to, None).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut before = None;
    for recorded in world.stream(StreamId::function(&function())).await {
        let Event::Function(FunctionEvent::AccessChanged(changed)) = event(&recorded) else { panic!() };
        assert_eq!(changed.from, before, "no update is lost");
        assert_ne!(Some(changed.to), before);
        before = Some(changed.to);
    }
    assert_eq!(world.engine.access(&tenant(), &function()).await.unwrap().access, before);
}
