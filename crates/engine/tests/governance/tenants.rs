//! Each tenant its own.

use proto_events::{Access, FreezeScope, GlobalPosition};
use vidimus_domain::execution::Stage;

use crate::support::*;

#[tokio::test]
async fn nothing_of_a_tenant_is_seen_or_changed_by_another() {
    let world = World::memory();
    let engine = &world.engine;
    let set =
        engine.apply_policy(&ada(), policy("ours"), None, None).await.unwrap().policy.in_force().unwrap();
    engine.shadow_policy(&ada(), Some(policy("beside")), None).await.unwrap();
    engine.describe_function(&ada(), function(), description()).await.unwrap();
    engine.describe_connection(&ada(), connection()).await.unwrap();
    let grant = engine.create_grant(&ada(), grant()).await.unwrap().grant.grant_id;
    engine.set_group(&ada(), "ops".to_owned(), vec![paul().actor]).await.unwrap();
    let delegation = engine.delegate(&paul(), delegation(None, "petra")).await.unwrap();
    let delegation = delegation.delegation.delegation_id;
    let freeze =
        engine.freeze(&ada(), FreezeScope::Tenant, "incident".to_owned()).await.unwrap().freeze.freeze_id;

    let (them, start) = (&eve().tenant, GlobalPosition::START);
    assert_eq!(engine.freezes(them).await, Ok((vec![], start)));
    assert_eq!(engine.grants(them).await, Ok((vec![], start)));
    assert_eq!(engine.grant(them, grant).await, Ok(None));
    assert_eq!(engine.groups(them).await, Ok((Default::default(), start)));
    assert_eq!(engine.delegations(them).await, Ok((vec![], start)));
    assert_eq!(engine.policy_history(them).await, Ok((vec![], start)));
    assert_eq!(engine.policy_files(them, &set).await, Ok(None), "nor by its digest");
    assert_eq!(engine.connection(them, "pay").await, Ok(None));
    let policy_of_them = engine.policy(them).await.unwrap();
    assert_eq!((policy_of_them.policy.in_force(), policy_of_them.policy.shadow()), (None, None));
    let function_of_them = engine.function(them, &function()).await.unwrap();
    assert_eq!((function_of_them.access, function_of_them.description), (None, None));

    let tail = world.log.tail();
    assert_eq!(code(engine.unfreeze(&eve(), freeze, None).await), "freeze_not_found");
    assert_eq!(code(engine.revoke_grant(&eve(), grant, None).await), "grant_not_found");
    assert_eq!(code(engine.end_delegation(&eve(), delegation).await), "delegation_not_found");
    assert!(engine.clear_policy(&eve(), None, None).await.unwrap().already);
    assert!(engine.withdraw_function(&eve(), function(), None).await.unwrap().already);
    assert_eq!(world.log.tail(), tail);

    // The same set again is stored again: it is another tenant's.
    assert!(!engine.apply_policy(&eve(), policy("ours"), Some(None), None).await.unwrap().already);
    assert_eq!(engine.policy_files(them, &set).await.unwrap(), Some(policy("ours")));
    assert_eq!(engine.freezes(&tenant()).await.unwrap().0.len(), 1);
    assert_eq!(engine.policy(&tenant()).await.unwrap().policy.history.len(), 2);
}

#[tokio::test]
async fn what_one_freezes_or_grants_is_nothing_to_another() {
    let world = World::memory();
    let engine = &world.engine;
    world.held().await;
    engine.create_grant(&eve(), grant()).await.unwrap();
    engine.freeze(&eve(), FreezeScope::Tenant, "incident".to_owned()).await.unwrap();
    assert_eq!(world.propose("c1", "1").await, Stage::AwaitingApproval, "neither frozen nor granted");
    engine.set_access(&ada(), function(), Access::Enabled, None).await.unwrap();
    assert_eq!(world.propose("c1", "1").await, Stage::Permitted);
}
