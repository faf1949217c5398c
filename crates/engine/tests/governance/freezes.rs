//! Freezes, begun and ended.

use proto_events::{Access, FreezeScope, GlobalPosition, StreamId};
use uuid::Uuid;
use vidimus_domain::execution::Stage;

use crate::support::*;

#[tokio::test]
async fn a_freeze_begins_once_and_ends_once() {
    let world = World::memory();
    let engine = &world.engine;
    assert_eq!(engine.freezes(&tenant()).await, Ok((vec![], GlobalPosition::START)));
    let first = engine.freeze(&ada(), FreezeScope::Tenant, "incident".to_owned()).await.unwrap();
    assert_eq!((first.already, first.position), (false, GlobalPosition::new(1)));
    assert_eq!((&first.freeze.by, first.freeze.since, &*first.freeze.reason), (&ada().actor, T0, "incident"));
    world.clock.advance(DAY);
    let again = engine.freeze(&ada(), FreezeScope::Tenant, "again".to_owned()).await.unwrap();
    assert_eq!((again.already, &again.freeze), (true, &first.freeze), "the one in force");
    let second = engine.freeze(&ada(), of_agent("assistant"), "odd".to_owned()).await.unwrap();
    let listed = engine.freezes(&tenant()).await.unwrap();
    assert_eq!(listed, (vec![first.freeze.clone(), second.freeze], second.position));

    let id = first.freeze.freeze_id;
    let ended = engine.unfreeze(&ada(), id, Some("over".to_owned())).await.unwrap();
    assert_eq!((ended.id, ended.already, ended.position), (id, false, world.log.tail()));
    assert!(engine.unfreeze(&ada(), id, None).await.unwrap().already);
    assert_eq!(code(engine.unfreeze(&ada(), Uuid::from_u128(99), None).await), "freeze_not_found");
    assert_eq!(engine.freezes(&tenant()).await.unwrap().0.len(), 1);
    assert_eq!(world.types(StreamId::freezes()).await, "frozen frozen unfrozen");
}

#[tokio::test]
async fn what_it_covers_is_not_let_through() {
    let world = World::memory();
    let engine = &world.engine;
    engine.set_access(&ada(), function(), Access::Enabled, None).await.unwrap();
    for (scope, covers) in [
        (FreezeScope::Tenant, true),
        (of_agent("assistant"), true),
        (of_agent("other"), false),
        (FreezeScope::Function { function: function() }, true),
        (FreezeScope::Function { function: "pay.get".parse().unwrap() }, false),
    ] {
        let freeze = engine.freeze(&ada(), scope.clone(), "incident".to_owned()).await.unwrap().freeze;
        let stage = world.propose("c1", "1").await;
        assert_eq!(stage == Stage::Blocked, covers, "{scope:?} {stage}");
        engine.unfreeze(&ada(), freeze.freeze_id, None).await.unwrap();
        assert_eq!(world.propose("c1", "1").await, Stage::Permitted);
    }
}

#[tokio::test]
async fn only_administrators() {
    let world = World::memory();
    let freeze =
        world.engine.freeze(&ada(), FreezeScope::Tenant, "incident".to_owned()).await.unwrap().freeze;
    for nobody in [runtime(), paul(), auditor()] {
        let begin = world.engine.freeze(&nobody, of_agent("a"), "x".to_owned()).await;
        let end = world.engine.unfreeze(&nobody, freeze.freeze_id, None).await;
        assert_eq!((code(begin), code(end)), ("missing_role", "missing_role"));
    }
    let agent = vidimus_engine::Principal { actor: runtime().actor, ..ada() };
    let no = world.engine.unfreeze(&agent, freeze.freeze_id, None).await;
    assert_eq!(code(no), "agent_cannot_freeze", "whatever roles it was given");
}
