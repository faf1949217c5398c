//! What can happen, and how often.

use proptest::{prelude::*, sample::select};
use proto_events::{Decision, Escalation, Outcome, Requirement, Reviewers};
use uuid::Uuid;

use super::super::fixtures::*;
use crate::execution::{Action, Propose};

/// What a policy set decides on the call.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Nobody(Outcome),
    People(Requirement),
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Wait(u64),
    Freeze,
    Unfreeze,
    Policy(String, Ask),
    Give(&'static str, Act),
}

/// A command, without what the world adds.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Plain(Box<Action>),
    Confirm,
    Approve { comment: Option<String>, stage: Option<u32>, other: bool, glass: bool },
    Deny,
    Start { former: bool, other: bool },
    Redecide,
    Suspend,
}

pub(super) fn decided(ask: &Ask, policy_set: &str) -> Decision {
    let digest = usual_arguments().digest();
    let mut decided = match ask {
        Ask::Nobody(outcome) => decision(*outcome, digest),
        Ask::People(requirement) => {
            let confirmation = requirement.stages.is_empty();
            let outcome =
                if confirmation { Outcome::ConfirmationRequired } else { Outcome::AwaitingApproval };
            Decision { requirement: Some(requirement.clone()), ..decision(outcome, digest) }
        }
    };
    decided.policy_set = Some(policy_set.to_owned());
    decided
}

pub(super) fn proposed(ask: &Ask, policy_set: &str, permit_id: Uuid) -> Propose {
    Propose { decision: decided(ask, policy_set), permit_id, ..proposal(Outcome::Allowed) }
}

fn one_need() -> impl Strategy<Value = proto_events::ApprovalNeed> {
    let who: Vec<&[&str]> = vec![&[], &["finance"], &["ops"], &["finance", "ops"], &["user:bob", "user:ann"]];
    (select(who), 1..=2_u32).prop_map(|(who, quorum)| need(who, quorum))
}

fn required() -> impl Strategy<Value = Requirement> {
    let stages = prop::collection::vec(prop::collection::vec(one_need(), 1..=2), 0..=2);
    let added = |after_seconds, who: &[&str]| Escalation { after_seconds, reviewers: need(who, 1).reviewers };
    let escalations = select(vec![
        vec![],
        vec![added(20, &["leads"])],
        vec![added(10, &["leads"]), Escalation { after_seconds: 30, reviewers: Reviewers::AnyApprover }],
    ]);
    let remind = select(vec![None, Some(15)]);
    (stages, any::<bool>(), prop::bool::weighted(0.3), escalations, remind).prop_map(
        |(stages, confirmation, self_review, escalations, remind_after_seconds)| Requirement {
            confirmation: confirmation || stages.is_empty(),
            self_review,
            escalations,
            remind_after_seconds,
            ..requirement(stages)
        },
    )
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        8 => required().prop_map(Ask::People),
        3 => Just(Ask::Nobody(Outcome::Allowed)),
        1 => Just(Ask::Nobody(Outcome::AwaitingApproval)),
        1 => select(vec![Outcome::Blocked, Outcome::NoOp]).prop_map(Ask::Nobody),
    ]
}

fn reviewing() -> impl Strategy<Value = Act> {
    let comment = select(vec![None, Some("fine".to_owned())]);
    let stage = select(vec![None, None, Some(0), Some(1)]);
    (comment, stage, prop::bool::weighted(0.1), prop::bool::weighted(0.05))
        .prop_map(|(comment, stage, other, glass)| Act::Approve { comment, stage, other, glass })
}

fn given() -> impl Strategy<Value = Step> {
    let anybody = || {
        select(vec![
            "user:ann",
            "user:bob",
            "user:carol",
            "user:dave",
            "user:erin",
            "user:frank",
            "agent:a1",
            "service:chat",
        ])
    };
    let by = |by, action: Action| Just(Step::Give(by, Act::Plain(Box::new(action))));
    let start = (prop::bool::weighted(0.1), prop::bool::weighted(0.1))
        .prop_map(|(former, other)| Act::Start { former, other });
    prop_oneof![
        20 => (anybody(), reviewing()).prop_map(|(by, act)| Step::Give(by, act)),
        1 => anybody().prop_map(|by| Step::Give(by, Act::Deny)),
        4 => Just(Step::Give("user:ann", Act::Confirm)),
        1 => anybody().prop_map(|by| Step::Give(by, Act::Confirm)),
        8 => (select(vec!["agent:a1", "service:runner"]), start).prop_map(|(by, act)| Step::Give(by, act)),
        3 => Just(Step::Give("system:policy", Act::Redecide)),
        3 => Just(Step::Give("system:freezes", Act::Suspend)),
        4 => by("system:freezes", Action::Resume),
        4 => by("system:timer", Action::Expire),
        2 => by("system:timer", Action::Escalate),
        2 => by("system:timer", Action::Remind),
        1 => by("system:timer", Action::MarkUnknown),
        1 => by("agent:a1", progress()),
        1 => by("agent:a1", Action::Succeed(report("1"))),
        1 => anybody().prop_map(|by| Step::Give(by, Act::Plain(Box::new(comment("why?", false))))),
    ]
}

/// What the first policy set decides, and what happens then.
pub(super) fn steps() -> impl Strategy<Value = (Ask, Vec<Step>)> {
    let step = prop_oneof![
        24 => given(),
        5 => (1..25_u64).prop_map(Step::Wait),
        1 => Just(Step::Freeze),
        2 => Just(Step::Unfreeze),
        1 => (1..4_u32, ask()).prop_map(|(set, ask)| Step::Policy(format!("set-{set}"), ask)),
    ];
    (ask(), prop::collection::vec(step, 0..80))
}
