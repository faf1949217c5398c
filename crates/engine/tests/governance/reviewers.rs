//! Groups of reviewers, and who stands in for whom.

use proto_events::{Actor, GlobalPosition, StreamId};
use uuid::Uuid;
use vidimus_engine::{NewDelegation, Principal};

use crate::support::*;

#[tokio::test]
async fn a_group_is_who_was_said_last() {
    let world = World::memory();
    let engine = &world.engine;
    let people = || vec![petra().actor, paul().actor, paul().actor];
    let set = engine.set_group(&ada(), "ops".to_owned(), people()).await.unwrap();
    assert_eq!((set.already, set.position), (false, world.log.tail()));
    assert_eq!(set.members.iter().collect::<Vec<_>>(), [&paul().actor, &petra().actor]);
    assert!(engine.set_group(&ada(), "ops".to_owned(), people()).await.unwrap().already);
    engine.set_group(&ada(), "law".to_owned(), vec![paul().actor]).await.unwrap();
    let (groups, position) = engine.groups(&tenant()).await.unwrap();
    assert_eq!(groups.keys().collect::<Vec<_>>(), ["law", "ops"]);
    assert_eq!((groups["ops"].len(), position), (2, world.log.tail()));
    let gone = engine.set_group(&ada(), "ops".to_owned(), vec![]).await.unwrap();
    assert!(gone.members.is_empty() && !gone.already);
    assert_eq!(engine.groups(&tenant()).await.unwrap().0.len(), 1);
    assert_eq!(code(engine.set_group(&ada(), "a b".to_owned(), vec![]).await), "invalid_field");
    assert_eq!(world.types(StreamId::reviewers()).await, ["group_changed"; 3].join(" "));
}

#[tokio::test]
async fn people_delegate_for_themselves_and_administrators_for_anybody() {
    let world = World::memory();
    let engine = &world.engine;
    let own = engine.delegate(&paul(), delegation(None, "petra")).await.unwrap();
    assert_eq!((&own.delegation.from, &own.delegation.to), (&paul().actor, &petra().actor));
    assert_eq!((own.delegation.starts_at, own.in_force, own.position), (T0, true, world.log.tail()));
    let of_another = engine.delegate(&paul(), delegation(Some("petra"), "paul")).await;
    assert_eq!(code(of_another), "delegation_of_another");
    world.clock.advance(DAY);
    let later = NewDelegation { starts_at: Some(in_days(5)), ..delegation(Some("petra"), "lea") };
    let later = engine.delegate(&ada(), later).await.unwrap();
    assert!(!later.in_force);
    assert_eq!(later.delegation.created_by, ada().actor);

    let listed = async || {
        let (delegations, _) = engine.delegations(&tenant()).await.unwrap();
        delegations.iter().map(|known| (known.delegation.delegation_id, known.in_force)).collect::<Vec<_>>()
    };
    let (first, second) = (own.delegation.delegation_id, later.delegation.delegation_id);
    assert_eq!(listed().await, [(second, false), (first, true)], "newest first");
    world.clock.advance(DAY.saturating_mul(4));
    assert_eq!(listed().await, [(second, true), (first, true)]);

    assert_eq!(code(engine.end_delegation(&paul(), second).await), "delegation_of_another");
    assert_eq!(code(engine.end_delegation(&paul(), Uuid::from_u128(99)).await), "delegation_not_found");
    let ended = engine.end_delegation(&petra(), first).await.unwrap();
    assert_eq!((ended.id, ended.already), (first, false));
    assert!(engine.end_delegation(&paul(), first).await.unwrap().already);
    assert_eq!(listed().await, [(second, true)]);
    world.clock.advance(DAY.saturating_mul(5));
    assert_eq!(listed().await, [], "over");
    assert_eq!(world.types(StreamId::reviewers()).await, "delegated delegated delegation_ended");
}

#[tokio::test]
async fn who_may_not() {
    let world = World::memory();
    let engine = &world.engine;
    let id = engine.delegate(&paul(), delegation(None, "petra")).await.unwrap().delegation.delegation_id;
    let tail = world.log.tail();
    for nobody in [runtime(), auditor()] {
        let noes = [
            code(engine.set_group(&nobody, "ops".to_owned(), vec![]).await),
            code(engine.delegate(&nobody, delegation(None, "petra")).await),
            code(engine.end_delegation(&nobody, id).await),
        ];
        assert_eq!(noes, ["missing_role"; 3], "{}", nobody.actor);
    }
    assert_eq!(code(engine.set_group(&paul(), "ops".to_owned(), vec![]).await), "missing_role");
    let agent = Principal { actor: Actor::agent("runtime"), ..ada() };
    assert_eq!(
        code(engine.delegate(&agent, delegation(Some("paul"), "petra")).await),
        "agent_cannot_manage_reviewers"
    );
    assert_eq!(code(engine.delegate(&paul(), delegation(None, "paul")).await), "delegation_to_oneself");
    let over = NewDelegation { ends_at: T0, ..delegation(None, "petra") };
    assert_eq!(code(engine.delegate(&paul(), over).await), "delegation_over");
    assert_eq!(world.log.tail(), tail);
    assert_ne!(tail, GlobalPosition::START);
}
