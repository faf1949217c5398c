//! What becomes of a decision when what it rests on changes.

use super::*;

#[tokio::test]
async fn what_waits_is_decided_again_when_the_policy_changes() {
    let asks = holds("large", r#"@require("approval")"#, LARGE);
    let world = governed(&asks).await;
    let (waits, _) = decide(&world, of_amount(5000)).await;
    let (permitted, _) = decide(&world, of_amount(10)).await;
    let permit = permit_id(&world.engine.execution(&tenant(), permitted).await.unwrap().unwrap());

    apply(&world, OPEN).await;
    let error = world.engine.start(&runtime(), permitted, permit, None).await.unwrap_err();
    assert_eq!(error.code(), "permit_stale");
    assert_eq!(keep(&world).await, 2);
    assert_eq!(world.types(waits).await, "initiated approval_required redecided allowed permitted");
    assert_eq!(
        world.types(permitted).await,
        "initiated allowed permitted redecided permit_withdrawn allowed permitted"
    );
    let fresh = permit_id(&world.engine.execution(&tenant(), permitted).await.unwrap().unwrap());
    assert_ne!(fresh, permit);
    world.engine.start(&runtime(), permitted, fresh, None).await.unwrap();

    let (waits, _) = decide(&world, proposal()).await;
    apply(&world, r#"@id("other") permit(principal == Agent::"other", action == Action::"call", resource);"#)
        .await;
    assert_eq!(keep(&world).await, 2, "and the one of before");
    assert_eq!(world.stage(waits).await, Stage::Blocked);
    assert_eq!(world.stage(permitted).await, Stage::InProgress, "what runs is not decided again");
    assert_eq!(keep(&world).await, 0, "a keeper that begins anew finds nothing to do");
}

#[tokio::test]
async fn disabling_a_function_ends_what_waits_for_it() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    world.set(Access::Disabled).await;
    assert_eq!(keep(&world).await, 1);
    assert_eq!(world.types(id).await, "initiated approval_required redecided blocked");
}

#[tokio::test]
async fn a_freeze_holds_what_waits_and_its_end_lets_it_go_on_with_the_time_that_was_left() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    let (deadline, _) =
        world.engine.execution(&tenant(), id).await.unwrap().unwrap().state.deadline().unwrap();
    world.clock.advance(HOUR);
    let scope = FreezeScope::Agent { agent: "assistant".to_owned() };
    let freeze = world.engine.freeze(&ada(), scope, "incident".to_owned()).await.unwrap().freeze;
    let error = world.engine.approve(&paul(), id, None, None, None).await.unwrap_err();
    assert_eq!(error.code(), "frozen", "also before the call says that it is held");
    assert_eq!(keep(&world).await, 1);
    world.clock.advance(DAY * 2);
    assert_eq!(keep(&world).await, 0, "its deadline stands still");
    world.engine.unfreeze(&ada(), freeze.freeze_id, None).await.unwrap();
    assert_eq!(keep(&world).await, 1);
    assert_eq!(world.types(id).await, "initiated approval_required suspended resumed");
    let (now, _) = world.engine.execution(&tenant(), id).await.unwrap().unwrap().state.deadline().unwrap();
    assert_eq!(now, deadline.plus(DAY * 2));
    assert_eq!(
        world.engine.approve(&paul(), id, None, None, None).await.unwrap().state.stage(),
        Some(Stage::Permitted)
    );
}

