//! Grants, given and used.

use std::sync::Arc;

use proto_events::{GlobalPosition, GrantScope, StreamId};
use uuid::Uuid;
use vidimus_domain::execution::Stage;
use vidimus_engine::{GrantStanding, NewGrant, Principal};

use crate::support::*;

fn once() -> NewGrant {
    NewGrant { max_uses: Some(1), ..grant() }
}

#[tokio::test]
async fn a_grant_is_given_and_taken_back() {
    let world = World::memory();
    let engine = &world.engine;
    assert_eq!(engine.grants(&tenant()).await, Ok((vec![], GlobalPosition::START)));
    let given = engine.create_grant(&ada(), once()).await.unwrap();
    assert_eq!(
        (given.already, given.standing, given.position),
        (false, GrantStanding::InForce, world.log.tail())
    );
    assert_eq!((given.grant.created_at, &given.grant.created_by), (T0, &ada().actor));
    let id = given.grant.grant_id;
    let read = engine.grant(&tenant(), id).await.unwrap().unwrap();
    assert_eq!((read.grant, read.standing), (given.grant.clone(), GrantStanding::InForce));

    world.clock.advance(DAY);
    let second = engine.create_grant(&ada(), grant()).await.unwrap();
    let revoked = engine.revoke_grant(&ada(), id, Some("over".to_owned())).await.unwrap();
    assert_eq!((revoked.already, revoked.standing), (false, GrantStanding::Revoked));
    assert!(engine.revoke_grant(&ada(), id, None).await.unwrap().already);
    assert_eq!(code(engine.revoke_grant(&ada(), Uuid::from_u128(99), None).await), "grant_not_found");
    let standings = async || {
        let grants = engine.grants(&tenant()).await.unwrap().0;
        grants.into_iter().map(|known| (known.grant.grant_id, known.standing)).collect::<Vec<_>>()
    };
    let second = second.grant.grant_id;
    assert_eq!(standings().await, [(second, GrantStanding::InForce), (id, GrantStanding::Revoked)]);
    world.clock.advance(DAY.saturating_mul(29));
    assert_eq!(standings().await, [(second, GrantStanding::Expired), (id, GrantStanding::Revoked)]);
    let late = code(engine.create_grant(&ada(), grant()).await);
    assert_eq!(late, "expiry_in_the_past");
}

#[tokio::test]
async fn it_lifts_as_many_approvals_as_it_says() {
    let world = World::memory();
    world.held().await;
    assert_eq!(world.propose("c1", "1").await, Stage::AwaitingApproval);
    world.engine.create_grant(&ada(), NewGrant { max_uses: Some(2), ..grant() }).await.unwrap();
    assert_eq!(world.propose("c1", "1").await, Stage::Permitted);
    assert_eq!(world.propose("c2", "1").await, Stage::Permitted);
    assert_eq!(world.propose("c1", "1").await, Stage::AwaitingApproval);
    assert_eq!(world.types(StreamId::grants()).await, "grant_created grant_used grant_used");
    let used = world.engine.grants(&tenant()).await.unwrap().0.remove(0);
    assert_eq!((used.grant.uses, used.standing), (2, GrantStanding::UsedUp));
}

#[tokio::test]
async fn it_lifts_as_much_as_it_says() {
    let world = World::memory();
    world.held().await;
    let given = NewGrant { max_sum: Some("100".to_owned()), ..grant() };
    world.engine.create_grant(&ada(), given).await.unwrap();
    assert_eq!(world.propose("c1", "60").await, Stage::AwaitingApproval, "the catalogue names no amount");
    world.engine.describe_function(&ada(), function(), description()).await.unwrap();
    for (amount, stage) in [
        ("60.10", Stage::Permitted),
        ("39.91", Stage::AwaitingApproval),
        ("-50", Stage::AwaitingApproval),
        ("\"all\"", Stage::AwaitingApproval),
        ("39.90", Stage::Permitted),
        ("0.01", Stage::AwaitingApproval),
    ] {
        assert_eq!(world.propose("c1", amount).await, stage, "{amount}");
    }
    let used = world.engine.grants(&tenant()).await.unwrap().0.remove(0);
    assert_eq!((used.grant.sum.to_string(), used.grant.uses), ("100".to_owned(), 2));
}

#[tokio::test]
async fn one_that_is_over_or_of_another_scope_lifts_nothing() {
    let world = World::memory();
    world.held().await;
    let scope = GrantScope { conversation: Some("c2".to_owned()), ..grant().scope };
    world.engine.create_grant(&ada(), NewGrant { scope, ..grant() }).await.unwrap();
    assert_eq!(world.propose("c1", "1").await, Stage::AwaitingApproval);
    assert_eq!(world.propose("c2", "1").await, Stage::Permitted);
    world.clock.advance(DAY.saturating_mul(30));
    assert_eq!(world.propose("c2", "1").await, Stage::AwaitingApproval);
}

/// Many calls at once on two engines, of which neither knows of the other: what is left for one is used by one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_left_for_one_is_used_by_one() {
    let world = World::memory();
    world.held().await;
    for round in 0..20 {
        let given = world.engine.create_grant(&ada(), once()).await.unwrap();
        let engines = [world.beside(Arc::clone(&world.log)), world.beside(Arc::clone(&world.log))];
        let mut calls = tokio::task::JoinSet::new();
        for index in 0..6 {
            let engine = Arc::clone(&engines[index % 2]);
            calls.spawn(async move {
                let answer = engine.propose(&runtime(), proposal(&format!("c{index}"), "1")).await.unwrap();
                answer.state.stage().unwrap()
            });
        }
        let stages = calls.join_all().await;
        let permitted = stages.iter().filter(|stage| **stage == Stage::Permitted).count();
        let waiting = stages.iter().filter(|stage| **stage == Stage::AwaitingApproval).count();
        assert_eq!((permitted, waiting), (1, 5), "round {round}");
        let grant = world.engine.grant(&tenant(), given.grant.grant_id).await.unwrap().unwrap();
        assert_eq!((grant.grant.uses, grant.standing), (1, GrantStanding::UsedUp));
    }
}

#[tokio::test]
async fn only_administrators() {
    let world = World::memory();
    let id = world.engine.create_grant(&ada(), grant()).await.unwrap().grant.grant_id;
    for nobody in [runtime(), paul(), auditor()] {
        let give = world.engine.create_grant(&nobody, grant()).await;
        let take = world.engine.revoke_grant(&nobody, id, None).await;
        assert_eq!((code(give), code(take)), ("missing_role", "missing_role"));
    }
    let agent = Principal { actor: runtime().actor, ..ada() };
    assert_eq!(code(world.engine.create_grant(&agent, grant()).await), "agent_cannot_manage_grants");
}
