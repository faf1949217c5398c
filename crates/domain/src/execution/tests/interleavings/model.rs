//! What must hold, told from the events alone.

use std::collections::{BTreeMap, BTreeSet};

use proto_events::{
    Actor, ApprovalVoted, Decision, ExecutionEvent as E, Outcome, Requirement, Reviewers, Timestamp,
};
use uuid::Uuid;

use super::super::fixtures::*;
use crate::execution::{Reviewer, Stage, StandsInFor, State};

/// What was so around the command that an event came from.
#[derive(Clone, Debug)]
pub(super) struct Around {
    pub(super) by: Actor,
    pub(super) at: Timestamp,
    pub(super) frozen: bool,
    pub(super) policy_set: String,
}

/// Who is in which groups. Ann asks, and is in finance herself; so is the runtime that hands the call in.
fn groups_of(who: &str) -> &'static [&'static str] {
    match who {
        "user:ann" | "user:bob" | "user:frank" | "service:chat" | "agent:a1" => &["finance"],
        "user:carol" => &["finance", "ops"],
        "user:dave" => &["ops"],
        "user:erin" => &["leads"],
        _ => &[],
    }
}

/// In whose place: Dave for Ann and Bob, Erin for Carol, Ann for Carol.
fn stands_in_for(who: &str) -> &'static [&'static str] {
    match who {
        "user:dave" => &["user:ann", "user:bob"],
        "user:erin" | "user:ann" => &["user:carol"],
        _ => &[],
    }
}

/// Frank is no approver; Ann and Erin are administrators.
pub(super) fn reviewer_of(who: &str) -> Reviewer {
    let other = |other: &&str| StandsInFor { actor: actor(other), groups: reviewer(groups_of(other)).groups };
    Reviewer {
        approver: who != "user:frank",
        admin: matches!(who, "user:erin" | "user:ann"),
        stands_in_for: stands_in_for(who).iter().map(other).collect(),
        ..reviewer(groups_of(who))
    }
}

