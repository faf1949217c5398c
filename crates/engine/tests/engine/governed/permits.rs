//! Permits: as tokens, and who starts a call under them.

use vidimus_engine::{Engine, KeyPepper, Settings};

use super::*;

fn signing(world: &World) -> Engine {
    let (clock, ids) = (world.clock.clone(), world.ids.clone());
    Engine::with(world.log.clone(), Settings::default(), clock, ids).with_key_pepper(KeyPepper::new([7; 32]))
}

#[tokio::test]
async fn a_permit_token_is_signed_names_the_call_and_is_there_only_while_it_may_start() {
    let world = World::with(Access::Enabled).await;
    let engine = signing(&world);
    let answer = engine.propose(&runtime(), proposal()).await.unwrap();
    let execution = answer.state.execution().unwrap();
    let token = engine.permit_token(&tenant(), execution).await.unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(engine.permit_keys().unwrap()["keys"][0]["alg"], "EdDSA");
    assert_eq!(world.engine.permit_keys(), None, "without a pepper");
    let started = engine.start(&runtime(), answer.execution_id, permit_id(&answer), None).await.unwrap();
    assert_eq!(engine.permit_token(&tenant(), started.state.execution().unwrap()).await, None);
}

/// Before the keeper has come: what is on record of the execution still says that it may start.
#[tokio::test]
async fn no_token_is_handed_out_that_a_start_would_be_refused_for() {
    let world = governed(OPEN).await;
    let engine = signing(&world);
    let id = decide(&world, proposal()).await.0;
    let token = async || {
        let answer = engine.execution(&tenant(), id).await.unwrap().unwrap();
        let permit = permit_id(&answer);
        let execution = answer.state.execution().unwrap();
        assert_eq!((execution.stage, execution.suspended.as_ref()), (Stage::Permitted, None));
        (engine.permit_token(&tenant(), execution).await.is_some(), permit)
    };
    assert!(token().await.0);
    for scope in [
        FreezeScope::Tenant,
        FreezeScope::Agent { agent: "assistant".to_owned() },
        FreezeScope::Function { function: function() },
    ] {
        let freeze = world.engine.freeze(&ada(), scope, "incident".to_owned()).await.unwrap().freeze;
        let (handed_out, permit) = token().await;
        assert!(!handed_out, "{freeze:?}");
        assert_eq!(engine.start(&runtime(), id, permit, None).await.unwrap_err().code(), "frozen");
        engine.unfreeze(&ada(), freeze.freeze_id, None).await.unwrap();
        assert!(token().await.0);
    }
    let elsewhere = FreezeScope::Agent { agent: "another".to_owned() };
    world.engine.freeze(&ada(), elsewhere, "incident".to_owned()).await.unwrap();
    assert!(token().await.0);

    apply(&world, &holds("large", r#"@require("approval")"#, LARGE)).await;
    let (handed_out, permit) = token().await;
    assert!(!handed_out, "the permit is one of another policy set");
    assert_eq!(engine.start(&runtime(), id, permit, None).await.unwrap_err().code(), "permit_stale");
}

#[tokio::test]
async fn an_agent_runs_its_own_calls_alone_and_a_service_those_of_any() {
    let world = World::with(Access::Enabled).await;
    let (engine, answer) = (&world.engine, world.propose().await);
    let (id, permit, types) =
        (answer.execution_id, permit_id(&answer), world.types(answer.execution_id).await);
    let as_actor = |actor: Actor| Principal { actor, ..runtime() };
    for actor in [Actor::agent("another"), Actor::agent("assistant-2")] {
        let error = engine.start(&as_actor(actor.clone()), id, permit, None).await.unwrap_err();
        assert_eq!(error.code(), "not_the_agent");
        assert!(error.to_string().starts_with(&format!("`{actor}` is not agent `assistant`")), "{error}");
    }
    assert_eq!(world.types(id).await, types, "and nothing is on record of it");
    let service = as_actor(Actor::service("several-agents"));
    let started = engine.start(&service, id, permit, None).await.unwrap();
    assert_eq!(started.state.execution().unwrap().executor.as_ref(), Some(&service.actor));
}
