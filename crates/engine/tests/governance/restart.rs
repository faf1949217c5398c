//! On the disk: after a restart the log answers, and answers the same.

use proto_events::{Access, FreezeScope};
use vidimus_domain::execution::Stage;
use vidimus_engine::NewGrant;

use crate::support::*;

#[tokio::test]
async fn everything_is_the_same_after_the_log_was_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::on(sled(directory.path()));
    let engine = &world.engine;
    world.held().await;
    engine.describe_function(&ada(), function(), description()).await.unwrap();
    engine.describe_connection(&ada(), connection()).await.unwrap();
    engine.apply_policy(&ada(), policy("first"), None, None).await.unwrap();
    engine.shadow_policy(&ada(), Some(policy("second")), None).await.unwrap();
    let given = NewGrant { max_sum: Some("10".to_owned()), ..grant() };
    engine.create_grant(&ada(), given).await.unwrap();
    engine.set_group(&ada(), "ops".to_owned(), vec![paul().actor]).await.unwrap();
    engine.delegate(&paul(), delegation(None, "petra")).await.unwrap();
    let freeze = engine.freeze(&ada(), of_agent("other"), "odd".to_owned()).await.unwrap().freeze;
    engine.freeze(&ada(), FreezeScope::Tenant, "incident".to_owned()).await.unwrap();
    engine.unfreeze(&ada(), freeze.freeze_id, None).await.unwrap();
    let all = async |world: &World| {
        let (engine, tenant) = (&world.engine, tenant());
        (
            engine.function(&tenant, &function()).await.unwrap(),
            engine.connection(&tenant, "pay").await.unwrap(),
            engine.policy(&tenant).await.unwrap(),
            engine.policy_history(&tenant).await.unwrap(),
            engine.grants(&tenant).await.unwrap(),
            engine.groups(&tenant).await.unwrap(),
            engine.delegations(&tenant).await.unwrap(),
            engine.freezes(&tenant).await.unwrap(),
        )
    };
    let before = all(&world).await;
    let frozen = world.engine.freezes(&tenant()).await.unwrap().0[0].freeze_id;
    for _ in 0..2 {
        drop(world);
        world = World::on(sled(directory.path()));
        assert_eq!(all(&world).await, before);
    }
    // Ids count from the beginning again in a new world: an engine with ids of its own goes on.
    let engine = world.beside(std::sync::Arc::clone(&world.log));
    let ended = engine.unfreeze(&ada(), freeze.freeze_id, None).await.unwrap();
    assert!(ended.already, "what ended stays ended");
    engine.unfreeze(&ada(), frozen, None).await.unwrap();
    let stage = async |amount: &str| {
        let answer = engine.propose(&runtime(), proposal("c1", amount)).await.unwrap();
        answer.state.stage().unwrap()
    };
    assert_eq!(stage("10.01").await, Stage::AwaitingApproval);
    assert_eq!(stage("10").await, Stage::Permitted, "under the stored set, and the grant");
    assert_eq!(stage("1").await, Stage::AwaitingApproval);
    assert_eq!(
        engine.access(&tenant(), &function()).await.unwrap().access,
        Some(Access::EnabledWithConfirmation)
    );
    assert!(world.log.verify().await.unwrap().findings.is_empty());
}
