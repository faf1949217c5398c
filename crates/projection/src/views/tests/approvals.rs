//! Questions to the approval queue.

use std::time::Duration;

use proto_events::{Actor, ActorKind, Outcome};
use uuid::Uuid;
use vidimus_domain::{
    arguments::Arguments,
    execution::{Action, Ttls},
};

use super::{Setup, all_approvals, tenant};
use crate::{
    ApprovalFilter, ApprovalKind, ForReviewer, PageRequest, PendingApproval, Reviewer,
    approvals::{can_vote, tests::for_reviewer},
    testing::{approve, decision, demanding, named, need},
};

fn own(approval: &PendingApproval, actor: &Actor) -> bool {
    approval.requester == *actor
        || approval.proposed_by == *actor
        || (actor.kind == ActorKind::Agent && *actor.id == *approval.agent)
}

#[tokio::test]
async fn each_filter_finds_what_it_says_the_most_urgent_first() {
    let setup = Setup::grown(61, 5_000).await;
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
            ApprovalKind::Approval => {
                !own(one, &actor)
                    || one.self_review && actor == one.requester && actor.kind == ActorKind::User
            }
            ApprovalKind::Confirmation => one.requester == actor,
        };
        assert!(check(filter, &resolvable).await > 0, "{actor}");
    }
    for suspended in [true, false] {
        let filter = ApprovalFilter { suspended: Some(suspended), ..default() };
        assert!(check(filter, &|one| one.suspended == suspended).await > 0);
    }
    for name in ["carol", "dan", "erin", "fred", "ann", "bob"] {
        let wanted = for_reviewer(&Actor::user(name));
        let filter = ApprovalFilter { for_reviewer: Some(wanted.clone()), ..default() };
        assert!(check(filter, &|one| can_vote(one, &wanted)).await > 0, "{name}");
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

/// Proposes a call with two stages, of which the first asks for two people of finance.
async fn asked_in_stages(setup: &mut Setup, requester_side: &str) -> Uuid {
    let mut call = setup.history.call();
    call.agent = requester_side.to_owned();
    let arguments = setup.history.arguments();
    let mut decision = decision(Outcome::AwaitingApproval, &arguments);
    decision.requirement = Some(demanding());
    let id = setup.history.propose_decided(&tenant(0), call, arguments, decision, Vec::new()).await;
    setup.views.catch_up().await.unwrap();
    id
}

async fn voted(setup: &mut Setup, id: Uuid, name: &str) {
    let by = Actor::user(name);
    let permit_id = setup.history.random.id();
    let action = approve(&by, Some("fine"), permit_id);
    assert!(setup.history.command(&tenant(0), id, by, action).await, "{name}");
    setup.views.catch_up().await.unwrap();
}

/// Whose queue has something in it.
async fn asked_now(setup: &Setup) -> Vec<&'static str> {
    let mut asked = Vec::new();
    for name in ["carol", "dan", "erin", "fred", "gina", "root"] {
        let wanted = Some(for_reviewer(&Actor::user(name)));
        let filter = ApprovalFilter { for_reviewer: wanted, ..ApprovalFilter::default() };
        if !all_approvals(&setup.views, &tenant(0), &filter).await.is_empty() {
            asked.push(name);
        }
    }
    asked
}

