//! What a decision asks of people.

use std::collections::BTreeSet;

use proto_events::{ApprovalNeed, ApprovalStage, Decision, Outcome, Requirement, Reviewers};

use super::{MAX_ESCALATIONS, MAX_NAMED, MAX_NEEDS, MAX_QUORUM, MAX_STAGES};
use crate::field::{self, InvalidField};

const REQUIREMENT: &str = "decision.requirement";

/// What `decision` asks of people: its requirement; and what its outcome asks for where the requirement does not say so,
/// as in decisions that were recorded before there were requirements: one confirmation, or one approval by any approver.
pub fn requirement_of(decision: &Decision) -> Requirement {
    let mut requirement = decision.requirement.clone().unwrap_or_default();
    match decision.outcome {
        Outcome::ConfirmationRequired => requirement.confirmation = true,
        Outcome::AwaitingApproval if requirement.stages.is_empty() => {
            let rule = decision.deciding().map_or("approval", |finding| &finding.code).to_owned();
            let need = ApprovalNeed { rule, reviewers: Reviewers::AnyApprover, quorum: 1 };
            requirement.stages = vec![ApprovalStage { needs: vec![need] }];
        }
        Outcome::AwaitingApproval => {}
        Outcome::Allowed | Outcome::NoOp | Outcome::Blocked => return Requirement::default(),
    }
    requirement
}

/// Who may resolve a stage, and how many of them: its one need's; else all of them together, and the sum.
pub(super) fn in_short(stage: &ApprovalStage) -> (Reviewers, u32) {
    if let [need] = &stage.needs[..] {
        return (need.reviewers.clone(), need.quorum);
    }
    let quorum = stage.needs.iter().fold(0_u32, |sum, need| sum.saturating_add(need.quorum));
    let (mut all_groups, mut all_people) = (BTreeSet::new(), BTreeSet::new());
    for need in &stage.needs {
        match &need.reviewers {
            Reviewers::AnyApprover => return (Reviewers::AnyApprover, quorum),
            Reviewers::Named { groups, people } => {
                all_groups.extend(groups.iter().cloned());
                all_people.extend(people.iter().cloned());
            }
        }
    }
    let (groups, people) = (all_groups.into_iter().collect(), all_people.into_iter().collect());
    (Reviewers::Named { groups, people }, quorum)
}

/// Checks that the decision's requirement is within the limits and fits its outcome.
///
/// # Errors
/// When it does not.
pub(super) fn check(decision: &Decision) -> Result<(), InvalidField> {
    let Some(requirement) = &decision.requirement else { return Ok(()) };
    let asks = matches!(decision.outcome, Outcome::ConfirmationRequired | Outcome::AwaitingApproval);
    let problem = if !requirement.is_empty() && decision.outcome == Outcome::Allowed {
        "asks people although the outcome is `allowed`"
    } else if !asks {
        return Ok(());
    } else if requirement.stages.len() > MAX_STAGES {
        "has more than 9 stages"
    } else if requirement.stages.iter().any(|stage| stage.needs.is_empty()) {
        "has a stage that needs nobody"
    } else if requirement.stages.iter().any(|stage| stage.needs.len() > MAX_NEEDS) {
        "has a stage with more than 32 needs"
    } else if needs(requirement).any(|need| !(1..=MAX_QUORUM).contains(&need.quorum)) {
        "has a quorum that is not in 1 to 100"
    } else if reviewers(requirement).any(|reviewers| !within(reviewers)) {
        "names more than 32 groups or people at one place"
    } else if requirement.escalations.len() > MAX_ESCALATIONS {
        "has more than 16 escalations"
    } else if !requirement.escalations.is_sorted_by_key(|escalation| escalation.after_seconds) {
        "has escalations that are not in the order of their times"
    } else if requirement.expires_after_seconds == Some(0) || requirement.remind_after_seconds == Some(0) {
        "has a time of 0 seconds"
    } else {
        return needs(requirement).try_for_each(|need| field::name("decision.requirement.rule", &need.rule));
    };
    Err(InvalidField::Invalid { field: REQUIREMENT, problem })
}

fn needs(requirement: &Requirement) -> impl Iterator<Item = &ApprovalNeed> {
    requirement.stages.iter().flat_map(|stage| &stage.needs)
}

fn reviewers(requirement: &Requirement) -> impl Iterator<Item = &Reviewers> {
    let added = requirement.escalations.iter().map(|escalation| &escalation.reviewers);
    needs(requirement).map(|need| &need.reviewers).chain(added)
}

fn within(reviewers: &Reviewers) -> bool {
    match reviewers {
        Reviewers::AnyApprover => true,
        Reviewers::Named { groups, people } => groups.len() <= MAX_NAMED && people.len() <= MAX_NAMED,
    }
}