fn fits(reviewers: &Reviewers, person: &Actor) -> bool {
    match reviewers {
        Reviewers::AnyApprover => true,
        Reviewers::Named { groups, people } => {
            let of = groups_of(&person.to_string());
            people.contains(person) || groups.iter().any(|group| of.contains(&group.as_str()))
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Model {
    decision: Option<Decision>,
    confirmed: bool,
    stage: usize,
    /// For each need of the present stage, who counts.
    counted: BTreeMap<usize, BTreeSet<Actor>>,
    /// Who voted in the present stage, or in whose place.
    involved: BTreeSet<Actor>,
    added: Vec<Reviewers>,
    /// Why a permit may be given next.
    leave: bool,
    deadline: Option<Timestamp>,
    held_since: Option<Timestamp>,
    permit: Option<(Uuid, Option<String>)>,
    starts: u32,
}

impl Model {
    fn requirement(&self) -> Requirement {
        let decision = self.decision.as_ref().expect("a decision");
        let default = || match decision.outcome {
            Outcome::AwaitingApproval => requirement(vec![vec![need(&[], 1)]]),
            _ => Requirement::default(),
        };
        decision.requirement.clone().unwrap_or_else(default)
    }

    fn stage_is_complete(&self) -> bool {
        let requirement = self.requirement();
        let needs = &requirement.stages[self.stage].needs;
        needs.iter().enumerate().all(|(index, need)| {
            self.counted.get(&index).map_or(0, BTreeSet::len) >= usize::try_from(need.quorum).unwrap()
        })
    }

    fn in_time(&self, at: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| self.held_since.unwrap_or(at).min(at) < deadline)
    }

    fn may_count(&self, person: &Actor, is_delegate: bool) -> bool {
        match person.to_string().as_str() {
            "user:ann" => self.requirement().self_review && !is_delegate,
            "agent:a1" | "service:chat" => false,
            _ => true,
        }
    }

    fn new_stage(&mut self, stage: usize, deadline: Timestamp) {
        self.stage = stage;
        self.deadline = Some(deadline);
        (self.counted, self.involved, self.added) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    }

    fn vote(&mut self, around: &Around, vote: &ApprovalVoted) {
        assert!(!around.frozen && self.in_time(around.at), "a vote while frozen or too late: {vote:?}");
        assert_eq!(vote.arguments_digest, usual_arguments().digest());
        let person = vote.on_behalf_of.as_ref().unwrap_or(&around.by);
        assert!(self.may_count(&around.by, false), "{} voted", around.by);
        assert!(self.may_count(person, vote.on_behalf_of.is_some()), "{person} was counted");
        let of = reviewer_of(&around.by.to_string());
        assert!(of.approver, "{} is no approver", around.by);
        let stands_in = of.stands_in_for.iter().any(|other| other.actor == *person);
        assert!(vote.on_behalf_of.is_none() || stands_in, "{} in the place of {person}", around.by);
        assert!(self.involved.insert(around.by.clone()), "{} voted twice", around.by);
        assert!(*person == around.by || self.involved.insert(person.clone()), "{person} counted twice");
        let added = self.added.iter().any(|reviewers| fits(reviewers, person));
        let mut counts = false;
        for (index, need) in self.requirement().stages[self.stage].needs.iter().enumerate() {
            if added || fits(&need.reviewers, person) {
                counts = true;
                self.counted.entry(index).or_default().insert(person.clone());
            }
        }
        assert!(counts, "{person} counts for nothing");
    }

    pub(super) fn see(&mut self, around: &Around, event: &E) {
        let digest = usual_arguments().digest();
        match event {
            E::Initiated(initiated) => assert_eq!(initiated.arguments_digest, Some(digest)),
            E::Allowed(decided) => {
                assert_eq!(decided.decision.outcome, Outcome::Allowed);
                self.decision = Some(decided.decision.clone());
                self.leave = true;
            }
            E::Redecided(redecided) => self.decision = Some(redecided.decision.clone()),
            E::ConfirmationRequired(required) => {
                assert_eq!(self.permit, None, "people are asked about a call with a permit");
                self.decision = Some(required.decision.clone());
                self.confirmed = false;
                self.new_stage(0, required.expires_at);
            }
            E::ApprovalRequired(required) => {
                assert_eq!(self.permit, None, "people are asked about a call with a permit");
                let stage = usize::try_from(required.stage).unwrap();
                if stage > 0 {
                    assert_eq!(stage, self.stage + 1);
                    assert!(self.stage_is_complete(), "stage {stage} began too early");
                }
                self.decision = Some(required.decision.clone());
                assert!(self.confirmed || !self.requirement().confirmation, "not confirmed");
                self.new_stage(stage, required.expires_at);
            }
            E::Confirmed(confirmed) => {
                assert!(!around.frozen && self.in_time(around.at), "confirmed while frozen or too late");
                assert_eq!((&around.by, confirmed.arguments_digest), (&actor("user:ann"), digest));
                self.confirmed = true;
                self.leave = self.requirement().stages.is_empty();
            }
            E::ApprovalVoted(vote) => self.vote(around, vote),
            E::ApprovalAccepted(accepted) => {
                if accepted.break_glass.is_some() {
                    assert_eq!(around.by, actor("user:erin"), "only an administrator who did not ask");
                    assert!(!around.frozen, "accepted while frozen");
                } else {
                    let vote = ApprovalVoted {
                        card: None,
                        call: call(),
                        arguments_digest: accepted.arguments_digest,
                        comment: None,
                        on_behalf_of: accepted.on_behalf_of.clone(),
                        groups: Vec::new(),
                        stage: u32::try_from(self.stage).unwrap(),
                        missing: 0,
                    };
                    self.vote(around, &vote);
                    assert!(self.stage_is_complete(), "accepted without its quorum");
                    assert_eq!(
                        self.stage + 1,
                        self.requirement().stages.len(),
                        "accepted before the last stage"
                    );
                }
                self.leave = true;
            }
            E::ApprovalEscalated(escalated) => {
                assert!(!around.frozen && around.at >= escalated.due);
                self.added.push(escalated.reviewers.clone());
            }
            E::ApprovalReminded(reminded) => assert!(!around.frozen && around.at >= reminded.due),
            E::Permitted(permitted) => {
                assert!(std::mem::take(&mut self.leave), "a permit out of nothing");
                assert_eq!(permitted.arguments_digest, digest, "a permit for other arguments");
                assert_eq!(self.permit, None, "two permits at a time");
                let decided = self.decision.as_ref().expect("a decision");
                assert_eq!(permitted.policy_set, decided.policy_set);
                self.permit = Some((permitted.permit_id, permitted.policy_set.clone()));
                self.deadline = Some(permitted.expires_at);
            }
            E::PermitWithdrawn(withdrawn) => {
                let (id, _) = self.permit.take().expect("a permit to withdraw");
                assert_eq!(withdrawn.permit_id, id);
            }
            E::ConfirmationExpired(_) | E::ApprovalExpired(_) | E::PermitExpired(_) => {
                assert!(!around.frozen && !self.in_time(around.at), "expired while frozen or too early");
                self.permit = None;
            }
            E::Suspended(suspended) => {
                let former = self.held_since.replace(suspended.since);
                assert_eq!(former, None, "suspended twice");
            }
            E::Resumed(resumed) => {
                assert!(!around.frozen, "resumed while frozen");
                assert!(self.held_since.take().is_some(), "resumed what was not held");
                assert!(self.deadline.is_some_and(|deadline| resumed.deadline >= deadline));
                self.deadline = Some(resumed.deadline);
            }
            E::InProgress(started) => {
                let (id, set) = self.permit.take().expect("a permit before the start");
                assert_eq!((started.permit_id, set), (id, Some(around.policy_set.clone())));
                assert!(!around.frozen && self.in_time(around.at), "started while frozen or too late");
                self.starts += 1;
                assert_eq!(self.starts, 1, "started twice");
            }
            E::Succeeded(_) | E::ResultUnknown(_) | E::Progressed(_) => {
                assert_eq!(self.starts, 1, "it ended without having started");
            }
            E::Blocked(_) | E::NoOp(_) => assert_eq!(self.permit, None),
            _ => {}
        }
    }

    /// The state has a live permit exactly where the events do.
    pub(super) fn agrees_with(&self, state: &State) {
        let stage = state.stage().expect("an execution");
        assert_eq!(self.permit.is_some(), stage == Stage::Permitted, "{stage}");
        assert_eq!(self.starts == 1, state.execution().unwrap().started_at.is_some());
        assert!(!stage.is_transitional(), "{stage}");
    }
}