#[tokio::test]
async fn a_queue_of_ones_own_has_what_still_misses_ones_vote() {
    let mut setup = Setup::empty(64).await;
    let id = asked_in_stages(&mut setup, "buyer").await;
    let row = async |setup: &Setup| setup.views.approval(&tenant(0), id).await.unwrap().unwrap();
    // Fred stands in for Gina, who is of finance; she was not looked up with her groups herself.
    assert_eq!(asked_now(&setup).await, ["carol", "dan", "fred"]);
    voted(&mut setup, id, "carol").await;
    let first = row(&setup).await;
    assert_eq!((first.stage, first.missing, first.votes.len()), (0, 1, 1));
    assert_eq!(
        (&first.votes[0].by, first.votes[0].comment.as_deref()),
        (&Actor::user("carol"), Some("fine"))
    );
    assert_eq!(first.votes[0].groups, ["finance"]);
    assert_eq!(asked_now(&setup).await, ["dan", "fred"]);

    voted(&mut setup, id, "fred").await;
    let second = row(&setup).await;
    assert_eq!((second.stage, second.missing, second.votes.len()), (1, 2, 0), "each stage begins anew");
    assert_eq!(second.proposed_by, Actor::agent("buyer"), "not who completed the stage before");
    assert_eq!(asked_now(&setup).await, ["carol", "dan", "erin", "fred"]);
    voted(&mut setup, id, "dan").await;
    // Finance's need is met: who is of finance alone cannot add to it.
    assert_eq!(asked_now(&setup).await, ["erin", "fred"]);

    // Asked anew by another decision, nobody has voted.
    let state = setup.history.executions[&(tenant(0), id)].clone();
    let arguments = state.execution().unwrap().arguments().unwrap().to_value();
    let arguments = Arguments::from_value(&arguments).unwrap();
    let mut decision = decision(Outcome::AwaitingApproval, &arguments);
    decision.policy_set = Some("set-2".to_owned());
    let hour = Duration::from_secs(3600);
    let redecide = Action::Redecide {
        decision,
        cause: "policy_set_activated".to_owned(),
        sensitive: Vec::new(),
        permit_id: Uuid::nil(),
        ttls: Ttls { confirmation: hour, approval: hour, permit: hour },
    };
    assert!(setup.history.command(&tenant(0), id, Actor::system("policy"), redecide).await);
    setup.views.catch_up().await.unwrap();
    let anew = row(&setup).await;
    assert_eq!((anew.stage, anew.votes.len(), anew.redecisions), (0, 0, 1));
    assert_eq!(anew.policy_set.as_deref(), Some("set-2"));
    assert_eq!(asked_now(&setup).await, ["carol", "dan", "erin", "fred", "gina", "root"]);
    assert_eq!(setup.views.verify().await.unwrap(), []);
}

#[tokio::test]
async fn nobody_is_asked_about_their_own_call_also_not_in_somebodys_place() {
    let mut setup = Setup::empty(65).await;
    let call = setup.history.call();
    let id = setup.history.propose(&tenant(0), call, Outcome::AwaitingApproval).await;
    setup.views.catch_up().await.unwrap();
    let row = setup.views.approval(&tenant(0), id).await.unwrap().unwrap();
    let alone = |actor: &Actor| Reviewer { actor: actor.clone(), groups: Vec::new() };
    let dan = Actor::user("dan");
    let of = |reviewer: &Actor, others: &[&Actor]| ForReviewer {
        reviewer: alone(reviewer),
        stands_in_for: others.iter().map(|other| alone(other)).collect(),
    };
    assert!(can_vote(&row, &of(&dan, &[])));
    for own in [&row.requester, &row.proposed_by] {
        assert!(!can_vote(&row, &of(own, &[&dan])), "{own}");
    }
    let named = PendingApproval { needs: vec![need(named(&[], &["gina"]), 1)], ..row.clone() };
    assert!(!can_vote(&named, &of(&dan, &[])));
    assert!(can_vote(&named, &of(&dan, &[&Actor::user("gina")])));
    let asks = PendingApproval { requester: Actor::user("gina"), ..named };
    assert!(!can_vote(&asks, &of(&dan, &[&Actor::user("gina")])), "in the requester's place");
    let themselves = PendingApproval { self_review: true, ..row.clone() };
    assert!(can_vote(&themselves, &of(&row.requester, &[])));
}

#[tokio::test]
async fn a_resolved_approval_leaves_the_queue() {
    let mut setup = Setup::empty(62).await;
    let call = setup.history.call();
    let id = setup.history.propose(&tenant(0), call, Outcome::AwaitingApproval).await;
    setup.views.catch_up().await.unwrap();
    assert_eq!(setup.views.stats().await.unwrap().approvals_pending, 1);
    let carol = Actor::user("carol");
    let reviewer = crate::testing::reviewer(&carol);
    let abort = Action::Abort { feedback: "ask first".into(), reviewer, revised_as: None };
    setup.history.command(&tenant(0), id, carol, abort).await;
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