#[tokio::test]
async fn what_changed_before_an_approval_counts_after_it() {
    let world = World::with(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    let mut keeper = DeadlineKeeper::new(world.engine.clone());
    keeper.catch_up().await.unwrap();
    world.set(Access::Disabled).await;
    let approved = world.engine.approve(&paul(), id, None, None, None).await.unwrap();
    let start = world.engine.start(&runtime(), id, permit_id(&approved), None).await.unwrap_err();
    assert_eq!(start.code(), "blocked", "a start looks for itself, whether the keeper has come or not");
    assert_eq!(
        world.types(id).await,
        "initiated approval_required approval_accepted permitted redecided permit_withdrawn blocked"
    );

    world.set(Access::EnabledWithConfirmation).await;
    let id = world.propose().await.execution_id;
    world.set(Access::Disabled).await;
    world.engine.approve(&paul(), id, None, None, None).await.unwrap();
    assert_eq!(keeper.settle_due().await.unwrap(), 1, "the keeper comes to it as well");
    assert_eq!(world.stage(id).await, Stage::Blocked);
}

#[tokio::test]
async fn a_start_under_what_changed_for_nothing_goes_on() {
    let world = World::with(Access::Enabled).await;
    let answer = world.propose().await;
    describe(&world, description()).await;
    let started =
        world.engine.start(&runtime(), answer.execution_id, permit_id(&answer), None).await.unwrap();
    assert_eq!(started.state.stage(), Some(Stage::InProgress));
    assert_eq!(world.types(answer.execution_id).await, "initiated allowed permitted in_progress");
}

#[tokio::test]
async fn after_a_freeze_reminders_and_escalations_go_on() {
    let demand = r#"@require("approval") @remind("1h") @escalate("3h:leads") @expires("10h")"#;
    let world = governed(&holds("all", demand, "true")).await;
    let (id, _) = decide(&world, proposal()).await;
    let mut keeper = DeadlineKeeper::new(world.engine.clone());
    let freeze =
        world.engine.freeze(&ada(), FreezeScope::Tenant, "incident".to_owned()).await.unwrap().freeze;
    assert_eq!(keeper.settle_due().await.unwrap(), 1);
    world.clock.advance(DAY);
    assert_eq!(keeper.settle_due().await.unwrap(), 0);
    world.engine.unfreeze(&ada(), freeze.freeze_id, None).await.unwrap();
    assert_eq!(keeper.settle_due().await.unwrap(), 1);
    for (hours, last) in [(1, "approval_reminded"), (3, "approval_escalated"), (10, "approval_expired")] {
        world.clock.advance(HOUR * hours);
        keeper.settle_due().await.unwrap();
        assert!(world.types(id).await.contains(last), "{last}: {}", world.types(id).await);
        // Also by a keeper that begins anew.
        keeper = DeadlineKeeper::new(world.engine.clone());
    }
}

/// It was used once and is not given back: a decision that did without it in between takes nothing away.
#[tokio::test]
async fn a_grant_is_kept_also_after_a_decision_that_did_without_it() {
    let asks = holds("all", r#"@require("approval")"#, "true");
    let world = governed(&asks).await;
    let given = world.engine.create_grant(&ada(), grant_of(1)).await.unwrap().grant;
    let (id, stage) = decide(&world, proposal()).await;
    assert_eq!(stage, Stage::Permitted);
    for (rules, kept) in
        [(OPEN, None), (&*asks, Some(given.grant_id)), (OPEN, None), (&*asks, Some(given.grant_id))]
    {
        apply(&world, rules).await;
        assert_eq!(keep(&world).await, 1);
        let answer = world.engine.execution(&tenant(), id).await.unwrap().unwrap();
        let execution = answer.state.execution().unwrap();
        assert_eq!(execution.stage, Stage::Permitted, "{rules}");
        assert_eq!(execution.decision.as_ref().unwrap().grant, kept, "{rules}");
    }
    assert_eq!(world.stream(StreamId::grants()).await.len(), 2, "given, and used once");

    apply(&world, OPEN).await;
    assert_eq!(keep(&world).await, 1);
    world.engine.revoke_grant(&ada(), given.grant_id, None).await.unwrap();
    apply(&world, &asks).await;
    assert_eq!(keep(&world).await, 1);
    assert_eq!(world.stage(id).await, Stage::AwaitingApproval, "what was taken back lifts nothing");
}
