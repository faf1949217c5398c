//! Questions to the approval queue.

use proto_events::{Actor, ActorKind, Outcome};
use vidimus_domain::execution::Action;

use super::{Setup, all_approvals, tenant};
use crate::{ApprovalFilter, ApprovalKind, PageRequest, PendingApproval};

fn own(approval: &PendingApproval, actor: &Actor) -> bool {
    approval.requester == *actor
        || approval.proposed_by == *actor
        || (actor.kind == ActorKind::Agent && *actor.id == *approval.agent)
}

#[tokio::test]
async fn each_filter_finds_what_it_says_the_most_urgent_first() {
    let setup = Setup::grown(61, 2_500).await;
    let all = all_approvals(&setup.views, &tenant(0), &ApprovalFilter::default()).await;
    assert!(all.is_sorted_by_key(|approval| (approval.deadline, approval.position)));
    assert!(all.len() > 30);
    let check = async |filter: ApprovalFilter, admits: &dyn Fn(&PendingApproval) -> bool| {
        let expected: Vec<_> = all.iter().filter(|approval| admits(approval)).cloned().collect();
        assert_eq!(all_approvals(&setup.views, &tenant(0), &filter).await, expected, "{filter:?}");
        expected.len()
    };
    let default = ApprovalFilter::default;
    let agent = all[3].agent.clone();
    let function = all[4].function.to_string();
    let conversation = all[5].conversation.clone();
    let mut found = 0;
    for kind in [ApprovalKind::Approval, ApprovalKind::Confirmation] {
        found += check(ApprovalFilter { kind: Some(kind), ..default() }, &|one| one.kind == kind).await;
    }
    assert_eq!(found, all.len());
    assert!(
        check(ApprovalFilter { agent: Some(agent.clone()), ..default() }, &|one| one.agent == agent).await
            > 0
    );
    let filter = ApprovalFilter { function: Some(function.clone()), agent: Some(agent.clone()), ..default() };
    check(filter, &|one| one.function.as_str() == function && one.agent == agent).await;
    let filter = ApprovalFilter { conversation: Some(conversation.clone()), ..default() };
    assert!(check(filter, &|one| one.conversation == conversation).await > 0);
    let bob = Actor::user("bob");
    let filter = ApprovalFilter { requester: Some(bob.clone()), ..default() };
    assert!(check(filter, &|one| one.requester == bob).await > 0);
    for actor in
        [bob, Actor::user("carol"), Actor::agent(agent.as_str()), Actor::new(ActorKind::Service, "bob")]
    {
        let filter = ApprovalFilter { resolvable_by: Some(actor.clone()), ..default() };
        let resolvable = |one: &PendingApproval| match one.kind {
            ApprovalKind::Approval => !own(one, &actor),
            ApprovalKind::Confirmation => one.requester == actor,
        };
        assert!(check(filter, &resolvable).await > 0, "{actor}");
    }
    for approval in &all {
        assert_eq!(
            setup.views.approval(&tenant(0), approval.execution_id).await.unwrap().as_ref(),
            Some(approval)
        );
        assert_eq!(setup.views.approval(&tenant(1), approval.execution_id).await, Ok(None));
    }
    let theirs = all_approvals(&setup.views, &tenant(1), &default()).await;
    assert!(!theirs.is_empty() && theirs.iter().all(|approval| approval.tenant == tenant(1)));
    assert_eq!(setup.views.stats().await.unwrap().approvals_pending, (all.len() + theirs.len()) as u64);
}

#[tokio::test]
async fn a_resolved_approval_leaves_the_queue() {
    let mut setup = Setup::empty(62).await;
    let call = setup.history.call();
    let id = setup.history.propose(&tenant(0), call, Outcome::AwaitingApproval).await;
    setup.views.catch_up().await.unwrap();
    assert_eq!(setup.views.stats().await.unwrap().approvals_pending, 1);
    let abort = Action::Abort { feedback: "ask first".into(), eligible: true };
    setup.history.command(&tenant(0), id, Actor::user("carol"), abort).await;
    setup.views.catch_up().await.unwrap();
    assert_eq!(setup.views.approval(&tenant(0), id).await, Ok(None));
    assert_eq!(setup.views.stats().await.unwrap().approvals_pending, 0);
}

#[tokio::test]
async fn a_page_with_large_arguments_ends_early_and_goes_on() {
    let mut setup = Setup::empty(63).await;
    let text = "x".repeat(200 * 1024);
    for number in 0..50 {
        let call = setup.history.call();
        let arguments = serde_json::json!({"text": text, "number": number});
        let arguments = vidimus_domain::arguments::Arguments::from_value(&arguments).unwrap();
        setup.history.propose_with(&tenant(0), call, Outcome::AwaitingApproval, arguments).await;
    }
    setup.views.catch_up().await.unwrap();
    let page = setup
        .views
        .approvals(&tenant(0), &ApprovalFilter::default(), &PageRequest::first(1000))
        .await
        .unwrap();
    assert_eq!(page.items.len(), 21);
    assert!(page.next.is_some());
    assert_eq!(all_approvals(&setup.views, &tenant(0), &ApprovalFilter::default()).await.len(), 50);
}
